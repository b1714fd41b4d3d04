"""Ordered reports in bodies and answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import (
    AfterValidator,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
)

from safety_detector.documents.document import Document, Moment, StatedMoment, shown
from safety_detector.documents.reasons import Details, FailureDocument, Sentence
from safety_detector.documents.results import EXAMPLE_ID
from safety_detector.domain.hazards import Language
from safety_detector.domain.incidents.handling import HandlingState, Level
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.looks import Severity
from safety_detector.domain.inspection import Status, Verdict
from safety_detector.service.reports.records import (
    ReportOrder,
    ReportSort,
    ReportStage,
    ReportSubject,
)
from safety_detector.web.problems.problem import RequestProblem
from safety_detector.web.queries.values import Moment as WrittenMoment
from safety_detector.web.queries.values import RecordId, check_period, printable_name

_REPORT_ID = "01KAJ9Z5Q2X2V7Q9R5N3M1B6CD"
_PATH = f"/v1/reports/{_REPORT_ID}"

MOST_NAMED = 1000
"""Inspections or incidents that are named one by one; a batch or period may have more."""

_ShortText = Annotated[
    str, Field(max_length=200), AfterValidator(lambda text: printable_name(text))
]


class ReportBody(BaseModel):
    """What a report shall be about: inspections, or incidents; named ones, or all of a period."""

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
                {
                    "about": "incidents",
                    "since": "2026-11-01T00:00:00+08:00",
                    "until": "2026-12-01T00:00:00+08:00",
                    "site": "Plant 2",
                    "lang": "zh",
                },
            ]
        },
    )

    about: ReportSubject = Field(
        ReportSubject.INSPECTIONS,
        description="`inspections`: pictures and what was found in them. `incidents`: hazards, and "
        "what people did about them: register, evidence, notices, statistics.",
    )
    since: WrittenMoment | None = Field(
        None,
        description="Pictures taken, or incidents opened, at or after; the report writes times in "
        "its UTC offset.",
    )
    until: WrittenMoment | None = Field(
        None,
        description="Pictures taken, or incidents opened, before. Whatever comes after the order "
        "is left out.",
    )
    camera_id: RecordId | None = Field(None, description="Of this camera.")
    batch_id: RecordId | None = Field(None, description="Pictures of this batch.")
    verdict: Verdict | None = Field(
        None,
        description="Only pictures of this verdict have sheets; all of the period are counted.",
    )
    order: ReportSort = Field(
        ReportSort.TIME,
        description="`time`: the oldest first. `urgency`: the most urgent first.",
    )
    hazard: IncidentHazard | None = Field(None, description="Incidents with this hazard.")
    severity: Severity | None = Field(None, description="Incidents of this severity.")
    state: HandlingState | None = Field(
        None, description="Incidents with which people are so far now."
    )
    level: Level | None = Field(None, description="Incidents that people ranked so.")
    zone_id: RecordId | None = Field(None, description="Incidents in this zone.")
    assignee: Annotated[str, AfterValidator(printable_name)] | None = Field(
        None, max_length=255, description="Incidents that this person puts right."
    )
    incidents: list[RecordId] = Field(
        default_factory=list,
        max_length=MOST_NAMED,
        description="These incidents and no others, in this order.",
    )
    inspections: list[RecordId] = Field(
        default_factory=list,
        max_length=MOST_NAMED,
        description="These and no others, in this order; all of them must be final.",
    )
    notices: list[RecordId] = Field(
        default_factory=list,
        max_length=MOST_NAMED,
        description="Inspections, or incidents, for which a rectification notice is made, to be "
        "filled in and signed.  Alone, or with `inspections` or `incidents`, they are added to the "
        "report.",
    )
    lang: Language | None = Field(None, description="Unset: the service's language.")
    title: _ShortText | None = Field(None, description="Unset: the usual title.")
    site: _ShortText | None = Field(None, description="Name of the place.")

    def as_order(self) -> ReportOrder:
        """As the service takes it.

        Raises:
            RequestProblem: nothing is chosen, or inspections are named and described too.
        """
        self._check_subject()
        check_period(self.since, self.until)
        return ReportOrder(
            about=self.about,
            incident_ids=tuple(self.incidents),
            hazard=self.hazard,
            severity=self.severity,
            state=self.state,
            level=self.level,
            zone_id=self.zone_id,
            assignee=self.assignee or None,
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

    def _check_subject(self) -> None:
        """What is chosen goes together, and something is."""
        is_of_incidents = self.about is ReportSubject.INCIDENTS
        named_field, own, others = (
            ("incidents", _OF_INCIDENTS, _OF_INSPECTIONS)
            if is_of_incidents
            else ("inspections", _OF_INSPECTIONS, _OF_INCIDENTS)
        )
        strange = [name for name in others if getattr(self, name)]
        if strange:
            raise RequestProblem(
                "request-invalid",
                f"{', '.join(strange)}: a report about {self.about.value} is not chosen by it.",
            )
        choices = [*_OF_BOTH, *(name for name in own if name != named_field)]
        described = any(getattr(self, name) for name in choices)
        if getattr(self, named_field) and described:
            raise RequestProblem(
                "request-invalid",
                f"{named_field} names what the report is about; it does not go with "
                f"{_listed(choices, 'or')}.",
            )
        if not (getattr(self, named_field) or self.notices or described):
            possible = _listed([*choices, named_field, "notices"], "or")
            raise RequestProblem("request-invalid", f"Say what the report is about: {possible}.")


_OF_BOTH = ("since", "until", "camera_id")
_OF_INSPECTIONS = ("batch_id", "verdict", "inspections")
_OF_INCIDENTS = ("hazard", "severity", "state", "level", "zone_id", "assignee", "incidents")


def _listed(names: Sequence[str], last: str) -> str:
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


class ReportProgress(Document):
    """How far a report is."""

    stage: ReportStage | None = Field(description="null unless it is running.", examples=[None])
    done: int = Field(description="Pictures whose sheets are drawn.", examples=[620])
    total: int | None = Field(
        description="Pictures in the report; null until it is known.", examples=[620]
    )


class ReportOrderDocument(Document):
    """What was ordered."""

    about: ReportSubject = Field(description="Of what.", examples=["inspections"])
    since: StatedMoment | None = Field(
        description="Pictures taken at or after.", examples=["2026-11-01T00:00:00+08:00"]
    )
    until: StatedMoment | None = Field(
        description="Pictures taken before.", examples=["2026-12-01T00:00:00+08:00"]
    )
    camera_id: str | None = Field(description="Of this camera.", examples=[None])
    batch_id: str | None = Field(description="Of this batch.", examples=[None])
    verdict: Verdict | None = Field(description="Of this verdict.", examples=[None])
    order: ReportSort = Field(
        validation_alias="sort", description="In which the pictures stand.", examples=["time"]
    )
    inspections: list[str] = Field(
        validation_alias="inspection_ids", description="The named ones.", examples=[[]]
    )
    incidents: list[str] = Field(
        validation_alias="incident_ids", description="The named incidents.", examples=[[]]
    )
    hazard: IncidentHazard | None = Field(description="With this hazard.", examples=[None])
    severity: Severity | None = Field(description="Of this severity.", examples=[None])
    state: HandlingState | None = Field(description="So far.", examples=[None])
    level: Level | None = Field(description="Ranked so.", examples=[None])
    zone_id: str | None = Field(description="In this zone.", examples=[None])
    assignee: str | None = Field(description="That this person puts right.", examples=[None])
    notices: list[str] = Field(
        description="For which a rectification notice is made.", examples=[[EXAMPLE_ID]]
    )
    lang: Language | None = Field(
        validation_alias="language", description="null: the service's.", examples=["zh"]
    )
    title: str | None = Field(description="null: the usual one.", examples=[None])
    site: str | None = Field(description="Name of the place.", examples=["Plant 2"])


class ReportFileDocument(Document):
    """A file of a report.  Volumes and index refer to each other by these names."""

    name: str = Field(description="For saving it.", examples=[f"report-{_REPORT_ID}.pdf"])
    size_bytes: int = Field(description="How many bytes it has.", examples=[184_210])
    sha256: str = Field(description="Of its bytes.", examples=[f"{1:064x}"])


class ReportLinks(Document):
    """Addresses; `report` is the report, or the index before its volumes."""

    self: str = Field(description="The report as a resource.", examples=[_PATH])
    report: str | None = Field(
        description="null until the report is completed.", examples=[f"{_PATH}/report.pdf"]
    )
    volumes: list[str] = Field(
        description="Of a report in volumes.", examples=[[f"{_PATH}/volumes/1.pdf"]]
    )


def _links(report_id: object, info: ValidationInfo) -> object:
    if not isinstance(report_id, str):
        return report_id
    itself = f"{shown(info).base_path}/v1/reports/{report_id}"
    files = info.data.get("files", ())
    return {
        "self": itself,
        "report": f"{itself}/report.pdf" if files else None,
        "volumes": [f"{itself}/volumes/{number}.pdf" for number in range(1, len(files))],
    }


class ReportDocument(Document):
    """An ordered report as it stands."""

    id: str = Field(description="A ULID.", examples=[_REPORT_ID])
    status: Status = Field(
        description="`completed` and `failed` are final.", examples=["completed"]
    )
    progress: ReportProgress = Field(description="How much is done.")
    order: ReportOrderDocument = Field(description="As it was ordered.")
    requested_at: Moment = Field(
        description="When it was ordered.", examples=["2026-12-01T00:10:00.000Z"]
    )
    finished_at: Moment | None = Field(
        description="When it ended.", examples=["2026-12-01T00:10:21.204Z"]
    )
    waiting_reason: Sentence | None = Field(
        description="Why a queued one that was begun waits.", examples=[None]
    )
    waiting_details: Details | None = Field(
        validation_alias=AliasPath("waiting_reason"),
        description="Of what that reason is made.",
        examples=[None],
    )
    error: FailureDocument | None = Field(
        description="Why it failed; null where it did not.", examples=[None]
    )
    files: list[ReportFileDocument] = Field(
        description="The report, or the index before its volumes.",
        examples=[
            [
                ReportFileDocument.example(),
                {
                    "name": f"report-{_REPORT_ID}-volume-01.pdf",
                    "size_bytes": 41_902_118,
                    "sha256": f"{2:064x}",
                },
            ]
        ],
    )
    links: Annotated[ReportLinks, BeforeValidator(_links)] = Field(
        validation_alias=AliasPath("id"), description="What belongs to it."
    )


class ReportPageDocument(Document):
    """A page of reports."""

    reports: list[ReportDocument] = Field(validation_alias="items", description="Newest first.")
    next_cursor: str | None = Field(
        description="Leads to the next page; null on the last.", examples=[_REPORT_ID]
    )
