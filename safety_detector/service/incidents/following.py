"""What becomes of what people did when cameras see more of an incident."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, select, update

from safety_detector.database.feed import append_incident_event
from safety_detector.database.tables import incident_acts, incidents
from safety_detector.domain.incidents.events import EVENT_OF_CHANGE
from safety_detector.domain.incidents.handling import ActKind, HandlingState, Review
from safety_detector.domain.incidents.incident import Change, ChangeKind
from safety_detector.service.access.audit import PROGRAM
from safety_detector.service.incidents.act_writing import write_act
from safety_detector.service.incidents.finding import find_row, find_whole, ids_of_whole
from safety_detector.service.incidents.joining import taken_over
from safety_detector.service.incidents.records import NewAct
from safety_detector.service.incidents.rows import HANDLING_COLUMNS

_DONE = (HandlingState.FALSE_ALARM, HandlingState.VERIFIED, HandlingState.CLOSED)
"""States in which nobody looks any more."""


class Following:
    """Lets the handling of incidents follow what cameras see; the program acts, and says so.

    Args:
        clock: the present moment, with its zone.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    def heed(
        self, connection: Connection, known: Container[str], changes: Sequence[Change]
    ) -> None:
        """Notes changes for who follows events, and lets what people did follow them.

        What was thought to be done is taken up again; what was done before a merge is handed on.

        Called in the transaction that writes the changes, before anybody is told of them.

        Args:
            connection: that transaction.
            known: ids of incidents that are there.
            changes: those that are new.
        """
        for change in changes:
            if change.incident_id not in known:
                continue
            event = EVENT_OF_CHANGE[change.kind]
            append_incident_event(
                connection, change.incident_id, change.inspection_id, event, self._clock()
            )
            if change.kind is ChangeKind.MERGED:
                self._hand_on(connection, change)
            elif change.kind in (ChangeKind.REOPENED, ChangeKind.ESCALATED):
                self._take_up(connection, change)

    def _take_up(self, connection: Connection, change: Change) -> None:
        """What was put right and is seen again is not put right; what grew is judged anew.

        That a false alarm is seen again is no news: sun on a tank comes and goes.  Nor is what a
        picture shows that was taken before, and only comes now.
        """
        row = find_whole(connection, change.incident_id)
        if row is None or row["state"] not in _DONE:
            return
        done_at = _done_at(connection, row)
        if done_at is not None and change.at <= done_at:
            return
        if row["review"] == Review.FALSE_ALARM:
            if change.kind is ChangeKind.ESCALATED:
                self._reopen(connection, row, change, HandlingState.OPEN)
        else:
            self._reopen(connection, row, change, HandlingState.CONFIRMED)

    def _reopen(
        self, connection: Connection, row: RowMapping, change: Change, then: HandlingState
    ) -> None:
        act = NewAct(ActKind.REOPEN, inspection_id=change.inspection_id)
        write_act(connection, row, act, then, PROGRAM, self._clock())

    def _hand_on(self, connection: Connection, change: Change) -> None:
        """Two that grew together are handled as the one is with which people are further.

        What is done with is not: of the other one nobody has said that it is.
        """
        part = find_row(connection, change.incident_id)
        if part is None or part["joined_to"] or not part["merged_into"]:
            return
        grown = find_row(connection, part["merged_into"])
        if grown is None:
            return
        was_part = grown["joined_to"] == part["id"]
        if was_part:
            # A person made the earlier a part of the later: together they are the earlier one.
            itself = update(incidents).where(incidents.c.id == grown["id"])
            connection.execute(itself.values(joined_to=None))
        whole = find_whole(connection, grown["id"])
        if whole is None or whole["id"] == part["id"]:
            return
        joined = update(incidents).where(incidents.c.joined_to == part["id"])
        connection.execute(joined.values(joined_to=whole["id"]))
        then, values = self._handed_on(whole, part, was_part)
        if values:
            act = NewAct(ActKind.MERGE, incident_id=part["id"], inspection_id=change.inspection_id)
            write_act(connection, whole, act, then, PROGRAM, self._clock(), values)

    def _handed_on(
        self, whole: RowMapping, part: RowMapping, was_part: bool
    ) -> tuple[HandlingState, dict[str, Any]]:
        """The state, and columns, of a whole that a part grew into.

        Args:
            whole: the one that stays.
            part: the one that grew into it.
            was_part: whether the whole was part of it, so that what people did was about both.
        """
        ours, theirs = HandlingState(whole["state"]), HandlingState(part["state"])
        if was_part:
            return theirs, {name: part[name] for name in HANDLING_COLUMNS if name != "version"}
        if ours in _DONE and theirs not in _DONE:
            values = taken_over(whole, part) | {"state": theirs, "review": part["review"]}
            return theirs, values
        return ours, {} if theirs in _DONE else taken_over(whole, part)


def _done_at(connection: Connection, row: RowMapping) -> datetime | None:
    """When people had said of an incident that nobody has to look any more."""
    if row["review"] != Review.FALSE_ALARM:
        # Closing is what follows; it says nothing of the place.
        verified_at: datetime | None = row["verified_at"]
        return verified_at
    act = incident_acts.c
    # It may have been said of what went into it.
    dismissed = and_(
        act.incident_id.in_(ids_of_whole(connection, row["id"])), act.act == ActKind.DISMISS
    )
    dismissed_at: datetime | None = connection.scalar(select(func.max(act.at)).where(dismissed))
    return dismissed_at
