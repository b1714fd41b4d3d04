"""People and what they may do: four roles, each of which may all that the ones before it may."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum

from safety_detector.domain.incidents.handling import ActKind, HandlingState


class Role(StrEnum):
    """What a person is there for, from the one who looks to the one who runs it all."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"

    def includes(self, needed: Role) -> bool:
        """Whether this role may do what the other one may.

        >>> Role.MANAGER.includes(Role.REVIEWER)
        True
        """
        return _ORDER.index(self) >= _ORDER.index(needed)


_ORDER = tuple(Role)

EVERYBODY = "*"
"""Stands for a group in which everybody is."""


def parse_group_roles(written: str) -> dict[str, Role]:
    """Roles by group, from ``ehs=manager,*=viewer`` or a JSON object.

    >>> parse_group_roles("ehs=manager,*=viewer")["ehs"]
    <Role.MANAGER: 'manager'>

    Raises:
        ValueError: it is none of both, or names a role that there is not.
    """
    if written.lstrip().startswith("{"):
        # Groups of directories have commas and equals signs in their names.
        pairs = list(dict(json.loads(written)).items())
    else:
        parts = [one.strip() for one in written.split(",") if one.strip()]
        pairs = [(group.strip(), role.strip()) for group, _, role in
                 (one.rpartition("=") for one in parts)]  # fmt: skip
    if any(not group or role not in _ORDER for group, role in pairs):
        roles = ", ".join(_ORDER)
        raise ValueError(f"each is group=role, the role one of {roles}")
    return {group: Role(role) for group, role in pairs}


def role_of_groups(groups: Iterable[str], roles: Mapping[str, Role]) -> Role | None:
    """The highest role of those groups; None if none of them has any."""
    found = [roles[one] for one in {*groups, EVERYBODY} if one in roles]
    return max(found, key=_ORDER.index, default=None)


_JUDGING = frozenset({ActKind.ACKNOWLEDGE, ActKind.CONFIRM, ActKind.DISMISS, ActKind.NOTE})
_JUDGED = frozenset({HandlingState.CONFIRMED, HandlingState.FALSE_ALARM})


def role_for(act: ActKind, state: HandlingState) -> Role:
    """The least role that may do it: who judges need not be who sees to it that it is put right.

    Args:
        act: what somebody wants to do.
        state: of the incident; whoever may judge may also take a judgement back.
    """
    takes_back = act is ActKind.REOPEN and state in _JUDGED
    return Role.REVIEWER if act in _JUDGING or takes_back else Role.MANAGER
