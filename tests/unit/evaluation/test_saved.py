"""Answers that are kept, and held against another day's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from safety_detector.detectors.embedded.raw_boxes import RawAnswer, RawBox, RawClass
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.errors import AnnotationsInvalid
from safety_detector.evaluation.evaluate import judge_answers
from safety_detector.evaluation.running import Answered
from safety_detector.evaluation.saved import JudgedBy, SavedAnswers, read_answers, save_answers
from safety_detector.evaluation.truth import LabelledPicture, TrueBox
from safety_detector.pictures.images import encode_jpeg

FIRE_BOX = Box(10.25, 10.5, 110.125, 90)
JUDGED_BY = JudgedBy(backend="embedded", model="x 1", thresholds=dict.fromkeys(RawClass, 0.5))


@pytest.fixture
def pictures(tmp_path: Path) -> list[LabelledPicture]:
    """Two pictures in folders, one name in Chinese."""
    found = []
    for number, name in enumerate(("gate/一号.jpg", "b.jpg")):
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_jpeg(np.full((100, 160, 3), 90 * number, np.uint8), 90))
        boxes = (TrueBox(RawClass.FIRE, FIRE_BOX),) if number else ()
        found.append(LabelledPicture(path, ImageSize(160, 100), frozenset(RawClass), boxes))
    return found


def answers_to(pictures: list[LabelledPicture]) -> SavedAnswers:
    """Answers with raw boxes, one of them failed."""
    raw = RawAnswer(
        (RawBox(RawClass.FIRE, FIRE_BOX, 0.123456789, 0.1), RawBox(RawClass.SMOKE, FIRE_BOX, 0.05)),
        {RawClass.FIRE: 0.75},
    )
    fire = Detection(Box(10, 10, 110, 90), Hazard(Label.FIRE, SubLabel.MINOR), 0.1235)
    first = Answered(pictures[0], (fire,), raw, 8.5)
    return SavedAnswers(JUDGED_BY, (first, Answered(pictures[1], (), None, 3.0, "model-fault")))


@pytest.fixture
def kept(pictures: list[LabelledPicture], tmp_path: Path) -> Path:
    """The file of these answers."""
    saved = answers_to(pictures)
    path = tmp_path / "answers.json"
    save_answers(path, saved, judge_answers(saved).figures)
    return path


def test_answers_come_back_as_they_were(pictures: list[LabelledPicture], kept: Path) -> None:
    """What is compared later is exactly what was said, to the last digit."""
    assert read_answers(kept, pictures) == answers_to(pictures)


def test_a_set_that_moved_is_the_same_set(
    pictures: list[LabelledPicture], kept: Path, tmp_path: Path
) -> None:
    """Another machine has it in another folder."""
    (tmp_path / "images").rename(tmp_path / "elsewhere")
    moved = [
        LabelledPicture(
            tmp_path / "elsewhere" / one.path.relative_to(tmp_path / "images"),
            one.size,
            one.labelled,
            one.boxes,
        )
        for one in pictures
    ]
    assert [one.elapsed_ms for one in read_answers(kept, moved).answers] == [8.5, 3.0]


def test_labels_that_were_corrected_judge_old_answers_too(
    pictures: list[LabelledPicture], kept: Path
) -> None:
    """Neither of two detectors is judged by yesterday's labels."""
    corrected = [pictures[0], LabelledPicture(pictures[1].path, pictures[1].size, frozenset(), ())]
    assert read_answers(kept, corrected).answers[1].picture is corrected[1]


def another_bytes(pictures: list[LabelledPicture]) -> list[LabelledPicture]:
    """The same name, another picture."""
    pictures[0].path.write_bytes(encode_jpeg(np.full((100, 160, 3), 7, np.uint8), 90))
    return pictures


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda pictures: pictures[:1], "b.jpg is not in the set"),
        (another_bytes, "is another picture now"),
        (
            lambda pictures: [
                *pictures,
                LabelledPicture(Path(__file__), ImageSize(9, 9), frozenset(), ()),
            ],
            "has no answer in it",
        ),
    ],
    ids=["fewer", "changed", "more"],
)
def test_other_pictures_are_refused_by_name(
    change: Callable[[list[LabelledPicture]], list[LabelledPicture]],
    said: str,
    pictures: list[LabelledPicture],
    kept: Path,
) -> None:
    """A difference between two sets is no difference between two detectors."""
    with pytest.raises(AnnotationsInvalid, match=said):
        read_answers(kept, change(pictures))


def broken(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    """The file with something changed in it."""

    def changed(content: bytes) -> bytes:
        document = json.loads(content)
        change(document)
        return json.dumps(document).encode()

    return changed


@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"",
        lambda content: content[: len(content) // 2],
        lambda _: b"\xff\xfe",
        lambda _: b"[" * 100_000,
        lambda _: b'{"pictures": 4, "mean_ap50": 0.3}',
        broken(lambda document: document.update(format="other")),
        broken(lambda document: document["pictures"][0]["detections"][0].update(score=2)),
        broken(lambda document: document["pictures"][0]["detections"][0].update(label="cat")),
        broken(
            lambda document: document["pictures"][0]["detections"][0].update(sub_label="helmet")
        ),
        broken(
            lambda document: document["pictures"][0]["detections"][0].update(bbox_2d=[9, 9, 1, 1])
        ),
        broken(lambda document: document["pictures"][0]["raw"]["boxes"].update(fire=[[1, 2]])),
        broken(lambda document: document["pictures"].append(document["pictures"][0])),
    ],
)
def test_files_that_eval_did_not_write_are_refused_in_words(
    change: Callable[[bytes], bytes], pictures: list[LabelledPicture], kept: Path
) -> None:
    """Whatever is in it, a sentence names the file, and nothing is compared."""
    kept.write_bytes(change(kept.read_bytes()))
    with pytest.raises(AnnotationsInvalid):
        read_answers(kept, pictures)
