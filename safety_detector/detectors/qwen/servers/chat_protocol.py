"""The chat protocol of OpenAI-compatible servers, as far as one picture needs it.

The request is made here and each line of the streamed answer is validated here; who sends it is
none of this module's concern.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from safety_detector.detectors.qwen.answer.token_scores import (
    TOP_LOGPROBS,
    AnswerToken,
    read_tokens,
)
from safety_detector.detectors.qwen.prompts import Prompt
from safety_detector.domain.detections import TokenUsage
from safety_detector.errors import (
    DetectorError,
    ModelFault,
    ModelRefused,
    ModelUnreachable,
    ServerFailure,
)
from safety_detector.message_texts.reason import Reason

_BATCH_PRIORITY = 1
"""Of pictures that can wait; vLLM takes lower numbers first, and 0 where none is given."""

_SEED = 1  # with temperature 0 the same picture gives the same answer on the same server


class _Content(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    index: int | None = None
    delta: _Content | None = None  # in a stream
    message: _Content | None = None  # from a server that answers in one piece all the same
    finish_reason: str | None = None
    logprobs: Any = None  # no form of it is a reason to lose an answer

    @property
    def text(self) -> str:
        content = self.delta or self.message
        return (content.content or "") if content else ""


class _PromptDetails(BaseModel):
    cached_tokens: int | None = None


class _Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _PromptDetails | None = None


class _Error(BaseModel):
    message: str = ""
    code: int | str | None = None


class _Model(BaseModel):
    id: str


class _ModelList(BaseModel):
    data: list[_Model]


class AnswerPiece(BaseModel):
    """One event of a streamed answer, or all of one that is not; unknown fields are passed over."""

    choices: list[_Choice] = Field(default_factory=list)
    usage: _Usage | None = None
    error: _Error | str | None = None

    @model_validator(mode="after")
    def _has_one_answer(self) -> Self:
        """One answer was asked for: of several nobody knows which one holds."""
        if any(choice.text for choice in self.choices if choice is not self._choice):
            raise ValueError("several answers")
        return self

    @property
    def _choice(self) -> _Choice | None:
        return next((choice for choice in self.choices if not choice.index), None)

    @property
    def text(self) -> str:
        """What this event adds to the answer."""
        return self._choice.text if self._choice else ""

    @property
    def tokens(self) -> tuple[AnswerToken, ...]:
        """The tokens of that text, where the server tells of them."""
        return read_tokens(self._choice.logprobs) if self._choice else ()

    @property
    def finish_reason(self) -> str | None:
        """Why the server stopped, in its last event with a choice."""
        return self._choice.finish_reason if self._choice else None

    @property
    def token_usage(self) -> TokenUsage | None:
        """Tokens of the whole request, in the last event of all."""
        if self.usage is None:
            return None
        details = self.usage.prompt_tokens_details
        return TokenUsage(
            prompt_tokens=self.usage.prompt_tokens,
            cached_tokens=details.cached_tokens if details else None,
            completion_tokens=self.usage.completion_tokens,
        )


class Extra(StrEnum):
    """Parts of a request that not every server takes, those first that are missed least."""

    LOGPROBS = "logprobs"
    """Tells of each token how probable it was."""
    PRIORITY = "priority"
    """Lets others go first; vLLM takes it with ``--scheduling-policy priority`` alone."""
    SCHEMA = "schema"
    """Holds the answer to the JSON schema."""

    def is_named_in(self, refusal: str) -> bool:
        """Whether a server's words speak of it."""
        return any(word in refusal.lower() for word in _EXTRAS_NAMED[self])


_EXTRAS_NAMED: Mapping[Extra, tuple[str, ...]] = {
    Extra.LOGPROBS: ("logprob",),
    Extra.PRIORITY: ("priority",),
    Extra.SCHEMA: ("schema", "response_format", "grammar", "guided", "structured"),
}


def request_body(
    model: str, prompt: Prompt, jpeg: bytes, max_output_tokens: int, extras: Collection[Extra]
) -> dict[str, Any]:
    """One request about one picture.

    The instruction stands in the system message and the picture behind it: a server reuses what it
    computed only up to the first token that differs.  The schema goes in the nested OpenAI form;
    vLLM ignores ``guided_json`` without a word.
    """
    picture = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
    body: dict[str, Any] = {
        "model": model,
        "messages": [
            {"role": "system", "content": prompt.instruction},
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": picture}},
                    {"type": "text", "text": prompt.question},
                ],
            },
        ],
        "temperature": 0,
        "seed": _SEED,
        "max_tokens": max_output_tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if Extra.PRIORITY in extras:
        body["extra_body"] = {"priority": _BATCH_PRIORITY}
    if Extra.LOGPROBS in extras:
        body["logprobs"] = True
        body["top_logprobs"] = TOP_LOGPROBS
    if Extra.SCHEMA in extras:
        schema = {"name": "detections", "schema": prompt.schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def is_streamed(content_type: str) -> bool:
    """Whether an answer comes token by token, and not in one piece."""
    return not content_type.startswith("application/json")


def read_pieces(content_type: str, lines: Iterable[str]) -> Iterator[AnswerPiece]:
    """The pieces of an answer, from the lines of a response of status 200.

    Args:
        content_type: of the response; ``application/json`` is an answer in one piece.
        lines: of the response's body, without their ends.

    Raises:
        ModelFault: the body is not of the protocol.
        ModelUnreachable, ModelRefused: the server gave up after it had begun.
    """
    if not is_streamed(content_type):
        yield _piece("\n".join(lines))
        return
    for line in lines:
        name, _, payload = line.partition(":")
        if name != "data":
            continue  # a comment that keeps the connection alive, an event's name
        if payload.strip() == "[DONE]":
            return
        yield _piece(payload)
    yield AnswerPiece(choices=[_Choice(finish_reason="no end")])


def read_model_list(body: bytes) -> frozenset[str]:
    """Names of the models in the answer of ``/v1/models``.

    Raises:
        ModelFault: the body is no such list.
    """
    try:
        return frozenset(model.id for model in _ModelList.model_validate_json(body).data)
    except ValidationError as exc:
        raise ModelFault("model-list-unreadable") from exc


def _piece(payload: str) -> AnswerPiece:
    try:
        piece = AnswerPiece.model_validate_json(payload)
    except ValidationError as exc:
        shown = " ".join(payload.split())[:120]
        raise ModelFault("server-sent-no-answer", text=shown) from exc
    if piece.error is not None:
        raise _given_up(piece.error)
    return piece


def _given_up(error: _Error | str) -> DetectorError:
    """A server that fails behind its first bytes can only say so in the stream.

    vLLM 0.32 refuses a schema there too, after status 200.
    """
    message = error if isinstance(error, str) else error.message
    code = str(error.code) if isinstance(error, _Error) else ""
    reason = Reason.of("server-gave-up", cause=message[:300])
    if code.isdecimal() and code.startswith("4"):
        return ModelRefused(reason, http_status=int(code))
    return ModelUnreachable(reason, failure=ServerFailure.BROKEN_OFF)
