"""What every source of pictures does, and which one a path means."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from safety_detector.errors import ConfigurationInvalid
from safety_detector.ingest.fetching import FetchPolicy, is_url
from safety_detector.message_texts.reason import system_cause
from safety_detector.sources.archives.archive import ZipSource
from safety_detector.sources.folder import FolderSource
from safety_detector.sources.left_out import Selection
from safety_detector.sources.lists.coco_names import looks_like_coco
from safety_detector.sources.lists.list_lines import HEAD_BYTES, encoding_of
from safety_detector.sources.lists.listing import ListSource
from safety_detector.sources.names import looks_like_picture, name_of_url
from safety_detector.sources.offers import Offer, ReadPicture
from safety_detector.sources.videos.video import VIDEO_ENDINGS, looks_like_video, open_video


class Source(Protocol):
    """Offers pictures and reads them: a folder, a zip, a list or a video."""

    @property
    def description(self) -> str:
        """The absolute path, and what else decides which pictures there are."""

    @property
    def pictures(self) -> Path | None:
        """Folder that names of pictures are relative to; None if they are no files."""

    @property
    def skipped(self) -> Counter[str]:
        """Files that are no pictures, by ending, as far as ``offers`` has come."""

    @property
    def left_out(self) -> Counter[str]:
        """Files and folders that are left out by their names, by reason, as far as it has come."""

    def offers(self) -> Iterator[Offer]:
        """Every picture that is there now, none of them read, in any order.

        Raises:
            ConfigurationInvalid: the source as a whole cannot be read.
        """

    def hand_out(self, offers: Iterable[Offer]) -> Iterator[tuple[Offer, ReadPicture | None]]:
        """Each offer with what reads it, in order; None where it turns out not to exist.

        Reading is left to the caller's threads and may raise any ``SafetyDetectorError``.
        """

    def read_again(self, offer: Offer) -> bytes:
        """The picture's bytes, any time later.

        Raises:
            SafetyDetectorError: it cannot be read (any more).
        """

    def file_of(self, offer: Offer) -> Path | None:
        """The file that holds the picture's bytes and nothing else; None if there is none."""

    def is_fleeting(self, offer: Offer) -> bool:
        """Whether the same bytes cannot be had a second time, so that a copy is kept."""

    def close(self) -> None:
        """Gives back open files."""


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What sources need to know.

    Attributes:
        policy: limits of pictures, and which URLs may be fetched.
        output: folder that is left out where it lies inside the source.
        frames_per_second: taken from a video.
        assumed_rate: frames a second of a video without times; None for what its stream says.
        zip_encoding: of names in a zip that do not say theirs; None to guess.
        selection: what is left out of a folder or a zip.
    """

    policy: FetchPolicy
    output: Path
    frames_per_second: float = 1.0
    assumed_rate: float | None = None
    zip_encoding: str | None = None
    selection: Selection = Selection()  # noqa: RUF009 (it is frozen)


def open_source(text: str, options: SourceOptions) -> Source:
    """The source that a path means, told by what lies there.

    Raises:
        ConfigurationInvalid: there is nothing of the kind; the message says what there could be.
    """
    if is_url(text):
        raise ConfigurationInvalid("source-is-url", url=name_of_url(text))
    path = Path(text).absolute()
    if os.path.isdir(path):  # noqa: PTH112 (pathlib's raises where a name is too long)
        if options.output.exists() and options.output.samefile(path):
            raise ConfigurationInvalid("source-is-output", path=text)
        return FolderSource(path, options.policy.limits, options.output, options.selection)
    head = _head(path)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ZipSource(
            path,
            options.policy.limits,
            encoding=options.zip_encoding,
            selection=options.selection,
        )
    if looks_like_picture(head[:16]):
        raise ConfigurationInvalid("source-is-picture", path=text)
    if looks_like_video(path, head):
        return open_video(
            path,
            options.frames_per_second,
            options.assumed_rate,
            options.policy.limits.max_pixels,
            options.output,
        )
    if encoding_of(head) is None:
        raise ConfigurationInvalid("source-not-recognised", path=text)
    return ListSource(path, options.policy, is_coco=looks_like_coco(path, head))


def may_be_source(ending: str) -> bool:
    """Whether files that end so are sources of their own, which are not looked into in a folder."""
    return ending == ".zip" or ending in VIDEO_ENDINGS


def _head(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise ConfigurationInvalid("neither-folder-nor-file", path=path)
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError as exc:
        raise ConfigurationInvalid("unreadable", path=path, cause=system_cause(exc)) from exc
