"""Styles, scripts and marks of the pages, out of the package.

Their addresses hold a digest of all of them, so that browsers keep them for good and still have
those of the version that made the page.
"""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from safety_detector.web.problems.problem import RequestProblem

_FOLDER = files("safety_detector.console") / "assets"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_OF_WORKERS = "default-src 'none'; script-src 'self'; connect-src 'self'"
_FOR_GOOD = "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class AssetFiles:
    """The files by their names, and the digest of all of them."""

    contents: dict[str, bytes]
    digest: str


@cache
def asset_files() -> AssetFiles:
    """The files, read once."""
    contents = {one.name: one.read_bytes() for one in _FOLDER.iterdir() if one.name[-1:] in "sgt"}
    digest = hashlib.sha256()
    for name in sorted(contents):
        digest.update(name.encode() + b"\0" + contents[name])
    return AssetFiles(contents, digest.hexdigest()[:16])


def asset_path(name: str) -> str:
    """Where a file is, below the prefix."""
    known = asset_files()
    if name not in known.contents:
        raise LookupError(name)
    return f"/assets/{known.digest}/{name}"


@router.get("/assets/{digest}/{name}")
async def read_asset(
    digest: Annotated[str, Path(max_length=64)], name: Annotated[str, Path(max_length=64)]
) -> Response:
    """One file; nothing in it is secret."""
    known = asset_files()
    content = known.contents.get(name)
    if content is None:
        raise RequestProblem("not-found", f"There is no file {name[:64]!r}.")
    # A page of another version shall not keep what it did not ask for.
    keep = _FOR_GOOD if digest == known.digest else "no-store"
    suffix = name[name.rindex(".") :]
    kind = _TYPES.get(suffix) or mimetypes.types_map.get(suffix, "application/octet-stream")
    headers = {"Cache-Control": keep, "Content-Security-Policy": _OF_WORKERS}
    return Response(content, headers=headers, media_type=kind)
