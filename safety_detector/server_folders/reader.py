"""Claimed folders into pictures, a part at a time."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from safety_detector.batch.names import ending_of, readable_path
from safety_detector.errors import (
    DatabaseUnavailable,
    SafetyDetectorError,
    ServiceUnavailable,
    UnexpectedFault,
    WorkerLost,
)
from safety_detector.ingest.admission import Limits
from safety_detector.server_folders.allowed import AllowedFolders
from safety_detector.server_folders.folder import ServerFolder, open_folder
from safety_detector.server_folders.walk import Found, FoundKind
from safety_detector.service.folder_claims import FolderClaims, ReadingLost
from safety_detector.service.folder_records import FolderClaim

_log = logging.getLogger(__name__)

MOST_LOSSES = 5
"""So many processes may end while they look at a file before it is taken for the cause."""

# Then the next folder has its turn, if there is one.
_LONGEST_PART_S = 5.0
# While as many pictures wait as may: short beside the time that so many take.
_UNTIL_THERE_IS_ROOM = timedelta(seconds=1)
_FIRST_WAIT_S, _LONGEST_WAIT_S = 2.0, 60.0  # for what is away
_INSIST_EVERY_S = 1.0

_MOST_ENDINGS = 50  # that are counted one by one
_OTHER_ENDINGS = "other"


class FolderReader:
    """Reads on in folders that wait for it.

    Args:
        claims: where they come from and pictures go.
        allowed: which of them may be read.
        limits: largest file that is read.
        backlog: pictures of batches that may wait to be inspected; while there are as many, folders
            wait, so that neither they nor the disk fill with what nobody has time for.
        worker: name of this process.
        stopping: set when the process ends.
    """

    def __init__(
        self,
        claims: FolderClaims,
        allowed: AllowedFolders,
        limits: Limits,
        backlog: int,
        worker: str,
        stopping: threading.Event,
    ) -> None:
        self._claims = claims
        self._allowed = allowed
        self._limits = limits
        self._backlog = backlog
        self._worker = worker
        self._stopping = stopping

    def read_next(self) -> bool:
        """Reads a part of the folder that waits for longest; False if none is due.

        Raises:
            DatabaseUnavailable: nothing could be claimed.
        """
        claim = self._claims.claim(self._worker)
        if claim is None:
            return False
        try:
            self._read(claim)
        except ReadingLost:
            _log.info("no longer read here", extra={"batch": claim.order.batch_id})
        except ServiceUnavailable as exc:
            self._wait_for(claim, exc)
        return True

    def _read(self, claim: FolderClaim) -> None:
        room = self._backlog - self._claims.count_waiting(at_most=self._backlog)
        if room <= 0:
            reason = (
                f"{self._backlog:,} pictures of batches wait to be inspected; the folder is read "
                "on when some of them are done."
            )
            self._claims.give_back(claim, _UNTIL_THERE_IS_ROOM, reason)
            return
        part = _Part(self._claims, claim, room)
        with open_folder(Path(claim.order.folder), self._allowed, self._limits) as folder:
            for found in folder.contents(claim.progress.position, part.breathe):
                part.look_at(folder, found)
                if part.is_over() or self._stopping.is_set():
                    part.end()
                    return
        part.complete()

    def _wait_for(self, claim: FolderClaim, error: ServiceUnavailable) -> None:
        _log.warning("a folder waits: %s", error.message, extra={"batch": claim.order.batch_id})
        while not self._tried_to_give_back(claim, error.message):
            if self._stopping.wait(_INSIST_EVERY_S):
                return

    def _tried_to_give_back(self, claim: FolderClaim, reason: str) -> bool:
        wait_s = min(_FIRST_WAIT_S * 2 ** min(claim.outages, 16), _LONGEST_WAIT_S)
        try:
            self._claims.give_back(claim, timedelta(seconds=wait_s), reason, is_outage=True)
        except DatabaseUnavailable:
            return False
        return True


class _Part:
    """What is read under one claim.

    Args:
        claims: where pictures go.
        claim: the right to do so.
        room: pictures that may be accepted.
    """

    def __init__(self, claims: FolderClaims, claim: FolderClaim, room: int) -> None:
        self._claims = claims
        self._claim = claim
        self._progress = claim.progress
        self._most_accepted = claim.progress.accepted + room
        self._is_suspect = claim.losses >= MOST_LOSSES
        self._end_s = time.monotonic() + _LONGEST_PART_S
        self._breathe_every_s = claims.lease.total_seconds() / 3
        self._next_breath_s = time.monotonic() + self._breathe_every_s

    def look_at(self, folder: ServerFolder, found: Found) -> None:
        """Accepts, rejects or skips what was found.

        Raises:
            ReadingLost: somebody else reads by now, or it was stopped.
            ServiceUnavailable: something is away; this will be looked at again.
        """
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
            _log.exception("unexpected fault", extra={"batch": self._claim.order.batch_id})
            self._reject(found, UnexpectedFault(f"Unexpected {type(exc).__name__}: {exc}"))
        self.breathe()

    def breathe(self) -> None:
        """Extends the lease where nothing was written for long.

        Raises:
            ReadingLost, DatabaseUnavailable: as for ``look_at``.
        """
        if time.monotonic() >= self._next_breath_s:
            self._claims.keep(self._claim, self._progress)
            self._wrote()

    def is_over(self) -> bool:
        """Whether others have their turn now."""
        return self._progress.accepted >= self._most_accepted or time.monotonic() >= self._end_s

    def end(self) -> None:
        """Lets others go on from here.

        Raises:
            ReadingLost, DatabaseUnavailable: as for ``look_at``.
        """
        self._claims.keep(self._claim, self._progress)
        self._claims.give_back(self._claim)

    def complete(self) -> None:
        """Ends the reading for good.

        Raises:
            ReadingLost, DatabaseUnavailable: as for ``look_at``.
        """
        self._claims.complete(self._claim, self._progress)
        _log.info(
            "a folder is read: %d accepted, %d rejected",
            self._progress.accepted,
            self._progress.rejected,
            extra={"batch": self._claim.order.batch_id},
        )

    def _read(self, folder: ServerFolder, found: Found) -> bytes | None:
        if self._is_suspect:
            self._is_suspect = False
            losses = self._claim.losses
            raise WorkerLost(f"{losses} processes ended without a word while they looked at it.")
        return folder.read(found)

    def _accept(self, found: Found, picture: bytes) -> None:
        progress = replace(
            self._progress, position=found.path, accepted=self._progress.accepted + 1
        )
        self._claims.accept(self._claim, progress, readable_path(found.path), picture)
        self._progress = progress
        self._wrote()

    def _reject(self, found: Found, error: SafetyDetectorError) -> None:
        is_folder = found.kind in (FoundKind.FOLDER_LINK, FoundKind.CLOSED_FOLDER)
        name = readable_path(found.path) + ("/" if is_folder else "")
        progress = replace(
            self._progress, position=found.path, rejected=self._progress.rejected + 1
        )
        self._claims.reject(self._claim, progress, name, error)
        self._progress = progress
        self._wrote()

    def _skip(self, found: Found) -> None:
        """Written with what follows; until then this may be looked at once more."""
        counted = Counter(self._progress.skipped)
        ending = readable_path(os.fsencode(ending_of(os.fsdecode(found.name))))
        is_known = ending in counted or len(counted) < _MOST_ENDINGS
        counted[ending if is_known else _OTHER_ENDINGS] += 1
        self._progress = replace(self._progress, position=found.path, skipped=counted)

    def _wrote(self) -> None:
        self._next_breath_s = time.monotonic() + self._breathe_every_s
