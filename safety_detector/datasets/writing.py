"""What the formats have in common: a writer takes one picture after the other."""

from __future__ import annotations

from typing import IO, Protocol

from safety_detector.datasets.content import PictureContent
from safety_detector.datasets.labelled import LabelledPicture, Side
from safety_detector.message_texts.reason import Reason


class DatasetFiles(Protocol):
    """Where the files of a set go: a folder, or a zip that is sent while it is made."""

    def write(self, name: str, data: bytes) -> None:
        """Writes a file under a relative name with ``/`` between folders."""

    def copy(self, name: str, file: IO[bytes]) -> None:
        """Writes what is left to read of an open file, whatever its length."""


class DatasetWriter(Protocol):
    """Writes a set in one format, without holding more than one picture."""

    def refusal(self, picture: LabelledPicture) -> Reason | None:
        """Why a picture is left out, where the format cannot say what is known of it.

        It is asked before the split, of all pictures; what it gives never depends on pixels.
        """

    def add(
        self, picture: LabelledPicture, side: Side, group: str, content: PictureContent
    ) -> Reason | None:
        """Writes a picture with its labels.

        Args:
            picture: the labels.
            side: of the split.
            group: what the split keeps together has the same.
            content: the pixels.

        Returns:
            Why it is left out after all; then nothing of it is written.
        """

    def finish(self) -> None:
        """Writes what comes behind all pictures."""

    def close(self) -> None:
        """Removes temporary files, whether finished or not."""
