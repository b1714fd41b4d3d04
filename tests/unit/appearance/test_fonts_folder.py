"""The bundled fonts are what their README says, and can write what reports and labels need."""

import hashlib
import re
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageStat
from reportlab.pdfbase.ttfonts import TTFontFile

FONTS = Path(__file__).parents[3] / "fonts"
FONT_NAMES = ["NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"]
BEHIND_NAMES = ["NotoSansLatin-Regular.ttf", "NotoSansLatin-Bold.ttf", "NotoSansKR-Regular.ttf"]
REPORT_SIGNS = "✓×÷±≥≤≈°℃%‰—–…“”‘’•·■□▲△●○◆★→←↑↓①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳©®²³№"


def listed_hashes() -> dict[str, str]:
    """Return the SHA-256 of each file in the README's table."""
    readme = (FONTS / "README.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| `([^`]+)` \|.*\| `([0-9a-f]{64})` \|$", readme, re.MULTILINE))


def gb2312_characters() -> str:
    """Return the 7,445 characters of GB 2312, rows 1 to 87 as Python's codec knows them."""
    rows = range(0xA1, 0xF8)
    cells = range(0xA1, 0xFF)
    return "".join(bytes([row, cell]).decode("gb2312", "ignore") for row in rows for cell in cells)


def picture_of(text: str, font: ImageFont.FreeTypeFont) -> Image.Image:
    """Return the text in black on a white strip, mode L."""
    strip = Image.new("L", (64 * len(text), 64), 255)
    ImageDraw.Draw(strip).text((8, 8), text, font=font, fill=0)
    return strip


def test_every_file_is_listed_with_its_true_hash() -> None:
    """The README names each file of the folder, no other, and each hash is true."""
    actual = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in FONTS.iterdir()
        if path.name != "README.md"
    }
    assert listed_hashes() == actual


def test_the_licence_lies_beside_the_fonts() -> None:
    """Whoever receives the fonts receives their licence."""
    for name, owner in (("OFL.txt", "Adobe"), ("OFL-NotoSans.txt", "The Noto Project Authors")):
        licence = (FONTS / name).read_text(encoding="utf-8")
        assert "SIL OPEN FONT LICENSE Version 1.1" in licence
        assert owner in licence


@pytest.mark.parametrize("name", [*FONT_NAMES, *BEHIND_NAMES])
def test_fonts_have_truetype_outlines(name: str) -> None:
    """ReportLab, which refuses CFF outlines, can read the outlines of each font."""
    font = TTFontFile(str(FONTS / name))
    assert "glyf" in font.table
    assert "CFF " not in font.table


@pytest.mark.parametrize("name", FONT_NAMES)
def test_fonts_can_write_chinese_english_and_the_signs_of_a_report(name: str) -> None:
    """No character of GB 2312, Latin-1, the full-width forms or our signs is missing."""
    glyphs = TTFontFile(str(FONTS / name)).charToGlyph
    latin = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x100)]))
    full_width = "".join(map(chr, range(0xFF01, 0xFF5F)))
    wanted = gb2312_characters() + latin + full_width + REPORT_SIGNS
    assert len(gb2312_characters()) == 7445
    assert [char for char in wanted if not glyphs.get(ord(char))] == []


def test_the_fonts_behind_have_the_letters_of_europe_and_korea() -> None:
    """Latin Extended, Vietnamese, Greek, Cyrillic and every Hangul syllable."""
    latin, bold, korean = (TTFontFile(str(FONTS / name)).charToGlyph for name in BEHIND_NAMES)
    for first, last in ((0x100, 0x24F), (0x1E00, 0x1EFF), (0x400, 0x482), (0x48A, 0x52F)):
        assert [code for code in range(first, last + 1) if not latin.get(code)] == []
    assert [letter for letter in "ΆΈΉΊΌΎΏάέήίόύώς" if not latin.get(ord(letter))] == []
    assert bold.keys() == latin.keys()
    assert [code for code in range(0xAC00, 0xD7A4) if not korean.get(code)] == []


@pytest.mark.parametrize("name", FONT_NAMES)
def test_pillow_draws_each_hazard_word_as_glyphs_not_as_empty_boxes(name: str) -> None:
    """Labels on pictures show characters, never the box that stands for a missing one."""
    font = ImageFont.truetype(FONTS / name, 40)
    missing = picture_of("\U0010fffd", font)
    for character in "火焰烟雾人员安全帽已未正确佩戴严重中轻微程度情况不确定":
        assert ImageChops.difference(picture_of(character, font), missing).getbbox() is not None


def test_bold_is_bolder_than_regular() -> None:
    """A heading in the bold file carries clearly more ink than the same text in the regular one."""
    ink = [
        255 - ImageStat.Stat(picture_of("隐患整改", font)).mean[0]
        for font in (ImageFont.truetype(FONTS / name, 40) for name in FONT_NAMES)
    ]
    assert ink[1] > 1.25 * ink[0]
