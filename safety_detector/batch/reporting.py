"""``report.pdf`` of a batch: the most urgent pictures, and the counts of all."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path

from safety_detector import __version__
from safety_detector.annotation.draw import painter_for
from safety_detector.appearance.fonts import FontFiles
from safety_detector.batch.journal import Journal
from safety_detector.batch.ledger import Ledger
from safety_detector.batch.outputs import Tally
from safety_detector.documents.results import read_result
from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import Inspection, Status, Verdict
from safety_detector.errors import FontInvalid, SafetyDetectorError
from safety_detector.host.output_files import ANNOTATED, ORIGINALS, VOLUMES
from safety_detector.pictures.images import RgbImage, decode, read_header
from safety_detector.report.contents import ReportEntry, ReportScope, WholeCounts
from safety_detector.report.figures import HazardCount, Outcomes
from safety_detector.report.pdf import write_report
from safety_detector.report.typesetting import load_typefaces
from safety_detector.sources.names import file_for
from safety_detector.sources.offers import Offer
from safety_detector.sources.source import Source


def load_fonts_meanwhile(fonts: FontFiles) -> None:
    """Reads the report's fonts on a thread of its own: half a second that nobody waits for then.

    What is wrong with them is said by ``BatchReport.write``.
    """

    def load() -> None:
        with suppress(FontInvalid):
            load_typefaces(fonts)

    threading.Thread(target=load, daemon=True).start()


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What it takes to report on a batch.

    Attributes:
        source: where the originals are read again.
        journal, ledger: the results, and which of them are urgent.
        fonts, language: of the report.
    """

    source: Source
    journal: Journal
    ledger: Ledger
    fonts: FontFiles
    language: Language

    def write(
        self,
        path: Path,
        tally: Tally,
        *,
        unfinished: int,
        most_pictures: int,
        time_zone: tzinfo,
        on_progress: Callable[[int, int], None],
    ) -> list[Path]:
        """Writes the PDF, in volumes where it is long; what an earlier run wrote is replaced.

        Only the results that have a sheet are held in memory, their pixels a few at a time.

        Args:
            path: the file in the output folder.
            tally: counts over all pictures.
            unfinished: pictures that were not inspected yet.
            most_pictures: so many of the most urgent ones have a sheet.
            time_zone: of the times in it.
            on_progress: told the number of a sheet and how many there are.

        Raises:
            ReportFailed: it cannot be written.
        """
        entries = [
            self._entry(path.parent, read_result(self.journal.read(span)), offer)
            for span, offer in self.ledger.most_urgent(most_pictures)
        ]
        scope = ReportScope(
            made_at=datetime.now(UTC),
            made_by=f"safety-detector {__version__}",
            time_zone=time_zone,
            whole=_whole_counts(tally, unfinished),
        )
        written = write_report(path, entries, scope, self.fonts, self.language, on_progress)
        for volume in path.parent.glob(VOLUMES):
            if volume not in written:
                volume.unlink(missing_ok=True)
        return written

    def _entry(self, folder: Path, inspection: Inspection, offer: Offer | None) -> ReportEntry:
        return ReportEntry(
            inspection,
            original=partial(self._original, folder, inspection, offer),
            annotated=partial(_annotated, folder, inspection),
            paint=painter_for(inspection, self.fonts, self.language),
        )

    def _original(
        self, folder: Path, inspection: Inspection, offer: Offer | None
    ) -> RgbImage | None:
        """The very bytes that were inspected; None where there are others by now.

        Raises:
            PictureRefused: they cannot be decoded, as when they were inspected.
        """
        kept = folder / ORIGINALS / file_for(inspection.picture.name)
        try:
            if kept.exists():
                data = kept.read_bytes()
            elif offer is None or self.source.is_fleeting(offer):
                return None
            else:
                data = self.source.read_again(offer)
            if hashlib.sha256(data).hexdigest() != inspection.picture.sha256:
                return None
        except (OSError, SafetyDetectorError):
            return None
        return decode(data, read_header(data))


def _annotated(folder: Path, inspection: Inspection) -> RgbImage | None:
    if inspection.status is not Status.COMPLETED:
        return None
    try:
        data = (folder / ANNOTATED / file_for(inspection.picture.name)).read_bytes()
        return decode(data, read_header(data))
    except (OSError, SafetyDetectorError):
        return None


def _whole_counts(tally: Tally, unfinished: int) -> WholeCounts:
    outcomes = Outcomes(
        submitted=tally.completed + tally.failed + unfinished,
        hazard=tally.verdicts[Verdict.HAZARD],
        inconclusive=tally.verdicts[Verdict.INCONCLUSIVE],
        clear=tally.verdicts[Verdict.CLEAR],
        failed=tally.failed,
        unfinished=unfinished,
        incomplete=tally.incomplete,
    )
    hazards = tuple(
        HazardCount(hazard, tally.boxes[hazard], tally.pictures[hazard])
        for hazard in sorted(tally.boxes, key=lambda hazard: hazard.rank)
    )
    return WholeCounts(outcomes, hazards)
