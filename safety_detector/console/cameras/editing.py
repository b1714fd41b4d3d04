"""Changing a part of a camera by a form: what the form does not show stays as it is.

Each part is checked by the body model of REST.  Whoever typed while somebody else changed the same
part is told so before anything is overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeAlias

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from safety_detector.console.forms import is_in_place
from safety_detector.console.route import detail_of
from safety_detector.console.visitor import Visitor
from safety_detector.errors import SafetyDetectorError, SubmissionRefused
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.records import Camera
from safety_detector.web.answers import base_path
from safety_detector.web.cameras.bodies import CameraBody
from safety_detector.web.cameras.documents import CameraDocument
from safety_detector.web.collaborators import Collaborators
from safety_detector.web.problems.problem import RequestProblem, problem_document
from safety_detector.web.queries.values import checked

Refusal: TypeAlias = SafetyDetectorError | RequestProblem


@dataclass(frozen=True, slots=True)
class Faults:
    """Why a form was not saved.

    Attributes:
        status: of the answer.
        at: what is wrong with fields, by their names.
        rest: what belongs to no field that the form has; empty where there is nothing.
    """

    status: HTTPStatus
    at: Mapping[str, str]
    rest: str

    def told_elsewhere(self, shown: Sequence[str]) -> str:
        """What would not be seen at these fields, in a row."""
        others = [text for name, text in self.at.items() if name not in shown]
        return " ".join(one for one in (self.rest, *others) if one)


_RULES = ("zones", "masks", "schedule")
NO_FAULTS = Faults(HTTPStatus.OK, {}, "")


def faults_of(refusal: Refusal, visitor: Visitor, below: str = "") -> Faults:
    """What is wrong, by the names of the form's fields.

    Args:
        refusal: of the service, or of a body model.
        visitor: who reads it.
        below: the part of the body that the form is; its name goes.
    """
    status = HTTPStatus(problem_document(refusal)["status"])
    if status not in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.INSUFFICIENT_STORAGE):
        status = HTTPStatus.CONFLICT if status < 500 else status
    if isinstance(refusal, RequestProblem) and refusal.faults:
        at = {
            name.removeprefix(f"{below}.") if below else name: reason.text(visitor.language)
            for name, reason in refusal.faults
        }
        return Faults(status, at, "")
    return Faults(status, {}, detail_of(refusal, visitor.language))


def shown_part(camera: Camera, names: Sequence[str]) -> dict[str, Any]:
    """These parts of a camera's document."""
    return CameraDocument.of(camera).model_dump(mode="json", by_alias=True, include=set(names))


async def save(
    here: Collaborators,
    visitor: Visitor,
    camera: Camera,
    said: Mapping[str, Any],
    seen: tuple[str, str],
) -> None:
    """Changes what a form says, and nothing else.

    Args:
        here: the service.
        visitor: who did it, for the audit log.
        camera: as it was when the form came back.
        said: fields of ``CameraBody``.
        seen: digests of that part as the person saw it, and as it is now.

    Raises:
        RequestProblem: a field has no good value.
        SafetyDetectorError: the service refuses it, or somebody else changed that part meanwhile.
    """
    rest = {
        "name": camera.name,
        "enabled": camera.enabled,
        "min_interval_ms": camera.min_interval_ms,
    }
    body = checked(CameraBody, rest | dict(said))
    if seen[0] != seen[1]:
        raise SubmissionRefused("changed-meanwhile")
    named = set(said)

    def changed(present: CameraSettings) -> CameraSettings:
        if not _is_as_it_was(present, camera, named):
            raise SubmissionRefused("changed-meanwhile")
        # As it stands in this very transaction: others may have changed other parts.
        others = {name: getattr(present, name) for name in rest if name not in named}
        return body.model_copy(update=others).changed(present)

    records = here.service.cameras.records
    await run_in_threadpool(records.change, camera.id, changed, visitor.actor)


def _is_as_it_was(present: CameraSettings, camera: Camera, names: Collection[str]) -> bool:
    """Whether nobody changed what a form is about since it was looked at a moment ago."""
    return all(
        getattr(present.rules if name in _RULES else present, name)
        == getattr(camera.rules if name in _RULES else camera, name)
        for name in names
        if name != "source"  # of which the kept login is no part
    )


def saved(request: Request, path: str) -> Response:
    """Leads on to a page that says so."""
    return _led_on(request, f"{path}?saved=1")


def _led_on(request: Request, path: str) -> Response:
    """Leads on; a script is told where."""
    target = base_path(request) + path
    if is_in_place(request):
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"X-Leads-To": target})
    return RedirectResponse(target, HTTPStatus.SEE_OTHER)


async def act(
    request: Request,
    visitor: Visitor,
    do: Callable[[], object],
    path: str,
    otherwise: Callable[[str], Any],
) -> Response:
    """Does what a button says; why it was not done is said on the page that it stands on.

    Args:
        request: the form.
        visitor: who pressed it.
        do: what it says.
        path: where it leads.
        otherwise: makes the page, from why it was not done.
    """
    try:
        await run_in_threadpool(do)
    except (SafetyDetectorError, RequestProblem) as exc:
        told = detail_of(exc, visitor.language)
        if is_in_place(request):
            return PlainTextResponse(told, HTTPStatus.CONFLICT)
        response: Response = await otherwise(told)
        return response
    return _led_on(request, path)
