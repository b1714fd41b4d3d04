"""The thread that reads folders, in every process of the API: so no process is special."""

from __future__ import annotations

import logging
import threading

from safety_detector.errors import ServiceUnavailable
from safety_detector.ingest.admission import Limits
from safety_detector.jobs.store import JobStore
from safety_detector.server_folders.allowed import AllowedFolders
from safety_detector.server_folders.read_slice import Backlog
from safety_detector.server_folders.reader import FolderReader
from safety_detector.service.folders.jobs import FolderIntake
from safety_detector.service.folders.records import FOLDER_QUEUE, ClaimedFolder
from safety_detector.service.operation.presence import worker_name

_log = logging.getLogger(__name__)

# How soon what another process left is found; what is ordered here begins at once.
_LOOK_EVERY_S = 2.0
_END_WITHIN_S = 5.0  # a picture in hand is accepted first; a network share may hang


class ReadingThread:
    """Reads folders in the background of a process.

    Args:
        jobs: where they come from.
        intake: where their pictures go.
        allowed: which of them may be read.
        limits: largest file that is read.
        backlog: pictures that may wait to be inspected.
    """

    def __init__(
        self,
        jobs: JobStore[ClaimedFolder],
        intake: FolderIntake,
        allowed: AllowedFolders,
        limits: Limits,
        backlog: Backlog,
    ) -> None:
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._reader = FolderReader(
            jobs, intake, allowed, limits, backlog, worker_name(FOLDER_QUEUE), self._stopping
        )
        self._thread = threading.Thread(target=self._run, name="folders", daemon=True)

    def start(self) -> None:
        """Begins to look for folders."""
        self._thread.start()

    def wake(self) -> None:
        """Says that a folder was ordered."""
        self._woken.set()

    def stop(self) -> None:
        """Ends the thread behind the picture in hand; another process goes on from there."""
        self._stopping.set()
        self._woken.set()
        self._thread.join(timeout=_END_WITHIN_S)

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self._try_to_read():
                self._woken.wait(_LOOK_EVERY_S)
                self._woken.clear()

    def _try_to_read(self) -> bool:
        try:
            return self._reader.read_next()
        except ServiceUnavailable as exc:
            _log.warning("no folder is read: %s", exc)
        except Exception:  # noqa: BLE001 (the edge of a thread that must not end)
            _log.exception("the reading of folders failed")
        return False
