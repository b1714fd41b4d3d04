"""Which inspections an address of a page names, by the names that REST has for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Request
from pydantic import BaseModel, BeforeValidator, Field

from safety_detector.console.local_moments import with_zone
from safety_detector.console.visitor import Visitor
from safety_detector.domain.hazards import Label, SubLabel
from safety_detector.domain.inspection import Status, Verdict
from safety_detector.service.inspections.listing import CURSOR_PATTERN
from safety_detector.service.records import InspectionFilter, ListOrder
from safety_detector.web.queries.ids import is_possible_id
from safety_detector.web.queries.values import (
    BatchId,
    Moment,
    RecordId,
    SearchedText,
    check_period,
    checked,
    empty_is_none,
)

MOST_NAMED = 100
"""Pictures that an address may name one by one."""

_DAYS = ("since", "until")
_OF_REPORTS = frozenset({"since", "until", "camera_id", "batch_id", "verdict"})


class _Query(BaseModel):
    """What an address may say; of the same types and names as REST's list."""

    status: Status | None = None
    verdict: Verdict | None = None
    label: Label | None = None
    sub_label: SubLabel | None = None
    name: SearchedText | None = None
    camera_id: RecordId | None = None
    batch_id: BatchId | None = None
    since: Moment | None = None
    until: Moment | None = None
    corrected: bool | None = None
    order: ListOrder = ListOrder.TAKEN
    cursor: Annotated[
        Annotated[str, Field(max_length=64, pattern=CURSOR_PATTERN)] | None,
        BeforeValidator(empty_is_none),
    ] = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an address asks for.

    Attributes:
        filter: of the inspections.
        order: in which they stand.
        cursor: where in the list the page begins.
        named: inspections that the address names one by one, in their order; then the rest of it
            says nothing.
        said: the filter and the order as they were written, for links that keep them.
    """

    filter: InspectionFilter
    order: ListOrder
    cursor: str | None
    named: tuple[str, ...]
    said: dict[str, str]

    @property
    def report_query(self) -> str | None:
        """The query of an order of a report on the same; None where no report can be told that."""
        said = self.said.keys() - {"order"}
        if not said or not said <= _OF_REPORTS:
            return None
        kept = {name: text for name, text in self.said.items() if name in _OF_REPORTS}
        return urlencode({"kind": "inspections", **kept})

    @property
    def query(self) -> str:
        """The filter and the order as the query of another address; empty for none."""
        return urlencode(self.said)


def written_in(request: Request) -> dict[str, str]:
    """What the address of a page says of the filter, as it was written."""
    known = _Query.model_fields
    said = request.query_params.items()
    return {name: text for name, text in said if name in known and text.strip()}


def wanted_of(request: Request, visitor: Visitor) -> Wanted:
    """What the address of a page asks for.

    Raises:
        RequestProblem: a value is none of those that there are.
    """
    written = written_in(request)
    days = {name: with_zone(written[name], visitor.zone) for name in _DAYS if name in written}
    said = checked(_Query, written | days)
    check_period(said.since, said.until)
    named = [one for one in request.query_params.getlist("id") if is_possible_id(one)]
    return Wanted(
        InspectionFilter(**said.model_dump(exclude={"cursor", "order"})),
        said.order,
        said.cursor,
        tuple(dict.fromkeys(named))[:MOST_NAMED],
        {name: text for name, text in written.items() if name != "cursor"},
    )
