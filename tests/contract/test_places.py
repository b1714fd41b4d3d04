"""Questions about one place: the short schema, and what the answers' tokens tell."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from safety_detector.detectors.qwen.answer.crop_reader import read_crop_answer
from safety_detector.detectors.qwen.crop_prompts import (
    CROP_OUTPUT_TOKENS,
    CropPrompt,
    answer_word,
    make_crop_prompt,
)
from safety_detector.detectors.qwen.crops import crop_around, crop_sent_size
from safety_detector.detectors.qwen.detector import QwenVlDetector
from safety_detector.detectors.qwen.dialects import Dialect
from safety_detector.detectors.qwen.prompts import Prompt
from safety_detector.detectors.qwen.servers.chat_protocol import Extra, request_body
from safety_detector.detectors.qwen.servers.model_server import ModelServer
from safety_detector.domain.crop_questions import CROP_ANSWERS, CropQuestion
from safety_detector.domain.geometry import Box, ImageSize
from safety_detector.domain.hazards import LANGUAGES
from safety_detector.pictures.images import encode_jpeg, resize

from .conftest import MODEL, TIMEOUT_S, Note, RawServer

PLACES = "Questions about one place"
FULL_HD = ImageSize(1920, 1080)
EVERY = [(kind, language) for kind in CropQuestion for language in LANGUAGES]


def noise(size: ImageSize, seed: int = 5) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A picture of chance."""
    shape = (size.height, size.width, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def asked(prompt: CropPrompt, dialect: Dialect, place: Box) -> tuple[Prompt, bytes, ImageSize]:
    """What is sent about a place of a Full HD picture."""
    crop = crop_around(place, FULL_HD, prompt.kind)
    x1, y1, x2, y2 = (int(side) for side in crop.xyxy)
    sent = crop_sent_size(crop, dialect)
    jpeg = encode_jpeg(resize(noise(FULL_HD)[y1:y2, x1:x2], sent), 90)
    return prompt.about(place, crop, FULL_HD, sent), jpeg, sent


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_the_short_schema_is_obeyed(
    raw: RawServer, dialect: Dialect, kind: CropQuestion, language: Any, note: Note
) -> None:
    """An answer is one of the words and a bounded reason, whatever the model would rather say."""
    made = make_crop_prompt(kind, language)
    prompt, jpeg, _ = asked(made, dialect, Box(900, 500, 980, 570))
    body = request_body(MODEL, prompt, jpeg, 400, {Extra.SCHEMA})
    del body["stream"], body["stream_options"]
    answer = raw.post(body).json()
    [choice] = answer["choices"]
    text = choice["message"]["content"]
    assert choice["finish_reason"] == "stop", text
    said = json.loads(text)
    assert list(said) == ["answer", "why"]
    assert said["answer"] in [answer_word(one, language) for one in CROP_ANSWERS[kind]]
    assert len(said["why"]) <= made.schema["properties"]["why"]["maxLength"]
    assert read_crop_answer(text, kind, finish_reason="stop").answer is not None
    note(
        PLACES,
        f"`{prompt.version}` under its schema",
        f"`{said['answer']}` and {len(said['why'])} characters, "
        f"{answer['usage']['completion_tokens']} tokens",
    )


def test_each_answer_can_be_given(raw: RawServer, dialect: Dialect, note: Note) -> None:
    """The grammar lets every word through, Chinese ones too, and each is read back."""
    count = 0
    for kind, language in EVERY:
        made = make_crop_prompt(kind, language)
        prompt, jpeg, _ = asked(made, dialect, Box(900, 500, 980, 570))
        for answer in CROP_ANSWERS[kind]:
            word = answer_word(answer, language)
            body = request_body(MODEL, prompt, jpeg, 400, {Extra.SCHEMA})
            del body["stream"], body["stream_options"]
            schema = json.loads(json.dumps(prompt.schema))
            schema["properties"]["answer"]["enum"] = [word]
            body["response_format"]["json_schema"]["schema"] = schema
            text = raw.post(body).json()["choices"][0]["message"]["content"]
            assert json.loads(text)["answer"] == word
            reading = read_crop_answer(text, kind, finish_reason="stop")
            assert reading.answer is not None
            count += 1
    note(PLACES, "each answer by force, both languages", f"all {count} are written and read")


def test_an_answer_cut_in_its_reason_is_there(
    server: ModelServer, dialect: Dialect, note: Note
) -> None:
    """The word stands first, so that the limit of tokens cuts only the reason."""
    prompt, jpeg, _ = asked(
        make_crop_prompt(CropQuestion.FIRE_SMOKE, "zh"), dialect, Box(900, 500, 980, 570)
    )
    reply = server.ask(prompt, jpeg, 14)
    assert reply.finish_reason == "length"
    reading = read_crop_answer(
        reply.text, CropQuestion.FIRE_SMOKE, finish_reason=reply.finish_reason
    )
    assert reading.answer is not None, reply.text
    cut = server.ask(prompt, jpeg, 4)
    assert (
        read_crop_answer(cut.text, CropQuestion.FIRE_SMOKE, finish_reason=cut.finish_reason).answer
        is None
    )
    note(PLACES, "`max_tokens` 14, and 4", "the answer without its reason, and none")


def test_a_place_goes_through_the_whole_detector(
    url: str, key: str, dialect: Dialect, note: Note
) -> None:
    """Each place costs the tokens of its crop's grid, and the instruction comes from the cache."""
    detector = QwenVlDetector([url], MODEL, dialect, api_key=key, timeout_s=TIMEOUT_S)
    rgb = noise(FULL_HD, seed=6)  # no crop that the server has seen before
    try:
        looks = [
            detector.look_at(rgb, place, CropQuestion.FIRE_SMOKE)
            for place in (Box(0, 0, 30, 30), Box(900, 500, 980, 570), Box(200, 100, 1800, 1000))
        ]
    finally:
        detector.close()
    usages = [look.run.usage for look in looks]
    tokens = [dialect.visual_tokens(crop_sent_size(look.crop, dialect)) for look in looks]
    counted = [usage.prompt_tokens for usage in usages if usage is not None]
    written = [usage.completion_tokens for usage in usages if usage is not None]
    cached = [usage.cached_tokens for usage in usages if usage is not None]
    assert all(one is not None and one <= CROP_OUTPUT_TOKENS for one in written)
    # The words around the picture differ by a few digits.
    text = [(prompt or 0) - visual for prompt, visual in zip(counted, tokens, strict=True)]
    assert max(text) - min(text) <= 6
    assert all((one or 0) > text[0] / 2 for one in cached[1:])
    for look in looks:
        # A random model may contradict itself, or write a word by parts of its characters, of
        # which the server does not say what else might have stood there.
        assert (look.score is None) == bool(look.run.unscored), look
        assert set(look.run.unscored) <= {"not-placed", "nothing-decided"}, look
    note(
        PLACES,
        "the scores of their answers, by our client",
        ", ".join(
            f"none ({look.run.unscored[0]})" if look.score is None else f"{look.score:.3f}"
            for look in looks
        ),
    )
    note(
        PLACES,
        "three places of a Full HD picture through the detector, `crop-zh-1`",
        f"visual tokens {tokens}, text {text}, of these cached {cached}, written {written}",
    )


@pytest.mark.parametrize("streamed", [False, True])
def test_logprobs_come_with_the_schema(
    raw: RawServer, dialect: Dialect, streamed: bool, note: Note
) -> None:
    """One a token, together the text; what the grammar forces is 0, what it masks is -9999."""
    prompt, jpeg, _ = asked(
        make_crop_prompt(CropQuestion.FIRE_SMOKE, "zh"), dialect, Box(900, 500, 980, 570)
    )
    body = request_body(MODEL, prompt, jpeg, CROP_OUTPUT_TOKENS, {Extra.SCHEMA})
    body |= {"logprobs": True, "top_logprobs": 5, "stream": streamed}
    if not streamed:
        del body["stream_options"]
    answer = raw.post(body)
    if streamed:
        lines = [line[6:] for line in answer.text.splitlines() if line.startswith("data: {")]
        choices = [one for line in lines for one in json.loads(line)["choices"]]
        text = "".join(one["delta"].get("content") or "" for one in choices)
        content = [
            token for one in choices for token in (one.get("logprobs") or {}).get("content", [])
        ]
    else:
        [choice] = answer.json()["choices"]
        text, content = choice["message"]["content"], choice["logprobs"]["content"]
    joined = b"".join(bytes(one["bytes"]) for one in content)
    assert joined.decode().removesuffix("<|im_end|>").removesuffix("<|endoftext|>") == text
    values = [one["logprob"] for one in content]
    assert all(value <= 0 for value in values)
    forced = sum(value == 0 for value in values)
    masked = {top["logprob"] for one in content for top in one["top_logprobs"]} & {-9999.0}
    deciding = next(one for one in content if decides(one, content))
    assert deciding["logprob"] < 0
    note(
        PLACES,
        f"`logprobs` with the schema, {'streamed' if streamed else 'in one piece'}",
        f"{len(values)} tokens that are the text, {forced} of them exactly 0 (forced)"
        f"{', -9999 for what is masked' if masked else ''}; the deciding token, of the bytes "
        f"`{bytes(deciding['bytes']).hex(' ')}` and the text `{deciding['token']}`, "
        f"{deciding['logprob']:.2f}",
    )


def decides(one: Any, content: list[Any]) -> bool:
    """Whether an answer's word begins with this token."""
    before = b"".join(bytes(each["bytes"]) for each in content[: content.index(one)])
    return before.endswith((b'"answer":"', b'"answer": "'))
