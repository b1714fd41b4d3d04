"""Inspections as they stand in answers: the result document with its links."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import Request

from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import Inspection, as_document


def inspection_path(request: Request, inspection_id: str) -> str:
    """The address of an inspection, without scheme and host."""
    return f"{base_path(request)}/v1/inspections/{inspection_id}"


def base_path(request: Request) -> str:
    """The prefix under which a proxy serves this app; usually empty."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def inspection_document(
    request: Request, inspection: Inspection, language: Language | None = None
) -> dict[str, Any]:
    """The result document with links that work where the request came in."""
    itself = inspection_path(request, inspection.id)
    links = {
        "self": itself,
        "original": f"{itself}/original",
        "annotated": f"{itself}/annotated",
        "report": f"{itself}/report.pdf",
    }
    return as_document(replace(inspection, links=links), language)
