"""One OpenAI-compatible server: a request goes out, an answer or one of our errors comes back.

The only module that knows the ``openai`` package.  Its own retries are off: who retries, and when,
is decided where the delays are kept.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx2
import openai

from safety_detector.detectors.answer_stream import AnswerStream
from safety_detector.detectors.chat_protocol import read_model_list, read_pieces, request_body
from safety_detector.detectors.prompts import Prompt
from safety_detector.domain.detections import TokenUsage
from safety_detector.errors import (
    ConfigurationInvalid,
    DetectorError,
    ModelFault,
    ModelRefused,
    ModelUnreachable,
)

CONNECT_TIMEOUT_S = 5.0
"""Servers stand in the same building; one that takes longer to connect is not there."""

_MAX_EVENT_BYTES = 4096  # one event a token, of about 300 bytes
_SCHEMA_REFUSED = (400, 422)  # which of the two depends on the server

VENDOR_ERRORS = (openai.OpenAIError, httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL)
"""What ``openai`` and its transport raise; a test lists their classes."""


@dataclass(frozen=True, slots=True)
class ModelReply:
    """An answer as it came.

    Attributes:
        text: to the letter.
        finish_reason: the server's, or why we ended it early; None where the server gave none.
        usage: None where the server gave none or the answer was ended early.
    """

    text: str
    finish_reason: str | None
    usage: TokenUsage | None


class ModelServer:
    """One OpenAI-compatible server.  Safe to use from several threads.

    Args:
        url: base URL; ``/v1`` is added where it has no path.
        model: name under which the model is served.
        api_key: None where the server asks for none.
        timeout_s: longest time for one answer, connecting included.

    Raises:
        ConfigurationInvalid: the URL is none, or the key cannot stand in a header.
    """

    def __init__(self, url: str, model: str, api_key: str | None, timeout_s: float) -> None:
        base_url = _base_url(url)
        self.address = str(base_url.copy_with(userinfo=b""))  # shown, so without any password
        self._model = model
        self._timeout_s = timeout_s
        self._schema_works: bool | None = None
        if api_key is not None and not (api_key.isascii() and api_key.isprintable()):
            raise ConfigurationInvalid(
                "The model server's API key holds characters that no key has."
            )
        # Left to itself the client would read OPENAI_API_KEY, OPENAI_ORG_ID and the like from the
        # environment and send them to this server.
        self._client = openai.OpenAI(
            base_url=base_url,
            api_key=api_key or "none",
            max_retries=0,
            timeout=httpx2.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s)),
        )
        self._client.organization = self._client.project = None

    def ask(self, prompt: Prompt, jpeg: bytes, max_output_tokens: int) -> ModelReply:
        """One picture, one answer; without the schema where the server refuses it.

        Raises:
            ModelUnreachable: no connection, no answer in time, or the server is not able to.
            ModelRefused: the server says that the request is wrong.
            ModelFault: what came back is not of the protocol.
        """
        if self._schema_works is False:
            return self._stream(prompt, jpeg, max_output_tokens, with_schema=False)
        try:
            reply = self._stream(prompt, jpeg, max_output_tokens, with_schema=True)
        except ModelRefused as exc:
            if self._schema_works or exc.facts.get("status") not in _SCHEMA_REFUSED:
                raise
            reply = self._stream(prompt, jpeg, max_output_tokens, with_schema=False)
            self._schema_works = False
            return reply
        self._schema_works = True
        return reply

    def served_models(self) -> frozenset[str] | None:
        """Names of the models here, or None where the server keeps no list of them.

        Raises:
            ModelUnreachable: the server does not answer, or not to us.
            ModelFault: what came back is not of the protocol.
        """
        with self._our_errors():
            try:
                response = self._client.models.with_raw_response.list()
            except (openai.NotFoundError, openai.BadRequestError):
                return None
            return read_model_list(response.content)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()

    def _stream(
        self, prompt: Prompt, jpeg: bytes, max_output_tokens: int, *, with_schema: bool
    ) -> ModelReply:
        deadline = time.monotonic() + self._timeout_s
        body = request_body(self._model, prompt, jpeg, max_output_tokens, with_schema=with_schema)
        answer = AnswerStream(max_output_tokens)
        finish_reason, usage = None, None
        # Leaving the block closes the connection, and with it ends the generation.
        with (
            self._our_errors(),
            self._client.chat.completions.with_streaming_response.create(**body) as response,
        ):
            http = response.http_response
            http.stream = _BoundedBody(http.stream, deadline, max_output_tokens * _MAX_EVENT_BYTES)
            for piece in read_pieces(http.headers.get("content-type", ""), http.iter_lines()):
                usage = piece.token_usage or usage
                finish_reason = finish_reason or piece.finish_reason
                end = answer.add(piece.text)
                if end is not None:
                    return ModelReply(answer.text, answer.finish_reason(end), usage)
        return ModelReply(answer.text, finish_reason, usage)

    @contextmanager
    def _our_errors(self) -> Iterator[None]:
        try:
            yield
        except VENDOR_ERRORS as exc:
            raise translated(exc, self.address, self._model) from exc


class _BoundedBody(httpx2.SyncByteStream):
    """A response body that ends in a time-out at the deadline, and in an error when it is too long.

    The transport's own time-out starts anew with every byte: a server that drips would hold on for
    ever.
    """

    def __init__(self, body: httpx2.SyncByteStream, deadline: float, most_bytes: int) -> None:
        self._body = body
        self._deadline = deadline
        self._most_bytes = most_bytes

    def __iter__(self) -> Iterator[bytes]:
        received = 0
        for chunk in self._body:
            received += len(chunk)
            if received > self._most_bytes:
                raise httpx2.DecodingError(f"the answer is longer than {self._most_bytes:,} bytes")
            if time.monotonic() > self._deadline:
                raise httpx2.ReadTimeout("the answer did not end in time")
            yield chunk

    def close(self) -> None:
        self._body.close()


def translated(exc: Exception, address: str, model: str) -> DetectorError:
    """Our error for one of ``VENDOR_ERRORS``; the message names the server's address.

    Whatever says nothing about the picture (no connection, no time, no permission, no such model,
    no room, a broken server) is ``ModelUnreachable``, so that pictures wait for the operator
    instead of failing one by one.
    """
    where = f"The model server at {address}"
    cause = exc.__cause__ if isinstance(exc, openai.APIConnectionError) else exc
    if isinstance(cause, httpx2.TimeoutException) and not isinstance(cause, httpx2.ConnectTimeout):
        return ModelUnreachable(f"{where} did not answer in time.", address=address, timed_out=1)
    if isinstance(exc, (openai.APIConnectionError, httpx2.TransportError)):
        return ModelUnreachable(f"{where} cannot be reached ({cause}).", address=address)
    if isinstance(exc, openai.APIStatusError):
        return _translated_status(exc, where, address, model)
    return ModelFault(f"{where} answered with something else ({exc}).", address=address)


def _translated_status(
    exc: openai.APIStatusError, where: str, address: str, model: str
) -> DetectorError:
    status = exc.status_code
    said = _said(exc)
    facts: dict[str, str | int | float | None] = {"address": address, "status": status}
    match status:
        case 401 | 403:
            return ModelUnreachable(f"{where} refuses the API key ({status}: {said}).", **facts)
        case 404:
            return ModelUnreachable(f"{where} does not serve {model} (404: {said}).", **facts)
        case 408 | 409 | 425 | 429:
            return ModelUnreachable(f"{where} has no room now ({status}: {said}).", **facts)
        case _ if status >= 500:
            return ModelUnreachable(f"{where} is not able to answer ({status}: {said}).", **facts)
        case _:
            return ModelRefused(f"{where} refuses the request ({status}: {said}).", **facts)


def _said(exc: openai.APIStatusError) -> str:
    """The server's own words: ``error`` is an object, or with a wrong key a plain string."""
    body = exc.body
    if isinstance(body, dict):
        body = body.get("message") or body.get("detail") or body
    return " ".join(str(body or exc.response.reason_phrase or "no reason given").split())[:300]


def _base_url(url: str) -> httpx2.URL:
    try:
        parsed = httpx2.URL(url.strip())
    except httpx2.InvalidURL as exc:
        raise ConfigurationInvalid(f"The URL of a model server cannot be read ({exc}).") from exc
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ConfigurationInvalid(
            f"{url!r} is no URL of a model server; write it like http://10.0.0.5:8000/v1."
        )
    path = parsed.path.rstrip("/") or "/v1"
    return parsed.copy_with(path=path, query=None, fragment=None)
