"""``/alerts/rules``: who is told of which incident, when: add, try on the last week, change."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from safety_detector.console.alerts.refusals import Refusal, check_seen, refusal_of, seen_after
from safety_detector.console.alerts.rule_forms import RuleValues, values_in, values_of
from safety_detector.console.alerts.rule_sentences import Names, sentences
from safety_detector.console.forms import digest_of, read_form
from safety_detector.console.rendering import page, words_for
from safety_detector.console.route import PageRoute
from safety_detector.console.visitor import Administrator, Manager, Visitor
from safety_detector.documents.incidents import IncidentDocument
from safety_detector.domain.camera_rules import Day
from safety_detector.domain.incidents.alert_rules import AlertRule, Occasion, Permitted
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.looks import Severity
from safety_detector.errors import SafetyDetectorError
from safety_detector.service.notifications.alert_rules import AlertRules, StoredRule
from safety_detector.service.notifications.dry_runs import DryRun
from safety_detector.web.alert_rules.documents import AlertRuleBody, AlertRuleDocument
from safety_detector.web.alert_rules.planning import DryRunDocument
from safety_detector.web.answers import base_path
from safety_detector.web.channels.documents import ChannelDocument
from safety_detector.web.collaborators import collaborators
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.ids import is_possible_id, not_found
from safety_detector.web.queries.values import checked

router = APIRouter(include_in_schema=False, route_class=PageRoute)

RuleId = Annotated[str, Path(max_length=64)]
_MOST_SHOWN = 12  # incidents of a dry run; all of them are counted


@dataclass(frozen=True, slots=True)
class Known:
    """What rules can name.

    Attributes:
        channels: every one.
        cameras, zones: ids and names, for people.
        names: of all of them.
    """

    channels: list[ChannelDocument]
    cameras: list[tuple[str, str]]
    zones: list[tuple[str, str]]
    names: Names


@router.get("/alerts/rules/new")
async def show_new(request: Request, visitor: Administrator) -> Response:
    """An empty form, which tells nobody yet."""
    return await _rule_page(request, visitor, None, RuleValues(), None, None)


@router.post("/alerts/rules/new")
async def add(request: Request, visitor: Administrator) -> Response:
    """Adds it; or tries it on the last week, and keeps what was filled in."""
    return await _save(request, visitor, None)


@router.get("/alerts/rules/{rule_id}")
async def show(request: Request, visitor: Manager, rule_id: RuleId) -> Response:
    """What it says, and the form to change it."""
    stored = await _find(request, rule_id)
    values = values_of(AlertRuleDocument.of(stored))
    return await _rule_page(request, visitor, stored, values, None, None)


@router.post("/alerts/rules/{rule_id}")
async def change(request: Request, visitor: Administrator, rule_id: RuleId) -> Response:
    """Changes it; or tries it on the last week, and keeps what was filled in."""
    return await _save(request, visitor, await _find(request, rule_id))


@router.post("/alerts/rules/{rule_id}/remove")
async def remove(request: Request, visitor: Administrator, rule_id: RuleId) -> Response:
    """Removes it, if that is said twice."""
    form = await read_form(request, visitor)
    await _find(request, rule_id)
    if not form.get("sure"):
        path = f"{base_path(request)}/alerts/rules/{rule_id}#remove"
        return RedirectResponse(path, HTTPStatus.SEE_OTHER)
    await run_in_threadpool(_rules(request).remove, rule_id, visitor.actor)
    return _to_overview(request)


async def known_to_rules(request: Request) -> Known:
    """Channels, cameras and zones, by which rules say whom and where."""
    service = collaborators(request).service
    channels = await run_in_threadpool(service.notifications.channels.list)
    cameras = await run_in_threadpool(service.cameras.records.list)
    zones = {zone.id: zone.name for camera in cameras for zone in camera.rules.zones}
    names = Names(
        {one.id: one.name for one in channels},
        {one.id: one.name for one in cameras},
        zones,
    )
    return Known(
        [ChannelDocument.of(one) for one in channels],
        list(names.cameras.items()),
        list(zones.items()),
        names,
    )


async def _save(request: Request, visitor: Visitor, stored: StoredRule | None) -> Response:
    form = await read_form(request, visitor)
    values, seen = values_in(form), form.get("seen")
    try:
        rule = checked(AlertRuleBody, values.body()).rule()
        if form.get("do") == "try":
            tried = await run_in_threadpool(
                collaborators(request).service.notifications.dry_runs.of, rule
            )
            is_kept = stored is not None and stored.rule == rule
            return await _rule_page(
                request, visitor, stored, values, None, tried, seen, is_kept=is_kept
            )
        if stored is not None:
            check_seen(seen, _digest(stored))
        await run_in_threadpool(_put, _rules(request), stored, rule, visitor)
    except (RequestProblem, SafetyDetectorError) as exc:
        refusal = refusal_of(exc, visitor.language)
        return await _rule_page(request, visitor, stored, values, refusal, None, seen)
    return _to_overview(request)


def _put(rules: AlertRules, stored: StoredRule | None, rule: AlertRule, visitor: Visitor) -> None:
    if stored is None:
        rules.create(rule, visitor.actor)
    elif rules.replace(stored.id, rule, visitor.actor, seen=stored.rule) is None:
        raise not_found("alert rule", stored.id)


async def _rule_page(
    request: Request,
    visitor: Visitor,
    stored: StoredRule | None,
    values: RuleValues,
    refusal: Refusal | None,
    tried: DryRun | None,
    seen: str | None = None,
    *,
    is_kept: bool = False,
) -> Response:
    known = await known_to_rules(request)
    shown = AlertRuleDocument.of(stored) if stored else None
    base = base_path(request)
    things = {
        "rule": shown,
        "sentences": sentences(words_for(visitor), shown, known.names) if shown else [],
        "values": values,
        "seen": seen_after(refusal, seen, _digest(stored)) if stored else "",
        "known": known,
        "hazards": list(IncidentHazard),
        "severities": [one for one in Severity if one is not Severity.UNCERTAIN],
        "days": list(Day),
        "occasions": list(Occasion),
        "permits": list(Permitted),
        "refusal": refusal,
        "is_kept": is_kept,
        "tried": DryRunDocument.told_of(tried) if tried else None,
        "tried_incidents": [
            IncidentDocument.of(one, visitor.language, base) for one in tried.told[:_MOST_SHOWN]
        ]
        if tried
        else [],
    }
    status = refusal.status if refusal else HTTPStatus.OK
    return page(request, visitor, "alert_rule.html", things, status)


def _to_overview(request: Request) -> Response:
    return RedirectResponse(f"{base_path(request)}/alerts#rules", HTTPStatus.SEE_OTHER)


def _digest(stored: StoredRule) -> str:
    return digest_of(AlertRuleDocument.of(stored).model_dump(mode="json"))


def _rules(request: Request) -> AlertRules:
    return collaborators(request).service.notifications.rules


async def _find(request: Request, rule_id: str) -> StoredRule:
    found = None
    if is_possible_id(rule_id):
        found = await run_in_threadpool(_rules(request).get, rule_id)
    if found is None:
        raise not_found("alert rule", rule_id)
    return found
