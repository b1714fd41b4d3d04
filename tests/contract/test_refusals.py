"""Each way in which the server says no, and what our client makes of it."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from safety_detector.detectors.qwen.prompts import Prompt
from safety_detector.detectors.qwen.servers.model_server import ModelServer
from safety_detector.errors import DetectorError, ModelRefused, ModelUnreachable
from tests.model_server import closed_port
from tests.pictures import jpeg

from .conftest import MODEL, Note, RawServer

SECTION = "Refusals"
SMALL = jpeg(1, 56, 56)
CONTEXT = 8192  # tokens, of the deployment
ROOM = 100  # tokens that are left for the answer where the prompt nearly fills the context


def noted(note: Note, asked: str, error: DetectorError) -> None:
    """One line: the server's status and our error."""
    status = getattr(error, "http_status", None) or "no answer"
    note(SECTION, asked, f"{status}; `{error.code}`{', is tried again' if error.retryable else ''}")


def refusal(server: ModelServer, prompt: Prompt, picture: bytes, most: int = 16) -> DetectorError:
    """The error that a question ends in."""
    with pytest.raises(DetectorError) as caught:
        server.ask(prompt, picture, most)
    return caught.value


@pytest.mark.parametrize(
    ("asked", "picture", "most"),
    [
        ("a picture too large for the context", jpeg(1, 3836, 2156), 16),
        ("a picture 293 times longer than wide", jpeg(1, 8204, 28), 16),
        ("bytes that are no picture", b"no picture at all", 16),
        ("half a picture", jpeg(1, 336, 336)[:2000], 16),
        ("`max_tokens` above the context", SMALL, 100_000),
    ],
)
def test_what_is_wrong_with_the_request_counts_against_the_picture(
    server: ModelServer, prompt: Prompt, asked: str, picture: bytes, most: int, note: Note
) -> None:
    """The server can answer others; only this one it refuses."""
    error = refusal(server, prompt, picture, most)
    assert isinstance(error, ModelRefused)
    assert error.facts["status"] == 400
    noted(note, asked, error)


def test_an_instruction_that_is_too_long_is_refused(
    server: ModelServer, prompt: Prompt, note: Note
) -> None:
    """The context holds text and picture together."""
    error = refusal(server, replace(prompt, instruction=prompt.instruction * 30), SMALL)
    assert isinstance(error, ModelRefused)
    noted(note, "a text too long for the context", error)


def test_another_model_s_name_is_an_outage(url: str, key: str, prompt: Prompt, note: Note) -> None:
    """The operator has to mend it; no picture fails by it."""
    server = ModelServer(url, "Qwen/Another", key, 60)
    error = refusal(server, prompt, SMALL)
    server.close()
    assert isinstance(error, ModelUnreachable)
    assert error.facts["status"] == 404
    assert "does not serve" in error.message
    noted(note, "a model that is not served", error)


@pytest.mark.parametrize("wrong", ["wrong-key", None])
def test_a_wrong_key_is_an_outage(url: str, prompt: Prompt, wrong: str | None, note: Note) -> None:
    """The operator has to mend it; no picture fails by it."""
    server = ModelServer(url, MODEL, wrong, 60)
    error = refusal(server, prompt, SMALL)
    server.close()
    assert isinstance(error, ModelUnreachable)
    assert error.facts["status"] == 401
    assert "API key" in error.message
    noted(note, "a wrong API key" if wrong else "no API key", error)


def test_a_closed_port_is_an_outage(prompt: Prompt, note: Note) -> None:
    """Pictures wait until somebody listens."""
    server = ModelServer(f"http://127.0.0.1:{closed_port()}", MODEL, None, 60)
    error = refusal(server, prompt, SMALL)
    server.close()
    assert isinstance(error, ModelUnreachable)
    noted(note, "a server that is not there", error)


def test_an_answer_that_does_not_fit_is_cut_without_a_word(
    server: ModelServer, prompt: Prompt, note: Note
) -> None:
    """Prompt and limit together above the context: 200 all the same, and a shorter answer."""
    usage = server.ask(prompt, SMALL, 1).usage
    assert usage is not None
    assert usage.prompt_tokens is not None
    digits = "1" * (CONTEXT - usage.prompt_tokens - ROOM)  # a token each
    long = replace(
        prompt,
        instruction=prompt.instruction + digits,
        schema={**prompt.schema, "minItems": 10},
    )
    reply = server.ask(long, SMALL, 512)
    assert reply.finish_reason == "length"
    assert reply.usage is not None
    assert reply.usage.completion_tokens is not None
    assert reply.usage.completion_tokens == pytest.approx(ROOM, abs=2)
    note(
        SECTION,
        "`max_tokens` 512 where the context has room for fewer",
        f"200; cut after {reply.usage.completion_tokens}, `finish_reason` is `length`",
    )


def image(url: str) -> dict[str, object]:
    """A picture's part of a question."""
    return {"type": "image_url", "image_url": {"url": url}}


def test_what_our_client_never_asks(raw: RawServer, note: Note) -> None:
    """Two pictures, an address for the server to fetch: why we send one, as bytes."""
    one = "data:image/jpeg;base64," + base64.b64encode(SMALL).decode()
    assert raw.chat([image(one), image(one)]).status_code == 400
    note(SECTION, "two pictures in one request (never sent)", "400")
    status = raw.chat([image(f"http://127.0.0.1:{closed_port()}/a.jpg")]).status_code
    assert status >= 400
    note(SECTION, "an address from which nothing can be fetched (never sent)", f"{status}")
    answer = raw.chat([image(one)], mm_processor_kwargs={"max_pixels": 3136})
    note(SECTION, "`mm_processor_kwargs` in the request (never sent)", answer.status_code)
