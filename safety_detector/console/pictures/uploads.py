"""Pictures that come in through a browser: the same as over REST, with a session for a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fastapi import Request

from safety_detector.console.forms import TOKEN_FIELD
from safety_detector.console.visitor import Visitor
from safety_detector.domain.inspection import Inspection
from safety_detector.service.records import Principal, Scope
from safety_detector.web.access.authentication import refuse_foreign_page
from safety_detector.web.batches.routes import MOST_PICTURES
from safety_detector.web.batches.zip_uploads import accept_zip
from safety_detector.web.collaborators import collaborators
from safety_detector.web.inspections.accepting import (
    FormOutcome,
    Submitting,
    accept_form,
    accept_picture,
    require_room,
)
from safety_detector.web.inspections.fields import (
    SubmissionQuery,
    idempotency_key,
    said_in_query,
)
from safety_detector.web.problems.problem import RequestProblem

TOKEN_HEADER = "X-Form-Token"  # noqa: S105 (the name of a header)
"""The form's token, of a script that sends a file as it is."""


async def take_file(request: Request, visitor: Visitor) -> Inspection:
    """Accepts the picture that is the body.

    Raises:
        SafetyDetectorError, RequestProblem: it is not accepted.
    """
    return await accept_picture(request, await _of_script(request, visitor))


async def take_zip(request: Request, visitor: Visitor) -> FormOutcome:
    """Accepts the pictures of the zip that is the body, each for itself; they are a batch.

    Raises:
        SafetyDetectorError, RequestProblem: the zip as a whole is not accepted.
    """
    context = await _of_script(request, visitor)
    if "batch_id" not in context.query:
        raise RequestProblem("request-invalid", "batch_id: the pictures of a zip need one.")
    # The zip's own name is not that of its pictures.
    query = {name: text for name, text in context.query.items() if name != "name"}
    return await accept_zip(request, replace(context, query=query), MOST_PICTURES)


async def take_form(request: Request, visitor: Visitor) -> FormOutcome:
    """Accepts the files of a page's form, each for itself.

    Raises:
        SafetyDetectorError, RequestProblem: the form as a whole is not accepted.
    """

    def check(fields: Mapping[str, str]) -> None:
        _check_token(visitor, fields.get(TOKEN_FIELD, ""))

    context = await _submitting(request, visitor)
    return await accept_form(request, context, (TOKEN_FIELD,), check)


async def _of_script(request: Request, visitor: Visitor) -> Submitting:
    _check_token(visitor, request.headers.get(TOKEN_HEADER, ""))
    return await _submitting(request, visitor)


async def _submitting(request: Request, visitor: Visitor) -> Submitting:
    refuse_foreign_page(request)
    here = collaborators(request)
    fields = said_in_query(request, SubmissionQuery)
    key = idempotency_key(request)
    await require_room(here)
    sender = visitor.actor.person_id or visitor.actor.key_id
    principal = Principal(sender, visitor.actor.name, frozenset({Scope.SUBMIT}))
    return Submitting(here, principal, fields, {}, key)


def _check_token(visitor: Visitor, token: str) -> None:
    if not visitor.is_own_form(token):
        raise RequestProblem("not-allowed", "The form is not one of this browser's pages.")
