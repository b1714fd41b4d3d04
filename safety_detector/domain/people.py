"""People and what they may do: four roles, each of which may all that the ones before it may."""

from __future__ import annotations

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
