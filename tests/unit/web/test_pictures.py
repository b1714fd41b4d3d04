"""File names of downloads."""

from __future__ import annotations

import pytest

from safety_detector.web.inspections.pictures import safe_file_name
from safety_detector.web.stored_files import content_disposition


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("gate3.jpg", "gate3.jpg"),
        ("gate3.exe", "gate3.jpg"),
        ("门口.png", "门口.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\pictures\\a.jpg", "a.jpg"),
        ('a"b;c%d\r\n.jpg', "a_b_c_d__.jpg"),
        ("", "picture.jpg"),
        ("...", "picture.jpg"),
        ("x" * 500, "x" * 100 + ".jpg"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}gpj", "_gpj.jpg"),
    ],
)
def test_downloads_have_harmless_names(name: str, safe: str) -> None:
    """Whatever a picture was called, its download has a name that every system takes."""
    assert safe_file_name(name, ".jpg") == safe


def test_header_tells_both_forms_of_the_name() -> None:
    """Old clients get letters that they know, others the real name."""
    header = content_disposition("门口 3.jpg")
    assert header == "inline; filename=\"__ 3.jpg\"; filename*=UTF-8''%E9%97%A8%E5%8F%A3%203.jpg"
