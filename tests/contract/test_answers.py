"""How answers look under the schema, and how they end."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import PIL.Image
import pytest

from safety_detector.detectors.qwen.answer.reader import AnswerStatus, read_answer
from safety_detector.detectors.qwen.detector import QwenVlDetector
from safety_detector.detectors.qwen.dialects import Dialect
from safety_detector.detectors.qwen.prompts import Prompt, make_prompt
from safety_detector.detectors.qwen.servers.chat_protocol import Extra, request_body
from safety_detector.detectors.qwen.servers.model_server import ModelServer
from safety_detector.errors import AnswerUnreadable, ModelUnreachable, ServerFailure
from safety_detector.pictures.images import decode, encode_jpeg, read_header
from tests.pictures import jpeg

from .conftest import MODEL, TIMEOUT_S, Note, RawServer

SCHEMA = "Answers under the schema"
ENDS = "Streaming and early ends"
WHOLE = "The whole detector"
PICTURE = jpeg(3, 336, 336)


def sent_bytes(picture: bytes) -> bytes:
    """What becomes of a file before it is sent."""
    return encode_jpeg(decode(picture, read_header(picture)), 90)


def with_schema(prompt: Prompt, **changes: Any) -> Prompt:
    """The prompt with another schema of its answer."""
    return replace(prompt, schema={**prompt.schema, **changes})


@pytest.mark.parametrize("fewest", [1, 3, 10])
def test_the_schema_is_obeyed(raw: RawServer, any_prompt: Prompt, fewest: int, note: Note) -> None:
    """Whatever the model would rather say, an answer is objects of the prompt's form, readable.

    Our own request, but in one piece: a random model repeats itself, and our client would end that.
    """
    wanted = with_schema(any_prompt, minItems=fewest)
    body = request_body(MODEL, wanted, PICTURE, 2000, {Extra.SCHEMA})
    del body["stream"], body["stream_options"]
    [choice] = raw.post(body).json()["choices"]
    text, finish_reason = choice["message"]["content"], choice["finish_reason"]
    assert finish_reason == "stop"
    answer = json.loads(text)
    assert fewest <= len(answer) <= any_prompt.object_limit
    allowed = {}
    for form in any_prompt.schema["items"]["anyOf"]:
        states = form["properties"]["sub_label"]["enum"]
        allowed |= dict.fromkeys(form["properties"]["label"]["enum"], states)
    for one in answer:
        assert list(one) == ["bbox_2d", "label", "sub_label"]
        assert one["sub_label"] in allowed[one["label"]]
        assert len(one["bbox_2d"]) == 4
        assert all(isinstance(side, int) and 0 <= side <= 9999 for side in one["bbox_2d"])
    read = read_answer(text, finish_reason=finish_reason)
    assert read.status is AnswerStatus.COMPLETE
    assert len(read.boxes_read) == len(answer)
    blanks = sum(char.isspace() for char in text)
    assert blanks <= 12 * len(answer), text
    note(
        SCHEMA,
        f"`{any_prompt.version}`, at least {fewest} objects",
        f"{len(answer)} objects, all of the form, {blanks} blanks",
    )


def test_a_schema_that_is_refused_is_left_out(
    server: ModelServer, prompt: Prompt, note: Note
) -> None:
    """A keyword that the grammar does not know costs one request, and no picture."""
    refused = with_schema(prompt, uniqueItems=True)
    assert server.ask(refused, PICTURE, 8).text
    assert server.ask(refused, PICTURE, 8).text
    note(
        SCHEMA,
        "a keyword that the grammar does not know (`uniqueItems`)",
        "200, and an error event with code 400 in the stream; our client asks without the schema",
    )


def test_guided_json_is_passed_over(raw: RawServer, prompt: Prompt, note: Note) -> None:
    """The former name of the parameter does nothing at all, and nobody is told."""
    text = [{"type": "text", "text": "Say something."}]
    answer = raw.chat(text, guided_json=prompt.schema)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(answer.json()["choices"][0]["message"]["content"])
    note(SCHEMA, "`guided_json`", "200, and ignored")


def test_an_answer_comes_in_pieces_with_its_tokens(
    server: ModelServer, dialect: Dialect, note: Note
) -> None:
    """The first text arrives long before the last, and the usage behind it."""
    one = with_schema(make_prompt("en", dialect), minItems=1, maxItems=1)  # or it repeats itself
    reply = server.ask(one, PICTURE, 1000)
    assert reply.finish_reason == "stop"
    assert reply.first_token_s is not None
    assert reply.first_token_s < reply.whole_s
    assert reply.usage is not None
    assert reply.usage.prompt_tokens
    assert reply.usage.completion_tokens
    assert reply.usage.cached_tokens is not None
    note(ENDS, "a streamed answer", "text in pieces, the usage in a last event of its own")


def test_an_answer_at_its_limit_says_so(server: ModelServer, prompt: Prompt, note: Note) -> None:
    """A cut answer is never taken for a whole one."""
    reply = server.ask(with_schema(prompt, minItems=10), PICTURE, 60)
    assert reply.finish_reason == "length"
    assert reply.usage is not None
    assert reply.usage.completion_tokens == 60
    assert read_answer(reply.text, finish_reason="length").status is AnswerStatus.TRUNCATED
    note(ENDS, "an answer longer than `max_tokens`", "`finish_reason` is `length`")


def test_a_repeating_answer_is_ended_and_the_slot_is_free(
    server: ModelServer, prompt: Prompt, raw: RawServer, note: Note
) -> None:
    """We stop listening after three repeats; the server then stops writing."""
    box = {"bbox_2d": [28, 56, 84, 112], "label": "fire", "sub_label": "严重"}
    repeating = replace(
        prompt, schema={"type": "array", "minItems": 100, "maxItems": 100, "items": {"const": box}}
    )
    before = raw.metric("vllm:generation_tokens_total")
    reply = server.ask(repeating, PICTURE, 4000)
    assert reply.finish_reason == "repeats", reply.text
    assert raw.becomes_idle(within_s=10)
    written = raw.metric("vllm:generation_tokens_total") - before
    assert written < 1000
    note(
        ENDS,
        "the same object 100 times, by force, with room for 4,000 tokens",
        f"our client closes the connection after {reply.text.count('bbox_2d')} objects; the server "
        f"wrote {written:.0f} tokens and is idle",
    )


def test_the_deadline_frees_the_slot(
    url: str, key: str, prompt: Prompt, raw: RawServer, note: Note
) -> None:
    """A picture that takes too long waits; the server does not go on with it."""
    before = raw.metric("vllm:generation_tokens_total")
    server = ModelServer(url, MODEL, key, 1.5)
    endless = replace(prompt, schema={"type": "string", "minLength": 7000})
    with pytest.raises(ModelUnreachable) as caught:
        server.ask(endless, PICTURE, 7000)
    server.close()
    assert caught.value.failure is ServerFailure.TIMED_OUT
    assert raw.becomes_idle(within_s=30)
    written = raw.metric("vllm:generation_tokens_total") - before
    assert written < 6000
    note(
        ENDS,
        "an answer that is not there at our deadline",
        f"`{type(caught.value).__name__}`, timed out; the server is idle again",
    )


def test_less_urgent_pictures_are_taken(server: ModelServer, prompt: Prompt, note: Note) -> None:
    """The deployment's scheduling policy knows the priority that we send for batches."""
    reply = server.ask(prompt, PICTURE, 8, urgent=False)
    assert reply.text
    note(WHOLE, "`priority` in the request, with `--scheduling-policy=priority`", "200")


@pytest.fixture
def detector(url: str, key: str, dialect: Dialect) -> QwenVlDetector:
    """The detector as the worker has it."""
    return QwenVlDetector([url], MODEL, dialect, api_key=key, timeout_s=TIMEOUT_S)


def test_the_detector_finds_the_server_sound(detector: QwenVlDetector, note: Note) -> None:
    """Model, test pictures and their tokens are as they should be."""
    [check] = detector.examine()
    detector.close()
    assert check.error is None
    assert check.tokens_counted
    note(WHOLE, "`doctor`'s look at the server", "sound; the test pictures' tokens are ours")


@pytest.mark.parametrize("size", [(640, 480), (1920, 1080), (1, 1)])
def test_a_picture_goes_through_the_whole_detector(
    detector: QwenVlDetector, size: tuple[int, int], note: Note
) -> None:
    """The model is random and so are its boxes; each is inside the picture or dropped."""
    width, height = size
    rgb = np.random.default_rng(5).integers(0, 256, (height, width, 3), dtype=np.uint8)
    try:
        outcome = detector.detect(rgb)
    except AnswerUnreadable:
        said = "an answer without a box, refused as unreadable"
    else:
        for one in outcome.detections:
            assert 0 <= one.box.x1 < one.box.x2 <= width
            assert 0 <= one.box.y1 < one.box.y2 <= height
        assert outcome.run.usage is not None
        assert outcome.run.usage.prompt_tokens
        said = f"{len(outcome.detections)} boxes inside it, {outcome.run.dropped} dropped"
    finally:
        detector.close()
    note(WHOLE, f"a picture of {width}×{height}", said)


def test_exif_changes_nothing(server: ModelServer, prompt: Prompt, note: Note) -> None:
    """A picture that lies on its side by a tag is sent upright, without the tag."""
    pixels = np.random.default_rng(9).integers(0, 256, (336, 448, 3), dtype=np.uint8)
    tagged, upright = io.BytesIO(), io.BytesIO()
    exif = PIL.Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    PIL.Image.fromarray(pixels).save(tagged, "PNG", exif=exif)
    PIL.Image.fromarray(np.rot90(pixels, 3)).save(upright, "PNG")
    sent = [sent_bytes(one.getvalue()) for one in (tagged, upright)]
    assert sent[0] == sent[1]
    assert b"Exif" not in sent[0]
    assert len({server.ask(prompt, one, 64).text for one in sent}) == 1
    note(WHOLE, "a picture turned by its EXIF tag, and the same pixels upright", "the same answer")
