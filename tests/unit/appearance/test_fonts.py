"""Which font is used, and that an unfit one is refused with a remedy."""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

import pytest

from safety_detector.appearance.fonts import FontFiles, check_font, find_fonts
from safety_detector.errors import FontInvalid

BUNDLED = find_fonts()
CFF_FONT = b"OTTO" + struct.pack(">HHHH", 1, 16, 0, 0) + b"CFF \0\0\0\0\0\0\0\x1c\0\0\0\0"


def _with_cmap(tmp_path: Path, subtable: bytes) -> Path:
    """A minimal sfnt file with an empty ``glyf`` table and one Windows Unicode cmap subtable."""
    cmap = struct.pack(">HHHHL", 0, 1, 3, 10, 12) + subtable
    begin = 12 + 2 * 16
    directory = struct.pack(">4sLLL", b"cmap", 0, begin, len(cmap))
    directory += struct.pack(">4sLLL", b"glyf", 0, begin + len(cmap), 0)
    path = tmp_path / "made.ttf"
    path.write_bytes(b"\x00\x01\x00\x00" + struct.pack(">HHHH", 2, 32, 1, 0) + directory + cmap)
    return path


def _format_12(first: int, last: int) -> bytes:
    return struct.pack(">HHLLL", 12, 0, 28, 0, 1) + struct.pack(">LLL", first, last, 1)


def test_the_bundled_fonts_are_found_and_fit() -> None:
    """Without a word from the operator, both weights of the bundled font are used."""
    fonts = find_fonts()
    assert fonts.regular.name == "NotoSansSC-Regular.ttf"
    assert fonts.bold.name == "NotoSansSC-Bold.ttf"
    check_font(fonts.regular)
    check_font(fonts.bold)


@pytest.mark.parametrize("folder", ["missing", "empty", "other"])
def test_a_folder_without_a_font_changes_nothing(tmp_path: Path, folder: str) -> None:
    """A data folder without fonts, or with other files only, leaves the bundled fonts in use."""
    override = tmp_path / folder
    if folder != "missing":
        override.mkdir()
    if folder == "other":
        (override / "README.txt").write_text("no font")
    assert find_fonts(override) == BUNDLED


def test_a_single_font_of_the_operator_serves_as_both_weights(tmp_path: Path) -> None:
    """One file in the operator's folder replaces both weights, whatever the case of its name."""
    mine = tmp_path / "Mine.TTF"
    shutil.copy(BUNDLED.regular, mine)
    assert find_fonts(tmp_path) == FontFiles(mine, mine, BUNDLED.behind)


def test_the_file_named_bold_is_the_bold_weight(tmp_path: Path) -> None:
    """Of two files the one with "bold" in its name is used for labels and headings."""
    shutil.copy(BUNDLED.bold, tmp_path / "a-BOLD.ttf")
    shutil.copy(BUNDLED.regular, tmp_path / "b.ttf")
    assert find_fonts(tmp_path) == FontFiles(
        tmp_path / "b.ttf", tmp_path / "a-BOLD.ttf", BUNDLED.behind
    )


def test_an_unfit_font_of_the_operator_is_refused_not_ignored(tmp_path: Path) -> None:
    """An operator who drops an .otf file is told, instead of finding another font in use."""
    (tmp_path / "house-style.otf").write_bytes(CFF_FONT)
    with pytest.raises(FontInvalid, match=r"house-style\.otf has PostScript"):
        find_fonts(tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "cannot be read"),
        (b"", "not a TrueType font"),
        (b"<html>not found</html>", "not a TrueType font"),
        (b"wOF2" + bytes(60), "not a TrueType font"),
        (b"ttcf" + bytes(60), "collection of fonts"),
        (CFF_FONT, r"PostScript \(CFF\) outlines"),
        (b"\x00\x01\x00\x00\x00\x09", "damaged or cut off"),
        (BUNDLED.regular.read_bytes()[:100], "damaged or cut off"),
        (BUNDLED.regular.read_bytes()[:-1000], "damaged or cut off"),
    ],
)
def test_an_unfit_file_is_refused_with_its_name_the_reason_and_a_remedy(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    """Whatever is wrong with a font file, the message says which file, why and what to do."""
    path = tmp_path / "font.ttf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FontInvalid, match=reason) as caught:
        check_font(path)
    assert "font.ttf" in caught.value.message
    assert "Put a TrueType font" in caught.value.message


def test_a_font_without_chinese_is_refused_and_the_characters_are_named(tmp_path: Path) -> None:
    """A Latin font would print empty boxes for hazard names, so it is refused by naming some."""
    latin_only = _with_cmap(tmp_path, _format_12(0x20, 0x7E))
    with pytest.raises(FontInvalid, match=r"lacks \d+ characters \(.*不"):
        check_font(latin_only)


def test_a_font_with_only_the_older_character_map_passes(tmp_path: Path) -> None:
    """Fonts that list their characters in cmap format 4 alone are as good as newer ones."""
    segments = struct.pack(">HHHHHHH", 4, 32, 0, 4, 0, 0, 0)
    check_font(
        _with_cmap(tmp_path, segments + struct.pack(">HHHHH", 0x9FFF, 0xFFFF, 0, 0x20, 0xFFFF))
    )


def test_a_font_with_only_the_newer_character_map_passes(tmp_path: Path) -> None:
    """Fonts with cmap format 12 alone are read, and a huge run of characters costs nothing."""
    check_font(_with_cmap(tmp_path, _format_12(0, 0xFFFF_FFFF)))
