"""Weights of the site: checked copies in the data folder, and which of them is in use.

``weights/in-use.json`` names a file of that folder by its SHA-256; it takes the place of the one
before in one step, so that there is never half of anything.  Files stay when others come, so that
one can go back.  A file that is not what the record says is refused, not passed over: who looks for
fires with other weights than somebody chose should hear of it.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from safety_detector.errors import StorageUnavailable, WeightsInvalid
from safety_detector.host.output_files import replacing, storage_errors, sync_folder
from safety_detector.message_texts.reason import system_cause

FOLDER = "weights"
RECORD = "in-use.json"

MOST_BYTES = 500 * 2**20
"""Largest file that is taken; ours have 13 MB."""

_BLOCK_BYTES = 2**20


class Chosen(BaseModel):
    """Weights that somebody put to use.

    Attributes:
        sha256: of the file, which it is named by.
        version: as results name it.
        at: when.
        by: who.
    """

    model_config = ConfigDict(frozen=True)

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    version: str
    at: datetime
    by: str


class _Record(BaseModel):
    """What is in use, and what was before, the last one first."""

    in_use: Chosen
    earlier: tuple[Chosen, ...] = ()


class InstalledWeights:
    """The weights of one data folder.

    Args:
        data_folder: the service's; nothing of it needs to be there.
    """

    def __init__(self, data_folder: Path) -> None:
        self._folder = data_folder / FOLDER

    def in_use(self) -> Chosen | None:
        """What is in use; None for the weights that come with the program.

        Raises:
            WeightsInvalid: the record cannot be read.
        """
        record = self._read()
        return record.in_use if record else None

    def earlier(self) -> tuple[Chosen, ...]:
        """What was in use before, the last one first.

        Raises:
            WeightsInvalid: the record cannot be read.
        """
        record = self._read()
        return record.earlier if record else ()

    def path(self) -> Path | None:
        """The file in use, whole and unchanged; None for the weights that come with the program.

        Raises:
            WeightsInvalid: it is missing, or is not what was installed.
        """
        chosen = self.in_use()
        return None if chosen is None else self._unchanged(chosen)

    def take(self, source: Path) -> Path:
        """A copy of a file, in the folder and not in use yet: what is checked is what is used.

        Raises:
            WeightsInvalid: it is missing, or far too large.
            StorageUnavailable: it cannot be read or written.
        """
        if not source.is_file():
            raise WeightsInvalid("no-weights", path=source)
        with storage_errors(self._folder):
            if source.stat().st_size > MOST_BYTES:
                raise WeightsInvalid("weights-too-large", path=source, mib=MOST_BYTES // 2**20)
            self._folder.mkdir(parents=True, exist_ok=True)
            digest = _digest(source)
        copied = hashlib.sha256()
        target = self._file(digest)
        with replacing(target) as file, source.open("rb") as stream:
            while block := stream.read(_BLOCK_BYTES):
                copied.update(block)
                file.write(block)
            if copied.hexdigest() != digest:
                raise StorageUnavailable("weights-changed-meanwhile", path=source)
        return target

    def use(self, taken: Path, version: str, at: datetime, by: str) -> Chosen:
        """Puts a file of the folder to use.

        Args:
            taken: from ``take``.
            version: that it names.
            at: the present moment.
            by: who does.

        Raises:
            WeightsInvalid: the record of what was in use cannot be read.
            StorageUnavailable: it cannot be written; what was in use stays.
        """
        chosen = Chosen(sha256=taken.stem, version=version, at=at, by=by)
        before = self._read()
        earlier = (before.in_use, *before.earlier) if before else ()
        self._write(_Record(in_use=chosen, earlier=earlier))
        return chosen

    def discard(self, taken: Path) -> None:
        """Removes a file of the folder, unless it is in use or was before.

        Raises:
            WeightsInvalid: the record of what is in use cannot be read.
            StorageUnavailable: it cannot be removed.
        """
        record = self._read()
        kept = {one.sha256 for one in (record.in_use, *record.earlier)} if record else set()
        if taken.stem not in kept:
            with storage_errors(self._folder):
                taken.unlink(missing_ok=True)

    def go_back(self) -> Chosen | None:
        """Puts to use what was before; None if that is what comes with the program.

        Raises:
            WeightsInvalid: nothing was installed, or what was before is not there any more.
            StorageUnavailable: it cannot be written; what was in use stays.
        """
        before = self._read()
        if before is None:
            raise WeightsInvalid("no-earlier-weights", path=self._folder)
        if not before.earlier:
            with storage_errors(self._folder):
                (self._folder / RECORD).unlink()
                sync_folder(self._folder)
            return None
        chosen = before.earlier[0]
        self._unchanged(chosen)
        self._write(_Record(in_use=chosen, earlier=before.earlier[1:]))
        return chosen

    def _file(self, sha256: str) -> Path:
        return self._folder / f"{sha256}.onnx"

    def _unchanged(self, chosen: Chosen) -> Path:
        path = self._file(chosen.sha256)
        try:
            digest = _digest(path)
        except OSError as exc:
            raise WeightsInvalid(
                "installed-weights-missing", path=path, cause=system_cause(exc)
            ) from exc
        if digest != chosen.sha256:
            raise WeightsInvalid("installed-weights-changed", path=path)
        return path

    def _read(self) -> _Record | None:
        path = self._folder / RECORD
        try:
            return _Record.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise WeightsInvalid(
                "weights-record-unreadable", path=path, cause=system_cause(exc)
            ) from exc
        except ValidationError as exc:
            raise WeightsInvalid(
                "weights-record-unreadable", path=path, cause=exc.errors()[0]["msg"]
            ) from exc

    def _write(self, record: _Record) -> None:
        with replacing(self._folder / RECORD) as file:
            file.write(record.model_dump_json(indent=1).encode() + b"\n")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
