"""``/system/keys``: API keys of programs and cameras; the text of a new one is shown once."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import AfterValidator, BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from safety_detector.console.forms import Form, read_form
from safety_detector.console.route import PageRoute, detail_of
from safety_detector.console.system.tabs import system_page
from safety_detector.console.visitor import Administrator, Visitor
from safety_detector.errors import SafetyDetectorError
from safety_detector.message_texts.reason import Reason
from safety_detector.service.records import ApiKey, Scope
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import collaborators
from safety_detector.web.keys.documents import ApiKeyDocument
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.values import RecordId, checked, said_text

router = APIRouter(include_in_schema=False, route_class=PageRoute)


class _NewKey(BaseModel):
    """What a form says of a new key."""

    name: Annotated[str, Field(max_length=255), AfterValidator(said_text)]
    camera_id: RecordId | None = None


@router.get("/system/keys")
async def show_keys(request: Request, visitor: Administrator) -> Response:
    """Those that open something first."""
    return await _keys_page(request, visitor, Form({}))


@router.post("/system/keys")
async def make_key(request: Request, visitor: Administrator) -> Response:
    """Makes one; its text stands in this one answer and nowhere else."""
    form = await read_form(request, visitor)
    keys = collaborators(request).service.access.keys
    said = {name: form.get(name) for name in ("name", "camera_id") if form.get(name)}
    scopes = [one for one in Scope if form.get(f"scope-{one}")]
    is_for_camera = form.get("for") == "camera"
    try:
        wanted = checked(_NewKey, {"name": form.get("name"), **said})
        if not (wanted.camera_id if is_for_camera else scopes):
            refused = Reason("key-for-nothing").text(visitor.language)
            return await _keys_page(request, visitor, form, refused=refused)
        made = await run_in_threadpool(
            keys.create,
            wanted.name,
            () if is_for_camera else scopes,
            wanted.camera_id if is_for_camera else None,
            visitor.actor,
        )
    except (SafetyDetectorError, RequestProblem) as exc:
        return await _keys_page(request, visitor, form, refused=detail_of(exc, visitor.language))
    return await _keys_page(request, visitor, Form({}), made=made)


@router.post("/system/keys/{key_id}/revoke")
async def revoke_key(
    request: Request, visitor: Administrator, key_id: Annotated[str, Path(max_length=64)]
) -> Response:
    """Makes it useless from now on; one that is already so stays so."""
    await read_form(request, visitor)
    keys = collaborators(request).service.access.keys
    if key_id.isalnum() and key_id.isascii():
        await run_in_threadpool(keys.revoke, key_id, visitor.actor)
    return RedirectResponse(f"{base_path(request)}/system/keys", HTTPStatus.SEE_OTHER)


async def _keys_page(
    request: Request,
    visitor: Visitor,
    form: Form,
    *,
    refused: str | None = None,
    made: tuple[ApiKey, str] | None = None,
) -> Response:
    here = collaborators(request).service
    listed = await run_in_threadpool(here.access.keys.list)
    cameras = await run_in_threadpool(here.cameras.records.list)
    documents = [ApiKeyDocument.of(one) for one in reversed(listed)]
    things: dict[str, Any] = {
        "active": [one for one in documents if one.revoked_at is None],
        "revoked": [one for one in documents if one.revoked_at is not None],
        "scopes": list(Scope),
        "cameras": [(one.id, one.name) for one in cameras],
        "form": form,
        "refused": refused,
        "made": made[1] if made else None,
        "made_name": made[0].name if made else None,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return system_page(request, visitor, "system_keys.html", things, status)
