"""From a submission's body to accepted inspections and rejected files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from typing import Any, TypeAlias

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from safety_detector.domain.inspection import Inspection
from safety_detector.errors import SafetyDetectorError, ServiceUnavailable
from safety_detector.ingest.camera_bodies import Arrived
from safety_detector.ingest.fetching import fetch_picture
from safety_detector.service.records import Principal, Scope
from safety_detector.web.accept_places import while_there
from safety_detector.web.access.authentication import authenticate
from safety_detector.web.bodies.json_values import json_body
from safety_detector.web.bodies.kinds import disposition_name
from safety_detector.web.bodies.multipart_form import receive_form
from safety_detector.web.bodies.uploads import (
    Form,
    ReceivedFile,
    Spool,
    receive_json,
    receive_upload,
)
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.inspections.documents import RejectedDocument
from safety_detector.web.inspections.fields import (
    SubmissionFields,
    SubmissionQuery,
    UrlSubmission,
    idempotency_key,
    name_in_url,
    numbered_key,
    said_in_query,
)
from safety_detector.web.problems.documents import ProblemDocument
from safety_detector.web.problems.problem import RequestProblem, problem_document, problem_response
from safety_detector.web.queries.values import checked, printable_name


@dataclass(frozen=True, slots=True)
class Submitting:
    """A submission besides its body.

    Attributes:
        here: what the routes work with.
        principal: who submits.
        query: fields in the query; those in the body win.
        options: what else the query says.
        key: the idempotency key.
    """

    here: Collaborators
    principal: Principal
    query: Mapping[str, Any]
    options: Mapping[str, Any]
    key: str | None


async def submitting(request: Request, query: type[SubmissionQuery]) -> Submitting:
    """A request for a submission, before its body is read.

    Plain calls instead of dependencies: solving those took more time than accepting the picture.

    Raises:
        RequestProblem: the caller may not submit, or query or headers make no sense.
        StorageFull: there is no room; nothing of the body is read.
    """
    principal = await authenticate(request, Scope.SUBMIT)
    here = collaborators(request)
    said = said_in_query(request, query)
    fields = {name: said.pop(name) for name in SubmissionQuery.model_fields if name in said}
    key = idempotency_key(request)
    await require_room(here)
    return Submitting(here, principal, fields, said, key)


async def require_room(here: Collaborators) -> None:
    """Makes sure that there is room on the disk before a body is received, which goes there too.

    Raises:
        StorageFull: there is none.
    """
    room = here.service.inspections.intake.room
    if room.is_known:
        room.require()
    else:
        await run_in_threadpool(room.require)


@dataclass(frozen=True, slots=True)
class RejectedFile:
    """A file that was not accepted, by its place among the files of its form."""

    index: int
    name: str
    error: SafetyDetectorError

    def document(self) -> RejectedDocument:
        """As it stands in the answer."""
        return RejectedDocument(
            index=self.index,
            name=printable_name(self.name),
            problem=ProblemDocument(**problem_document(self.error)),
        )


@dataclass(frozen=True, slots=True)
class FormOutcome:
    """What became of the files of a form or zip, in their order.

    Attributes:
        accepted: the inspections of those that were accepted.
        rejected: the others.
        skipped: how many entries of a zip are no pictures, by the ending of their names.
    """

    accepted: list[Inspection]
    rejected: list[RejectedFile]
    skipped: Mapping[str, int] = field(default_factory=dict)

    def rejected_documents(self) -> list[RejectedDocument]:
        """Those that were rejected, as they stand in the answer."""
        return [one.document() for one in self.rejected]


AcceptFile: TypeAlias = Callable[[], Inspection]
"""Accepts one of several files; raises any ``SafetyDetectorError`` where it is not accepted."""


async def accept_picture(request: Request, context: Submitting) -> Inspection:
    """Accepts a raw body.

    Raises:
        SafetyDetectorError, RequestProblem: it is not accepted.
    """
    here = context.here
    fields = checked(SubmissionFields, context.query)
    submission = fields.submission(disposition_name(request), context.principal, context.key)
    with here.service.inspections.intake.new_upload() as upload:
        await receive_upload(request, here.uploads.limits, upload)
        accept = partial(here.service.inspections.intake.accept, upload, submission)
        return await here.uploads.places.run(request, upload.size_bytes, accept)


async def accept_url(request: Request, context: Submitting) -> Inspection:
    """Fetches the picture behind a URL and accepts it.

    Raises:
        SafetyDetectorError, RequestProblem: it is not accepted.
    """
    here = context.here
    written = json_body(await receive_json(request, here.uploads.limits))
    if isinstance(written, dict):
        written = {**context.query, **written}
    fields = checked(UrlSubmission, written)
    submission = replace(
        fields.submission(name_in_url(fields.url), context.principal, context.key),
        fetched_from=fields.url,
    )
    known = await run_in_threadpool(here.service.inspections.intake.fetched_before, submission)
    if known is not None:
        return known

    def fetch(arrived: Arrived) -> bytes:
        return fetch_picture(fields.url, replace(here.urls.policy, arrived=arrived))

    picture = await here.urls.places.fetch(fields.url, context.principal.key_id, fetch)
    accept = partial(here.service.inspections.intake.accept, picture, submission)
    return await here.uploads.places.run(request, len(picture), accept)


async def accept_form(
    request: Request,
    context: Submitting,
    further: Collection[str] = (),
    take: Callable[[dict[str, str]], None] | None = None,
) -> FormOutcome:
    """Accepts the files of a form, each for itself.

    Args:
        request: whose body it is.
        context: what else is known of it.
        further: names of fields that are the caller's.
        take: is given those that are there, before anything is accepted; may raise.

    Raises:
        RequestProblem: the form as a whole is refused.
        StorageUnavailable: it could not be received.
    """
    limits = context.here.uploads.limits
    with Spool(limits.spool_dir) as spool:
        known = {*SubmissionFields.model_fields, *further}
        form = await receive_form(request, limits, spool, known)
        own = {name: form.fields.pop(name) for name in further if name in form.fields}
        if take is not None:
            take(own)
        # An empty field says nothing against the query.
        said = {k: text for k, text in form.fields.items() if text or k not in context.query}
        fields = checked(SubmissionFields, {**context.query, **said})
        if not form.files:
            raise RequestProblem("request-invalid", "The form has no file in the field 'files'.")
        accept = partial(_accept_each, request, context, spool, form, fields)
        largest = max(file.size_bytes for file in form.files)
        return await context.here.uploads.places.run(request, largest, accept)


def _accept_each(
    request: Request, context: Submitting, spool: Spool, form: Form, fields: SubmissionFields
) -> FormOutcome:
    def files() -> Iterable[tuple[str, AcceptFile]]:
        for index, file in enumerate(form.files):
            key = numbered_key(context.key, index, len(form.files))
            yield file.name, partial(_accept, context, spool, file, fields, key)

    return accept_in_turn(while_there(request, files()))


def accept_in_turn(files: Iterable[tuple[str, AcceptFile]]) -> FormOutcome:
    """Accepts named files one after the other, each for itself.

    When the service itself fails, the files that are left are rejected for that, untried: each
    would wait for the database or disk as long as the first one did.
    """
    outcome, outage = FormOutcome([], []), None
    for index, (name, accept) in enumerate(files):
        try:
            if outage is not None:
                raise outage
            outcome.accepted.append(accept())
        except ServiceUnavailable as exc:
            outage = exc
            outcome.rejected.append(RejectedFile(index, name, exc))
        except SafetyDetectorError as exc:
            outcome.rejected.append(RejectedFile(index, name, exc))
    return outcome


def answer_all_rejected(outcome: FormOutcome, members: Mapping[str, Any]) -> JSONResponse:
    """A problem: 503 or 507 in an outage, the files' own where all have one status, else 422."""
    if len(outcome.rejected) == 1:
        return problem_response(outcome.rejected[0].error, **members)
    statuses = {problem_response(one.error).status_code for one in outcome.rejected}
    for outage in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INSUFFICIENT_STORAGE):
        if outage in statuses:
            statuses = {outage}
    status = statuses.pop() if len(statuses) == 1 else HTTPStatus.UNPROCESSABLE_ENTITY
    refusal = RequestProblem("all-files-rejected", "None of the files could be accepted.")
    return problem_response(refusal, status=status, **members)


def _accept(
    context: Submitting,
    spool: Spool,
    file: ReceivedFile,
    fields: SubmissionFields,
    key: str | None,
) -> Inspection:
    picture = spool.read(file, context.here.uploads.limits.picture)
    submission = fields.submission(file.name, context.principal, key)
    return context.here.service.inspections.intake.accept(picture, submission)
