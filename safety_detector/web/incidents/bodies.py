"""Bodies about incidents."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from safety_detector.domain.incidents.handling import ActKind
from safety_detector.service.incidents.records import NewAct
from safety_detector.web.queries.values import Moment, RecordId, said_text, storable_text


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
                    "due_at": "2026-11-28T18:00:00+08:00",
                    "text": "move the gas cylinders",
                },
            ]
        },
    )

    act: ActKind = Field(
        description="What: `acknowledge`, `confirm` or `dismiss` (with why), `assign` (to whom, "
        "until when), `rectify` (what was done, with a picture), `verify` (by somebody else), "
        "`close`; `reopen` takes back what was closed too early; a `note` is always possible."
    )
    text: Annotated[str, AfterValidator(storable_text)] | None = Field(
        None, max_length=2000, description="In your words."
    )
    assignee: Annotated[str, AfterValidator(said_text("an assignee"))] | None = Field(
        None, min_length=1, max_length=255, description="Who puts it right."
    )
    due_at: Moment | None = Field(None, description="Until when.")
    inspection_id: RecordId | None = Field(
        None, description="A picture that shows it put right; submit it first."
    )

    def wanted(self) -> NewAct:
        """What the service is asked for."""
        return NewAct(self.act, self.text, self.assignee, self.due_at, self.inspection_id)
