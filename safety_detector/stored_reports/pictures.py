"""The ways to the pictures of stored inspections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from safety_detector.annotation.draw import painter_for
from safety_detector.appearance.fonts import FontFiles
from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import Inspection
from safety_detector.errors import StorageUnavailable
from safety_detector.pictures.images import RgbImage, decode, read_header
from safety_detector.report.contents import ReportEntry
from safety_detector.service.inspections.results import Results
from safety_detector.service.records import StoredPicture


@dataclass(frozen=True, slots=True)
class StoredPictures:
    """Leads to pictures, which are loaded when they are drawn.

    Attributes:
        results: where inspections and their pictures are.
        fonts: of the labels, which are drawn for their size on paper.
    """

    results: Results
    fonts: FontFiles

    def entry(self, inspection: Inspection, language: Language) -> ReportEntry:
        """The inspection and the ways to its pictures; one that was removed is reported as gone."""
        return ReportEntry(
            inspection,
            original=partial(self._load, self.results.original, inspection.id),
            annotated=partial(self._load, self.results.annotated, inspection.id),
            paint=painter_for(inspection, self.fonts, language),
        )

    def _load(
        self, find: Callable[[str], StoredPicture | None], inspection_id: str
    ) -> RgbImage | None:
        """The upright picture; None if there is none, or none that can be read any more.

        Raises:
            PictureRefused: what is stored cannot be decoded.
        """
        picture = find(inspection_id)
        if picture is None:
            return None
        try:
            data = self.results.read(picture)
        except StorageUnavailable:
            return None
        return None if data is None else decode(data, read_header(data))
