"""Claimed folders, a slice at a time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from safety_detector.errors import SafetyDetectorError
from safety_detector.ingest.admission import Limits
from safety_detector.jobs.records import Claim
from safety_detector.jobs.runner import Runner
from safety_detector.jobs.store import JobStore
from safety_detector.server_folders.allowed import AllowedFolders
from safety_detector.server_folders.folder import open_folder
from safety_detector.server_folders.read_slice import Backlog, ReadSlice
from safety_detector.service.folders.jobs import FolderIntake, ReadingLost
from safety_detector.service.folders.records import FOLDER_QUEUE, ClaimedFolder

_log = logging.getLogger(__name__)


class FolderReader:
    """Reads on in folders that wait for it.

    Args:
        jobs: where they come from.
        intake: where their pictures go.
        allowed: which of them may be read.
        limits: largest file that is read.
        backlog: pictures that may wait to be inspected.
        worker: name of this process.
        stopping: set when the process ends.
    """

    def __init__(
        self,
        jobs: JobStore[ClaimedFolder],
        intake: FolderIntake,
        allowed: AllowedFolders,
        limits: Limits,
        backlog: Backlog,
        worker: str,
        stopping: threading.Event,
    ) -> None:
        self._jobs = jobs
        self._intake = intake
        self._allowed = allowed
        self._limits = limits
        self._backlog = backlog
        self._stopping = stopping
        self._runner = Runner(jobs, FOLDER_QUEUE, _OwnLeases(worker), self)

    def read_next(self) -> bool:
        """Reads a slice of the folder whose turn it is; False if none is due.

        First takes back those whose readers are lost, so that folders are read where no worker is
        there to do that.

        Raises:
            DatabaseUnavailable: nothing could be claimed.
        """
        self._jobs.take_back_lost()
        return self._runner.run_next() > 0

    def handle(self, claim: Claim[ClaimedFolder], begin: Callable[[], None]) -> bool:
        """Reads a slice; what is away is waited for.

        Raises:
            ServiceUnavailable: the folder, the data folder or the database is away.
        """
        begin()
        try:
            self._read(claim)
        except ReadingLost:
            _log.info("no longer read here", extra={"batch": claim.subject_id})
        return True

    def explain(self, _fault: Exception) -> SafetyDetectorError | None:
        """None: nothing interrupts a reader by an exception."""
        return None

    def _read(self, claim: Claim[ClaimedFolder]) -> None:
        part = ReadSlice(self._jobs, self._intake, claim, self._backlog, self._stopping)
        if not part.has_room():  # not worth the listing of the folder
            part.end()
            return
        path = Path(claim.subject.order.folder)
        with open_folder(path, self._allowed, self._limits) as folder:
            for found in folder.contents(claim.subject.progress.position, part.breathe):
                if not part.may_go_on():
                    part.end()
                    return
                part.look_at(folder, found)
        part.complete()


class _OwnLeases:
    """Extends nothing: a reader's writes extend its lease, so that one that hangs loses it."""

    def __init__(self, worker: str) -> None:
        self.worker = worker

    def hold(self, claim: Claim[ClaimedFolder]) -> None:
        """Nothing."""

    def hold_waiting(self, claim: Claim[ClaimedFolder]) -> None:
        """Nothing."""

    def let_go(self, claim: Claim[ClaimedFolder]) -> None:
        """Nothing."""
