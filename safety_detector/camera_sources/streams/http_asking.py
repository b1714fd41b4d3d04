"""Questions by HTTP of a stream's process: to checked addresses, within time, and what failed."""

from __future__ import annotations

import asyncio
import email.utils
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

import httpcore2

from safety_detector.camera_sources.source import with_secrets
from safety_detector.camera_sources.streams.connecting import connect, resolve
from safety_detector.camera_sources.streams.job import StreamJob
from safety_detector.errors import (
    AddressRefused,
    CameraAddressRefused,
    CameraLoginFailed,
    CameraStreamBroken,
    CameraStreamMissing,
    CameraTimedOut,
    CameraUnavailable,
    FetchFailed,
    PictureRefused,
)
from safety_detector.ingest.admission import Limits
from safety_detector.ingest.fetching import BodyT, FetchPolicy, ReadBody, follow_url

_T = TypeVar("_T")


def policy_of(job: StreamJob) -> FetchPolicy:
    """What may be fetched for a stream."""
    limits = Limits(max_bytes=job.limits.max_jpeg_bytes, max_pixels=job.limits.max_pixels)
    return FetchPolicy(limits=limits, networks=job.networks, ca_file=job.ca_path)


def url_of(job: StreamJob) -> str:
    """The source's address with its user and password."""
    parts = urlsplit(with_secrets(job.source))
    source = job.source
    if source.username is None and source.password is None:
        return urlunsplit(parts)
    login = f"{quote(source.username or '', safe='')}:{quote(source.password or '', safe='')}"
    return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc}"))


def check_connection(job: StreamJob) -> None:
    """Connects once and hangs up, since what fails is told better here.

    Raises:
        CameraUnavailable: it cannot be reached, or may not.
    """
    parts = urlsplit(job.source.url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    peer = resolve(parts.hostname or "", port, job.networks, job.limits.connect_s)
    connect(peer, job.limits.connect_s).close()


async def ask(
    url: str,
    policy: FetchPolicy,
    within_s: float,
    read: ReadBody[BodyT],
    *,
    is_lasting: bool = False,
) -> BodyT:
    """What ``read`` makes of the answer.

    Args:
        url: with user and password.
        policy: what may be fetched.
        within_s: for everything.
        read: the answer's body.
        is_lasting: whether the time is for the answer's beginning alone.

    Raises:
        CameraTimedOut: it does not come in time.
        AddressRefused, FetchFailed, PictureRefused: as ``follow_url`` and ``read`` do.
    """
    try:
        async with asyncio.timeout(within_s) as limit:

            async def begin(response: httpcore2.Response, shown: str) -> BodyT:
                if is_lasting:
                    limit.reschedule(None)
                return await read(response, shown)

            return await follow_url(url, policy, begin)
    except TimeoutError as exc:
        parts = urlsplit(url)
        raise CameraTimedOut(
            "camera-answer-timeout", address=parts.netloc.rpartition("@")[2], seconds=within_s
        ) from exc


async def within(seconds: float, awaited: Awaitable[_T]) -> _T:
    """What comes in time.

    Raises:
        CameraTimedOut: nothing does.
    """
    try:
        return await asyncio.wait_for(awaited, seconds)
    except TimeoutError as exc:
        raise CameraTimedOut("camera-silent", seconds=seconds) from exc


async def chunks_of(response: httpcore2.Response) -> AsyncIterator[bytes]:
    """The body as it comes."""
    async for chunk in response.aiter_stream():
        yield chunk


@contextmanager
def as_cameras_fault() -> Iterator[None]:
    """Says of a failed fetch what it means for a camera."""
    try:
        yield
    except AddressRefused as exc:
        raise CameraAddressRefused(exc.reason) from exc
    except FetchFailed as exc:
        raise _meaning(exc) from exc
    except PictureRefused as exc:
        raise CameraStreamBroken("camera-sent-no-picture", cause=exc.reason) from exc


def _meaning(error: FetchFailed) -> CameraUnavailable:
    facts = error.reason.facts
    status = facts.get("status")
    match error.reason.code:
        case "url-password-wrong":
            return CameraLoginFailed("camera-password-wrong", status=status)
        case "url-wants-password":
            return CameraLoginFailed("camera-wants-password", status=status)
        case "url-answered" if status == 403:
            return CameraLoginFailed("camera-forbids", answer=facts["answer"])
        case "url-answered" if status in (404, 410):
            return CameraStreamMissing("camera-no-such-path", answer=facts["answer"])
        case "url-answered":
            return CameraStreamMissing("camera-answers", answer=facts["answer"])
        case _:
            return CameraStreamBroken("camera-not-delivered", cause=error.reason)


def clock_of(headers: dict[str, str]) -> float | None:
    """How far the other side's clock is ahead of ours, by its ``Date``; good to a second."""
    try:
        said = email.utils.parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    if said.tzinfo is None:
        said = said.replace(tzinfo=UTC)
    return (said - datetime.now(UTC)).total_seconds()


def headers_of(response: httpcore2.Response) -> dict[str, str]:
    """The answer's headers by their names in small letters."""
    return {
        name.decode("latin-1").lower(): value.decode("latin-1").strip()
        for name, value in response.headers
    }
