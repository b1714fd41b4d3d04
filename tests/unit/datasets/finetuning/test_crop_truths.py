"""Questions about places: what a judged picture answers, and what it leaves open."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from safety_detector.datasets.finetuning.companions import FineTuningProgram
from safety_detector.datasets.finetuning.crop_truths import (
    MOST_CROPS,
    crop_answer_text,
    crop_truths,
)
from safety_detector.datasets.finetuning.reading_back import read_back_folder
from safety_detector.datasets.finetuning.writer import FineTuningWriter
from safety_detector.datasets.labelled import LabelledPicture, RefutedBox, Side
from safety_detector.detectors.qwen.crop_prompts import make_crop_prompt
from safety_detector.detectors.qwen.crops import crop_around, crop_sent_size
from safety_detector.domain.crop_questions import CROP_ANSWERS, CropAnswer, CropQuestion
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import LANGUAGES, Hazard, Label, Language, SubLabel
from safety_detector.pictures.images import encode_jpeg, resize
from tests.unit.datasets.finetuning.judged import BARE, FIRE, Folder, content_of, judged, options
from tests.unit.datasets.finetuning.test_writer import lines

SMOKE = Hazard(Label.SMOKE, SubLabel.MINOR)
LAMP = Box(300, 300, 360, 360)
ONLY_PEOPLE = frozenset({Label.PERSON})


def refuting(
    picture: LabelledPicture, box: Box, hazard: Hazard = FIRE, reason: str = "探照灯"
) -> LabelledPicture:
    """The picture, with a detection that somebody called none."""
    judgement = replace(picture.judgements[0], reason=reason)
    detection = Detection(box, hazard, 0.8)
    return replace(
        picture,
        refuted=(*picture.refuted, RefutedBox(detection, judgement)),
        detections=(*picture.detections, detection),
    )


def answers(picture: LabelledPicture) -> list[CropAnswer]:
    """What the questions about a picture are answered with."""
    return [one.answer for one in crop_truths(picture)]


def test_a_lamp_that_was_taken_for_a_fire_is_neither() -> None:
    """What somebody called none is taught as neither, with the person's own words."""
    (truth,) = crop_truths(refuting(judged(1), LAMP))
    assert (truth.answer, truth.place, truth.judgement.reason) == (
        CropAnswer.NEITHER,
        LAMP,
        "探照灯",
    )


def test_a_false_box_beside_a_real_fire_is_not_called_neither() -> None:
    """The crop around a lamp shows the fire beside it, so that the answer is fire."""
    burning = judged(1, [(Box(340, 330, 420, 420), FIRE)])
    assert set(answers(refuting(burning, LAMP))) == {CropAnswer.FIRE}


def test_one_box_too_many_around_a_fire_is_not_called_neither() -> None:
    """Who removed the second box of a fire did not say that nothing burns there."""
    twice = judged(1, [(Box(296, 296, 364, 366), FIRE)])
    assert answers(refuting(twice, LAMP)) == [CropAnswer.FIRE]


def test_fire_with_smoke_beside_it_is_both() -> None:
    """What the crop shows of both kinds is answered with both."""
    both = judged(1, [(LAMP, FIRE), (Box(280, 200, 380, 330), SMOKE)])
    assert set(answers(both)) == {CropAnswer.FIRE_AND_SMOKE}


def test_what_reaches_into_the_crop_by_an_edge_leaves_the_question_out() -> None:
    """A cloud of smoke of which a corner can be seen is neither taught as there nor as away."""
    crop = crop_around(LAMP, judged(1).size, CropQuestion.FIRE_SMOKE)
    corner = Box(crop.x2 - 3, crop.y2 - 3, crop.x2 + 500, crop.y2 + 200)
    beside = refuting(judged(1, [(corner, SMOKE)]), LAMP)
    assert CropAnswer.NEITHER not in answers(beside)
    assert all(one.place != LAMP for one in crop_truths(beside))


@pytest.mark.parametrize("labelled", [frozenset(), ONLY_PEOPLE, frozenset({Label.FIRE})])
def test_what_may_be_there_is_not_taught_as_absent(labelled: frozenset[Label]) -> None:
    """A confirmed fire may smoke, and what was no fire may be smoke that nobody drew."""
    assert answers(judged(1, [(LAMP, FIRE)], labelled=labelled)) == []
    assert answers(refuting(judged(1, labelled=labelled), LAMP)) == []
    both = judged(1, [(LAMP, FIRE), (Box(280, 200, 380, 330), SMOKE)], labelled=labelled)
    assert set(answers(both)) == {CropAnswer.FIRE_AND_SMOKE}
    no_people = frozenset({Label.FIRE, Label.SMOKE})
    assert answers(judged(1, [(LAMP, FIRE)], labelled=no_people)) == [CropAnswer.FIRE]
    assert answers(refuting(judged(1, labelled=no_people), LAMP)) == [CropAnswer.NEITHER]


def test_nobody_is_there_only_where_nobody_stands() -> None:
    """A sign taken for a person is nobody; a second box around somebody is not."""
    sign = refuting(judged(1), Box(100, 100, 160, 300), BARE)
    second = refuting(judged(1, [(Box(104, 102, 170, 300), BARE)]), Box(100, 100, 160, 300), BARE)
    assert answers(sign) == [CropAnswer.NO_PERSON]
    assert answers(second) == [CropAnswer.NO_HELMET]


@pytest.mark.parametrize(
    ("state", "answer"),
    [
        (SubLabel.HELMET, CropAnswer.HELMET),
        (SubLabel.NO_HELMET, CropAnswer.NO_HELMET),
        (SubLabel.UNCERTAIN, CropAnswer.CANNOT_TELL),
    ],
)
def test_a_person_is_answered_by_the_state_that_was_judged(
    state: SubLabel, answer: CropAnswer
) -> None:
    """What people said of a helmet is the answer; that it cannot be told is one too."""
    person = judged(1, [(Box(100, 100, 160, 300), Hazard(Label.PERSON, state))])
    assert answers(person) == [answer]


def test_a_crowd_is_not_taught_forty_times() -> None:
    """Of many people a few are asked about, and nobody twice."""
    people = [(Box(30 * n, 100, 30 * n + 25, 180), BARE) for n in range(40)]
    truths = crop_truths(judged(1, people))
    assert len(truths) == MOST_CROPS
    assert len({one.crop.xyxy for one in truths}) == MOST_CROPS


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "reason",
    ["", "探照灯", "a lamp", "a big fire!", "no helmet", "戴着安全帽", '"neither"', "x" * 80],
)
def test_every_answer_reads_back(language: Language, reason: str) -> None:
    """Whatever reason goes with it, the answer is read as it was judged."""
    for question, possible in CROP_ANSWERS.items():
        for answer in possible:
            text, why = crop_answer_text(question, answer, reason, language)
            assert why in (reason, "")
            assert text.startswith('{"answer": ')


def test_writes_the_crop_and_the_question_that_the_service_sends(tmp_path: Path) -> None:
    """A picture of which people are not labelled still teaches its lamp, as a second look asks."""
    prompts = {kind: make_crop_prompt(kind, "zh") for kind in CropQuestion}
    how = replace(options(), crop_prompts=prompts)
    picture = refuting(judged(1, labelled=frozenset({Label.FIRE, Label.SMOKE})), LAMP)
    content = content_of(picture)
    with closing(FineTuningWriter(Folder(tmp_path), FineTuningProgram.MS_SWIFT, how)) as writer:
        assert writer.add(picture, Side.TRAIN, picture.group, content) is None
        writer.finish()
    crop = crop_around(LAMP, picture.size, CropQuestion.FIRE_SMOKE)
    sent = crop_sent_size(crop, how.dialect)
    prompt = prompts[CropQuestion.FIRE_SMOKE].about(LAMP, crop, picture.size, sent)
    x1, y1, x2, y2 = (int(side) for side in crop.xyxy)
    (sample,) = lines(tmp_path / "train.jsonl")
    assert [one["content"] for one in sample["messages"]] == [
        prompt.instruction,
        "<image>" + prompt.question,
        '{"answer": "都没有", "why": "探照灯"}',
    ]
    shown = (tmp_path / sample["images"][0]).read_bytes()
    assert shown == encode_jpeg(resize(content.rgb()[y1:y2, x1:x2], sent), 90)
    assert read_back_folder(tmp_path).samples[Side.TRAIN] == 1
