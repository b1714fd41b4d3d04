"""Pulls a stream through a process of its own, and believes nothing that the process says."""

from __future__ import annotations

import math
import os
import re
import select
import signal
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from safety_detector import errors
from safety_detector.camera_sources.puller import PulledFrame, StreamFacts
from safety_detector.camera_sources.stream_processes import STREAM_PROCESSES, StreamProcess
from safety_detector.camera_sources.streams.job import StreamJob
from safety_detector.camera_sources.wire import MalformedMessage, Message, MessageBuffer, encode
from safety_detector.errors import CameraStreamBroken, CameraTimedOut, CameraUnavailable
from safety_detector.message_texts.catalogue import PHRASES
from safety_detector.message_texts.reason import Fact, Reason, read_reason

_RECEIVE_BYTES = 1 << 18
_LATE_S = 5.0  # after what a step takes at the most
_MOST_STEP_S = 900.0
_START_S = 60.0  # the first process of all imports what the others share
_LONGEST_FACT = 300
_STEPS = {
    "start": Reason("camera-step-start"),
    "connect": Reason("camera-step-connect"),
    "open": Reason("camera-step-open"),
    "watch": Reason("camera-step-watch"),
}
_STATUS_WITHIN_S = 2.0
_KINDS = {
    one.code: one
    for one in vars(errors).values()
    if isinstance(one, type) and issubclass(one, CameraUnavailable)
}


class StreamPuller:
    """A ``Puller`` of what is decoded in a process of its own.

    The process is ended when it gives no sign of life for longer than it said it would, says what
    makes no sense, or nobody wants it any more.

    Args:
        job: the stream.
    """

    def __init__(self, job: StreamJob) -> None:
        self._job = job
        self._process: StreamProcess | None = None
        self._messages = MessageBuffer(job.limits.max_jpeg_bytes)
        self._step = "start"
        self._within_s = _START_S
        self._heard_at = 0.0
        self._count = 0
        self._ended: CameraUnavailable | None = None

    @property
    def step(self) -> Reason:
        """What it is at."""
        return _STEPS[self._step]

    def start(self) -> None:
        """Starts the stream's process.

        Raises:
            CameraStreamBroken: there is no room for another one.
        """
        self._process = STREAM_PROCESSES.start()
        self._heard_at = time.monotonic()
        # What it is told goes through the socket: no password stands in any list of processes.
        with suppress(OSError):
            self._process.channel.sendall(encode(Message(self._job.document())))

    def read(self, timeout_s: float) -> PulledFrame | None:
        """The newest picture; None where none came in time.

        Raises:
            CameraUnavailable: nothing comes any more, as the class and the reason say.
        """
        if self._ended is not None:
            raise self._ended.with_traceback(None)
        deadline = time.monotonic() + timeout_s
        newest: PulledFrame | None = None
        try:
            while True:
                left_s = 0.0 if newest else deadline - time.monotonic()
                messages = self._receive(max(left_s, 0.0))
                for message in messages:
                    newest = self._heed(message) or newest
                if not messages and (newest or time.monotonic() >= deadline):
                    return newest
        except CameraUnavailable as exc:
            self.stop()
            self._ended = exc
            if newest is not None:
                return newest  # the next call says what is wrong
            raise

    def accepted(self, frame: PulledFrame) -> None:
        """A stream has nothing to put away."""

    def stop(self) -> None:
        """Ends the process."""
        process = self._process
        if process is not None:
            process.end()

    def _receive(self, timeout_s: float) -> list[Message]:
        """Messages that are complete; none where none is in time."""
        process = self._process
        if process is None:
            raise CameraStreamBroken("camera-process-ended")
        late_s = self._heard_at + self._within_s + _LATE_S - time.monotonic()
        if late_s <= 0:
            raise CameraTimedOut("camera-hangs", step=self.step)
        try:
            # Not select(), which knows no more than 1024 descriptors: two a stream.
            poll = select.poll()
            poll.register(process.channel, select.POLLIN)
            if not poll.poll(1000 * min(timeout_s, late_s)):
                return []
            data = process.channel.recv(_RECEIVE_BYTES)
        except (OSError, ValueError):  # closed by ``stop``, or the process was killed
            data = b""
        if not data:
            raise self._why_ended(process)
        self._heard_at = time.monotonic()
        try:
            return list(self._messages.add(data))
        except MalformedMessage as exc:
            raise CameraStreamBroken("camera-process-lies") from exc

    def _why_ended(self, process: StreamProcess) -> CameraUnavailable:
        status = process.wait(_STATUS_WITHIN_S)
        if status is None or not os.WIFSIGNALED(status):
            return CameraStreamBroken("camera-process-ended")
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU:
            return CameraStreamBroken("camera-takes-time", seconds=self._job.limits.cpu_s)
        try:
            name = signal.Signals(number).name
        except ValueError:
            name = str(number)
        return CameraStreamBroken("camera-crashed", signal=name)

    def _heed(self, message: Message) -> PulledFrame | None:
        fields = message.fields
        match fields:
            case {"m": "frame"}:
                return self._frame(fields, message.data)
            case {"m": "step", "step": str(step)} if step in _STEPS:
                self._step = step
            case {"m": "alive"}:
                pass
            case {"m": "fault"}:
                raise self._fault(fields)
            case _:
                raise CameraStreamBroken("camera-process-lies")
        within_s = _number(fields.get("within_s"))
        if within_s is not None:
            self._within_s = min(max(within_s, 0.0), _MOST_STEP_S)
        return None

    def _frame(self, fields: dict[str, Any], data: bytes) -> PulledFrame:
        now = datetime.now(UTC)
        received_at = min(_moment(fields.get("received_at")) or now, now)
        self._count += 1
        said = fields.get("facts")
        return PulledFrame(
            jpeg=data,
            name=f"{received_at:%Y%m%dT%H%M%S.%f}"[:-3] + ".jpg",
            taken_at=_moment(fields.get("taken_at")),
            received_at=received_at,
            facts=_facts(said if isinstance(said, dict) else {}),
        )

    def _fault(self, fields: dict[str, Any]) -> CameraUnavailable:
        kind = _KINDS.get(str(fields.get("kind")), CameraStreamBroken)
        try:
            reason = read_reason(fields.get("reason"))
        except ValueError:
            return CameraStreamBroken("camera-process-lies")
        if reason.code not in PHRASES:
            return CameraStreamBroken("camera-process-lies")
        return kind(self._harmless(reason))

    def _harmless(self, reason: Reason) -> Reason:
        """The reason in so many printable characters, and without the source's secrets."""
        return Reason(
            reason.code[:_LONGEST_FACT],
            {name[:64]: self._harmless_fact(fact) for name, fact in reason.facts.items()},
        )

    def _harmless_fact(self, fact: Fact) -> Fact:
        if isinstance(fact, Reason):
            return self._harmless(fact)
        if isinstance(fact, tuple):
            return tuple(self._harmless(one) for one in fact)
        if not isinstance(fact, str):
            return fact
        for secret in (self._job.source.password, self._job.source.username):
            for form in {secret or "", quote(secret or "", safe="")} - {""}:
                fact = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", "…", fact)
        return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in fact)[
            :_LONGEST_FACT
        ]


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e15 and math.isfinite(value) else None


def _moment(value: object) -> datetime | None:
    seconds = _number(value)
    try:
        return None if seconds is None or seconds <= 0 else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _facts(said: dict[str, Any]) -> StreamFacts:
    codec = said.get("codec")
    return StreamFacts(
        codec=codec if isinstance(codec, str) and re.fullmatch(r"[\w.-]{1,20}", codec) else None,
        width=_size(said.get("width")),
        height=_size(said.get("height")),
        fps=_number(said.get("fps")),
        clock_difference_s=_number(said.get("clock_difference_s")),
    )


def _size(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None and 0 < number <= 65_535 else None
