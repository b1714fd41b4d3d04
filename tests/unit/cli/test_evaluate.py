import json
import math
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from safety_detector.detectors.embedded.detector import load_onnx_detector
from safety_detector.detectors.embedded.raw_boxes import RawAnswer, RawBox, RawClass
from safety_detector.detectors.thresholds import parse_thresholds
from safety_detector.domain.geometry import Box
from safety_detector.evaluation.running import Answered
from safety_detector.evaluation.saved import JudgedBy, SavedAnswers, save_answers
from safety_detector.evaluation.truth import read_labelled_pictures
from tests.model_server import Reply, running

from .conftest import RunCommand


@pytest.fixture
def labels(plain_picture: Path) -> dict[str, Any]:
    """COCO labels of one grey picture, 160 by 120, without anything in it."""
    return {
        "categories": [{"id": 1, "name": "fire"}, {"id": 2, "name": "smoke"}],
        "images": [{"id": 1, "file_name": plain_picture.name, "width": 160, "height": 120}],
        "annotations": [],
    }


def test_figures_of_a_sound_set_are_printed(
    run_command: RunCommand, labels: dict[str, Any], tmp_path: Path
) -> None:
    """A script reads one JSON object; a grey picture of nothing gives no false alarm."""
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps(labels))
    done = run_command("eval", path, "--images", tmp_path, "--backend", "embedded")
    figures = json.loads(done.out)
    assert done.code == 0
    assert figures["pictures"] == 1
    assert figures["picture_level"]["fire"]["n_negative"] == 1
    assert figures["false_alarms_per_negative"] == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"images": [{"id": 1, "file_name": "gone.jpg", "width": 9, "height": 9}]}, "gone.jpg"),
        ({"categories": [{"id": 1, "name": "unicorn"}]}, "unicorn"),
        (
            {"annotations": [{"id": 5, "image_id": 1, "category_id": 1, "bbox": [150, 0, 99, 9]}]},
            "annotation 5",
        ),
    ],
    ids=["missing picture", "unknown category", "box outside"],
)
def test_a_set_that_contradicts_itself_is_refused_by_name(
    change: dict[str, Any],
    said: str,
    run_command: RunCommand,
    labels: dict[str, Any],
    tmp_path: Path,
) -> None:
    """Nothing is half counted: no figures, an error, and what to mend."""
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps(labels | change))
    done = run_command("eval", path, "--images", tmp_path, "--backend", "embedded")
    assert done.code != 0
    assert done.out == ""
    assert said in done.err


@pytest.fixture
def fires(plain_picture: Path, tmp_path: Path) -> Path:
    """A set of forty pictures, half of them labelled as fires."""
    content = plain_picture.read_bytes()
    (tmp_path / "images").mkdir()
    images, annotations = [], []
    for number in range(40):
        name = f"{number:02d}.jpg"
        (tmp_path / "images" / name).write_bytes(content)
        images.append(
            {"id": number, "file_name": name, "width": 160, "height": 120, "group": f"day {number}"}
        )
        if number < 20:
            box = {"image_id": number, "category_id": 1, "bbox": [10, 10, 50, 50]}
            annotations.append({"id": number, **box})
    labels = {
        "categories": [{"id": 1, "name": "fire"}, {"id": 2, "name": "smoke"}],
        "images": images,
        "annotations": annotations,
    }
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps(labels))
    return path


def fire_replies(found: int) -> list[Reply]:
    """Answers to those pictures, of which the first so many are called fire."""
    fire = '[{"bbox_2d": [10, 10, 60, 60], "label": "fire", "sub_label": "严重"}]'
    return [Reply(fire if number < found else "[]") for number in range(40)]


def test_two_prompts_are_compared_before_the_switch(
    run_command: RunCommand, fires: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old prompt's answers are kept, the new one's held against them, by version."""
    with running(*fire_replies(8)) as server:
        monkeypatch.setenv("SAFETY_QWEN_URLS", server.url)
        assert run_command("eval", fires, "--save", tmp_path / "old.json").code == 0
    folder = tmp_path / "prompts"
    run_command("prompts", "copy", "detection-zh", "--to", folder)
    prompt = folder / "detection-zh.toml"
    prompt.write_text(prompt.read_text().replace('"zh-1"', '"gate-2"'))
    monkeypatch.setenv("SAFETY_PROMPT_DIR", str(folder))
    with running(*fire_replies(20)) as server:
        monkeypatch.setenv("SAFETY_QWEN_URLS", server.url)
        done = run_command(
            "eval", fires, "--against", tmp_path / "old.json", "--differences", tmp_path / "seen"
        )
    assert done.code == 0, done.err
    compared = json.loads(done.out)["against"]
    assert compared["before"]["prompt_version"] == "zh-1"
    assert compared["now"]["prompt_version"].startswith("gate-2+")
    assert compared["better"] == ["fire reported where it is"]
    assert compared["worse"] == []
    [fire] = [one for one in compared["figures"] if one["figure"] == compared["better"][0]]
    assert (fire["before"], fire["now"], fire["gained"], fire["lost"]) == (0.4, 1.0, 12, 0)
    assert len(list((tmp_path / "seen").glob("better-*.jpg"))) == 12
    assert {one["picture"] for one in compared["pictures_better"]} == {
        f"{number:02d}.jpg" for number in range(8, 20)
    }


def test_kept_answers_are_judged_without_a_detector(
    run_command: RunCommand, fires: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Labels that were corrected meanwhile change the figures; no model is asked again."""
    with running(*fire_replies(8)) as server:
        monkeypatch.setenv("SAFETY_QWEN_URLS", server.url)
        run_command("eval", fires, "--save", tmp_path / "old.json")
    labels = json.loads(fires.read_text())
    labels["annotations"] = labels["annotations"][:8]
    fires.write_text(json.dumps(labels))
    done = run_command("eval", fires, "--answers", tmp_path / "old.json")
    assert json.loads(done.out)["picture_level"]["fire"]["recall"] == 1.0


@pytest.mark.parametrize(
    "asked",
    [
        ("--threshold", "fire=0.9"),
        ("--tiling", "2x2"),
        ("--classes", "fire"),
        ("--backend", "embedded"),
        ("--backend", "qwen", "--threshold", "fire=0.9"),
    ],
)
def test_nothing_is_asked_of_a_detector_beside_kept_answers(
    asked: tuple[str, ...], run_command: RunCommand, fires: Path, tmp_path: Path
) -> None:
    """A threshold that would change no figure is refused by its name, not passed over."""
    done = run_command("eval", fires, "--answers", tmp_path / "old.json", *asked)
    assert done.code == 2
    assert done.out == ""
    assert all(one in done.err for one in ("--answers", *asked[::2]))


def test_what_cannot_work_is_said_before_any_picture_is_run(
    run_command: RunCommand, fires: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hours of answers are not lost to a folder that cannot be written, or a slip."""
    (tmp_path / "file").write_text("x")
    with running(Reply("[]")) as server:
        monkeypatch.setenv("SAFETY_QWEN_URLS", server.url)
        tries = [
            run_command("eval", fires, "--save", tmp_path / "file" / "old.json"),
            run_command("eval", fires, "--save", tmp_path),
            run_command("eval", fires, "--differences", tmp_path / "seen"),
            run_command("eval", fires, "--against", tmp_path / "gone.json"),
            run_command("eval", fires, "--tune", tmp_path / "tuned.env"),
        ]
        assert server.seen == []
    assert all(one.code != 0 for one in tries)
    assert all(one.err and not one.out for one in tries)


def test_tuning_writes_a_setting_that_the_program_reads(
    run_command: RunCommand, fires: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written is a line of an environment file, beside what the site had set itself."""
    with closing(load_onnx_detector(threads=1)) as detector:
        judged_by = JudgedBy.of(detector)
    answers = []
    for number, picture in enumerate(read_labelled_pictures(fires)):
        fire = RawBox(RawClass.FIRE, Box(10, 10, 60, 60), 0.2 if number < 20 else 0.1)
        answers.append(Answered(picture, (), RawAnswer((fire,)), 1.0))
    save_answers(tmp_path / "new.json", SavedAnswers(judged_by, tuple(answers)), {})
    monkeypatch.setenv("SAFETY_EMBEDDED_THRESHOLDS", "person=0.6")
    done = run_command(
        "eval", fires, "--answers", tmp_path / "new.json", "--tune", tmp_path / "site.env"
    )
    assert done.code == 0, done.err
    tuned = json.loads(done.out)["tuned"]
    lines = (tmp_path / "site.env").read_text().splitlines()
    assert lines[-1] == tuned["setting"]
    assert tuned["classes"]["smoke"]["chosen"] is None
    name, _, value = lines[-1].partition("=")
    thresholds = parse_thresholds(value)
    assert name == "SAFETY_EMBEDDED_THRESHOLDS"
    assert thresholds["person"] == 0.6
    assert 0.1 < thresholds["fire"] <= 0.2
    assert all(line.startswith("#") for line in lines[:-1])


def test_a_threshold_that_gives_up_fires_is_named_and_not_written(
    run_command: RunCommand, fires: Path, tmp_path: Path
) -> None:
    """Lamps that score higher than fires are no reason to overlook fires; people may choose so."""
    with closing(load_onnx_detector(threads=1)) as detector:
        judged_by = JudgedBy.of(detector)
        answers = []
        for number, picture in enumerate(read_labelled_pictures(fires)):
            raw = RawAnswer((RawBox(RawClass.FIRE, Box(10, 10, 60, 60), 0.7 + (number > 19) / 10),))
            found = detector.judge(raw, picture.size)
            answers.append(Answered(picture, found, raw, 1.0))
    save_answers(tmp_path / "new.json", SavedAnswers(judged_by, tuple(answers)), {})
    done = run_command(
        "eval", fires, "--answers", tmp_path / "new.json", "--tune", tmp_path / "site.env"
    )
    tuned = json.loads(done.out)["tuned"]
    assert tuned["setting"] is None
    assert tuned["classes"]["fire"]["is_trade"]
    written = (tmp_path / "site.env").read_text()
    assert "20 pictures are missed that are found now" in written
    assert written.splitlines()[-1] == "# Nothing to set."


def test_answers_of_other_weights_tune_nothing(
    run_command: RunCommand, fires: Path, tmp_path: Path
) -> None:
    """A threshold of one network means nothing to another."""
    judged_by = JudgedBy(backend="embedded", model="other 1")
    answers = tuple(Answered(one, (), RawAnswer(()), 1.0) for one in read_labelled_pictures(fires))
    save_answers(tmp_path / "new.json", SavedAnswers(judged_by, answers), {})
    done = run_command(
        "eval", fires, "--answers", tmp_path / "new.json", "--tune", tmp_path / "site.env"
    )
    assert done.code == 2
    assert "other 1" in done.err
    assert not (tmp_path / "site.env").exists()


@pytest.mark.parametrize(
    ("origins", "said", "warned"),
    [
        (["kept"] * 11 + ["changed"] * 9, (20, 11), True),
        (["kept"] * 10 + ["added"] * 10, (20, 10), False),
        (["kept"] * 2 + [None] * 18, (2, 2), True),
        ([None] * 20, None, False),
        (["from a tool"] * 20, None, False),
    ],
)
def test_labels_that_a_detector_drew_itself_are_counted(
    origins: list[str | None],
    said: tuple[int, int] | None,
    warned: bool,
    run_command: RunCommand,
    fires: Path,
    tmp_path: Path,
) -> None:
    """Who measures a detector by its own boxes is told so, once, whatever is asked of the set."""
    labels = json.loads(fires.read_text())
    for one, origin in zip(labels["annotations"], origins, strict=True):
        one["attributes"] = {"origin": origin} if origin else {}
    fires.write_text(json.dumps(labels))
    answers = tuple(Answered(one, (), None, 1.0) for one in read_labelled_pictures(fires))
    judged_by = JudgedBy(backend="qwen", model="some")
    save_answers(tmp_path / "old.json", SavedAnswers(judged_by, answers), {})
    done = run_command("eval", fires, "--answers", tmp_path / "old.json")
    labels = json.loads(done.out).get("labels")
    assert (labels and (labels["boxes"], labels["detectors_own"])) == said
    assert done.err.count("Warning") == warned
    assert ("detector's own" in done.err) == (said is not None)


def sure_replies() -> list[Reply]:
    """Fire in every picture; where there is one the model is surer of its words."""
    fire = '[{"bbox_2d": [10, 10, 60, 60], "label": "fire", "sub_label": "严重"}]'
    chances = [0.9 + number / 1000 if number < 20 else 0.6 + number / 1000 for number in range(40)]
    return [Reply(fire, logprobs={"fire": math.log(one)}) for one in chances]


def test_what_scores_were_worth_is_written_and_shown_beside_the_next(
    run_command: RunCommand,
    fires: Path,
    plain_picture: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From a server's log-probabilities to a table, its chart, and the share of a new detection."""
    table = tmp_path / "scores.json"
    with running(*sure_replies()) as server:
        monkeypatch.setenv("SAFETY_QWEN_URLS", server.url)
        done = run_command("eval", fires, "--calibrate", table)
    assert done.code == 0, done.err
    fire = json.loads(done.out)["calibration"]["classes"]["fire"]
    assert (fire["boxes"], fire["right"]) == (40, 20)
    assert fire["error_after"]["brier"] < fire["error_before"]["brier"]
    assert (tmp_path / "scores.json.svg").read_text().startswith("<svg")
    monkeypatch.setenv("SAFETY_SCORE_CALIBRATION", str(table))
    with running(sure_replies()[30]) as server:
        monkeypatch.setenv("SAFETY_QWEN_URLS", server.url)
        shown = json.loads(run_command("detect", plain_picture, "--json").out)
    [found] = shown["detections"]
    assert (found["score"], found["score_from"]) == (0.63, "tokens")
    assert found["calibrated"] < 0.2
    assert shown["runs"][0]["calibration"]


def test_no_table_comes_of_answers_without_scores(
    run_command: RunCommand, fires: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that gives no log-probabilities: it is said, and nothing is written."""
    table = tmp_path / "scores.json"
    with running(*fire_replies(20)) as server:
        monkeypatch.setenv("SAFETY_QWEN_URLS", server.url)
        done = run_command("eval", fires, "--calibrate", table)
    assert done.code != 0
    assert "log-probabilities" in done.err
    assert not table.exists()
