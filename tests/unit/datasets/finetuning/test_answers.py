"""The answers that a model is taught: what they say, and that our reader reads exactly that."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safety_detector.datasets.finetuning.answers import (
    Inexact,
    LabelledThing,
    inexact,
    target_answer,
)
from safety_detector.detectors.qwen.dialects import DIALECT_NAMES, dialect_named, sent_size
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import SUB_LABELS, Hazard, Label, Language, SubLabel

QWEN25 = dialect_named("qwen2.5-vl")
FULL_HD = ImageSize(1920, 1080)
MOST = 1280 * 28 * 28


def a_thing(
    x1: float, y1: float, x2: float, y2: float, label: Label = Label.FIRE, reason: str = ""
) -> LabelledThing:
    """A fire, or a person without helmet."""
    state = SubLabel.NO_HELMET if label is Label.PERSON else SubLabel.SEVERE
    return LabelledThing(Box(x1, y1, x2, y2), Hazard(label, state), reason)


@st.composite
def labelled_pictures(draw: st.DrawFn) -> tuple[ImageSize, list[LabelledThing]]:
    """Any picture that a model takes, with whole-pixel boxes inside it, one pixel wide ones too."""
    size = ImageSize(draw(st.integers(30, 4200)), draw(st.integers(30, 4200)))
    things = []
    for _ in range(draw(st.integers(0, 12))):
        x1, y1 = draw(st.integers(0, size.width - 1)), draw(st.integers(0, size.height - 1))
        x2 = draw(st.integers(x1 + 1, size.width))
        y2 = draw(st.integers(y1 + 1, size.height))
        label = draw(st.sampled_from(list(Label)))
        state = draw(st.sampled_from(SUB_LABELS[label]))
        things.append(LabelledThing(Box(x1, y1, x2, y2), Hazard(label, state)))
    return size, things


@given(labelled_pictures(), st.sampled_from(DIALECT_NAMES), st.sampled_from(["zh", "en"]))
@settings(max_examples=300, deadline=None)
def test_reads_back_whatever_was_judged(
    picture: tuple[ImageSize, list[LabelledThing]], name: str, language: Language
) -> None:
    """What is taught is what our reader reads, or the box that cannot be taught is named."""
    size, things = picture
    dialect = dialect_named(name)
    sent = sent_size(size, dialect, MOST)
    answer = target_answer(things, size, dialect.box_space(sent), language)
    fault = inexact(answer.text, things, dialect, size, sent)
    assert fault is not Inexact.MISREAD, (answer.text, size, sent)
    assert len(json.loads(answer.text)) + answer.beyond_limit == len(things)


def test_teaches_the_order_and_the_limit_of_the_instruction() -> None:
    """Of twelve things the ten most urgent are taught: fire before people, as the model is told."""
    people = [a_thing(100 * n, 10, 100 * n + 50, 200, Label.PERSON) for n in range(11)]
    fire = a_thing(5, 500, 60, 700)
    answer = target_answer([*people, fire], FULL_HD, FULL_HD, "zh")
    said = json.loads(answer.text)
    assert (len(said), answer.beyond_limit) == (10, 2)
    assert said[0] == {"bbox_2d": [5, 500, 60, 700], "label": "fire", "sub_label": "严重"}
    assert {one["label"] for one in said[1:]} == {"person"}
    assert inexact(answer.text, [*people, fire], QWEN25, FULL_HD, FULL_HD) is None


def test_teaches_an_empty_list_where_there_is_nothing() -> None:
    """A picture of nothing is taught as the answer that we read as nothing."""
    assert target_answer([], FULL_HD, FULL_HD, "zh").text == "[]"
    assert inexact("[]", [], QWEN25, FULL_HD, FULL_HD) is None


@pytest.mark.parametrize(
    ("things", "why"),
    [
        ([a_thing(100, 100, 300, 300), a_thing(101, 101, 300, 300)], Inexact.MERGED),
        ([a_thing(100, 100, 101, 300)], Inexact.TOO_SMALL),
    ],
)
def test_names_what_cannot_be_taught(things: list[LabelledThing], why: Inexact) -> None:
    """Two boxes at one place and a box thinner than the grid are not taught as something else."""
    sent, size = ImageSize(1428, 812), ImageSize(3840, 2160)
    text = target_answer(things, size, sent, "zh").text
    assert inexact(text, things, QWEN25, size, sent) is why


@pytest.mark.parametrize(
    "changed",
    [
        lambda text: text.replace("100", "102"),
        lambda text: text.replace("严重", "轻微"),
        lambda text: text.replace("fire", "smoke"),
        lambda text: text[: len(text) // 2],
        lambda _: "[]",
        lambda _: "没有发现火焰。",
        lambda text: text + " There is smoke on the left.",
        lambda text: text.replace("[{", '[{"bbox_2d": [1, 2, 30, 40], "label": "smoke"}, {'),
        lambda text: text.replace("bbox_2d", "point_2d"),
        lambda text: text.replace("100", "100.5"),
    ],
)
def test_finds_an_answer_that_says_something_else(changed) -> None:  # type: ignore[no-untyped-def]
    """A number, a state or a box that differs from the judgement never passes."""
    things = [a_thing(100, 120, 340, 560)]
    text = target_answer(things, FULL_HD, FULL_HD, "zh").text
    assert inexact(text, things, QWEN25, FULL_HD, FULL_HD) is None
    assert inexact(changed(text), things, QWEN25, FULL_HD, FULL_HD) is not None


def test_finds_boxes_of_another_space() -> None:
    """Thousandths in a set for a model that writes pixels are found, and the other way round."""
    things = [a_thing(192, 108, 960, 540)]
    thousandths = target_answer(things, FULL_HD, ImageSize(1000, 1000), "en").text
    sent = sent_size(FULL_HD, QWEN25, MOST)
    pixels = target_answer(things, FULL_HD, sent, "en").text
    qwen3 = dialect_named("qwen3-vl")
    assert inexact(thousandths, things, QWEN25, FULL_HD, sent) is Inexact.MISREAD
    assert inexact(pixels, things, qwen3, FULL_HD, sent_size(FULL_HD, qwen3, MOST))
    assert inexact(thousandths, things, qwen3, FULL_HD, sent_size(FULL_HD, qwen3, MOST)) is None
