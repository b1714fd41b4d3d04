"""Paths of this interface as they stand in answers: without scheme and host."""

from __future__ import annotations

from fastapi import Request


def base_path(request: Request) -> str:
    """The prefix under which a proxy serves this app; usually empty."""
    return str(request.scope.get("root_path", "")).rstrip("/")
