"""How sure a model was of a part of its answer, from the log-probabilities of its tokens; pure.

A score is the probability that the model gave to the very words it wrote: the product over the
tokens that touch them.  It is no probability that the words are true.  Where anything is in doubt
(a number that is none, tokens that are not the text, nothing that could have been written
otherwise) there is no score, and it is said why.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]
"""Offsets in the text of an answer, the second one behind the last character."""

TOP_LOGPROBS = 5
"""Candidates that are asked for at each token: the one written, and what might have stood there.

With a grammar some of them begin the same word ("fi" for "fire"); clouds allow no more than 5.
"""

MAX_TOKENS = 1 << 16
"""More than any answer has; of one with more there are no scores."""

_Place: TypeAlias = tuple[int, int, int, Span | None]
"""A token's span, its offset in bytes, and ``_Placed.of_all``."""

_MASKED = -9000.0  # vLLM writes -9999 for what the grammar forbids, others null or -Infinity
_PART_OF_A_CHARACTER = "\ufffd"


class Unscored(StrEnum):
    """Why there is no score."""

    NOT_GIVEN = "not-given"
    """The server sent no log-probabilities."""
    NOT_PLACED = "not-placed"
    """It is not known where in the answer the words stand: it had to be repaired."""
    NOT_ALIGNED = "not-aligned"
    """The tokens are not the text."""
    CUT = "cut"
    """The tokens end before it."""
    NO_NUMBER = "no-number"
    """A log-probability is missing, above zero, or none."""
    NOTHING_DECIDED = "nothing-decided"
    """Nothing else could have been written: the grammar forced the words."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What might have stood in the place of a token."""

    raw: bytes
    logprob: float


@dataclass(frozen=True, slots=True)
class AnswerToken:
    """One token of an answer, as the server tells of it.

    Attributes:
        text: its text; U+FFFD stands for a part of a character.
        raw: its bytes, where the server gives them.
        logprob: natural logarithm of its probability; None where it is none.
        others: what might have stood there, the best of them; empty where the server does not say.
    """

    text: str
    raw: bytes | None
    logprob: float | None
    others: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """A score, 0.0 to 1.0, or why there is none."""

    value: float | None
    why_none: Unscored | None = None


@dataclass(frozen=True, slots=True)
class _Placed:
    """A token and the characters that it, or a part of it, is.

    Attributes:
        of_all: None where the token's own characters are known; else those that it may be a part
            of, so that only what holds all of them is known to hold the token.
    """

    start: int
    end: int
    of_all: Span | None
    logprob: float | None
    decides: bool


class ScoredText:
    """The text of an answer with its tokens.

    Args:
        text: the answer, to the letter.
        tokens: those that the server told of, from the answer's beginning.
    """

    def __init__(self, text: str, tokens: Sequence[AnswerToken]) -> None:
        self._is_given = bool(tokens)
        placed = _placed(text, tokens) if tokens else None
        self._is_aligned = placed is not None
        self._placed = placed or []
        self._ends = [one.end for one in self._placed]

    def score(self, *spans: Span | None) -> Score:
        """How sure the model was of what stands at these places, all of them together.

        Args:
            spans: of words; with the quote that ends them, where the words of another answer begin
                with the same letters.  One that is None is not known.
        """
        if not self._is_given:
            return Score(None, Unscored.NOT_GIVEN)
        if not self._is_aligned:
            return Score(None, Unscored.NOT_ALIGNED)
        total, decides = 0.0, False
        touched: dict[int, _Placed] = {}
        for span in spans:
            if span is None or span[0] >= span[1]:
                return Score(None, Unscored.NOT_PLACED)
            if not self._ends or self._ends[-1] < span[1]:
                return Score(None, Unscored.CUT)
            here = self._touching(span)
            touched |= here
            if any(_is_torn(one.of_all, span) for one in here.values()):
                return Score(None, Unscored.NOT_ALIGNED)
        for one in touched.values():
            if one.logprob is None:
                return Score(None, Unscored.NO_NUMBER)
            total += one.logprob
            decides = decides or one.decides
        if not decides:
            return Score(None, Unscored.NOTHING_DECIDED)
        return Score(math.exp(total))

    def _touching(self, span: Span) -> dict[int, _Placed]:
        found: dict[int, _Placed] = {}
        for at in range(bisect_right(self._ends, span[0]), len(self._placed)):
            if self._placed[at].start >= span[1]:
                break
            found[at] = self._placed[at]
        return found


def _is_torn(characters: Span | None, span: Span) -> bool:
    return characters is not None and not span[0] <= characters[0] < characters[1] <= span[1]


UNSCORED_TEXT = ScoredText("", ())
"""Of an answer without log-probabilities."""


def read_tokens(logprobs: object) -> tuple[AnswerToken, ...]:
    """The tokens in the ``logprobs`` of a choice; what is malformed is a token without a number.

    Args:
        logprobs: as decoded from JSON; OpenAI's form is ``{"content": [{"token", "logprob",
            "bytes", "top_logprobs"}]}``.
    """
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    if not isinstance(content, list) or len(content) > MAX_TOKENS:
        return ()
    return tuple(_token(entry) for entry in content)


def _token(entry: object) -> AnswerToken:
    if not isinstance(entry, dict) or not isinstance(entry.get("token"), str):
        return AnswerToken("", None, None)
    text, raw = entry["token"], _raw(entry.get("bytes"))
    number = _number(entry.get("logprob"))
    is_one = number is not None and _MASKED < number <= 0.0
    listed = entry.get("top_logprobs")
    others = list(_candidates(listed)) if isinstance(listed, list) else []
    written = Candidate(_bytes(text, raw), _MASKED if number is None else number)
    if written in others:
        others.remove(written)
    return AnswerToken(text, raw, number if is_one else None, tuple(others))


def _candidates(listed: Iterable[object]) -> Iterable[Candidate]:
    for entry in listed:
        if isinstance(entry, dict) and isinstance(entry.get("token"), str):
            number = _number(entry.get("logprob"))
            raw = _bytes(entry["token"], _raw(entry.get("bytes")))
            yield Candidate(raw, -math.inf if number is None else number)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return None if math.isnan(number) else number


def _raw(value: object) -> bytes | None:
    if not isinstance(value, list):
        return None
    try:
        return bytes(value)
    except (TypeError, ValueError):
        return None


def _bytes(text: str, raw: bytes | None) -> bytes:
    return text.encode(errors="surrogatepass") if raw is None else raw


def _placed(text: str, tokens: Sequence[AnswerToken]) -> list[_Placed] | None:
    """The tokens at their places, None where they are not the text.

    What follows the text (the token that ends an answer) is left out.
    """
    data, starts = text.encode(errors="surrogatepass"), _char_starts(text)
    places = _places_by_bytes(data, starts, tokens)
    if places is None:
        places = _places_by_text(text, starts, tokens)
    if places is None:
        return None
    return [
        _Placed(start, end, of_all, token.logprob, _decides(token, data, at))
        for token, (start, end, at, of_all) in zip(tokens, places, strict=False)
    ]


def _decides(token: AnswerToken, data: bytes, at: int) -> bool:
    """Whether something else could have been written in the place of a token.

    A candidate that begins what was written all the same ("fi" before "re") is nothing else.  Where
    the server lists none, a token of less than certainty had an alternative; one of exactly 0.0 may
    have been forced.

    Args:
        token: the one that was written.
        data: the answer.
        at: where in it the token begins.
    """
    if not token.others:
        return token.logprob is not None and token.logprob < 0.0
    return any(
        one.logprob > _MASKED and not _writes_the_same(one.raw, data, at) for one in token.others
    )


def _writes_the_same(other: bytes, data: bytes, at: int) -> bool:
    """Whether it begins what was written, or may: of a part of a character nothing is known."""
    if data.startswith(other, at):
        return True
    is_illegible = other.startswith(_PART_OF_A_CHARACTER.encode())
    return is_illegible and not data[at : at + 1].isascii()


def _char_starts(text: str) -> Sequence[int]:
    """Offset in bytes of each character, and of the end."""
    if text.isascii():
        return range(len(text) + 1)
    starts = [0]
    for char in text:
        starts.append(starts[-1] + len(char.encode(errors="surrogatepass")))
    return starts


def _places_by_bytes(
    data: bytes, starts: Sequence[int], tokens: Sequence[AnswerToken]
) -> list[_Place] | None:
    """Where the tokens stand if their bytes, one behind the other, are those of the text."""
    places: list[_Place] = []
    at, without_text = 0, 0
    for token in tokens:
        raw = _bytes(token.text, token.raw)
        if not raw:
            without_text += 1
            continue
        if at == len(data):
            break
        if not data.startswith(raw, at):
            return None
        first = bisect_right(starts, at) - 1
        last = bisect_right(starts, at + len(raw) - 1)
        # Servers may write nothing for a part of a character, and all of it for the last part.
        places += [(first, last, at, None)] * (without_text + 1)
        at, without_text = at + len(raw), 0
    return places


def _places_by_text(
    text: str, starts: Sequence[int], tokens: Sequence[AnswerToken]
) -> list[_Place] | None:
    """Where they stand if some hold parts of characters, whose bytes the server did not keep.

    A run of such tokens stands for all characters between what is legible on both sides.  Where
    more than one end of it is possible nothing is guessed.
    """
    places: list[_Place] = []
    at, index = 0, 0
    while index < len(tokens) and at < len(text):
        behind = _run_end(tokens, index, legible=False)
        if behind == len(tokens):
            break  # nobody knows where they end
        if behind > index:
            end = _end_of_run(text, at, tokens, index, behind)
            if end is None:
                return None
            foreign = [place for place in range(at, end) if not text[place].isascii()]
            of_all = (foreign[0], foreign[-1] + 1) if behind > index + 1 else None
            places += [(at, end, starts[at], of_all)] * (behind - index)
        else:
            end = at + len(tokens[index].text)
            if not text.startswith(tokens[index].text, at):
                return None
            places.append((at, end, starts[at], None))
            behind = index + 1
        at, index = end, behind
    return places


def _is_legible(token: AnswerToken) -> bool:
    return bool(token.text) and _PART_OF_A_CHARACTER not in token.text


def _run_end(tokens: Sequence[AnswerToken], start: int, *, legible: bool) -> int:
    end = start
    while end < len(tokens) and _is_legible(tokens[end]) is legible:
        end += 1
    return end


def _end_of_run(
    text: str, at: int, tokens: Sequence[AnswerToken], index: int, behind: int
) -> int | None:
    """The one offset at which a run of illegible tokens can end."""
    next_run = _run_end(tokens, behind, legible=True)
    follows = "".join(token.text for token in tokens[behind:next_run])
    is_last = next_run == len(tokens)
    longest = sum(max(len(token.text), 1) for token in tokens[index:behind])
    ends = [
        end
        for end in range(at + 1, min(at + longest, len(text)) + 1)
        if not text[at:end].isascii()
        and (text.startswith(follows, end) or (is_last and follows.startswith(text[end:])))
    ]
    return ends[0] if len(ends) == 1 else None
