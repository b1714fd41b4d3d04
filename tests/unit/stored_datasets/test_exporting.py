"""Sets of what is stored, and the folders that they become."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import PIL.ExifTags
import PIL.Image
import pytest

from safety_detector.database.engine import Database
from safety_detector.datasets.faces import People
from safety_detector.datasets.formats import DatasetFormat
from safety_detector.datasets.labelled import Side
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incidents.handling import ActKind
from safety_detector.errors import ConfigurationInvalid, PictureUnsuitable, StorageUnavailable
from safety_detector.pictures.images import RgbImage, decode, read_header
from safety_detector.service.access.audit import Actor
from safety_detector.service.incidents.records import NewAct
from safety_detector.stored_datasets.exporting import (
    FindPeople,
    Progress,
    export_dataset,
    preview_dataset,
)
from safety_detector.stored_datasets.folder import FolderFiles, new_folder
from safety_detector.stored_datasets.records import DatasetCounts, DatasetOrder
from tests.judged_service import Judged
from tests.pictures import jpeg, scene
from tests.service_stand import build_stand

FIRE = Hazard(Label.FIRE, SubLabel.SEVERE)
PLACE = Box(10, 12, 40, 30)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ENGINEER = Actor("Li Na")


@pytest.fixture
def judged(database: Database, quick_path: Path) -> Judged:
    """Makes pictures and judgements."""
    return Judged(build_stand(database, quick_path).service)


def export(
    judged: Judged, out: Path, order: DatasetOrder, find: FindPeople | None = None
) -> DatasetCounts:
    """Writes a set into a new folder."""
    with new_folder(out) as files:
        return export_dataset(judged.service, order, files, ENGINEER, NOON, find)


def test_who_cannot_look_for_faces_leaves_the_picture_out(judged: Judged, quick_path: Path) -> None:
    """It is counted, and the others go out; without anybody who looks there is no set at all."""
    ids = [judged.picture(jpeg(number), (PLACE, FIRE)) for number in range(3)]
    for one in ids:
        judged.correct(one, (PLACE, FIRE, 0))
    asked = 0

    def find(_rgb: RgbImage) -> People:
        nonlocal asked
        asked += 1
        if asked == 2:
            raise PictureUnsuitable("picture-too-narrow", limit=1, ratio=2)
        return People((PLACE,), ())

    order = DatasetOrder(blur_faces=True)
    counts = export(judged, quick_path / "set", order, find)
    assert counts.pictures.total() == 2
    assert counts.left_out == {"dataset-faces-not-found": 1}
    assert len([*(quick_path / "set" / "images").iterdir()]) == 2
    with pytest.raises(ValueError, match="faces"):
        export(judged, quick_path / "other", order)
    assert not (quick_path / "other").exists()


def test_empty_pictures_are_a_share_and_the_telling_ones_stay(
    judged: Judged, quick_path: Path
) -> None:
    """Of twenty empty ones those stay of which a detector had said something."""
    for number in range(8):
        judged.correct(judged.picture(jpeg(number)), (PLACE, FIRE))
    telling = {judged.picture(jpeg(number), (PLACE, FIRE)) for number in range(100, 102)}
    for one in (*telling, *(judged.picture(jpeg(number)) for number in range(200, 218))):
        judged.correct(one)
    counts = export(judged, quick_path / "set", DatasetOrder(empty_share=0.2))
    assert (counts.pictures.total(), counts.empty) == (10, 2)
    assert counts.left_out == {"dataset-empty-share": 18}
    lines = (quick_path / "set" / "pictures.jsonl").read_text().splitlines()
    assert telling <= {json.loads(line)["inspection_id"] for line in lines}
    assert preview_dataset(judged.service, DatasetOrder(empty_share=1)).empty == 20
    assert preview_dataset(judged.service, DatasetOrder(empty_share=0)).empty == 0


def test_the_same_bytes_go_in_once_with_the_weightiest_word(
    judged: Judged, quick_path: Path
) -> None:
    """A correction before the judgement of an incident, and the later one of two corrections."""
    first = judged.picture(jpeg(1), (PLACE, FIRE), camera_id="gate", taken_at=NOON)
    second = judged.picture(jpeg(1), (PLACE, FIRE))
    third = judged.picture(jpeg(1), (PLACE, FIRE))
    judged.correct(second, (PLACE, FIRE, 0))
    judged.correct(third)
    judged.judge(first, NewAct(ActKind.CONFIRM))
    counts = export(judged, quick_path / "set", DatasetOrder())
    assert (counts.judged, counts.pictures.total()) == (3, 1)
    assert counts.left_out == {"dataset-same-picture": 2}
    (line,) = (quick_path / "set" / "pictures.jsonl").read_text().splitlines()
    assert json.loads(line)["inspection_id"] == third


def test_an_incident_is_on_one_side(judged: Judged, quick_path: Path) -> None:
    """One that goes on over midnight joins the days that it shows in."""
    for day in (20, 21, 22):
        for number in range(3):
            at = NOON.replace(day=day, hour=number)
            one = judged.picture(jpeg(day * 10 + number), camera_id="other", taken_at=at)
            judged.correct(one, (PLACE, FIRE))
    for second, day in ((58, 20), (2, 21)):
        at = NOON.replace(day=day, hour=23 if day == 20 else 0, minute=59 if day == 20 else 0)
        at = at.replace(second=second)
        one = judged.picture(jpeg(second), (PLACE, FIRE), camera_id="gate", taken_at=at)
        judged.correct(one, (PLACE, FIRE, 0))
    export(judged, quick_path / "set", DatasetOrder(validation=0.5))
    found = [
        json.loads(line)
        for line in (quick_path / "set" / "pictures.jsonl").read_text().splitlines()
    ]
    gate = {(one["side"], one["group"]) for one in found if one["source"] == "camera/gate"}
    assert len(gate) == 1
    assert {one["side"] for one in found} == {side.value for side in Side}


def stored_turned() -> bytes:
    """A JPEG that lies on its side, and says so in its EXIF data."""
    exif = PIL.Image.Exif()
    exif[PIL.ExifTags.Base.Orientation] = 6
    out = io.BytesIO()
    PIL.Image.fromarray(scene(48, 64, 1)).save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("format_", [DatasetFormat.COCO, DatasetFormat.YOLO])
def test_what_is_stored_turned_goes_out_upright(
    judged: Judged, quick_path: Path, format_: DatasetFormat
) -> None:
    """Boxes are of the upright picture, and not every tool turns one."""
    turned = stored_turned()
    judged.correct(judged.picture(turned, (PLACE, FIRE)), (PLACE, FIRE, 0))
    export(judged, quick_path / "set", DatasetOrder(format=format_))
    (path,) = (quick_path / "set" / "images").rglob("*.jpg")
    data = path.read_bytes()
    header = read_header(data)
    assert header.orientation == 1
    assert (header.size.width, header.size.height) == (64, 48)
    before = decode(turned, read_header(turned))
    assert decode(data, header).shape == before.shape


def test_names_of_others_make_no_paths(judged: Judged, quick_path: Path) -> None:
    """A picture is named by its inspection, whatever it was called when it came."""
    for number, name in enumerate(("../../evil.jpg", "/etc/passwd", "a\nb.jpg", "=1+1", "图.jpg")):
        judged.correct(judged.picture(jpeg(number), name=name), (PLACE, FIRE))
    export(judged, quick_path / "set", DatasetOrder())
    names = {one.name for one in quick_path.rglob("*") if "evil" in one.name}
    assert names == set()
    assert len([*(quick_path / "set" / "images").iterdir()]) == 5


def test_a_folder_is_whole_or_not_there(quick_path: Path) -> None:
    """After an error nothing is left; what a killed export left is removed by the next one."""
    out = quick_path / "set"
    with pytest.raises(StorageUnavailable):
        _fail_half_way(out)
    assert [one.name for one in quick_path.iterdir() if "set" in one.name] == []
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, str(out)], check=False, capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL
    assert not out.exists()
    with new_folder(out) as files:
        files.write("b.txt", b"2")
    assert sorted(one.name for one in out.rglob("*")) == ["b.txt"]
    assert [one.name for one in quick_path.iterdir() if one.name.startswith(".set")] == []


def _fail_half_way(out: Path) -> None:
    with new_folder(out) as files:
        files.write("images/a.jpg", b"1")
        raise StorageUnavailable("cannot-be-made", cause="no room")


_KILLED = """
import os, sys
from pathlib import Path
from safety_detector.stored_datasets.folder import FolderFiles, new_folder
with new_folder(Path(sys.argv[1])) as files:
    files.write("images/a.jpg", b"1")
    os.kill(os.getpid(), 9)
"""


def test_two_do_not_write_one_folder(quick_path: Path) -> None:
    """The second one is told who writes it; a link is no free place either."""
    out = quick_path / "set"
    with new_folder(out) as files:
        with pytest.raises(ConfigurationInvalid, match="Another export"), new_folder(out):
            pass
        files.write("b.txt", b"2")
    assert (out / "b.txt").read_bytes() == b"2"
    (quick_path / "elsewhere").mkdir()
    (quick_path / "link").symlink_to(quick_path / "elsewhere")
    with (
        pytest.raises(ConfigurationInvalid, match="is there already"),
        new_folder(quick_path / "link"),
    ):
        pass


@pytest.mark.parametrize("name", [".set.part", ".set.part-abcdefgh", ".set.lock"])
def test_what_others_put_beside_it_is_not_followed(quick_path: Path, name: str) -> None:
    """Where others may write too, a link of theirs costs nobody a file elsewhere."""
    home = quick_path / "home"
    (home / "letters").mkdir(parents=True)
    (home / "thesis.txt").write_text("ten years")
    shared = quick_path / "shared"
    shared.mkdir()
    (shared / name).symlink_to(home)
    with suppress(ConfigurationInvalid), new_folder(shared / "set") as files:
        files.write("a.txt", b"1")
    assert sorted(one.name for one in home.iterdir()) == ["letters", "thesis.txt"]
    assert (shared / name).is_symlink()
    assert not (shared / "set").is_symlink()


def test_what_another_export_left_is_not_this_ones(quick_path: Path) -> None:
    """Folders are removed that bear this set's own name alone."""
    kept = [quick_path / one for one in (".set.part-two.part-abcdefgh", ".set.parts", ".set.part-")]
    for one in kept:
        one.mkdir()
    (quick_path / ".set.part-abcdefgh").mkdir()
    with new_folder(quick_path / "set") as files:
        files.write("a.txt", b"1")
    assert all(one.is_dir() for one in kept)
    assert not (quick_path / ".set.part-abcdefgh").exists()


def test_who_comes_while_the_folder_is_renamed_does_not_mix_in(
    quick_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An export that begins at each file operation of another's end is refused, and harms none."""
    out = quick_path / "set"
    refused = 0
    entered = False

    def begin() -> None:
        nonlocal refused, entered
        if entered:
            return
        entered = True
        try:
            with new_folder(out) as files:
                files.write("second.txt", b"2")
        except ConfigurationInvalid:
            refused += 1
        finally:
            entered = False

    with new_folder(out) as files:
        files.write("first.txt", b"1")
        for name in ("rename", "unlink", "mkdir"):
            monkeypatch.setattr(Path, name, _then(getattr(Path, name), begin))
        monkeypatch.setattr(os, "sync", begin)
    monkeypatch.undo()
    assert refused >= 2
    assert sorted(one.name for one in out.iterdir()) == ["first.txt"]
    assert [one.name for one in quick_path.iterdir() if one.name.startswith(".set")] == []


def _then(done: Callable[..., object], after: Callable[[], None]) -> Callable[..., object]:
    def call(*given: object, **named: object) -> object:
        came = done(*given, **named)
        after()
        return came

    return call


def test_what_is_put_under_hold_meanwhile_stays_out(judged: Judged, quick_path: Path) -> None:
    """While pictures are compared, and while the one before it is written."""
    ids = [judged.picture(jpeg(number), (PLACE, FIRE), name=f"{number}") for number in range(5)]
    for one in ids:
        judged.correct(one, (PLACE, FIRE, 0))
    holds = judged.service.retention.holds
    progress = Progress(
        looked=lambda number: holds.set([ids[1]], "accident", ENGINEER) if number == 1 else None,
        written=lambda number, _of: holds.set([ids[3]], "fire", ENGINEER) if number == 3 else None,
    )
    with new_folder(quick_path / "set") as files:
        counts = export_dataset(
            judged.service, DatasetOrder(), files, ENGINEER, NOON, progress=progress
        )
    assert counts.left_out == {"dataset-held": 2}
    assert [one["name"] for one in listed(quick_path / "set")] == ["0", "2", "4"]


@pytest.mark.parametrize("held", [0, 1])
def test_held_bytes_do_not_go_out_under_another_inspection(
    judged: Judged, quick_path: Path, held: int
) -> None:
    """Whichever of the two is held, neither goes out; on request they do, and are said to be."""
    twins = [judged.picture(jpeg(1), (PLACE, FIRE)) for _ in range(2)]
    other = judged.picture(jpeg(2), (PLACE, FIRE))
    for one in (*twins, other):
        judged.correct(one, (PLACE, FIRE, 0))
    judged.service.retention.holds.set([twins[held]], "police", ENGINEER)
    counts = export(judged, quick_path / "set", DatasetOrder())
    assert counts.left_out == {"dataset-held": 2}
    assert [one["inspection_id"] for one in listed(quick_path / "set")] == [other]
    export(judged, quick_path / "all", DatasetOrder(include_held=True))
    assert [one["held"] for one in listed(quick_path / "all")] == [True, False]


def listed(out: Path) -> list[dict[str, Any]]:
    """What a set says of its pictures."""
    return [json.loads(line) for line in (out / "pictures.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("left_out", ["corrected earlier", "not for the format"])
def test_the_same_bytes_make_groups_one(judged: Judged, quick_path: Path, left_out: str) -> None:
    """A camera's frame that was sent by hand, days later, is not torn from that camera's day.

    Whichever of the two goes in, and whether the other is left out as the same or for itself.
    """
    frame = judged.picture(jpeg(1), (PLACE, FIRE), camera_id="gate", taken_at=NOON)
    beside = judged.picture(
        jpeg(2), (PLACE, FIRE), camera_id="gate", taken_at=NOON + timedelta(hours=2)
    )
    sent = judged.picture(jpeg(1), (PLACE, FIRE), taken_at=NOON + timedelta(days=2))
    judged.correct(frame, *([(PLACE, FIRE, 0)]), complete=left_out == "corrected earlier")
    for one in (beside, sent):
        judged.correct(one, (PLACE, FIRE, 0))
    order = DatasetOrder(validation=0.5, format=DatasetFormat.YOLO)
    assert export(judged, quick_path / "set", order).groups == 1
    assert {one["side"] for one in listed(quick_path / "set")} == {"train"}
    assert {one["inspection_id"] for one in listed(quick_path / "set")} == {beside, sent}


@pytest.mark.parametrize("format_", [DatasetFormat.COCO, DatasetFormat.YOLO])
def test_a_full_folder_for_temporary_files_is_named(
    judged: Judged, quick_path: Path, monkeypatch: pytest.MonkeyPatch, format_: DatasetFormat
) -> None:
    """It is what lacks room, and not where the set goes; of the set nothing is kept, nor said."""
    for number in range(3):
        one = judged.picture(jpeg(number), (PLACE, FIRE))
        judged.correct(one, (PLACE, FIRE, 0))
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda: io.FileIO("/dev/full", "r+"))
    with pytest.raises(StorageUnavailable, match="TMPDIR names another one"):
        export(judged, quick_path / "set", DatasetOrder(format=format_))
    assert [one.name for one in quick_path.iterdir() if "set" in one.name] == []


def test_a_full_disk_promises_nothing(quick_path: Path) -> None:
    """What cannot be written is named, and that nothing is kept of a set that is not whole."""
    with (
        pytest.raises(StorageUnavailable, match="Nothing is kept"),
        new_folder(quick_path / "set") as files,
    ):
        _write_to_a_full_disk(files, quick_path)
    assert [one.name for one in quick_path.iterdir() if "set" in one.name] == []


def _write_to_a_full_disk(files: FolderFiles, beside: Path) -> None:
    files.write("images/a.jpg", b"1")
    (part,) = (one for one in beside.iterdir() if ".set.part" in one.name)
    (part / "images" / "full").symlink_to("/dev/full")
    files.copy("images/full", io.BytesIO(b"1" * 100_000))


def test_the_folder_that_one_is_in_is_no_place_for_a_set(
    quick_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it is named, it is refused while it is empty: it would seem to stay so."""
    (quick_path / "empty").mkdir()
    monkeypatch.chdir(quick_path / "empty")
    for out in (Path(), Path("../empty"), quick_path / "empty", Path("./.")):
        with pytest.raises(ConfigurationInvalid, match="that you are in"), new_folder(out):
            pass
    with new_folder(Path("set")) as files:
        files.write("a.txt", b"1")
    with pytest.raises(ConfigurationInvalid, match="is there already"), new_folder(Path()):
        pass
