"""Sets a report's contents on A4 pages and writes the PDF file."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from safety_detector.domain.hazards import Language
from safety_detector.errors import ReportFailed
from safety_detector.fonts import FontFiles
from safety_detector.report import style, wording
from safety_detector.report.blocks import Group, heading
from safety_detector.report.closing import compose_limits, compose_signatures
from safety_detector.report.contents import (
    ReportContents,
    ReportEntry,
    ReportScope,
    build_contents,
)
from safety_detector.report.evidence_sheet import compose_sheet
from safety_detector.report.flow import Page, page_numbers, paginate
from safety_detector.report.page_furniture import draw_furniture
from safety_detector.report.pen import Bookmark, Pen
from safety_detector.report.registers import compose_index, compose_register, compose_troubles
from safety_detector.report.summary_page import compose_head, compose_summary
from safety_detector.report.typesetting import Typefaces, load_typefaces

_LANGUAGE_TAGS: dict[Language, str] = {"en": "en", "zh": "zh-CN"}


def write_report(
    path: Path,
    entries: Sequence[ReportEntry],
    scope: ReportScope,
    fonts: FontFiles,
    language: Language,
) -> list[Path]:
    """Writes the report on these inspections; the same input gives the same bytes.

    One inspection gives a short report of its own; several give a summary, the register of
    hazards, a sheet for each picture and the annex.  The file appears under its name only when it
    is whole; after a failure nothing is left.

    Returns:
        The files that were written.

    Raises:
        FontInvalid: a font cannot be embedded.
        ReportFailed: the file cannot be written.
    """
    typefaces = load_typefaces(fonts)
    contents = build_contents(entries, scope, language)
    groups = _compose(contents, entries, typefaces)
    pages = paginate(groups, style.BODY_HEIGHT)
    with _whole_file(path) as file:
        _draw(file, pages, contents, scope.made_at, typefaces)
    return [path]


def _compose(
    contents: ReportContents, entries: Sequence[ReportEntry], typefaces: Typefaces
) -> list[Group]:
    if contents.is_single:
        return _compose_single(contents, entries[0], typefaces)
    language = contents.language
    sheets = [
        compose_sheet(sheet, entry, language, typefaces)
        for sheet, entry in zip(contents.sheets, entries, strict=True)
    ]
    return [
        *compose_summary(contents, typefaces),
        *compose_register(contents, typefaces),
        *_under_heading(wording.SHEETS.say(language), "sheets", sheets, typefaces),
        *_under_heading(
            wording.ANNEX.say(language),
            "annex",
            [
                *compose_troubles(contents, typefaces),
                *compose_limits(contents, typefaces),
                *compose_index(contents, typefaces),
                *compose_signatures(language, typefaces),
            ],
            typefaces,
        ),
    ]


def _compose_single(
    contents: ReportContents, entry: ReportEntry, typefaces: Typefaces
) -> list[Group]:
    language = contents.language
    (sheet,) = contents.sheets
    return [
        Group(tuple(compose_head(contents, typefaces))),
        compose_sheet(sheet, entry, language, typefaces, with_title=False),
        *compose_limits(contents, typefaces),
        *compose_signatures(language, typefaces),
    ]


def _under_heading(
    title: str, key: str, groups: Sequence[Group], typefaces: Typefaces
) -> list[Group]:
    """The groups, the first of them on a new page under the section's heading."""
    if not groups:
        return []
    first, *others = groups
    head = heading(title, typefaces, Bookmark(key, title))
    return [Group((*head, *first.items), new_page=True, together=first.together), *others]


def _draw(
    file: IO[bytes],
    pages: Sequence[Page],
    contents: ReportContents,
    made_at: datetime,
    typefaces: Typefaces,
) -> None:
    canvas = Canvas(
        file,
        pagesize=A4,
        pageCompression=1,
        invariant=1,
        initialFontName=typefaces.regular.fontName,
        lang=_LANGUAGE_TAGS[contents.language],
    )
    _set_metadata(canvas, contents, made_at, typefaces)
    pen = Pen(canvas, typefaces, contents.language, page_numbers(pages))
    for number, page in enumerate(pages, start=1):
        draw_furniture(pen, contents, number, len(pages))
        for placed in page.placed:
            top = style.BODY_TOP + placed.top
            if placed.bookmark is not None:
                pen.bookmark(placed.bookmark, top)
            placed.block.draw(pen, top)
        canvas.showPage()
    canvas.save()


def _set_metadata(
    canvas: Canvas, contents: ReportContents, made_at: datetime, typefaces: Typefaces
) -> None:
    canvas.setTitle(typefaces.printable(f"{contents.title} {contents.reference}"))
    canvas.setAuthor(typefaces.printable(contents.author))
    canvas.setSubject(typefaces.printable(contents.subject))
    canvas.setCreator(typefaces.printable(contents.made_by))
    # The file's dates are the report's own, not those of the clock.
    moment = made_at.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00'")
    canvas.setDateFormatter(lambda *_: moment)
    canvas.setViewerPreference("DisplayDocTitle", "true")
    canvas.showOutline()


@contextmanager
def _whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its name only when it is whole; after a failure nothing is left of it.

    Raises:
        ReportFailed: the file cannot be written.
    """
    part = path.with_name(f".report-{secrets.token_hex(6)}.part")
    try:
        try:
            with part.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as exc:
        raise ReportFailed(f"The report {path} cannot be written ({exc.strerror or exc}).") from exc
