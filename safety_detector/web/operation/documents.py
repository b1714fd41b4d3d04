"""Bodies and answers of the routes for operators: requeue, holds, audit."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from safety_detector.domain.inspection import timestamp
from safety_detector.service.audit import AuditAction, AuditEntry
from safety_detector.service.holds import Hold
from safety_detector.web.inspections.fields import Moment, RecordId, printable_name

_MAX_IDS = 1000

_EXAMPLE_ID = "01KAJ8W4T0X2V7Q9R5N3M1B6CD"


def _said(reason: str) -> str:
    printable = printable_name(reason)
    if not printable:
        raise ValueError("a reason has at least one character")
    return printable


class RequeueBody(BaseModel):
    """Which failed inspections are run again: either these, or all since a moment."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"failed_since": "2026-11-21T16:00:00Z"}]}
    )

    inspection_ids: list[RecordId] | None = Field(None, min_length=1, max_length=_MAX_IDS)
    failed_since: Moment | None = Field(None, description="Failed at that moment or later.")

    @model_validator(mode="after")
    def _one_of_both(self) -> RequeueBody:
        if (self.inspection_ids is None) == (self.failed_since is None):
            raise ValueError("either inspection_ids or failed_since is needed")
        return self


class RequeuedDocument(BaseModel):
    """What is run again."""

    model_config = ConfigDict(extra="forbid")

    requeued: int = Field(description="How many are queued again.")
    left: list[str] = Field(description="Of the named ones, those that were not failed.")


class HoldBody(BaseModel):
    """Why an inspection is kept."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "Accident report 17"}]}
    )

    reason: Annotated[str, AfterValidator(_said)] = Field(min_length=1, max_length=255)


class HoldDocument(BaseModel):
    """An inspection that is kept with its pictures until the hold is released."""

    model_config = ConfigDict(extra="forbid")

    inspection_id: str
    reason: str
    set_by: str
    set_at: datetime


class HoldsDocument(BaseModel):
    """A page of holds, the oldest picture first."""

    model_config = ConfigDict(extra="forbid")

    holds: list[HoldDocument]
    next_cursor: str | None


class AuditEntryDocument(BaseModel):
    """Who did what."""

    model_config = ConfigDict(extra="forbid")

    id: int
    at: datetime
    actor: str = Field(description="Name of the API key, or user and machine of a command.")
    key_id: str | None
    action: AuditAction
    subject: str | None = Field(description="The key, camera or inspection, if it was one.")
    details: dict[str, Any]


class AuditDocument(BaseModel):
    """A page of the audit log, newest first."""

    model_config = ConfigDict(extra="forbid")

    entries: list[AuditEntryDocument]
    next_cursor: str | None


def hold_document(hold: Hold) -> dict[str, Any]:
    """A hold as it stands in answers."""
    return {
        "inspection_id": hold.inspection_id,
        "reason": hold.reason,
        "set_by": hold.set_by,
        "set_at": timestamp(hold.set_at),
    }


def audit_document(entry: AuditEntry) -> dict[str, Any]:
    """An entry of the audit log as it stands in answers."""
    return {
        "id": entry.id,
        "at": timestamp(entry.at),
        "actor": entry.actor.name,
        "key_id": entry.actor.key_id,
        "action": entry.action.value,
        "subject": entry.subject,
        "details": dict(entry.details),
    }


_HOLD = {
    "inspection_id": _EXAMPLE_ID,
    "reason": "Accident report 17",
    "set_by": "safety office",
    "set_at": "2026-11-21T09:30:00.000Z",
}
OPERATOR_EXAMPLES: dict[type[BaseModel], dict[str, Any]] = {
    RequeuedDocument: {"requeued": 17, "left": []},
    HoldDocument: _HOLD,
    HoldsDocument: {"holds": [_HOLD], "next_cursor": None},
    AuditDocument: {
        "entries": [
            {
                "id": 42,
                "at": "2026-11-21T09:30:00.000Z",
                "actor": "safety office",
                "key_id": "01KAJ8W4T0X2V7Q9R5N3M1B6CE",
                "action": "hold-set",
                "subject": _EXAMPLE_ID,
                "details": {"reason": "Accident report 17"},
            }
        ],
        "next_cursor": "42",
    },
}
"""An example of each answer."""

OPERATOR_MODELS: tuple[type[BaseModel], ...] = (
    AuditDocument,
    HoldBody,
    HoldDocument,
    HoldsDocument,
    RequeueBody,
    RequeuedDocument,
)
"""Every model that the routes refer to."""
