"""What rules come to, in answers: who is told at which hours, what one would have told."""

from __future__ import annotations

from collections.abc import Collection

from pydantic import Field

from safety_detector.documents.document import Document, Moment
from safety_detector.documents.incidents import EXAMPLE_INCIDENT_ID
from safety_detector.domain.incidents.duty import duties, untold
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.service.notifications.alert_rules import StoredRule
from safety_detector.service.notifications.dry_runs import DryRun
from safety_detector.service.notifications.records import Channel
from safety_detector.web.cameras.documents import TimesDocument

_CHANNEL_ID = "01KAJA0C5V7N9M4R2T6Y8W1E3Q"
_RULE_ID = "01KAJA3G7X2R5T8V1Y4B6D9F0H"
_ALWAYS = [{"days": ["mon"], "from": "00:00", "to": "24:00"}]


class DutyDocument(Document):
    """When a channel is told of alarms."""

    channel_id: str = Field(description="Who is told.", examples=[_CHANNEL_ID])
    rule_ids: list[str] = Field(
        description="By which rules; none where no rule names the channel, which is then told of "
        "every alarm.",
        examples=[[_RULE_ID]],
    )
    hours: list[TimesDocument] = Field(
        description="When, each within one day, in order; in the camera's zone, else the site's.",
        examples=[_ALWAYS],
    )
    later_rule_ids: list[str] = Field(
        description="By which rules it is told if nobody acknowledges.", examples=[[]]
    )


class UntoldDocument(Document):
    """When an alarm would reach nobody."""

    hazard: IncidentHazard = Field(description="Of what.", examples=["fire"])
    hours: list[TimesDocument] = Field(
        description="When nobody is told of it, or of some alarms alone.", examples=[[]]
    )
    limited_rule_ids: list[str] = Field(
        description="The rules that tell of some alarms at these hours: of the cameras, zones, "
        "severities or permits that they name, or of what gets worse. Nobody is told of the rest.",
        examples=[[]],
    )


class WeekDocument(Document):
    """Who is told of alarms at which hours of the week."""

    channels: list[DutyDocument] = Field(description="Every channel, the oldest first.")
    untold: list[UntoldDocument] = Field(
        description="Each hazard and each fault of cameras, and when nobody is told of it."
    )

    @classmethod
    def drawn_from(
        cls,
        rules: tuple[StoredRule, ...],
        channels: tuple[Channel, ...],
        camera_ids: Collection[str],
    ) -> WeekDocument:
        """The week as rules and channels have it."""
        known = [(one.id, one.rule) for one in rules]
        ids = [one.id for one in channels]
        told = {one.id for one in channels if one.disabled_reason is None}
        return cls(
            channels=[DutyDocument.of(one) for one in duties(known, ids)],
            untold=[
                UntoldDocument.of(untold(known, ids, told, camera_ids, hazard))
                for hazard in IncidentHazard
            ],
        )


class DryRunDocument(Document):
    """What a rule would have told when incidents opened, had each message arrived."""

    since: Moment = Field(
        description="From when on incidents were looked at.", examples=["2026-11-14T08:00:00.000Z"]
    )
    looked_at: int = Field(description="So many, whatever the rule is about.", examples=[57])
    is_cut: bool = Field(description="Whether there were more, older ones.", examples=[False])
    told: list[str] = Field(
        description="Those of which it would have told, the latest first.",
        examples=[[EXAMPLE_INCIDENT_ID]],
    )
    held_back: list[str] = Field(
        description="Those that its cool-down would have held back.", examples=[[]]
    )
    outside_hours: int = Field(
        description="How many more it is about, that opened outside its hours.", examples=[4]
    )

    @classmethod
    def told_of(cls, run: DryRun) -> DryRunDocument:
        """With the incidents' ids."""
        return cls(
            since=run.since,
            looked_at=run.looked_at,
            is_cut=run.is_cut,
            told=[one.id for one in run.told],
            held_back=[one.id for one in run.held_back],
            outside_hours=run.outside_hours,
        )
