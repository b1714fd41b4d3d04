"""HLS playlists (RFC 8216): what is to be fetched next.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit, urlunsplit

from safety_detector.errors import CameraStreamBroken, CameraStreamMissing

_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)')
_WIDEST = 1920  # of variants: a larger one costs more than detectors see in it
_FROM_THE_END = 3  # segments; RFC 8216, 6.3.3 advises that for what is live
_MOST_LINES = 20_000


@dataclass(frozen=True, slots=True)
class Variant:
    """One of several qualities."""

    url: str
    width: int
    bandwidth: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the video.

    Attributes:
        url: as it is written.
        initial: of what goes in front of it, in MP4.
    """

    url: str
    initial: str | None


@dataclass(frozen=True, slots=True)
class Playlist:
    """What a playlist says.

    Attributes:
        variants: other playlists, in which segments stand.
        segments: in order.
        first: number of the first one.
        target_s: no segment lasts longer.
        is_complete: whether no more will come.
    """

    variants: tuple[Variant, ...]
    segments: tuple[Segment, ...]
    first: int
    target_s: float
    is_complete: bool

    def best_variant(self, url: str) -> str:
        """The address of the largest one that is not larger than is of use, else the smallest."""
        fitting = [one for one in self.variants if one.width <= _WIDEST]
        if fitting:
            best = max(fitting, key=lambda one: (one.width, one.bandwidth))
        else:
            best = min(self.variants, key=lambda one: (one.width, one.bandwidth))
        return joined(url, best.url)

    def following(self, done: int | None, url: str) -> Iterator[tuple[int, Segment]]:
        """Numbers and segments to be fetched, with whole addresses.

        Args:
            done: number of the last one that was; None at the beginning.
            url: the playlist's.
        """
        start = 0 if done is None else done + 1 - self.first
        if not self.is_complete and (done is None or start < 0):
            start = len(self.segments) - _FROM_THE_END
        start = max(start, 0)
        for place, one in enumerate(self.segments[start:], start):
            initial = joined(url, one.initial) if one.initial else None
            yield self.first + place, Segment(joined(url, one.url), initial)

    def has_more(self, done: int | None) -> bool:
        """Whether there is a segment that was not fetched, or an end."""
        last = self.first + len(self.segments) - 1
        # Numbers that begin anew are those of a server that was started again.
        return self.is_complete or done is None or last > done or last + _MOST_LINES < done


def joined(base: str, url: str) -> str:
    """An address in a playlist; user and password go along to the same server alone."""
    whole = urljoin(base, url)
    ours, theirs = urlsplit(base), urlsplit(whole)
    login, at, host = ours.netloc.rpartition("@")
    if at and "@" not in theirs.netloc and (theirs.scheme, theirs.netloc) == (ours.scheme, host):
        theirs = theirs._replace(netloc=f"{login}@{host}")
    return urlunsplit(theirs)


def read_playlist(data: bytes) -> Playlist:
    """What a playlist says.

    Raises:
        CameraStreamMissing: it is none, or has nothing in it.
        CameraStreamBroken: it is encrypted.
    """
    lines = data.decode("utf-8", "replace").lstrip("\ufeff").splitlines()[:_MOST_LINES]
    if not lines or not lines[0].startswith("#EXTM3U"):
        raise CameraStreamMissing("camera-playlist-senseless")
    variants: list[Variant] = []
    segments: list[Segment] = []
    first, target_s, initial = 0, 6.0, None
    attributes: dict[str, str] | None = None
    for line in map(str.strip, lines):
        tag, _, value = line.partition(":")
        if tag == "#EXT-X-STREAM-INF":
            attributes = _attributes(value)
        elif tag == "#EXT-X-MEDIA-SEQUENCE" and value.isdecimal():
            first = int(value[:18])
        elif tag == "#EXT-X-TARGETDURATION" and value.isdecimal():
            target_s = min(float(value[:9]), 60.0)
        elif tag == "#EXT-X-MAP":
            initial = _attributes(value).get("URI")
        elif tag == "#EXT-X-KEY" and _attributes(value).get("METHOD", "NONE") != "NONE":
            raise CameraStreamBroken("camera-playlist-encrypted")
        elif line and not line.startswith("#"):
            if attributes is not None:
                variants.append(_variant(line, attributes))
                attributes = None
            else:
                segments.append(Segment(line, initial))
    is_complete = any(line.startswith("#EXT-X-ENDLIST") for line in lines)
    return Playlist(tuple(variants), tuple(segments), first, target_s, is_complete)


def _attributes(text: str) -> dict[str, str]:
    return {name: value.strip('"') for name, value in _ATTRIBUTE.findall(text)}


def _variant(url: str, attributes: dict[str, str]) -> Variant:
    width = attributes.get("RESOLUTION", "").partition("x")[0]
    bandwidth = attributes.get("BANDWIDTH", "")
    return Variant(
        url,
        int(width) if width.isdecimal() and len(width) < 6 else 0,
        int(bandwidth) if bandwidth.isdecimal() and len(bandwidth) < 12 else 0,
    )
