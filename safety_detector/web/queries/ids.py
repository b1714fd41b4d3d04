"""Ids as paths name them."""

from __future__ import annotations

import re

from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.values import ID_PATTERN

_ID = re.compile(ID_PATTERN)


def not_found(what: str, record_id: str) -> RequestProblem:
    """The refusal of an id that nothing has."""
    return RequestProblem("not-found", f"There is no {what} {record_id[:64]!r}.")


def is_possible_id(record_id: str) -> bool:
    """Whether a record can have that id; others are not asked for in the database."""
    return _ID.fullmatch(record_id) is not None
