"""Text on a page: which characters the font has, how wide they are, where a line may end.

Text is drawn as it is and never read as markup, so nothing in it can change the page.  Lines are
broken here and not by ReportLab, whose Chinese mode cuts Latin words anywhere and whose Latin
mode does not break Chinese at all.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from threading import Lock

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from safety_detector.appearance.fonts import FontFiles
from safety_detector.errors import FontInvalid

# Signs that may not begin a line, and those that may not end one (GB/T 15834-2011, section 5.1.1
# and 5.1.4; the Latin ones by custom).
_NOT_FIRST = frozenset("，。、；：？！）〕】》〉」』”’％‰℃…—·,.;:?!)]}%")
_NOT_LAST = frozenset("（〔【《〈「『“‘([{")

_BREAK_BEHIND = frozenset("/\\-_")
"""Signs in paths and names behind which a line may end."""


_LOADING = Lock()
"""ReportLab's list of fonts belongs to the process; two threads must not fill it at once."""


class Weight(StrEnum):
    """The two weights of the font."""

    REGULAR = "regular"
    BOLD = "bold"


@dataclass(frozen=True, slots=True)
class Typefaces:
    """Both weights, ready to measure and to draw with.

    Attributes:
        regular: the weight of running text.
        bold: the weight of headings.
        behind: for each weight the characters that it lacks, and a font that has them.
        advances: for each weight the width of every character at size 1; these are the
            characters that both weights can write and that are visible or spaces.
    """

    regular: TTFont
    bold: TTFont
    behind: Mapping[Weight, Mapping[str, TTFont]]
    advances: Mapping[Weight, Mapping[str, float]]

    def of(self, weight: Weight) -> TTFont:
        """The font of a weight."""
        return self.bold if weight is Weight.BOLD else self.regular

    def runs(self, line: str, weight: Weight) -> Iterator[tuple[TTFont, str]]:
        """Printable text in parts that one font can write."""
        first, behind = self.of(weight), self.behind[weight]
        if behind.keys().isdisjoint(line):
            yield first, line
            return
        for font, characters in groupby(line, lambda character: behind.get(character, first)):
            yield font, "".join(characters)

    def printable(self, text: str) -> str:
        """The text with each character that cannot be shown replaced by its code, ``[U+1F525]``.

        Besides characters that the font lacks these are control and format characters: line
        breaks, right-to-left overrides and zero-width signs would make a name look like another.
        """
        composed = unicodedata.normalize("NFC", text)
        known = self.advances[Weight.REGULAR]
        return "".join(one if one in known else f"[U+{ord(one):04X}]" for one in composed)

    def width_pt(self, text: str, weight: Weight, size_pt: float) -> float:
        """Width of printable text on one line, in points."""
        return sum(map(self.advances[weight].__getitem__, text)) * size_pt

    def break_lines(
        self,
        text: str,
        weight: Weight,
        size_pt: float,
        width_pt: float,
        max_lines: int | None = None,
    ) -> tuple[str, ...]:
        """The text as printable lines no wider than the width, at least one line.

        Where there are more lines than the most that are wanted, the last one ends in three dots.
        """
        shown = self.printable(text).rstrip()
        if self.width_pt(shown, weight, size_pt) <= width_pt:
            return (shown,)
        lines = []
        line, line_width = "", 0.0
        for piece in self._fitting_pieces(shown, weight, size_pt, width_pt):
            piece_width = self.width_pt(piece, weight, size_pt)
            visible_width = self.width_pt(piece.rstrip(), weight, size_pt)
            if line and line_width + visible_width > width_pt:
                lines.append(line.rstrip())
                if len(lines) == max_lines:
                    lines[-1] = self._end_in_dots(lines[-1], weight, size_pt, width_pt)
                    return tuple(lines)
                line, line_width = "", 0.0
                piece = piece.lstrip()
                piece_width = self.width_pt(piece, weight, size_pt)
            line, line_width = line + piece, line_width + piece_width
        return (*lines, line.rstrip())

    def fit_line(self, text: str, weight: Weight, size_pt: float, width_pt: float) -> str:
        """The text on one line; where it is too wide, its beginning and three dots."""
        shown = self.printable(text)
        if self.width_pt(shown, weight, size_pt) <= width_pt:
            return shown
        return self._end_in_dots(shown, weight, size_pt, width_pt)

    def _end_in_dots(self, line: str, weight: Weight, size_pt: float, width_pt: float) -> str:
        """The beginning of the line with three dots behind it, as much as fits."""
        room = width_pt - self.width_pt("...", weight, size_pt)
        kept = ""
        for character in line:
            room -= self.width_pt(character, weight, size_pt)
            if room < 0:
                break
            kept += character
        return kept.rstrip() + "..."

    def _fitting_pieces(
        self, text: str, weight: Weight, size_pt: float, width_pt: float
    ) -> Iterator[str]:
        """The unbreakable pieces; one that is wider than the line comes in single characters."""
        for piece in split_pieces(text):
            if self.width_pt(piece.rstrip(), weight, size_pt) <= width_pt:
                yield piece
            else:
                yield from piece


def load_typefaces(fonts: FontFiles) -> Typefaces:
    """Reads the font files and makes them known to ReportLab.

    Raises:
        FontInvalid: ReportLab cannot use a file.
    """
    paths = {path: None for one in (fonts, *fonts.behind) for path in (one.regular, one.bold)}
    try:
        stamps = tuple((path, path.stat().st_mtime_ns) for path in paths)
    except OSError as exc:
        raise FontInvalid("a-font-unreadable", cause=exc) from exc
    with _LOADING:
        return _load(fonts, stamps)


@lru_cache(maxsize=2)
def _load(fonts: FontFiles, stamps: tuple[tuple[Path, int], ...]) -> Typefaces:
    """Reads the files; ``stamps`` tell when each was changed, so that a new one is read anew."""
    faces: dict[Path, TTFont] = {}
    for number, (path, stamp) in enumerate(stamps):
        faces[path] = _register(path, f"report-{number}-{stamp}-{path}")
    _tell_apart(list(faces.values()))
    advances: dict[Weight, dict[str, float]] = {weight: {} for weight in Weight}
    behind: dict[Weight, dict[str, TTFont]] = {weight: {} for weight in Weight}
    for one in (fonts, *fonts.behind):
        pair = {Weight.REGULAR: faces[one.regular], Weight.BOLD: faces[one.bold]}
        shared = pair[Weight.REGULAR].face.charToGlyph.keys() & pair[Weight.BOLD].face.charToGlyph
        new = [
            code
            for code in shared
            if chr(code) not in advances[Weight.REGULAR] and _is_shown(chr(code))
        ]
        for weight, font in pair.items():
            advances[weight] |= {chr(code): font.face.getCharWidth(code) / 1000 for code in new}
            if one is not fonts:
                behind[weight] |= {chr(code): font for code in new}
    return Typefaces(faces[fonts.regular], faces[fonts.bold], behind, advances)


def _register(path: Path, name: str) -> TTFont:
    try:
        font = TTFont(name, str(path))
    except TTFError as exc:
        raise FontInvalid("font-not-embeddable", path=path, cause=exc) from exc
    # ReportLab takes fonts of one family name for the same; each file has to stand for itself.
    font.unregister()
    pdfmetrics.registerFont(font)
    return font


def _tell_apart(faces: Sequence[TTFont]) -> None:
    """Gives each font a name of its own, under which ReportLab keeps its outlines in a file."""
    names: set[bytes] = set()
    for number, font in enumerate(faces):
        if font.face.name in names:
            font.face.name += b"-%d" % number
        names.add(font.face.name)


def _is_shown(character: str) -> bool:
    """Whether it leaves a mark or a space of its own.

    Controls, formats and line separators do neither; accents that are left after composing would
    be printed beside their letter.
    """
    category = unicodedata.category(character)
    return category[0] != "C" and category not in ("Zl", "Zp", "Mn", "Me")


def split_pieces(text: str) -> list[str]:
    r"""The text in pieces between which a line may end, spaces staying with the piece before.

    A Chinese character is a piece by itself, together with signs that may not stand apart from
    it; a Latin word is one, and a name also ends a piece behind ``/ \ - _``.
    """
    pieces: list[str] = []
    for character in text:
        if pieces and not _may_break(pieces[-1], character):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _may_break(piece: str, following: str) -> bool:
    last = piece[-1]
    if last == "]" and following == "[":  # codes that stand for characters
        return True
    if following == " " or following in _NOT_FIRST or last in _NOT_LAST:
        return False
    if last == " ":
        return piece.rstrip()[-1:] not in _NOT_LAST
    if last in _BREAK_BEHIND and len(piece) > 1:
        return not (last == "-" and following.isdigit())
    return _is_wide(last) or _is_wide(following)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"
