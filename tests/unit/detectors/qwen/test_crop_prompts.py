"""What is asked about one place, and the short schema of the answer."""

from __future__ import annotations

import hashlib

import pytest

from safety_detector.detectors.qwen.answer.crop_reader import read_crop_answer
from safety_detector.detectors.qwen.crop_prompts import answer_word, make_crop_prompt
from safety_detector.domain.crop_questions import CROP_ANSWERS, CropQuestion
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import LANGUAGES, Language

EVERY = [(kind, language) for kind in CropQuestion for language in LANGUAGES]

# Change the wording, and the version must change with it.
WORDINGS = {
    "crop-zh-1": "80657ffe279ca821",
    "crop-en-1": "e4abb91cbd4801aa",
    "helmet-zh-1": "c0a106ad0de2c373",
    "helmet-en-1": "b0a1f53cf02619b2",
}


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_what_the_schema_allows_is_what_the_reader_reads(
    kind: CropQuestion, language: Language
) -> None:
    """Each answer of the question can be written in one way, which is read as that answer."""
    words = make_crop_prompt(kind, language).schema["properties"]["answer"]["enum"]
    read = [read_crop_answer(f'{{"answer": "{word}", "why": ""}}', kind).answer for word in words]
    assert tuple(read) == CROP_ANSWERS[kind]


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_the_instruction_explains_every_answer(kind: CropQuestion, language: Language) -> None:
    """A word that the schema demands stands in the instruction, and no place of any picture."""
    prompt = make_crop_prompt(kind, language)
    for answer in CROP_ANSWERS[kind]:
        assert answer_word(answer, language) in prompt.instruction
    assert "{" not in prompt.instruction
    assert prompt.schema["required"] == list(prompt.schema["properties"]) == ["answer", "why"]


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_answers_differ_from_their_first_letter_on(kind: CropQuestion, language: Language) -> None:
    """One token decides among them, so that its probability is the answer's."""
    words = [answer_word(answer, language) for answer in CROP_ANSWERS[kind]]
    assert len({word[0] for word in words}) == len(words)


def test_the_question_says_where_the_crop_lies_and_how_much_it_is_enlarged() -> None:
    """The whole picture is put in words, since one picture goes with a request."""
    size, sent = ImageSize(1920, 1080), ImageSize(448, 448)
    place, crop = Box(0, 0, 20, 20), Box(0, 0, 160, 160)
    asked = make_crop_prompt(CropQuestion.FIRE_SMOKE, "en").about(place, crop, size, sent)
    assert "out of the upper left of the camera's picture" in asked.question
    assert "8% of its width and 15% of its height, shown at 2.8 times its size" in asked.question
    assert "in the upper left of this part" in asked.question
    far = Box(1760, 920, 1920, 1080)
    asked = make_crop_prompt(CropQuestion.HELMET, "zh").about(
        Box(1830, 990, 1850, 1010), far, size, sent
    )
    assert "监控画面的右下部" in asked.question
    assert "图片的中部" in asked.question


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_wording_changes_only_with_its_version(kind: CropQuestion, language: Language) -> None:
    """Results name the version of the wording; so a version is one wording for ever."""
    prompt = make_crop_prompt(kind, language)
    wording = hashlib.sha256((prompt.instruction + prompt.question).encode()).hexdigest()
    assert WORDINGS[prompt.version] == wording[:16]
