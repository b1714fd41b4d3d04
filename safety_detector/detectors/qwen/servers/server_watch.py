"""Examines model servers, and keeps the places that this process has at them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from safety_detector.detectors.qwen.servers.examination import (
    Examiner,
    ServerCheck,
    describe,
    must_not_be_used,
)
from safety_detector.detectors.qwen.servers.model_server import ModelServer
from safety_detector.detectors.qwen.servers.server_board import ServerBoard, Slot
from safety_detector.detectors.qwen.servers.server_state import SLOT_LEASE_S

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 1.0
_RENEW_EVERY_S = SLOT_LEASE_S / 3  # two renewals may fail


@dataclass(slots=True)
class _Watched:
    """One server, and the newest examination by this process."""

    server: ModelServer
    lock: threading.Lock = field(default_factory=threading.Lock)
    began_s: float = float("-inf")
    check: ServerCheck | None = None


class ServerWatch:
    """Examines servers, for whoever waits and in the background; safe to use from several threads.

    Args:
        servers: of the same model.
        board: their states.
        examiner: what examines them.
        examined: told each examination's server and result, after it stands on the board.
    """

    def __init__(
        self,
        servers: Sequence[ModelServer],
        board: ServerBoard,
        examiner: Examiner,
        examined: Callable[[int, ServerCheck], None],
    ) -> None:
        self._watched = [_Watched(server) for server in servers]
        self._board = board
        self._examiner = examiner
        self._examined = examined
        self._slots: set[Slot] = set()
        self._begun: set[int] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Watches in the background from now on: servers come back though nobody asks them."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="server watch", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Watches no more, and leaves the servers that it examines to others."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()
        for index in range(len(self._watched)):
            self._end_examination(index)

    def pause(self, seconds: float) -> None:
        """Lets the calling thread wait so long, or until this is closed."""
        self._closed.wait(seconds)

    def hold(self, slot: Slot) -> None:
        """Renews the lease of a place from now on."""
        with self._lock:
            self._slots.add(slot)

    def let_go(self, slot: Slot) -> None:
        """Renews it no more."""
        with self._lock:
            self._slots.discard(slot)

    def begin_examinations(self, due: Sequence[int]) -> None:
        """Examines servers in the background, unless another process already does."""
        for index in due:
            if not self._closed.is_set() and self._board.begin_examination(index):
                with self._lock:
                    self._begun.add(index)
                threading.Thread(
                    target=self._examine_begun, args=(index,), name="examination", daemon=True
                ).start()

    def is_sound(self, index: int, since_s: float, *, urgent: bool) -> bool:
        """Whether a server answers test pictures, asked after that moment by whichever thread.

        Args:
            index: the server.
            since_s: by ``time.monotonic``; an older examination tells nothing.
            urgent: as of the picture that made somebody ask.
        """
        check = self._examine(index, since_s, urgent=urgent)
        return check is not None and not must_not_be_used(check)

    def _examine_begun(self, index: int) -> None:
        try:
            self._examine(index)
        except RuntimeError:
            # It asked when the connections were closed, by whoever closed this as well.
            if not self._closed.is_set():
                raise
        finally:  # it may have ended without a result
            self._end_examination(index)

    def _end_examination(self, index: int) -> None:
        with self._lock:
            if index not in self._begun:
                return
            self._begun.discard(index)
        self._board.end_examination(index)

    def _examine(
        self, index: int, since_s: float | None = None, *, urgent: bool = True
    ) -> ServerCheck | None:
        watched = self._watched[index]
        with watched.lock:
            if since_s is not None and watched.began_s >= since_s:
                return watched.check
            watched.began_s = time.monotonic()
            watched.check = check = self._examiner.examine(watched.server, urgent=urgent)
        if self._closed.is_set():
            return None
        reason = check.error.reason if check.error and must_not_be_used(check) else None
        if reason is None:
            _log.info("may be used: %s", describe(check))
        else:
            _log.warning("not used for now: %s", reason.text("en"))
        self._board.examined(index, reason)
        self._examined(index, check)
        return check

    def _run(self) -> None:
        renew_at_s = time.monotonic() + _RENEW_EVERY_S
        while not self._closed.is_set():
            try:
                self.begin_examinations(self._board.due())
                if time.monotonic() >= renew_at_s:
                    renew_at_s = time.monotonic() + _RENEW_EVERY_S
                    self._renew()
            except Exception:  # noqa: BLE001 (the edge of a thread that must not end)
                _log.exception("the watch over the model servers failed")
            self._closed.wait(_LOOK_EVERY_S)

    def _renew(self) -> None:
        with self._lock:
            slots = list(self._slots)
        self._board.renew(slots)
        with self._lock:
            gone = [slot for slot in slots if slot not in self._slots]
        for slot in gone:  # given back meanwhile, and renewed all the same
            self._board.give_back(slot, answered=False)
