"""The timed stand-in over HTTP, through our own client and the vendor's."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack

import httpx2
import openai
import pytest

from benchmarks import first_script
from benchmarks.t4_processes import T4Process, running_t4
from benchmarks.t4_prompt import DIALECT, BadRequest, prompt_tokens, tokens_of
from safety_detector.detectors.qwen.detector import QwenVlDetector
from safety_detector.detectors.qwen.prompts import make_prompt
from safety_detector.domain.crop_questions import CROP_ANSWERS, CropQuestion
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import LANGUAGES
from safety_detector.pictures.images import decode, read_header
from tests.chat_wire import MODEL
from tests.eventually import eventually
from tests.pictures import jpeg


@pytest.fixture(scope="module")
def server() -> Iterator[T4Process]:
    """A stand-in of which a second takes ten milliseconds."""
    with running_t4("--speed", "100") as process:
        yield process


def body(data: bytes, **changes: object) -> dict[str, object]:
    """A streaming request about a picture."""
    url = "data:image/jpeg;base64," + base64.b64encode(data).decode()
    asked = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": "什么？"}]
    messages = [{"role": "user", "content": asked}]
    return {"model": MODEL, "messages": messages, "max_tokens": 512, "stream": True, **changes}


def test_our_client_reads_its_answers(server: T4Process) -> None:
    """Boxes lie in the picture, tokens are those of the grid, and the instruction is reused."""
    detector = QwenVlDetector([server.url], MODEL, DIALECT, timeout_s=60)
    outcomes = []
    for seed in range(2):
        data = jpeg(seed, 640, 480)
        outcomes.append(detector.detect(decode(data, read_header(data))))
    assert detector.check()
    detector.close()
    for outcome in outcomes:
        assert outcome.detections
        assert outcome.run.dropped == 0
        assert all(one.box.x2 <= 640 and one.box.y2 <= 480 for one in outcome.detections)
    usage = outcomes[1].run.usage
    assert usage is not None
    assert usage.prompt_tokens is not None
    assert usage.cached_tokens is not None
    assert usage.prompt_tokens - usage.cached_tokens == pytest.approx(391 + 20, abs=20)


def test_questions_about_places_cost_less(server: T4Process) -> None:
    """Our client reads its answers in both languages, of few visual tokens and few written ones."""
    picture = decode(data := jpeg(3, 640, 480), read_header(data))
    for language in LANGUAGES:
        detector = QwenVlDetector([server.url], MODEL, DIALECT, timeout_s=60, language=language)
        for question in CropQuestion:
            look = detector.look_at(picture, Box(300, 200, 380, 290), question)
            assert look.answer in CROP_ANSWERS[question]
            assert look.reason
            assert look.run.usage is not None
            assert (look.run.usage.completion_tokens or 99) < 40
        detector.close()


def test_the_straightforward_script_reads_its_answers(server: T4Process) -> None:
    """Whole answers in a fence come without a schema, and nothing of its prompt is reused."""
    client = openai.OpenAI(base_url=server.url, api_key="none")
    for seed in range(10, 12):
        objects, drawn = first_script.inspect(client, jpeg(seed, 640, 480))
        assert objects
        read_header(drawn)
    before = server.metrics()["vllm:prefix_cache_hits_total"]
    first_script.inspect(client, jpeg(12, 640, 480))
    client.close()
    assert server.metrics()["vllm:prefix_cache_hits_total"] - before <= 16


def test_a_closed_connection_frees_its_place() -> None:
    """Who leaves in the middle of an answer, or while waiting for one, is forgotten."""
    with (
        running_t4("--speed", "0.05") as slow,
        httpx2.Client(base_url=slow.url, timeout=60) as client,
    ):

        def figures() -> tuple[float, float]:
            now = slow.metrics()
            return now["vllm:num_requests_running"], now["vllm:num_requests_waiting"]

        with ExitStack() as sixteen:
            for seed in range(16):
                asked = client.stream("POST", "/chat/completions", json=body(jpeg(seed)))
                sixteen.enter_context(asked)
            with client.stream("POST", "/chat/completions", json=body(jpeg(16))):
                eventually(lambda: figures() == (16, 1))
            eventually(lambda: figures() == (16, 0))
        eventually(lambda: figures() == (0, 0))


def test_it_refuses_what_vllm_refuses(server: T4Process) -> None:
    """An unknown model is 404; no picture, or one beyond the context, is 400."""
    with httpx2.Client(base_url=server.url, timeout=60) as client:

        def status(**changes: object) -> int:
            return client.post("/chat/completions", json=body(jpeg(), **changes)).status_code

        assert status(model="another") == 404
        assert status(messages=[{"role": "user", "content": "Hello"}]) == 400
        assert client.post("/chat/completions", json=body(b"no picture")).status_code == 400
        assert client.get("/models").json()["data"][0]["max_model_len"] == 8192
        assert client.get("/nothing").status_code == 404
    with pytest.raises(BadRequest, match="longer"):
        prompt_tokens(body(jpeg(0, 3840, 2160)))


def test_an_answer_ends_at_the_token_limit(server: T4Process) -> None:
    """It is cut where the request says, and says so."""
    with httpx2.Client(base_url=server.url, timeout=60) as client:
        whole = client.post(
            "/chat/completions", json=body(jpeg(), stream=False, max_tokens=7)
        ).json()
    assert whole["usage"]["completion_tokens"] == 7
    assert whole["choices"][0]["finish_reason"] == "length"
    assert len(tokens_of(whole["choices"][0]["message"]["content"])) == 7


def test_tokens_are_the_text() -> None:
    """Nothing is lost between the pieces of which an answer is streamed."""
    text = json.dumps([{"bbox_2d": [1, 22, 333, 4444], "label": "火焰，浓烟"}], ensure_ascii=False)
    for one in (
        text,
        make_prompt("zh", DIALECT).instruction,
        "```json\n[\n\t{}\n]\n```",
        "naïve – 🔥",
    ):
        assert "".join(tokens_of(one)) == one
