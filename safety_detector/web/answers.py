"""What answers have in common."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import Request
from starlette.responses import Response

from safety_detector.documents.document import Document


def base_path(request: Request) -> str:
    """What stands before the paths of links: the prefix under which a proxy serves this app.

    Usually it is empty.  Links have neither scheme nor host.
    """
    return str(request.scope.get("root_path", "")).rstrip("/")


def answer(
    document: Document, status: HTTPStatus, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer with a document, of a route that decides about status and headers itself."""
    return Response(document.model_dump_json(), status, headers, "application/json")
