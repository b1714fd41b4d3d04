"""Values as requests write them: checked the same way wherever in the request they stand."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    Field,
    RootModel,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import ErrorDetails

from safety_detector.message_texts.reason import Reason
from safety_detector.service.inspections.listing import ULID_PATTERN
from safety_detector.value_faults import ValueFault
from safety_detector.web.bodies.json_values import check_storable
from safety_detector.web.problems.problem import RequestProblem, invalid_request

_MAX_NAME_CHARACTERS = 255
_WIDE_SPACE = "\N{IDEOGRAPHIC SPACE}"
_JOINING_MARKS = (
    "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH SPACE}\N{WORD JOINER}"
    "\N{ZERO WIDTH NO-BREAK SPACE}\N{SOFT HYPHEN}"
)

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
"""Ids of cameras and batches; nothing else can be found, and NUL never reaches a database."""

_Model = TypeVar("_Model", bound=BaseModel)

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9:.,]+([Zz]|[-+ ][0-9]{2}:?[0-9]{2})")
_SPACE_FOR_PLUS = re.compile(r" (?=[0-9]{2}:?[0-9]{2}$)")
_LEAP_SECOND = re.compile(r"(?<=[0-9]{2}:[0-9]{2}):60(?![0-9])")
_YEARS = range(1970, 9999)  # what identifiers and all time zones can hold


def printable_name(name: str) -> str:
    """The name without control characters, lone surrogates and excess length.

    In NFC, as people type what they look for; macOS writes names decomposed.  Spaces that look like
    one are one (macOS puts a narrow one before PM), those of Chinese stay as wide as they are, and
    marks that only tell neighbours to join or not are left out.
    """
    kept = (
        _shown(character)
        for character in unicodedata.normalize("NFC", name)
        if character not in _JOINING_MARKS
    )
    return "".join(kept).strip()[:_MAX_NAME_CHARACTERS]


def _shown(character: str) -> str:
    if character.isprintable() or character == _WIDE_SPACE:
        return character
    return " " if unicodedata.category(character) == "Zs" else "\N{REPLACEMENT CHARACTER}"


def said_text(text: str) -> str:
    """A text that people write and read, as it can be printed; the check of such a field."""
    printable = printable_name(text)
    if not printable:
        raise ValueFault("value-text-empty")
    return printable


def _written_moment(value: object) -> str:
    """RFC 3339 alone, since Pydantic would also take numbers for moments.

    A "+" that was not percent-encoded in a query arrives as a space.
    """
    if not isinstance(value, str) or _MOMENT.fullmatch(value) is None:
        raise ValueFault("value-moment")
    # A leap second is told as the last one before it, which every clock has.
    return _LEAP_SECOND.sub(":59", _SPACE_FOR_PLUS.sub("+", value))


def _near_moment(moment: datetime) -> datetime:
    if moment.year not in _YEARS:
        raise ValueFault("value-year", first=_YEARS.start, last=_YEARS.stop - 1)
    return moment


def storable_text(text: str) -> str:
    """Refuses what one of the databases cannot keep."""
    check_storable(text)
    return text


def empty_is_none(value: object) -> object:
    """Forms send what is not filled in as an empty text."""
    return None if value == "" else value


def _in_our_words(code: str) -> WrapValidator:
    """Says the rule of that code; Pydantic would show a regular expression."""

    def check(value: object, check_it: ValidatorFunctionWrapHandler) -> object:
        try:
            return check_it(value)
        except ValidationError as exc:
            raise ValueFault(code) from exc

    return WrapValidator(check)


Moment = Annotated[AwareDatetime, BeforeValidator(_written_moment), AfterValidator(_near_moment)]
"""A moment with its zone, as RFC 3339 writes it."""

SearchedText = Annotated[
    str, Field(min_length=1, max_length=_MAX_NAME_CHARACTERS), AfterValidator(storable_text)
]
"""Text that names are searched for."""

RecordId = Annotated[
    str,
    Field(pattern=ID_PATTERN),
    _in_our_words("value-id"),
]
BatchId = Annotated[
    str,
    Field(pattern=f"^{ULID_PATTERN.pattern}$"),
    _in_our_words("value-ulid"),
]


def check_period(since: datetime | None, until: datetime | None) -> None:
    """Refuses a period that ends before it begins.

    Raises:
        RequestProblem: it does.
    """
    if since and until and since >= until:
        raise RequestProblem(
            "request-invalid",
            "until: it must be later than since.",
            faults=[("", Reason("period-backwards"))],
        )


def checked(model: type[_Model], written: object) -> _Model:
    """Data from outside as a model.

    Raises:
        RequestProblem: a field is unknown, missing or has no good value.
    """
    try:
        return model.model_validate(written)
    except ValidationError as exc:
        faults = exc.errors(include_url=False, include_input=False)
        if issubclass(model, RootModel):
            faults = [_of_chosen(one) for one in faults]
        raise invalid_request(faults) from exc


def _of_chosen(fault: ErrorDetails) -> ErrorDetails:
    """The fault at the field as it was written, where a field chooses among models.

    Pydantic puts the choice before the places of the chosen one's fields, and a choice that is
    none at no place.
    """
    place = fault["loc"]
    if fault["type"].startswith("union_tag_"):
        chooser = str(fault.get("ctx", {}).get("discriminator", "")).strip("'")
        return {**fault, "loc": (*place, chooser)}
    return {**fault, "loc": place[1:]}
