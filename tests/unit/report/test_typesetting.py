"""Where lines end, and how characters are shown that the font cannot write."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety_detector.appearance.fonts import FontFiles, find_fonts
from safety_detector.errors import FontInvalid
from safety_detector.report.typesetting import Typefaces, Weight, load_typefaces, split_pieces

FACES: Typefaces = load_typefaces(find_fonts())


def lines(text: str, width_pt: float, max_lines: int | None = None) -> tuple[str, ...]:
    """The text in lines of 10-point type."""
    return FACES.break_lines(text, Weight.REGULAR, 10, width_pt, max_lines)


@given(st.text(max_size=200), st.floats(30, 300))
def test_no_line_is_too_wide_and_no_character_is_lost(text: str, width_pt: float) -> None:
    """Any text at all comes out in lines that fit; only spaces at their ends are dropped."""
    broken = lines(text, width_pt)
    assert all(FACES.width_pt(line, Weight.REGULAR, 10) <= width_pt + 1e-6 for line in broken)
    assert re.sub(r"\s", "", "".join(broken)) == re.sub(r"\s", "", FACES.printable(text))


@given(st.text(alphabet="汉字，。（）“”「」、：a 1", max_size=120))
def test_chinese_signs_stand_where_they_may(text: str) -> None:
    """Between two pieces no closing sign begins and no opening sign ends."""
    pieces = split_pieces(text)
    assert "".join(pieces) == text
    assert not any(piece[0] in "，。）”」、：" for piece in pieces[1:])
    assert not any(piece[-1] in "（“「" for piece in pieces[:-1])


def test_latin_words_stay_whole_in_chinese_text() -> None:
    """A name in a Chinese sentence goes to the next line as a whole."""
    assert lines("模型名称 Qwen/Qwen2.5-VL 检测", 75) == ("模型名称 Qwen/", "Qwen2.5-VL 检", "测")


def test_a_word_wider_than_the_line_is_cut() -> None:
    """A hash without any space still stays inside its column."""
    assert len(lines("f" * 100, 50)) > 5


def test_text_beyond_the_last_line_ends_in_dots() -> None:
    """A cell of limited height says that there is more."""
    broken = lines("word " * 50, 60, max_lines=3)
    assert len(broken) == 3
    assert broken[-1].endswith("...")
    assert lines("short", 60, max_lines=3) == ("short",)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain 中文\u3000①\u00a0x", "plain 中文\u3000①\u00a0x"),
        ("🔥", "[U+1F525]"),
        ("a\nb\tc\x00", "a[U+000A]b[U+0009]c[U+0000]"),
        ("abc\u202efdp.exe", "abc[U+202E]fdp.exe"),
        ("zero\u200bwidth", "zero[U+200B]width"),
        ("soft\u00adhyphen", "soft[U+00AD]hyphen"),
        ("\udcff", "[U+DCFF]"),
        ("שלום", "[U+05E9][U+05DC][U+05D5][U+05DD]"),
        ("cafe\u0301", "café"),
        ("Łódź Gdańsk ğış ňř Ξ Ж 서울", "Łódź Gdańsk ğış ňř Ξ Ж 서울"),
        ("\u1112\u1161\u11ab", "한"),
        ("x\u0301", "x[U+0301]"),
        ("\U0010fffd", "[U+10FFFD]"),
    ],
)
def test_what_cannot_be_shown_is_shown_as_its_code(text: str, shown: str) -> None:
    """No empty box, nothing invisible, no name that reads backwards."""
    assert FACES.printable(text) == shown


@given(st.text(max_size=100), st.floats(20, 200))
def test_a_single_line_fits(text: str, width_pt: float) -> None:
    """A title that is too long for its place ends in dots inside it."""
    line = FACES.fit_line(text, Weight.BOLD, 8, width_pt)
    assert FACES.width_pt(line, Weight.BOLD, 8) <= width_pt + 1e-6
    assert re.fullmatch(r"[^\n]*", line)


def test_a_file_that_is_no_font_is_refused(tmp_path: Path) -> None:
    """A broken or missing font is named before anything is drawn."""
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    with pytest.raises(FontInvalid, match="broken"):
        load_typefaces(FontFiles(regular=broken, bold=broken))
    with pytest.raises(FontInvalid, match="missing"):
        load_typefaces(FontFiles(regular=tmp_path / "missing.ttf", bold=broken))
