"""Adding a camera, where its pictures come from, and a test picture before anything is saved."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from safety_detector.camera_sources.source import SourceKind, Taken, Transport
from safety_detector.console.cameras.editing import (
    NO_FAULTS,
    Faults,
    Refusal,
    faults_of,
    save,
    saved,
    shown_part,
)
from safety_detector.console.cameras.showing import things_of
from safety_detector.console.forms import digest_of, read_form
from safety_detector.console.nested_fields import nested, number, part, text
from safety_detector.console.rendering import page
from safety_detector.console.route import PageRoute
from safety_detector.console.visitor import Administrator, Visitor
from safety_detector.errors import SafetyDetectorError
from safety_detector.service.cameras.devices import Acknowledgement
from safety_detector.service.records import Camera, Login
from safety_detector.web.cameras.bodies import NewCamera, SourceBody
from safety_detector.web.cameras.finding import CameraId, find_camera
from safety_detector.web.cameras.trials import TrialAnswer, TrialBody, tried
from safety_detector.web.collaborators import Collaborators, collaborators
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.values import checked
from safety_detector.web.receivers.documents import DeviceBody, DeviceDocument

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_PART = ("name", "location", "timezone", "source", "every_s", "expected", "min_interval_ms")
_FIELDS = (
    *("id", "name", "location", "timezone", "every_s", "min_interval_ms"),
    *("source", "source.kind", "source.url", "source.username", "source.password"),
    *("source.transport", "source.loop", "source.taken", "source.move_to"),
)
"""Beside which what is wrong with them is said."""


@router.get("/cameras/-/new")
async def show_new(request: Request, visitor: Administrator) -> Response:
    """An empty form; ``?url=`` fills in an address that somebody found."""
    typed = _fresh() | {"source": {"url": request.query_params.get("url", "")[:2048]}}
    return _new_page(request, visitor, typed, NO_FAULTS)


@router.post("/cameras/-/new")
async def add(request: Request, visitor: Administrator) -> Response:
    """Adds it, or tries its source, as the button says."""
    form = await read_form(request, visitor)
    typed = nested(form)
    here = collaborators(request)
    if form.get("do") == "try":
        trial, faults = await _trial(here, visitor, typed, None)
        return _new_page(request, visitor, typed, faults, trial)
    try:
        said = {"id": text(typed, "id") or None} | _said(typed)
        body = checked(NewCamera, said)
        create = here.service.cameras.records.create
        camera = await run_in_threadpool(create, body.settings(), body.id, visitor.actor)
    except (SafetyDetectorError, RequestProblem) as exc:
        return _new_page(request, visitor, typed, faults_of(exc, visitor))
    return saved(request, f"/cameras/{camera.id}")


@router.get("/cameras/{camera_id}/source")
async def show_source(request: Request, visitor: Administrator, camera_id: CameraId) -> Response:
    """What is said of a camera; its password is not shown."""
    camera = await find_camera(collaborators(request), camera_id)
    return await _source_page(request, visitor, camera, _kept(camera), NO_FAULTS)


@router.post("/cameras/{camera_id}/source")
async def change_source(request: Request, visitor: Administrator, camera_id: CameraId) -> Response:
    """Saves it, or tries it, as the button says."""
    form = await read_form(request, visitor)
    typed = nested(form)
    here = collaborators(request)
    camera = await find_camera(here, camera_id)
    if form.get("do") == "try":
        trial, faults = await _trial(here, visitor, typed, camera)
        return await _source_page(
            request, visitor, camera, typed, faults, trial, seen=form.get("seen")
        )
    seen = (form.get("seen"), digest_of(shown_part(camera, _PART)))
    try:
        await save(here, visitor, camera, _said(typed), seen)
    except (SafetyDetectorError, RequestProblem) as exc:
        return await _source_page(request, visitor, camera, typed, faults_of(exc, visitor))
    return saved(request, f"/cameras/{camera.id}")


@router.post("/cameras/{camera_id}/device")
async def change_device(request: Request, visitor: Administrator, camera_id: CameraId) -> Response:
    """By what the receivers know it."""
    form = await read_form(request, visitor)
    here = collaborators(request)
    camera = await find_camera(here, camera_id)
    typed = {name: form.get(name) for name in DeviceBody.model_fields if form.get(name)}
    said = typed | {"channel": number(form.get("channel"))}
    try:
        body = checked(DeviceBody, said)
        await run_in_threadpool(here.service.cameras.devices.set, camera.id, body.device())
    except (SafetyDetectorError, RequestProblem) as exc:
        faults = faults_of(exc, visitor)
        return await _source_page(
            request, visitor, camera, _kept(camera), NO_FAULTS, device=(typed, faults)
        )
    return saved(request, f"/cameras/{camera.id}")


def _new_page(
    request: Request,
    visitor: Visitor,
    typed: Mapping[str, Any],
    faults: Faults,
    trial: TrialAnswer | None = None,
) -> Response:
    things = _common(typed, faults, trial)
    return page(request, visitor, "camera_new.html", things, faults.status, holds_pictures=True)


async def _source_page(
    request: Request,
    visitor: Visitor,
    camera: Camera,
    typed: Mapping[str, Any],
    faults: Faults,
    trial: TrialAnswer | None = None,
    *,
    device: tuple[Mapping[str, Any], Faults] | None = None,
    seen: str | None = None,
) -> Response:
    here = collaborators(request)
    kept = DeviceDocument.of(await run_in_threadpool(here.service.cameras.devices.get, camera.id))
    typed_device, device_faults = device or (kept.as_json(), NO_FAULTS)
    things = {
        **await things_of(here, camera),
        **_common(typed, faults, trial),
        "seen": seen or digest_of(shown_part(camera, _PART)),
        "device": typed_device,
        "device_faults": device_faults,
        "acknowledgements": list(Acknowledgement),
    }
    status = max(faults.status, device_faults.status)
    return page(request, visitor, "camera_source.html", things, status, holds_pictures=True)


def _common(typed: Mapping[str, Any], faults: Faults, trial: TrialAnswer | None) -> dict[str, Any]:
    return {
        "typed": typed,
        "source": part(typed, "source"),
        "faults": faults,
        "elsewhere": faults.told_elsewhere(_FIELDS),
        "trial": trial,
        "is_trial": text(typed, "do") == "try",
        "kinds": list(SourceKind),
        "transports": list(Transport),
        "takens": list(Taken),
    }


def _fresh() -> dict[str, Any]:
    return {"enabled": "1", "expected": "1", "source": {}}


def _kept(camera: Camera) -> dict[str, Any]:
    """What is kept, as the form has it."""
    source = camera.source
    options = source.options
    return {
        "name": camera.name,
        "location": camera.location or "",
        "timezone": camera.timezone or "",
        "enabled": "1" if camera.enabled else "",
        "expected": "1" if camera.expected else "",
        "every_s": "" if camera.every_s is None else f"{camera.every_s:g}",
        "min_interval_ms": str(camera.min_interval_ms or ""),
        "source": {
            "kind": source.kind.value,
            "url": source.url,
            "username": source.username or "",
            "transport": source.transport.value,
            "loop": "1" if options.loop else "",
            "taken": options.taken.value,
            "move_to": options.move_to or "",
        },
    }


def _said(typed: Mapping[str, Any]) -> dict[str, Any]:
    """The form as ``CameraBody`` has it."""
    source = _said_source(typed)
    said = {
        "name": text(typed, "name"),
        "location": text(typed, "location") or None,
        "timezone": text(typed, "timezone") or None,
        "enabled": text(typed, "enabled") == "1",
        "expected": text(typed, "expected") == "1",
        "min_interval_ms": number(text(typed, "min_interval_ms")) or 0,
        "source": source,
    }
    every_s = number(text(typed, "every_s"))
    return said if source is None and every_s is None else said | {"every_s": every_s}


def _said_source(typed: Mapping[str, Any]) -> dict[str, Any] | None:
    """What is said of the source; an empty password is the one that is kept."""
    fields = part(typed, "source")
    kind = text(fields, "kind")
    if kind == SourceKind.PUSH:
        return None
    said: dict[str, Any] = {
        "kind": kind or None,
        "url": text(fields, "url"),
        "loop": text(fields, "loop") == "1",
        "move_to": text(fields, "move_to") or None,
    }
    for name in ("transport", "taken", "username", "password"):
        if text(fields, name):
            said[name] = text(fields, name)
    if text(fields, "no_login") == "1":
        said |= {"username": None, "password": None}
    return said


async def _trial(
    here: Collaborators, visitor: Visitor, typed: Mapping[str, Any], camera: Camera | None
) -> tuple[TrialAnswer | None, Faults]:
    """What came, or why nothing did."""
    try:
        said = _said_source(typed) or {"kind": SourceKind.PUSH}
        body = await run_in_threadpool(_to_try, said, camera)
        return await tried(here, body), NO_FAULTS
    except (SafetyDetectorError, RequestProblem) as exc:
        return None, _of_trial(exc, visitor)


def _to_try(said: dict[str, Any], camera: Camera | None) -> TrialBody:
    """A source as it was typed; of a camera with the password that is kept."""
    source = checked(SourceBody, said)
    if camera is not None and camera.login is Login.KEPT and source.keeps_login:
        return TrialBody(source=source, camera_id=camera.id)
    return TrialBody(source=source)


def _of_trial(exc: Refusal, visitor: Visitor) -> Faults:
    faults = faults_of(exc, visitor)
    at = {f"source.{name}" if name else "source": one for name, one in faults.at.items()}
    # Nothing was to be saved: whoever asks for a picture is told why there is none.
    return Faults(HTTPStatus.UNPROCESSABLE_ENTITY, at, faults.rest)
