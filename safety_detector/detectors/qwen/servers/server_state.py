"""What all processes together know of one model server, and how it changes; pure.

The circuit breaker (Nygard, *Release It!*, 2007) in the words used here: *in use* is closed,
*ejected* is open, and a server that is *examined* is half-open: it gets test pictures, and real
ones only after it has answered those well.  A server of which nothing is known is examined first.

Every moment is in seconds of the clock of whoever keeps the states (``server_states``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Annotated, TypeAlias

from pydantic import (
    FiniteFloat,
    NonNegativeInt,
    PlainSerializer,
    PlainValidator,
    TypeAdapter,
    ValidationError,
)

from safety_detector.detectors.qwen.servers.in_flight_limit import InFlightBounds
from safety_detector.message_texts.reason import Reason, read_reason, reason_document

StoredReason: TypeAlias = Annotated[
    Reason, PlainValidator(read_reason), PlainSerializer(reason_document)
]
"""A reason in the JSON of a state."""

SLOT_LEASE_S = 15.0
"""How long a place stays taken without being renewed: what a killed process costs."""

EXAMINATION_LEASE_S = 90.0
"""After so long an examination is taken for lost: two test pictures of 30 s each, and a margin."""

_STEP_S = 60.0  # by which the keeper's clock may have been set back
_EXAMINED_EVERY_S = 600.0  # it may be restarted with another model or grid while nobody asks
_FAILURES_IN_A_ROW = 3  # one broken connection says nothing yet
_FIRST_COOL_DOWN_S = 1.0
_LONGEST_COOL_DOWN_S = 30.0  # so late at most it is noticed that the server is back


class Phase(StrEnum):
    """How a server stands."""

    UNKNOWN = "unknown"  # not examined yet
    IN_USE = "in-use"
    EXAMINED = "examined"  # at present, by one of the processes
    EJECTED = "ejected"


@dataclass(frozen=True, slots=True)
class ServerState:
    """One server.

    Attributes:
        limit: pictures that it may have in hand, not yet rounded down.
        slots: ends of the leases of those that it has, by token.
        sound_at: when it last passed an examination; None before the first and while it is ejected.
        failures: in a row.
        ejected_at: since when it gets no pictures, None while it does.
        reason: why it was ejected, or what the last examination found.
        examinations_failed: in a row.
        examine_at: when the next examination may begin.
        examined_until: end of the lease of an examination that is going on.
    """

    limit: FiniteFloat
    slots: Mapping[str, FiniteFloat] = field(default_factory=dict)
    sound_at: FiniteFloat | None = None
    failures: NonNegativeInt = 0
    ejected_at: FiniteFloat | None = None
    reason: StoredReason | None = None
    examinations_failed: NonNegativeInt = 0
    examine_at: FiniteFloat = 0.0
    examined_until: FiniteFloat = 0.0

    def is_plausible(self, now: float) -> bool:
        """Whether it can be of this moment: no lease or pause of ours reaches further."""
        latest = (
            (max(self.slots.values(), default=0.0), SLOT_LEASE_S),
            (self.sound_at or 0.0, 0.0),
            (self.ejected_at or 0.0, 0.0),
            (self.examine_at, _LONGEST_COOL_DOWN_S),
            (self.examined_until, EXAMINATION_LEASE_S),
        )
        return all(0.0 <= moment <= now + most_s + _STEP_S for moment, most_s in latest)

    def phase(self, now: float) -> Phase:
        """How it stands."""
        if self.sound_at is not None:
            return Phase.IN_USE
        if self.examined_until > now:
            return Phase.EXAMINED
        return Phase.UNKNOWN if self.ejected_at is None else Phase.EJECTED

    def is_due(self, now: float) -> bool:
        """Whether an examination should begin now; of a server in use from time to time, too."""
        if self.examined_until > now:
            return False
        if self.sound_at is not None:
            return self.sound_at + _EXAMINED_EVERY_S <= now
        return self.examine_at <= now

    def in_flight(self, now: float) -> int:
        """Pictures that it has in hand."""
        return sum(end > now for end in self.slots.values())

    def has_room(self, now: float) -> bool:
        """Whether it may get one more picture."""
        return self.phase(now) is Phase.IN_USE and self.in_flight(now) < int(self.limit)

    def load(self, now: float) -> float:
        """What part of its limit is taken."""
        return self.in_flight(now) / self.limit

    def with_slot(self, token: str, now: float) -> ServerState:
        """One more picture is on its way; leases that ended are dropped."""
        held = {one: end for one, end in self.slots.items() if end > now}
        return replace(self, slots=held | {token: now + SLOT_LEASE_S})

    def with_renewed(self, tokens: Iterable[str], now: float) -> ServerState:
        """The pictures of these tokens are still on their way, even if their leases were lost."""
        return replace(self, slots=dict(self.slots) | dict.fromkeys(tokens, now + SLOT_LEASE_S))

    def without_slot(self, token: str) -> ServerState:
        """A picture is through, whatever became of it."""
        return replace(self, slots={one: end for one, end in self.slots.items() if one != token})

    def with_limit_changed(self, difference: float, bounds: InFlightBounds) -> ServerState:
        """Another limit, within the bounds."""
        return replace(self, limit=bounds.clip(self.limit + difference))

    def after_success(self) -> ServerState:
        """It answered."""
        return replace(self, failures=0)

    def after_failure(self, reason: Reason, now: float, *, is_certain: bool) -> ServerState:
        """It failed; ejected if that is certain, or after several failures in a row."""
        failures = self.failures + 1
        if self.sound_at is None or not (is_certain or failures >= _FAILURES_IN_A_ROW):
            return replace(self, failures=failures)
        return replace(
            self,
            failures=failures,
            sound_at=None,
            ejected_at=now,
            reason=reason,
            examinations_failed=0,
            examine_at=now + _FIRST_COOL_DOWN_S,
        )

    def under_examination(self, now: float) -> ServerState:
        """One process begins to examine it; the others leave it alone meanwhile."""
        return replace(self, examined_until=now + EXAMINATION_LEASE_S)

    def not_examined(self) -> ServerState:
        """Nobody examines it any more."""
        return replace(self, examined_until=0.0)

    def found_sound(self, now: float, bounds: InFlightBounds) -> ServerState:
        """It answered the test pictures.  If it comes back, it begins with few pictures again."""
        returns = self.sound_at is None
        return replace(
            self,
            limit=float(bounds.start) if returns else self.limit,
            sound_at=now,
            failures=0,
            ejected_at=None,
            reason=None,
            examinations_failed=0,
            examined_until=0.0,
        )

    def found_unsound(self, reason: Reason, now: float) -> ServerState:
        """It did not; each time it is left alone for twice as long, up to half a minute."""
        cool_down_s = min(
            _FIRST_COOL_DOWN_S * 2 ** min(self.examinations_failed, 16), _LONGEST_COOL_DOWN_S
        )
        return replace(
            self,
            sound_at=None,
            ejected_at=self.ejected_at if self.ejected_at is not None else now,
            reason=reason,
            examinations_failed=self.examinations_failed + 1,
            examine_at=now + cool_down_s,
            examined_until=0.0,
        )


_JSON = TypeAdapter(ServerState)


def read_state(text: str | None, bounds: InFlightBounds, now: float) -> ServerState:
    """A state as it was written; that of an unknown server where it is none, or of another time."""
    unknown = ServerState(limit=float(bounds.start))
    if text is None:
        return unknown
    try:
        state = _JSON.validate_json(text)
    except ValidationError:
        return unknown  # of another version of the program, or of somebody else
    if not state.is_plausible(now):
        return unknown
    return replace(state, limit=bounds.clip(state.limit))


def write_state(state: ServerState) -> str:
    """A state as text."""
    return _JSON.dump_json(state).decode()
