"""``/alerts``: who is told now and at which hours, by which channels and rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety_detector.console.alerts.rule_sentences import hours_text, sentences
from safety_detector.console.alerts.rules import known_to_rules
from safety_detector.console.rendering import page, words_for
from safety_detector.console.route import PageRoute
from safety_detector.console.visitor import Manager
from safety_detector.console.words import Words
from safety_detector.domain.camera_rules import Day
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.web.alert_rules.documents import AlertRuleDocument
from safety_detector.web.alert_rules.planning import UntoldDocument, WeekDocument
from safety_detector.web.cameras.documents import TimesDocument
from safety_detector.web.channels.documents import MessageDocument
from safety_detector.web.collaborators import collaborators

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/alerts")
async def show_alerts(request: Request, visitor: Manager) -> Response:
    """Who is told; hours in which nobody is stand first."""
    service = collaborators(request).service.notifications
    known = await known_to_rules(request)
    channels = await run_in_threadpool(service.channels.list)
    rules = await run_in_threadpool(service.rules.list)
    last = await run_in_threadpool(service.channels.last_messages)
    week = WeekDocument.drawn_from(rules, channels, known.names.cameras)
    words, now = words_for(visitor), datetime.now(visitor.zone)
    today, minute = tuple(Day)[now.weekday()], f"{now:%H:%M}"
    shown = [AlertRuleDocument.of(one) for one in rules]
    things: dict[str, Any] = {
        "known": known,
        "rules": [(one, sentences(words, one, known.names)) for one in shown],
        "rule_names": {one.id: one.name for one in shown},
        "week": week,
        "days": list(Day),
        "today": today,
        "by_day": by_day,
        "minutes": minutes,
        "on_duty": {
            one.channel_id
            for one in week.channels
            if any(at.days == [today] and at.start <= minute < at.end for at in one.hours)
        },
        "untold": _untold(week, words),
        "last": {one.channel_id: MessageDocument.of(one) for one in last},
    }
    return page(request, visitor, "alerts.html", things)


def by_day(hours: Sequence[TimesDocument], day: Day) -> list[TimesDocument]:
    """Those of a day."""
    return [one for one in hours if one.days == [day]]


def minutes(time: str) -> int:
    """Since midnight, of a time as documents write it."""
    return int(time[:2]) * 60 + int(time[3:])


def _untold(week: WeekDocument, words: Words) -> list[tuple[str, UntoldDocument, list[str]]]:
    """A row a hazard of which nobody is told at some hours: its name, and the hours in words.

    Faults of cameras are one row where the same holds for them: a page of rows is not read.
    """
    alike: dict[str, list[UntoldDocument]] = {}
    for one in week.untold:
        if one.hours:
            rest = one.model_dump_json(exclude={"hazard"}) if one.hazard.is_of_camera else ""
            alike.setdefault(rest or one.hazard.value, []).append(one)
    every = [one for one in IncidentHazard if one.is_of_camera]
    rows = []
    for same in alike.values():
        hazards = [one.hazard for one in same]
        name = (
            words.say("now-camera-faults") if hazards == every else words.names("hazard", hazards)
        )
        rows.append((name, same[0], [hours_text(words, at) for at in _gathered(same[0].hours)]))
    return rows


def _gathered(hours: Sequence[TimesDocument]) -> list[TimesDocument]:
    """The same hours of several days as one."""
    days: dict[tuple[str, str], list[Day]] = {}
    for one in hours:
        days.setdefault((one.start, one.end), []).extend(one.days)
    return [
        TimesDocument.read({"days": on, "from": start, "to": end})
        for (start, end), on in days.items()
    ]
