"""``/v1/alert-rules``: who is told of which incident, when."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from safety_detector.service.notifications.alert_rules import AlertRules, StoredRule
from safety_detector.web.access.authentication import Admin, actor_of
from safety_detector.web.alert_rules.documents import (
    AlertRuleBody,
    AlertRuleDocument,
    AlertRulesDocument,
)
from safety_detector.web.alert_rules.planning import DryRunDocument, WeekDocument
from safety_detector.web.answers import base_path
from safety_detector.web.bodies.json_bodies import JsonBody
from safety_detector.web.collaborators import collaborators
from safety_detector.web.openapi.description import BODY, KEYED, ONE, located
from safety_detector.web.queries.ids import is_possible_id, not_found

router = APIRouter(tags=["incidents"])

RuleId = Annotated[str, Path(description="A rule's `id`.", max_length=64)]
Wanted = Annotated[AlertRuleBody, Depends(JsonBody(AlertRuleBody))]


@router.post(
    "/v1/alert-rules",
    status_code=HTTPStatus.CREATED,
    summary="Add an alert rule",
    responses={**KEYED, **BODY, 201: located("The rule")},
)
async def create_rule(
    request: Request, response: Response, principal: Admin, body: Wanted
) -> AlertRuleDocument:
    """From now on the channels that it names are told of what rules say alone.

    A channel that no rule names is told of every incident that opens or escalates.
    """
    stored = await run_in_threadpool(_rules(request).create, body.rule(), actor_of(principal))
    response.headers["Location"] = f"{base_path(request)}/v1/alert-rules/{stored.id}"
    return AlertRuleDocument.of(stored)


@router.get(
    "/v1/alert-rules",
    summary="List alert rules",
    response_description="The rules",
    responses=KEYED,
)
async def list_rules(request: Request, _principal: Admin) -> AlertRulesDocument:
    """Every rule, the oldest first."""
    found = await run_in_threadpool(_rules(request).list)
    return AlertRulesDocument(alert_rules=[AlertRuleDocument.of(one) for one in found])


@router.post(
    "/v1/alert-rules/dry-run",
    summary="Try an alert rule on the last week",
    response_description="What it would have told",
    responses={**KEYED, **BODY},
)
async def dry_run_rule(request: Request, _principal: Admin, body: Wanted) -> DryRunDocument:
    """The rule is not kept. Counted is what opens; incidents are taken as they stand by now."""
    dry_runs = collaborators(request).service.notifications.dry_runs
    return DryRunDocument.told_of(await run_in_threadpool(dry_runs.of, body.rule()))


@router.get(
    "/v1/alert-rules/week",
    summary="Who is told at which hours",
    response_description="The week",
    responses=KEYED,
)
async def read_week(request: Request, _principal: Admin) -> WeekDocument:
    """Drawn from the rules: when each channel is told of alarms, and when nobody is."""
    rules = await run_in_threadpool(_rules(request).list)
    service = collaborators(request).service
    channels = await run_in_threadpool(service.notifications.channels.list)
    cameras = await run_in_threadpool(service.cameras.records.list)
    return WeekDocument.drawn_from(rules, channels, [one.id for one in cameras])


@router.get(
    "/v1/alert-rules/{rule_id}",
    summary="Read an alert rule",
    response_description="The rule",
    responses=ONE,
)
async def read_rule(request: Request, _principal: Admin, rule_id: RuleId) -> AlertRuleDocument:
    """One rule."""
    return AlertRuleDocument.of(await _find(request, rule_id))


@router.put(
    "/v1/alert-rules/{rule_id}",
    summary="Change an alert rule",
    response_description="The rule as it is now",
    responses={**ONE, **BODY},
)
async def replace_rule(
    request: Request, principal: Admin, rule_id: RuleId, body: Wanted
) -> AlertRuleDocument:
    """Puts what is sent in its place; what it does not name is as in a new rule."""
    await _find(request, rule_id)
    by = actor_of(principal)
    stored = await run_in_threadpool(_rules(request).replace, rule_id, body.rule(), by)
    if stored is None:
        raise not_found("alert rule", rule_id)
    return AlertRuleDocument.of(stored)


@router.delete(
    "/v1/alert-rules/{rule_id}",
    status_code=HTTPStatus.NO_CONTENT,
    response_class=Response,
    summary="Remove an alert rule",
    response_description="Removed",
    responses=ONE,
)
async def remove_rule(request: Request, principal: Admin, rule_id: RuleId) -> None:
    """A channel that no rule names any more is told of everything again."""
    await _find(request, rule_id)
    if not await run_in_threadpool(_rules(request).remove, rule_id, actor_of(principal)):
        raise not_found("alert rule", rule_id)


def _rules(request: Request) -> AlertRules:
    return collaborators(request).service.notifications.rules


async def _find(request: Request, rule_id: str) -> StoredRule:
    found = None
    if is_possible_id(rule_id):
        found = await run_in_threadpool(_rules(request).get, rule_id)
    if found is None:
        raise not_found("alert rule", rule_id)
    return found
