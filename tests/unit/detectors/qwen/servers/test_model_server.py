"""One model server: what it is asked, and which of our errors becomes of each of its failures."""

from __future__ import annotations

import gzip
import inspect
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

import httpx2
import openai
import pytest

from safety_detector.detectors.qwen.dialects import dialect_named
from safety_detector.detectors.qwen.prompts import make_prompt
from safety_detector.detectors.qwen.servers.model_server import (
    VENDOR_ERRORS,
    ModelReply,
    ModelServer,
    translated,
)
from safety_detector.errors import (
    ConfigurationInvalid,
    DetectorError,
    ModelFault,
    ModelRefused,
    ModelUnreachable,
    ServerFailure,
)
from tests.eventually import eventually
from tests.model_server import MODEL, Reply, StandInServer, closed_port, running
from tests.pictures import jpeg

PROMPT = make_prompt("zh", dialect_named("qwen2.5-vl"))
ANSWER = '[{"bbox_2d": [1, 2, 30, 40], "label": "fire", "sub_label": "严重"}]'
PICTURE = jpeg(1, 84, 56)
TWO_ANSWERS = json.dumps(
    {
        "choices": [
            {"index": 0, "message": {"content": "[]"}, "finish_reason": "stop"},
            {"index": 1, "message": {"content": ANSWER}, "finish_reason": "stop"},
        ]
    }
).encode()


@contextmanager
def connected(
    *replies: Reply, timeout_s: float = 60.0, logprobs: bool = False, **options: Any
) -> Iterator[tuple[StandInServer, ModelServer]]:
    """A stand-in with those replies and our side of the connection to it."""
    with running(*replies, **options) as stand_in:
        server = ModelServer(stand_in.url, MODEL, None, timeout_s, logprobs=logprobs)
        try:
            yield stand_in, server
        finally:
            server.close()


def ask(server: ModelServer, max_output_tokens: int = 512) -> ModelReply:
    """One question about one picture."""
    return server.ask(PROMPT, PICTURE, max_output_tokens)


def failure_of(reply: Reply, timeout_s: float = 60.0) -> DetectorError:
    """The error that a question ends in."""
    with connected(reply, timeout_s=timeout_s) as (_, server):
        with pytest.raises(DetectorError) as caught:
            ask(server)
        return caught.value


# The request


def test_answer_comes_with_its_end_and_its_tokens() -> None:
    """Text, finish reason and usage arrive as the server gave them."""
    with connected(Reply(ANSWER)) as (_, server):
        reply = ask(server)
    assert (reply.text, reply.finish_reason) == (ANSWER, "stop")
    assert reply.usage is not None
    assert reply.usage.completion_tokens == len(ANSWER) // 4 + 1
    assert reply.usage.cached_tokens is not None


def test_request_puts_the_fixed_text_first_and_the_picture_last() -> None:
    """The server can reuse all before the picture; the picture arrives byte by byte as sent."""
    with connected(Reply(ANSWER)) as (stand_in, server):
        ask(server)
        [request] = stand_in.seen
    system, user = request.body["messages"]
    assert (system["role"], user["role"]) == ("system", "user")
    assert system["content"] == PROMPT.instruction
    assert [part["type"] for part in user["content"]] == ["image_url", "text"]
    assert request.jpeg == PICTURE
    assert request.body["temperature"] == 0
    assert request.body["max_tokens"] == 512
    assert isinstance(request.body["seed"], int)
    assert request.body["response_format"]["json_schema"]["schema"] == PROMPT.schema


def test_question_that_is_asked_while_the_connections_are_closed_is_answered() -> None:
    """Examinations go on in threads when their detector is closed; who comes later gets nothing."""
    with running(Reply(ANSWER)) as stand_in, ThreadPoolExecutor(1) as pool:
        server = ModelServer(stand_in.url, MODEL, None, 60.0)
        stand_in.gate.clear()
        pending = pool.submit(ask, server)
        try:
            eventually(lambda: stand_in.in_flight == 1)
            server.close()
            with pytest.raises(RuntimeError, match="closed"):
                ask(server)
        finally:
            stand_in.gate.set()
        assert pending.result().text == ANSWER
        with pytest.raises(RuntimeError, match="closed"):
            ask(server)
        assert len(stand_in.seen) == 1


def test_environment_of_another_service_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that the user keeps for OpenAI never reach the model server."""
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, "sk-somebody-elses")
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{closed_port()}/v1")
    with connected(Reply(ANSWER)) as (stand_in, server):
        ask(server)
        server.served_models()
        [request] = stand_in.seen
    assert "sk-somebody-elses" not in json.dumps(request.headers)


def test_key_is_sent_and_a_wrong_one_is_said_to_be_wrong() -> None:
    """A refused key is the operator's business: nothing is held against the picture."""
    with running(Reply(ANSWER)) as stand_in:
        stand_in.api_key = "right"
        server = ModelServer(stand_in.url, MODEL, "right", 60.0)
        assert ask(server).text == ANSWER
        server.close()
        server = ModelServer(stand_in.url, MODEL, "wrong", 60.0)
        with pytest.raises(ModelUnreachable, match="API key") as caught:
            ask(server)
        server.close()
    assert caught.value.facts["address"] == stand_in.url


def test_server_that_refuses_the_schema_is_asked_without_it_from_then_on() -> None:
    """One refusal is enough: the next pictures are sent once each."""
    with connected(Reply(ANSWER, refuses_schema=True)) as (stand_in, server):
        assert [ask(server).text for _ in range(3)] == [ANSWER] * 3
        sent = ["response_format" in request.body for request in stand_in.seen]
    assert sent == [True, False, False, False]


def test_only_pictures_that_can_wait_say_so() -> None:
    """The lower number goes first at vLLM, and is 0 where there is none."""
    with connected(Reply(ANSWER)) as (stand_in, server):
        ask(server)
        server.ask(PROMPT, PICTURE, 512, urgent=False)
        assert [request.body.get("priority") for request in stand_in.seen] == [None, 1]


def test_server_without_priorities_is_asked_without_them_from_then_on() -> None:
    """The schema stays, since the server says what it refuses."""
    with connected(Reply(ANSWER, refuses_priority=True)) as (stand_in, server):
        for _ in range(2):
            assert server.ask(PROMPT, PICTURE, 512, urgent=False).text == ANSWER
        sent = [("response_format" in one.body, one.body.get("priority")) for one in stand_in.seen]
    assert sent == [(True, 1), (True, None), (True, None)]


def test_server_that_takes_neither_schema_nor_priority_is_asked_plainly() -> None:
    """Each refusal costs one request, once."""
    refusing = Reply(ANSWER, refuses_priority=True, refuses_schema=True)
    with connected(refusing) as (stand_in, server):
        for _ in range(2):
            assert server.ask(PROMPT, PICTURE, 512, urgent=False).text == ANSWER
        assert len(stand_in.seen) == 4
        assert not {"priority", "response_format"} & stand_in.seen[-1].body.keys()


@pytest.mark.parametrize("whole", [False, True])
def test_tokens_come_with_the_answer(whole: bool) -> None:
    """A server that is asked how probable each token was tells so, in pieces or at once."""
    reply = Reply(ANSWER, logprobs={"fire": -0.1}, whole=whole)
    with connected(reply, logprobs=True) as (_, server):
        answered = ask(server)
    assert answered.text == ANSWER
    assert "".join(token.text for token in answered.tokens) == ANSWER
    assert [token.logprob for token in answered.tokens if token.text == "fire"] == [-0.1]


def test_nobody_is_asked_for_probabilities_unless_told() -> None:
    """Without scores the request is as it was."""
    with connected(Reply(ANSWER, logprobs={"fire": -0.1})) as (stand_in, server):
        assert ask(server).tokens == ()
    assert not {"logprobs", "top_logprobs"} & stand_in.seen[0].body.keys()


@pytest.mark.parametrize(
    "refusal",
    [
        None,
        "top_logprobs is larger than the maximum of 0",
        "Requested sample logprobs of 5, which is greater than max allowed: 0",
        "logprobs cannot be used with a response_format of type json_schema",
        "Invalid request.",
    ],
)
def test_server_that_refuses_probabilities_keeps_the_schema(refusal: str | None) -> None:
    """Whatever its words, only what it refuses is left out, and from then on."""
    refusing = Reply(ANSWER, refuses_logprobs=True, refusal=refusal)
    with connected(refusing, logprobs=True) as (stand_in, server):
        assert [ask(server).text for _ in range(2)] == [ANSWER] * 2
        sent = [("response_format" in one.body, "logprobs" in one.body) for one in stand_in.seen]
    assert sent == [(True, True), (True, False), (True, False)]


@pytest.mark.parametrize("refused", ["refuses_schema", "refuses_priority", "refuses_logprobs"])
def test_server_that_does_not_say_what_it_refuses_loses_only_that(refused: str) -> None:
    """One that it does not take costs none of the others, and a few requests once."""
    refusing = Reply(ANSWER, logprobs={}, refusal="Bad Request", **{refused: True})
    keys = {"response_format", "priority", "logprobs"}
    with connected(refusing, logprobs=True) as (stand_in, server):
        for _ in range(2):
            assert server.ask(PROMPT, PICTURE, 512, urgent=False).text == ANSWER
        sent = [keys & one.body.keys() for one in stand_in.seen]
    lost = {
        "refuses_schema": "response_format",
        "refuses_priority": "priority",
        "refuses_logprobs": "logprobs",
    }[refused]
    assert sent[-2:] == [keys - {lost}] * 2
    assert len(sent) <= 5


@pytest.mark.parametrize(
    "told",
    [7, "no", [1], {"token": 5}, {"token": "fire", "logprob": "x", "top_logprobs": 3, "bytes": "f"},
     {"token": "fire", "logprob": float("nan")}, {"token": "", "logprob": -1, "bytes": [999]}],
)  # fmt: skip
def test_no_form_of_probabilities_costs_an_answer(told: object) -> None:
    """A server may send anything in their place; the text is read all the same."""
    with connected(Reply(ANSWER, logprobs={"fire": told}), logprobs=True) as (_, server):
        assert ask(server).text == ANSWER


def test_time_before_the_first_token_is_told_apart_from_the_whole() -> None:
    """An answer in one piece has no first token."""
    with connected(Reply(ANSWER, hang_s=0.1, drip_s=0.02), Reply(ANSWER, whole=True)) as (
        _,
        server,
    ):
        streamed, whole = ask(server), ask(server)
    assert streamed.first_token_s is not None
    assert 0.1 <= streamed.first_token_s < streamed.whole_s
    assert whole.first_token_s is None


@pytest.mark.parametrize("status", [200, 404, 405, 429])
def test_health_that_is_missing_or_strange_is_no_illness(status: int) -> None:
    """A cloud of the same protocol has no such path."""
    with connected(Reply()) as (stand_in, server):
        stand_in.health = status
        server.check_health()


def test_health_that_says_no_is_believed() -> None:
    """A vLLM server lives on when its engine is dead."""
    with connected(Reply()) as (stand_in, server):
        stand_in.health = 503
        with pytest.raises(ModelUnreachable, match="health"):
            server.check_health()
    with pytest.raises(ModelUnreachable, match="reached"):
        server.check_health()


def test_schema_that_is_refused_in_the_stream_is_left_out_too() -> None:
    """A server may answer 200 and only then finds out what its grammar cannot do."""
    error = {"message": "The provided JSON schema contains features not supported.", "code": 400}
    refusal = Reply(body=b"data: " + json.dumps({"error": error}).encode() + b"\n\n")
    with connected(refusal, Reply(ANSWER)) as (stand_in, server):
        assert [ask(server).text for _ in range(2)] == [ANSWER] * 2
        sent = ["response_format" in request.body for request in stand_in.seen]
    assert sent == [True, False, False]


def test_refused_picture_does_not_switch_the_schema_off() -> None:
    """A 400 about something else stays a refusal, and the schema is used again afterwards."""
    refusal = Reply("the picture is too large for the context", status=400)
    with connected(refusal, refusal, Reply(ANSWER), refusal, Reply(ANSWER)) as (stand_in, server):
        with pytest.raises(ModelRefused, match="too large for the context"):
            ask(server)
        assert ask(server).text == ANSWER
        with pytest.raises(ModelRefused):
            ask(server)
        assert ask(server).text == ANSWER
        sent = ["response_format" in request.body for request in stand_in.seen]
    assert sent == [True, False, True, True, True]


@pytest.mark.parametrize("given", ["http://{host}", "http://{host}/", "http://{host}/v1/"])
def test_base_url_is_taken_with_and_without_its_path(given: str) -> None:
    """``/v1`` is added where the address has no path."""
    with running(Reply(ANSWER)) as stand_in:
        host = f"127.0.0.1:{stand_in.server_port}"
        server = ModelServer(given.format(host=host), MODEL, None, 60.0)
        assert server.address == stand_in.url
        assert ask(server).text == ANSWER
        server.close()


@pytest.mark.parametrize(
    "url", ["", "10.0.0.5:8000", "ftp://host/v1", "http://", "http://host:eighty/v1"]
)
def test_what_is_no_url_is_refused(url: str) -> None:
    """A wrong setting is found before any picture is sent."""
    with pytest.raises(ConfigurationInvalid, match="URL"):
        ModelServer(url, MODEL, None, 60.0)


@pytest.mark.parametrize("key", ["schlüssel", "two\nlines"])
def test_key_that_no_header_can_hold_is_refused_and_not_shown(key: str) -> None:
    """The message does not repeat the secret."""
    with pytest.raises(ConfigurationInvalid) as caught:
        ModelServer("http://127.0.0.1/v1", MODEL, key, 60.0)
    assert key not in caught.value.message


def test_password_in_the_address_is_never_shown() -> None:
    """A proxy's password in front of the server stays out of every message."""
    with running(Reply("no", status=500)) as stand_in:
        url = f"http://guard:secret@127.0.0.1:{stand_in.server_port}/v1"
        server = ModelServer(url, MODEL, None, 60.0)
        with pytest.raises(ModelUnreachable) as caught:
            ask(server)
        server.close()
    assert server.address == stand_in.url
    assert "secret" not in str(caught.value.facts) + caught.value.message


# The end of an answer


@pytest.mark.parametrize(
    ("reply", "finish_reason"),
    [
        (Reply(ANSWER, finish_reason="length"), "length"),
        (Reply(ANSWER * 300, ignores_limit=False), "repeats"),
        (Reply(ANSWER, finish_reason=None), None),
        (Reply(body=b'data: {"choices": [{"delta": {"content": "[]"}}]}\n\n'), "no end"),
        (Reply(ANSWER, whole=True), "stop"),
    ],
)
def test_end_of_an_answer_is_known(reply: Reply, finish_reason: str | None) -> None:
    """Cut by the limit, ended by us, ended without a word, or broken off: each is told apart."""
    with connected(reply) as (_, server):
        assert ask(server).finish_reason == finish_reason


@pytest.mark.parametrize(
    "reply",
    [
        Reply(tail='{"bbox_2d": [1, 2, 30, 40], "label": "fire"},', drip_s=0.004),
        Reply("[", tail=" \n", drip_s=0.004),
        Reply("[", tail="!", drip_s=0.004),
        Reply(tail="so it goes ", ignores_limit=True, drip_s=0.004),
    ],
)
def test_endless_answer_is_ended_and_the_connection_closed(reply: Reply) -> None:
    """The server notices that nobody listens, long before its limit."""
    with connected(reply) as (stand_in, server):
        reason = server.ask(PROMPT, PICTURE, 4096 if not reply.ignores_limit else 64).finish_reason
        assert reason in ("repeats", "blanks", "garbage", "overrun")
        [request] = stand_in.seen
        assert request.ended.wait(60)
        assert request.closed_by_client
        assert request.tokens_sent < 4000


def test_answer_in_one_piece_is_taken_from_servers_that_do_not_stream() -> None:
    """A server that passes over ``stream`` is understood all the same."""
    with connected(Reply(ANSWER, whole=True)) as (_, server):
        reply = ask(server)
    assert reply.text == ANSWER
    assert reply.usage is not None
    assert reply.usage.prompt_tokens is not None


# Failures


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, ModelRefused),
        (401, ModelUnreachable),
        (403, ModelUnreachable),
        (404, ModelUnreachable),
        (408, ModelUnreachable),
        (413, ModelRefused),
        (422, ModelRefused),
        (429, ModelUnreachable),
        (500, ModelUnreachable),
        (502, ModelUnreachable),
        (503, ModelUnreachable),
        (504, ModelUnreachable),
    ],
)
def test_every_status_becomes_one_of_our_errors(status: int, error: type[DetectorError]) -> None:
    """Only what is wrong with the request itself counts against the picture; the rest waits."""
    failure = failure_of(Reply("because", status=status))
    assert type(failure) is error
    assert "http://127.0.0.1" in failure.message
    assert "because" in failure.message
    assert failure.facts["status"] == status


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(ANSWER, cut_after=3), ModelUnreachable),
        (Reply(ANSWER, give_up_after=3), ModelUnreachable),
        (Reply(body=b"data: nonsense\n\n"), ModelFault),
        (Reply(body=b"data: 5\n\n"), ModelFault),
        (Reply(body=b'data: {"choices": [5]}\n\n'), ModelFault),
        (Reply(body=b"<html>", content_type="application/json"), ModelFault),
        (Reply(body=TWO_ANSWERS, content_type="application/json"), ModelFault),
        (Reply(body=b"data: " + b"x" * 9_000_000), ModelFault),
        (Reply(body=b'data: {"error": "bad input", "code": 400}\n\n'), ModelUnreachable),
        (Reply(body=b'data: {"error": {"message": "no", "code": 400}}\n\n'), ModelRefused),
        (Reply(body=b"not packed", headers={"Content-Encoding": "gzip"}), ModelFault),
    ],
)
def test_every_broken_answer_becomes_one_of_our_errors(
    reply: Reply, error: type[DetectorError]
) -> None:
    """A cut connection and nonsense end in our words."""
    assert type(failure_of(reply)) is error


PACKED = gzip.compress(json.dumps({"choices": [{"message": {"content": ANSWER}}]}).encode())


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP", "deflate", "identity, gzip"])
def test_a_compressed_answer_is_refused_before_it_is_unpacked(coding: str) -> None:
    """One megabyte could be a gigabyte: the request asks for none, and none is taken."""
    reply = Reply(
        body=PACKED, content_type="application/json", headers={"Content-Encoding": coding}
    )
    failure = failure_of(reply)
    assert type(failure) is ModelFault
    assert "compressed" in failure.message


@pytest.mark.parametrize(("status", "error"), [(503, ModelUnreachable), (400, ModelRefused)])
def test_of_a_compressed_refusal_the_status_counts(status: int, error: type[DetectorError]) -> None:
    """Its words are not unpacked, but what it means for the picture stays."""
    body = gzip.compress(b'{"error": {"message": "these words"}}')
    failure = failure_of(Reply(body=body, status=status, headers={"Content-Encoding": "gzip"}))
    assert type(failure) is error
    assert "these words" not in failure.message


@pytest.mark.parametrize("reply", [Reply(hang_s=60), Reply(tail="drop by drop ", drip_s=0.2)])
def test_answer_that_does_not_come_in_time_is_not_waited_for(reply: Reply) -> None:
    """Neither silence nor a drip, each of which would take another minute at least."""
    started = time.monotonic()
    assert type(failure_of(reply, timeout_s=0.5)) is ModelUnreachable
    assert time.monotonic() - started < 30


def test_time_out_is_told_apart_from_no_connection() -> None:
    """After a time-out the time for this picture is used up; after a refusal it is not."""
    timed_out = failure_of(Reply(hang_s=30), timeout_s=0.2)
    assert isinstance(timed_out, ModelUnreachable)
    assert timed_out.failure is ServerFailure.TIMED_OUT
    url = f"http://127.0.0.1:{closed_port()}/v1"
    server = ModelServer(url, MODEL, None, 60.0)
    with pytest.raises(ModelUnreachable, match=url) as caught:
        ask(server)
    server.close()
    assert caught.value.failure is not ServerFailure.TIMED_OUT


def test_model_list_is_read_or_said_to_be_missing() -> None:
    """Clouds of the same protocol may keep no list; that is no failure."""
    with connected(Reply(), models=("a", "b")) as (stand_in, server):
        assert server.served_models() == {"a", "b"}
        stand_in.has_model_list = False
        assert server.served_models() is None


# Every exception of the libraries beneath

REQUEST = httpx2.Request("POST", "http://10.0.0.5:8000/v1/chat/completions")
ARGUMENTS: dict[str, object] = {
    "message": "m",
    "request": REQUEST,
    "response": httpx2.Response(418, request=REQUEST),
    "body": None,
    "completion": SimpleNamespace(usage=None),
    "unsent_messages": [],
}
NEVER_RAISED_BY_A_REQUEST = {
    "_AmbiguousModuleClientUsageError",  # of the module's own client, which we do not use
    "InvalidWebhookSignatureError",  # a ValueError of webhooks that we do not receive
    "CookieConflict",  # of reading cookies, which we do not
}
FAULTS = {
    "OpenAIError",
    "SubjectTokenProviderError",
    "APIError",
    "APIResponseValidationError",
    "LengthFinishReasonError",
    "ContentFilterFinishReasonError",
    "WebSocketConnectionClosedError",
    "WebSocketQueueFullError",
    "HTTPError",
    "HTTPStatusError",
    "RequestError",
    "DecodingError",
    "TooManyRedirects",
    "InvalidURL",
    "StreamError",
    "StreamConsumed",
    "StreamClosed",
    "ResponseNotRead",
    "RequestNotRead",
}
REFUSALS = {"APIStatusError", "BadRequestError", "UnprocessableEntityError"}
OUTAGES = {
    "APIConnectionError",
    "APITimeoutError",
    "AuthenticationError",
    "OAuthError",
    "PermissionDeniedError",
    "NotFoundError",
    "ConflictError",
    "RateLimitError",
    "InternalServerError",
    "TransportError",
    "TimeoutException",
    "ConnectTimeout",
    "ReadTimeout",
    "WriteTimeout",
    "PoolTimeout",
    "NetworkError",
    "ConnectError",
    "ReadError",
    "WriteError",
    "CloseError",
    "ProxyError",
    "UnsupportedProtocol",
    "ProtocolError",
    "LocalProtocolError",
    "RemoteProtocolError",
    "SSEError",
}
STATUS_OF = {
    "BadRequestError": 400,
    "AuthenticationError": 401,
    "OAuthError": 401,
    "PermissionDeniedError": 403,
    "NotFoundError": 404,
    "ConflictError": 409,
    "UnprocessableEntityError": 422,
    "RateLimitError": 429,
    "InternalServerError": 500,
}


def exceptions_of(module: ModuleType) -> list[type[Exception]]:
    """The exception classes that a library offers."""
    return [
        value
        for value in dict(vars(module)).values()
        if inspect.isclass(value) and issubclass(value, Exception)
    ]


def make(vendor: type[Exception]) -> Exception:
    """An instance of a vendor's exception, with whatever arguments it wants."""
    build: Callable[..., Exception] = vendor
    parameters = inspect.signature(vendor.__init__).parameters
    arguments = {name: ARGUMENTS[name] for name in parameters if name in ARGUMENTS}
    if "response" in arguments:
        status = STATUS_OF.get(vendor.__name__, 418)
        arguments["response"] = httpx2.Response(status, request=REQUEST)
    if arguments:
        return build(**arguments)
    return build() if len(parameters) == 1 else build("m")


@pytest.mark.parametrize("vendor", exceptions_of(openai) + exceptions_of(httpx2))
def test_every_exception_of_the_libraries_is_mapped(vendor: type[Exception]) -> None:
    """A class that a new version brings is not in the table, and this test says so."""
    name = vendor.__name__
    if name in NEVER_RAISED_BY_A_REQUEST:
        return
    assert issubclass(vendor, VENDOR_ERRORS)
    error = translated(make(vendor), "http://10.0.0.5:8000/v1", MODEL)
    assert name in FAULTS | REFUSALS | OUTAGES
    assert isinstance(error, ModelFault) is (name in FAULTS)
    assert isinstance(error, ModelRefused) is (name in REFUSALS)
    assert isinstance(error, ModelUnreachable) is (name in OUTAGES)
    assert "10.0.0.5:8000" in error.message
