"""One run of a batch, from the folder as it is to every output: begin or go on, inspect, build."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import Any

from safety_detector.batch.engine import Engine, Progress
from safety_detector.batch.journal import Journal, Span, read_document
from safety_detector.batch.ledger import Ledger
from safety_detector.batch.lines import Entry, Provenance, read_entry
from safety_detector.batch.outages import Patience, Stopped
from safety_detector.batch.output_folder import folder_nonce, held_folder
from safety_detector.batch.outputs import (
    Format,
    OutputChoice,
    Tally,
    build_outputs,
    tidy_journal,
)
from safety_detector.batch.picture_runner import Equipment, PictureRunner
from safety_detector.batch.reporting import BatchReport, load_fonts_meanwhile
from safety_detector.batch.summary import make_summary
from safety_detector.errors import ConfigurationInvalid
from safety_detector.host.output_files import REPORT, RESULTS, SUMMARY, replacing
from safety_detector.sources.offers import Offer
from safety_detector.sources.source import Source

_log = logging.getLogger(__name__)

_SHOWN_REASON = 60  # characters of what is wrong with a line
_TELL_EVERY = 1000  # lines
_TELL_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is to do.

    Attributes:
        folder: where all outputs go.
        workers: pictures in hand at a time.
        formats: outputs besides those that there always are.
        restart: begin anew.
        patience: how long the model may be away.
        report_pictures: most pictures with a sheet of their own in the report.
        time_zone: of the report.
        csv_mark: whether the table begins with a byte order mark.
    """

    folder: Path
    workers: int
    formats: frozenset[Format]
    restart: bool
    patience: timedelta
    report_pictures: int
    time_zone: tzinfo
    csv_mark: bool = True


class Stage(StrEnum):
    """What a run is at."""

    LOOKING = "looking"
    INSPECTING = "inspecting"
    BUILDING = "building"
    REPORTING = "reporting"


@dataclass(frozen=True, slots=True)
class News:
    """Where a run is, for people.

    Attributes:
        stage: what it is at.
        progress: of the pictures; None while the source is looked through.
        step, steps: files found, lines read, or sheets drawn, and how many there are in all; 0
            where that is not known.
    """

    stage: Stage
    progress: Progress | None = None
    step: int = 0
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: the document of ``summary.json``, and whether nothing is left to do."""

    summary: dict[str, Any]
    is_complete: bool


def run_batch(
    source: Source,
    equipment: Equipment,
    plan: Plan,
    stop: threading.Event,
    tell: Callable[[News], None],
) -> Ended:
    """Inspects what earlier runs left, and builds the outputs of all of it.

    Args:
        source: where pictures come from.
        equipment: what they are inspected with.
        plan: what is wanted.
        stop: may be set at any time: what is in hand is finished, and the outputs are built.
        tell: told the news several times a second, on this thread; what it raises ends the run.

    Raises:
        ConfigurationInvalid: the folder holds results of another source, model or prompt, or
            cannot be used, or the source cannot be read.
        ModelUnreachable: the model was away for too long.
        StorageUnavailable: an output cannot be written.
        ReportFailed: the report cannot be made.
        Stopped: the run is to stop before it is known which pictures there are; nothing was done.
    """
    with (
        held_folder(plan.folder, restart=plan.restart),
        closing(Journal(plan.folder / RESULTS)) as journal,
        closing(Ledger()) as ledger,
    ):
        if equipment.begin is not None:
            equipment.begin(folder_nonce(plan.folder))
        return _Run(source, equipment, plan, journal, ledger, stop, tell).run()


@dataclass(frozen=True, slots=True)
class _Run:
    source: Source
    equipment: Equipment
    plan: Plan
    journal: Journal
    ledger: Ledger
    stop: threading.Event
    tell: Callable[[News], None]

    def run(self) -> Ended:
        started_at = datetime.now(UTC)
        provenance = Provenance(self.source.description, self.equipment.judge)
        superseded = self._take_over_lines(provenance)
        self.ledger.add_offers(self._find_pictures())
        if Format.REPORT in self.plan.formats:
            load_fonts_meanwhile(self.equipment.fonts)
        began = time.monotonic()
        progress = self._inspect(provenance)
        seconds = time.monotonic() - began
        tidy_journal(self.journal, self.ledger, superseded + progress.superseded)
        tally = self._build(progress)
        summary = make_summary(
            provenance,
            progress,
            tally,
            self.source.skipped,
            self.source.left_out,
            started_at,
            seconds,
        )
        with replacing(self.plan.folder / SUMMARY) as file:
            file.write(json.dumps(summary, ensure_ascii=False, indent=2).encode() + b"\n")
        if Format.REPORT in self.plan.formats:
            self._report(progress, tally)
        return Ended(summary, progress.done >= progress.total)

    def _take_over_lines(self, provenance: Provenance) -> int:
        """Reads the journal; returns how many of its lines say nothing any more."""
        unreadable = 0

        def entries() -> Iterator[tuple[Entry, Span]]:
            nonlocal unreadable
            for span, line in self.journal.spans():
                try:
                    document = read_document(line)
                    difference = provenance.difference(document)
                    entry = read_entry(document)
                except (ValueError, TypeError, KeyError) as exc:
                    unreadable += 1
                    reason = str(exc)[:_SHOWN_REASON]
                    _log.warning("%s, byte %d: no line of ours (%s)", RESULTS, span.offset, reason)
                    continue
                if difference is not None:
                    raise ConfigurationInvalid(
                        "output-holds-other-results", path=self.plan.folder, difference=difference
                    )
                yield entry, span

        return self.ledger.add_lines(entries()) + unreadable

    def _find_pictures(self) -> Iterator[Offer]:
        told = -_TELL_EVERY_S
        for number, offer in enumerate(self.source.offers()):
            if self.stop.is_set():
                raise Stopped
            if time.monotonic() - told > _TELL_EVERY_S:
                told = time.monotonic()
                self.tell(News(Stage.LOOKING, step=number))
            yield offer

    def _inspect(self, provenance: Provenance) -> Progress:
        patience = Patience(self.plan.patience, self.stop)
        runner = PictureRunner(
            self.plan.folder,
            provenance,
            self.equipment,
            self.journal,
            self.ledger,
            patience,
        )
        engine = Engine(
            self.source,
            self.ledger,
            self.journal,
            runner,
            patience,
            workers=self.plan.workers,
            redraws=self.equipment.draws,
            stop=self.stop,
        )
        return engine.run(lambda now: self.tell(News(Stage.INSPECTING, now)))

    def _build(self, progress: Progress) -> Tally:
        def tick(number: int) -> None:
            if number % _TELL_EVERY == 0:
                self.tell(News(Stage.BUILDING, progress, number, progress.total))

        plan = self.plan
        choice = OutputChoice(plan.formats, plan.csv_mark)
        return build_outputs(plan.folder, self.journal, self.ledger, self.source, choice, tick)

    def _report(self, progress: Progress, tally: Tally) -> None:
        report = BatchReport(
            self.source, self.journal, self.ledger, self.equipment.fonts, self.equipment.language
        )
        report.write(
            self.plan.folder / REPORT,
            tally,
            unfinished=progress.total - progress.done,
            most_pictures=self.plan.report_pictures,
            time_zone=self.plan.time_zone,
            on_progress=lambda step, steps: self.tell(News(Stage.REPORTING, progress, step, steps)),
        )
