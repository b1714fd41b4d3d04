"""Names of pictures and of the files made for them."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety_detector.sources.names import file_for, name_of_url, readable_path

PARTS = st.text(st.sampled_from("ab./~_"), min_size=1, max_size=8)
ENDINGS = st.sampled_from(
    [".jpg", ".png", ".jpg.png", ".png.jpg", ".annotated", ".dat", ".JPG", ""]
)
NAMES = st.builds(lambda stem, ending: stem + ending, PARTS, ENDINGS)


@given(
    st.lists(
        st.binary(max_size=12) | st.sampled_from([b"a\\xff", b"a\xff", b"\\x5cxff"]), unique=True
    )
)
def test_no_two_paths_become_the_same_name(paths: list[bytes]) -> None:
    """Whatever bytes a file system holds, each file keeps a line of its own."""
    names = [readable_path(path) for path in paths]
    assert len(set(names)) == len(paths)
    for name in names:
        assert json.loads(json.dumps(name, ensure_ascii=False).encode()) == name


@given(st.lists(NAMES, unique=True, max_size=6))
def test_no_two_pictures_get_the_same_file_and_none_lies_outside(names: list[str]) -> None:
    """``a.png`` and ``a.png.jpg`` do not overwrite each other, and ``..`` leads nowhere."""
    files = [file_for(name) for name in names]
    assert len(set(files)) == len(files)
    for file in files:
        parts = PurePosixPath(file).parts
        assert not file.startswith("/")
        assert ".." not in parts
        assert file.endswith((".jpg", ".JPG"))


def test_usual_names_are_mirrored() -> None:
    """Who knows the source finds the annotated picture."""
    assert file_for("gate/3/a b.JPG") == "gate/3/a b.JPG"
    assert file_for("gate/作业.jpeg") == "gate/作业.jpeg"
    assert file_for("gate/a.png") == "gate/a.png.jpg"
    assert file_for("2026.11.22.jpg") == "2026.11.22.jpg"


def test_a_file_is_never_needed_as_a_folder() -> None:
    """An archive may hold ``a.jpg`` and ``a.jpg/b.jpg``."""
    assert PurePosixPath(file_for("a.jpg/b.jpg")).parts[0] != file_for("a.jpg")


@pytest.mark.parametrize("name", ["x" * 400 + ".jpg", "深" * 200 + ".png", "d/" * 2000 + "a.jpg"])
def test_names_that_are_too_long_for_a_file_are_cut(name: str) -> None:
    """Linux takes 255 bytes a part and 4,096 in all."""
    file = file_for(name)
    assert len(file.encode()) < 3000
    assert all(len(part.encode()) <= 255 for part in file.split("/"))


def test_secrets_in_urls_stay_out_of_names() -> None:
    """Credentials and queries are not written down; different ones still differ."""
    one, other = (name_of_url(f"http://u:p@cam/x.jpg?token={number}") for number in (1, 2))
    assert one != other
    assert "u:p" not in one
    assert "token" not in one
    assert name_of_url("http://cam/x.jpg") == "http://cam/x.jpg"
