"""Two incidents that a person calls one, and one of which a person says that it is two.

What looks come to is not changed by that: it goes on in each row by itself, and is read together.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from safety_detector.database.tables import incident_sightings, incidents, inspections
from safety_detector.domain.geometry import Box
from safety_detector.domain.incidents.handling import (
    ActKind,
    HandlingState,
    Review,
    is_further,
    state_after,
)
from safety_detector.domain.incidents.hazards import HAZARD_NAMES, IncidentHazard
from safety_detector.domain.incidents.incident import Stage, incident_id
from safety_detector.domain.incidents.looks import family_of
from safety_detector.errors import ActRefused, SubmissionRefused
from safety_detector.service.incidents.finding import PICTURED, parts_of
from safety_detector.service.incidents.rows import HANDLING_COLUMNS, hazard_bits

_WORDS = (
    "location", "description", "basis", "level", "measure", "assignee", "responsible_unit", "funds",
    "due_at", "contingency_plan",
)  # fmt: skip
"""What people said; of two incidents that are one, what is said of either."""


def check_mergeable(row: RowMapping, other: RowMapping) -> None:
    """Whether a person may call an incident part of another one.

    Args:
        row: the one that stays.
        other: the one that becomes part of it.

    Raises:
        ActRefused: they are two hazards, or were judged to be, or the other one is closed.
    """
    ours, theirs = _kind_of(row), _kind_of(other)
    if ours != theirs:
        raise ActRefused(
            "merge-other-hazard",
            ours=HAZARD_NAMES[IncidentHazard(row["hazards"][0])],
            theirs=HAZARD_NAMES[IncidentHazard(other["hazards"][0])],
        )
    if other["state"] == HandlingState.CLOSED:
        raise ActRefused("merge-closed", incident_id=other["id"])
    if {row["review"], other["review"]} == {Review.CONFIRMED, Review.FALSE_ALARM}:
        raise ActRefused("merge-judged-otherwise")


def _kind_of(row: RowMapping) -> str:
    hazard = IncidentHazard(row["hazards"][0])
    return "camera" if hazard.is_of_camera else family_of(hazard)


def taken_over(row: RowMapping, part: RowMapping) -> dict[str, Any]:
    """The columns that an incident takes over from one that becomes part of it.

    How far people are, where they are further with the part: nothing that was done is done again.
    That the part was called a false alarm says nothing of the whole.
    """
    words = {name: part[name] for name in _WORDS if row[name] is None and part[name] is not None}
    ours, theirs = HandlingState(row["state"]), HandlingState(part["state"])
    if theirs is HandlingState.FALSE_ALARM or not is_further(theirs, ours):
        return words
    kept = {*_WORDS, "version"}
    return words | {name: part[name] for name in HANDLING_COLUMNS if name not in kept}


def join(connection: Connection, row: RowMapping, other: RowMapping) -> None:
    """Makes an incident, and what was merged into it, part of another one."""
    state = HandlingState(other["state"])
    values = {
        "joined_to": row["id"],
        "version": other["version"] + 1,
        "state": state_after(state, ActKind.MERGE) or state,
    }
    connection.execute(update(incidents).where(incidents.c.id == other["id"]).values(**values))
    parts = update(incidents).where(incidents.c.joined_to == other["id"])
    connection.execute(parts.values(joined_to=row["id"]))


def check_part(connection: Connection, row: RowMapping, other: RowMapping) -> None:
    """Whether a person merged the other one into this incident.

    Raises:
        ActRefused: nobody did; it names those that can be parted.
    """
    if other["joined_to"] != row["id"]:
        parts = ", ".join(one["id"] for one in parts_of(connection, [row["id"]])[row["id"]])
        raise ActRefused("split-no-part", incident_id=other["id"], parts=parts or "—")


def part(connection: Connection, other: RowMapping) -> None:
    """Makes an incident of what was merged into another one, as it was handled before."""
    values = {"joined_to": None, "version": other["version"] + 1}
    connection.execute(update(incidents).where(incidents.c.id == other["id"]).values(**values))


def part_pictures(
    connection: Connection, row: RowMapping, inspection_ids: Sequence[str], now: datetime
) -> str:
    """Makes an incident of pictures that show something else; returns its id.

    It has ended: what cameras see from now on belongs to the one that it was parted from.

    Raises:
        SubmissionRefused: a picture does not show the incident, or nothing would be left of it.
    """
    shown = connection.execute(_own_sightings(row["id"])).mappings().all()
    known = {one["inspection_id"] for one in shown}
    for inspection_id in inspection_ids:
        if inspection_id not in known:
            raise SubmissionRefused("split-not-shown", inspection_id=inspection_id[:64])
    wanted = set(inspection_ids)
    if not known - wanted:
        raise SubmissionRefused("split-everything")
    chosen = [one for one in shown if one["inspection_id"] in wanted]
    new = _parted(connection, row, chosen, now)
    connection.execute(insert(incidents), new)
    connection.execute(
        insert(incident_sightings), [{**one, "incident_id": new["id"]} for one in chosen]
    )
    return str(new["id"])


def _own_sightings(incident_id: str) -> Any:
    """What cameras saw of an incident, less what a person parted from it; in order."""
    seen = incident_sightings.c
    parted = (
        select(incident_sightings.c.inspection_id)
        .join(incidents, incidents.c.id == incident_sightings.c.incident_id)
        .where(incidents.c.split_from == incident_id)
    )
    return (
        select(incident_sightings)
        .where(seen.incident_id == incident_id, seen.inspection_id.not_in(parted))
        .order_by(seen.at, seen.inspection_id)
    )


def _parted(
    connection: Connection, row: RowMapping, chosen: Sequence[RowMapping], now: datetime
) -> dict[str, Any]:
    first, last = chosen[0], chosen[-1]
    best = max(chosen, key=lambda one: (one["score"] or 0.0, one["at"]))
    scores = [one["score"] for one in chosen if one["score"] is not None]
    hazards = _hazards_in(connection, row, chosen)
    # Of another family than any that cameras see, so that it has no id of theirs.  Two may be seen
    # in one picture; from one a picture is parted once, so that the first of them is enough.
    parted_from = f"{family_of(hazards[0])}, parted from {row['id']}"
    confirmed = row["review"] == Review.CONFIRMED
    return {
        "id": incident_id(row["camera_id"], parted_from, first["inspection_id"], first["at"], 0),
        "camera_id": row["camera_id"],
        "stage": Stage.ENDED,
        "hazards": hazards,
        "hazard_bits": hazard_bits(hazards),
        "severity": max(one["severity"] for one in chosen),
        "zone_id": row["zone_id"],
        "permit_id": None,
        "first_seen_at": first["at"],
        "opened_at": first["at"],
        "last_seen_at": last["at"],
        "ended_at": last["at"],
        "looks": len(chosen),
        "sightings": len(chosen),
        "peak_score": max(scores, default=None),
        "verified": row["verified"],
        "extent": max(Box(*one["box"]).area for one in chosen),
        "best_inspection_id": best["inspection_id"],
        "best_box": best["box"],
        "split_from": row["id"],
        "state": HandlingState.CONFIRMED if confirmed else HandlingState.ACKNOWLEDGED,
        "review": Review.CONFIRMED if confirmed else None,
        "acknowledged_at": max(row["acknowledged_at"] or now, first["at"]),
        "version": 1,
        "location": row["location"],
    }


def _hazards_in(
    connection: Connection, row: RowMapping, chosen: Sequence[RowMapping]
) -> list[IncidentHazard]:
    """Which of the incident's hazards the pictures show; all, where they are not kept any more."""
    ids = [one["inspection_id"] for one in chosen]
    query = select(inspections.c.hazard_bits).where(inspections.c.id.in_(ids))
    bits = connection.scalars(query).all()
    every = [IncidentHazard(one) for one in row["hazards"]]
    seen = [one for one in every if any(each & PICTURED.get(one, 0) for each in bits)]
    return seen or every
