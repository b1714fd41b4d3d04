"""A picture on its way in: small ones wait in memory, and all are hashed as they come."""

from __future__ import annotations

import hashlib
from typing import Self

from safety_detector.storage.blobs import Blobs, Incoming
from safety_detector.storage.keys import picture_key
from safety_detector.storage.storage_errors import storage_errors

# A camera's 640×480 JPEG is 30 to 150 kB.
_IN_MEMORY_BYTES = 512 * 2**10


class Upload:
    """A picture on its way in: written in pieces, then committed under its hash or discarded.

    A small one waits in memory, so that it goes to the disk once, and only if it is accepted.  It
    is hashed as it comes.  Use it as a context manager; what was not committed when it ends is
    discarded.

    Attributes:
        size_bytes: number of bytes written so far.
    """

    def __init__(self, blobs: Blobs) -> None:
        self.size_bytes = 0
        self._blobs = blobs
        self._hash = hashlib.sha256()
        self._pieces: list[bytes] = []
        self._incoming: Incoming | None = None

    @property
    def sha256(self) -> str:
        """Hash of the bytes written so far, 64 hexadecimal digits."""
        return self._hash.hexdigest()

    def holds(self, chunk: bytes) -> bool:
        """Whether these bytes would stay in memory; if not, writing them waits for the disk."""
        return self._incoming is None and self.size_bytes + len(chunk) <= _IN_MEMORY_BYTES

    def write(self, chunk: bytes) -> None:
        """Appends bytes.

        Raises:
            StorageUnavailable: the disk is full or gone.
        """
        if self.holds(chunk):
            self._pieces.append(chunk)
        else:
            with storage_errors("cannot-receive-picture"):
                self._received().write(chunk)
        self._hash.update(chunk)
        self.size_bytes += len(chunk)

    def read(self) -> bytes:
        """All bytes written so far."""
        if self._incoming is None:
            return b"".join(self._pieces)
        with storage_errors("cannot-read-received-picture"):
            return self._incoming.read()

    def _received(self) -> Incoming:
        """What takes the bytes out of memory, with all written so far; made when it is needed."""
        if self._incoming is None:
            self._incoming = self._blobs.receive()
            for piece in self._pieces:
                self._incoming.write(piece)
            self._pieces = []
        return self._incoming

    def flush(self) -> None:
        """Brings the bytes written so far to disk; they do not wait in memory any more.

        Raises:
            StorageUnavailable: the disk is full or gone.
        """
        with storage_errors("cannot-receive-picture"):
            self._received().flush()

    def commit(self) -> str:
        """Makes the bytes durable under their hash; the same bytes may be there already.

        Returns:
            The SHA-256 under which they can be read.

        Raises:
            StorageUnavailable: the disk is full or gone; nothing was stored.
        """
        with storage_errors("cannot-store-picture"):
            self.flush()
            self._received().commit(picture_key(self.sha256))
        return self.sha256

    def discard(self) -> None:
        """Gives the bytes up, unless they were committed; raises nothing where the disk is full."""
        if self._incoming is not None:
            self._incoming.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()
