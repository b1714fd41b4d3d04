"""Writes a report about incidents: one PDF file, or volumes with an index where it is too long."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from safety_detector.appearance.fonts import FontFiles
from safety_detector.domain.hazards import Language
from safety_detector.report.contents import Kind
from safety_detector.report.incidents.composition import compose
from safety_detector.report.incidents.notices import check_notices
from safety_detector.report.incidents.overview import (
    build_contents,
    in_report_order,
    number_report,
)
from safety_detector.report.incidents.records import IncidentEntry, IncidentScope
from safety_detector.report.page_canvas import Place
from safety_detector.report.parts import Part
from safety_detector.report.pdf import PICTURES_PER_VOLUME
from safety_detector.report.prefetch import Prefetcher
from safety_detector.report.press import Printed, print_file, volume_path
from safety_detector.report.registers import VolumeFile
from safety_detector.report.staging import Staging, staged
from safety_detector.report.typesetting import Typefaces, load_typefaces

_PRINTS_PER_VOLUME = 2 * PICTURES_PER_VOLUME
"""As many as in a volume of inspections, each of which has two."""


def write_incident_report(
    path: Path,
    entries: Sequence[IncidentEntry],
    scope: IncidentScope,
    fonts: FontFiles,
    language: Language,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Writes the report on these incidents; the same input gives the same bytes.

    Statistics, register, a sheet for each hazard, cards of the false alarms, wanted rectification
    notices, annex.  Reports with more pictures than a volume holds are spread over volumes beside
    ``path``, which then is their index.  Notices alone are forms with
    their evidence and nothing else.

    Files appear under their names only when all are whole; after a failure nothing is left.

    Args:
        path: the PDF file; its folder exists.
        entries: the incidents, in the order in which hazards, and behind them false alarms, are
            numbered.
        scope: what the report is about.
        fonts: the font to embed.
        language: of every text that does not come from outside.
        on_progress: told, on this thread, the number of the sheet that is begun and how many there
            are; what it raises ends the report.

    Returns:
        The files that were written, ``path`` first.

    Raises:
        FontInvalid: a font cannot be embedded.
        ReportFailed: a file cannot be written, or a notice is wanted on an incident that is not
            among the entries.
        NoticeRefused: a notice is wanted on a false alarm.
    """
    check_notices((one.incident for one in entries), scope.report.notices)
    ordered = in_report_order(entries)
    reference = number_report(ordered, scope)
    numbers = count(1)

    def begin_sheet() -> None:
        if on_progress is not None:
            on_progress(next(numbers), len(ordered))

    with Prefetcher(begin_sheet) as prefetcher, staged(path) as staging:
        press = _Press(scope, language, load_typefaces(fonts), prefetcher, staging)
        parts = list(_cut(ordered))
        if scope.report.notices_alone:
            press.print_part(path, ordered, Part(Kind.NOTICES, reference))
        elif len(parts) <= 1:
            press.print_part(path, ordered, Part(Kind.WHOLE, reference))
        else:
            return _write_volumes(path, ordered, parts, press, reference)
        return [path]


def _cut(entries: Sequence[IncidentEntry]) -> Iterator[list[IncidentEntry]]:
    """The incidents in parts that have a volume's number of prints at most."""
    part: list[IncidentEntry] = []
    prints = 0
    for one in entries:
        # The best picture stands there twice, original and annotated; of a false alarm it alone.
        own = 1 if one.incident.is_false_alarm else 1 + len(one.pictures)
        if part and prints + own > _PRINTS_PER_VOLUME:
            yield part
            part, prints = [], 0
        part.append(one)
        prints += own
    if part:
        yield part


@dataclass(frozen=True, slots=True)
class _Press:
    """What all files of one report have in common."""

    scope: IncidentScope
    language: Language
    typefaces: Typefaces
    prefetcher: Prefetcher
    staging: Staging

    def print_part(
        self,
        path: Path,
        entries: Sequence[IncidentEntry],
        part: Part,
        volumes: Sequence[VolumeFile] = (),
        elsewhere: dict[str, Place] | None = None,
    ) -> Printed:
        """Composes, lays out and draws one file."""
        contents = build_contents(entries, self.scope, self.language, part)
        groups = compose(contents, entries, self.typefaces, self.prefetcher, volumes)
        return print_file(
            path, groups, contents, self.scope.as_of, self.typefaces, self.staging, elsewhere
        )


def _write_volumes(
    path: Path,
    entries: Sequence[IncidentEntry],
    parts: Sequence[Sequence[IncidentEntry]],
    press: _Press,
    reference: str,
) -> list[Path]:
    rows: list[VolumeFile] = []
    places: dict[str, Place] = {}
    paths = [volume_path(path, volume, len(parts)) for volume in range(1, len(parts) + 1)]
    first = 1
    for volume, (own, file_path) in enumerate(zip(parts, paths, strict=True), start=1):
        part = Part(Kind.VOLUME, reference, first, volume, len(parts))
        printed = press.print_part(file_path, own, part)
        numbers = f"{first}-{first + len(own) - 1}"
        rows.append(VolumeFile(volume, file_path.name, numbers, (), printed.pages))
        places |= {
            key: replace(place, volume=volume, file_name=file_path.name)
            for key, place in printed.places.items()
        }
        first += len(own)
    index = Part(Kind.INDEX, reference, volumes=len(parts))
    press.print_part(path, entries, index, rows, places)
    return [path, *paths]
