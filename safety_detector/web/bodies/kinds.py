"""What kind of body a submission has, and the files in it."""

from __future__ import annotations

from enum import Enum, auto

from fastapi import Request

from safety_detector.web.bodies.dispositions import read_disposition
from safety_detector.web.bodies.multipart_form import receive_form
from safety_detector.web.bodies.uploads import Form, Spool, UploadLimits, receive_picture
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


async def receive_files(
    request: Request, kind: BodyKind, limits: UploadLimits, spool: Spool
) -> Form:
    """Takes a body with pictures: raw, which is one file without fields, or multipart.

    Raises:
        PictureTooLarge: the raw body is too large; a file of a form is cut instead.
        RequestProblem: broken, too much in all, too slow.
        StorageUnavailable: the temporary folder is full.
    """
    if kind is BodyKind.FORM:
        return await receive_form(request, limits, spool)
    file = await receive_picture(request, disposition_name(request), limits, spool)
    return Form(files=[file])


def disposition_name(request: Request) -> str:
    """What a raw body is called; ``""`` if it does not say."""
    header = request.headers.get("content-disposition", "").encode("latin-1")
    return read_disposition(header).file_name or ""
