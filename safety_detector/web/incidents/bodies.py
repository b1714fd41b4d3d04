"""Bodies about incidents."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from safety_detector.domain.incidents.handling import ActKind, Level
from safety_detector.service.incidents.records import NewAct
from safety_detector.web.queries.values import Moment, RecordId, said_text, storable_text

Text = Annotated[str, AfterValidator(storable_text)]
Name = Annotated[str, AfterValidator(said_text)]


def _not_patched(act: ActKind) -> ActKind:
    if act is ActKind.DESCRIBE:
        raise ValueError("location, description, basis and level are changed by PATCH")
    return act


class MaskAcceptance(BaseModel):
    """What somebody says of a proposed mask who wants it; nothing has to be said."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{}, {"reason": "flare stack"}]}
    )

    reason: Annotated[str, AfterValidator(said_text)] | None = Field(
        None,
        min_length=1,
        max_length=255,
        description="Why, for whoever wonders in a year; unset: what was said of the false alarm.",
    )


class ActBody(BaseModel):
    """What somebody does about an incident."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"act": "acknowledge"},
                {"act": "dismiss", "text": "sun on the tank"},
                {
                    "act": "assign",
                    "assignee": "Wang Lei",
                    "responsible_unit": "Maintenance",
                    "measure": "move the gas cylinders",
                    "funds": "500 CNY",
                    "due_at": "2026-11-28T18:00:00+08:00",
                    "contingency_plan": "a fire watch with extinguishers",
                },
            ]
        },
    )

    act: Annotated[ActKind, AfterValidator(_not_patched)] = Field(
        description="What: `acknowledge`, `confirm` or `dismiss` (with why), `assign` (to whom, "
        "until when, and what is to be done), `rectify` (what was done, with a picture), `verify` "
        "(by somebody else) or `reject` (with what is missing: back to who was to put it right), "
        "`close`, later `check_effect`; `reopen` takes back what was judged or closed too early; "
        "`merge` makes another incident part of this one, `split` parts it again, or makes an "
        "incident of pictures that show something else; a `note` is always possible."
    )
    text: Text | None = Field(None, max_length=2000, description="In your words.")
    assignee: Name | None = Field(
        None, min_length=1, max_length=255, description="Who puts it right."
    )
    responsible_unit: Name | None = Field(
        None, min_length=1, max_length=255, description="Whose place it is."
    )
    measure: Text | None = Field(
        None, min_length=1, max_length=2000, description="What is to be done."
    )
    funds: Text | None = Field(None, min_length=1, max_length=255, description="With what money.")
    due_at: Moment | None = Field(
        None, description="Until when; of `close`, when somebody looks whether it lasts."
    )
    contingency_plan: Text | None = Field(
        None, min_length=1, max_length=2000, description="What holds until then."
    )
    inspection_id: RecordId | None = Field(
        None,
        description="Of `rectify` a picture that shows it put right; submit it first. It is "
        "inspected as any other.",
    )
    override: bool = Field(
        False,
        description="Of `rectify` and `verify`: it is put right although the detector sees a "
        "hazard in the after-picture, or cannot tell; `text` says why.",
    )
    incident_id: RecordId | None = Field(
        None, description="Of `merge` and `split` the other incident."
    )
    inspection_ids: list[RecordId] = Field(
        default_factory=list,
        max_length=500,
        description="Of `split` the pictures of this incident that show something else.",
    )
    shown_inspection_id: RecordId | None = Field(
        None,
        description="Of `confirm` and `dismiss` the picture that was looked at, which labelled "
        "sets take the judgement for; unset: the best one, unless it has changed lately.",
    )

    def wanted(self) -> NewAct:
        """What the service is asked for."""
        given = {name: value for name, value in self if name not in ("act", "inspection_ids")}
        return NewAct(self.act, inspection_ids=tuple(self.inspection_ids), **given)


class IncidentBody(BaseModel):
    """What somebody says of an incident; what is left out stays, null takes it away."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "location": "tank farm, pump 2",
                    "description": "oil rags burn beside the pump",
                    "basis": "GB 50016-2014, 3.5.1",
                    "level": "general",
                }
            ]
        },
    )

    location: Name | None = Field(
        None, min_length=1, max_length=255, description="Where in the plant (部位)."
    )
    description: Text | None = Field(
        None, min_length=1, max_length=2000, description="What is dangerous about it (隐患描述)."
    )
    basis: Text | None = Field(
        None, min_length=1, max_length=2000, description="The rule that it breaks (依据)."
    )
    level: Level | None = Field(
        None, description="How grave you say that the hazard is: `general` (一般), `major` (重大)."
    )

    def wanted(self) -> NewAct:
        """What the service is asked for."""
        said = {name: getattr(self, name) for name in self.model_fields_set}
        return NewAct(ActKind.DESCRIBE, changed=said)
