"""What robots of groups have in common: they answer 200, and say in the body how it went."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from safety_detector.message_texts.reason import Reason
from safety_detector.notifications.posting import Answer, Reach, post
from safety_detector.service.notifications.records import Attempt

_SHOWN_CHARACTERS = 200
_DEADLINE_S = 10.0  # of each of two requests: text and picture
# Of codes that no page lists.
_TOO_FAST_WORDS = ("frequency limit", "freq out of limit", "too fast", "too many request")
_HEADERS = {"Content-Type": "application/json; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class RobotCodes:
    """What the codes of a maker's robots mean.

    Attributes:
        codes, words: names of the members of an answer, the usual ones first.
        too_fast: codes of a robot that was asked too often.
        pause_s: how long it is silent then.
        advice: what to do about a code.
    """

    codes: tuple[str, ...]
    words: tuple[str, ...]
    too_fast: frozenset[int]
    pause_s: float
    advice: Mapping[int, Reason]


def ask_robot(url: str, content: Mapping[str, Any], codes: RobotCodes, reach: Reach) -> Attempt:
    """Posts a message to a robot, and reads what it answers.

    Args:
        url: with whatever signs it.
        content: as its maker wants it.
        codes: of that maker.
        reach: how far it may go.
    """
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    answer = post(url, _HEADERS, body, reach, _DEADLINE_S)
    said = _said(answer.body)
    code = _first(said, codes.codes)
    if isinstance(code, bool) or not isinstance(code, int):
        return _judged_by_http(answer)
    if code == 0 or answer.attempt.is_gone:
        return answer.attempt
    return _refused(answer.attempt, code, str(_first(said, codes.words) or ""), codes)


def _judged_by_http(answer: Answer) -> Attempt:
    """Where there is no code: what says that all is well, and is no robot, took nothing."""
    if not answer.attempt.is_delivered:
        return answer.attempt
    shown = " ".join(answer.body.decode(errors="replace").split())[:_SHOWN_CHARACTERS]
    reason = Reason.of("robot-no-robot", answer=shown)
    return replace(answer.attempt, is_delivered=False, reason=reason)


def _refused(attempt: Attempt, code: int, words: str, codes: RobotCodes) -> Attempt:
    words = " ".join(words.split())[:_SHOWN_CHARACTERS]
    refused = Reason.of("robot-refused", code=code, words=words)
    is_too_fast = code in codes.too_fast or any(one in words.lower() for one in _TOO_FAST_WORDS)
    advice = Reason("robot-too-fast") if is_too_fast else codes.advice.get(code)
    reasons = (refused,) if advice is None else (refused, advice)
    return replace(
        attempt,
        is_delivered=False,
        reason=Reason.of("sentences", reasons=reasons),
        retry_after_s=codes.pause_s if is_too_fast else attempt.retry_after_s,
    )


def _first(said: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((said[name] for name in names if name in said), None)


def _said(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def with_keyword(text: str, settings: Mapping[str, Any]) -> str:
    """The text with the word without which the robot takes none, where it insists on one."""
    keyword = str(settings.get("keyword") or "")
    return text if keyword in text else f"{text}\n\n{keyword}"
