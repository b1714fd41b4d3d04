"""Reads a slice of a folder: what is found becomes pictures, lines among the errors, or counts."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta

from safety_detector.errors import (
    SafetyDetectorError,
    ServiceUnavailable,
    UnexpectedFault,
    WorkerLost,
)
from safety_detector.jobs.kinds import MOST_LOSSES
from safety_detector.jobs.records import Claim
from safety_detector.jobs.store import JobStore
from safety_detector.message_texts.reason import Reason
from safety_detector.server_folders.folder import ServerFolder
from safety_detector.server_folders.walk import Found, FoundKind
from safety_detector.service.folders.jobs import FolderIntake, ReadingLost
from safety_detector.service.folders.records import ClaimedFolder
from safety_detector.sources.left_out import HIDDEN, OUTPUTS
from safety_detector.sources.names import ending_of, readable_path

_log = logging.getLogger(__name__)

# Counted from the first look on: each slice lists anew what the folder has, and a slow network
# share takes minutes to list a million.
_LONGEST_SLICE_S = 30.0
# Between two looks whether there is room: as many pictures as are done meanwhile are read at once.
_LOOK_FOR_ROOM_EVERY_S = 1.0

_MOST_ENDINGS = 50  # that are counted one by one
_OTHER_ENDINGS = "other"


@dataclass(frozen=True, slots=True)
class Backlog:
    """Pictures of batches that may wait to be inspected.

    While there are as many, folders wait too, so that neither queue nor disk fill with what nobody
    has time for.

    Attributes:
        pictures: how many.
        patience: how long a folder stays open meanwhile.
    """

    pictures: int = 1000
    patience: timedelta = timedelta(seconds=30)

    @property
    def reason(self) -> Reason:
        """Why a folder waits."""
        return Reason.of("batches-wait", pictures=self.pictures)


class ReadSlice:
    """What is done under one claim, before others have their turn.

    Args:
        jobs: where claims are.
        intake: where pictures go.
        claim: the right to do so.
        backlog: pictures that may wait.
        stopping: set when the process ends.
    """

    def __init__(
        self,
        jobs: JobStore[ClaimedFolder],
        intake: FolderIntake,
        claim: Claim[ClaimedFolder],
        backlog: Backlog,
        stopping: threading.Event,
    ) -> None:
        self._jobs = jobs
        self._intake = intake
        self._claim = claim
        self._backlog = backlog
        self._stopping = stopping
        self._progress = claim.subject.progress
        self._room = 0
        self._is_suspect = claim.losses >= MOST_LOSSES
        self._end_s: float | None = None
        self._breathe_every_s = jobs.kind.lease.total_seconds() / 3
        self._next_breath_s = time.monotonic() + self._breathe_every_s

    def may_go_on(self) -> bool:
        """Whether something more is looked at now; waits a while where there is no room.

        Raises:
            ReadingLost: somebody else reads by now, or it was stopped.
            DatabaseUnavailable: nobody knows.
        """
        if self._stopping.is_set() or self._is_over():
            return False
        until_s = time.monotonic() + self._backlog.patience.total_seconds()
        while not self.has_room():
            if time.monotonic() >= until_s or self._is_over():
                return False
            self._write(self._backlog.reason)
            if self._stopping.wait(_LOOK_FOR_ROOM_EVERY_S):
                return False
        return True

    def has_room(self) -> bool:
        """Whether another picture may be accepted.

        Raises:
            DatabaseUnavailable: nobody knows.
        """
        if self._room <= 0:
            most = self._backlog.pictures
            self._room = most - self._intake.count_waiting(at_most=most)
        return self._room > 0

    def look_at(self, folder: ServerFolder, found: Found) -> None:
        """Accepts, rejects or skips what was found.

        Raises:
            ReadingLost: somebody else reads by now, or it was stopped.
            ServiceUnavailable: something is away; this will be looked at again.
        """
        if self._end_s is None:
            self._end_s = time.monotonic() + _LONGEST_SLICE_S
        try:
            picture = self._read(folder, found)
            if picture is None:
                self._skip(found)
            else:
                self._accept(found, picture)
        except (ReadingLost, ServiceUnavailable):
            raise
        except SafetyDetectorError as error:
            self._reject(found, error)
        except Exception as exc:  # noqa: BLE001 (the edge: one file must not stop the others)
            _log.exception("unexpected fault", extra={"batch": self._claim.subject_id})
            self._reject(found, UnexpectedFault("unexpected", kind=type(exc).__name__, cause=exc))
        self.breathe()

    def breathe(self) -> None:
        """Extends the lease where nothing was written for long.

        Raises:
            ReadingLost, DatabaseUnavailable: as for ``look_at``.
        """
        if time.monotonic() >= self._next_breath_s:
            self._write()

    def end(self) -> None:
        """Lets others go on from here.

        Raises:
            ReadingLost, DatabaseUnavailable: as for ``look_at``.
        """
        if self._room > 0:
            self._intake.give_back(self._claim, self._progress)
        else:
            wait = timedelta(seconds=_LOOK_FOR_ROOM_EVERY_S)
            self._intake.give_back(self._claim, self._progress, wait, self._backlog.reason)

    def complete(self) -> None:
        """Ends the reading for good.

        Raises:
            ReadingLost, DatabaseUnavailable: as for ``look_at``.
        """
        self._intake.complete(self._claim, self._progress)
        _log.info(
            "a folder is read: %d accepted, %d rejected",
            self._progress.accepted,
            self._progress.rejected,
            extra={"batch": self._claim.subject_id},
        )

    def _is_over(self) -> bool:
        """Whether others have their turn; each begins with a listing, so never without a step."""
        is_long = self._end_s is not None and time.monotonic() >= self._end_s
        return is_long and self._jobs.is_any_due(self._claim.queue)

    def _read(self, folder: ServerFolder, found: Found) -> bytes | None:
        if self._is_suspect:
            self._is_suspect = False
            losses = self._claim.losses
            raise WorkerLost("processes-lost", losses=losses)
        return folder.read(found)

    def _accept(self, found: Found, picture: bytes) -> None:
        accepted = self._progress.accepted + 1
        progress = replace(self._progress, position=found.path, accepted=accepted)
        self._intake.accept(self._claim, progress, readable_path(found.path), picture)
        self._room -= 1
        self._progress = progress
        self._wrote()

    def _reject(self, found: Found, error: SafetyDetectorError) -> None:
        is_folder = found.kind in (FoundKind.FOLDER_LINK, FoundKind.CLOSED_FOLDER)
        name = readable_path(found.path) + ("/" if is_folder else "")
        rejected = self._progress.rejected + 1
        progress = replace(self._progress, position=found.path, rejected=rejected)
        self._intake.reject(self._claim, progress, name, error)
        self._progress = progress
        self._wrote()

    def _skip(self, found: Found) -> None:
        """Written with what follows; until then this may be looked at once more."""
        counted = Counter(self._progress.skipped)
        if found.kind is FoundKind.HIDDEN:
            ending = HIDDEN
        elif found.kind is FoundKind.OUTPUT:
            ending = OUTPUTS
        else:
            ending = readable_path(os.fsencode(ending_of(os.fsdecode(found.name))))
        is_known = ending in counted or len(counted) < _MOST_ENDINGS
        counted[ending if is_known else _OTHER_ENDINGS] += 1
        self._progress = replace(self._progress, position=found.path, skipped=counted)
        if self._claim.losses:  # so that the loss of another process is counted where it happens
            self._write()

    def _write(self, waiting_reason: Reason | None = None) -> None:
        self._intake.keep(self._claim, self._progress, waiting_reason)
        self._wrote()

    def _wrote(self) -> None:
        self._next_breath_s = time.monotonic() + self._breathe_every_s
