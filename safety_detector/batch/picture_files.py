"""The pictures of a batch as files of a training set."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

from safety_detector.batch.ledger import Ledger
from safety_detector.errors import SafetyDetectorError, StorageUnavailable
from safety_detector.host.output_files import ORIGINALS, storage_errors, write_file
from safety_detector.sources.names import file_for
from safety_detector.sources.source import Source

_log = logging.getLogger(__name__)


class PictureFiles:
    """Puts pictures where other programs look for them, by links where there is a file.

    Args:
        folder: the output folder.
        source, ledger: where pictures are found.
    """

    def __init__(self, folder: Path, source: Source, ledger: Ledger) -> None:
        self._originals = (folder / ORIGINALS).absolute()
        self._source = source
        self._ledger = ledger

    def place(self, name: str, target: Path) -> bool:
        """Puts a picture at a path; False where it cannot be had any more.

        Raises:
            StorageUnavailable: there is no room.
        """
        kept = self._originals / file_for(name)
        if kept.exists():
            # The set stays whole when the output folder is moved.
            return _link(Path(os.path.relpath(kept, target.absolute().parent)), kept, target)
        offer = self._ledger.offer_of(name)
        if offer is None:
            return False
        file = self._source.file_of(offer)
        if file is not None:
            return file.exists() and _link(file.absolute(), file, target)
        try:
            write_file(target, self._source.read_again(offer))
        except StorageUnavailable:
            raise
        except SafetyDetectorError as exc:
            _log.warning("%s is left out of the training set: %s", name, exc.message)
            return False
        return True


def _link(path: Path, file: Path, target: Path) -> bool:
    with storage_errors(target):
        try:
            target.symlink_to(path)
        except OSError:  # drives of cameras have no links
            shutil.copyfile(file, target)
    return True
