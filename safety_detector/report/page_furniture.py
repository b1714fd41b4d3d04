"""What stands on every page: header, footer, page x of y."""

from __future__ import annotations

from safety_detector.report import style, wording
from safety_detector.report.contents import Imprint
from safety_detector.report.flow import Page
from safety_detector.report.page_canvas import PageCanvas

_HEADER_TOP = 28.0
_FOOTER_TOP = style.PAGE_HEIGHT - 38.0


def draw_furniture(
    canvas: PageCanvas, contents: Imprint, page: Page, number: int, total: int
) -> None:
    """Header and footer of one page.

    A page that begins with a title has no header: the first one, and a form.

    Args:
        canvas: draws on the page.
        contents: of the file.
        page: the page.
        number: which page it is.
        total: of how many.
    """
    if number > 1 and not page.headless:
        title = wording.NOTICE.say(contents.language) if page.paper else contents.title
        _draw_header(canvas, title, page.paper or contents.reference)
    _draw_footer(canvas, contents, number, total)


def _draw_header(canvas: PageCanvas, title: str, number: str) -> None:
    look = style.FURNITURE
    reference = canvas.typefaces.printable(number)
    room = style.BODY_WIDTH - canvas.typefaces.width_pt(reference, look.weight, look.size) - 12.0
    title = canvas.typefaces.fit_line(title, look.weight, look.size, room)
    canvas.text(style.BODY_LEFT, _HEADER_TOP, title, look)
    canvas.text_right(style.BODY_LEFT + style.BODY_WIDTH, _HEADER_TOP, reference, look)
    canvas.rule(style.BODY_LEFT, _HEADER_TOP + 13.0, style.BODY_WIDTH, style.HAIRLINE)


def _draw_footer(canvas: PageCanvas, contents: Imprint, page: int, pages: int) -> None:
    look = style.FURNITURE
    canvas.rule(style.BODY_LEFT, _FOOTER_TOP - 3.0, style.BODY_WIDTH, style.HAIRLINE)
    number = wording.PAGE_OF.say(contents.language, page=page, pages=pages)
    room = style.BODY_WIDTH - canvas.typefaces.width_pt(number, look.weight, look.size) - 12.0
    made = canvas.typefaces.fit_line(contents.made_line, look.weight, look.size, room)
    canvas.text(style.BODY_LEFT, _FOOTER_TOP, made, look)
    canvas.text_right(style.BODY_LEFT + style.BODY_WIDTH, _FOOTER_TOP, number, look)
