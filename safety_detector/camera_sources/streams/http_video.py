"""Pictures by HTTP: snapshots, MJPEG, HLS, and video as one long answer.

FFmpeg gets no network here: what comes is fetched by us, from checked addresses, and handed to it
through a pipe, so that no playlist and no redirect leads it anywhere.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import httpcore2

from safety_detector.camera_sources.puller import StreamFacts
from safety_detector.camera_sources.streams.feed import Feed
from safety_detector.camera_sources.streams.hls import Playlist, read_playlist
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
from safety_detector.camera_sources.streams.video import FORMATS, Video, follow, next_due
from safety_detector.errors import (
    CameraStreamBroken,
    CameraStreamMissing,
    CameraUnreachable,
)
from safety_detector.ingest.admission import admit
from safety_detector.ingest.camera_bodies import read_parts, read_picture
from safety_detector.ingest.fetching import FetchPolicy

_MOST_PLAYLIST_BYTES = 1 << 20
_MOST_SEGMENT_BYTES = 64 * 2**20
_PLAYLIST_KINDS = ("mpegurl", "m3u")


def read_snapshots(job: StreamJob, tell: Teller) -> None:
    """Asks for a picture every ``every_s``."""
    _begin(job, tell)
    with as_cameras_fault():
        asyncio.run(_take_snapshots(job, tell))


def read_http(job: StreamJob, tell: Teller) -> None:
    """Pulls what an address by HTTP turns out to be."""
    _begin(job, tell)
    with as_cameras_fault():
        found = asyncio.run(_look(job, tell))
    if found == "picture":
        read_snapshots(job, tell)
    elif found is not None:
        _decode(job, tell, found)


def _begin(job: StreamJob, tell: Teller) -> None:
    tell.step("connect", job.limits.connect_s + 2 * job.limits.answer_s)
    check_connection(job)


async def _take_snapshots(job: StreamJob, tell: Teller) -> None:
    policy, url = policy_of(job), url_of(job)
    within_s = job.limits.connect_s + job.limits.silence_s
    clock_s: float | None = None

    async def read(response: httpcore2.Response, shown: str) -> bytes:
        nonlocal clock_s
        clock_s = clock_of(headers_of(response))
        return await read_picture(response, policy.limits, shown, policy.arrived)

    while True:
        tell.step("watch", within_s)
        began = time.monotonic()
        picture = await ask(url, policy, within_s, read)
        _hand_over(picture, policy, tell, clock_s)
        tell.step("watch", job.every_s)
        await asyncio.sleep(max(0.0, began + job.every_s - time.monotonic()))


def _hand_over(picture: bytes, policy: FetchPolicy, tell: Teller, clock_s: float | None) -> None:
    """Tells of a picture that can be known to be whole without decoding it."""
    header = admit(picture, policy.limits)
    facts = StreamFacts(
        codec=header.format.lower(),
        width=header.size.width,
        height=header.size.height,
        clock_difference_s=clock_s,
    )
    tell.frame(picture, datetime.now(UTC), None, facts)


async def _look(job: StreamJob, tell: Teller) -> str | None:
    """Pulls MJPEG; says of anything else what it is: ``picture``, ``playlist`` or ``video``."""
    policy = policy_of(job)

    async def read(response: httpcore2.Response, _shown: str) -> str | None:
        kind = headers_of(response).get("content-type", "").lower()
        if kind.startswith("multipart/"):
            await _take_parts(response, kind_of(response), job, tell, policy)
            return None
        if kind.startswith("image/"):
            return "picture"
        if any(one in kind for one in _PLAYLIST_KINDS):
            return "playlist"
        beginning = await within(job.limits.answer_s, anext(chunks_of(response), b""))
        if beginning.lstrip(b"\xef\xbb\xbf").startswith(b"#EXTM3U"):
            return "playlist"
        if beginning.startswith(b"\xff\xd8\xff"):
            return "picture"
        if kind.startswith("text/") or b"<html" in beginning[:1000].lower():
            raise CameraStreamMissing("camera-sends-page", kind=kind[:60] or "-")
        return "video"

    within_s = job.limits.connect_s + job.limits.answer_s
    return await ask(url_of(job), policy, within_s, read, is_lasting=True)


def kind_of(response: httpcore2.Response) -> str:
    """The content type as it was written: boundaries know capitals."""
    return headers_of(response).get("content-type", "")


async def _take_parts(
    response: httpcore2.Response, kind: str, job: StreamJob, tell: Teller, policy: FetchPolicy
) -> None:
    clock_s = clock_of(headers_of(response))
    silence_s = max(job.limits.silence_s, 2 * job.every_s)
    tell.step("watch", silence_s)
    parts = read_parts(chunks_of(response), kind, policy.limits)
    due = 0.0
    count = 0
    while True:
        try:
            part = await within(silence_s, anext(parts))
        except StopAsyncIteration:
            break
        tell.alive()
        count += 1
        now = time.monotonic()
        if part and now >= due:
            due = next_due(due, now, job.every_s)
            _hand_over(part, policy, tell, clock_s)
    if not count:
        raise CameraStreamBroken("camera-mjpeg-without-picture")
    raise CameraUnreachable("camera-stream-ended")


def _decode(job: StreamJob, tell: Teller, found: str) -> None:
    """Fetches in a thread, decodes in this one."""
    feeder = _feed_playlist if found == "playlist" else _feed_video

    def fetch(write: Callable[[bytes], None]) -> None:
        with as_cameras_fault():
            asyncio.run(feeder(job, write))

    def open_video() -> Video:
        feed = Feed(fetch)
        options = {"protocol_whitelist": "pipe,fd", "format_whitelist": FORMATS}
        return Video(f"pipe:{feed.reading}", options, is_paced=found == "playlist", feed=feed)

    follow(open_video, job, tell)


async def _feed_video(job: StreamJob, write: Callable[[bytes], None]) -> None:
    async def read(response: httpcore2.Response, _shown: str) -> None:
        chunks = chunks_of(response)
        while True:
            chunk = await within(job.limits.silence_s, anext(chunks, b""))
            if not chunk:
                return
            write(chunk)

    within_s = job.limits.connect_s + job.limits.answer_s
    await ask(url_of(job), policy_of(job), within_s, read, is_lasting=True)


async def _feed_playlist(job: StreamJob, write: Callable[[bytes], None]) -> None:
    """Fetches segment after segment; the newest ones where there are more than can be shown."""
    policy, url = policy_of(job), url_of(job)
    playlist = await _playlist(job, policy, url)
    for _ in range(2):
        if not playlist.variants:
            break
        url = playlist.best_variant(url)
        playlist = await _playlist(job, policy, url)
    done: int | None = None
    initial: str | None = None
    while True:
        heard = time.monotonic()
        for number, segment in playlist.following(done, url):
            if segment.initial is not None and segment.initial != initial:
                initial = segment.initial
                write(await _segment(job, policy, initial))
            write(await _segment(job, policy, segment.url))
            done = number
        if playlist.is_complete:
            return
        while True:
            await asyncio.sleep(min(max(playlist.target_s / 2, 0.5), 5.0))
            playlist = await _playlist(job, policy, url)
            if playlist.has_more(done):
                break
            if time.monotonic() - heard > job.limits.silence_s + 2 * playlist.target_s:
                raise CameraStreamMissing("camera-playlist-stands")


async def _playlist(job: StreamJob, policy: FetchPolicy, url: str) -> Playlist:
    return read_playlist(await _body(job, policy, url, _MOST_PLAYLIST_BYTES))


async def _segment(job: StreamJob, policy: FetchPolicy, url: str) -> bytes:
    return await _body(job, policy, url, _MOST_SEGMENT_BYTES)


async def _body(job: StreamJob, policy: FetchPolicy, url: str, most_bytes: int) -> bytes:
    async def read(response: httpcore2.Response, _shown: str) -> bytes:
        body = bytearray()
        async for chunk in _bounded(chunks_of(response), most_bytes):
            body += chunk
        return bytes(body)

    return await ask(url, policy, job.limits.connect_s + job.limits.silence_s, read)


async def _bounded(chunks: AsyncIterator[bytes], most_bytes: int) -> AsyncIterator[bytes]:
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        if received > most_bytes:
            raise CameraStreamBroken("camera-sends-too-much", limit=most_bytes)
        yield chunk
