"""What ``detect`` says to people on a terminal."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from safety_detector.cli.detect_table import print_results
from safety_detector.domain.hazards import Language
from tests.report_entries import BARE_HEAD, FIRE, failed, incomplete, inspection


def test_failures_are_counted_apart_from_doubts(capsys: pytest.CaptureFixture[str]) -> None:
    """Both are inconclusive, but only a failure asks for another file or address."""
    print_results([inspection(1, FIRE), failed(2)], "en")
    assert "2 pictures: 1 hazard, 0 inconclusive, 0 clear, 1 failed" in capsys.readouterr().out
    print_results([inspection(1, FIRE)], "en")
    assert "failed" not in capsys.readouterr().out


def test_the_chinese_table_is_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    """Headers, verdicts, findings, errors and sums; a broken picture has the report's word."""
    shown = [inspection(1, FIRE, BARE_HEAD), failed(2), incomplete(3)]
    print_results(shown, "zh")
    out = capsys.readouterr().out
    for words in (
        "图片", "结论", "检出内容", "毫秒", "存在隐患", "检测失败", "无法判定", "回答被截断",
        "未正确佩戴安全帽", "JPEG 文件在 1,024", "3 张图片：存在隐患 1，无法判定 1，未见隐患 0",
    ):  # fmt: skip
        assert words in "".join(out.split("\n")) or words in out
    assert not re.search(r"Picture|Verdict|Found|hazard|ends after|incomplete", out)


def test_columns_of_chinese_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    """A Chinese character takes two columns of a terminal; the next column begins at one place."""
    print_results([inspection(1, name="a.jpg"), inspection(2, name="图片.jpg")], "zh")
    lines = capsys.readouterr().out.splitlines()[:3]
    assert cell_len(lines[1][: lines[1].index("未")]) == cell_len(lines[2][: lines[2].index("未")])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_codes_are_not_broken_on_80_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, language: Language
) -> None:
    """They are looked for in the documentation; a long name breaks instead."""
    monkeypatch.setenv("COLUMNS", "80")
    long_name = inspection(1, name="/mnt/cameras/gate-three-north/2026-11-29/" * 2 + "a.jpg")
    broken = failed(2)
    assert broken.error is not None
    print_results([long_name, broken], language)
    assert broken.error.code in capsys.readouterr().out
