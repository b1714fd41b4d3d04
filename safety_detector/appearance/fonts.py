"""Finds the fonts for labels and reports, and checks that they can be used.

The PDF writer embeds TrueType outlines only, and both weights must be able to write every hazard
name; a font that cannot would print empty boxes, so it is refused before anything is drawn.
Letters of names that a Chinese font lacks come from the fonts behind it.
"""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from safety_detector.domain.hazards import LANGUAGES, SUB_LABELS, Hazard
from safety_detector.errors import FontInvalid

REGULAR_NAME = "NotoSansSC-Regular.ttf"
BOLD_NAME = "NotoSansSC-Bold.ttf"
_BEHIND_NAMES = (
    ("NotoSansLatin-Regular.ttf", "NotoSansLatin-Bold.ttf"),
    ("NotoSansKR-Regular.ttf", "NotoSansKR-Regular.ttf"),
)
"""Latin, Greek and Cyrillic in both weights; Korean in one, which is two megabytes already."""

_PACKAGE = Path(__file__).parent.parent
# The wheel carries the fonts inside the package, a checkout beside it.
_BUNDLED_FOLDERS = (_PACKAGE / "bundled_fonts", _PACKAGE.parent / "fonts")

_FONT_SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")
_TRUETYPE = (b"\x00\x01\x00\x00", b"true")  # sfnt versions with glyf outlines (OpenType 1.9)
_SHOWN_MISSING = 8  # characters named in the error for a font that lacks some


@dataclass(frozen=True, slots=True)
class FontFiles:
    """The font files for text and for labels and headings; the same file where there is but one.

    ``behind`` are fonts that are asked in turn for characters that this one lacks.
    """

    regular: Path
    bold: Path
    behind: tuple[FontFiles, ...] = ()


def find_fonts(override_dir: Path | None = None) -> FontFiles:
    """The operator's font if there is one in ``override_dir``, else the bundled one; checked.

    In the operator's folder a name with ``bold`` in it is the bold weight; a single file serves as
    both weights; of several candidates the first by name.

    Behind either stand the bundled fonts with letters of other languages.

    Raises:
        FontInvalid: the font that would be used is missing or unfit; an unfit font of the
            operator is never passed over in silence.
    """
    folder = next((one for one in _BUNDLED_FOLDERS if one.is_dir()), _BUNDLED_FOLDERS[0])
    fonts = _override(override_dir) if override_dir is not None else None
    if fonts is None:
        fonts = FontFiles(regular=folder / REGULAR_NAME, bold=folder / BOLD_NAME)
    for path in dict.fromkeys((fonts.regular, fonts.bold)):
        check_font(path)
    behind = tuple(FontFiles(folder / regular, folder / bold) for regular, bold in _BEHIND_NAMES)
    return replace(fonts, behind=behind)


def check_font(path: Path) -> None:
    """Passes a TrueType font that can be embedded in a PDF and can write every hazard name.

    Raises:
        FontInvalid: missing, unreadable, a collection, without ``glyf`` outlines, or without some
            of the characters; the message says what to do.
    """
    try:
        data = path.read_bytes()
    except OSError as exc:
        reason = exc.strerror or str(exc)
        raise FontInvalid("font-unreadable", path=path, cause=reason) from exc
    try:
        tables = _tables(data, path)
        missing = sorted(_needed() - _written_by(data, tables["cmap"][0]))
    except (struct.error, KeyError) as exc:
        raise FontInvalid("font-damaged", path=path) from exc
    if missing:
        shown = " ".join(missing[:_SHOWN_MISSING])
        raise FontInvalid("font-lacks-characters", path=path, missing=len(missing), shown=shown)


def _override(folder: Path) -> FontFiles | None:
    if not folder.is_dir():
        return None
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _FONT_SUFFIXES)
    if not paths:
        return None
    bold = [path for path in paths if "bold" in path.stem.lower()]
    regular = [path for path in paths if path not in bold]
    return FontFiles(regular=(regular or bold)[0], bold=(bold or regular)[0])


def _needed() -> set[str]:
    """Every character that a label is made of, and a few that any Chinese report contains."""
    hazards = [Hazard(label, state) for label, states in SUB_LABELS.items() for state in states]
    names = [hazard.text(language) for hazard in hazards for language in LANGUAGES]
    return set("".join(names) + "0123456789., 隐患整改通知单第页共年月日") - {" "}


def _tables(data: bytes, path: Path) -> dict[str, tuple[int, int]]:
    """Offset and length of each table, from the directory of an sfnt file (OpenType 1.9, "otff").

    Raises:
        FontInvalid: the file is not a single TrueType font with ``glyf`` outlines.
        struct.error: it ends inside the directory.
    """
    if data[:4] == b"ttcf":
        raise FontInvalid("font-collection", path=path)
    if data[:4] != b"OTTO" and data[:4] not in _TRUETYPE:
        raise FontInvalid("font-not-truetype", path=path)
    (count,) = struct.unpack_from(">H", data, 4)
    tables = {}
    for index in range(count):
        tag, _, offset, length = struct.unpack_from(">4sLLL", data, 12 + 16 * index)
        if offset + length > len(data):
            raise FontInvalid("font-damaged", path=path)
        tables[tag.decode("latin-1")] = (offset, length)
    if "glyf" not in tables:
        raise FontInvalid("font-postscript", path=path)
    return tables


def _written_by(data: bytes, cmap_offset: int) -> set[str]:
    """Those of the needed characters that the ``cmap`` table knows.

    Formats 4 and 12 (OpenType 1.9, "cmap") are read; every Unicode font of today has one of them.
    """
    needed = sorted(_needed())
    points = [ord(character) for character in needed]
    known: set[str] = set()
    for first, last in _cmap_ranges(data, cmap_offset):
        known.update(needed[bisect_left(points, first) : bisect_right(points, last)])
    return known


def _cmap_ranges(data: bytes, start: int) -> Iterator[tuple[int, int]]:
    """First and last code point of each run of characters in the Unicode subtables."""
    (count,) = struct.unpack_from(">H", data, start + 2)
    for index in range(count):
        platform, _, offset = struct.unpack_from(">HHL", data, start + 4 + 8 * index)
        subtable = start + offset
        (table_format,) = struct.unpack_from(">H", data, subtable)
        if platform not in (0, 3):  # neither Unicode nor Windows
            continue
        if table_format == 4:
            (twice_segments,) = struct.unpack_from(">H", data, subtable + 6)
            layout = f">{twice_segments // 2}H"
            lasts = struct.unpack_from(layout, data, subtable + 14)
            firsts = struct.unpack_from(layout, data, subtable + 16 + twice_segments)
            yield from zip(firsts, lasts, strict=True)
        elif table_format == 12:
            (groups,) = struct.unpack_from(">L", data, subtable + 12)
            for group in range(groups):
                first, last, _ = struct.unpack_from(">LLL", data, subtable + 16 + 12 * group)
                yield first, last
