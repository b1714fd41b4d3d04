"""People and what they may do: four roles, each of which may all that the ones before it may."""

from __future__ import annotations

from enum import StrEnum

from safety_detector.domain.incidents.handling import ActKind


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

_JUDGING = frozenset({ActKind.ACKNOWLEDGE, ActKind.CONFIRM, ActKind.DISMISS, ActKind.NOTE})


def role_for(act: ActKind) -> Role:
    """The least role that may do it: who judges need not be who sees to it that it is put right."""
    return Role.REVIEWER if act in _JUDGING else Role.MANAGER
