"""Where ``detect`` puts pictures: the folder of annotated ones, and a spool for the report."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from safety_detector.errors import ConfigurationInvalid, PictureRefused, ReportFailed
from safety_detector.message_texts.reason import system_cause
from safety_detector.pictures.images import RgbImage, decode, read_header


def prepare_output_file(path: Path) -> None:
    """Makes the folder of an output file, before any work is done.

    Raises:
        ConfigurationInvalid: the folder cannot be made, or the path is a folder.
    """
    if path.is_dir():
        raise ConfigurationInvalid("output-is-folder", path=path)
    _make_folder(path.parent)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigurationInvalid("not-made", path=folder, cause=system_cause(exc)) from exc
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigurationInvalid("not-writable", path=folder)


@dataclass(slots=True)
class AnnotatedFolder:
    """The folder that ``--annotated`` names; a name is used once a run."""

    folder: Path
    _used: set[str] = field(default_factory=set)

    @classmethod
    def prepare(cls, folder: Path) -> AnnotatedFolder:
        """Makes the folder.

        Raises:
            ConfigurationInvalid: it cannot be made or written to.
        """
        _make_folder(folder)
        return cls(folder)

    def write(self, name: str, jpeg: bytes) -> Path:
        """Writes ``<name>-annotated.jpg``, never over a picture of the same run.

        Raises:
            ReportFailed: the file cannot be written.
        """
        # The ending keeps the originals safe when the folder is the one that they lie in.
        stem = "".join(char for char in Path(name).stem if char.isprintable())[:100] or "picture"
        file_name = f"{stem}-annotated.jpg"
        number = 2
        while file_name in self._used:
            file_name = f"{stem}-{number}-annotated.jpg"
            number += 1
        self._used.add(file_name)
        path = self.folder / file_name
        partial = path.with_name(file_name + ".part")
        try:
            partial.write_bytes(jpeg)
            partial.replace(path)
        except OSError as exc:
            partial.unlink(missing_ok=True)
            raise ReportFailed("not-written", path=path, cause=system_cause(exc)) from exc
        return path


@dataclass(frozen=True, slots=True)
class PictureSpool:
    """Originals and annotated pictures on disk until the report is made, so that memory stays flat.

    Originals are kept rather than read again: a file may change and a URL may give another picture.
    """

    folder: Path

    def keep(self, inspection_id: str, original: bytes, annotated_jpeg: bytes) -> None:
        """Stores both pictures of an inspection.

        Raises:
            ReportFailed: there is no room for them.
        """
        try:
            (self.folder / f"{inspection_id}.original").write_bytes(original)
            (self.folder / f"{inspection_id}.annotated").write_bytes(annotated_jpeg)
        except OSError as exc:
            raise ReportFailed("no-room", path=self.folder, cause=system_cause(exc)) from exc

    def original_of(self, inspection_id: str) -> Callable[[], RgbImage | None]:
        """Loads the original when called; None for an inspection that has none here."""
        return lambda: _load(self.folder / f"{inspection_id}.original")

    def annotated_of(self, inspection_id: str) -> Callable[[], RgbImage | None]:
        """Loads the annotated picture when called; None for an inspection that has none here."""
        return lambda: _load(self.folder / f"{inspection_id}.annotated")


def _load(path: Path) -> RgbImage | None:
    if not path.exists():
        return None
    data = path.read_bytes()
    try:
        return decode(data, read_header(data))
    except PictureRefused:
        return None
