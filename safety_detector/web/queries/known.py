"""Refuses query parameters that an address does not know, which would be ignored otherwise.

A list that is asked for ``verdit=clear`` would hold everything, and a picture that is sent with
``captured-at`` would lose its date, both behind a 2xx.  Which parameters an address knows is read
from the OpenAPI document, so that the two cannot differ.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

from fastapi import FastAPI, Request

from safety_detector.service.access.keys import KEY_BEGINNING
from safety_detector.vendor_payloads.events import Make
from safety_detector.web.problems.problem import invalid_request

_Operation: TypeAlias = tuple[str, str]  # path, and method in capitals

# Cameras write things of their own into the address that they push to (?channel=1), and nobody can
# tell them not to.  There only a slip in one of our names is refused.
_TOLERANT = frozenset(
    {
        "/v1/cameras/{camera_id}/frames",
        *(f"/v1/receivers/{make}{camera}" for make in Make for camera in ("", "/{camera_id}")),
    }
)

_SHOWN_CHARACTERS = 64
_MOST_TOLD = 10


def install_known_queries(app: FastAPI) -> None:
    """Lets ``refuse_unknown_query`` know what the app's addresses take; call it last."""
    # Made on the first request with a query: the document is not made before somebody needs it.
    app.state.known_queries = cache(lambda: _known_queries(app.openapi()))


def refuse_unknown_query(request: Request) -> None:
    """Looks at the query of a request under ``/v1``, behind the key: who has none hears that first.

    Probes, metrics and pages do without it: who asks for them adds things of his own.

    Raises:
        RequestProblem: a parameter is unknown; it names each with the nearest known one.
    """
    if not request.query_params:
        return
    path = str(getattr(request.scope["route"], "path_format", ""))
    if not path.startswith("/v1/"):
        return
    known = request.app.state.known_queries()[path, request.method]
    faults = [
        {"loc": (_shown(name),), "type": "unknown", "msg": _advice(name, values, known)}
        for name, values in _by_name(request).items()
        if name not in known and (path not in _TOLERANT or _nearest(name, known))
    ]
    if faults:
        raise invalid_request(faults[:_MOST_TOLD])


def _known_queries(document: Mapping[str, Any]) -> dict[_Operation, tuple[str, ...]]:
    return {
        (path, method.upper()): tuple(
            one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"
        )
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def _by_name(request: Request) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        found.setdefault(name, []).append(value)
    return found


def _shown(name: str) -> str:
    if name.startswith(KEY_BEGINNING):
        return f"{KEY_BEGINNING}…"
    return name[:_SHOWN_CHARACTERS] or "''"


def _advice(name: str, values: Sequence[str], known: Sequence[str]) -> str:
    if any(text.startswith(KEY_BEGINNING) for text in (name, *values)):
        return "a key goes into a header, as in Authorization: Bearer sdk_…; treat it as disclosed"
    nearest = _nearest(name, known)
    if nearest:
        return f"unknown query parameter; did you mean {nearest}?"
    if known:
        return f"unknown query parameter; known here: {', '.join(known)}"
    return "unknown query parameter; none is known here"


def _nearest(name: str, known: Sequence[str]) -> str | None:
    wanted = name[:_SHOWN_CHARACTERS].lower().replace("-", "_")
    return next(iter(difflib.get_close_matches(wanted, known, n=1)), None)
