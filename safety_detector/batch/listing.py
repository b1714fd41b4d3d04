"""A list of pictures: a text file with a path or an http(s) URL on each line."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from safety_detector.batch.list_lines import foreign_place, meant, read_lines
from safety_detector.batch.names import name_of_url, readable_path
from safety_detector.batch.offers import Offer, ReadPicture, file_stamp
from safety_detector.errors import ConfigurationInvalid, PictureUnreadable
from safety_detector.ingest.admission import read_file
from safety_detector.ingest.fetching import FetchPolicy, fetch_picture, is_url


class ListSource:
    """The pictures that a list names, in its order.

    Empty lines and those that begin with ``#`` are passed over, and what Windows puts around paths
    goes.  A path is relative to the list's folder, or where nothing is there, to the current one.

    Args:
        path: absolute path of the list.
        policy: what may be fetched and read.
    """

    def __init__(self, path: Path, policy: FetchPolicy) -> None:
        self._path = path
        self._policy = policy
        self.skipped: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()

    @property
    def description(self) -> str:
        """The list's path."""
        return readable_path(os.fsencode(self._path))

    @property
    def pictures(self) -> Path | None:
        """The list's folder."""
        return self._path.parent.absolute()

    def offers(self) -> Iterator[Offer]:
        """Every line that names something.

        Raises:
            ConfigurationInvalid: the list cannot be read, or has a line that cannot be a path.
        """
        try:
            for number, line in read_lines(self._path):
                yield self._offer(os.fsencode(meant(line, self._path.parent)), number)
        except OSError as exc:
            raise ConfigurationInvalid(f"{self._path} cannot be read: {exc.strerror}.") from exc

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
        if place is not None and not path.exists():
            raise PictureUnreadable(
                f"Line {offer.place}: the path leads to {place}. Write paths that are relative to "
                "the list's folder."
            )
        try:
            return read_file(path, self._policy.limits)
        except PictureUnreadable as exc:
            raise PictureUnreadable(f"Line {offer.place}: {exc.message}") from exc

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
        except OSError:  # reading it will say why
            stamp = ""
        return Offer(readable_path(entry), entry, stamp, number)

    def _locate(self, text: str) -> Path:
        beside, here = self._path.parent / text, Path(text).absolute()
        return here if here.exists() and not beside.exists() else beside
