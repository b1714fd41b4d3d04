"""Everything below a folder, in one order."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from safety_detector.server_folders import walk as walking
from safety_detector.server_folders.walk import MOST_LEVELS, Found, FoundKind, walk

NAMES = [
    *("a.jpg", "a/1.jpg", "a/2.jpg", "a/10.jpg", "a/b/c/x.jpg", "b/y.jpg", "B.jpg"),
    *("ab.jpg", "a-b/z.jpg", "作业/一.jpg", "b/empty.txt", "c.jpg"),
]


def fill(folder: Path, names: Iterable[str]) -> None:
    """Makes a file of each name."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def found_in(folder: Path, after: bytes | None = None) -> list[Found]:
    """Everything behind a path."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return list(walk(descriptor, after, lambda: None, lambda _: False))
    finally:
        os.close(descriptor)


def paths(found: Iterable[Found]) -> list[bytes]:
    """Where they lie."""
    return [one.path for one in found]


def test_names_come_in_the_order_of_their_bytes_and_folders_in_their_place(tmp_path: Path) -> None:
    """Each part of a path is compared for itself."""
    fill(tmp_path, NAMES)
    expected = sorted(name.encode().split(b"/") for name in NAMES)
    assert paths(found_in(tmp_path)) == [b"/".join(parts) for parts in expected]


@pytest.mark.parametrize("at_once", [1, 2, 50_000])
def test_behind_each_path_comes_what_came_behind_it_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Whatever portions the names are taken in."""
    monkeypatch.setattr(walking, "NAMES_AT_ONCE", at_once)
    fill(tmp_path, NAMES)
    everything = paths(found_in(tmp_path))
    assert len(everything) == len(NAMES)
    for number, path in enumerate(everything, start=1):
        assert paths(found_in(tmp_path, path)) == everything[number:]


def test_a_place_counts_though_nothing_is_there_any_more(tmp_path: Path) -> None:
    """Its file, its folder, or all of its path may be gone."""
    fill(tmp_path, NAMES)
    assert paths(found_in(tmp_path, b"ab/gone/x.jpg"))[0] == b"ab.jpg"
    assert paths(found_in(tmp_path, b"b/y")) == [b"b/y.jpg", b"c.jpg", "作业/一.jpg".encode()]
    assert paths(found_in(tmp_path, b"\xff")) == []


def test_bytes_that_are_no_utf8_are_names(tmp_path: Path) -> None:
    """Links are told from what they lead to."""
    odd = os.fsencode(tmp_path) + b"/\xff\xfe.jpg"
    Path(os.fsdecode(odd)).write_bytes(b"x")
    (tmp_path / "link.jpg").symlink_to("/etc/hostname")
    (tmp_path / "linked").symlink_to(tmp_path)
    (tmp_path / "broken").symlink_to("nowhere")
    assert [(one.path, one.kind) for one in found_in(tmp_path)] == [
        (b"broken", FoundKind.FILE_LINK),
        (b"link.jpg", FoundKind.FILE_LINK),
        (b"linked", FoundKind.FOLDER_LINK),
        (b"\xff\xfe.jpg", FoundKind.FILE),
    ]


def test_what_lies_too_deep_is_told(tmp_path: Path) -> None:
    """So many folders inside each other are open at a time, and no more."""
    deep = "/".join(["d"] * MOST_LEVELS)
    fill(tmp_path, [f"{deep}/too-deep.jpg", f"{deep[2:]}/deep.jpg"])
    closed, deepest = found_in(tmp_path)
    assert (closed.path, closed.kind) == (deep.encode(), FoundKind.CLOSED_FOLDER)
    assert deepest.path == f"{deep[2:]}/deep.jpg".encode()


def test_long_folders_let_their_reader_breathe(quick_path: Path) -> None:
    """A lease is extended while they are listed."""
    for number in range(10_001):
        os.close(os.open(quick_path / f"{number}.jpg", os.O_CREAT | os.O_WRONLY))
    breaths: list[None] = []
    descriptor = os.open(quick_path, os.O_RDONLY | os.O_DIRECTORY)
    assert (
        len(list(walk(descriptor, None, lambda: breaths.append(None), lambda _: False))) == 10_001
    )
    os.close(descriptor)
    assert len(breaths) == 1
