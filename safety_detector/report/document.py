"""Draws laid-out pages into a PDF file, with the metadata that readers and archives look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import IO

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from safety_detector.domain.hazards import Language
from safety_detector.report import style
from safety_detector.report.contents import Imprint
from safety_detector.report.flow import Page, count_pages
from safety_detector.report.page_canvas import PageCanvas, Place
from safety_detector.report.page_furniture import draw_furniture
from safety_detector.report.typesetting import Typefaces

_LANGUAGE_TAGS: dict[Language, str] = {"en": "en", "zh": "zh-CN"}


def draw_document(
    file: IO[bytes],
    pages: Sequence[Page],
    places: Mapping[str, Place],
    contents: Imprint,
    as_of: datetime,
    typefaces: Typefaces,
) -> None:
    """Writes the pages as one PDF; nothing in it depends on the clock or the machine.

    Args:
        file: open for writing.
        pages: the laid-out blocks; their pictures are loaded here, one at a time.
        places: where each bookmark stands that a page refers to.
        contents: what the file says, for header, footer and metadata.
        as_of: becomes the file's date.
        typefaces: the font to embed.
    """
    pdf = Canvas(
        file,
        pagesize=A4,
        pageCompression=1,
        invariant=1,
        initialFontName=typefaces.regular.fontName,
        lang=_LANGUAGE_TAGS[contents.language],
    )
    _set_metadata(pdf, contents, as_of, typefaces)
    canvas = PageCanvas(pdf, typefaces, contents.language, places)
    for (number, total), page in zip(count_pages(pages), pages, strict=True):
        draw_furniture(canvas, contents, page, number, total)
        for placed in page.placed:
            top = style.BODY_TOP + placed.top
            if placed.bookmark is not None:
                canvas.bookmark(placed.bookmark, top)
            placed.block.draw(canvas, top)
        pdf.showPage()
    pdf.save()


def _set_metadata(pdf: Canvas, contents: Imprint, as_of: datetime, typefaces: Typefaces) -> None:
    pdf.setTitle(typefaces.printable(f"{contents.title} {contents.reference}"))
    pdf.setAuthor(typefaces.printable(contents.author))
    pdf.setSubject(typefaces.printable(contents.subject))
    pdf.setCreator(typefaces.printable(contents.made_by))
    moment = as_of.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00'")
    pdf.setDateFormatter(lambda *_: moment)
    pdf.setViewerPreference("DisplayDocTitle", "true")
    pdf.showOutline()
