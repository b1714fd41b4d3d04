"""Writes a report as one PDF file, or as volumes with an index where one would be too long."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from safety_detector.appearance.fonts import FontFiles
from safety_detector.domain.hazards import Language
from safety_detector.report.composition import compose
from safety_detector.report.contents import Kind, ReportEntry, ReportScope
from safety_detector.report.figures import count_outcomes
from safety_detector.report.notices import check_notices
from safety_detector.report.overview import as_of, build_contents, number_report
from safety_detector.report.page_canvas import Place
from safety_detector.report.parts import Part
from safety_detector.report.prefetch import Prefetcher
from safety_detector.report.press import Printed, print_file, volume_path
from safety_detector.report.registers import VolumeFile
from safety_detector.report.staging import Staging, staged
from safety_detector.report.typesetting import Typefaces, load_typefaces

PICTURES_PER_VOLUME = 500
"""ReportLab holds a file's pages and pictures in memory until it is saved (377 MB at 1,500
pictures); this also keeps a volume small enough to mail and to print."""


def write_report(
    path: Path,
    entries: Sequence[ReportEntry],
    scope: ReportScope,
    fonts: FontFiles,
    language: Language,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Writes the report on these inspections; the same input gives the same bytes.

    One inspection gives a short report of its own; several, or a period, give a summary, the
    register of hazards, a sheet for each picture, the wanted rectification notices and the annex.
    More than ``PICTURES_PER_VOLUME`` are spread over volumes beside ``path``, which then holds
    summary, register and annex of all of them and leads to the volumes' pages.  Notices alone are
    forms with their evidence and nothing else.

    Files appear under their names only when all are whole; after a failure nothing is left.

    Args:
        path: the PDF file; its folder exists.
        entries: the inspections, in the order in which they are numbered.
        scope: what the report is about.
        fonts: the font to embed.
        language: of every text that does not come from outside.
        on_progress: told, on this thread, the number of the sheet that is begun and how many there
            are; what it raises ends the report.

    Returns:
        The files that were written, ``path`` first.

    Raises:
        FontInvalid: a font cannot be embedded.
        ReportFailed: a file cannot be written, or a notice is wanted on an inspection that is not
            among the entries.
        NoticeRefused: a notice is wanted on an inspection that found no hazard.
    """
    check_notices((entry.inspection for entry in entries), scope)
    reference = number_report([entry.inspection for entry in entries], scope)
    numbers = count(1)

    def begin_sheet() -> None:
        if on_progress is not None:
            on_progress(next(numbers), len(entries))

    with Prefetcher(begin_sheet) as prefetcher, staged(path) as staging:
        press = _Press(scope, language, load_typefaces(fonts), prefetcher)
        if len(entries) > PICTURES_PER_VOLUME and not scope.notices_alone:
            return _write_volumes(path, entries, press, reference, staging)
        kind = _kind_of(len(entries), scope)
        press.print_file(path, entries, Part(kind, reference), staging)
        return [path]


def _kind_of(pictures: int, scope: ReportScope) -> Kind:
    if scope.notices_alone:
        return Kind.NOTICES
    return Kind.SINGLE if pictures == 1 and not _is_about_more(scope) else Kind.WHOLE


def _is_about_more(scope: ReportScope) -> bool:
    """Whether a report on one picture has more to say: what else was to be expected."""
    return bool(scope.whole or scope.since or scope.until or scope.cameras)


@dataclass(frozen=True, slots=True)
class _Press:
    """What all files of one report have in common."""

    scope: ReportScope
    language: Language
    typefaces: Typefaces
    prefetcher: Prefetcher

    def print_file(
        self,
        path: Path,
        entries: Sequence[ReportEntry],
        part: Part,
        staging: Staging,
        volumes: Sequence[VolumeFile] = (),
        elsewhere: Mapping[str, Place] | None = None,
    ) -> Printed:
        """Composes, lays out and draws one file.

        Args:
            path: the file's later name.
            entries: the inspections that it is about.
            part: which part of the report it is.
            staging: where it is written.
            volumes: the other files, for an index.
            elsewhere: where the bookmarks of the other files stand.
        """
        inspections = [entry.inspection for entry in entries]
        contents = build_contents(inspections, self.scope, self.language, part)
        groups = compose(contents, entries, self.typefaces, self.prefetcher, volumes)
        moment = part.as_of or as_of(inspections, self.scope)
        return print_file(path, groups, contents, moment, self.typefaces, staging, elsewhere)


def _write_volumes(
    path: Path, entries: Sequence[ReportEntry], press: _Press, reference: str, staging: Staging
) -> list[Path]:
    starts = range(0, len(entries), PICTURES_PER_VOLUME)
    moment = as_of([entry.inspection for entry in entries], press.scope)
    rows: list[VolumeFile] = []
    places: dict[str, Place] = {}
    paths = [volume_path(path, volume, len(starts)) for volume in range(1, len(starts) + 1)]
    for volume, (start, file_path) in enumerate(zip(starts, paths, strict=True), start=1):
        own = entries[start : start + PICTURES_PER_VOLUME]
        part = Part(Kind.VOLUME, reference, start + 1, volume, len(starts), moment)
        printed = press.print_file(file_path, own, part, staging)
        rows.append(_volume_row(volume, file_path, start + 1, own, printed))
        places |= {
            key: replace(place, volume=volume, file_name=file_path.name)
            for key, place in printed.places.items()
        }
    index = Part(Kind.INDEX, reference, volumes=len(starts), as_of=moment)
    press.print_file(path, entries, index, staging, rows, places)
    return [path, *paths]


def _volume_row(
    volume: int, path: Path, first: int, entries: Sequence[ReportEntry], printed: Printed
) -> VolumeFile:
    outcomes = count_outcomes([entry.inspection for entry in entries])
    return VolumeFile(
        volume=volume,
        file_name=path.name,
        numbers=f"{first}-{first + len(entries) - 1}",
        counts=(outcomes.hazard, outcomes.open),
        pages=printed.pages,
    )
