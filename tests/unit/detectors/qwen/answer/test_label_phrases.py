"""Labels that are phrases: read, or known to hold a word of ours."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safety_detector.detectors.qwen.answer.label_phrases import holds_our_word, read_label
from safety_detector.detectors.qwen.answer.reader import MappedAnswer, read_answer, to_detections
from safety_detector.detectors.qwen.dialects import dialect_for_model
from safety_detector.domain.detections import DetectorRun
from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.inspection import Verdict, decide_verdict

SIZE = ImageSize(700, 700)
DIALECT = dialect_for_model("Qwen/Qwen2.5-VL-7B-Instruct")


def said(label: str, sub_label: str | None = None) -> list[str]:
    """The hazards that a label names."""
    hazards = read_label(label, sub_label).hazards
    return [f"{hazard.label} {hazard.sub_label}" for hazard in hazards]


def mapped(text: str) -> MappedAnswer:
    """What becomes of an answer."""
    return to_detections(read_answer(text, finish_reason="stop"), DIALECT, SIZE, SIZE)


def verdict(label: str, sub_label: str | None = None) -> Verdict:
    """The verdict of a picture about which the model says this one thing."""
    item = {"bbox_2d": [100, 200, 300, 400], "label": label}
    if sub_label is not None:
        item["sub_label"] = sub_label
    answer = mapped(json.dumps([item], ensure_ascii=False))
    run = DetectorRun("qwen", "m").with_reasons(answer.incomplete_reasons)
    return decide_verdict(answer.detections, [run])


@pytest.mark.parametrize(
    "label",
    [
        *(
            "fire 1",
            "Fire #2",
            "fire_02",
            "fire-1",
            "1. fire",
            "FIRE",
            "fires",
            "a fire",
            "the fire",
        ),
        *("two fires", "another fire", "3 flames", "flame(s)", "orange flames", "possible fire"),
        *("fire in the background", "car on fire", "a building on fire", "burning car", "wildfire"),
        *(
            "火焰1",
            "两处明火",
            "第1处火焰",
            "疑似火焰",
            "大火",
            "明显的火焰",
            "建筑着火",
            "fire（火焰）",
        ),
    ],
)
def test_a_fire_is_read_however_it_is_put(label: str) -> None:
    """Articles, numbers, plurals, colours and places leave a fire a fire."""
    assert [one.split()[0] for one in said(label)] == ["fire"]
    assert verdict(label) is Verdict.HAZARD


@pytest.mark.parametrize(
    "label",
    ["fire and smoke", "smoke/fire", "flames & smoke", "火焰和烟雾", "火焰、烟雾", "火焰伴有烟雾"],
)
def test_what_shows_two_things_is_two_detections(label: str) -> None:
    """A compound is read as both."""
    assert sorted(one.split()[0] for one in said(label)) == ["fire", "smoke"]


@pytest.mark.parametrize(
    "label",
    [
        *("head without helmet", "Heads without helmets", "HEAD WITHOUT HELMET", "bare head 2"),
        *("person (no helmet)", "person 1 (no hard hat)", "no hard hat", "person w/o helmet"),
        *("two workers without hard hats", "man in red shirt without helmet", "unhelmeted worker"),
        *("worker not wearing a safety helmet", "person who is not wearing any helmet"),
        *("person with no helmet", "helmet missing", "worker doesn't have a hard hat"),
        *(
            "人（未戴安全帽）",
            "3名未戴安全帽的工人",
            "未戴安全帽的工人2",
            "头部未戴安全帽",
            "安全帽未佩戴",
        ),
    ],
)
def test_a_missing_helmet_is_read_however_it_is_put(label: str) -> None:
    """Of a head, a person or several, in either language."""
    assert said(label) == ["person no_helmet"]
    assert said(label, "helmet") == ["person no_helmet"]  # of two that contradict the graver
    assert verdict(label) is Verdict.HAZARD


@pytest.mark.parametrize(
    ("label", "sub_label", "expected"),
    [
        ("person wearing a yellow helmet", None, "person helmet"),
        ("worker with hard hat", None, "person helmet"),
        ("工人戴着安全帽", None, "person helmet"),
        ("two people", "helmet", "person helmet"),
        ("person 2", None, "person uncertain"),
        ("一名工人", None, "person uncertain"),
        ("head", "no_helmet", "person no_helmet"),
        ("头部", "未戴安全帽", "person no_helmet"),
        ("fires", "severe", "fire severe"),
    ],
)
def test_people_and_states_are_read(label: str, sub_label: str | None, expected: str) -> None:
    """A phrase about a person says as much as it says, and no more."""
    assert said(label, sub_label) == [expected]


@pytest.mark.parametrize(
    "label",
    [
        *("no fire", "not a fire", "fire: none", "no fire or smoke", "without fire", "0 fires"),
        *("没有火", "没有火焰", "无明火", "无火焰、烟雾", "非火焰", "未见烟雾"),
        *("fire extinguisher", "fire truck", "fire hydrant 2", "fireplace", "fire alarm"),
        *("fire & rescue truck", "fire (false alarm)", "smoke, fire extinguisher"),
        *("smoke detector", "smoke alarm", "smoking area sign", "smoking man"),
        *("灭火器", "防火门", "火灾报警器", "烟囱", "机器人", "人行道"),
        *("no person without helmet", "nobody without helmet", "person not without helmet"),
        *("helmet on table", "no people", "无人未戴安全帽", "没有人戴安全帽"),
        "A fire is burning in the middle of the picture, next to a large white truck",
    ],
)
def test_a_word_of_ours_that_is_not_understood_is_never_clear(label: str) -> None:
    """Negations and other things' names are no hazards, but the box may be one: inconclusive."""
    assert said(label) == []
    assert holds_our_word(label)
    assert verdict(label) is Verdict.INCONCLUSIVE
    assert verdict(label, "severe") is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("label", ["person near fire", "person with fire extinguisher"])
def test_what_is_said_besides_is_not_lost(label: str) -> None:
    """A helmeted person is read, and the fire beside it keeps the picture from being clear."""
    assert said(label, "helmet") == ["person helmet"]
    assert verdict(label, "helmet") is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    "label",
    ["dog", "cement mixer", "safety vest", "yellow helmet", "黄色安全帽", "helmet 1", "挖掘机"],
)
def test_foreign_things_do_not_count(label: str) -> None:
    """What holds no word of ours, or is a helmet by itself, leaves the picture clear."""
    assert verdict(label) is Verdict.CLEAR


def test_a_foreign_label_with_our_state_is_not_foreign() -> None:
    """Whatever a "no_helmet" was called, it is not dropped without a word."""
    assert verdict("object", "no_helmet") is Verdict.INCONCLUSIVE
    assert verdict("safety", "fire") is Verdict.INCONCLUSIVE
    assert verdict("crack", "severe") is Verdict.CLEAR


@pytest.mark.parametrize(
    "text",
    [
        "<ref>fire</ref><box>(10,20),(60,70)</box><box>(110,120),(160,170)</box>",
        "<|object_ref_start|>fire<|object_ref_end|><|box_start|>(10,20),(60,70),(110,120),(160,170)",
        "<|ref|>fire<|/ref|><|det|>[[10, 20, 60, 70], [110, 120, 160, 170]]<|/det|>",
        '[{"bbox_2d": [[10, 20, 60, 70], [110, 120, 160, 170]], "label": "fires"}]',
        '[{"bbox_2d": [[[10, 20, 60, 70], [110, 120, 160, 170]]], "label": "fire"}]',
        '[{"bbox_2d": [[[10, 20], [60, 70]], [[110, 120], [160, 170]]], "label": "fire"}]',
    ],
)
def test_a_second_box_of_one_label_is_not_lost(text: str) -> None:
    """Several boxes in one tag, behind one name, or in lists of lists are all read."""
    boxes = {detection.box.xyxy for detection in mapped(text).detections}
    assert boxes == {(10, 20, 60, 70), (110, 120, 160, 170)}
    assert mapped(text).incomplete_reasons == ()


def test_half_a_box_in_a_tag_is_said() -> None:
    """Six numbers are one box and something that was lost."""
    answer = mapped("<ref>fire</ref><box>(10,20),(60,70),(110,120)</box>")
    assert len(answer.detections) == 1
    assert [reason.code for reason in answer.incomplete_reasons] == ["box-dropped"]


_WORDS = st.sampled_from(
    [
        "no",
        "not",
        "fire",
        "smoke",
        "person",
        "helmet",
        "without",
        "with",
        "a",
        "the",
        "two",
        "and",
        "or",
        "1",
        "on",
        "in",
        "wearing",
        "head",
        "火",
        "烟",
        "人",
        "未",
        "没有",
        "戴",
        "安全帽",
        "的",
        "和",
        "extinguisher",
        "man",
        "hard",
        "hat",
    ]
)


@settings(deadline=None)
@given(st.lists(_WORDS, max_size=14).map(" ".join) | st.text(max_size=80), st.text(max_size=20))
def test_any_label_is_read_or_said_to_be_unread(label: str, sub_label: str) -> None:
    """Whatever words are put together, what holds one of ours is never dropped without a word."""
    read = read_label(label, sub_label)
    if holds_our_word(label):
        assert read.hazards or read.is_unread
