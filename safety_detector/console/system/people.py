"""``/system/people``: accounts, their roles and passwords, and where they are signed in."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from safety_detector.console.forms import Form, read_form
from safety_detector.console.route import PageRoute, detail_of, status_of
from safety_detector.console.sign_in.beginning import AT_ONCE
from safety_detector.console.system.tabs import system_page
from safety_detector.console.visitor import Administrator, Visitor
from safety_detector.domain.people import Role
from safety_detector.errors import SafetyDetectorError, SubmissionRefused
from safety_detector.service.access.people import Person
from safety_detector.web.answers import base_path
from safety_detector.web.collaborators import collaborators
from safety_detector.web.people.documents import PersonDocument, SessionDocument
from safety_detector.web.queries.ids import is_possible_id, not_found

router = APIRouter(include_in_schema=False, route_class=PageRoute)

PersonId = Annotated[str, Path(max_length=64)]


@router.get("/system/people")
async def show_people(request: Request, visitor: Administrator) -> Response:
    """Everybody, and how often they are signed in."""
    return await _people_page(request, visitor, Form({}), None)


@router.post("/system/people")
async def add_person(request: Request, visitor: Administrator) -> Response:
    """Makes an account; the first one is an administrator's, or nobody could make another."""
    form = await read_form(request, visitor)
    people = collaborators(request).service.access.people
    is_first = not await run_in_threadpool(people.any_made)
    try:
        role = Role.ADMINISTRATOR if is_first else _role(form)
        _check_same(form)
        await run_sync(
            people.add, form.get("name"), role, form.get("password"), visitor.actor, limiter=AT_ONCE
        )
    except SafetyDetectorError as exc:
        return await _people_page(request, visitor, form, exc)
    where = "/sign-in?back=/system/people" if is_first else "/system/people"
    return RedirectResponse(base_path(request) + where, HTTPStatus.SEE_OTHER)


@router.get("/system/people/{person_id}")
async def show_person(request: Request, visitor: Administrator, person_id: PersonId) -> Response:
    """One of them, with what can be changed, and their sessions."""
    return await _person_page(request, visitor, person_id, Form({}), None)


@router.post("/system/people/{person_id}")
async def change_person(request: Request, visitor: Administrator, person_id: PersonId) -> Response:
    """Another role or password, no more access or again, or an end of their sessions."""
    form = await read_form(request, visitor)
    access = collaborators(request).service.access
    person = await _find(request, person_id)
    try:
        match form.get("act"):
            case "end-sessions":
                await run_in_threadpool(access.sessions.end_all, person.id, visitor.actor)
            case "password":
                _check_same(form)
                await _change(request, visitor, person, password=form.get("password"))
            case "role":
                await _change(request, visitor, person, role=_role(form), seen=form.get("seen"))
            case "disable" | "enable" as act:
                await _change(request, visitor, person, disabled=act == "disable")
    except SafetyDetectorError as exc:
        return await _person_page(request, visitor, person_id, form, exc)
    path = f"{base_path(request)}/system/people/{person.id}"
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


async def _change(
    request: Request,
    visitor: Visitor,
    person: Person,
    *,
    role: Role | None = None,
    password: str | None = None,
    disabled: bool | None = None,
    seen: str = "",
) -> None:
    if role is not None and seen != person.role:
        raise SubmissionRefused("changed-meanwhile")
    people = collaborators(request).service.access.people

    def change() -> None:
        people.change(
            person.name,
            visitor.actor,
            role=role,
            password=password,
            disabled=disabled,
            keeps_administrator=True,
            seen_role=person.role if role is not None else None,
        )

    await run_sync(change, limiter=AT_ONCE)


async def _people_page(
    request: Request, visitor: Visitor, form: Form, refused: SafetyDetectorError | None
) -> Response:
    access = collaborators(request).service.access
    found = await run_in_threadpool(access.people.list)
    sessions = await run_in_threadpool(access.sessions.count)
    things: dict[str, Any] = {
        "people": [
            (PersonDocument.of(one), sessions.get(one.id, 0))
            for one in sorted(found, key=lambda one: (one.disabled_at is not None, one.name))
        ],
        "roles": list(Role),
        "form": form,
        "refused": detail_of(refused, visitor.language) if refused else None,
    }
    status = status_of(refused, HTTPStatus.UNPROCESSABLE_ENTITY) if refused else HTTPStatus.OK
    return system_page(request, visitor, "system_people.html", things, status)


async def _person_page(
    request: Request,
    visitor: Visitor,
    person_id: str,
    form: Form,
    refused: SafetyDetectorError | None,
) -> Response:
    person = await _find(request, person_id)
    sessions = collaborators(request).service.access.sessions
    found = await run_in_threadpool(sessions.of_person, person.id)
    things: dict[str, Any] = {
        "person": PersonDocument.of(person),
        "sessions": [SessionDocument.of(one) for one in found],
        "roles": list(Role),
        "form": form,
        "refused": detail_of(refused, visitor.language) if refused else None,
    }
    status = status_of(refused, HTTPStatus.UNPROCESSABLE_ENTITY) if refused else HTTPStatus.OK
    return system_page(request, visitor, "system_person.html", things, status)


async def _find(request: Request, person_id: str) -> Person:
    people = collaborators(request).service.access.people
    found = None
    if is_possible_id(person_id):
        found = await run_in_threadpool(people.get, person_id)
    if found is None:
        raise not_found("person", person_id)
    return found


def _role(form: Form) -> Role:
    written = form.get("role")
    if written not in list(Role):
        raise SubmissionRefused("page-role-missing")
    return Role(written)


def _check_same(form: Form) -> None:
    """Whoever mistypes a password would not be let in."""
    if form.get("password") != form.get("again"):
        raise SubmissionRefused("passwords-differ")
