"""What robots of groups have in common: they answer 200, and say in the body how it went."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from safety_detector.message_texts.reason import Reason
from safety_detector.network.permitted import Network
from safety_detector.notifications.posting import post
from safety_detector.service.notifications.records import Attempt

_SHOWN_CHARACTERS = 200
_HEADERS = {"Content-Type": "application/json; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class RobotCodes:
    """What the codes of a maker's robots mean.

    Attributes:
        code, words: names of the members of an answer.
        too_fast: codes of a robot that was asked too often.
        pause_s: how long it is silent then.
        gone: codes of a robot that is there no more.
        advice: what to do about a code, by the catalogue's code.
    """

    code: str
    words: str
    too_fast: frozenset[int]
    pause_s: float
    gone: frozenset[int]
    advice: Mapping[int, str]


def ask_robot(
    url: str, content: Mapping[str, Any], codes: RobotCodes, allow: Sequence[Network]
) -> Attempt:
    """Posts a message to a robot, and reads what it answers.

    Args:
        url: with whatever signs it.
        content: as its maker wants it.
        codes: of that maker.
        allow: networks that may be reached besides public ones.
    """
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    answer = post(url, _HEADERS, body, allow)
    said = _said(answer.body)
    code = said.get(codes.code)
    if not answer.attempt.is_delivered:
        return answer.attempt
    if not isinstance(code, int) or isinstance(code, bool):
        shown = answer.body.decode(errors="replace").strip()[:_SHOWN_CHARACTERS]
        reason = Reason.of("robot-no-robot", answer=shown)
        return replace(answer.attempt, is_delivered=False, reason=reason)
    if code == 0:
        return answer.attempt
    return _refused(answer.attempt, code, str(said.get(codes.words, "")), codes)


def _refused(attempt: Attempt, code: int, words: str, codes: RobotCodes) -> Attempt:
    reason = Reason.of("robot-refused", code=code, words=words[:_SHOWN_CHARACTERS])
    if code in codes.advice:
        reason = Reason.of("sentences", reasons=(reason, Reason(codes.advice[code])))
    return replace(
        attempt,
        is_delivered=False,
        reason=reason,
        retry_after_s=codes.pause_s if code in codes.too_fast else None,
        is_gone=code in codes.gone,
    )


def _said(body: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
