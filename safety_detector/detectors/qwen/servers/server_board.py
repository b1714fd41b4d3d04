"""The model servers as all processes see them: who has room, who is ejected, who is examined."""

from __future__ import annotations

import hashlib
import itertools
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from safety_detector.detectors.qwen.servers.in_flight_limit import InFlightBounds
from safety_detector.detectors.qwen.servers.server_state import (
    Phase,
    ServerState,
    read_state,
    write_state,
)
from safety_detector.detectors.qwen.servers.server_states import ServerStates
from safety_detector.message_texts.reason import Reason

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Slot:
    """The right to ask one server about one picture.

    Attributes:
        server: its place in the list.
        token: of the lease.
    """

    server: int
    token: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What can be done at one moment.

    Attributes:
        slot: a place, None where nobody has one.
        due: servers that should be examined now.
        any_in_use: whether there is a server that gets pictures.
        is_hopeless: there is none, and none is being examined; waiting would not help.
        reasons: why each ejected server is.
    """

    slot: Slot | None
    due: tuple[int, ...]
    any_in_use: bool
    is_hopeless: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """How one server stands, for people.

    Attributes:
        address: its base URL.
        phase: whether it gets pictures.
        in_flight: pictures that it has in hand.
        limit: how many it may have.
        ejected_since: None while it is not ejected.
        reason: why it is.
    """

    address: str
    phase: Phase
    in_flight: int
    limit: int
    ejected_since: datetime | None = None
    reason: Reason | None = None


class ServerBoard:
    """The states of several servers; safe to use from several threads and processes.

    Args:
        addresses: of the servers, without passwords.
        model: that they serve; the same address with another model is another server.
        states: where the states are kept.
        bounds: of each server's limit.
    """

    def __init__(
        self, addresses: Sequence[str], model: str, states: ServerStates, bounds: InFlightBounds
    ) -> None:
        self._addresses = tuple(addresses)
        self._keys = [_key(address, model) for address in addresses]
        self._states = states
        self._bounds = bounds
        self._turn = itertools.count()

    def take(self, tried: Collection[int] = ()) -> Overview:
        """A place at the least loaded server, where there is one.

        Args:
            tried: servers that failed with this very picture; others go first.
        """
        while True:
            states, now = self._read()
            overview = _look(states, now)
            free = [index for index, state in enumerate(states) if state.has_room(now)]
            if not free:
                return overview
            turn = next(self._turn)  # among equals everyone gets a turn
            ranks = [
                (index in tried, states[index].load(now), (index - turn) % len(states), index)
                for index in free
            ]
            slot = self._take_at(min(ranks)[-1])
            if slot is not None:
                return replace(overview, slot=slot)

    def give_back(self, slot: Slot, *, answered: bool, limit_change: float = 0.0) -> None:
        """Frees a place.

        Args:
            slot: the place.
            answered: whether the server did what it should.
            limit_change: how much larger its limit should be.
        """

        def change(state: ServerState, _now: float) -> tuple[ServerState, None]:
            state = state.without_slot(slot.token)
            state = state.with_limit_changed(limit_change, self._bounds)
            return state.after_success() if answered else state, None

        self._change(slot.server, change)

    def renew(self, slots: Iterable[Slot]) -> None:
        """Extends the leases."""
        tokens: dict[int, list[str]] = {}
        for slot in slots:
            tokens.setdefault(slot.server, []).append(slot.token)
        for server, held in tokens.items():
            self._change(server, partial(_renewed, held))

    def failed(self, server: int, reason: Reason, *, is_certain: bool) -> None:
        """Notes a failure; one that is certain ejects the server at once."""
        self._change(
            server,
            lambda state, now: (state.after_failure(reason, now, is_certain=is_certain), None),
        )

    def begin_examination(self, server: int) -> bool:
        """Takes it on oneself to examine a server; False if it is not due any more."""

        def change(state: ServerState, now: float) -> tuple[ServerState, bool]:
            return (state.under_examination(now), True) if state.is_due(now) else (state, False)

        return self._change(server, change)

    def end_examination(self, server: int) -> None:
        """Leaves an examination to whoever begins the next one."""
        self._change(server, lambda state, _now: (state.not_examined(), None))

    def examined(self, server: int, reason: Reason | None) -> None:
        """Notes what an examination found: None if the server is sound, else why it is not."""

        def change(state: ServerState, now: float) -> tuple[ServerState, None]:
            if reason is None:
                return state.found_sound(now, self._bounds), None
            return state.found_unsound(reason, now), None

        self._change(server, change)

    def load(self, server: int) -> tuple[int, float]:
        """Pictures in flight, and the limit."""
        states, now = self._read()
        return states[server].in_flight(now), states[server].limit

    def any_in_use(self) -> bool:
        """Whether there is a server that gets pictures."""
        return _look(*self._read()).any_in_use

    def due(self) -> tuple[int, ...]:
        """Servers that should be examined now."""
        return _look(*self._read()).due

    def statuses(self) -> list[ServerStatus]:
        """How each server stands."""
        states, now = self._read()
        return [
            ServerStatus(
                address,
                state.phase(now),
                state.in_flight(now),
                int(state.limit),
                None if state.ejected_at is None else datetime.fromtimestamp(state.ejected_at, UTC),
                state.reason,
            )
            for address, state in zip(self._addresses, states, strict=True)
        ]

    def _take_at(self, server: int) -> Slot | None:
        slot = Slot(server, uuid.uuid4().hex[:12])

        def change(state: ServerState, now: float) -> tuple[ServerState, bool]:
            return (
                (state.with_slot(slot.token, now), True) if state.has_room(now) else (state, False)
            )

        return slot if self._change(server, change) else None

    def _read(self) -> tuple[list[ServerState], float]:
        texts, now = self._states.read(self._keys)
        return [read_state(text, self._bounds, now) for text in texts], now

    def _change(
        self, server: int, change: Callable[[ServerState, float], tuple[ServerState, Answer]]
    ) -> Answer:
        def rewrite(text: str | None, now: float) -> tuple[str, Answer]:
            state, answer = change(read_state(text, self._bounds, now), now)
            return write_state(state), answer

        return self._states.change(self._keys[server], rewrite)


def _renewed(tokens: Sequence[str], state: ServerState, now: float) -> tuple[ServerState, None]:
    return state.with_renewed(tokens, now), None


def _look(states: Sequence[ServerState], now: float) -> Overview:
    phases = [state.phase(now) for state in states]
    due = tuple(index for index, state in enumerate(states) if state.is_due(now))
    any_in_use = Phase.IN_USE in phases
    is_hopeless = not (any_in_use or due or Phase.EXAMINED in phases)
    reasons = tuple(state.reason for state in states if state.reason is not None)
    return Overview(None, due, any_in_use, is_hopeless, reasons)


def _key(address: str, model: str) -> str:
    return hashlib.sha256(f"{address} {model}".encode()).hexdigest()[:24]
