"""Several servers of one model as if they were one: the least loaded one that is sound gets asked.

Every failure of a request is somebody's: the picture's, which is told to the caller, or a server's,
which is left alone until it has answered test pictures again while another one gets the picture.
Where it could be either's (no answer in time, garbage, "internal error") the server is examined at
once: what answers a test picture just when it fails with this one is sound.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from safety_detector.detectors.qwen.prompts import Prompt
from safety_detector.detectors.qwen.servers.blame import (
    Blame,
    blame,
    breaks_down,
    of_a_breaker,
    of_the_picture,
    timed_out,
)
from safety_detector.detectors.qwen.servers.examination import Examiner, ServerCheck
from safety_detector.detectors.qwen.servers.in_flight_limit import AnswerTimes, InFlightLaw
from safety_detector.detectors.qwen.servers.model_server import ModelReply, ModelServer
from safety_detector.detectors.qwen.servers.server_board import ServerBoard, ServerStatus, Slot
from safety_detector.detectors.qwen.servers.server_watch import ServerWatch
from safety_detector.detectors.qwen.servers.waiting_line import WaitingLine
from safety_detector.errors import DetectorError, ModelUnreachable, ServerFailure
from safety_detector.message_texts.reason import Reason

_log = logging.getLogger(__name__)

_MOST_BREAKS = 2  # of answers about one picture, one right after the other
# A connection that a restart had closed breaks at once; an engine takes longer to come to grief.
_LEAST_BREAK_S = 0.2
# Else thread after thread would knock at once at servers that refuse for lack of room.
_CROWDED_PAUSE_S = 1.0

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class Question:
    """What a server is asked.

    Attributes:
        prompt: the instruction.
        jpeg: the picture.
        visual_tokens: what it costs.
        max_output_tokens: longest answer.
        urgent: goes before pictures that are not.
        first: goes before all that are not, however urgent they are.
    """

    prompt: Prompt
    jpeg: bytes
    visual_tokens: int
    max_output_tokens: int
    urgent: bool = True
    first: bool = False


@dataclass(frozen=True, slots=True)
class PoolAnswer(Generic[Read]):
    """What a server answered.

    Attributes:
        reply: as it came.
        read: what was read in it.
        waited_s: for a place at a server, all attempts together.
    """

    reply: ModelReply
    read: Read
    waited_s: float


@dataclass(slots=True)
class _Server:
    """One server and what this process learned about it."""

    model_server: ModelServer
    law: InFlightLaw = field(default_factory=InFlightLaw)
    limit_cut_s: float = float("-inf")


@dataclass(slots=True)
class _Attempts:
    """What came of the attempts to ask about one picture.

    Attributes:
        failures: the last one of each server.
        breaks: answers that broke off.
        has_broken: whether a server broke down while it had the picture.
    """

    failures: dict[int, DetectorError] = field(default_factory=dict)
    breaks: int = 0
    has_broken: bool = False


class ServerPool:
    """Asks one of several servers; safe to use from several threads.

    Args:
        servers: of the same model.
        board: their states, maybe shared with other processes.
        examiner: what examines them.
        timeout_s: longest time to wait for a place, and time after which no further server is asked
            about a picture.
    """

    def __init__(
        self,
        servers: Sequence[ModelServer],
        board: ServerBoard,
        examiner: Examiner,
        timeout_s: float,
    ) -> None:
        self._servers = [_Server(server) for server in servers]
        self._board = board
        self._examiner = examiner
        self._timeout_s = timeout_s
        self._line = WaitingLine()
        self._watch = ServerWatch(servers, board, examiner, self._examined)
        self._lock = threading.Lock()

    def ask(self, question: Question, read: Callable[[ModelReply], Read]) -> PoolAnswer[Read]:
        """The answer of the least loaded sound server, or of the next one where it fails.

        Args:
            question: about one picture.
            read: reads an answer, or raises what is wrong with it.

        Raises:
            ModelUnreachable: no server can be used, or those that can had no answer now
                (``NO_ROOM``); nothing is held against the picture, but a server may have broken
                down with it.
            DetectorError: what is wrong with the picture or its answer.
        """
        self.watch()
        attempts = _Attempts()
        try:
            return self._ask_in_turn(question, read, attempts)
        except ModelUnreachable as exc:
            if attempts.has_broken:
                exc.server_broke_down = True
            raise

    def watch(self) -> None:
        """Begins to examine the servers before the first picture comes."""
        self._watch.start()

    def examine(self) -> tuple[ServerCheck, ...]:
        """Examines every server, whatever is known of it; one result each, never an error."""
        return tuple(self._examiner.examine(server.model_server) for server in self._servers)

    def statuses(self) -> list[ServerStatus]:
        """How each server stands."""
        return self._board.statuses()

    def close(self) -> None:
        """Closes the connections."""
        self._watch.close()
        for server in self._servers:
            server.model_server.close()

    def _ask_in_turn(
        self, question: Question, read: Callable[[ModelReply], Read], attempts: _Attempts
    ) -> PoolAnswer[Read]:
        started = time.monotonic()
        waited_s, failures = 0.0, attempts.failures
        for _ in range(max(2, len(self._servers))):
            began = time.monotonic()
            slot = self._wait_for_slot(failures, question)
            asked = time.monotonic()
            waited_s += asked - began
            try:
                reply, answer = self._ask_one(slot, question, read)
            except DetectorError as exc:
                took_time = time.monotonic() - asked >= _LEAST_BREAK_S
                self._settle(slot.server, exc, question)
                attempts.breaks += blame(exc) is Blame.BROKEN and took_time
                attempts.has_broken |= breaks_down(exc) and took_time
                if attempts.breaks == _MOST_BREAKS:
                    raise of_a_breaker(exc) from exc
                failures[slot.server] = exc
                if timed_out(exc) or time.monotonic() - started > self._timeout_s:
                    break  # the time for this picture is used up
                if blame(exc) is Blame.CROWD and len(failures) == len(self._servers):
                    self._watch.pause(_CROWDED_PAUSE_S)
                    break
            else:
                return PoolAnswer(reply, answer, waited_s)
        raise _nobody([one.reason for one in failures.values()], busy=self._board.any_in_use())

    def _wait_for_slot(self, failures: dict[int, DetectorError], question: Question) -> Slot:
        any_in_use = False

        def look() -> Slot | None:
            nonlocal any_in_use
            overview = self._board.take(failures)
            any_in_use = overview.any_in_use
            self._watch.begin_examinations(overview.due)
            if overview.is_hopeless:
                raise _nobody(overview.reasons or [one.reason for one in failures.values()])
            return overview.slot

        slot = self._line.wait_for(
            look, urgent=question.urgent, timeout_s=self._timeout_s, first=question.first
        )
        if slot is None and any_in_use:
            raise ModelUnreachable(
                "no-server-had-room", failure=ServerFailure.NO_ROOM, seconds=self._timeout_s
            )
        if slot is None:
            raise ModelUnreachable("no-server-was-sound", seconds=self._timeout_s)
        self._watch.hold(slot)
        return slot

    def _ask_one(
        self, slot: Slot, question: Question, read: Callable[[ModelReply], Read]
    ) -> tuple[ModelReply, Read]:
        server = self._servers[slot.server]
        asked_s = time.monotonic()
        answered, change = False, 0.0
        try:
            reply = server.model_server.ask(
                question.prompt,
                question.jpeg,
                question.max_output_tokens,
                urgent=question.urgent,
            )
            answer = read(reply)
            answered, change = True, self._limit_change(slot.server, question, reply)
        except DetectorError as exc:
            answered = blame(exc) is Blame.PICTURE
            if blame(exc) is Blame.CROWD or timed_out(exc):
                change = self._limit_cut(slot.server, asked_s)
            raise
        finally:
            self._watch.let_go(slot)
            self._board.give_back(slot, answered=answered, limit_change=change)
            self._line.look_again()
        return reply, answer

    def _limit_change(self, index: int, question: Question, reply: ModelReply) -> float:
        if reply.first_token_s is None:
            return 0.0
        times = AnswerTimes(question.visual_tokens, reply.first_token_s, reply.whole_s)
        in_flight, limit = self._board.load(index)
        with self._lock:
            return self._servers[index].law.answered(times, in_flight, limit)

    def _limit_cut(self, index: int, asked_s: float) -> float:
        """Only a request that was sent after the last cut says that the limit is too high still."""
        server = self._servers[index]
        _, limit = self._board.load(index)
        with self._lock:
            if asked_s < server.limit_cut_s:
                return 0.0
            server.limit_cut_s = time.monotonic()
            return server.law.refused(limit)

    def _settle(self, index: int, error: DetectorError, question: Question) -> None:
        """Notes whose a failure is; raises the picture's own."""
        match blame(error):
            case Blame.PICTURE:
                raise error
            case Blame.SERVER | Blame.BROKEN:
                _log.warning("failed, and is asked again: %s", error.message)
                self._board.failed(index, error.reason, is_certain=False)
            case Blame.DEAD_SERVER:
                _log.warning("not used for now: %s", error.message)
                self._board.failed(index, error.reason, is_certain=True)
            case Blame.UNCLEAR:
                if self._watch.is_sound(index, time.monotonic(), urgent=question.urgent):
                    raise of_the_picture(error) from error
            case Blame.CROWD:
                pass

    def _examined(self, index: int, check: ServerCheck) -> None:
        """Learns how fast an idle server begins, and lets whoever waits look again."""
        with self._lock:
            for times in check.times:
                self._servers[index].law.saw_alone(times)
        self._line.look_again()


def _nobody(reasons: Sequence[Reason], *, busy: bool = False) -> ModelUnreachable:
    failure = ServerFailure.NO_ROOM if busy else None
    if len(reasons) == 1:
        return ModelUnreachable(reasons[0], failure=failure)
    return ModelUnreachable(
        "no-server-can-answer", failure=failure, servers=len(reasons), reasons=tuple(reasons)
    )
