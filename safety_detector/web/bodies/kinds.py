"""What kind of body a submission has, and what a raw one is called."""

from __future__ import annotations

from enum import Enum, auto

from fastapi import Request

from safety_detector.network.dispositions import read_disposition
from safety_detector.web.problems.problem import RequestProblem


class BodyKind(Enum):
    """How pictures come."""

    PICTURE = auto()
    FORM = auto()
    JSON = auto()


def body_kind(request: Request) -> BodyKind:
    """The kind of body that the Content-Type announces.

    Without one, and for ``application/octet-stream``, the bytes are taken for a picture: what they
    are is found out from them anyway.

    Raises:
        RequestProblem: another type.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in ("", "application/octet-stream") or media_type.startswith("image/"):
        return BodyKind.PICTURE
    if media_type == "multipart/form-data":
        return BodyKind.FORM
    if media_type == "application/json":
        return BodyKind.JSON
    raise RequestProblem(
        "media-type-unsupported",
        f"{media_type[:80]!r} is not read here; send image/*, multipart/form-data, or JSON with a "
        "url (with curl: -H 'Content-Type: image/jpeg' --data-binary @picture.jpg, or "
        "-F files=@picture.jpg).",
        headers={"Accept-Post": "image/*, multipart/form-data, application/json"},
    )


def disposition_name(request: Request) -> str:
    """What a raw body is called; ``""`` if it does not say."""
    header = request.headers.get("content-disposition", "").encode("latin-1")
    return read_disposition(header).file_name or ""
