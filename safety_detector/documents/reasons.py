"""Reasons as they are shown: the English sentence, and of what it is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, AliasPath, BeforeValidator, Field

from safety_detector.documents.document import Document
from safety_detector.domain.inspection import Problem
from safety_detector.message_texts.reason import Reason, read_reason, reason_document


def _sentence(reason: Any) -> Any:
    return reason.text("en") if isinstance(reason, Reason) else reason


def _details(reason: Any) -> Any:
    return reason_document(reason) if isinstance(reason, Reason) else reason


Sentence = Annotated[str, BeforeValidator(_sentence)]
"""A reason as an English sentence."""


class ReasonDocument(Document):
    """Of what a sentence is made, for programs and for readers of another language."""

    code: Annotated[str, AfterValidator(str)] = Field(
        description="Of the message; one kind of error has several.", examples=["webp-not-decoded"]
    )
    facts: dict[str, Any] = Field(
        description="Its texts and numbers by name; a reason inside of it has code and facts too.",
        examples=[{}],
    )


Details = Annotated[ReasonDocument, BeforeValidator(_details)]
"""A reason as its code and facts."""


class FailureDocument(Document):
    """Why something failed."""

    code: str = Field(
        description="Of the kind of error; stable, for programs.", examples=["picture-broken"]
    )
    reason: Sentence = Field(description="For people.", examples=["The WebP cannot be decoded."])
    details: Details = Field(
        validation_alias=AliasPath("reason"), description="Of what the reason is made."
    )
    attempts: int = Field(description="How often it was tried.", examples=[1])


def read_failure(document: Mapping[str, Any]) -> Problem:
    """The problem that a document shows, or a database keeps; earlier ones have no ``details``.

    Raises:
        KeyError, TypeError, ValueError: it is no such document.
    """
    details = document.get("details")
    reason = Reason.of_sentence(document["reason"]) if details is None else read_reason(details)
    return Problem(document["code"], reason, document["attempts"])


def stored_failure(problem: Problem) -> dict[str, Any]:
    """The problem as a database keeps it: without the sentence, which is made where it is read."""
    return FailureDocument.of(problem).model_dump(mode="json", exclude={"reason"})


def read_waiting(document: Mapping[str, Any]) -> Reason | None:
    """Why what a document shows waits; None if it does not.

    Raises:
        KeyError, TypeError, ValueError: it is no such document.
    """
    sentence, details = document["waiting_reason"], document.get("waiting_details")
    if details is not None:
        return read_reason(details)
    return None if sentence is None else Reason.of_sentence(sentence)
