"""Scores from the log-probabilities of an answer's tokens: right, or none."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety_detector.detectors.qwen.answer.reader import MappedAnswer, read_answer, to_detections
from safety_detector.detectors.qwen.answer.token_scores import (
    AnswerToken,
    ScoredText,
    Unscored,
    read_tokens,
)
from safety_detector.detectors.qwen.dialects import dialect_named
from safety_detector.domain.detections import ScoreFrom
from safety_detector.domain.geometry import ImageSize
from tests.real_answers import real_answers

SIZE = ImageSize(644, 476)
MASKED = -9999.0

# Tokens as Qwen's vocabulary cuts them, with the probability of each where something was decided.
Piece = str | tuple[str, float] | dict[str, Any]


def entry(piece: Piece, others: list[tuple[str, float]] | None = None) -> dict[str, Any]:
    """One entry of ``logprobs.content``; a piece without a number was forced by the grammar."""
    if isinstance(piece, dict):
        return piece
    text, probability = (piece, None) if isinstance(piece, str) else piece
    number = 0.0 if probability is None else math.log(probability)
    if others is None:
        others = [("~", MASKED if probability is None else math.log(1e-3))]
    listed = [
        {"token": one, "logprob": value, "bytes": list(one.encode())}
        for one, value in [(text, number), *others]
    ]
    return listed[0] | {"top_logprobs": listed}


def tokens_of(*pieces: Piece) -> tuple[AnswerToken, ...]:
    """The tokens of an answer, as the server tells of them."""
    return read_tokens({"content": [entry(piece) for piece in pieces]})


def text_of(*pieces: Piece) -> str:
    """The answer that those pieces are."""
    return "".join(
        piece if isinstance(piece, str) else piece["token"] if isinstance(piece, dict) else piece[0]
        for piece in pieces
    )


def read(*pieces: Piece, text: str | None = None) -> MappedAnswer:
    """What becomes of an answer whose tokens are those pieces."""
    text = text_of(*pieces) if text is None else text
    scored = ScoredText(text, tokens_of(*pieces))
    return to_detections(read_answer(text), dialect_named("qwen2.5-vl"), SIZE, SIZE, scored=scored)


def scores(answer: MappedAnswer) -> list[tuple[str, float | None]]:
    """Each detection's state and score, from the left to the right."""
    ordered = sorted(answer.detections, key=lambda one: one.box.x1)
    return [
        (one.hazard.text("en"), None if one.score is None else round(one.score, 4))
        for one in ordered
    ]


def test_each_object_has_the_score_of_its_own_words() -> None:
    """Of fire the label's; of a person the label's and the helmet's together, all their tokens."""
    answer = read(
        '[{"', "bbox", "_", "2d", '":[', "10", ",20,30,40", '],"', "label", '":"', ("fire", 0.8),
        '","', "sub", "_label", '":"', ("severe", 0.4), '"},{"', "bbox_2d", '":[', "110,20,130,140",
        '],"', "label", '":"', ("person", 0.9), '","', "sub_label", '":"', ("no", 0.7),
        ("_h", 0.99), "elmet", '"}', "]",
    )  # fmt: skip
    assert scores(answer) == [
        ("fire, severe", 0.8),
        ("person, no proper helmet", round(0.9 * 0.7 * 0.99, 4)),
    ]
    assert {one.score_from for one in answer.detections} == {ScoreFrom.TOKENS}
    assert answer.unscored == ()


def test_how_severe_a_fire_is_does_not_make_it_less_of_one() -> None:
    """A model that wavers between moderate and severe is as sure that it burns."""
    wavering = read(
        '[{"bbox_2d":[1,2,30,40],"label":"', ("fire", 0.9), '","sub_label":"', ("minor", 0.34),
        '"}]',
    )  # fmt: skip
    assert scores(wavering) == [("fire, minor", 0.9)]


@pytest.mark.parametrize(
    "state",
    [
        [("未", 0.6), "佩戴", ("安全帽", 0.95)],
        # Bytes of one character in several tokens, as the API of OpenAI tells of them.
        [
            entry(("\\xe6\\x9c", 0.6)) | {"token": "\ufffd", "bytes": [0xE6, 0x9C]},
            entry("\ufffd") | {"bytes": [0xAA]},
            ("佩戴安全帽", 0.95),
        ],
        # The same from a server that forgets the bytes.
        [entry(("\ufffd", 0.6)), entry("\ufffd"), ("佩戴安全帽", 0.95)],
        [entry(("\ufffd", 0.6)) | {"bytes": None}, entry("\ufffd"), ("佩戴安全帽", 0.95)],
        # And from one that says nothing until a character is whole.
        [entry(("", 0.6)), ("未", 0.95), "佩戴安全帽"],
        [("未佩", 0.6), ("戴安", 0.95), "全帽"],
    ],
)
def test_any_cut_of_chinese_words_gives_the_same_score(state: list[Piece]) -> None:
    """A character may be one token, a part of one, or several."""
    text = '[{"bbox_2d":[1,2,30,40],"label":"person","sub_label":"未佩戴安全帽"}]'
    answer = read(
        '[{"bbox_2d":[1,2,30,40],"label":"', ("person", 0.5), '","sub_label":"', *state, '"}]',
        "<|im_end|>", text=text,
    )  # fmt: skip
    assert scores(answer) == [("person, no proper helmet", round(0.5 * 0.6 * 0.95, 4))]


@pytest.mark.parametrize(
    "pieces",
    [
        ["```", "json", "\n[\n\t", '{"bbox_2d": [1, 2, 30, 40], "label"', ': "', ("smoke", 0.5),
         '", "sub_label": "', "minor", '"}\n]\n', "```"],
        ["I see ", "smoke", ' and write "smoke": ', '{"sub_label": "minor", "label": "',
         ("smoke", 0.5), '", "bbox_2d": [1, 2, 30, 40]}'],
        ["<think>", 'perhaps {"label": "smoke"}', "</think>",
         '[{"bbox_2d": [1, 2, 30, 40], "label": "', ("smoke", 0.5), '"}]'],
        ["<ref>", ("smoke", 0.5), "</ref><box>", "(1,2),(30,40)", "</box>"],
        ['{"objects": [{"name": "smoke of a pipe"}, {"bbox": [1, 2, 30, 40], "category": ',
         ('"smoke', 0.5), '"}]}'],
        ['[{"bbox_2d": [1, 2, 30, 40], "label": "', ("\\u0073moke", 0.5), '"}]'],
        ["［｛", '"bbox_2d": [1, 2, 30, 40], "label": "', ("smoke", 0.5), '"', "｝］"],
        ['{"bbox_2d": [1, 2, 30, 40], "label": "', ("smo", 0.8), ("ke", 0.625), '"} '],
    ],
)  # fmt: skip
def test_words_are_found_wherever_they_stand(pieces: list[Piece]) -> None:
    """Fences, prose with the same words, drafts, other orders and other forms change nothing."""
    answer = read(*pieces)
    assert [score for _, score in scores(answer)] == [0.5]


FIRE: list[Piece] = ['[{"bbox_2d":[1,2,30,40],"label":"', ("fire", 0.8), '","sub_label":"minor"}]']


def with_fire(piece: Piece) -> list[Piece]:
    """The answer, told of with another entry for its deciding token."""
    return [FIRE[0], piece, FIRE[2]]


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (math.nan, Unscored.NO_NUMBER),
        (0.3, Unscored.NO_NUMBER),
        (1e-9, Unscored.NO_NUMBER),
        (math.inf, Unscored.NO_NUMBER),
        (-math.inf, Unscored.NO_NUMBER),
        (MASKED, Unscored.NO_NUMBER),
        (None, Unscored.NO_NUMBER),
        ("-0.2", Unscored.NO_NUMBER),
        (True, Unscored.NO_NUMBER),
        ([-0.2], Unscored.NO_NUMBER),
        (-(10**400), Unscored.NO_NUMBER),
    ],
)
def test_what_is_no_log_probability_is_no_score(number: object, why: Unscored) -> None:
    """A number above zero, none at all, or what the grammar forbids says nothing."""
    answer = read(*with_fire(entry(("fire", 0.8)) | {"logprob": number}))
    assert scores(answer) == [("fire, minor", None)]
    assert answer.unscored == (why,)


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([entry("fire")], Unscored.NOTHING_DECIDED),
        ([entry("fire", [])], Unscored.NOTHING_DECIDED),
        ([entry("fire") | {"top_logprobs": None}], Unscored.NOTHING_DECIDED),
        # The grammar allows each beginning of the one word that may stand there.
        ([entry(("fire", 0.2), [("fi", -0.7), ("f", -1.9), ("smoke", MASKED)])],
         Unscored.NOTHING_DECIDED),
        ([entry(("fi", 0.2), [("fire", -0.7)]), entry("re")], Unscored.NOTHING_DECIDED),
        ([entry(("fire", 0.2), [("smoke", None), ("person", -math.inf)])],  # type: ignore[list-item]
         Unscored.NOTHING_DECIDED),
        ([entry(("smoke", 0.8))], Unscored.NOT_ALIGNED),
        ([{"logprob": -0.2}, "fire", None, 7], Unscored.NOT_ALIGNED),
        ([], Unscored.NOT_ALIGNED),
    ],
)  # fmt: skip
def test_where_nothing_was_decided_or_tokens_are_other_words_there_is_no_score(
    entries: list[Any], why: Unscored
) -> None:
    """A grammar that left no choice is no sign that the model is sure."""
    content = [entry(FIRE[0]), *entries, entry(FIRE[2])]
    scored = ScoredText(text_of(*FIRE), read_tokens({"content": content}))
    score = scored.score((len(text_of(FIRE[0])), len(text_of(*FIRE[:2]))))
    assert (score.value, score.why_none) == (None, why)


def test_a_sure_model_has_a_score_of_one() -> None:
    """Exactly 0.0 where another word was allowed is certainty, and no force."""
    answer = read(*with_fire(entry(("fire", 1.0), [("smoke", -21.5)])))
    assert scores(answer) == [("fire, minor", 1.0)]


def test_a_server_that_lists_no_alternatives_is_believed_below_certainty() -> None:
    """What is less than certain was not forced."""
    answer = read(*with_fire(entry(("fire", 0.7), [])))
    assert scores(answer) == [("fire, minor", 0.7)]


def test_tokens_that_end_early_leave_the_rest_without_scores() -> None:
    """What is not told of is not guessed, and what is told of stays."""
    second: list[Piece] = [
        ',{"bbox_2d":[50,2,90,40],"label":"',
        ("smoke", 0.6),
        '","sub_label":"minor"}]',
    ]
    text = text_of(*FIRE).removesuffix("]") + text_of(*second)
    told: list[Piece] = [FIRE[0], FIRE[1], '","sub_label":"minor"}', second[0]]
    answer = read(*told, text=text)
    assert scores(answer) == [("fire, minor", 0.8), ("smoke, minor", None)]
    assert answer.unscored == (Unscored.CUT,)


def test_a_server_that_tells_nothing_gives_boxes_without_scores() -> None:
    """Boxes do not depend on scores."""
    answer = read(text=text_of(*FIRE))
    assert scores(answer) == [("fire, minor", None)]
    assert answer.unscored == (Unscored.NOT_GIVEN,)


def test_words_of_broken_json_have_a_score_where_they_stand_once() -> None:
    """Quotes of Python are no JSON, and yet there is no doubt which letters the label is."""
    answer = read("{'bbox_2d': [1, 2, 30, 40], 'label': '", ("fire", 0.8), "'}")
    assert scores(answer) == [("fire, severity uncertain", 0.8)]


def test_words_that_stand_twice_in_broken_json_have_no_score() -> None:
    """Nobody knows which of the two was repaired to be the label."""
    answer = read("{'note': 'fire!', 'bbox_2d': [1, 2, 30, 40], 'label': '", ("fire", 0.8), "'}")
    assert scores(answer) == [("fire, severity uncertain", None)]
    assert answer.unscored == (Unscored.NOT_PLACED,)


def test_a_box_said_twice_has_the_score_of_the_state_that_is_kept() -> None:
    """The graver state wins, with its own score and not with the other's."""
    person = '{"bbox_2d":[1,2,30,40],"label":"'
    answer = read(
        "[", person, ("person", 0.9), '","sub_label":"', ("helmet", 0.8), '"},',
        person, ("person", 0.9), '","sub_label":"', ("no_helmet", 0.3), '"}]',
    )  # fmt: skip
    assert scores(answer) == [("person, no proper helmet", round(0.9 * 0.3, 4))]


@pytest.mark.parametrize(
    "logprobs",
    [None, [], "no", 7, {}, {"content": None}, {"content": {}}, {"tokens": ["a"]}, {"content": 3}],
)
def test_any_other_form_is_as_if_nothing_was_told(logprobs: object) -> None:
    """No form of it is a reason to lose an answer."""
    assert read_tokens(logprobs) == ()


STATES = ["未佩戴安全帽", "佩戴安全帽", "不确定", "no_helmet", "severe", "Ärger", "🔥火"]


@st.composite
def told_answers(draw: st.DrawFn) -> tuple[str, list[dict[str, Any]], dict[int, float]]:
    """A text, entries whose bytes are the text's cut anywhere, and each cut's probability."""
    words = draw(st.lists(st.sampled_from(STATES), min_size=1, max_size=4))
    text = json.dumps([{"label": word} for word in words], ensure_ascii=False)
    data = text.encode()
    inside = st.integers(1, len(data) - 1)
    cuts = [0, *sorted(draw(st.sets(inside, max_size=30))), len(data)]
    keeps_bytes = draw(st.booleans())
    entries, probabilities = [], {}
    for start, end in itertools.pairwise(cuts):
        part = data[start:end]
        probabilities[start] = draw(st.floats(0.01, 0.99))
        shown = part.decode(errors="replace")
        listed = entry((shown, probabilities[start]), [("~", -1.0)])
        entries.append(listed | {"bytes": list(part) if keeps_bytes else None})
    return text, entries, probabilities


@given(told_answers(), st.integers(0, 3))
def test_however_an_answer_is_cut_a_score_is_right_or_none(
    told: tuple[str, list[dict[str, Any]], dict[int, float]], which: int
) -> None:
    """A score is the product over just those tokens that touch the word, if there is one."""
    text, entries, probabilities = told
    word = [one["label"] for one in json.loads(text)][which % text.count("label")]
    start = text.index(f'"{word}"') + 1
    score = ScoredText(text, read_tokens({"content": entries})).score((start, start + len(word)))
    begin, end = len(text[:start].encode()), len(text[: start + len(word)].encode())
    cuts = [*probabilities, len(text.encode())]
    expected = math.prod(
        probabilities[at] for at, behind in itertools.pairwise(cuts) if at < end and behind > begin
    )
    keeps_bytes = entries[0]["bytes"] is not None
    assert score.value is not None or not keeps_bytes
    assert score.value is None or math.isclose(score.value, expected, rel_tol=1e-9)


def test_words_of_real_answers_are_found_where_they_stand() -> None:
    """Whatever form a real model gave its answer: a place holds the label, and few have none."""
    boxes = [
        (row["raw"][reading.begins_at :], box)
        for row in real_answers()
        for reading in [read_answer(row["raw"])]
        for box in reading.boxes_read
        if box.label is not None
    ]
    placed = [
        (text[slice(*box.label_at)].strip(), box.label) for text, box in boxes if box.label_at
    ]
    assert [one for one in placed if one[0] != one[1]] == []
    assert len(placed) >= 0.95 * len(boxes)
