"""``safety-detector dataset export`` on a service with judgements."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incidents.handling import ActKind
from safety_detector.evaluation.truth import read_labelled_pictures
from safety_detector.service.incidents.records import NewAct
from safety_detector.settings import load_settings
from safety_detector.wiring import open_migrated_database, open_service
from tests.judged_service import Judged
from tests.pictures import jpeg

from .conftest import RunCommand

FIRE = Hazard(Label.FIRE, SubLabel.SEVERE)
BARE = Hazard(Label.PERSON, SubLabel.NO_HELMET)
HELMET = Hazard(Label.PERSON, SubLabel.HELMET)
PLACE = Box(10, 12, 40, 30)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Judged]:
    """The service that the command finds."""
    monkeypatch.setenv("SAFETY_DATA_DIR", str(tmp_path / "data"))
    settings = load_settings()
    open_migrated_database(settings).close()
    service = open_service(settings, wake_up=lambda _queue: None)
    yield Judged(service)
    service.close()


def read(folder: Path, side: str = "train") -> dict[str, Any]:
    """One side of a COCO set."""
    content: dict[str, Any] = json.loads((folder / f"{side}.json").read_text())
    return content


def test_a_correction_comes_back_as_it_was_made(
    judged: Judged, run_command: RunCommand, tmp_path: Path
) -> None:
    """Boxes, states, whose word it is and why; ``eval`` reads the set, and the audit log knows."""
    one = judged.picture(jpeg(1), (PLACE, FIRE), (Box(1, 2, 9, 20), BARE), taken_at=NOON)
    judged.correct(one, (Box(11, 12, 40, 30), FIRE, 0), (Box(2, 2, 9, 21), HELMET), note="flare")
    done = run_command("dataset", "export", "--out", tmp_path / "set", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["pictures"] == {"train": 1, "validation": 0}
    content = read(tmp_path / "set")
    (image,) = content["images"]
    assert image["labelled"] == [1, 2, 3]
    assert image["judged"][0]["by"] == "Wang Lei"
    assert image["judged"][0]["reason"] == "flare"
    assert image["group"] == "upload/2026-11-21"
    boxes = [
        (one["bbox"], one["attributes"]["sub_label"], one["attributes"]["origin"])
        for one in content["annotations"]
    ]
    assert boxes == [([11, 12, 29, 18], "severe", "changed"), ([2, 2, 7, 19], "helmet", "added")]
    (picture,) = read_labelled_pictures(tmp_path / "set" / "train.json")
    assert picture.path.read_bytes() == jpeg(1)
    assert picture.as_reported
    assert len(picture.boxes) == 2
    acts = run_command("audit", "--action", "dataset-exported", "--json").out
    assert json.loads(acts.splitlines()[0])["details"]["pictures"] == 1


def test_a_dry_run_counts_and_writes_nothing(
    judged: Judged, run_command: RunCommand, tmp_path: Path
) -> None:
    """What would go in and what would not; a camera that nobody knows is named."""
    judged.correct(judged.picture(jpeg(1), (PLACE, FIRE)), (PLACE, FIRE, 0))
    judged.correct(judged.picture(jpeg(2), (PLACE, FIRE)), (PLACE, FIRE, 0), complete=False)
    before = sorted(one.name for one in tmp_path.iterdir())
    done = run_command("dataset", "export", "--dry-run", "--format", "yolo", "--json")
    told = json.loads(done.out)
    assert (told["judged"], told["pictures"]["train"]) == (2, 1)
    assert told["left_out"] == {"dataset-not-complete": 1}
    assert sorted(one.name for one in tmp_path.iterdir()) == before
    assert run_command("dataset", "export").code == 2
    for wrong in (("--format", "pascal"), ("--validation", "20"), ("--camera", "gat3")):
        done = run_command("dataset", "export", "--out", tmp_path / "set", *wrong)
        assert done.code == 2, done.err
        assert wrong[1] in done.err
        assert not (tmp_path / "set").exists()


def test_days_of_a_camera_are_not_torn_apart(
    judged: Judged, run_command: RunCommand, tmp_path: Path
) -> None:
    """No group of the validation part has a picture in the training part."""
    for number in range(30):
        at = NOON - timedelta(days=number % 10)
        one = judged.picture(jpeg(number), camera_id=f"c{number % 2}", taken_at=at)
        judged.correct(one, (PLACE, FIRE))
    done = run_command("dataset", "export", "--out", tmp_path / "set", "--json")
    assert sum(json.loads(done.out)["pictures"].values()) == 30
    train, validation = (
        {image["group"] for image in read(tmp_path / "set", side)["images"]}
        for side in ("train", "validation")
    )
    assert train
    assert validation
    assert not train & validation


def test_what_is_no_set_is_left_nowhere(
    judged: Judged, run_command: RunCommand, tmp_path: Path
) -> None:
    """Without a judged picture, or into a folder that is taken, nothing is written."""
    judged.picture(jpeg(1), (PLACE, FIRE))
    done = run_command("dataset", "export", "--out", tmp_path / "set")
    assert done.code == 2
    assert "No judged picture" in done.err
    assert [one.name for one in tmp_path.iterdir() if "set" in one.name] == []
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("mine")
    done = run_command("dataset", "export", "--out", tmp_path / "taken")
    assert (done.code, "is there already" in done.err) == (2, True)
    assert (tmp_path / "taken" / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("text", "labelled"),
    [
        ("Light, sun, reflection", [1, 2]),
        ("水汽、粉尘或雾", [1, 2]),
        ("Permitted hot work", None),
        ("a drill of the fire brigade", None),
        ("Something else", None),
    ],
)
def test_a_false_alarm_teaches_what_it_proves(
    judged: Judged,
    run_command: RunCommand,
    tmp_path: Path,
    text: str,
    labelled: list[int] | None,
) -> None:
    """Light and steam are neither fire nor smoke; a flame that is allowed may be one."""
    one = judged.picture(jpeg(1), (PLACE, FIRE), camera_id="gate", taken_at=NOON)
    judged.judge(one, NewAct(ActKind.DISMISS, text=text))
    done = run_command("dataset", "export", "--out", tmp_path / "set", "--json")
    if labelled is None:
        assert done.code == 2
        assert "says nothing that can be taught" in done.err
        return
    content = read(tmp_path / "set")
    assert [image["labelled"] for image in content["images"]] == [labelled]
    assert content["annotations"] == []
    assert content["images"][0]["refuted"][0]["bbox_2d"] == [10, 12, 40, 30]


@pytest.mark.parametrize("name", ["llama-factory", "ms-swift"])
def test_sets_for_a_language_model_read_back(
    judged: Judged, run_command: RunCommand, tmp_path: Path, name: str
) -> None:
    """What people judged comes out as conversations that dataset check finds exact."""
    one = judged.picture(jpeg(1), (PLACE, FIRE), taken_at=NOON)
    judged.correct(one, (Box(11, 12, 40, 30), FIRE, 0), note="a flare")
    out = tmp_path / "set"
    done = run_command(
        *("dataset", "export", "--format", name, "--out", out, "--json"),
        *("--dialect", "qwen3-vl", "--prompt-lang", "en", "--with-reasons"),
    )
    assert done.code == 0, done.err
    texts = [json.loads(line) for line in (out / "train.jsonl").read_text().splitlines()]
    answers = [json.loads(one["messages"][2]["content"]) for one in texts]
    assert answers[0][0]["label"] == "fire"
    assert answers[1][0]["reason"] == "a flare"
    assert answers[2] == {"answer": "fire", "why": "a flare"}
    checked = run_command("dataset", "check", out, "--json")
    assert checked.code == 0, checked.err
    assert json.loads(checked.out)["samples"] == {"train": 3, "validation": 0}
    (out / "train.jsonl").write_text((out / "train.jsonl").read_text().replace("severe", "minor"))
    refused = run_command("dataset", "check", out)
    assert refused.code != 0
    assert "line 1" in refused.err


def test_options_of_one_format_are_not_passed_over(
    judged: Judged, run_command: RunCommand, tmp_path: Path
) -> None:
    """A dialect for a COCO set is refused, as are a language and a dialect that there are not."""
    one = judged.picture(jpeg(1), (PLACE, FIRE), taken_at=NOON)
    judged.correct(one, (PLACE, FIRE, 0))
    for options in (
        ("--dialect", "qwen3-vl"),
        ("--format", "ms-swift", "--dialect", "llava"),
        ("--format", "ms-swift", "--prompt-lang", "fr"),
    ):
        refused = run_command("dataset", "export", "--out", tmp_path / "set", *options)
        assert refused.code == 2, refused.err
        assert not (tmp_path / "set").exists()


def test_lists_the_label_that_all_others_speak_against(
    judged: Judged, run_command: RunCommand
) -> None:
    """Of forty confirmed fires on four days one was struck out: that one is listed, with a link."""
    for number in range(40):
        taken = NOON + timedelta(days=number % 4, minutes=number)
        one = judged.picture(jpeg(number), (PLACE, FIRE), taken_at=taken)
        if number == 7:
            wrong = one
            judged.correct(one)
        else:
            judged.correct(one, (PLACE, FIRE, 0))
    done = run_command("dataset", "doubtful", "--stored", "--json")
    assert done.code == 0, done.err
    (found,) = (json.loads(line) for line in done.out.splitlines())
    assert found["page"] == f"/pictures/{wrong}"
    assert (found["doubt"], found["by"], found["like_it"]) == ("refuted", "Wang Lei", 0)
    assert "1 doubtful labels in 40 judged pictures" in done.err
    again = run_command("dataset", "doubtful", "--look-again", "--json")
    assert again.code == 0, again.err  # noise: the embedded detector sees nothing in any of them
    assert again.out == ""


def test_a_few_judged_pictures_are_called_too_few(judged: Judged, run_command: RunCommand) -> None:
    """That nothing is listed of two pictures does not read as if their labels were sound."""
    for day in range(2):
        one = judged.picture(jpeg(day), (PLACE, FIRE), taken_at=NOON + timedelta(days=day))
        judged.correct(one, (PLACE, FIRE, 0))
    done = run_command("dataset", "doubtful", "--stored")
    assert done.code == 0, done.err
    assert "Too few judged pictures to tell" in done.err
    assert "0 doubtful labels" not in done.err


def test_says_why_nothing_can_be_doubted(judged: Judged, run_command: RunCommand) -> None:
    """Without judgements, and with those of a single day, it says what is missing."""
    nothing = run_command("dataset", "doubtful", "--stored")
    assert nothing.code != 0
    one = judged.picture(jpeg(1), (PLACE, FIRE), taken_at=NOON)
    judged.correct(one, (PLACE, FIRE, 0))
    single = run_command("dataset", "doubtful", "--stored")
    assert single.code != 0
    assert "one day of one camera" in single.err
