"""Which version of an incident somebody has seen: ``ETag`` tells it, ``If-Match`` gives it back."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from fastapi import Header

from safety_detector.service.incidents.records import SeenVersion, StoredIncident
from safety_detector.web.problems.problem import RequestProblem

_TAG = re.compile(r'(W/)?"([^"]*)"')
_OURS = re.compile(r"([0-7][0-9A-HJKMNP-TV-Z]{25})-([0-9]{1,9})")

IfMatch: TypeAlias = Annotated[
    str | None,
    Header(
        max_length=2000,
        description="`ETag` of the incident as you have read it: the act is done only if nobody "
        "did anything about it since (412 says who did what).",
    ),
]


def tag_of(incident: StoredIncident) -> str:
    """The ``ETag``: it changes with what people do, not with each look."""
    return f'"{incident.id}-{incident.version}"'


def seen_versions(if_match: str | None) -> list[SeenVersion] | None:
    """What ``If-Match`` says was seen; None where anything will do.

    A tag that is none of ours matches nothing, nor does a weak one (RFC 9110, 13.1.1).

    Raises:
        RequestProblem: it is no list of tags.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    parts = [part.strip() for part in if_match.split(",")]
    tags = [_TAG.fullmatch(part) for part in parts if part]
    if not tags or None in tags:
        raise RequestProblem(
            "request-invalid", "If-Match: the ETag of the incident is needed, with its quotes."
        )
    ours = [_OURS.fullmatch(tag[2]) for tag in tags if tag is not None and tag[1] is None]
    return [SeenVersion(one[1], int(one[2])) for one in ours if one is not None]
