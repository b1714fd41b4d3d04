"""What people do about incidents: checked against the state, written with it, and audited."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from safety_detector.database.engine import Database
from safety_detector.database.tables import incident_acts
from safety_detector.domain.incidents.alert_rules import Occasion
from safety_detector.domain.incidents.handling import (
    JUDGEMENTS,
    ActKind,
    HandlingState,
    Review,
    allowed_acts,
    state_after,
)
from safety_detector.domain.inspection import timestamp
from safety_detector.errors import ActRefused, IncidentChanged, SubmissionRefused
from safety_detector.service.access.audit import Actor
from safety_detector.service.incidents.act_writing import note, to_act, write_act
from safety_detector.service.incidents.after_pictures import (
    LookAtAfter,
    check_after_picture,
    look_at,
)
from safety_detector.service.incidents.finding import (
    find_row,
    find_whole,
    ids_of_whole,
    lock_rows,
    with_all_said,
)
from safety_detector.service.incidents.joining import (
    check_mergeable,
    check_part,
    join,
    part,
    part_pictures,
    taken_over,
)
from safety_detector.service.incidents.records import Act, NewAct, SeenVersion, StoredIncident
from safety_detector.service.incidents.shown_pictures import shown_picture
from safety_detector.service.incidents.unseen import with_why_unseen

_NEEDS_TEXT = (ActKind.DISMISS, ActKind.REJECT, ActKind.NOTE)

_MOST_TOLD = 5
"""Acts that somebody is told who comes too late."""

_TRIES = 3
"""To lock what an incident is part of, which may change meanwhile."""

_OCCASIONS = {
    HandlingState.VERIFIED: Occasion.VERIFIED,
    HandlingState.CLOSED: Occasion.CLOSED,
}
"""States that people are told of."""


class Acts:
    """Takes what people do, one after the other for each incident.

    Args:
        database: where incidents are.
        clock: the present moment, with its zone.
        told: hears what people are told of, with the incident's id; in the same transaction.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        told: Callable[[Connection, str, Occasion], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._told = told

    def do(
        self,
        incident_id: str,
        wanted: NewAct,
        by: Actor,
        seen: Collection[SeenVersion] | None = None,
    ) -> StoredIncident | None:
        """Does it; None if there is no such incident.

        An incident that has become part of another leads to that one.

        Args:
            incident_id: of the incident.
            wanted: what somebody wants to do.
            by: who.
            seen: what they have seen of it: it is done only if nobody did anything since; None:
                whatever others did.

        Raises:
            ActRefused: the incident's state does not allow it, or not by this person.
            IncidentChanged: somebody did something since it was seen.
            SubmissionRefused: something is missing that the act needs, or it names a picture that
                is not there.
        """
        _check(wanted)
        now = self._clock()
        with self._database.write() as connection:
            row, other = _locked(connection, incident_id, wanted.incident_id)
            if row is None:
                return None
            if seen is not None:
                _check_seen(connection, row, seen)
            state = HandlingState(row["state"])
            then = state_after(state, wanted.kind, _review(row))
            if then is None:
                raise _not_allowed(connection, row["id"], state, wanted.kind)
            _check_kind(connection, row, wanted, by, now)
            if wanted.kind in (ActKind.MERGE, ActKind.SPLIT):
                done = _with_another(connection, row, other, wanted, by, now)
                write_act(connection, row, done.act, then, by, now, done.values)
            else:
                shown = None
                if wanted.kind in JUDGEMENTS:
                    shown = shown_picture(connection, row, wanted.shown_inspection_id, now)
                write_act(connection, row, wanted, then, by, now, shown=shown)
            if then is not state and then in _OCCASIONS:
                self._told(connection, row["id"], _OCCASIONS[then])
            stored = find_row(connection, row["id"])
            if stored is None:
                raise RuntimeError("an incident that was updated is not there")
            said = with_all_said(connection, [stored])
            return with_why_unseen(connection, said, now)[0]

    def look_at_after(self, incident_id: str, inspection_id: str | None) -> LookAtAfter | None:
        """What a picture says before anybody acts on it; None without incident or picture.

        Args:
            incident_id: of the incident.
            inspection_id: of a picture that is to show it put right; None for the one that it has.

        Raises:
            SubmissionRefused: the picture cannot show it, whatever is in it.
        """
        with self._database.read() as connection:
            row = find_whole(connection, incident_id)
            if row is None:
                return None
            wanted = inspection_id or row["after_inspection_id"]
            if wanted is None:
                return None
            return look_at(connection, row, wanted, is_new=inspection_id is not None)

    def list(self, incident_id: str) -> Sequence[Act]:
        """What was done about an incident, in order."""
        query = (
            select(incident_acts)
            .where(incident_acts.c.incident_id == incident_id)
            .order_by(incident_acts.c.number)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [to_act(row) for row in rows]


def _locked(
    connection: Connection, incident_id: str, other_id: str | None
) -> tuple[RowMapping | None, RowMapping | None]:
    """The incident, or what it is part of, and the other one of the act; locked.

    Raises:
        SubmissionRefused: there is no such other one.
    """
    for _ in range(_TRIES):
        whole = find_whole(connection, incident_id)
        if whole is None:
            return None, None
        other = None if other_id is None else find_row(connection, other_id)
        if other_id is not None and other is None:
            raise SubmissionRefused("merge-unknown", incident_id=other_id[:64])
        rows = lock_rows(connection, {whole["id"], (other or whole)["id"]})
        now = find_whole(connection, incident_id)
        if now is not None and now["id"] == whole["id"] and whole["id"] in rows:
            return rows[whole["id"]], other and rows.get(other["id"])
    raise ActRefused("incident-led-on", incident_id=incident_id[:64])


def _review(row: RowMapping) -> Review | None:
    return Review(row["review"]) if row["review"] else None


def _check(wanted: NewAct) -> None:
    if wanted.kind in _NEEDS_TEXT and not wanted.text:
        raise SubmissionRefused("act-needs-text", act=wanted.kind.value)
    if wanted.kind is ActKind.DESCRIBE and not wanted.changed:
        raise SubmissionRefused("act-changes-nothing")
    if wanted.kind is ActKind.MERGE and wanted.incident_id is None:
        raise SubmissionRefused("act-needs-incident")
    if wanted.kind is ActKind.SPLIT and bool(wanted.incident_id) == bool(wanted.inspection_ids):
        raise SubmissionRefused("split-needs-something")
    # What any act but this one names would be told on as a picture that nobody has looked up.
    if wanted.kind is not ActKind.RECTIFY and wanted.inspection_id is not None:
        raise SubmissionRefused("act-takes-no-picture", act=wanted.kind.value)
    if wanted.kind not in JUDGEMENTS and wanted.shown_inspection_id is not None:
        raise SubmissionRefused("act-takes-no-shown-picture", act=wanted.kind.value)


def _check_seen(connection: Connection, row: RowMapping, seen: Collection[SeenVersion]) -> None:
    """Whether nobody did anything since somebody looked; ids may be former ones of the incident."""
    versions = []
    for one in seen:
        seen_row = find_row(connection, one.incident_id)
        if seen_row is not None and seen_row["id"] == row["id"]:
            versions.append(one.version)
    if row["version"] in versions:
        return
    if not versions:
        raise IncidentChanged("incident-led-on", incident_id=row["id"])
    since = max(1, min(row["version"] - max(versions), _MOST_TOLD))
    of_incident = incident_acts.c.incident_id == row["id"]
    query = select(incident_acts).where(of_incident).order_by(incident_acts.c.number.desc())
    acts = [to_act(one) for one in connection.execute(query.limit(since)).mappings()]
    told = ", ".join(f"{one.kind.value}: {one.by.name}, {timestamp(one.at)}" for one in acts[::-1])
    raise IncidentChanged("incident-changed-since", acts=told)


def _check_kind(
    connection: Connection, row: RowMapping, wanted: NewAct, by: Actor, now: datetime
) -> None:
    """What an act needs beyond a state that allows it."""
    if wanted.kind is ActKind.ASSIGN and not (wanted.assignee or row["assignee"]):
        raise SubmissionRefused("act-needs-assignee")
    if wanted.due_at is not None and wanted.due_at <= now:
        raise SubmissionRefused("act-due-has-passed", due_at=wanted.due_at.isoformat())
    if wanted.kind is ActKind.VERIFY:
        _check_second_person(connection, row["id"], by)
    if wanted.kind in (ActKind.RECTIFY, ActKind.VERIFY):
        check_after_picture(connection, row, wanted)


def _check_second_person(connection: Connection, incident_id: str, by: Actor) -> None:
    # What was put right may have been so before it went into this one.
    last = _last(connection, ids_of_whole(connection, incident_id), ActKind.RECTIFY)
    if last is not None and last.by.is_same_as(by):
        raise ActRefused("act-needs-another-person", who=last.by.name)


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of a merge or a split: the act as it is written, and columns beside its own."""

    act: NewAct
    values: Mapping[str, Any]


def _with_another(
    connection: Connection,
    row: RowMapping,
    other: RowMapping | None,
    wanted: NewAct,
    by: Actor,
    now: datetime,
) -> _Done:
    """Merges another incident into this one, or parts one from it; both have the act."""
    if other is None:
        new_id = part_pictures(connection, row, wanted.inspection_ids, now)
        act = replace(wanted, incident_id=new_id)
        _note_at_other(connection, new_id, row, wanted, by, now)
        return _Done(act, {})
    act = replace(wanted, incident_id=other["id"])
    if wanted.kind is ActKind.SPLIT:
        check_part(connection, row, other)
        part(connection, other)
        _note_at_other(connection, other["id"], row, wanted, by, now)
        return _Done(act, {})
    whole = find_whole(connection, other["id"])
    if whole is None or whole["id"] == row["id"]:
        raise ActRefused("merge-itself", incident_id=other["id"])
    if whole["id"] != other["id"]:
        raise ActRefused("merge-of-a-part", incident_id=other["id"], whole_id=whole["id"])
    check_mergeable(row, other)
    join(connection, row, other)
    _note_at_other(connection, other["id"], row, wanted, by, now)
    return _Done(act, taken_over(row, other))


def _note_at_other(
    connection: Connection,
    other_id: str,
    row: RowMapping,
    wanted: NewAct,
    by: Actor,
    now: datetime,
) -> None:
    act = NewAct(
        wanted.kind,
        wanted.text,
        incident_id=row["id"],
        inspection_ids=wanted.inspection_ids,
    )
    note(connection, other_id, act, by, now)


def _not_allowed(
    connection: Connection, incident_id: str, state: HandlingState, act: ActKind
) -> ActRefused:
    allowed = ", ".join(one.value for one in allowed_acts(state))
    last = _last(connection, [incident_id])
    if last is None:
        return ActRefused("act-not-allowed", act=act.value, state=state.value, allowed=allowed)
    return ActRefused(
        "act-not-allowed-since",
        act=act.value,
        state=state.value,
        allowed=allowed,
        last=last.kind.value,
        who=last.by.name,
    )


def _last(
    connection: Connection, incident_ids: Sequence[str], kind: ActKind | None = None
) -> Act | None:
    act = incident_acts.c
    query = select(incident_acts).where(
        act.incident_id.in_(incident_ids), act.act.not_in((ActKind.NOTE, ActKind.DESCRIBE))
    )
    if kind is not None:
        query = query.where(act.act == kind)
    query = query.order_by(act.at.desc(), act.number.desc()).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else to_act(row)
