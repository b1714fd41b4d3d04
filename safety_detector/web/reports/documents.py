"""Ordered reports in bodies and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import Status, Verdict, timestamp
from safety_detector.service.report_records import (
    OrderedReport,
    ReportOrder,
    ReportSort,
    ReportStage,
)
from safety_detector.web.inspections.documents import base_path
from safety_detector.web.inspections.fields import Moment, RecordId, printable_name
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.schemas import FailureDocument

_MOST_NAMED = 1000  # inspections that are named one by one; a batch or period may have more

_ShortText = Annotated[
    str, Field(max_length=200), AfterValidator(lambda text: printable_name(text))
]


class ReportBody(BaseModel):
    """What a report shall be about: named inspections, or pictures by camera, batch and period."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "since": "2026-11-01T00:00:00+08:00",
                    "until": "2026-12-01T00:00:00+08:00",
                    "site": "Plant 2",
                    "lang": "zh",
                },
                {"since": "2026-11-01T00:00:00+08:00", "verdict": "hazard", "order": "urgency"},
                {"notices": ["01KAJ8W4T0X2V7Q9R5N3M1B6CD"]},
            ]
        },
    )

    since: Moment | None = Field(
        None,
        description="Pictures taken at or after; the report writes times in its UTC offset.",
    )
    until: Moment | None = Field(
        None, description="Pictures taken before. Whatever arrives after the order is left out."
    )
    camera_id: RecordId | None = Field(None, description="Pictures of this camera.")
    batch_id: RecordId | None = Field(None, description="Pictures of this batch.")
    verdict: Verdict | None = Field(
        None,
        description="Only pictures of this verdict have sheets; all of the period are counted.",
    )
    order: ReportSort = Field(
        ReportSort.TIME,
        description="`time`: the oldest first. `urgency`: the most urgent first.",
    )
    inspections: list[RecordId] = Field(
        default_factory=list,
        max_length=_MOST_NAMED,
        description="These and no others, in this order; all of them must be final.",
    )
    notices: list[RecordId] = Field(
        default_factory=list,
        max_length=_MOST_NAMED,
        description="Inspections for which a rectification notice is made, to be filled in and "
        "signed.  Alone, or with `inspections`, they are added to the report.",
    )
    lang: Language | None = Field(None, description="Unset: the service's language.")
    title: _ShortText | None = Field(None, description="Unset: the usual title.")
    site: _ShortText | None = Field(None, description="Name of the place.")

    def as_order(self) -> ReportOrder:
        """As the service takes it.

        Raises:
            RequestProblem: nothing is chosen, or inspections are named and described too.
        """
        described = (self.since, self.until, self.camera_id, self.batch_id, self.verdict)
        if self.inspections and any(described):
            raise RequestProblem(
                "request-invalid",
                "inspections names what the report is about; it does not go with since, until, "
                "camera_id, batch_id or verdict.",
            )
        if not (self.inspections or self.notices or any(described)):
            raise RequestProblem(
                "request-invalid",
                "Say what the report is about: since, until, camera_id, batch_id, verdict, "
                "inspections or notices.",
            )
        if self.since and self.until and self.since >= self.until:
            raise RequestProblem("request-invalid", "until: it must be later than since.")
        return ReportOrder(
            inspection_ids=tuple(self.inspections),
            camera_id=self.camera_id,
            batch_id=self.batch_id,
            since=self.since,
            until=self.until,
            verdict=self.verdict,
            sort=self.order,
            notices=tuple(self.notices),
            language=self.lang,
            title=self.title or None,
            site=self.site or None,
        )


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReportProgress(_Answer):
    """How far a report is."""

    stage: ReportStage | None = Field(description="null unless it is running.")
    done: int = Field(description="Pictures whose sheets are drawn.")
    total: int | None = Field(description="Pictures in the report; null until it is known.")


class ReportOrderDocument(_Answer):
    """What was ordered."""

    since: datetime | None
    until: datetime | None
    camera_id: str | None
    batch_id: str | None
    verdict: Verdict | None
    order: ReportSort
    inspections: list[str]
    notices: list[str]
    lang: Language | None
    title: str | None
    site: str | None


class ReportFileDocument(_Answer):
    """A file of a report.  Volumes and index refer to each other by these names."""

    name: str
    size_bytes: int
    sha256: str


class ReportLinks(_Answer):
    """Addresses; `report` is the report, or the index before its volumes."""

    self: str
    report: str | None = Field(description="null until the report is completed.")
    volumes: list[str]


class ReportDocument(_Answer):
    """An ordered report as it stands."""

    id: str
    status: Status
    progress: ReportProgress
    order: ReportOrderDocument
    requested_at: datetime
    finished_at: datetime | None
    waiting_reason: str | None = Field(description="Why a queued one that was begun waits.")
    error: FailureDocument | None
    files: list[ReportFileDocument]
    links: ReportLinks


class ReportPageDocument(_Answer):
    """A page of reports."""

    reports: list[ReportDocument]
    next_cursor: str | None


def report_path(request: Request, report_id: str) -> str:
    """The address of a report, without scheme and host."""
    return f"{base_path(request)}/v1/reports/{report_id}"


def report_document(request: Request, report: OrderedReport) -> dict[str, Any]:
    """A report as it stands in answers."""
    itself = report_path(request, report.id)
    volumes = range(1, len(report.files))
    problem = report.error
    return {
        "id": report.id,
        "status": report.status.value,
        "progress": {
            "stage": report.stage.value if report.stage else None,
            "done": report.done,
            "total": report.total,
        },
        "order": _order_document(report.order),
        "requested_at": timestamp(report.requested_at),
        "finished_at": timestamp(report.finished_at) if report.finished_at else None,
        "waiting_reason": report.waiting_reason,
        "error": problem
        and {"code": problem.code, "reason": problem.reason, "attempts": problem.attempts},
        "files": [
            {"name": one.name, "size_bytes": one.size_bytes, "sha256": one.sha256}
            for one in report.files
        ],
        "links": {
            "self": itself,
            "report": f"{itself}/report.pdf" if report.files else None,
            "volumes": [f"{itself}/volumes/{number}.pdf" for number in volumes],
        },
    }


def _order_document(order: ReportOrder) -> dict[str, Any]:
    return {
        "since": order.since.isoformat() if order.since else None,
        "until": order.until.isoformat() if order.until else None,
        "camera_id": order.camera_id,
        "batch_id": order.batch_id,
        "verdict": order.verdict.value if order.verdict else None,
        "order": order.sort.value,
        "inspections": list(order.inspection_ids),
        "notices": list(order.notices),
        "lang": order.language,
        "title": order.title,
        "site": order.site,
    }
