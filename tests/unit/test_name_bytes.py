"""File names whose bytes do not say in which encoding they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety_detector.name_bytes import decode_name

NAMES = {
    "utf-8": ["监控一号", "Größe", "カメラ", "plain"],
    "gbk": [
        "监控一号",
        "门口",
        "门",
        "大门3",
        "东区仓库",
        "摄像头_2026-11-29",
        "gate门",
        "A门B",
        "焊接车间",
        "工地全景 (2)",
        "鑫源化工",
        "Ａ区",
    ],
    "cp932": [
        "東京",
        "テスト",
        "カメラ1",
        "写真",
        "工場入口",
        "予定表",
        "現場写真3",
        "ゲート",
        "ソ",
    ],
    "cp1252": [
        "Größe",
        "café",
        "Müller",
        "señal",
        "Entrée nº1",
        "Übergröße",
        "São Paulo",
        "créée",
        "Gebäude 3–Süd",
    ],
}


@pytest.mark.parametrize(
    ("encoding", "name"), [(encoding, name) for encoding in NAMES for name in NAMES[encoding]]
)
def test_name_of_an_old_system_is_read(encoding: str, name: str) -> None:
    """Names as Chinese, Japanese and Western systems write them come out as they were meant."""
    assert decode_name(f"{name}.jpg".encode(encoding)) == f"{name}.jpg"


def test_declared_encoding_counts_where_it_fits() -> None:
    """What a client says of its names is believed, unless it is nonsense or does not fit."""
    assert decode_name("서울".encode("euc-kr"), "euc-kr") == "서울"
    assert decode_name("门口".encode(), "no-such-encoding") == "门口"
    assert decode_name("门口".encode(), "ascii") == "门口"
    assert decode_name("门口".encode(), "zlib") == "门口"


@given(st.binary(max_size=300))
def test_any_bytes_are_some_name(raw: bytes) -> None:
    """No bytes are too strange to be shown."""
    assert isinstance(decode_name(raw), str)
