"""What scores were worth: the table, its curve, and what it is refused for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety_detector.detectors.embedded.raw_boxes import RawClass
from safety_detector.detectors.score_calibration import CalibratedClass, read_calibration, share_at
from safety_detector.domain.detections import Detection, ScoreFrom
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.errors import AnnotationsInvalid, ConfigurationInvalid
from safety_detector.evaluation.calibration import (
    Calibration,
    LeftOut,
    calibrate,
    fit_curve,
)
from safety_detector.evaluation.folds import fold_numbers
from safety_detector.evaluation.reliability_chart import draw_reliability
from safety_detector.evaluation.right_detections import judge_detections
from safety_detector.evaluation.running import Answered
from safety_detector.evaluation.saved import JudgedBy, SavedAnswers
from safety_detector.evaluation.truth import LabelledPicture, TrueBox

SIZE = ImageSize(400, 300)
HERE, ELSEWHERE = Box(10, 10, 110, 210), Box(200, 10, 300, 210)
QWEN = JudgedBy(backend="qwen", model="Qwen/Qwen2.5-VL-7B-Instruct", prompt_version="zh-1")
EMBEDDED = JudgedBy(backend="embedded", model="safety-embedded 1")


def picture(
    *boxes: TrueBox, labelled: frozenset[RawClass] = frozenset(RawClass), group: str | None = None
) -> LabelledPicture:
    """A labelled picture."""
    return LabelledPicture(Path("a.jpg"), SIZE, labelled, boxes, group=group)


def said(
    label: Label,
    state: SubLabel,
    box: Box = HERE,
    score: float | None = 0.9,
    score_from: ScoreFrom = ScoreFrom.DETECTOR,
) -> Detection:
    """A detection."""
    return Detection(box, Hazard(label, state), score, score_from)


FIRE = said(Label.FIRE, SubLabel.SEVERE)
BARE = said(Label.PERSON, SubLabel.NO_HELMET)
HELMETED = said(Label.PERSON, SubLabel.HELMET)
UNSURE = said(Label.PERSON, SubLabel.UNCERTAIN)
HEAD = Box(40, 12, 70, 45)


@pytest.mark.parametrize(
    ("labels", "detection", "expected"),
    [
        (picture(TrueBox(RawClass.FIRE, HERE)), FIRE, [True]),
        # Flames are cut into boxes in many ways: one of the two lies in the other.
        (picture(TrueBox(RawClass.FIRE, Box(20, 20, 50, 50))), FIRE, [True]),
        (picture(TrueBox(RawClass.FIRE, ELSEWHERE)), FIRE, [False]),
        (picture(TrueBox(RawClass.SMOKE, HERE)), FIRE, [False]),
        (picture(), FIRE, [False]),
        (picture(TrueBox(RawClass.FIRE, HERE, ignored=True)), FIRE, []),
        (picture(labelled=frozenset({RawClass.SMOKE})), FIRE, []),
        (picture(TrueBox(RawClass.HEAD_BARE, HEAD)), BARE, [True]),
        (picture(TrueBox(RawClass.HEAD_HELMET, HEAD)), BARE, [False]),
        (picture(TrueBox(RawClass.HEAD_HELMET, HEAD)), HELMETED, [True]),
        (picture(TrueBox(RawClass.HEAD_BARE, HEAD, ignored=True)), HELMETED, []),
        (picture(TrueBox(RawClass.PERSON, HERE)), BARE, [False]),
        (picture(TrueBox(RawClass.HEAD_BARE, HEAD)), UNSURE, [True]),
        (picture(TrueBox(RawClass.PERSON, HERE), labelled=frozenset({RawClass.PERSON})), UNSURE,
         [True]),
        (picture(TrueBox(RawClass.PERSON, HERE), labelled=frozenset({RawClass.PERSON})), BARE, []),
        (picture(TrueBox(RawClass.PERSON, HERE, state=SubLabel.NO_HELMET),
                 labelled=frozenset({RawClass.PERSON})), BARE, [True]),
        (picture(TrueBox(RawClass.PERSON, HERE, state=SubLabel.NO_HELMET),
                 labelled=frozenset({RawClass.PERSON})), HELMETED, [False]),
        (picture(labelled=frozenset({RawClass.PERSON})), BARE, [False]),
        (picture(labelled=frozenset({RawClass.FIRE})), BARE, []),
        # Confirmed, and nobody looked for others: what lies there is right, the rest unknown.
        (picture(TrueBox(RawClass.FIRE, HERE), labelled=frozenset()), FIRE, [True]),
        (picture(TrueBox(RawClass.FIRE, ELSEWHERE), labelled=frozenset()), FIRE, []),
        (picture(TrueBox(RawClass.PERSON, HERE, state=SubLabel.NO_HELMET), labelled=frozenset()),
         BARE, [True]),
        (picture(TrueBox(RawClass.PERSON, HERE, state=SubLabel.NO_HELMET), labelled=frozenset()),
         HELMETED, [False]),
        (picture(TrueBox(RawClass.PERSON, ELSEWHERE, state=SubLabel.NO_HELMET),
                 labelled=frozenset()), BARE, []),
        (picture(TrueBox(RawClass.HEAD_BARE, HEAD), labelled=frozenset()), BARE, [True]),
        (picture(TrueBox(RawClass.HEAD_BARE, Box(240, 12, 270, 45)), labelled=frozenset()),
         BARE, []),
    ],
)  # fmt: skip
def test_a_detection_is_right_where_the_labels_say_so(
    labels: LabelledPicture, detection: Detection, expected: list[bool]
) -> None:
    """What a picture is not labelled for, or too small to count, is not judged."""
    assert [is_right for _, is_right in judge_detections(labels, [detection])] == expected


def a_set(
    number: int,
    judged_by: JudgedBy = QWEN,
    score_from: ScoreFrom = ScoreFrom.TOKENS,
    groups: int | None = None,
) -> SavedAnswers:
    """Answers about pictures of fires: with a score of s the model is right in s² of the cases."""
    random = np.random.default_rng(3)
    answers = []
    for index in range(number):
        score = float(random.uniform(0.05, 1.0))
        boxes = [TrueBox(RawClass.FIRE, HERE)] if random.random() < score**2 else []
        group = None if groups is None else str(index % groups)
        detection = said(Label.FIRE, SubLabel.MINOR, score=score, score_from=score_from)
        answers.append(Answered(picture(*boxes, group=group), (detection,), None, 1.0))
    return SavedAnswers(judged_by, tuple(answers))


def fires(calibration: Calibration) -> Any:
    """What it says of fires."""
    return next(one for one in calibration.classes if one.kind is CalibratedClass.FIRE)


def test_the_table_says_what_scores_were_worth() -> None:
    """A score that is too sure is off by much, the table by little on pictures it never saw."""
    fire = fires(calibrate(a_set(2000)))
    assert all(abs(share_at(fire.curve, score) - score**2) < 0.08 for score in (0.3, 0.6, 0.9))
    assert fire.before.calibration > 0.12
    assert fire.after.calibration < 0.05
    assert fire.after.brier < fire.before.brier
    assert sum(one.boxes for one in fire.bins) == 2000
    assert all(one.interval[0] < one.share < one.interval[1] for one in fire.bins)


def judged_alarms(confirmed: int, dismissed: int) -> SavedAnswers:
    """Alarms of fire as a site judges them: of the confirmed ones the rest is not labelled."""
    random = np.random.default_rng(1)
    pictures = [picture(TrueBox(RawClass.FIRE, HERE), labelled=frozenset())] * confirmed
    pictures += [picture()] * dismissed
    scores = random.uniform(0.5, 1.0, len(pictures))
    return SavedAnswers(
        EMBEDDED,
        tuple(
            Answered(one, (said(Label.FIRE, SubLabel.MINOR, score=float(score)),), None, 1.0)
            for one, score in zip(pictures, scores, strict=True)
        ),
    )


def test_confirmed_alarms_count_as_much_as_dismissed_ones() -> None:
    """Of 120 alarms 80 were real: the table says two in three, not none."""
    fire = fires(calibrate(judged_alarms(80, 40)))
    assert (fire.boxes, fire.right) == (120, 80)
    assert share_at(fire.curve, 0.9) == pytest.approx(2 / 3, abs=0.15)


@pytest.mark.parametrize(("confirmed", "dismissed"), [(80, 0), (0, 80), (80, 9), (9, 80)])
def test_who_only_confirmed_or_only_dismissed_gets_no_table(confirmed: int, dismissed: int) -> None:
    """It would say of every alarm that it is surely one, or surely none."""
    with pytest.raises(AnnotationsInvalid, match="could have been right, or wrong"):
        calibrate(judged_alarms(confirmed, dismissed))


def test_a_written_table_gives_detections_their_share(tmp_path: Path) -> None:
    """The score stays beside it; other kinds of scores and classes without a curve have none."""
    path = tmp_path / "table.json"
    path.write_text(json.dumps(calibrate(a_set(2000)).document()))
    table = read_calibration(path)
    table.require_about("qwen", QWEN.model, "zh-1")
    fire = said(Label.FIRE, SubLabel.SEVERE, score=0.8, score_from=ScoreFrom.TOKENS)
    foreign = said(Label.FIRE, SubLabel.SEVERE, score=0.8)
    smoke = said(Label.SMOKE, SubLabel.SEVERE, score=0.8, score_from=ScoreFrom.TOKENS)
    unscored = said(Label.FIRE, SubLabel.SEVERE, score=None, score_from=ScoreFrom.TOKENS)
    shares = [one.calibrated for one in table.apply([fire, foreign, smoke, unscored])]
    assert shares == [pytest.approx(0.64, abs=0.08), None, None, None]
    assert [one.score for one in table.apply([fire])] == [0.8]


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        (a_set(20), LeftOut.TOO_FEW),
        (a_set(300, groups=1), LeftOut.UNTRIED),
        (a_set(300, score_from=ScoreFrom.DETECTOR), None),
        (SavedAnswers(QWEN, ()), None),
    ],
)
def test_no_table_is_written_that_would_tell_nothing(
    answers: SavedAnswers, why: LeftOut | None
) -> None:
    """Too few boxes, or none to try the curve on: it is said which, and nothing is written."""
    with pytest.raises(AnnotationsInvalid) as caught:
        calibrate(answers)
    assert why is None or str(why) in caught.value.message


def test_a_table_that_is_no_better_than_the_score_is_left_out() -> None:
    """Where a score already is the share, a curve from few boxes only adds noise."""
    random = np.random.default_rng(1)
    answers = list(a_set(300).answers)
    for _ in range(60):
        score = float(random.choice([0.001, 0.999]))
        boxes = [TrueBox(RawClass.SMOKE, HERE)] if score > 0.5 else []
        smoke = said(Label.SMOKE, SubLabel.MINOR, score=score, score_from=ScoreFrom.TOKENS)
        answers.append(Answered(picture(*boxes), (smoke,), None, 1.0))
    calibration = calibrate(SavedAnswers(QWEN, tuple(answers)))
    left_out = {one.kind: one.left_out for one in calibration.classes}
    assert left_out == {CalibratedClass.FIRE: None, CalibratedClass.SMOKE: LeftOut.NO_BETTER}
    assert set(calibration.document()["classes"]) == {"fire"}


def test_the_embedded_detector_is_calibrated_too() -> None:
    """Its scores are of another kind, and so is the table."""
    calibration = calibrate(a_set(300, EMBEDDED, ScoreFrom.DETECTOR))
    assert calibration.document()["score_from"] == "detector"


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=120),
    st.floats(0, 1),
)
def test_any_scores_give_a_rising_curve_of_shares(
    boxes: list[tuple[float, bool]], score: float
) -> None:
    """A higher score is never worth less, and nothing is certain."""
    curve = fit_curve(
        np.array([one for one, _ in boxes]), np.array([is_right for _, is_right in boxes], float)
    )
    scores, shares = zip(*curve, strict=True)
    assert list(scores) == sorted(set(scores))
    assert list(shares) == sorted(shares)
    assert 0 < shares[0] <= share_at(curve, score) <= shares[-1] < 1


def test_pictures_of_one_group_are_in_one_fold() -> None:
    """A camera's day is never on both sides."""
    pictures = [picture(group=str(index % 7)) for index in range(70)]
    folds = fold_numbers(pictures, 5)
    assert {len({folds[index] for index in range(one, 70, 7)}) for one in range(7)} == {1}
    assert set(folds) == set(range(5))


def test_the_chart_shows_each_class_and_escapes_what_it_names() -> None:
    """A model's name is not ours; the chart is one whole SVG."""
    judged_by = JudgedBy(backend="qwen", model="<script>", prompt_version="zh-1")
    svg = draw_reliability(calibrate(a_set(300, judged_by)))
    assert svg.startswith("<svg")
    assert svg.count("<svg") == svg.count("</svg>") == 1
    assert "<script>" not in svg
    assert "polyline" in svg


GOOD: dict[str, Any] = {
    "format": "safety-detector score calibration 1",
    "backend": "qwen",
    "model": "m",
    "prompt_version": "zh-1",
    "score_from": "tokens",
    "classes": {"fire": {"curve": [[0.2, 0.1], [0.9, 0.8]], "boxes": 40, "right": 20}},
}


def with_curve(*points: list[Any]) -> dict[str, Any]:
    """The table with another curve."""
    return {**GOOD, "classes": {"fire": {**GOOD["classes"]["fire"], "curve": list(points)}}}


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("", "JSON"),
        ("[]", "table"),
        (json.dumps({**GOOD, "format": "1"}), "format"),
        *[(json.dumps({k: v for k, v in GOOD.items() if k != key}), key) for key in GOOD],
        (json.dumps({**GOOD, "classes": {}}), "classes"),
        (json.dumps({**GOOD, "classes": {"cat": GOOD["classes"]["fire"]}}), "cat"),
        (json.dumps({**GOOD, "backend": "other"}), "backend"),
        (json.dumps(with_curve()), "curve"),
        (json.dumps(with_curve([0.2, 0.5], [0.2, 0.6])), "rise"),
        (json.dumps(with_curve([0.2, 0.5], [0.3, 0.4])), "rise"),
        (json.dumps(with_curve([0.2, 1.5])), "curve"),
        (json.dumps(with_curve([-0.2, 0.5])), "curve"),
        (json.dumps(with_curve([0.2])), "curve"),
        (json.dumps(with_curve([float("nan"), 0.5])), "curve"),
        (json.dumps(with_curve(*([i / 400, 0.5] for i in range(400)))), "curve"),
        (json.dumps({**GOOD, "classes": {"fire": {"curve": [[0, 0]], "boxes": 3, "right": 4}}}),
         "right"),
        ("[" * 100_000, "JSON"),
        (" " * (1 << 20) + json.dumps(GOOD), "bytes"),
        (b"\xff\xfe", "table"),
    ],
)  # fmt: skip
def test_a_bad_table_is_refused_with_what_is_wrong(
    tmp_path: Path, content: str | bytes, named: str
) -> None:
    """Nobody's scores go by half a table."""
    path = tmp_path / "table.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigurationInvalid) as caught:
        read_calibration(path)
    assert named.lower() in caught.value.message.lower()


def test_a_table_of_another_model_or_prompt_is_refused(tmp_path: Path) -> None:
    """Scores of another model mean something else; the error says how to make a new table."""
    path = tmp_path / "table.json"
    path.write_text(json.dumps(GOOD))
    table = read_calibration(path)
    table.require_about("qwen", "m", "zh-1")
    for other in (("qwen", "m", "zh-2"), ("qwen", "n", "zh-1"), ("embedded", "m", None)):
        with pytest.raises(ConfigurationInvalid, match="--calibrate"):
            table.require_about(*other)


def test_a_table_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    """The message names the file and the command that writes one."""
    with pytest.raises(ConfigurationInvalid, match=r"eval --calibrate"):
        read_calibration(tmp_path / "none.json")
