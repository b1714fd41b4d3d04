"""One picture from its bytes to its journal line and its files."""

from __future__ import annotations

import hashlib
import logging
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from safety_detector.annotation.draw import annotate, encode_annotated
from safety_detector.appearance.fonts import FontFiles
from safety_detector.batch.journal import Journal
from safety_detector.batch.ledger import Ledger
from safety_detector.batch.lines import (
    Entry,
    Judge,
    Provenance,
    copy_line,
    inspection_id,
    make_line,
    read_entry,
)
from safety_detector.batch.outages import Patience, Stopped
from safety_detector.documents.results import read_result
from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import (
    Inspection,
    PictureFacts,
    Problem,
    Status,
    Verdict,
)
from safety_detector.errors import (
    ConfigurationInvalid,
    ModelUnreachable,
    SafetyDetectorError,
    StorageUnavailable,
    UnexpectedFault,
)
from safety_detector.host.output_files import ANNOTATED, ORIGINALS, storage_errors, write_file
from safety_detector.ingest.admission import Limits, admit
from safety_detector.ingest.exif_time import taken_of
from safety_detector.pictures.images import decode
from safety_detector.pictures.memory_budget import MemoryBudget
from safety_detector.pipeline import InspectedPicture, inspect_with_second_look
from safety_detector.ports import Detector
from safety_detector.sources.names import file_for
from safety_detector.sources.offers import Offer, ReadPicture

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Equipment:
    """What pictures are inspected with.

    Attributes:
        judge: what the lines say of who judged the pictures.
        look: inspects a picture's bytes under its name; safe to call from several threads.
        limits: what one may cost.
        fonts, language: of the annotated pictures.
        line_language: adds names for people to the lines; None adds none.
        draws: whether annotated pictures are wanted.
        begin: told the nonce of the output folder before any picture; None if nobody asks for it.
        zone: in which a camera's time is read that has no zone of its own.
    """

    judge: Judge
    look: Callable[[bytes, str], InspectedPicture]
    limits: Limits
    fonts: FontFiles
    language: Language
    line_language: Language | None = None
    draws: bool = True
    begin: Callable[[str], None] | None = None
    zone: tzinfo = UTC


def local_equipment(
    detector: Detector,
    limits: Limits,
    fonts: FontFiles,
    language: Language,
    *,
    line_language: Language | None = None,
    draws: bool = True,
    zone: tzinfo = UTC,
) -> Equipment:
    """Equipment whose detector is in this process."""

    def look(data: bytes, name: str) -> InspectedPicture:
        return inspect_with_second_look(data, name, detector, limits, urgent=False)

    judge = Judge(
        detector.backend,
        detector.model,
        detector.prompt_version,
        conditions=detector.conditions,
    )
    return Equipment(judge, look, limits, fonts, language, line_language, draws, zone=zone)


@dataclass(frozen=True, slots=True)
class Noted:
    """What became of one picture."""

    entry: Entry
    is_copy: bool
    supersedes: bool


class PictureRunner:
    """Inspects pictures; safe to use from several threads.

    Args:
        folder: the output folder.
        provenance: what every line says.
        equipment: what pictures are inspected with.
        journal, ledger: where results go, and where those of the same bytes are found.
        patience: waits for the model.
    """

    def __init__(
        self,
        folder: Path,
        provenance: Provenance,
        equipment: Equipment,
        journal: Journal,
        ledger: Ledger,
        patience: Patience,
    ) -> None:
        self._folder = folder
        self._provenance = provenance
        self._equipment = equipment
        self._journal = journal
        self._ledger = ledger
        self._patience = patience
        self._contents = _InHand()
        self._budget = MemoryBudget()

    def inspect(self, offer: Offer, read: ReadPicture, *, keep_original: bool) -> Noted:
        """Inspects one picture and writes its line, whatever is wrong with it.

        Raises:
            ModelUnreachable: the model was away for too long.
            StorageUnavailable: the output folder cannot be written.
            Stopped: the run is to stop while the model is away.
            ConfigurationInvalid: nothing can be asked any more, whatever the picture: a
                certificate has ended, or its file is gone.
        """
        received_at = datetime.now(UTC)
        sha256 = None
        try:
            data = read()
            sha256 = hashlib.sha256(data).hexdigest()
            with self._contents.alone(sha256):
                return self._inspect_content(offer, data, sha256, received_at, keep_original)
        except (StorageUnavailable, ModelUnreachable, ConfigurationInvalid, Stopped):
            raise
        except SafetyDetectorError as exc:
            return self._note_failure(offer, sha256, received_at, exc)
        except Exception as exc:  # noqa: BLE001 (the edge: one picture must not end the run)
            _log.exception("unexpected fault with %s", offer.name)
            fault = UnexpectedFault("unexpected", kind=type(exc).__name__, cause=exc)
            return self._note_failure(offer, sha256, received_at, fault)

    def lacks_drawing(self, offer: Offer) -> bool:
        """Whether the annotated picture of a finished one is not there (any more)."""
        try:
            return (self._folder / ANNOTATED / file_for(offer.name)).stat().st_size == 0
        except OSError:
            return True

    def draw_again(self, offer: Offer, read: ReadPicture) -> None:
        """Draws what the line of a picture says; nothing where its bytes are others by now.

        Raises:
            StorageUnavailable: the output folder cannot be written.
        """
        span = self._ledger.line_of(offer.name)
        if span is None:
            return
        document = self._journal.read(span)
        try:
            data = self._kept_original(offer) or read()
            if hashlib.sha256(data).hexdigest() == document["image"]["sha256"]:
                write_file(self._annotated_path(offer), self._draw(data, document))
        except StorageUnavailable:
            raise
        except SafetyDetectorError as exc:
            _log.warning("%s cannot be annotated again: %s", offer.name, exc.message)

    def _inspect_content(
        self,
        offer: Offer,
        data: bytes,
        sha256: str,
        received_at: datetime,
        keep_original: bool,
    ) -> Noted:
        if keep_original:
            write_file(self._folder / ORIGINALS / file_for(offer.name), data)
        span = self._ledger.line_with_content(sha256)
        if span is not None:
            return self._copy(offer, data, self._journal.read(span), received_at)
        header = admit(data, self._equipment.limits)
        with self._budget.room_for(len(data) + header.working_bytes):
            inspected = self._patience.ask(lambda: self._equipment.look(data, offer.name))
            annotated = None
            if self._equipment.draws:
                annotated = f"{ANNOTATED}/{file_for(offer.name)}"
                jpeg = inspected.annotated_jpeg(self._equipment.fonts, self._equipment.language)
                write_file(self._folder / annotated, jpeg)
        inspection = Inspection(
            id=inspection_id(self._provenance.source, offer.name, sha256),
            status=Status.COMPLETED,
            picture=inspected.facts,
            received_at=received_at,
            taken=taken_of(data, received_at, self._equipment.zone),
            verdict=inspected.verdict,
            detections=inspected.detections,
            runs=inspected.runs,
            links={"annotated": annotated} if annotated else {},
        )
        return self._note(self._line(inspection, offer))

    def _copy(
        self, offer: Offer, data: bytes, earlier: Mapping[str, Any], received_at: datetime
    ) -> Noted:
        annotated = None
        if self._equipment.draws and earlier["status"] == Status.COMPLETED:
            annotated = f"{ANNOTATED}/{file_for(offer.name)}"
            there = earlier["links"].get("annotated")
            if there != annotated or not (self._folder / annotated).exists():
                self._copy_drawing(self._annotated_path(offer), there, data, earlier)
        return self._note(copy_line(earlier, offer, received_at, annotated), is_copy=True)

    def _copy_drawing(
        self, target: Path, there: str | None, data: bytes, earlier: Mapping[str, Any]
    ) -> None:
        with storage_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            if there is not None and (self._folder / there).exists():
                shutil.copyfile(self._folder / there, target)
                return
        write_file(target, self._draw(data, earlier))

    def _draw(self, data: bytes, document: Mapping[str, Any]) -> bytes:
        detections = read_result(document).detections
        header = admit(data, self._equipment.limits)
        with self._budget.room_for(len(data) + header.working_bytes):
            rgb = decode(data, header)
            fonts, language = self._equipment.fonts, self._equipment.language
            return encode_annotated(annotate(rgb, detections, fonts, language), len(data))

    def _note_failure(
        self, offer: Offer, sha256: str | None, received_at: datetime, error: SafetyDetectorError
    ) -> Noted:
        inspection = Inspection(
            id=inspection_id(self._provenance.source, offer.name, sha256),
            status=Status.FAILED,
            picture=PictureFacts(offer.name, sha256),
            received_at=received_at,
            verdict=Verdict.INCONCLUSIVE,
            error=Problem(error.code, error.reason),
        )
        return self._note(self._line(inspection, offer))

    def _line(self, inspection: Inspection, offer: Offer) -> dict[str, Any]:
        return make_line(inspection, offer, self._provenance, self._equipment.line_language)

    def _note(self, document: dict[str, Any], *, is_copy: bool = False) -> Noted:
        entry = read_entry(document)
        supersedes = self._ledger.record(entry, self._journal.append(document))
        return Noted(entry, is_copy, supersedes)

    def _annotated_path(self, offer: Offer) -> Path:
        return self._folder / ANNOTATED / file_for(offer.name)

    def _kept_original(self, offer: Offer) -> bytes | None:
        path = self._folder / ORIGINALS / file_for(offer.name)
        try:
            return path.read_bytes()
        except OSError:
            return None


class _InHand:
    """Lets one thread at a time work on the same bytes, so that the next one finds the result."""

    def __init__(self) -> None:
        self._hashes: set[str] = set()
        self._changed = threading.Condition()

    @contextmanager
    def alone(self, sha256: str) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: sha256 not in self._hashes)
            self._hashes.add(sha256)
        try:
            yield
        finally:
            with self._changed:
                self._hashes.discard(sha256)
                self._changed.notify_all()
