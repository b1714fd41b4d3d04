"""Draws on one ReportLab canvas with y counted downwards from the paper's upper edge, in points."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

from reportlab import rl_config
from reportlab.lib.colors import Color
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfdoc import (
    PDFArray,
    PDFDictionary,
    PDFDocument,
    PDFName,
    PDFObject,
    PDFString,
)
from reportlab.pdfgen.canvas import Canvas

from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.hazards import Language
from safety_detector.report import style
from safety_detector.report.style import TextStyle
from safety_detector.report.typesetting import Typefaces

# ReportLab wraps every stream in ASCII base 85 unless told otherwise: 25 % more bytes, and slower.
rl_config.useA85 = 0


_ROOM_ABOVE_BOOKMARK = 8.0
"""A viewer that jumps to a bookmark shows a little of what is above it."""


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle on the page: left edge, upper edge, width, height."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A place that links and the outline lead to; ``level`` 0 is the outline's outermost."""

    key: str
    title: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bookmark stands.

    Attributes:
        page: counted from 1.
        volume: number of the volume; 0 in a report without volumes.
        file_name: the volume's file, None for the file that is being drawn.
    """

    page: int
    volume: int = 0
    file_name: str | None = None

    def __str__(self) -> str:
        return f"{self.volume} / {self.page}" if self.file_name else str(self.page)


class EncodedJpeg(ImageReader):  # type: ignore[misc]  # ReportLab has no types
    """A JPEG that goes into the file as it is.

    ReportLab's own reader decodes the picture first, only to hash its pixels.
    """

    def __init__(self, data: bytes, size: ImageSize) -> None:
        self._jpeg = data
        self._size = size
        self._dataA = None  # read by Canvas.drawImage: there is no transparency

    def getSize(self) -> tuple[int, int]:  # noqa: N802  # ReportLab's name
        """Width and height in pixels."""
        return (self._size.width, self._size.height)

    def getRGBData(self) -> bytes:  # noqa: N802  # ReportLab's name
        """The bytes by which the canvas tells equal pictures."""
        return self._jpeg

    def jpeg_fh(self) -> io.BytesIO:
        """The encoded file."""
        return io.BytesIO(self._jpeg)


class VolumeLink(PDFObject):  # type: ignore[misc]  # ReportLab has no types
    """A link to a page of another file beside this one.

    An index of 10,000 pictures has more of them than of anything else, and all are held until the
    file is saved: this one takes a tenth of the memory of ReportLab's own dictionaries.
    """

    def __init__(self, corners: tuple[float, ...], place: Place) -> None:
        self._corners = corners
        self._place = place

    def format(self, document: PDFDocument) -> bytes:
        """The annotation as it stands in the file."""
        name = (self._place.file_name or "").encode("utf-8", "replace").decode("utf-8")
        file = {"Type": PDFName("Filespec"), "F": PDFString(name), "UF": PDFString(name)}
        target = PDFArray([self._place.page - 1, PDFName("Fit")])
        action = {"S": PDFName("GoToR"), "F": PDFDictionary(file), "D": target}
        annotation = {
            "Type": PDFName("Annot"),
            "Subtype": PDFName("Link"),
            "Rect": PDFArray(self._corners),
            "Border": PDFArray([0, 0, 0]),
            "A": PDFDictionary(action),
        }
        formatted: bytes = PDFDictionary(annotation).format(document)
        return formatted


class PageCanvas:
    """What blocks draw with.

    Args:
        canvas: the page being drawn.
        typefaces: the font in its two weights.
        language: of the words that blocks add themselves.
        places: where each bookmark stands, for references and links.
    """

    def __init__(
        self,
        canvas: Canvas,
        typefaces: Typefaces,
        language: Language,
        places: Mapping[str, Place],
    ) -> None:
        self.canvas = canvas
        self.typefaces = typefaces
        self.language = language
        self.places = places

    def text(self, left: float, top: float, line: str, look: TextStyle) -> None:
        """One printable line whose box begins at ``top`` and is as high as the style's leading."""
        self._show(left, top, line, look)

    def text_right(self, right: float, top: float, line: str, look: TextStyle) -> None:
        """The same, ending at ``right``."""
        self._show(right - self._width_pt(line, look), top, line, look)

    def text_centred(self, centre: float, top: float, line: str, look: TextStyle) -> None:
        """The same, around ``centre``."""
        self._show(centre - self._width_pt(line, look) / 2, top, line, look)

    def fill(self, area: Area, colour: Color, radius: float = 0.0) -> None:
        """A filled rectangle."""
        self._fill_with(colour)
        self._rectangle(area, radius, stroke=0, fill=1)

    def frame(self, area: Area, colour: Color, line_width: float = 0.5) -> None:
        """The outline of a rectangle."""
        self.canvas.setStrokeColor(colour)
        self.canvas.setLineWidth(line_width)
        self._rectangle(area, 0.0, stroke=1, fill=0)

    def hatch(self, area: Area, colour: Color, line_width: float = 1.1, step: float = 4.0) -> None:
        """Slanting lines over a rectangle, cut at its edges: a sign that no grey print loses."""
        self.canvas.saveState()
        path = self.canvas.beginPath()
        lower = style.PAGE_HEIGHT - area.top - area.height
        path.rect(area.left, lower, area.width, area.height)
        self.canvas.clipPath(path, stroke=0, fill=0)
        self.canvas.setStrokeColor(colour)
        self.canvas.setLineWidth(line_width)
        upper = lower + area.height
        for number in range(int((area.width + area.height) / step) + 1):
            foot = area.left - area.height + number * step
            self.canvas.line(foot, lower, foot + area.height, upper)
        self.canvas.restoreState()

    def rule(
        self, left: float, top: float, width: float, colour: Color, line_width: float = 0.5
    ) -> None:
        """A horizontal line."""
        self.canvas.setStrokeColor(colour)
        self.canvas.setLineWidth(line_width)
        y = style.PAGE_HEIGHT - top
        self.canvas.line(left, y, left + width, y)

    def jpeg(self, area: Area, data: bytes, size: ImageSize) -> None:
        """An encoded picture, stretched over the area."""
        y = style.PAGE_HEIGHT - area.top - area.height
        picture = EncodedJpeg(data, size)
        self.canvas.drawImage(picture, area.left, y, area.width, area.height)

    def link(self, area: Area, bookmark: str) -> None:
        """Makes the area lead to a bookmark, of this file or of another volume."""
        place = self.places[bookmark]
        lower = style.PAGE_HEIGHT - area.top - area.height
        corners = (area.left, lower, area.left + area.width, lower + area.height)
        if place.file_name is None:
            self.canvas.linkAbsolute("", bookmark, corners)
        else:
            # Canvas.linkURL can lead into another file, but only to its first page.
            self.canvas._addAnnotation(VolumeLink(corners, place))

    def bookmark(self, mark: Bookmark, top: float) -> None:
        """Marks a place for links and, under its title, in the outline."""
        y = style.PAGE_HEIGHT - max(top - _ROOM_ABOVE_BOOKMARK, 0.0)
        self.canvas.bookmarkHorizontal(mark.key, 0, y)
        title = self.typefaces.printable(mark.title)
        self.canvas.addOutlineEntry(title, mark.key, mark.level, closed=mark.level == 0)

    def _show(self, left: float, top: float, line: str, look: TextStyle) -> None:
        """Writes the operators (ISO 32000-1, 9.4) by itself.

        ``Canvas.drawString`` measures each line again and states what does not change: a fifth of
        a report's time.
        """
        self._fill_with(look.colour)
        document = self.canvas._doc
        shown = " ".join(
            f"{font.getSubsetInternalName(subset, document)} {look.size:g} Tf "
            f"({self.canvas._escape(codes)}) Tj"
            for font, part in self.typefaces.runs(line, look.weight)
            for subset, codes in font.splitString(part, document)
        )
        y = style.PAGE_HEIGHT - top - baseline(look)
        self.canvas._code.append(f"BT 1 0 0 1 {left:.2f} {y:.2f} Tm {shown} ET")

    def _width_pt(self, line: str, look: TextStyle) -> float:
        return self.typefaces.width_pt(line, look.weight, look.size)

    def _fill_with(self, colour: Color) -> None:
        if self.canvas._fillColorObj is not colour:  # black again on each new page
            self.canvas.setFillColor(colour)

    def _rectangle(self, area: Area, radius: float, stroke: int, fill: int) -> None:
        y = style.PAGE_HEIGHT - area.top - area.height
        if radius:
            self.canvas.roundRect(
                area.left, y, area.width, area.height, radius, stroke=stroke, fill=fill
            )
        else:
            self.canvas.rect(area.left, y, area.width, area.height, stroke=stroke, fill=fill)


def baseline(look: TextStyle) -> float:
    """Distance of the baseline from the line's upper edge.

    A Chinese character reaches from 0.88 em above the baseline to 0.12 em below; it stands in the
    middle of the line.
    """
    return (look.leading - look.size) / 2 + 0.88 * look.size
