"""Which incidents the address of a page means: the same names and values as REST's query."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

from pydantic import ConfigDict, ValidationError, validate_call

from safety_detector.console.local_moments import with_zone
from safety_detector.console.visitor import Visitor
from safety_detector.service.incidents.records import IncidentFilter
from safety_detector.web.incidents.routes import wanted_incidents
from safety_detector.web.problems.problem import invalid_request

FILTER_NAMES = tuple(inspect.signature(wanted_incidents).parameters)
"""What an address may say of incidents."""

_DAYS = ("since", "until")
_read: Callable[..., IncidentFilter] = validate_call(
    config=ConfigDict(arbitrary_types_allowed=True)
)(wanted_incidents)


def filter_of(query: Mapping[str, str]) -> dict[str, str]:
    """What an address says of incidents, without what is left open."""
    return {name: query[name] for name in FILTER_NAMES if query.get(name)}


def with_camera_id(query: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    """What an address says, with a camera's id where somebody typed its name.

    Args:
        query: of the address.
        names: of the cameras, by id.
    """
    typed = query.get("camera_id", "").strip()
    named = [one for one, name in names.items() if name == typed]
    if typed in names or len(named) != 1:
        return dict(query)
    return {**query, "camera_id": named[0]}


def chosen_incidents(query: Mapping[str, str], visitor: Visitor) -> IncidentFilter:
    """The incidents that an address means; its days are those of the site.

    Raises:
        RequestProblem: a value is none of those that there are.
    """
    said = filter_of(query)
    days = {name: with_zone(said[name], visitor.zone) for name in _DAYS if name in said}
    try:
        return _read(**(said | days))
    except ValidationError as exc:
        raise invalid_request(exc.errors(include_url=False, include_input=False)) from exc
