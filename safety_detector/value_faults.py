"""What is wrong with a value from outside, in words of ours in place of the validator's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from safety_detector.message_texts.catalogue import PHRASES
from safety_detector.message_texts.reason import Reason

# By Pydantic's kind of error; its own words name neither what is wrong nor what would be right.
_CODES: Mapping[str, str] = {
    "bool_parsing": "value-bool",
    "bool_type": "value-bool",
    "byte_size": "value-size",
    "byte_size_unit": "value-size",
    "extra_forbidden": "value-unknown-field",
    "float_parsing": "value-number",
    "float_type": "value-number",
    "greater_than": "value-more-than",
    "greater_than_equal": "value-at-least",
    "int_from_float": "value-whole-number",
    "int_parsing": "value-whole-number",
    "int_type": "value-whole-number",
    "less_than": "value-less-than",
    "less_than_equal": "value-at-most",
    "enum": "value-one-of",
    "literal_error": "value-one-of",
    "missing": "value-missing",
    "model_type": "value-object",
    "string_too_long": "value-too-long",
    "string_too_short": "value-too-short",
    "string_type": "value-text",
    "time_delta_parsing": "value-seconds",
    "too_long": "value-too-many",
    "too_short": "value-too-few",
    "union_tag_invalid": "value-one-of-tags",
    "union_tag_not_found": "value-missing",
}


class ValueFault(ValueError):
    """A value that is refused, for a reason in both languages; validators tell it as their own.

    Args:
        reason: the code of a message of the catalogue, or a whole reason.
        **facts: what stands in its places.
    """

    def __init__(self, reason: str | Reason, /, **facts: object) -> None:
        self.reason = reason if isinstance(reason, Reason) else Reason.of(reason, **facts)
        super().__init__(self.reason.text("en"))


def reason_of(fault: Mapping[str, Any]) -> Reason:
    """Why one of Pydantic's errors is one, without the value."""
    own = fault.get("ctx", {}).get("error")
    if isinstance(own, ValueFault):
        return own.reason
    code = _CODES.get(str(fault.get("type")))
    facts = {name: _shown(value) for name, value in fault.get("ctx", {}).items()}
    if "expected" in facts:  # a list in no language
        facts["expected"] = facts["expected"].replace(" or '", ", '")
    if code is not None and PHRASES[code].fill("en", facts) is not None:
        return Reason.of(code, **facts)
    return Reason.of_sentence(str(fault["msg"]).removeprefix("Value error, "))


def in_words(fault: Mapping[str, Any]) -> str:
    """The English message of one of Pydantic's errors, without the value."""
    return reason_of(fault).text("en")


def is_own(fault: Mapping[str, Any]) -> bool:
    """Whether the message is a check's of ours, which quotes what has to be quoted."""
    return fault.get("type") == "value_error"


def _shown(bound: object) -> str:
    # Pydantic tells the bound of a duration, which is always that it be positive, as Python code.
    return str(bound).replace("datetime.timedelta(0)", "0").removesuffix(".0")
