"""When reading an answer on is worth nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safety_detector.detectors.qwen.answer.reader import read_answer
from safety_detector.detectors.qwen.answer.stream import AnswerStream, EarlyEnd
from tests.real_answers import real_answers


def feed(text: str, *, piece: int = 3, max_output_tokens: int = 100_000) -> tuple[str, str | None]:
    """What was read of a text that comes in pieces, and why reading ended early, if it did."""
    stream = AnswerStream(max_output_tokens)
    for at in range(0, len(text), piece):
        end = stream.add(text[at : at + piece])
        if end is not None:
            return stream.text, stream.finish_reason(end)
    return stream.text, None


def objects(*boxes: list[int], label: str = "person") -> str:
    """An answer with those boxes."""
    return json.dumps([{"bbox_2d": box, "label": label} for box in boxes])


@pytest.mark.parametrize("piece", [1, 4, 50, 1000])
def test_three_repeats_in_a_row_end_the_answer(piece: int) -> None:
    """The same box again and again is not read to its end."""
    text = objects(*[[10, 20, 110, 220]] * 50)
    read, reason = feed(text, piece=piece)
    assert reason == EarlyEnd.REPEATS
    assert len(read_answer(read, finish_reason=reason).boxes_read) >= 4
    assert len(read) < max(300, piece + 1)


def test_a_loop_over_several_boxes_ends_too() -> None:
    """A model that goes in circles over two boxes, moving them a pixel, repeats itself as well."""
    circle = [[10, 20, 110, 220], [300, 20, 400, 220], [10, 21, 110, 220], [300, 20, 401, 220]]
    assert feed(objects(*circle * 10))[1] == EarlyEnd.REPEATS


def test_many_different_boxes_are_read_to_the_end() -> None:
    """A crowd is no loop, and a box or two said twice is none either."""
    crowd = [[20 * n, 0, 20 * n + 15, 50] for n in range(30)]
    assert feed(objects(*crowd, crowd[0], crowd[1], [700, 0, 715, 50]))[1] is None


def test_same_box_with_other_labels_is_no_repeat() -> None:
    """Fire and smoke at the same place are two things."""
    text = "".join(objects([1, 2, 30, 40], label=label) for label in ("fire", "smoke", "person"))
    assert feed(text)[1] is None


@pytest.mark.parametrize("blank", [" ", "\n", "\t", " \n"])
def test_endless_blanks_inside_an_answer_cut_it(blank: str) -> None:
    """A grammar that allows white space can be filled with it for ever."""
    read, reason = feed('[{"bbox_2d": [1, 2, 30, 40], "label": "fire"},' + blank * 4000)
    assert reason == EarlyEnd.BLANKS
    reading = read_answer(read, finish_reason=reason)
    assert reading.status == "truncated"
    assert len(reading.boxes_read) == 1


@pytest.mark.parametrize(
    ("whole", "status"),
    [("[]", "none"), ('[{"bbox_2d": [1, 2, 30, 40], "label": "fire"}]', "complete")],
)
def test_endless_blanks_behind_a_whole_answer_take_nothing_from_it(whole: str, status: str) -> None:
    """The list was closed: what was ended early is only the blanks."""
    read, reason = feed(whole + " " * 4000)
    assert reason == "stop"
    assert read_answer(read, finish_reason=reason).status == status


def test_blanks_from_the_start_are_an_empty_answer() -> None:
    """Blanks alone are the server's fault, however many."""
    read, reason = feed(" " * 4000)
    assert read_answer(read, finish_reason=reason).fault == "answer-empty"


@pytest.mark.parametrize("garbage", ["!" * 4000, "! " * 4000, "？" * 4000])
def test_garbage_ends_the_answer(garbage: str) -> None:
    """Nothing sound comes behind a run of marks."""
    read, reason = feed("[" + garbage)
    assert reason == EarlyEnd.GARBAGE
    assert len(read) < 100
    assert read_answer(read, finish_reason=reason).fault is not None


def test_a_server_that_does_not_keep_the_limit_is_cut_off() -> None:
    """What was asked for bounds what is read."""
    read, reason = feed("so it goes " * 4000, max_output_tokens=64)
    assert reason == EarlyEnd.OVERRUN
    assert len(read) < 64 * 20


def test_real_answers_are_never_ended_early() -> None:
    """No published answer, pretty-printed or crowded, looks stuck."""
    stuck = ["iss_only9_bangs"]  # a run of "!" that was published because it is one
    for row in real_answers():
        reason = feed(row["raw"])[1]
        assert (reason == EarlyEnd.GARBAGE) is (row["id"] in stuck), row["id"]
        assert reason is None or row["id"] in stuck


@settings(deadline=None)
@given(st.lists(st.text(max_size=20), max_size=30))
def test_any_pieces_are_taken(pieces: list[str]) -> None:
    """Whatever arrives, and however it is cut into pieces, is collected without an error."""
    stream = AnswerStream(64)
    for number, piece in enumerate(pieces, 1):
        if stream.add(piece) is not None:
            break
        assert stream.text == "".join(pieces[:number])
