"""What a place for blobs has to do: a local folder does it, and an object store could.

A key is a path of names with ``/`` between them and none at its ends.  What was put is durable
before the call returns, and there whole or not at all.  Failures are ``OSError``, whatever the
place is; ``Storage`` says what could not be done.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, Self


class BlobMissing(Exception):
    """The place is there and has no blob with that key."""


@dataclass(frozen=True, slots=True)
class BlobFacts:
    """A blob as it is listed.

    Attributes:
        key: under which it is kept.
        size_bytes: its size.
        written_s: when it was written, seconds since 1970 by the place's clock.
    """

    key: str
    size_bytes: int
    written_s: float


class OpenBlob:
    """A blob that is being read from its beginning, or a range of it.

    Attributes:
        facts: of the whole blob.
        size_bytes: how many bytes can be read in all.
    """

    def __init__(self, facts: BlobFacts, stream: BinaryIO, size_bytes: int) -> None:
        self.facts = facts
        self.size_bytes = size_bytes
        self._stream = stream
        self._left = size_bytes

    def read(self, size_bytes: int) -> bytes:
        """The next bytes, at most so many; none at the end.

        Raises:
            OSError: they cannot be read.
        """
        data = self._stream.read(min(size_bytes, self._left))
        self._left -= len(data)
        return data

    def close(self) -> None:
        """Ends the reading."""
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Incoming(Protocol):
    """Bytes on their way in, whose key may follow from them."""

    def write(self, data: bytes) -> None:
        """Appends bytes."""

    def read(self) -> bytes:
        """All bytes written so far."""

    def flush(self) -> None:
        """Brings the bytes written so far to where a loss of power does not reach them."""

    def commit(self, key: str) -> None:
        """Makes the bytes durable under a key, over what may be there; after ``flush``."""

    def discard(self) -> None:
        """Gives the bytes up, unless they were committed; raises nothing."""


class Blobs(Protocol):
    """Keeps blobs by key.

    Several blobs that are made together are a *group*: their keys begin alike, and they are written
    as local files, since libraries insist on these.
    """

    def prepare(self, prefixes: Iterable[str]) -> None:
        """Makes the place ready for keys that begin so, each prefix with ``/`` at its end."""

    def receive(self) -> Incoming:
        """Where bytes are written whose key is not known yet."""

    def put(self, contents: Sequence[tuple[str, bytes]]) -> None:
        """Makes blobs durable under their keys, over what may be there."""

    def stat(self, key: str) -> BlobFacts | None:
        """Size and time of a blob, None if there is none."""

    def read(self, key: str) -> bytes:
        """All bytes of a blob.

        Raises:
            BlobMissing: the place is there, the blob is not.
        """

    def open(self, key: str, start: int = 0, size_bytes: int | None = None) -> OpenBlob:
        """A blob to be read, or ``size_bytes`` of it from byte ``start``; None for all that follow.

        Raises:
            BlobMissing: the place is there, the blob is not.
        """

    def delete(self, key: str) -> None:
        """Removes a blob; one that is not there is no error."""

    def list(self, prefix: str) -> Sequence[BlobFacts]:
        """The blobs whose keys are the prefix, which ends in ``/``, and one name."""

    def begin_group(self, group: str) -> Path:
        """An empty local folder for files that ``keep_group`` makes blobs; in place of what was."""

    def keep_group(self, group: str) -> None:
        """Makes the files in the group's folder durable under their names.

        Their bytes were fsynced by who wrote them.  Repeated it changes nothing.
        """

    def groups(self, prefix: str) -> Sequence[str]:
        """The groups, kept or only begun, that begin with the text; each with ``/`` at its end."""

    def delete_group(self, group: str) -> None:
        """Removes a group and its folder; what cannot be removed stays, and raises nothing."""
