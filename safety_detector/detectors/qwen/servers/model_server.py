"""One OpenAI-compatible server: a request goes out, an answer or one of our errors comes back.

The only module that knows the ``openai`` package.  Its own retries are off: who retries, and when,
is decided where the delays are kept.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx2
import openai

from safety_detector.detectors.qwen.answer.stream import AnswerStream
from safety_detector.detectors.qwen.answer.token_scores import MAX_TOKENS, AnswerToken
from safety_detector.detectors.qwen.prompts import Prompt
from safety_detector.detectors.qwen.servers.chat_protocol import (
    Extra,
    is_streamed,
    read_model_list,
    read_pieces,
    request_body,
)
from safety_detector.detectors.qwen.servers.deferred_closing import DeferredClosing
from safety_detector.domain.detections import TokenUsage
from safety_detector.errors import (
    ConfigurationInvalid,
    DetectorError,
    ModelFault,
    ModelRefused,
    ModelUnreachable,
    ServerFailure,
)
from safety_detector.message_texts.reason import Reason
from safety_detector.network.authorities import usual_authorities
from safety_detector.network.http_bodies import PLAIN, BoundedBody, require_plain

CONNECT_TIMEOUT_S = 5.0
"""Servers stand in the same building; one that takes longer to connect is not there."""

_MAX_EVENT_BYTES = 4096  # one event a token, of about 300 bytes; 900 with log-probabilities
_LEAST_TOKENS = 16  # what even the shortest answer has in events without text
_EXTRA_REFUSED = (400, 422)  # which of the two depends on the server
_MOST_LISTED_BYTES = 1 << 22  # of a list of models, which has some 500 bytes a model
_SICK = (500, 503)  # what vLLM answers at /health when its engine is dead
_LOOK_TIMEOUT_S = 10.0  # what costs the server nothing comes at once

VENDOR_ERRORS = (openai.OpenAIError, httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL)
"""What ``openai`` and its transport raise; a test lists their classes."""


@dataclass(frozen=True, slots=True)
class ModelReply:
    """An answer as it came.

    Attributes:
        text: to the letter.
        finish_reason: the server's, or why we ended it early; None where the server gave none.
        usage: None where the server gave none or the answer was ended early.
        tokens: of the text, with how probable each was; empty where the server does not tell.
        first_token_s: from the request to the first text, None where there was none or the answer
            came in one piece.
        whole_s: from the request to the end.
    """

    text: str
    finish_reason: str | None
    usage: TokenUsage | None
    tokens: tuple[AnswerToken, ...] = ()
    first_token_s: float | None = None
    whole_s: float = 0.0


class ModelServer:
    """One OpenAI-compatible server.  Safe to use from several threads.

    Args:
        url: base URL; ``/v1`` is added where it has no path.
        model: name under which the model is served.
        api_key: None where the server asks for none.
        timeout_s: longest time for one answer, connecting included.
        logprobs: whether it is asked how probable each token was.

    Raises:
        ConfigurationInvalid: the URL is none, or the key cannot stand in a header.
    """

    def __init__(
        self,
        url: str,
        model: str,
        api_key: str | None,
        timeout_s: float,
        *,
        logprobs: bool = False,
    ) -> None:
        base_url = _base_url(url)
        self.address = shown_address(url)
        self._model = model
        self._timeout_s = timeout_s
        self._usual = {Extra.SCHEMA, Extra.LOGPROBS} if logprobs else {Extra.SCHEMA}
        self._health_url = _health_url(base_url)
        # Which extras the server was seen to take, or not; of schemas each by itself.
        self._taken: dict[tuple[Extra, str], bool] = {}
        if api_key is not None and not (api_key.isascii() and api_key.isprintable()):
            raise ConfigurationInvalid("model-key-malformed")
        # Left to itself the client would read OPENAI_API_KEY, OPENAI_ORG_ID and the like from the
        # environment and send them to this server.
        self._client = openai.OpenAI(
            base_url=base_url,
            api_key=api_key or "none",
            max_retries=0,
            timeout=_timeout(timeout_s),
            default_headers=PLAIN,
            http_client=openai.DefaultHttpxClient(
                verify=usual_authorities(), event_hooks={"response": [_bound]}
            ),
        )
        self._client.organization = self._client.project = None
        self._closing = DeferredClosing(self._client.close)

    def ask(
        self,
        prompt: Prompt,
        jpeg: bytes,
        max_output_tokens: int,
        *,
        urgent: bool = True,
        timeout_s: float | None = None,
    ) -> ModelReply:
        """One picture, one answer; without those extras that the server refuses.

        Args:
            prompt: what is asked.
            jpeg: about which picture.
            max_output_tokens: longest answer.
            urgent: False lets urgent pictures go first, where the server can do that.
            timeout_s: longest time for this answer, if another than usual.

        Raises:
            ModelUnreachable: no connection, no answer in time, or the server is not able to.
            ModelRefused: the server says that the request is wrong.
            ModelFault: what came back is not of the protocol.
            RuntimeError: the connections were closed before.
        """
        wanted = self._usual if urgent else {*self._usual, Extra.PRIORITY}
        key = partial(_extra_of, prompt)
        wanted = {one for one in wanted if self._taken.get(key(one), True)}
        tried: list[set[Extra]] = []
        extras = wanted
        while True:
            body = request_body(self._model, prompt, jpeg, max_output_tokens, extras)
            try:
                reply = self._stream(body, max_output_tokens, timeout_s or self._timeout_s)
            except ModelRefused as exc:
                tried.append(extras)
                unproven = [one for one in Extra if not self._taken.get(key(one))]
                fewer = _without_refused(exc, wanted, extras, unproven, tried)
                if fewer is None:
                    raise
                extras = fewer
            else:
                # Only now is it known that the extras were the reason, and not the picture.
                self._taken |= {key(one): one in extras for one in wanted}
                return reply

    def check_health(self) -> None:
        """Asks ``/health``, which a cloud does not have: only a plain "no" counts.

        Raises:
            ModelUnreachable: nothing answers there, or the server says that its engine is dead.
        """
        try:
            # What it says there is of no interest, however much it is.
            with httpx2.stream(
                "GET",
                self._health_url,
                timeout=_timeout(_LOOK_TIMEOUT_S),
                verify=usual_authorities(),
            ) as response:
                status = response.status_code
        except httpx2.HTTPError as exc:
            raise ModelUnreachable(
                "server-unreachable",
                failure=ServerFailure.UNCONNECTED,
                address=self.address,
                cause=exc,
            ) from exc
        if status in _SICK:
            raise ModelUnreachable(
                "server-says-unhealthy",
                failure=ServerFailure.REFUSED,
                http_status=status,
                address=self.address,
                status=status,
            )

    def served_models(self) -> frozenset[str] | None:
        """Names of the models here, or None where the server keeps no list of them.

        Raises:
            ModelUnreachable: the server does not answer, or not to us.
            ModelFault: what came back is not of the protocol.
            RuntimeError: the connections were closed before.
        """
        limit = _timeout(_LOOK_TIMEOUT_S)
        with self._our_errors():
            try:
                response = self._client.models.with_raw_response.list(timeout=limit)
            except (openai.NotFoundError, openai.BadRequestError):
                return None
            return read_model_list(response.content)

    def close(self) -> None:
        """Closes the connections; requests that run go on to their end."""
        self._closing.close()

    def _stream(self, body: dict[str, Any], max_output_tokens: int, timeout_s: float) -> ModelReply:
        started = time.monotonic()
        answer = AnswerStream(max_output_tokens)
        try:
            # Leaving the block closes the connection, and with it ends the generation.
            with (
                self._our_errors(),
                self._client.chat.completions.with_streaming_response.create(
                    **body, timeout=_timeout(timeout_s)
                ) as response,
            ):
                http = response.http_response
                most_bytes = max(max_output_tokens, _LEAST_TOKENS) * _MAX_EVENT_BYTES
                http.stream = BoundedBody(http.stream, started + timeout_s, most_bytes)
                return _read_reply(http, answer, started)
        except ModelUnreachable as exc:
            if answer.text:
                exc.chars_per_s = len(answer.text) / (time.monotonic() - started)
            raise

    @contextmanager
    def _our_errors(self) -> Iterator[None]:
        try:
            with self._closing.in_use() as is_open:
                if not is_open:  # no fault of the server's, to be held against it
                    raise RuntimeError(f"the connections to {self.address} are closed")
                yield
        except VENDOR_ERRORS as exc:
            raise translated(exc, self.address, self._model) from exc


def _extra_of(prompt: Prompt, extra: Extra) -> tuple[Extra, str]:
    """An extra as a server takes it or not: a grammar may know one schema and not the other."""
    return extra, prompt.version if extra is Extra.SCHEMA else ""


def _without_refused(
    exc: ModelRefused,
    wanted: Collection[Extra],
    extras: Collection[Extra],
    unproven: Collection[Extra],
    tried: Collection[Collection[Extra]],
) -> set[Extra] | None:
    """Which extras to try next, None if the request was refused for another reason.

    Without the first that the server's words name, else without each by itself that it was never
    seen to take (so that one that it refuses does not cost the others), then without all.
    """
    if exc.http_status not in _EXTRA_REFUSED:
        return None
    suspects = [one for one in unproven if one in wanted]
    named = [one for one in suspects if one in extras and one.is_named_in(exc.message)]
    fewer = [set(extras) - set(named[:1]), *(set(wanted) - {one} for one in suspects)]
    fewer.append(set(wanted) - set(suspects))
    return next((one for one in fewer if one not in tried), None)


def _bound(response: httpx2.Response) -> None:
    """Bounds what is read of a response; an answer itself has bounds of its own."""
    require_plain(response, _LOOK_TIMEOUT_S)
    body = response.stream
    is_list = response.is_success and response.request.method == "GET"
    if is_list and isinstance(body, httpx2.SyncByteStream):
        deadline = time.monotonic() + _LOOK_TIMEOUT_S
        response.stream = BoundedBody(body, deadline, _MOST_LISTED_BYTES)


def _read_reply(http: httpx2.Response, answer: AnswerStream, started: float) -> ModelReply:
    """Reads until the end, or until reading on is not worth anything."""
    finish_reason, usage, first_token_s = None, None, None
    tokens: list[AnswerToken] = []
    content_type = http.headers.get("content-type", "")
    for piece in read_pieces(content_type, http.iter_lines()):
        usage = piece.token_usage or usage
        if len(tokens) < MAX_TOKENS:
            tokens += piece.tokens
        finish_reason = finish_reason or piece.finish_reason
        if first_token_s is None and piece.text and is_streamed(content_type):
            first_token_s = time.monotonic() - started
        end = answer.add(piece.text)
        if end is not None:
            finish_reason = answer.finish_reason(end)
            break
    whole_s = time.monotonic() - started
    return ModelReply(answer.text, finish_reason, usage, tuple(tokens), first_token_s, whole_s)


def translated(exc: Exception, address: str, model: str) -> DetectorError:
    """Our error for one of ``VENDOR_ERRORS``; the message names the server's address.

    Whatever says nothing about the picture (no connection, no time, no permission, no such model,
    no room, a broken server) is ``ModelUnreachable``, so that pictures wait for the operator
    instead of failing one by one.
    """
    cause = exc.__cause__ if isinstance(exc, openai.APIConnectionError) else exc
    if isinstance(cause, httpx2.TimeoutException) and not isinstance(cause, httpx2.ConnectTimeout):
        return ModelUnreachable(
            "server-timed-out", failure=ServerFailure.TIMED_OUT, address=address
        )
    if isinstance(cause, (httpx2.ConnectError, httpx2.ConnectTimeout)):
        return ModelUnreachable(
            "server-unreachable", failure=ServerFailure.UNCONNECTED, address=address, cause=cause
        )
    if isinstance(cause, httpx2.DecodingError):
        return ModelFault("server-off-protocol", address=address, cause=cause)
    if isinstance(exc, (openai.APIConnectionError, httpx2.TransportError)):
        return ModelUnreachable(
            "server-unreachable", failure=ServerFailure.BROKEN_OFF, address=address, cause=cause
        )
    if isinstance(exc, openai.APIStatusError):
        return _translated_status(exc, address, model)
    return ModelFault("server-off-protocol", address=address, cause=exc)


def _translated_status(exc: openai.APIStatusError, address: str, model: str) -> DetectorError:
    status = exc.status_code
    facts = {"address": address, "status": status, "text": _said(exc)}
    match status:
        case 401 | 403:
            reason = Reason.of("server-refuses-key", **facts)
        case 404:
            reason = Reason.of("server-lacks-model", model=model, **facts)
        case 408 | 409 | 425 | 429:
            reason = Reason.of("server-has-no-room", **facts)
        case _ if status >= 500:
            reason = Reason.of("server-unable", **facts)
        case _:
            reason = Reason.of("server-refuses-request", **facts)
            return ModelRefused(reason, http_status=status)
    return ModelUnreachable(reason, failure=ServerFailure.REFUSED, http_status=status)


def _said(exc: openai.APIStatusError) -> str:
    """The server's own words: ``error`` is an object, or with a wrong key a plain string."""
    body = exc.body
    if isinstance(body, dict):
        body = body.get("message") or body.get("detail") or body
    return " ".join(str(body or exc.response.reason_phrase or "no reason given").split())[:300]


def shown_address(url: str) -> str:
    """A server's base URL without any password, as it stands in messages.

    Raises:
        ConfigurationInvalid: the URL is none.
    """
    return str(_base_url(url).copy_with(userinfo=b""))


def _timeout(timeout_s: float) -> httpx2.Timeout:
    return httpx2.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s))


def _health_url(base_url: httpx2.URL) -> httpx2.URL:
    """As vLLM has it: beside ``/v1``, not below it."""
    return base_url.copy_with(path=base_url.path.removesuffix("/v1") + "/health")


def _base_url(url: str) -> httpx2.URL:
    try:
        parsed = httpx2.URL(url.strip())
    except httpx2.InvalidURL as exc:
        raise ConfigurationInvalid("model-url-unreadable", cause=exc) from exc
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ConfigurationInvalid("model-url-malformed", url=url)
    path = parsed.path.rstrip("/") or "/v1"
    return parsed.copy_with(path=path, query=None, fragment=None)
