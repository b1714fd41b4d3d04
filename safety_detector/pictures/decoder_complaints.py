"""What FFmpeg says on stderr of pictures; OpenCV gives them out as if they were sound."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO

_MESSAGE = re.compile(r"\[([^\]@]+?) @ 0x[0-9a-f]+\] (.*)")
_CUT = re.compile(r"partial file|ended prematurely|truncat", re.IGNORECASE)
# About pictures that are not given at all, or about nothing that is seen.
_HARMLESS = re.compile(
    r"mmco: unref short|co located POCs|non-existing|no frame!|decode_slice_header error|"
    r"[sp]ps_id|PPS id|number of reference frames|reorder buffer|SEI type|message repeated|"
    r"deprecated|missing picture in access unit|Could not update timestamps|unspecified size",
    re.IGNORECASE,
)


@dataclass(slots=True)
class DecoderComplaints:
    """What was written to stderr since it was asked last."""

    file: IO[bytes]
    is_cut: bool = field(default=False)

    def take_text(self) -> str:
        """All that was written, whatever it is."""
        size = os.fstat(self.file.fileno()).st_size
        if not size:
            return ""
        text = os.pread(self.file.fileno(), size, 0).decode("utf-8", "replace")
        os.ftruncate(self.file.fileno(), 0)
        return text

    def take(self) -> tuple[str | None, str | None]:
        """The first message about damaged pixels, and the first one of any kind."""
        text = self.take_text()
        damage = first = None
        for source, words in _MESSAGE.findall(text):
            self.is_cut |= bool(_CUT.search(words))
            first = first or words.strip(" .")
            is_of_container = "," in source or source in {"mpegts", "avi", "flv", "asf", "mpeg"}
            if damage is None and not is_of_container and not is_harmless(words):
                damage = words.strip(" .")
        return damage, first


def is_harmless(words: str) -> bool:
    """Whether a message is about pictures that are not given, or about nothing that is seen."""
    return _HARMLESS.search(words) is not None


def _open_file() -> IO[bytes]:
    """A file in memory, where there is such a thing: addresses with passwords may get into it."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("stderr", os.MFD_CLOEXEC), "a+b", buffering=0)
    return tempfile.TemporaryFile("a+b", buffering=0)


@contextmanager
def decoder_complaints() -> Iterator[DecoderComplaints]:
    """Takes stderr over from the libraries; for a process that does nothing else."""
    kept = os.dup(2)
    with _open_file() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield DecoderComplaints(file)
        finally:
            os.dup2(kept, 2)
            os.close(kept)
