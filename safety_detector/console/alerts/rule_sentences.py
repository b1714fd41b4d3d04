"""Rules as sentences, and hours as people write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from safety_detector.console.words import Words
from safety_detector.domain.camera_rules import Day
from safety_detector.web.alert_rules.documents import AlertRuleDocument
from safety_detector.web.cameras.documents import TimesDocument

_MOST_NAMED = 4
"""Of channels, cameras, zones in one sentence; the others are counted."""

_DAYS = tuple(Day)


@dataclass(frozen=True, slots=True)
class Names:
    """Names for people, by id; what is gone has none.

    Attributes:
        channels, cameras, zones: by their ids.
    """

    channels: Mapping[str, str]
    cameras: Mapping[str, str]
    zones: Mapping[str, str]


def sentences(words: Words, rule: AlertRuleDocument, names: Names) -> list[str]:
    """What a rule says: whom it tells of what, what it holds back, who follows."""
    said = [
        words.say(
            "rule-tells",
            channels=_named(words, rule.channel_ids, names.channels),
            what=_what(words, rule),
            where=_where(words, rule, names),
            when=_when(words, rule.schedule),
        ),
        words.say("rule-occasions", occasions=words.names("occasion", rule.tell)),
    ]
    if rule.permitted != "any":
        said.append(words.name("rule-permitted", rule.permitted))
    if rule.cool_down_s:
        span = _span(words, rule.cool_down_s)
        said.append(words.say("rule-cools-down", span=span))
    if rule.escalate is not None:
        said.append(
            words.say(
                "rule-escalates",
                span=_span(words, rule.escalate.after_s),
                channels=_named(words, rule.escalate.channel_ids, names.channels),
            )
        )
    return said


def hours_text(words: Words, times: TimesDocument) -> str:
    """Hours of some days, ``Mon–Fri 08:00–18:00``."""
    days = days_text(words, times.days)
    if (times.start, times.end) == ("00:00", "24:00"):
        return words.say("hours-whole-day", days=days)
    return words.say("hours-of-days", days=days, start=times.start, end=times.end)


def days_text(words: Words, days: Sequence[Day]) -> str:
    """Days, those that follow each other as from one to another."""
    if len(set(days)) == len(_DAYS):
        return words.say("hours-every-day")
    numbers = sorted({_DAYS.index(day) for day in days})
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return words.say("list-between").join(_run(words, run) for run in runs)


def _run(words: Words, run: Sequence[int]) -> str:
    first, last = (words.name("day", _DAYS[one]) for one in (run[0], run[-1]))
    if len(run) == 1:
        return first
    return words.say("hours-day-to-day", first=first, last=last)


def _what(words: Words, rule: AlertRuleDocument) -> str:
    what = words.say("rule-any-hazard")
    if rule.hazards:  # in the middle of a sentence
        named = [words.name("hazard", one) for one in rule.hazards]
        what = words.say("list-between").join(one[:1].lower() + one[1:] for one in named)
    if rule.min_severity is None or rule.min_severity == "uncertain":
        return what
    severity = words.name("severity", rule.min_severity)
    return words.say("rule-at-least", what=what, severity=severity)


def _where(words: Words, rule: AlertRuleDocument, names: Names) -> str:
    cameras, zones = rule.camera_ids, rule.zone_ids
    where = words.say("rule-any-camera")
    if cameras:
        where = words.say("rule-cameras", cameras=_named(words, cameras, names.cameras))
    if zones:
        return words.say("rule-zones", where=where, zones=_named(words, zones, names.zones))
    return where


def _when(words: Words, schedule: Sequence[TimesDocument] | None) -> str:
    if not schedule:
        return words.say("rule-always")
    return words.say("list-between").join(hours_text(words, one) for one in schedule)


def _named(words: Words, ids: Sequence[str], names: Mapping[str, str]) -> str:
    shown = words.say("list-between").join(names.get(one, one) for one in ids[:_MOST_NAMED])
    left = len(ids) - _MOST_NAMED
    return shown if left <= 0 else words.say("list-and-others", shown=shown, number=left)


def _span(words: Words, seconds: float) -> str:
    return words.span(timedelta(seconds=seconds))
