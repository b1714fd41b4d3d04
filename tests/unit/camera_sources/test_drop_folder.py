"""Drop folders: what is taken from them, in which order, and what is left."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from safety_detector.camera_sources.drop_folder import DropFolder
from safety_detector.camera_sources.opening import PullOptions, open_puller
from safety_detector.camera_sources.puller import PulledFrame
from safety_detector.camera_sources.source import SourceOptions, Taken, parse_source
from safety_detector.errors import CameraStreamBroken, CameraStreamMissing
from tests.api_server import make_jpeg

JPEG = make_jpeg()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A drop folder."""
    drop = tmp_path / "drop"
    drop.mkdir()
    return drop


def opened(folder: Path, **options: object) -> DropFolder:
    """What pulls the folder."""
    source = parse_source(f"{folder}/", options=SourceOptions(**options))
    puller = open_puller(source, 1.0, PullOptions())
    assert isinstance(puller, DropFolder)
    puller.start()
    return puller


def put(path: Path, content: bytes = JPEG, age_s: float = 60.0) -> Path:
    """A file that was written so long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    moment = time.time() - age_s
    os.utime(path, (moment, moment))
    return path


def take(puller: DropFolder, count: int, timeout_s: float = 20.0) -> list[PulledFrame]:
    """So many pictures, each accepted; fewer where no more come."""
    taken: list[PulledFrame] = []
    deadline = time.monotonic() + timeout_s
    while len(taken) < count and time.monotonic() < deadline:
        frame = puller.read(0.5)
        if frame is not None:
            taken.append(frame)
            puller.accepted(frame)
    return taken


def nothing_comes(puller: DropFolder, for_s: float = 2.5) -> bool:
    """Whether nothing is given out, over two looks at least."""
    return puller.read(for_s) is None


def names_in(folder: Path) -> list[str]:
    """The files below a folder."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_oldest_first_through_folders_of_dates(folder: Path) -> None:
    """Whatever the names and the folders, pictures come in the order of time, and are moved."""
    put(folder / "2026-11-29" / "a.jpg", age_s=10_000)
    put(folder / "2026-11-28" / "z.JPG", age_s=20_000)
    put(folder / "b.jpeg", age_s=15_000)
    frames = take(opened(folder), 3)
    assert [one.name for one in frames] == ["2026-11-28/z.JPG", "b.jpeg", "2026-11-29/a.jpg"]
    assert all(one.jpeg == JPEG for one in frames)
    assert names_in(folder) == [
        "accepted/2026-11-28/z.JPG",
        "accepted/2026-11-29/a.jpg",
        "accepted/b.jpeg",
    ]
    taken_at = frames[0].taken_at
    assert taken_at is not None
    assert abs(time.time() - 20_000 - taken_at.timestamp()) < 60


def test_accepted_files_are_deleted_or_moved_elsewhere(folder: Path, tmp_path: Path) -> None:
    """As the operator says; a name that is there already gets a number."""
    put(folder / "a.jpg")
    take(opened(folder, taken=Taken.DELETED), 1)
    assert names_in(folder) == []
    elsewhere = tmp_path / "kept" / "here"
    for _ in range(2):
        put(folder / "a.jpg")
        take(opened(folder, move_to=str(elsewhere)), 1)
    assert names_in(elsewhere) == ["a.jpg", "a~2.jpg"]


def test_file_stays_until_it_is_accepted(folder: Path) -> None:
    """What was given out and not accepted, as after a crash, is given out again."""
    put(folder / "a.jpg")
    assert opened(folder).read(5) is not None
    assert names_in(folder) == ["a.jpg"]
    assert [one.name for one in take(opened(folder), 1)] == ["a.jpg"]
    assert nothing_comes(opened(folder))


def test_growing_file_is_waited_for(folder: Path) -> None:
    """A file that is being written is not taken before it is whole and at rest."""
    puller = opened(folder)
    path = folder / "slow.jpg"
    for end in range(500, len(JPEG), len(JPEG) // 4):
        path.write_bytes(JPEG[:end])
        assert puller.read(0.3) is None
    path.write_bytes(JPEG)
    assert [one.jpeg for one in take(puller, 1)] == [JPEG]


@pytest.mark.parametrize("content", [JPEG[: len(JPEG) // 2], b"", b"hello", JPEG[:-500]])
def test_half_file_is_told_after_a_while(folder: Path, content: bytes) -> None:
    """What stays half is left alone for ten minutes; then it is refused, counted, put away."""
    path = put(folder / "half.jpg", content, age_s=300)
    put(folder / "whole.jpg", age_s=200)
    puller = opened(folder, taken=Taken.DELETED)
    assert [one.name for one in take(puller, 1)] == ["whole.jpg"]
    assert nothing_comes(puller)
    put(path, content, age_s=700)
    assert [one.jpeg for one in take(puller, 1)] == [content]
    assert names_in(folder) == ["refused/half.jpg"]


def test_what_is_no_picture_is_left(folder: Path) -> None:
    """Other files, hidden ones and those under way by their name are nobody's business."""
    for name in ("a.txt", ".b.jpg", "~c.jpg", "d.jpg.part", "e.jpg.filepart", "Thumbs.db"):
        put(folder / name)
    assert nothing_comes(opened(folder))
    assert len(names_in(folder)) == 6


@pytest.mark.attack("drop folders")
def test_no_link_is_followed(folder: Path, tmp_path: Path) -> None:
    """Links to files and folders, pipes and sockets are not read, moved or waited for."""
    secret = put(tmp_path / "elsewhere" / "secret.jpg")
    (folder / "link.jpg").symlink_to(secret)
    (folder / "sub").symlink_to(secret.parent)
    os.mkfifo(folder / "pipe.jpg")
    assert nothing_comes(opened(folder))
    assert secret.exists()


@pytest.mark.attack("drop folders")
def test_folder_exchanged_for_a_link_leads_nowhere(folder: Path, tmp_path: Path) -> None:
    """Between look and reading, and between reading and moving, nothing can be slipped in."""
    outside = tmp_path / "outside"
    put(outside / "a.jpg", make_jpeg(9))
    put(folder / "day" / "a.jpg")
    puller = opened(folder)
    frame = puller.read(5)
    assert frame is not None
    (folder / "day").rename(folder / "gone")
    (folder / "day").symlink_to(outside)
    with pytest.raises(CameraStreamBroken):
        puller.accepted(frame)
    assert (outside / "a.jpg").exists()


@pytest.mark.attack("drop folders")
def test_folder_of_the_accepted_may_be_no_link(folder: Path, tmp_path: Path) -> None:
    """Who can write into the folder cannot choose where pictures are moved to."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder / "accepted").symlink_to(outside)
    put(folder / "a.jpg")
    with pytest.raises(CameraStreamBroken, match="put away"):
        opened(folder)
    assert names_in(outside) == []


@pytest.mark.attack("drop folders")
@pytest.mark.parametrize(
    "name",
    [b"\xff\xfe.jpg", b"\xb3\xa7\xb7\xbf.jpg", b"a\nb.jpg", b"x" * 250 + b".jpg", b"..jpg.jpg"],
)
def test_hostile_names_are_taken(folder: Path, name: bytes) -> None:
    """Bytes that are no text, line breaks and long names make no trouble, and text of each."""
    path = os.fsencode(folder) + b"/" + name
    with open(path, "wb") as file:  # noqa: PTH123 (a name of bytes)
        file.write(JPEG)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    if name.startswith(b"."):
        return
    (frame,) = take(opened(folder), 1)
    assert frame.name.isprintable()
    frame.name.encode()
    assert len(names_in(folder / "accepted")) == 1


def test_many_files_come_in_order(folder: Path) -> None:
    """More files than are remembered of one look come all, once each, the oldest first."""
    count = 2_300
    for number in range(count):
        put(folder / f"{(number * 7919) % count:05}.jpg", b"\xff\xd8", age_s=50_000 - number)
    # Half pictures, since what matters here is their order.
    frames = take(opened(folder, taken=Taken.DELETED), count, timeout_s=100)
    moments = [one.taken_at for one in frames]
    assert len(moments) == count
    assert moments == sorted(moments)
    assert len({one.name for one in frames}) == count


def test_unreadable_ones_do_not_stand_in_the_way(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half files that are older than all others keep nobody waiting."""
    monkeypatch.setattr("safety_detector.camera_sources.drop_folder._BATCH", 5)
    for number in range(12):
        put(folder / f"half{number}.jpg", JPEG[:99], age_s=400 - number)
    put(folder / "whole.jpg", age_s=60)
    assert [one.name for one in take(opened(folder), 1)] == ["whole.jpg"]


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (lambda folder: folder.rmdir(), CameraStreamMissing),
        (lambda folder: (folder.rmdir(), folder.write_bytes(b"x")), CameraStreamMissing),
    ],
)
def test_folder_that_is_away(
    folder: Path, spoil: Callable[[Path], object], kind: type[Exception]
) -> None:
    """A folder that is not there, at the beginning or later, is told with its path."""
    puller = opened(folder, taken=Taken.DELETED)
    spoil(folder)
    with pytest.raises(kind, match=str(folder)):
        puller.read(3)
    with pytest.raises(kind, match=str(folder)):
        opened(folder)


def test_stopping_ends_the_waiting(folder: Path) -> None:
    """Nobody waits for a folder that is not wanted any more."""
    puller = opened(folder)
    puller.stop()
    assert puller.read(60) is None
