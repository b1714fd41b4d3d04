"""Hands frames to the service, a few at a time, each under the claim of its camera."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from sqlalchemy import Connection

from safety_detector.camera_sources.puller import PulledFrame
from safety_detector.camera_sources.source import SourceKind
from safety_detector.errors import PictureRefused, ServiceUnavailable, UnknownCamera
from safety_detector.jobs.records import Claim
from safety_detector.service.cameras.watching import WatchedCamera
from safety_detector.service.core import Service
from safety_detector.service.operation.work_counters import WatchCount
from safety_detector.service.records import Submission
from safety_detector.watcher.places import Places

_log = logging.getLogger(__name__)

# Frames that are handed over at a time, in turn: so many threads and connections are busy at most
# where database or disk are slow, and leases find one all the same.
_AT_ONCE = 8
# SQLite has one writer, and whoever waits for it sleeps longer each time: eight of these hand over
# no more frames than two, and make the API and the workers wait twice as long.
_AT_ONCE_ON_SQLITE = 2

_TOLD_EVERY_S = 30.0  # of an outage that drops every frame


class WatchLost(Exception):
    """Somebody else watches the camera by now, or nobody is to; nothing was taken."""


class HandOver:
    """Where the frames of all cameras of this process go.

    While database or storage are away frames are dropped and counted: what counts is what a camera
    shows now, so that the newest is offered and nothing is kept for later.

    Args:
        service: whose cameras they are.
    """

    def __init__(self, service: Service) -> None:
        self._cameras = service.cameras
        self._places = Places(_AT_ONCE_ON_SQLITE if service.database.is_sqlite else _AT_ONCE)
        self._tell_next_s = 0.0

    def take(
        self,
        claim: Claim[WatchedCamera],
        frame: PulledFrame,
        newer: Callable[[], PulledFrame | None],
    ) -> PulledFrame | None:
        """Hands over a frame, or a newer one that came while it waited for its turn.

        Args:
            claim: the right to do so.
            frame: a picture of the camera.
            newer: asked meanwhile; what it gives takes the frame's place.

        Returns:
            What the service took, be it to refuse it; None where it could take nothing.

        Raises:
            WatchLost: the claim was lost, or ``newer`` says so.
        """
        offered = frame

        def look_for_newer() -> None:
            nonlocal offered
            newest = newer()
            if newest is not None:
                self._cameras.watchers.count(WatchCount.DROPPED)
                offered = newest

        with self._places.taken(look_for_newer):
            return offered if self._push(claim, offered) else None

    def _push(self, claim: Claim[WatchedCamera], frame: PulledFrame) -> bool:
        def permit(connection: Connection) -> None:
            if not self._cameras.jobs.holds(claim, within=connection):
                raise WatchLost

        if self._was_taken(claim, frame):
            return True
        counted = WatchCount.TAKEN
        submission = Submission(frame.name, captured_at=frame.taken_at)
        try:
            self._cameras.frames.push(claim.subject_id, frame.jpeg, submission, permit)
        except UnknownCamera as exc:
            raise WatchLost from exc
        except PictureRefused as exc:
            _log.info("no picture: %s", exc, extra={"camera": claim.subject_id})
            counted = WatchCount.REFUSED
        except ServiceUnavailable as exc:
            self._tell(exc)
            counted = WatchCount.DROPPED
        self._cameras.watchers.count(counted)
        return counted is not WatchCount.DROPPED

    def _was_taken(self, claim: Claim[WatchedCamera], frame: PulledFrame) -> bool:
        """Whether a drop folder's file was stored, and not put away before its watcher was killed.

        Name, bytes and time tell: the same bytes written again later are another picture.
        """
        is_file = claim.subject.source_kind == SourceKind.FOLDER
        if not is_file or frame.taken_at is None:
            return False
        name, since = frame.name, frame.taken_at
        try:
            return self._cameras.frames.was_taken(claim.subject_id, frame.jpeg, name, since)
        except ServiceUnavailable:
            return False  # the push will say so

    def _tell(self, error: ServiceUnavailable) -> None:
        """Now and then: hundreds of cameras would say the same each second."""
        if time.monotonic() >= self._tell_next_s:
            self._tell_next_s = time.monotonic() + _TOLD_EVERY_S
            _log.warning("frames of cameras are dropped: %s", error)
