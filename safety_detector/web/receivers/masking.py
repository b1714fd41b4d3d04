"""Takes secrets out of what is kept of a push: devices write their passwords into anything."""

from __future__ import annotations

import re
from typing import Any

from safety_detector.message_texts.reason import Fact, Reason

_SECRETS = (
    (re.compile(r"sdk_[0-9A-Za-z]+_[0-9A-Za-z_-]+"), "sdk_…"),
    (re.compile(r"(//)[^/@\s<>\"]{1,200}@"), r"\1…@"),
    (
        re.compile(
            r"((?:pass(?:word|wd|phrase)?|pwd|token|secret|authorization|credential|key)s?"
            r"[\"']?\s*[=:>]\s*[\"']?)[^\s\"'<>&;,]+",
            re.IGNORECASE,
        ),
        r"\1…",
    ),
)


def masked_text(text: str) -> str:
    """The text without what looks like a key or a password."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def masked_reason(reason: Reason) -> Reason:
    """The reason, likewise, and those in it."""
    return Reason(reason.code, {name: _masked_fact(fact) for name, fact in reason.facts.items()})


def masked(value: Any) -> Any:
    """JSON-ready data, likewise."""
    if isinstance(value, str):
        return masked_text(value)
    if isinstance(value, dict):
        return {name: masked(one) for name, one in value.items()}
    return [masked(one) for one in value] if isinstance(value, list) else value


def _masked_fact(fact: Fact) -> Fact:
    if isinstance(fact, str):
        return masked_text(fact)
    if isinstance(fact, Reason):
        return masked_reason(fact)
    return tuple(masked_reason(one) for one in fact) if isinstance(fact, tuple) else fact
