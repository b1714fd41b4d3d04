"""Under which key each picture and report is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass

_IMAGES, _MARKED_IMAGES = "images/", "marked_images/"
_PICTURE_PREFIXES = tuple(f"{_IMAGES}{value:02x}/" for value in range(256))
_LAST_CHARACTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32, of ULIDs
_ANNOTATED_PREFIXES = tuple(f"{_MARKED_IMAGES}{one}/" for one in _LAST_CHARACTERS)
_PICTURE_NAME = re.compile(r"[0-9a-f]{64}")
_ANNOTATED_NAME = re.compile(r"([0-9A-HJKMNP-TV-Z]{26})-([0-9]{1,9})\.jpg")
_REPORT_GROUP = re.compile(r"reports/([0-9A-HJKMNP-TV-Z]{26})-[0-9]{1,9}/")

REPORTS = "reports/"
"""What the keys of all reports begin with."""

PICTURE_PARTS = _PICTURE_PREFIXES + _ANNOTATED_PREFIXES
"""What keys of submitted and of annotated pictures begin with; each a part of about equal size."""

INCOMING = f"{_IMAGES}.incoming"
"""The folder, beside stored pictures, of what is on its way in."""


@dataclass(frozen=True, slots=True)
class PictureOwner:
    """Whose a picture is, by its key.

    Attributes:
        id: the SHA-256 of a submitted picture, the inspection of an annotated one.
        fence: of an annotated one; None for a submitted one.
    """

    id: str
    fence: int | None


def picture_key(sha256: str) -> str:
    """The key of the submitted picture with this hash.

    >>> picture_key("ab12")
    'images/ab/ab12'
    """
    return f"{_IMAGES}{sha256[:2]}/{sha256}"


def annotated_key(inspection_id: str, fence: int) -> str:
    """The key of the picture that was annotated under one claim."""
    return f"{_MARKED_IMAGES}{inspection_id[-1:]}/{inspection_id}-{fence}.jpg"


def picture_owner(key: str) -> PictureOwner | None:
    """Whose the picture with this key is; None if the key is none of ours."""
    name = key.rpartition("/")[2]
    annotated = _ANNOTATED_NAME.fullmatch(name)
    if annotated:
        return PictureOwner(annotated[1], int(annotated[2]))
    return PictureOwner(name, None) if _PICTURE_NAME.fullmatch(name) else None


def report_group(report_id: str, fence: int) -> str:
    """What the keys of a report's files begin with that were made under one claim."""
    return f"{REPORTS}{report_id}-{fence}/"


def report_of(group: str) -> str | None:
    """The report that a group's files are about; None if the group is none of ours."""
    found = _REPORT_GROUP.fullmatch(group)
    return found[1] if found else None
