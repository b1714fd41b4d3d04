"""What a stream's process and the one that watches it say to each other, over a socket.

A message is the length of its JSON object and that of the bytes behind it, four bytes each, then
both.  The stream's process decodes what a stranger sent, so nothing that it says is believed: each
length has a bound, the object is plain data, and no text in it is longer than so many characters.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

MOST_OBJECT_BYTES = 16 * 1024
_HEAD = struct.Struct(">II")


class Message(NamedTuple):
    """An object, and the bytes that came with it."""

    fields: dict[str, Any]
    data: bytes = b""


class MalformedMessage(ValueError):
    """The other side does not keep to the form."""


def encode(message: Message) -> bytes:
    """The message as it goes over the socket."""
    fields = json.dumps(message.fields).encode()
    return _HEAD.pack(len(fields), len(message.data)) + fields + message.data


class MessageBuffer:
    """Puts messages together from what arrives.

    Args:
        most_data_bytes: of one message.
    """

    def __init__(self, most_data_bytes: int) -> None:
        self._most_data_bytes = most_data_bytes
        self._received = bytearray()

    def add(self, data: bytes) -> Iterator[Message]:
        """The messages that are complete by now.

        Raises:
            MalformedMessage: the other side does not keep to the form.
        """
        self._received += data
        while len(self._received) >= _HEAD.size:
            object_bytes, data_bytes = _HEAD.unpack_from(self._received)
            if object_bytes > MOST_OBJECT_BYTES or data_bytes > self._most_data_bytes:
                raise MalformedMessage("a message is larger than any may be")
            begin = _HEAD.size + object_bytes
            end = begin + data_bytes
            if len(self._received) < end:
                return
            try:
                fields = json.loads(self._received[_HEAD.size : begin])
            except (ValueError, RecursionError) as exc:
                raise MalformedMessage("a message is no JSON") from exc
            if not isinstance(fields, dict):
                raise MalformedMessage("a message is no object")
            message = Message(fields, bytes(self._received[begin:end]))
            del self._received[:end]
            yield message
