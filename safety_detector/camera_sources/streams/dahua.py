"""Dahua's events, pulled: with their pictures, or alone, and then a snapshot is taken.

After "Dahua HTTP API for IPC&SD" V3.x: ``snapManager.cgi?action=attachFileProc`` and
``eventManager.cgi?action=attach`` answer without end, in ``multipart/x-mixed-replace``.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import httpcore2

from safety_detector.camera_sources.puller import StreamFacts
from safety_detector.camera_sources.streams.http_asking import (
    as_cameras_fault,
    ask,
    check_connection,
    chunks_of,
    clock_of,
    headers_of,
    policy_of,
    url_of,
    within,
)
from safety_detector.camera_sources.streams.job import StreamJob
from safety_detector.camera_sources.streams.teller import Teller
from safety_detector.errors import (
    CameraStreamBroken,
    CameraStreamMissing,
    CameraUnreachable,
    FetchFailed,
    PictureRefused,
)
from safety_detector.ingest.admission import admit
from safety_detector.ingest.camera_bodies import read_picture
from safety_detector.ingest.fetching import FetchPolicy
from safety_detector.network.multipart_stream import (
    MultipartBroken,
    MultipartStream,
    PartBegins,
    PartEnds,
)
from safety_detector.vendor_payloads.dahua import read_events
from safety_detector.vendor_payloads.events import DeviceEvent, EventState

_HEARTBEAT_S = 5
_MISSED = 3  # heartbeats until the stream is taken for dead
_SNAPS = "/cgi-bin/snapManager.cgi"
_EVENTS = "/cgi-bin/eventManager.cgi"
_SNAPSHOT = "/cgi-bin/snapshot.cgi"
_OLDEST_EVENT = timedelta(days=1)
_CODES = re.compile(r"[A-Za-z0-9_,]{1,500}")


@dataclass(frozen=True, slots=True)
class _Device:
    """Where a device is asked.

    Attributes:
        base: its address with user and password, without path.
        channel: from 1.
        codes: of the events that are wanted.
        has_pictures: whether the events come with pictures; None to find out.
    """

    base: str
    channel: int
    codes: str
    has_pictures: bool | None

    @classmethod
    def of(cls, url: str) -> _Device:
        """What an address says, be it that of the device or of one of its events' pages."""
        parts = urlsplit(url)
        told = dict(parse_qsl(parts.query))
        channel = told.get("channel", "1")
        codes = (told.get("Events") or told.get("codes") or "All").strip("[]")
        pages = {"snapmanager.cgi": True, "eventmanager.cgi": False}
        page = parts.path.rpartition("/")[2].lower()
        return cls(
            base=urlunsplit((parts.scheme, parts.netloc, "", "", "")),
            channel=int(channel) if channel.isascii() and channel.isdecimal() else 1,
            codes=codes if _CODES.fullmatch(codes) else "All",
            has_pictures=pages.get(page),
        )

    def stream_url(self) -> str:
        """Of the events."""
        if self.has_pictures is False:
            told = f"action=attach&codes=[{self.codes}]&heartbeat={_HEARTBEAT_S}"
            return f"{self.base}{_EVENTS}?{told}"
        told = f"action=attachFileProc&channel={self.channel}&heartbeat={_HEARTBEAT_S}"
        return f"{self.base}{_SNAPS}?{told}&Flags[0]=Event&Events=[{self.codes}]"

    def snapshot_url(self) -> str:
        """Of one picture."""
        return f"{self.base}{_SNAPSHOT}?channel={self.channel}"


def read_dahua(job: StreamJob, tell: Teller) -> None:
    """Pulls pictures of events; of a device that sends events alone, a snapshot at each."""
    tell.step("connect", job.limits.connect_s + 2 * job.limits.answer_s)
    check_connection(job)
    device = _Device.of(url_of(job))
    with as_cameras_fault():
        if device.has_pictures is None:
            try:
                asyncio.run(_Stream(job, tell, replace(device, has_pictures=True)).follow())
            except FetchFailed as exc:
                if exc.reason.facts.get("status") not in (400, 404, 405, 501):
                    raise
                device = replace(device, has_pictures=False)
        asyncio.run(_Stream(job, tell, device).follow())


class _Stream:
    """One connection to a device."""

    def __init__(self, job: StreamJob, tell: Teller, device: _Device) -> None:
        self._job = job
        self._tell = tell
        self._device = device
        self._policy: FetchPolicy = policy_of(job)
        self._silence_s = max(job.limits.silence_s, float(_MISSED * _HEARTBEAT_S))
        self._clock_s: float | None = None
        self._event: DeviceEvent | None = None
        self._due_s = 0.0

    async def follow(self) -> None:
        """Hands over picture after picture.

        Raises:
            CameraUnavailable, FetchFailed: nothing comes any more.
        """
        within_s = self._job.limits.connect_s + self._job.limits.answer_s
        url = self._device.stream_url()
        await ask(url, self._policy, within_s, self._read, is_lasting=True)

    async def _read(self, response: httpcore2.Response, _shown: str) -> None:
        headers = headers_of(response)
        self._clock_s = clock_of(headers)
        # A camera without an event is seen all the same: that it is there, and what it looks at.
        await self._snap(is_needed=False)
        self._tell.step("watch", self._silence_s + self._job.limits.silence_s)
        parts = self._parts(response, headers.get("content-type", ""))
        count = 0
        while True:
            try:
                kind, content = await within(self._silence_s, anext(parts))
            except StopAsyncIteration:
                break
            self._tell.alive()
            count += 1
            await self._take(kind, content)
        if not count:
            raise CameraStreamMissing("camera-sends-no-events")
        raise CameraUnreachable("camera-stream-ended")

    async def _take(self, kind: str, content: bytes) -> None:
        if content.startswith(b"\xff\xd8") or kind.startswith("image/"):
            self._hand_over(content, self._event)
            return
        for event in read_events(content):
            if event.is_heartbeat or event.fault is not None:
                continue
            self._event = event
            is_ours = event.channel in (None, self._device.channel)
            begins = event.state is not EventState.INACTIVE
            if self._device.has_pictures is False and is_ours and begins:
                await self._snap(is_needed=True)

    async def _snap(self, *, is_needed: bool) -> None:
        """Takes a snapshot, not more often than pictures are wanted."""
        if time.monotonic() < self._due_s:
            return
        within_s = self._job.limits.connect_s + self._job.limits.silence_s
        self._tell.step("watch", within_s)

        async def read(response: httpcore2.Response, shown: str) -> bytes:
            return await read_picture(response, self._policy.limits, shown, self._policy.arrived)

        try:
            picture = await ask(self._device.snapshot_url(), self._policy, within_s, read)
        except (FetchFailed, PictureRefused):
            if is_needed:
                raise
            return
        self._due_s = time.monotonic() + self._job.every_s
        self._hand_over(picture, self._event if is_needed else None)

    def _hand_over(self, picture: bytes, event: DeviceEvent | None) -> None:
        header = admit(picture, self._policy.limits)
        facts = StreamFacts(
            codec=header.format.lower(),
            width=header.size.width,
            height=header.size.height,
            clock_difference_s=self._clock_s,
        )
        now = datetime.now(UTC)
        at = event.happened_at if event else None
        is_sound = at is not None and at.tzinfo is not None and now - _OLDEST_EVENT <= at <= now
        self._tell.frame(picture, now, at if is_sound else None, facts)

    async def _parts(
        self, response: httpcore2.Response, content_type: str
    ) -> AsyncIterator[tuple[str, bytes]]:
        """Each part's type and content, as soon as it is whole."""
        stream = MultipartStream(content_type, by_length=True)
        kind, content = "", bytearray()
        limit = self._policy.limits.max_bytes
        try:
            async for chunk in chunks_of(response):
                for event in stream.feed(chunk):
                    if isinstance(event, PartBegins):
                        written = event.headers.get(b"content-type", b"")
                        kind, content = written.decode("latin-1").lower(), bytearray()
                    elif isinstance(event, PartEnds):
                        yield kind, bytes(content)
                    else:
                        content += event
                        if len(content) > limit:
                            raise CameraStreamBroken("camera-sends-too-much", limit=limit)
        except MultipartBroken as exc:
            raise CameraStreamBroken("camera-events-unreadable", cause=str(exc)) from exc
