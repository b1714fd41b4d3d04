"""The order form of a report: what its fields mean, and what is wrong with them (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from safety_detector.console.incidents.chosen import FILTER_NAMES, filter_of
from safety_detector.console.local_moments import with_zone
from safety_detector.console.visitor import Visitor
from safety_detector.domain.hazards import LANGUAGES
from safety_detector.domain.incidents.handling import HandlingState, Level
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.looks import Severity
from safety_detector.domain.inspection import Verdict
from safety_detector.message_texts.reason import Reason
from safety_detector.service.reports.records import ReportSort, ReportSubject
from safety_detector.web.reports.documents import ReportBody

_DAYS = ("since", "until")
_LISTS = ("incidents", "inspections", "notices")
_TICKED = "notice-"
_BETWEEN = re.compile(r"[\s,;，；、]+")


class Kind(StrEnum):
    """What somebody wants to hand over."""

    INCIDENTS = "incidents"
    INSPECTIONS = "inspections"
    NOTICES = "notices"

    @property
    def subject(self) -> ReportSubject:
        """What such a report is about."""
        is_of_pictures = self is Kind.INSPECTIONS
        return ReportSubject.INSPECTIONS if is_of_pictures else ReportSubject.INCIDENTS


CHOICES: Mapping[str, Sequence[str]] = {
    "state": list(HandlingState),
    "hazard": [one for one in IncidentHazard if not one.is_of_camera],
    "severity": list(Severity),
    "level": list(Level),
    "verdict": list(Verdict),
    "order": list(ReportSort),
    "lang": list(LANGUAGES),
}
"""The values of the fields that have a few."""

_OF_BOTH = ("since", "until", "camera_id", "order", "lang", "title", "site")
_FIELDS: Mapping[Kind, tuple[str, ...]] = {
    Kind.INCIDENTS: (*_OF_BOTH, "hazard", "severity", "state", "level", "zone_id", "assignee"),
    Kind.INSPECTIONS: (*_OF_BOTH, "batch_id", "verdict"),
    Kind.NOTICES: ("lang", "site"),
}
_DESCRIBING = frozenset(ReportBody.model_fields) - {"about", "order", "lang", "title", "site"}
_ALONE = tuple(one for one in FILTER_NAMES if one not in ReportBody.model_fields)
"""What lists of incidents can be filtered by, and a report cannot."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as it is filled in so far.

    Attributes:
        kind: of what.
        fields: everything that was said, as it was said.
        named: ids of incidents or inspections, each once.
    """

    kind: Kind
    fields: Mapping[str, str]
    named: tuple[str, ...]

    @classmethod
    def of(cls, said: Mapping[str, str]) -> Draft:
        """The draft that an address or a form says; what it leaves open is usual."""
        wanted = said.get("kind") or said.get("about") or ""
        of_pictures = said.get("inspections") or said.get("batch_id")
        usual = Kind.INSPECTIONS if of_pictures else Kind.INCIDENTS
        if said.get("notices") and not said.get("incidents"):
            usual = Kind.NOTICES
        kind = Kind(wanted) if wanted in set(Kind) else usual
        own = "inspections" if kind is Kind.INSPECTIONS else "incidents"
        lists = (own, "notices") if kind is Kind.NOTICES else (own,)
        named = [one for name in lists for one in _ids_in(said.get(name, ""))]
        if kind is Kind.NOTICES:
            named += [name[len(_TICKED) :] for name in said if name.startswith(_TICKED)]
        return cls(kind, {name: text for name, text in said.items() if text}, _once(named))

    def get(self, name: str) -> str:
        """What stands in a field."""
        return self.fields.get(name, "")

    @property
    def is_beyond_reports(self) -> bool:
        """Whether it is filtered by what a report cannot be told."""
        return self.kind is Kind.INCIDENTS and any(self.fields.get(one) for one in _ALONE)

    def naming(self, incident_ids: Sequence[str]) -> Draft:
        """The draft with these incidents in the place of what described them."""
        kept = {name: text for name, text in self.fields.items() if name not in FILTER_NAMES}
        return replace(self, fields=kept, named=tuple(incident_ids))

    @property
    def query(self) -> dict[str, str]:
        """What an address has to say for the same form, but for what is named."""
        names = (*_FIELDS[self.kind], *FILTER_NAMES)
        said = {name: self.fields[name] for name in names if name in self.fields}
        return {"kind": self.kind.value, **said}


def body_of(said: Mapping[str, str], visitor: Visitor) -> dict[str, Any]:
    """The body that the form means, for REST's model to check.

    Args:
        said: the fields.
        visitor: in whose zone its days are.
    """
    draft = Draft.of(said)
    named = list(draft.named)
    body: dict[str, Any] = {"about": draft.kind.subject}
    if draft.kind is Kind.NOTICES:
        body["notices"] = named
    elif named:
        body[draft.kind.value] = named
    for name in _FIELDS[draft.kind]:
        if draft.get(name) and not (named and name in _DESCRIBING):
            text = draft.get(name)
            body[name] = with_zone(text, visitor.zone) if name in _DAYS else text
    return body


def fault_in(said: Mapping[str, str], visitor: Visitor) -> Reason | None:
    """What people forget, in their own language; REST's model looks for the rest."""
    draft = Draft.of(said)
    if draft.kind is Kind.NOTICES:
        return None if draft.named else Reason("report-choose-incidents")
    if draft.named:
        return None
    body = body_of(said, visitor)
    if not _DESCRIBING & body.keys():
        return Reason("report-choose-something")
    if "since" in body and "until" in body and body["since"] >= body["until"]:
        return Reason("period-backwards")
    return None


@dataclass(frozen=True, slots=True)
class Period:
    """A period that one click chooses; ``query`` is the address of the form with it."""

    name: str
    query: Mapping[str, str]


def periods_of(draft: Draft, visitor: Visitor) -> list[Period]:
    """Those that people hand over reports about."""
    today = datetime.now(visitor.zone).date()
    week = today - timedelta(days=today.weekday())
    month = today.replace(day=1)
    last_month = (month - timedelta(days=1)).replace(day=1)
    spans: tuple[tuple[str, date, date], ...] = (
        ("today", today, today + timedelta(days=1)),
        ("yesterday", today - timedelta(days=1), today),
        ("this-week", week, week + timedelta(days=7)),
        ("last-week", week - timedelta(days=7), week),
        ("this-month", month, (month + timedelta(days=32)).replace(day=1)),
        ("last-month", last_month, month),
    )
    return [
        Period(name, {**draft.query, "since": first.isoformat(), "until": end.isoformat()})
        for name, first, end in spans
    ]


def order_query(query: Mapping[str, str]) -> dict[str, str]:
    """The address of the form for the incidents that a list's address means."""
    return {"kind": Kind.INCIDENTS.value, **filter_of(query)}


def _ids_in(text: str) -> list[str]:
    return [one for one in _BETWEEN.split(text) if one]


def _once(ids: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))
