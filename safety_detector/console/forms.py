"""Forms of pages: bounded, of this service's own pages alone, as models."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request

from safety_detector.console.visitor import Visitor
from safety_detector.web.access.authentication import refuse_foreign_page
from safety_detector.web.bodies.uploads import receive_json
from safety_detector.web.collaborators import collaborators
from safety_detector.web.problems.problem import RequestProblem

TOKEN_FIELD = "form_token"  # noqa: S105 (the name of a field)
_MOST_FIELDS = 2000
_PASSWORDS = ("password", "again", "present_password")
_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Form:
    """What somebody filled in; of a field that stands there twice, the last.

    Attributes:
        fields: what is not empty, by name.
        every: of each name everything that is not empty, in order, as boxes of one name send it.
    """

    fields: dict[str, str]
    every: Mapping[str, list[str]] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """What stands in a field; empty where it is not filled in."""
        return self.fields.get(name, "")

    def all(self, name: str) -> list[str]:
        """Everything that stands under a name: of boxes, those that are ticked."""
        return self.every.get(name, [])


async def read_form(request: Request, visitor: Visitor) -> Form:
    """The form that a page of ours sends.

    Raises:
        RequestProblem: it is none, is too long, or comes from elsewhere.
    """
    form = await read_foreign_form(request)
    if not visitor.is_own_form(form.get(TOKEN_FIELD)):
        raise RequestProblem("not-allowed", "The form is not one of this browser's pages.")
    return form


async def read_foreign_form(request: Request) -> Form:
    """A form whose token is not looked at yet.

    Raises:
        RequestProblem: it is none, is too long, or comes from a page of another site.
    """
    refuse_foreign_page(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _TYPE:
        raise RequestProblem("media-type-unsupported", f"{kind[:80]!r} is no form.")
    body = await receive_json(request, collaborators(request).uploads.limits)
    try:
        pairs = parse_qsl(
            body.decode(), strict_parsing=bool(body), errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError as exc:
        raise RequestProblem("body-malformed", "The form cannot be read.") from exc
    every: dict[str, list[str]] = {}
    for name, value in pairs:
        if value.strip():
            every.setdefault(name, []).append(_as_meant(name, value))
    return Form({name: values[-1] for name, values in every.items()}, every)


def _as_meant(name: str, text: str) -> str:
    """The text without spaces around it, and with the line ends that everybody else writes.

    Of a password every character counts.
    """
    return text if name in _PASSWORDS else text.strip().replace("\r\n", "\n")


def local_path(wanted: str, otherwise: str) -> str:
    """Where a form wants to lead, if that is one of this service's pages."""
    is_local = wanted.startswith("/") and wanted[1:2] not in ("/", "\\") and wanted.isprintable()
    return wanted if is_local else otherwise


def digest_of(shown: Any) -> str:
    """Changes with what a form shows; a form brings it back as what somebody saw."""
    written = json.dumps(shown, sort_keys=True, default=str)
    return hashlib.sha256(written.encode()).hexdigest()[:24]


def is_in_place(request: Request) -> bool:
    """Whether a script of a page asks, which needs no page for an answer."""
    return "x-in-place" in request.headers
