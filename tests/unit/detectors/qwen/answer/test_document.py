"""The document that ``parse`` prints."""

from __future__ import annotations

import json

import pytest

from safety_detector.detectors.qwen.answer.document import parse_document
from safety_detector.domain.geometry import ImageSize
from safety_detector.errors import ConfigurationInvalid, PictureUnsuitable
from tests.real_answers import real_answers

MODEL = "Qwen/Qwen2.5-VL-7B-Instruct"
TEXT = json.dumps(
    [
        {"bbox_2d": [10, 20, 1036, 518], "label": "火焰", "sub_label": "严重"},
        {"bbox_2d": [10, 20, 1035, 518], "label": "fire"},
        {"bbox_2d": [5, 6, 7, 8], "label": "dog"},
    ]
)


def test_document_shows_what_was_read_and_dropped_and_why() -> None:
    """Boxes as written, detections on the original, and a reason for each box that is missing."""
    document = parse_document(TEXT, ImageSize(1024, 1024), None, MODEL)
    assert document == {
        "status": "complete",
        "boxes_read": [
            {"bbox": [10, 20, 1036, 518], "label": "火焰", "sub_label": "严重"},
            {"bbox": [10, 20, 1035, 518], "label": "fire", "sub_label": None},
            {"bbox": [5, 6, 7, 8], "label": "dog", "sub_label": None},
        ],
        "detections": [
            {"bbox_2d": [10, 20, 1024, 512], "label": "fire", "sub_label": "severe", "score": None}
        ],
        "dropped": [
            {"bbox": [10, 20, 1035, 518], "label": "fire", "reason": "the same box again"},
            {"bbox": [5, 6, 7, 8], "label": "dog", "reason": "not one of our labels"},
        ],
        "incomplete_reason": None,
        "incomplete_reasons": [],
    }


def test_without_any_size_boxes_are_read_but_not_mapped() -> None:
    """Detections are unknown then, which is not the same as none; the model does not matter."""
    document = parse_document(TEXT, None, None, "unknown")
    assert document["detections"] is None
    assert len(document["boxes_read"]) == 3


@pytest.mark.parametrize(
    ("image", "sent", "model", "expected"),
    [
        (ImageSize(2072, 2072), ImageSize(1036, 1036), MODEL, [20, 40, 2072, 1036]),
        (None, ImageSize(1036, 1036), MODEL, [10, 20, 1036, 518]),
        (ImageSize(1036, 1036), None, "qwen3-vl", [10, 21, 1036, 537]),
    ],
)
def test_sizes_and_model_decide_where_boxes_lie(
    image: ImageSize | None, sent: ImageSize | None, model: str, expected: list[int]
) -> None:
    """A given sent size is used; given alone it is the original too; the model says the space."""
    document = parse_document(TEXT, image, sent, model)
    assert document["detections"][0]["bbox_2d"] == expected


def test_document_of_every_real_answer_is_json() -> None:
    """Whatever was read can be printed."""
    for row in real_answers():
        document = parse_document(row["raw"], ImageSize(640, 480), None, MODEL)
        assert json.loads(json.dumps(document, allow_nan=False)) == document
        assert document["status"] == row["status"]


def test_impossible_questions_are_refused() -> None:
    """A model of unknown dialect and a picture that no model takes are said to be so."""
    with pytest.raises(ConfigurationInvalid):
        parse_document(TEXT, ImageSize(640, 480), None, "unknown")
    with pytest.raises(PictureUnsuitable):
        parse_document(TEXT, ImageSize(640, 2), None, MODEL)
