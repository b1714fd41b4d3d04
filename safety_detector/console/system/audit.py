"""``/system/audit``: who did what; as a table for a spreadsheet too."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, BeforeValidator, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from safety_detector.console.rendering import words_for
from safety_detector.console.route import PageRoute
from safety_detector.console.system.tabs import system_page
from safety_detector.console.visitor import Administrator, Visitor
from safety_detector.exports import spreadsheet_text
from safety_detector.service.access.audit import AuditAction, AuditEntry, AuditFilter, AuditLog
from safety_detector.service.records import Page
from safety_detector.web.audit.documents import AuditDocument
from safety_detector.web.collaborators import collaborators
from safety_detector.web.queries.values import Moment, SearchedText, checked, empty_is_none

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_PAGE = 50
_EXPORTED_AT_ONCE = 500
_DAYS = ("since", "until")
_COLUMNS = ("at", "actor", "action", "subject", "details", "id")


class _Query(BaseModel):
    """What an address may say of the list; of the same types as REST's."""

    action: AuditAction | None = None
    actor: SearchedText | None = None
    subject: SearchedText | None = None
    since: Moment | None = None
    until: Moment | None = None
    cursor: Annotated[
        Annotated[str, Field(pattern="^[0-9]{1,18}$")] | None, BeforeValidator(empty_is_none)
    ] = None


@router.get("/system/audit")
async def show_audit(request: Request, visitor: Administrator) -> Response:
    """The latest first; the address holds the filter."""
    query = {name: value for name, value in request.query_params.items() if value}
    said = _said(query, visitor)
    query.pop("cursor", None)
    log = collaborators(request).service.access.audit
    before = None if said.cursor is None else int(said.cursor)
    found = await run_in_threadpool(log.entries, _wanted(said), _PAGE + 1, before)
    cut = Page.cut(found, _PAGE, lambda entry: str(entry.id))
    return system_page(
        request,
        visitor,
        "system_audit.html",
        {
            "page": AuditDocument.of(cut),
            "query": query,
            "actions": list(AuditAction),
            "as_json": _as_json,
        },
    )


@router.get("/system/audit.csv")
async def export_audit(request: Request, visitor: Administrator) -> Response:
    """All that the filter names, for a spreadsheet."""
    said = _said(dict(request.query_params), visitor)
    log = collaborators(request).service.access.audit
    day = words_for(visitor).now.strftime("%Y-%m-%d")
    return StreamingResponse(
        _rows(log, _wanted(said), visitor),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="audit-{day}.csv"',
            "Cache-Control": "no-store",
        },
    )


def _said(query: dict[str, str], visitor: Visitor) -> _Query:
    days = {name: _with_zone(query[name], visitor) for name in _DAYS if query.get(name)}
    return checked(_Query, {name: value for name, value in query.items() if value} | days)


def _wanted(said: _Query) -> AuditFilter:
    return AuditFilter(**said.model_dump(exclude={"cursor"}))


def _with_zone(written: str, visitor: Visitor) -> str:
    """A day as the site means it; what is none is left for the check."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return written
    return moment.replace(tzinfo=moment.tzinfo or visitor.zone).isoformat(timespec="seconds")


def _rows(log: AuditLog, wanted: AuditFilter, visitor: Visitor) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf" + _row(_COLUMNS)  # without the mark Excel reads Chinese as GBK
    words, before = words_for(visitor), None
    while entries := log.entries(wanted, _EXPORTED_AT_ONCE, before):
        yield b"".join(
            _row(
                (
                    one.at.astimezone(visitor.zone).isoformat(timespec="seconds"),
                    one.actor.name,
                    words.name("audit", one.action),
                    one.subject or "",
                    _as_json(one.details),
                    str(one.id),
                )
            )
            for one in entries
        )
        before = _last(entries)


def _last(entries: tuple[AuditEntry, ...]) -> int:
    return entries[-1].id


def _row(cells: tuple[str, ...]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow([spreadsheet_text(one) for one in cells])
    return out.getvalue().encode("utf-8", "backslashreplace")


def _as_json(details: object) -> str:
    return json.dumps(details, ensure_ascii=False) if details else ""
