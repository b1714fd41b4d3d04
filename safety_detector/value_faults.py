"""What is wrong with a value from outside, in words of ours in place of the validator's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# By Pydantic's kind of error; its own words name neither what is wrong nor what would be right.
_WORDS: Mapping[str, str] = {
    "bool_parsing": "true or false is needed",
    "bool_type": "true or false is needed",
    "byte_size": "a size is needed, for example 500GB or 2TiB",
    "byte_size_unit": "a size is needed, for example 500GB or 2TiB",
    "extra_forbidden": "there is no such field",
    "float_parsing": "a number is needed, for example 90 or 0.5",
    "float_type": "a number is needed, for example 90 or 0.5",
    "greater_than": "it must be more than {gt}",
    "greater_than_equal": "it must be at least {ge}",
    "int_from_float": "a whole number is needed, for example 8",
    "int_parsing": "a whole number is needed, for example 8",
    "int_type": "a whole number is needed, for example 8",
    "less_than": "it must be less than {lt}",
    "less_than_equal": "it must be at most {le}",
    "enum": "one of {expected} is needed",
    "literal_error": "one of {expected} is needed",
    "missing": "it is needed and was not given",
    "model_type": "a JSON object is needed",
    "string_too_long": "it is too long; at most {max_length} characters are taken",
    "string_too_short": "it is too short; {min_length} or more characters are needed",
    "string_type": "text is needed",
    "time_delta_parsing": "a number of seconds is needed, for example 30",
    "union_tag_invalid": "one of {expected_tags} is needed",
    "union_tag_not_found": "it is needed and was not given",
}


def in_words(fault: Mapping[str, Any]) -> str:
    """The message of one of Pydantic's errors, without the value."""
    words = _WORDS.get(str(fault.get("type")))
    context = {name: _shown(value) for name, value in fault.get("ctx", {}).items()}
    try:
        if words is not None:
            return words.format(**context)
    except KeyError:
        pass
    return str(fault["msg"]).removeprefix("Value error, ")


def is_own(fault: Mapping[str, Any]) -> bool:
    """Whether the message is a check's of ours, which quotes what has to be quoted."""
    return fault.get("type") == "value_error"


def _shown(bound: object) -> str:
    # Pydantic tells the bound of a duration, which is always that it be positive, as Python code.
    return str(bound).replace("datetime.timedelta(0)", "0").removesuffix(".0")
