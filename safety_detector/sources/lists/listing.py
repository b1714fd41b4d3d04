"""A list of pictures: a path or an http(s) URL on each line of a text file, or a labelled set."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from safety_detector.errors import ConfigurationInvalid, PictureUnreadable
from safety_detector.ingest.admission import read_file
from safety_detector.ingest.fetching import FetchPolicy, fetch_picture, is_url
from safety_detector.message_texts.reason import system_cause
from safety_detector.sources.lists.coco_names import read_coco_names
from safety_detector.sources.lists.list_lines import foreign_place, is_there, meant, read_lines
from safety_detector.sources.names import name_of_url, readable_path
from safety_detector.sources.offers import Offer, ReadPicture, file_stamp


class ListSource:
    """The pictures that a list names, in its order.

    Empty lines and those that begin with ``#`` are passed over, and what Windows puts around paths
    goes.  A path is relative to the list's folder, or where nothing is there, to the current one;
    names of a labelled set in COCO format are relative to the folder of its pictures.

    Args:
        path: absolute path of the list.
        policy: what may be fetched and read.
        is_coco: whether it is a labelled set.

    Raises:
        ConfigurationInvalid: a labelled set cannot be read.
    """

    def __init__(self, path: Path, policy: FetchPolicy, *, is_coco: bool = False) -> None:
        self._path = path
        self._policy = policy
        self._folder = path.parent
        self._names: list[str] | None = None
        if is_coco:
            with _our_errors(path):
                self._folder, self._names = read_coco_names(path)
        self.skipped: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()

    @property
    def description(self) -> str:
        """The list's path."""
        return readable_path(os.fsencode(self._path))

    @property
    def pictures(self) -> Path | None:
        """The list's folder, or that of the labelled set's pictures."""
        return self._folder.absolute()

    def offers(self) -> Iterator[Offer]:
        """Every line that names something.

        Raises:
            ConfigurationInvalid: the list cannot be read, or has a line that cannot be a path.
        """
        with _our_errors(self._path):
            lines = read_lines(self._path) if self._names is None else enumerate(self._names, 1)
            for number, line in lines:
                entry = meant(line, self._folder)
                yield self._offer(os.fsencode(entry), number)

    def hand_out(self, offers: Iterable[Offer]) -> Iterator[tuple[Offer, ReadPicture | None]]:
        """Each offer with what reads or fetches it."""
        for offer in offers:
            yield offer, partial(self.read_again, offer)

    def read_again(self, offer: Offer) -> bytes:
        """The bytes of the file or behind the URL.

        Raises:
            PictureUnreadable, PictureTooLarge, AddressRefused, FetchFailed: as they say.
        """
        text = os.fsdecode(offer.key)
        if is_url(text):
            return fetch_picture(text, self._policy)
        path = self._locate(text)
        place = foreign_place(text)
        if place is not None and not is_there(text, path.parent):
            raise PictureUnreadable("list-line-leads-elsewhere", line=offer.place, place=place)
        try:
            return read_file(path, self._policy.limits)
        except PictureUnreadable as exc:
            raise PictureUnreadable("list-line", line=offer.place, reason=exc.reason) from exc

    def file_of(self, offer: Offer) -> Path | None:
        """The file that the line names; None of a URL."""
        text = os.fsdecode(offer.key)
        return None if is_url(text) else self._locate(text)

    def is_fleeting(self, offer: Offer) -> bool:
        """A URL may give another picture the next time."""
        return is_url(os.fsdecode(offer.key))

    def close(self) -> None:
        """No file stays open."""

    def _offer(self, entry: bytes, number: int) -> Offer:
        text = os.fsdecode(entry)
        if is_url(text):
            return Offer(readable_path(os.fsencode(name_of_url(text))), entry, place=number)
        try:
            stamp = file_stamp(self._locate(text).stat())
        except (OSError, ValueError):  # reading it will say why
            stamp = ""
        return Offer(readable_path(entry), entry, stamp, number)

    def _locate(self, text: str) -> Path:
        is_only_here = is_there(text, Path()) and not is_there(text, self._folder)
        return Path(text).absolute() if is_only_here else self._folder / text


@contextmanager
def _our_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise ConfigurationInvalid("unreadable", path=path, cause=system_cause(exc)) from exc
