"""The language that who asks would like to read."""

from __future__ import annotations

import re
from typing import cast

from fastapi import Request

from safety_detector.domain.hazards import LANGUAGES, Language

_LONGEST_HEADER = 200
_WEIGHT = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")  # RFC 9110, 12.4.2


def preferred_language(request: Request) -> Language | None:
    """The language that a browser prefers of those that we have."""
    wishes: list[tuple[float, int, str]] = []
    for wish in request.headers.get("accept-language", "")[:_LONGEST_HEADER].split(","):
        tag, _, parameter = wish.strip().partition(";")
        weight = parameter.strip().removeprefix("q=") or "1"
        if tag[:2].lower() in LANGUAGES and _WEIGHT.fullmatch(weight) and float(weight) > 0:
            wishes.append((-float(weight), len(wishes), tag[:2].lower()))
    return cast(Language, min(wishes)[2]) if wishes else None
