"""Reading answers: real ones, nasty ones, and any text at all."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from safety_detector.detectors.qwen.answer.objects import DropReason
from safety_detector.detectors.qwen.answer.reader import (
    MAX_ANSWER_CHARS,
    AnswerReading,
    AnswerStatus,
    MappedAnswer,
    read_answer,
    to_detections,
)
from safety_detector.detectors.qwen.dialects import dialect_named, smart_resize
from safety_detector.domain.detections import DetectorRun
from safety_detector.domain.geometry import ImageSize, iou
from safety_detector.domain.inspection import Verdict, decide_verdict
from tests.real_answers import real_answers

ABSOLUTE = dialect_named("qwen2.5-vl")
RELATIVE = dialect_named("qwen3-vl")
SENT = ImageSize(644, 476)
ORIGINAL = ImageSize(1288, 952)


def a_box(
    bbox: list[float] | None = None, label: str = "fire", sub_label: str = "severe"
) -> dict[str, Any]:
    """One object of an answer."""
    return {"bbox_2d": bbox or [10, 20, 110, 220], "label": label, "sub_label": sub_label}


def mapped(text: str, *, finish_reason: str | None = "stop") -> MappedAnswer:
    """What becomes of an answer about a picture of twice the size at which it was sent."""
    reading = read_answer(text, finish_reason=finish_reason)
    return to_detections(reading, ABSOLUTE, SENT, ORIGINAL)


def verdict_of(answer: MappedAnswer) -> Verdict:
    """The verdict that the answer leads to."""
    run = DetectorRun("qwen", "m", complete=not answer.incomplete_reasons)
    return decide_verdict(answer.detections, [run])


def as_written(reading: AnswerReading) -> list[dict[str, Any]]:
    """The boxes in the form of the collection's truth."""
    return [
        {"bbox": list(box.bbox), "label": box.label, "sub_label": box.sub_label}
        for box in reading.boxes_read
    ]


# Real answers


def test_every_real_answer_is_read_as_people_read_it() -> None:
    """Boxes, words and status of all published answers of the collection are read right."""
    rows = real_answers()
    wrong = []
    for row in rows:
        reading = read_answer(row["raw"])
        if reading.status != row["status"] or as_written(reading) != row["expected"]:
            wrong.append((row["id"], reading))
    assert wrong == []
    assert len(rows) >= 50


def test_no_real_failure_is_read_as_nothing_found() -> None:
    """An answer in which people find no box either is never taken for "nothing there"."""
    failures = [row for row in real_answers() if row["status"] == "unparseable"]
    assert failures
    assert [row["id"] for row in failures if read_answer(row["raw"]).status == "none"] == []


def test_real_answers_cut_anywhere_never_gain_a_box() -> None:
    """Of an answer that ends early only boxes of the whole answer are read, in the same order."""
    for row in real_answers():
        raw = row["raw"]
        whole = read_answer(raw).boxes_read
        if row["tags"] and "ref_box_tags" in row["tags"]:
            continue  # one object; its label stands before it
        for end in range(0, len(raw), max(1, len(raw) // 40)):
            part = read_answer(raw[:end], finish_reason="length").boxes_read
            boxes = [box.bbox for box in part]
            assert boxes == [box.bbox for box in whole[: len(boxes)]], (row["id"], end)


@pytest.mark.parametrize("identifier", ["cb25_cakes", "cb25_ocr_receipt"])
def test_boxes_of_real_answers_map_to_the_original(identifier: str) -> None:
    """Each axis is divided by what was sent and multiplied by the original."""
    row = next(row for row in real_answers() if row["id"] == identifier)
    image, sent = ImageSize(*row["image_size"]), ImageSize(*row["input_size"])
    assert smart_resize(image, ABSOLUTE) == sent
    text = json.dumps([a_box(one["bbox"]) for one in row["expected"]])
    found = to_detections(read_answer(text), ABSOLUTE, sent, image, object_limit=1000)
    expected = sorted(
        (
            round(x1 * image.width / sent.width),
            round(y1 * image.height / sent.height),
            round(x2 * image.width / sent.width),
            round(y2 * image.height / sent.height),
        )
        for x1, y1, x2, y2 in (one["bbox"] for one in row["expected"])
    )
    assert sorted(one.box.xyxy for one in found.detections) == expected


# Answers that say that there is nothing


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        " [ ]\n",
        "```json\n[]\n```",
        "```\n[]",
        '{"objects": []}',
        '{"detections": []}',
        "Here is the result:\n```json\n[]\n```",
        "根据图片，检测结果如下：\n```json\n[]\n```",
        "[]\n\nThere are no fire, smoke or persons in the picture.",
        "No objects detected.",
        "There are no objects in the image.",
        "None.",
        "没有检测到任何目标。",
        "图片中未发现任何目标。",
        "未检测到火焰、烟雾或人员。",
        "无",
        "<think>Is that a fire? No.</think>[]",
    ],
)
def test_an_empty_list_or_an_agreed_phrase_is_nothing_found(text: str) -> None:
    """Only these mean that the model looked and found nothing."""
    reading = read_answer(text, finish_reason="stop")
    assert reading.status is AnswerStatus.NONE
    assert (reading.boxes_read, reading.dropped) == ((), ())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  \n\t ",
        "!" * 40,
        "! " * 40,
        "?" * 40,
        "！" * 40,
        "A wall next to cups.! ! ! ! ! ! ! ! ! ! ! !",
        "I'm sorry, but I can't help with that.",
        "对不起，我无法理解您提供的信息。",
        "Sorry, I cannot view the image. []",
        "There is a fire on the left: []",
        "The picture shows a kitchen.",
        "No fire detected.",
        "No.",
        "{}",
        "[{}]",
        "null",
        "0",
        '{"detections": [], "error": "out of memory"}',
        '{"error": []}',
        "[] []",
        "[[]]",
        '[{"bbox_2d": [], "label": "fire"}]',
        '[{"bbox_2d": null, "label": "none"}]',
        '[{"point_2d": [3, 4], "label": "fire"}]',
        '{"name": "click", "arguments": {"coordinate": [935, 406]}}',
        "<think>[]",
        "<think>[]</think>",
        "[" * 5000,
        "{" * 5000,
        '{"a":' * 5000,
        '{"a":' * 5000 + "1" + "}" * 5000,
        "[]" + " " * MAX_ANSWER_CHARS,
    ],
)
def test_a_failure_is_never_nothing_found(text: str) -> None:
    """Silence, garbage, prose, refusals and broken JSON have no boxes and are not "none"."""
    for finish_reason in ("stop", "length", None):
        reading = read_answer(text, finish_reason=finish_reason)
        assert reading.status in (AnswerStatus.UNPARSEABLE, AnswerStatus.TRUNCATED)
        assert reading.boxes_read == ()


@pytest.mark.parametrize("finish_reason", ["length", "repeats", "content_filter", "no end"])
def test_an_empty_list_that_was_cut_is_not_nothing_found(finish_reason: str) -> None:
    """Where the server says that the end is missing, an empty list means nothing."""
    assert read_answer("[]", finish_reason=finish_reason).status is AnswerStatus.TRUNCATED


@pytest.mark.parametrize("text", ["", " \n", "!" * 40, "? " * 40])
def test_garbage_of_the_server_is_told_apart_from_words(text: str) -> None:
    """Nothing at all and runs of one mark are the server's fault, and said to be."""
    assert read_answer(text).fault is not None
    assert read_answer("I cannot see it!").fault is None


# Broken answers with boxes in them

TWO = [([10, 20, 110, 220], "fire"), ([5, 6, 70, 80], "person")]
ONE = TWO[:1]
BOX = '{"bbox_2d": [10, 20, 110, 220], "label": "fire"}'
PERSON = '{"bbox_2d": [5, 6, 70, 80], "label": "person"}'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('```json\n[{"bbox_2d": [10, 20, 110, 220], "label": "fire"}]', ONE),
        ('[{"bbox_2d": [10, 20, 110, 220], "label": "fire"}]\n```', ONE),
        ('{"bbox_2d": [10, 20, 110, 220], "label": "fire"}', ONE),
        (BOX + "\n" + PERSON, TWO),
        (f"```json\n[{BOX}]\n```\nand\n```json\n[{PERSON}]\n```", TWO),
        ('[{"bbox_2d": [10, 20, 110, 220], "label": "fire",},]', ONE),
        ("[{'bbox_2d': [10, 20, 110, 220], 'label': 'fire'}]", ONE),
        ("[{'bbox_2d': (10, 20, 110, 220), 'label': 'fire'}]", ONE),
        ("[{bbox_2d: [10, 20, 110, 220], label: fire}]", ONE),
        ("［｛“bbox_2d”：［10，20，110，220］，“label”：“fire”｝］", ONE),
        ('[{“bbox_2d”: [１０, ２０, １１０, ２２０], “label”: “fire”}]', ONE),
        ('[{"bbox_2d": ["10", "20", "110", "220"], "label": "fire"}]', ONE),
        ('[{"bbox_2d": "10, 20, 110, 220", "label": "fire"}]', ONE),
        ('[{"bbox_2d": ["10, 20, 110, 220"], "label": "fire"}]', ONE),
        ('[{"bbox_2d": [[10, 20], [110, 220]], "label": "fire"}]', ONE),
        ('[{"bbox_2d": [10.0, 20.0, 110.0, 220.0], "label": "fire"}]', ONE),
        ('{"label": "fire", "bboxes": [[10, 20, 110, 220]]}', ONE),
        ('{"objects": [{"bbox": [10, 20, 110, 220], "label": "fire"}]}', ONE),
        ('[{"bbox_2d": [10, 20, 110, 220] "label": "fire"}]', ONE),
        ('[{"bbox_2d": [10, 20, 110, 220], "label": "fire}]', ONE),
        ('[{\\"bbox_2d\\": [10, 20, 110, 220], \\"label\\": \\"fire\\"}]', ONE),
        ('[{ {"bbox_2d": [10, 20, 110, 220], "label": "fire"}]', ONE),
        ('Fire at {left}: [{"bbox_2d": [10, 20, 110, 220], "label": "fire"}] (see {"a"})', ONE),
        (f'<think>[{{"bbox_2d": [0, 0, 9, 9], "label": "smoke"}}]</think>[{BOX}]', ONE),
        (f"[{BOX[:-1]}, {PERSON[1:]}]", TWO),
        ("<ref>fire</ref><box>(10,20),(110,220)</box>", ONE),
        (
            "<|object_ref_start|>fire<|object_ref_end|><|box_start|>(10,20),(110,220)<|box_end|>",
            ONE,
        ),
    ],
)  # fmt: skip
def test_whole_boxes_in_broken_answers_are_read(
    text: str, expected: list[tuple[list[int], str]]
) -> None:
    """Fences, prose, quotes, punctuation, repeated keys and older notations hide no whole box."""
    reading = read_answer(text, finish_reason="stop")
    assert [(list(box.bbox), box.label) for box in reading.boxes_read] == expected
    assert reading.status is AnswerStatus.COMPLETE


@pytest.mark.parametrize(
    "tail",
    [
        "[581, 587, 655, 65",
        '[581, 587, 655, 65], "la',
        '[581, 587, 655, 65], "label": "person"',
        "",
    ],
)
def test_an_object_that_the_text_ends_inside_is_dropped(tail: str) -> None:
    """A number that was cut is another number; what stands before it counts, and is not all."""
    text = '[{"bbox_2d": [10, 20, 110, 220], "label": "fire"}, {"bbox_2d": ' + tail
    for finish_reason in ("length", "stop", None):
        reading = read_answer(text, finish_reason=finish_reason)
        assert reading.status is AnswerStatus.TRUNCATED
        assert [box.label for box in reading.boxes_read] == ["fire"]
        assert [drop.reason for drop in reading.dropped] == [DropReason.CUT]


def test_a_box_that_cannot_be_read_is_counted() -> None:
    """An object that was never closed is lost, and said to be."""
    answer = mapped(f"[{BOX[:-1]}, {json.dumps(a_box([5, 6, 70, 80], 'person', 'helmet'))}]")
    assert [drop.reason for drop in answer.dropped] == [DropReason.UNREADABLE]
    assert verdict_of(answer) is Verdict.INCONCLUSIVE


def test_boxes_before_a_run_of_garbage_count_and_the_answer_is_cut() -> None:
    """What was said before the server's arithmetic failed is kept."""
    reading = read_answer('[{"bbox_2d": [10, 20, 110, 220], "label": "fire"}, {"bb' + "!" * 99)
    assert reading.status is AnswerStatus.TRUNCATED
    assert [box.label for box in reading.boxes_read] == ["fire"]
    assert reading.fault is not None


# From written boxes to detections


def test_boxes_are_scaled_to_the_original() -> None:
    """Pixels of the picture that was sent become pixels of the original, most urgent first."""
    answer = mapped(json.dumps([a_box([5, 6, 70, 80], "person", "helmet"), a_box()]))
    assert [(one.box.xyxy, one.hazard.label) for one in answer.detections] == [
        ((20, 40, 220, 440), "fire"),
        ((10, 12, 140, 160), "person"),
    ]
    assert all(isinstance(value, int) for one in answer.detections for value in one.box.xyxy)
    assert answer.incomplete_reasons == ()


def test_thousandths_are_scaled_to_the_original() -> None:
    """In a relative dialect the size at which the picture was sent does not matter."""
    reading = read_answer(json.dumps([a_box([0, 500, 1000, 1000])]))
    answer = to_detections(reading, RELATIVE, ImageSize(640, 480), ImageSize(300, 200))
    assert [one.box.xyxy for one in answer.detections] == [(0, 100, 300, 200)]


@pytest.mark.parametrize(
    ("bbox", "expected"),
    [
        ([-20, 30, 100, 200], (0, 60, 200, 400)),
        ([600, 400, 700, 500], (1200, 800, 1288, 952)),
        ([110, 220, 10, 20], (20, 40, 220, 440)),
        ([110, 20, 10, 220], (20, 40, 220, 440)),
        ([10.4, 20.2, 110.4, 220.2], (21, 40, 221, 440)),
    ],
)
def test_boxes_are_clipped_and_put_in_order(
    bbox: list[float], expected: tuple[int, int, int, int]
) -> None:
    """Corners outside the picture and reversed corners are put right; the run stays complete."""
    answer = mapped(json.dumps([a_box(bbox)]))
    assert [one.box.xyxy for one in answer.detections] == [expected]
    assert answer.incomplete_reasons == ()


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (a_box([700, 500, 800, 600]), DropReason.OUTSIDE),
        (a_box([10, 20, 10, 220]), DropReason.NO_AREA),
        (a_box([0.1, 0.2, 0.5, 0.6]), DropReason.FRACTIONS),
        (a_box([10, 20, 110]), DropReason.NOT_FOUR_NUMBERS),
        (a_box([10, 20, 110, 220, 0]), DropReason.NOT_FOUR_NUMBERS),
        ({"label": "fire", "sub_label": "severe"}, DropReason.NO_BOX),
        ({"bbox_2d": [10, 20, 110, 220]}, DropReason.NO_LABEL),
    ],
)
def test_a_dropped_box_that_may_be_ours_makes_the_run_incomplete(
    item: dict[str, Any], reason: DropReason
) -> None:
    """What could have been a fire is not silently left out: the picture cannot be clear."""
    answer = mapped(json.dumps([a_box([5, 6, 70, 80], "person", "helmet"), item]))
    assert len(answer.detections) == 1
    assert [drop.reason for drop in answer.dropped] == [reason]
    assert verdict_of(answer) is Verdict.INCONCLUSIVE


def test_foreign_labels_are_dropped_and_do_not_count() -> None:
    """A dog is said to be dropped, but does not make the picture inconclusive."""
    answer = mapped(json.dumps([a_box(label="dog"), a_box([5, 6, 70, 80], "person", "helmet")]))
    assert [(drop.label, drop.reason) for drop in answer.dropped] == [
        ("dog", DropReason.FOREIGN_LABEL)
    ]
    assert verdict_of(answer) is Verdict.CLEAR


def test_the_same_box_twice_is_one_with_the_graver_state() -> None:
    """Repeats are dropped without making the run incomplete; of two states the graver stands."""
    person = [a_box([5, 6, 70, 80], "person", state) for state in ("helmet", "no_helmet", "helmet")]
    answer = mapped(json.dumps([*person, a_box([5, 6, 71, 80], "smoke", "minor")]))
    assert [(one.hazard.label, one.hazard.sub_label) for one in answer.detections] == [
        ("smoke", "minor"),
        ("person", "no_helmet"),
    ]
    assert [drop.reason for drop in answer.dropped] == [DropReason.DUPLICATE] * 2
    assert answer.incomplete_reasons == ()


def test_a_box_far_outside_is_kept_but_flagged() -> None:
    """A fire in impossible coordinates is a fire at a doubtful place."""
    answer = mapped(json.dumps([a_box([100, 100, 1200, 300])]))
    assert [one.box.xyxy for one in answer.detections] == [(200, 200, 1288, 600)]
    assert [one.code for one in answer.incomplete_reasons] == ["box-outside"]


@pytest.mark.parametrize(("objects", "complete"), [(9, True), (10, False), (11, True)])
def test_exactly_as_many_objects_as_the_limit_is_incomplete(objects: int, complete: bool) -> None:
    """The eleventh may be the fire."""
    people = [a_box([20 * n, 0, 20 * n + 15, 50], "person", "helmet") for n in range(objects)]
    answer = mapped(json.dumps(people))
    assert len(answer.detections) == objects
    assert (not answer.incomplete_reasons) is complete


def test_a_cut_answer_is_incomplete_and_its_boxes_count() -> None:
    """Three whole boxes of a truncated answer are three detections, never "clear"."""
    boxes = [a_box([20 * n, 0, 20 * n + 15, 50], "person", "helmet") for n in range(3)]
    answer = mapped(json.dumps(boxes)[:-1] + ', {"bbox_2d": [1', finish_reason="length")
    assert len(answer.detections) == 3
    assert verdict_of(answer) is Verdict.INCONCLUSIVE


def test_a_cut_answer_with_fire_is_a_hazard() -> None:
    """An incomplete run does not hide what was found."""
    assert verdict_of(mapped('[{"bbox_2d": [1, 2, 30, 40], "label": "fire"},')) is Verdict.HAZARD


# Any text at all

FRAGMENTS = st.sampled_from(
    [
        "{", "}", "[", "]", ",", ":", '"', "'", "\n", "\\", "```json\n", "```", " ", "!", "！",
        '"bbox_2d"', "'bbox_2d'", "bbox_2d", '"bbox"', '"bboxes"', '"point_2d"', '"label"',
        '"sub_label"', '"fire"', '"person"', '"未佩戴安全帽"', '"dog"', "null", "NaN", "Infinity",
        "[1, 2, 30, 40]", "[640, 470, 600, 400]", "[0.1, 0.2, 0.3, 0.4]", "12", "-7", "3.5", "1e3",
        "9" * 400, "[]", '{"bbox_2d": [1, 2, 30, 40], "label": "fire"}', "｛", "｝", "：", "，",
        "“", "<think>", "</think>", "<box>(1,2),(3,4)</box>", "No objects.", "没有", "// ", "/* ",
        "\x00",
    ]
)  # fmt: skip
any_answer = st.lists(FRAGMENTS | st.text(max_size=3), max_size=40).map("".join)
finish_reasons = st.sampled_from([None, "stop", "length", "repeats"])


def numbers_in(text: str) -> list[float]:
    """Every number of a text, in order."""
    plain = unicodedata.normalize("NFKC", text)
    return [float(n) for n in re.findall(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?", plain)]


@given(any_answer, finish_reasons)
@settings(max_examples=600, deadline=None)
@example('{"bbox_2d": [581, 587, 655, 65', "length")
def test_no_box_is_invented(text: str, finish_reason: str | None) -> None:
    """Any text is read without an error, and every box read stands in it, number by number."""
    reading = read_answer(text, finish_reason=finish_reason)
    written = numbers_in(text)
    for box in reading.boxes_read:
        corners = [float(value) for value in box.bbox]
        assert any(written[at : at + 4] == corners for at in range(len(written)))


@given(any_answer, finish_reasons)
@settings(max_examples=600, deadline=None)
def test_detections_are_whole_pixels_inside_the_picture(
    text: str, finish_reason: str | None
) -> None:
    """Whatever was read, the detections lie in the original, and none is there twice."""
    reading = read_answer(text, finish_reason=finish_reason)
    for dialect in (ABSOLUTE, RELATIVE):
        answer = to_detections(reading, dialect, SENT, ImageSize(333, 77))
        for one in answer.detections:
            x1, y1, x2, y2 = one.box.xyxy
            assert 0 <= x1 < x2 <= 333
            assert 0 <= y1 < y2 <= 77
            assert all(float(value).is_integer() for value in one.box.xyxy)
        for number, one in enumerate(answer.detections):
            for other in answer.detections[:number]:
                assert one.hazard.label != other.hazard.label or iou(one.box, other.box) < 0.9


@given(any_answer)
@settings(max_examples=300, deadline=None)
def test_reading_what_was_read_changes_nothing(text: str) -> None:
    """Detections written down as an answer about the original are read as the same detections."""
    size = ImageSize(644, 476)
    first = to_detections(read_answer(text), ABSOLUTE, SENT, size)
    again = json.dumps(
        [
            a_box([int(v) for v in one.box.xyxy], one.hazard.label, one.hazard.sub_label)
            for one in first.detections
        ]
    )
    second = to_detections(read_answer(again), ABSOLUTE, size, size)
    assert second.detections == first.detections


@given(any_answer)
@settings(max_examples=300, deadline=None)
def test_whatever_speaks_of_a_box_is_not_nothing_found(text: str) -> None:
    """A text with a box in it, readable or not, never means that there is nothing."""
    reading = read_answer(
        text + ' {"bbox_2d": [1, 2, 30, 40], "label": "fire"', finish_reason="stop"
    )
    assert reading.status is not AnswerStatus.NONE
