"""Rules in forms: what stands in them, and a form as the body that REST takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from safety_detector.console.forms import Form
from safety_detector.domain.camera_rules import MOST_HOURS, Day
from safety_detector.domain.incidents.alert_rules import ALARMS, Permitted
from safety_detector.web.alert_rules.documents import AlertRuleDocument

_FREE_ROWS = 2  # of hours, below those that there are
_WHOLE_DAY = ("00:00", "24:00")


@dataclass(frozen=True, slots=True)
class HoursRow:
    """Hours of some days in a form; all empty for none.

    Attributes:
        days: those that are ticked.
        start, end: as a browser's field of a time has them; both empty for the whole day.
    """

    days: Sequence[str] = ()
    start: str = ""
    end: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said in it."""
        return not (self.days or self.start or self.end)

    def body(self) -> dict[str, Any]:
        """As REST takes it; without days it is every day."""
        start, end = (self.start, self.end) if self.start or self.end else _WHOLE_DAY
        return {"days": list(self.days or Day), "from": start, "to": end}


@dataclass(frozen=True, slots=True)
class RuleValues:
    """What stands in the form of a rule; an empty list is any.

    Attributes:
        cool_down_min, escalate_after_min: in minutes, as somebody writes them.
        rows: of hours, some of them free.
    """

    name: str = ""
    channel_ids: Sequence[str] = ()
    hazards: Sequence[str] = ()
    min_severity: str = ""
    camera_ids: Sequence[str] = ()
    zone_ids: Sequence[str] = ()
    rows: Sequence[HoursRow] = (HoursRow(),) * _FREE_ROWS
    tell: Sequence[str] = tuple(one.value for one in ALARMS)
    permitted: str = Permitted.ANY.value
    cool_down_min: str = "5"
    escalate_after_min: str = ""
    escalate_channel_ids: Sequence[str] = field(default=())

    def body(self) -> dict[str, Any]:
        """As REST takes it."""
        hours = [row.body() for row in self.rows if not row.is_empty]
        escalate = None
        if self.escalate_after_min or self.escalate_channel_ids:
            escalate = {
                "after_s": _seconds(self.escalate_after_min),
                "channel_ids": list(self.escalate_channel_ids),
            }
        return {
            "name": self.name,
            "channel_ids": list(self.channel_ids),
            "hazards": list(self.hazards) or None,
            "min_severity": self.min_severity or None,
            "camera_ids": list(self.camera_ids) or None,
            "zone_ids": list(self.zone_ids) or None,
            "schedule": hours or None,
            "tell": list(self.tell),
            "permitted": self.permitted,
            "cool_down_s": _seconds(self.cool_down_min),
            "escalate": escalate,
        }


def values_of(rule: AlertRuleDocument) -> RuleValues:
    """What stands in the form of a rule that is there."""
    rows = [_row(times.as_json()) for times in rule.schedule or ()]
    return RuleValues(
        name=rule.name,
        channel_ids=rule.channel_ids,
        hazards=rule.hazards or (),
        min_severity=rule.min_severity or "",
        camera_ids=rule.camera_ids or (),
        zone_ids=rule.zone_ids or (),
        rows=_with_free(rows),
        tell=rule.tell,
        permitted=rule.permitted,
        cool_down_min=_minutes(rule.cool_down_s),
        escalate_after_min=_minutes(rule.escalate.after_s) if rule.escalate else "",
        escalate_channel_ids=rule.escalate.channel_ids if rule.escalate else (),
    )


def values_in(form: Form) -> RuleValues:
    """What somebody filled in."""
    rows = [
        HoursRow(form.all(f"days-{number}"), form.get(f"from-{number}"), form.get(f"to-{number}"))
        for number in range(MOST_HOURS + _FREE_ROWS)
    ]
    return RuleValues(
        name=form.get("name"),
        channel_ids=form.all("channel_ids"),
        hazards=form.all("hazards"),
        min_severity=form.get("min_severity"),
        camera_ids=form.all("camera_ids"),
        zone_ids=form.all("zone_ids"),
        rows=_with_free([row for row in rows if not row.is_empty]),
        tell=form.all("tell"),
        permitted=form.get("permitted"),
        cool_down_min=form.get("cool_down_min"),
        escalate_after_min=form.get("escalate_after_min"),
        escalate_channel_ids=form.all("escalate_channel_ids"),
    )


def _with_free(rows: Sequence[HoursRow]) -> Sequence[HoursRow]:
    free = min(_FREE_ROWS, MOST_HOURS - len(rows))
    return (*rows, *(HoursRow() for _ in range(free)))


def _row(times: Mapping[str, Any]) -> HoursRow:
    """A browser's field of a time knows no 24:00; that is midnight, or nothing at all."""
    start, end = times["from"], times["to"]
    if (start, end) == _WHOLE_DAY:
        return HoursRow(times["days"])
    return HoursRow(times["days"], start, "00:00" if end == "24:00" else end)


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:g}"


def _seconds(minutes: str) -> float | str:
    """Minutes as seconds; what is no number is left for the check."""
    try:
        return round(float(minutes) * 60, 3)
    except ValueError:
        return minutes
