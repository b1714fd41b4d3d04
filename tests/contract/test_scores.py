"""Scores of detections from the server's log-probabilities."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from safety_detector.detectors.qwen.answer.reader import read_answer, to_detections
from safety_detector.detectors.qwen.answer.token_scores import ScoredText, Unscored
from safety_detector.detectors.qwen.dialects import Dialect
from safety_detector.detectors.qwen.prompts import Prompt
from safety_detector.detectors.qwen.servers.model_server import ModelServer
from safety_detector.domain.detections import ScoreFrom
from safety_detector.domain.geometry import ImageSize
from tests.pictures import jpeg

from .conftest import MODEL, TIMEOUT_S, Note

SECTION = "Scores of detections"
SIZE = ImageSize(336, 336)
PICTURE = jpeg(3, 336, 336)


@pytest.fixture
def scoring(url: str, key: str) -> Iterator[ModelServer]:
    """Our side of the connection, asking how probable each token was."""
    server = ModelServer(url, MODEL, key, TIMEOUT_S, logprobs=True)
    yield server
    server.close()


def with_boxes(prompt: Prompt, fewest: int, **label: Any) -> Prompt:
    """The prompt, answered with so many objects in the picture, maybe of one label alone."""
    schema = json.loads(json.dumps({**prompt.schema, "minItems": fewest}))
    for form in schema["items"]["anyOf"]:
        form["properties"]["bbox_2d"]["items"]["maximum"] = 330
        form["properties"] |= label
    return replace(prompt, schema=schema)


def test_every_detection_has_the_score_of_its_words(
    scoring: ModelServer, any_prompt: Prompt, dialect: Dialect, note: Note
) -> None:
    """However the server cuts words into tokens, Chinese ones too, they are found in the text."""
    reply = scoring.ask(with_boxes(any_prompt, 3), PICTURE, 2000)
    assert b"".join(one.raw or b"" for one in reply.tokens).decode().startswith(reply.text)
    reading = read_answer(reply.text)
    scored = ScoredText(reply.text, reply.tokens)
    mapped = to_detections(reading, dialect, SIZE, SIZE, scored=scored)
    given = []
    for box in reading.boxes_read:
        label, state = scored.score(box.label_at), scored.score(box.sub_label_at)
        for one in (label, state):
            # To a random model "m", "mo", "min" and "minor" are equally likely, and of the
            # candidates only the first few are told.
            assert one.value is not None or one.why_none is Unscored.NOTHING_DECIDED
            assert one.value is None or 0 < one.value < 1
            given.append(one.value is not None)
        both = scored.score(box.label_at, box.sub_label_at)
        if label.value is not None and state.value is not None:
            assert both.value is not None
            assert math.isclose(both.value, label.value * state.value, rel_tol=1e-9)
    assert any(given)
    assert all(one.score_from is ScoreFrom.TOKENS for one in mapped.detections)
    assert set(mapped.unscored) <= {Unscored.NOTHING_DECIDED}
    pieces = [len(one.text.encode()) != len(one.raw or b"") for one in reply.tokens]
    note(
        SECTION,
        f"`{any_prompt.version}`, {len(reading.boxes_read)} objects by force",
        f"their words are found among {len(reply.tokens)} tokens, {sum(pieces)} of them parts of "
        f"characters whose bytes are given; {sum(given)} of {len(given)} words have a score, of "
        "the others no candidate is told that would be another word",
    )


def test_a_label_that_the_grammar_forces_has_no_score(
    scoring: ModelServer, prompt: Prompt, note: Note
) -> None:
    """Its tokens are not certain, since "fi" may begin "fire": yet nothing was decided."""
    forced = with_boxes(prompt, 2, label={"enum": ["person"]}, sub_label={"enum": ["不确定"]})
    reply = scoring.ask(forced, PICTURE, 2000)
    scored = ScoredText(reply.text, reply.tokens)
    boxes = read_answer(reply.text).boxes_read
    assert boxes
    labels = [scored.score(one.label_at) for one in boxes]
    states = [scored.score(one.sub_label_at) for one in boxes]
    assert {one.why_none for one in [*labels, *states]} == {Unscored.NOTHING_DECIDED}
    at = boxes[0].label_at or (0, 0)
    begin = len(reply.text[: at[0]].encode())
    offsets, place = [], 0
    for token in reply.tokens:
        offsets.append((place, token))
        place += len(token.raw or b"")
    first = next(token for offset, token in offsets if offset >= begin)
    note(
        SECTION,
        "the one label that the grammar allows",
        f"no score; its first token `{first.text}` is {first.logprob:.2f}, for others begin the "
        "same word",
    )
