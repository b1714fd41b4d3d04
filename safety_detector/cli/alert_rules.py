"""``safety-detector alert-rules``: add, list and remove rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from safety_detector.cli.console import print_json_line, printable, stdout_is_terminal
from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.operator import operated_service, operator
from safety_detector.domain.camera_rules import Day, Hours
from safety_detector.domain.incidents.alert_rules import AlertRule
from safety_detector.errors import ConfigurationInvalid, SubmissionRefused
from safety_detector.web.alert_rules.documents import AlertRuleBody, AlertRuleDocument
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.values import checked

_DAYS = tuple(Day)


@dataclass(frozen=True, slots=True)
class NewRuleOptions:
    """What ``alert-rules add`` says; see there."""

    name: str
    channel_ids: Sequence[str]
    hazards: Sequence[str] | None
    min_severity: str | None
    camera_ids: Sequence[str] | None
    zone_ids: Sequence[str] | None
    hours: Sequence[str] | None
    tell: Sequence[str] | None
    permitted: str
    cool_down_s: float
    escalate_after_s: float | None
    escalate_to: Sequence[str] | None

    def body(self) -> dict[str, Any]:
        """As REST takes it.

        Raises:
            ConfigurationInvalid: hours cannot be read, or half of an escalation is missing.
        """
        body: dict[str, Any] = {
            "name": self.name,
            "channel_ids": list(self.channel_ids),
            "hazards": list(self.hazards) if self.hazards else None,
            "min_severity": self.min_severity,
            "camera_ids": list(self.camera_ids) if self.camera_ids else None,
            "zone_ids": list(self.zone_ids) if self.zone_ids else None,
            "schedule": [_times(one) for one in self.hours] if self.hours else None,
            "permitted": self.permitted,
            "cool_down_s": self.cool_down_s,
        }
        if self.tell:
            body["tell"] = list(self.tell)
        if (self.escalate_after_s is None) != (not self.escalate_to):
            raise ConfigurationInvalid("alert-rule-half-escalation")
        if self.escalate_after_s is not None:
            channel_ids = list(self.escalate_to or ())
            body["escalate"] = {"after_s": self.escalate_after_s, "channel_ids": channel_ids}
        return body


def run_alert_rules_add(options: NewRuleOptions, *, as_json: bool) -> int:
    """Adds a rule; returns the exit code.

    Raises:
        ConfigurationInvalid, SubmissionRefused: something of it cannot be.
    """
    try:
        rule = checked(AlertRuleBody, options.body()).rule()
    except RequestProblem as exc:
        raise ConfigurationInvalid("alert-rule-invalid", problems=exc.detail) from exc
    with operated_service() as service:
        stored = service.notifications.rules.create(rule, operator())
    if as_json or not stdout_is_terminal():
        print_json_line(AlertRuleDocument.of(stored).as_json())
    else:
        Console().print(printable(f"{stored.id}  {rule.name}"), markup=False)
    return DONE


def run_alert_rules_list(*, as_json: bool) -> int:
    """Lists every rule; returns the exit code."""
    with operated_service() as service:
        found = service.notifications.rules.list()
        names = {one.id: one.name for one in service.notifications.channels.list()}
    if as_json or not stdout_is_terminal():
        print_json_line({"alert_rules": [AlertRuleDocument.of(one).as_json() for one in found]})
        return DONE
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Id", "Name", "About", "Tells", "If nobody acknowledges"):
        table.add_column(column, overflow="fold")
    for stored in found:
        rule = stored.rule
        after = ""
        if rule.escalate is not None:
            others = _named(rule.escalate.channel_ids, names)
            after = f"{others} after {rule.escalate.after_s:g} s"
        row = (stored.id, rule.name, _about(rule), _named(rule.channel_ids, names), after)
        table.add_row(*(Text(printable(one)) for one in row))
    Console().print(table)
    return DONE


def run_alert_rules_remove(rule_id: str, *, as_json: bool) -> int:
    """Removes a rule; returns the exit code.

    Raises:
        SubmissionRefused: there is none with that id.
    """
    with operated_service() as service:
        if not service.notifications.rules.remove(rule_id, operator()):
            raise SubmissionRefused("no-alert-rule", rule_id=rule_id[:64])
    if as_json or not stdout_is_terminal():
        print_json_line({"removed": rule_id})
    return DONE


def _times(written: str) -> dict[str, Any]:
    """Hours of days as REST takes them; what they say is checked there."""
    *days, times = written.lower().split()
    start, dash, end = times.partition("-")
    if not dash or len(days) > 1:
        raise ConfigurationInvalid("hours-unreadable", hours=written[:80])
    named = [day for part in days[0].split(",") for day in _days(part)] if days else list(_DAYS)
    return {"days": named, "from": start, "to": end}


def _days(part: str) -> Sequence[str]:
    """One day, or all from one to another, over the end of the week if need be."""
    first, dash, last = part.partition("-")
    if not dash or first not in _DAYS or last not in _DAYS:
        return [part]
    start, end = _DAYS.index(Day(first)), _DAYS.index(Day(last))
    return [_DAYS[number % 7] for number in range(start, end + 1 + 7 * (end < start))]


def _about(rule: AlertRule) -> str:
    parts = [
        ", ".join(one.value for one in rule.hazards) if rule.hazards else "any hazard",
        f"{rule.min_severity} at least" if rule.min_severity else "",
        f"cameras {', '.join(rule.camera_ids)}" if rule.camera_ids else "",
        f"zones {', '.join(rule.zone_ids)}" if rule.zone_ids else "",
        ", ".join(map(_written, rule.schedule)) if rule.schedule else "",
    ]
    return "; ".join(part for part in parts if part)


def _written(hours: Hours) -> str:
    days = "" if len(hours.days) == len(_DAYS) else f"{','.join(hours.days)} "
    start, end = hours.start_min, hours.end_min
    return f"{days}{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


def _named(channel_ids: Sequence[str], names: Mapping[str, str]) -> str:
    return ", ".join(names.get(one, one) for one in channel_ids)
