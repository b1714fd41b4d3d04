"""Alert rules in bodies and answers."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, AliasPath, BaseModel, ConfigDict, Field

from safety_detector.documents.document import Document, Moment
from safety_detector.domain.camera_rules import MOST_HOURS
from safety_detector.domain.incidents.alert_rules import (
    ALARMS,
    LONGEST_COOL_DOWN_S,
    LONGEST_PATIENCE_S,
    MOST_NAMED,
    AlertRule,
    Escalation,
    Occasion,
    Permitted,
)
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.looks import Severity
from safety_detector.web.cameras.bodies import Number, TimesBody
from safety_detector.web.cameras.documents import TimesDocument
from safety_detector.web.queries.values import RecordId, said_text

_RULE_ID = "01KAJA3G7X2R5T8V1Y4B6D9F0H"
_CHANNEL_ID = "01KAJA0C5V7N9M4R2T6Y8W1E3Q"
_NEXT_CHANNEL_ID = "01KAJA0F2B4D6F8H0J2M4P6R8T"

Ids = Annotated[list[RecordId], Field(min_length=1, max_length=MOST_NAMED)]


class EscalationBody(BaseModel):
    """Who else is told of an incident that nobody acknowledges."""

    model_config = ConfigDict(extra="forbid")

    after_s: Number = Field(
        ge=1, le=LONGEST_PATIENCE_S, description="So many seconds after the first were told."
    )
    channel_ids: Ids = Field(description="By which channels.")

    def escalation(self) -> Escalation:
        """As the service takes it."""
        return Escalation(self.after_s, tuple(dict.fromkeys(self.channel_ids)))


class AlertRuleBody(BaseModel):
    """Which incidents some channels are told of; null means any."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "nights",
                    "hazards": ["fire", "smoke"],
                    "min_severity": None,
                    "camera_ids": None,
                    "zone_ids": None,
                    "schedule": [
                        {
                            "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
                            "from": "19:00",
                            "to": "07:00",
                        }
                    ],
                    "channel_ids": [_CHANNEL_ID],
                    "cool_down_s": 300,
                    "escalate": {"after_s": 600, "channel_ids": [_NEXT_CHANNEL_ID]},
                }
            ]
        },
    )

    name: Annotated[str, AfterValidator(said_text)] = Field(
        min_length=1, max_length=255, description="For people."
    )
    hazards: (
        Annotated[list[IncidentHazard], Field(min_length=1, max_length=len(IncidentHazard))] | None
    ) = Field(None, description="One of these was seen.")
    min_severity: Severity | None = Field(None, description="As severe at least.")
    camera_ids: Ids | None = Field(None, description="Of one of these cameras.")
    zone_ids: Ids | None = Field(
        None, description="First seen in one of these zones of the cameras."
    )
    schedule: Annotated[list[TimesBody], Field(min_length=1, max_length=MOST_HOURS)] | None = Field(
        None, description="At these hours, in the camera's zone, else the site's; null: always."
    )
    channel_ids: Ids = Field(description="Who is told.")
    tell: Annotated[list[Occasion], Field(min_length=1, max_length=len(Occasion))] = Field(
        list(ALARMS),
        description="On which occasions: `opened`; `escalated`: it is graver, larger, or nobody "
        "did what was due; `quiet`: it is not seen any more; `verified`: the language model saw "
        "what only the embedded detector had seen, or a second person that it was put right; "
        "`closed`.",
    )
    permitted: Permitted = Field(
        Permitted.ANY,
        description="Of permitted hot work: `any`, `only` those incidents, or all `without` them.",
    )
    cool_down_s: Number = Field(
        300,
        ge=0,
        le=LONGEST_COOL_DOWN_S,
        description="So many seconds after an alarm was delivered, more of the same camera is held "
        "back, unless it is worse. What was held back is counted in the next message, and told by "
        "a digest if there is none.",
    )
    escalate: EscalationBody | None = Field(
        None, description="Who else is told if nobody acknowledges the incident."
    )

    def rule(self) -> AlertRule:
        """As the service takes it."""
        return AlertRule(
            name=self.name,
            channel_ids=tuple(dict.fromkeys(self.channel_ids)),
            hazards=_without_doubles(self.hazards),
            min_severity=self.min_severity,
            camera_ids=_without_doubles(self.camera_ids),
            zone_ids=_without_doubles(self.zone_ids),
            schedule=tuple(one.hours() for one in self.schedule) if self.schedule else None,
            tell=tuple(one for one in Occasion if one in self.tell),
            permitted=self.permitted,
            cool_down_s=self.cool_down_s,
            escalate=self.escalate.escalation() if self.escalate else None,
        )


def _without_doubles(named: list[Any] | None) -> tuple[Any, ...] | None:
    return None if named is None else tuple(dict.fromkeys(named))


class EscalationDocument(Document):
    """Who else is told of an incident that nobody acknowledges."""

    after_s: float = Field(
        description="So many seconds after the first were told.", examples=[600.0]
    )
    channel_ids: list[str] = Field(description="By which channels.", examples=[[_NEXT_CHANNEL_ID]])


class AlertRuleDocument(Document):
    """Which incidents some channels are told of; null means any."""

    id: str = Field(description="A ULID.", examples=[_RULE_ID])
    name: str = Field(
        validation_alias=AliasPath("rule", "name"), description="For people.", examples=["nights"]
    )
    hazards: list[IncidentHazard] | None = Field(
        validation_alias=AliasPath("rule", "hazards"),
        description="One of these was seen.",
        examples=[["fire", "smoke"]],
    )
    min_severity: Severity | None = Field(
        validation_alias=AliasPath("rule", "min_severity"),
        description="As severe at least.",
        examples=[None],
    )
    camera_ids: list[str] | None = Field(
        validation_alias=AliasPath("rule", "camera_ids"),
        description="Of one of these cameras.",
        examples=[["gate-3"]],
    )
    zone_ids: list[str] | None = Field(
        validation_alias=AliasPath("rule", "zone_ids"),
        description="First seen in one of these zones.",
        examples=[None],
    )
    schedule: list[TimesDocument] | None = Field(
        validation_alias=AliasPath("rule", "schedule"),
        description="At these hours, in the camera's zone, else the site's; null: always.",
        examples=[None],
    )
    channel_ids: list[str] = Field(
        validation_alias=AliasPath("rule", "channel_ids"),
        description="Who is told.",
        examples=[[_CHANNEL_ID]],
    )
    tell: list[Occasion] = Field(
        validation_alias=AliasPath("rule", "tell"),
        description="On which occasions.",
        examples=[["opened", "escalated"]],
    )
    permitted: Permitted = Field(
        validation_alias=AliasPath("rule", "permitted"),
        description="Whether incidents of permitted hot work are meant.",
        examples=["any"],
    )
    cool_down_s: float = Field(
        validation_alias=AliasPath("rule", "cool_down_s"),
        description="So many seconds after an alarm was delivered, more of the same camera is held "
        "back, unless it is worse.",
        examples=[300.0],
    )
    escalate: EscalationDocument | None = Field(
        validation_alias=AliasPath("rule", "escalate"),
        description="Who else is told if nobody acknowledges the incident.",
    )
    created_at: Moment = Field(description="When.", examples=["2026-11-21T07:00:00.000Z"])


class AlertRulesDocument(Document):
    """Every alert rule, the oldest first."""

    alert_rules: list[AlertRuleDocument] = Field(description="The rules.")
