"""Inspections as REST shows them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasPath, BeforeValidator, Field, ValidationInfo

from safety_detector.documents.document import Document, shown
from safety_detector.documents.results import EXAMPLE_ID, ResultDocument
from safety_detector.web.problems.documents import ProblemDocument

_PATH = f"/v1/inspections/{EXAMPLE_ID}"


class Links(Document):
    """Addresses of what belongs to an inspection; `annotated` answers 409 until it is there."""

    self: str = Field(description="The inspection.", examples=[_PATH])
    original: str = Field(description="The submitted bytes.", examples=[f"{_PATH}/original"])
    annotated: str = Field(
        description="With its detections drawn.", examples=[f"{_PATH}/annotated"]
    )
    report: str = Field(description="The evidence sheet.", examples=[f"{_PATH}/report.pdf"])


def _links(inspection_id: object, info: ValidationInfo) -> object:
    if not isinstance(inspection_id, str):
        return inspection_id
    itself = f"{shown(info).base_path}/v1/inspections/{inspection_id}"
    return {
        "self": itself,
        "original": f"{itself}/original",
        "annotated": f"{itself}/annotated",
        "report": f"{itself}/report.pdf",
    }


class InspectionDocument(ResultDocument):
    """One submitted picture and its outcome."""

    links: Annotated[Links, BeforeValidator(_links)] = Field(  # type: ignore[assignment]
        validation_alias=AliasPath("id"), description="What belongs to it."
    )


QUEUED_EXAMPLE = {
    **InspectionDocument.example(),
    "status": "queued",
    "verdict": None,
    "detections": [],
    "runs": [],
}
"""An inspection that was just accepted."""


class PageDocument(Document):
    """A page of inspections."""

    inspections: list[InspectionDocument] = Field(
        validation_alias="items", description="In the wanted order."
    )
    next_cursor: str | None = Field(
        description="Leads to the next page; null on the last.", examples=[EXAMPLE_ID]
    )


class RejectedDocument(Document):
    """A file that was not accepted."""

    index: int = Field(description="Its place among the files, from 0.", examples=[1])
    name: str = Field(description="As it was sent, for people.", examples=["notes.zip"])
    problem: ProblemDocument = Field(
        description="Why.",
        examples=[
            {
                "type": "/problems/not-a-picture",
                "title": "Not a picture",
                "status": 422,
                "detail": "Not a picture: it looks like a zip archive.",
                "code": "not-a-picture",
            }
        ],
    )


class SubmittedDocument(Document):
    """What became of the files of a form."""

    inspections: list[InspectionDocument] = Field(
        description="Of those that were accepted.", examples=[[QUEUED_EXAMPLE]]
    )
    rejected: list[RejectedDocument] = Field(description="The others.")
