"""Claimed folders, a turn at a time."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from pathlib import Path

from safety_detector.errors import DatabaseUnavailable, ServiceUnavailable
from safety_detector.ingest.admission import Limits
from safety_detector.message_texts.reason import Reason
from safety_detector.server_folders.allowed import AllowedFolders
from safety_detector.server_folders.folder import open_folder
from safety_detector.server_folders.turn import Backlog, Turn
from safety_detector.service.folder_claims import FolderClaims, ReadingLost
from safety_detector.service.folder_records import FolderClaim

_log = logging.getLogger(__name__)

_FIRST_WAIT_S, _LONGEST_WAIT_S = 2.0, 60.0  # for what is away
_INSIST_EVERY_S = 1.0


class FolderReader:
    """Reads on in folders that wait for it.

    Args:
        claims: where they come from and pictures go.
        allowed: which of them may be read.
        limits: largest file that is read.
        backlog: pictures that may wait to be inspected.
        worker: name of this process.
        stopping: set when the process ends.
    """

    def __init__(
        self,
        claims: FolderClaims,
        allowed: AllowedFolders,
        limits: Limits,
        backlog: Backlog,
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
        """Gives the folder that waits for longest its turn; False if none is due.

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
        turn = Turn(self._claims, claim, self._backlog, self._stopping)
        if not turn.has_room():  # not worth the listing of the folder
            turn.end()
            return
        with open_folder(Path(claim.order.folder), self._allowed, self._limits) as folder:
            for found in folder.contents(claim.progress.position, turn.breathe):
                if not turn.may_go_on():
                    turn.end()
                    return
                turn.look_at(folder, found)
        turn.complete()

    def _wait_for(self, claim: FolderClaim, error: ServiceUnavailable) -> None:
        _log.warning("a folder waits: %s", error.message, extra={"batch": claim.order.batch_id})
        while not self._tried_to_give_back(claim, error.reason):
            if self._stopping.wait(_INSIST_EVERY_S):
                return

    def _tried_to_give_back(self, claim: FolderClaim, reason: Reason) -> bool:
        wait_s = min(_FIRST_WAIT_S * 2 ** min(claim.outages, 16), _LONGEST_WAIT_S)
        try:
            self._claims.give_back(claim, timedelta(seconds=wait_s), reason, is_outage=True)
        except DatabaseUnavailable:
            return False
        return True
