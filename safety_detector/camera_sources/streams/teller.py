"""The stream process's side of the socket: tells what happens, and never waits for the listener."""

from __future__ import annotations

import os
import resource
import socket
import threading
import time
from datetime import datetime
from typing import Any

from safety_detector.camera_sources.puller import StreamFacts
from safety_detector.camera_sources.wire import Message, encode
from safety_detector.errors import CameraUnavailable
from safety_detector.message_texts.reason import reason_document

_ALIVE_EVERY_S = 1.0
_LAST_WORDS_S = 5.0


class Teller:
    """Tells of steps, frames and faults.

    Of frames that the listener does not take in time the newest alone is kept, so that a busy
    listener neither slows the stream down nor gets old pictures.

    Args:
        channel: to the listener.
        cpu_s: processor time that may pass between two signs of life.
    """

    def __init__(self, channel: socket.socket, cpu_s: int) -> None:
        self._channel = channel
        self._cpu_s = cpu_s
        self._waiting: dict[str, Message] = {}
        self._changed = threading.Condition()
        self._is_ending = False
        self._alive_at = 0.0
        self._within_s = 0.0
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def step(self, name: str, within_s: float) -> None:
        """Says what comes next, and how long it takes at the most.

        Whoever hears nothing for longer takes the process for hanging, and ends it.
        """
        self._within_s = within_s
        self._renew_cpu()
        self._put("step", Message({"m": "step", "step": name, "within_s": within_s}))

    def alive(self) -> None:
        """Gives a sign of life; to be called often."""
        now = time.monotonic()
        if now - self._alive_at >= _ALIVE_EVERY_S:
            self._alive_at = now
            self._renew_cpu()
            self._put("alive", Message({"m": "alive", "within_s": self._within_s}))

    def frame(
        self, picture: bytes, received_at: datetime, taken_at: datetime | None, facts: StreamFacts
    ) -> None:
        """Hands a picture over."""
        fields: dict[str, Any] = {
            "m": "frame",
            "received_at": received_at.timestamp(),
            "taken_at": taken_at.timestamp() if taken_at else None,
            "facts": {name: getattr(facts, name) for name in StreamFacts.__slots__},
        }
        self._put("frame", Message(fields, picture))

    def fault(self, error: CameraUnavailable) -> None:
        """Says why nothing more comes, and waits until that is sent."""
        fields = {"m": "fault", "kind": error.code, "reason": reason_document(error.reason)}
        with self._changed:
            self._waiting["fault"] = Message(fields)
            self._is_ending = True
            self._changed.notify()
        self._thread.join(_LAST_WORDS_S)

    def _renew_cpu(self) -> None:
        """A decoder that never returns is ended by the kernel: nobody renews its limit."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(used.ru_utime + used.ru_stime) + self._cpu_s
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))

    def _put(self, place: str, message: Message) -> None:
        with self._changed:
            self._waiting[place] = message
            self._changed.notify()

    def _send(self) -> None:
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._waiting or self._is_ending)
                    messages, self._waiting = list(self._waiting.values()), {}
                    is_last = self._is_ending
                for message in messages:
                    self._channel.sendall(encode(message))
                if is_last:
                    return
        except OSError:
            os._exit(0)  # nobody listens any more
