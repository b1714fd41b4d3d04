"""Reports about inspections that the service keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from safety_detector.annotation.draw import annotate
from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import Inspection, Status
from safety_detector.errors import PictureRefused
from safety_detector.fonts import FontFiles
from safety_detector.images import RgbImage, decode, read_header
from safety_detector.report.contents import ReportEntry, ReportScope
from safety_detector.report.pdf import write_report
from safety_detector.service.records import StoredPicture
from safety_detector.service.results import Results


@dataclass(frozen=True, slots=True)
class ReportDesk:
    """What it takes to report on stored inspections.

    Attributes:
        results: where inspections and their pictures are.
        fonts: of the text, and of pictures that are annotated anew.
        stored_language: of the annotated pictures that are kept; for a report in the other
            language they are drawn anew.
    """

    results: Results
    fonts: FontFiles
    stored_language: Language

    def write(
        self,
        path: Path,
        inspections: Sequence[Inspection],
        scope: ReportScope,
        language: Language,
    ) -> list[Path]:
        """Writes the PDF, whole or not at all; returns the files (large reports have volumes).

        Pictures are loaded one at a time.  One that retention has removed is reported as gone.

        Raises:
            ReportFailed: it cannot be made or written.
        """
        entries = [self._entry(one, language) for one in inspections]
        return write_report(path, entries, scope, self.fonts, language)

    def _entry(self, inspection: Inspection, language: Language) -> ReportEntry:
        original = partial(_load, self.results.original(inspection.id))
        if inspection.status is Status.COMPLETED and language != self.stored_language:
            annotated: Callable[[], RgbImage | None] = partial(
                self._annotate_anew, original, inspection, language
            )
        else:
            annotated = partial(_load, self.results.annotated(inspection.id))
        return ReportEntry(inspection, original, annotated)

    def _annotate_anew(
        self,
        original: Callable[[], RgbImage | None],
        inspection: Inspection,
        language: Language,
    ) -> RgbImage | None:
        rgb = original()
        return None if rgb is None else annotate(rgb, inspection.detections, self.fonts, language)


def _load(picture: StoredPicture | None) -> RgbImage | None:
    """The upright picture; None if there is none, or none any more, or it cannot be decoded."""
    if picture is None:
        return None
    try:
        data = picture.path.read_bytes()
        return decode(data, read_header(data))
    except (OSError, PictureRefused):
        return None
