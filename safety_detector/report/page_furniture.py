"""What stands on every page: header, footer, page x of y."""

from __future__ import annotations

from safety_detector.report import style, wording
from safety_detector.report.contents import ReportContents
from safety_detector.report.flow import Page
from safety_detector.report.pen import Pen

_HEADER_TOP = 28.0
_FOOTER_TOP = style.PAGE_HEIGHT - 38.0


def draw_furniture(pen: Pen, contents: ReportContents, page: Page, number: int, total: int) -> None:
    """Header and footer of one page.

    A page that begins with a title has no header: the first one, and a form.

    Args:
        pen: draws on the page.
        contents: of the file.
        page: the page.
        number: which page it is.
        total: of how many.
    """
    if number > 1 and not page.headless:
        title = wording.NOTICE.say(contents.language) if page.paper else contents.title
        _draw_header(pen, title, page.paper or contents.reference)
    _draw_footer(pen, contents, number, total)


def _draw_header(pen: Pen, title: str, number: str) -> None:
    look = style.FURNITURE
    reference = pen.typefaces.printable(number)
    room = style.BODY_WIDTH - pen.typefaces.width_pt(reference, look.weight, look.size) - 12.0
    title = pen.typefaces.fit_line(title, look.weight, look.size, room)
    pen.text(style.BODY_LEFT, _HEADER_TOP, title, look)
    pen.text_right(style.BODY_LEFT + style.BODY_WIDTH, _HEADER_TOP, reference, look)
    pen.rule(style.BODY_LEFT, _HEADER_TOP + 13.0, style.BODY_WIDTH, style.HAIRLINE)


def _draw_footer(pen: Pen, contents: ReportContents, page: int, pages: int) -> None:
    look = style.FURNITURE
    pen.rule(style.BODY_LEFT, _FOOTER_TOP - 3.0, style.BODY_WIDTH, style.HAIRLINE)
    number = wording.PAGE_OF.say(contents.language, page=page, pages=pages)
    room = style.BODY_WIDTH - pen.typefaces.width_pt(number, look.weight, look.size) - 12.0
    made = pen.typefaces.fit_line(contents.made_line, look.weight, look.size, room)
    pen.text(style.BODY_LEFT, _FOOTER_TOP, made, look)
    pen.text_right(style.BODY_LEFT + style.BODY_WIDTH, _FOOTER_TOP, number, look)
