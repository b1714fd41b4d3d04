"""The files that are built from the journal: errors, table, COCO, YOLO and the counts over all."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import IO

from safety_detector.batch.journal import Journal
from safety_detector.batch.ledger import Ledger
from safety_detector.batch.picture_files import PictureFiles
from safety_detector.documents.results import read_result
from safety_detector.domain.hazards import Hazard
from safety_detector.domain.inspection import Inspection, Status, Verdict
from safety_detector.exports import CocoExport, CsvExport, YoloExport, json_line
from safety_detector.host.output_files import (
    COCO,
    ERRORS,
    PART_ENDING,
    TABLE,
    YOLO,
    replacing,
    storage_errors,
)
from safety_detector.sources.names import picture_path_for, readable_path
from safety_detector.sources.source import Source


class Format(StrEnum):
    """What may be made besides ``results.jsonl``, ``errors.jsonl`` and ``summary.json``."""

    CSV = "csv"
    COCO = "coco"
    YOLO = "yolo"
    ANNOTATED = "annotated"
    REPORT = "report"


DEFAULT_FORMATS = (Format.CSV, Format.COCO, Format.ANNOTATED, Format.REPORT)


@dataclass(frozen=True, slots=True)
class OutputChoice:
    """What is made of the results.

    Attributes:
        formats: outputs besides those that there always are.
        csv_mark: whether the table begins with UTF-8's byte order mark, as Excel needs it.
    """

    formats: frozenset[Format]
    csv_mark: bool = True


@dataclass(slots=True)
class Tally:
    """Counts over the newest lines of all pictures.

    Attributes:
        verdicts: of those with a result.
        incomplete: of those with a result, the ones in which something may have been missed.
        errors: pictures without a result, by code.
        boxes, pictures: how often each hazard was found, and in how many pictures.
        gone: pictures with a result that the source does not have any more.
    """

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    incomplete: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    boxes: Counter[Hazard] = field(default_factory=Counter)
    pictures: Counter[Hazard] = field(default_factory=Counter)
    gone: int = 0

    @property
    def completed(self) -> int:
        """Pictures with a result."""
        return self.verdicts.total()

    @property
    def failed(self) -> int:
        """Pictures without a result, and with a reason for that."""
        return self.errors.total()

    def add(self, inspection: Inspection, *, is_there: bool) -> None:
        """Counts one inspection."""
        self.gone += not is_there
        if inspection.error is not None and inspection.status is Status.FAILED:
            self.errors[inspection.error.code] += 1
            return
        self.verdicts[inspection.verdict or Verdict.INCONCLUSIVE] += 1
        self.incomplete += inspection.incomplete
        found = Counter(one.hazard for one in inspection.detections)
        self.boxes.update(found)
        self.pictures.update(found.keys())


def tidy_journal(journal: Journal, ledger: Ledger, superseded: int) -> None:
    """Leaves one line a picture in the journal, if there are more.

    Raises:
        StorageUnavailable: there is no room; the journal stays as it was.
    """
    if superseded or ledger.has_vanished_failures():
        ledger.move_lines(journal.keep_only(ledger.lines_to_keep()))


def build_outputs(
    folder: Path,
    journal: Journal,
    ledger: Ledger,
    source: Source,
    choice: OutputChoice,
    tick: Callable[[int], None],
) -> Tally:
    """Writes every file that is wanted in one pass over the lines; each replaces its predecessor.

    Args:
        folder: the output folder.
        journal: the lines.
        ledger: their order.
        source: where the pictures are.
        choice: which files, and how.
        tick: told after each line how many were read; what it raises ends the pass.

    Raises:
        StorageUnavailable: a file cannot be written; its predecessor stays.
    """
    tally = Tally()
    with ExitStack() as files:
        errors = files.enter_context(replacing(folder / ERRORS))
        pictures = PictureFiles(folder, source, ledger)
        adders = list(_adders(folder, source, pictures, choice, files))
        for number, (span, is_there) in enumerate(ledger.lines(), start=1):
            inspection = read_result(journal.read(span))
            tally.add(inspection, is_there=is_there)
            _add_error(errors, inspection)
            for add in adders:
                add(inspection)
            tick(number)
    return tally


def _adders(
    folder: Path,
    source: Source,
    pictures: PictureFiles,
    choice: OutputChoice,
    files: ExitStack,
) -> Iterator[Callable[[Inspection], None]]:
    """What takes each inspection; finished and put in its place when the stack is left."""
    if Format.CSV in choice.formats:
        file = files.enter_context(replacing(folder / TABLE))
        yield CsvExport(file, with_mark=choice.csv_mark).add
    if Format.COCO in choice.formats:
        yield files.enter_context(_coco(folder / COCO, source.pictures)).add
    if Format.YOLO in choice.formats:
        yolo = files.enter_context(_yolo(folder / YOLO))
        yield partial(_add_to_yolo, yolo, pictures)


def _add_to_yolo(yolo: YoloExport, pictures: PictureFiles, one: Inspection) -> None:
    name = one.picture.name
    yolo.add(one, picture_path_for(name), partial(pictures.place, name))


@contextmanager
def _coco(target: Path, pictures: Path | None) -> Iterator[CocoExport]:
    folder = None if pictures is None else readable_path(os.fsencode(pictures))
    with replacing(target) as file, closing(CocoExport(file, folder)) as export:
        yield export
        export.finish()


@contextmanager
def _yolo(target: Path) -> Iterator[YoloExport]:
    part = target.with_name(target.name + PART_ENDING)
    with storage_errors(target):
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        try:
            yield YoloExport(part)
            shutil.rmtree(target, ignore_errors=True)
            part.replace(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _add_error(file: IO[bytes], inspection: Inspection) -> None:
    error = inspection.error
    if inspection.status is Status.FAILED and error is not None:
        line = {
            "path": inspection.picture.name,
            "code": error.code,
            "reason": error.reason.text("en"),
        }
        file.write(json_line(line))
