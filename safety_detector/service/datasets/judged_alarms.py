"""Reads which judgements of incidents are about which pictures: those that were shown with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import tzinfo

from sqlalchemy import Connection, RowMapping, select

from safety_detector.database.tables import incident_acts, incident_sightings, incidents
from safety_detector.datasets.labelled import Basis, Judgement
from safety_detector.datasets.proof import BURNING, JudgedAlarm
from safety_detector.domain.geometry import Box
from safety_detector.domain.incidents.handling import ActKind, Review
from safety_detector.service.datasets.scenes import Scenes
from safety_detector.service.incidents.finding import paths_to_wholes

_JUDGING = (ActKind.CONFIRM, ActKind.DISMISS, ActKind.REOPEN)
_SAYS = {ActKind.CONFIRM: Review.CONFIRMED, ActKind.DISMISS: Review.FALSE_ALARM}


def judged_alarms(
    connection: Connection, rows: Sequence[RowMapping], zone: tzinfo
) -> Mapping[str, Sequence[JudgedAlarm]]:
    """By picture, the judgements in force that it was shown with; one for each place in it.

    Args:
        connection: a transaction.
        rows: of the pictures' inspections.
        zone: of cameras without one.
    """
    pictures = {row["id"]: row for row in rows}
    act = incident_acts.c
    query = select(act.incident_id).where(act.shown_inspection_id.in_(pictures)).distinct()
    paths = paths_to_wholes(connection, connection.scalars(query).all())
    of_path = {row["id"] for path in paths.values() for row in path}
    in_force = _in_force(connection, of_path)
    parted = _parted(connection, pictures, of_path)
    scenes = Scenes(connection, zone)
    alarms: dict[str, list[JudgedAlarm]] = defaultdict(list)
    for path in paths.values():
        judged = in_force.get(path[0]["id"])
        if judged is None or judged["shown_inspection_id"] not in pictures:
            continue
        picture = pictures[judged["shown_inspection_id"]]
        is_parted = any((row["id"], picture["id"]) in parted for row in path)
        # Looked at anew since, it shows other detections than those that were judged.
        is_same = picture["finished_at"] is not None and picture["finished_at"] <= judged["at"]
        if is_parted or not is_same or not _holds(judged, path, in_force):
            continue
        burning = any(hazard in BURNING for hazard in path[0]["hazards"])
        judgement = _judgement(judged, path)
        boxes = [Box(*box) for box in judged["shown_boxes"]]
        others, may_burn = scenes.beside(picture, path[-1]["id"], boxes, burning=burning)
        alarms[picture["id"]] += [
            JudgedAlarm(judgement, burning, box, others, may_burn) for box in boxes
        ]
    return alarms


def _judgement(judged: RowMapping, path: Sequence[RowMapping]) -> Judgement:
    is_there = judged["act"] == ActKind.CONFIRM
    return Judgement(
        Basis.CONFIRMED if is_there else Basis.FALSE_ALARM,
        by=judged["actor"],
        at=judged["at"],
        reason=judged["details"].get("text") or "",
        incident_id=path[-1]["id"],
    )


def _in_force(connection: Connection, incident_ids: Collection[str]) -> dict[str, RowMapping]:
    """The last judgement of each incident itself that nobody took back."""
    act = incident_acts.c
    query = (
        select(incident_acts)
        .where(act.incident_id.in_(incident_ids), act.act.in_(_JUDGING))
        .order_by(act.number)
    )
    found: dict[str, RowMapping] = {}
    for row in connection.execute(query).mappings():
        if row["act"] != ActKind.REOPEN:
            found[row["incident_id"]] = row
        elif row["details"].get("review") != Review.CONFIRMED:
            found.pop(row["incident_id"], None)
    return found


def _holds(
    judged: RowMapping, path: Sequence[RowMapping], in_force: Mapping[str, RowMapping]
) -> bool:
    """Whether what an incident is said to be by now is what somebody said of it, or of this part.

    What looks alone made part of another one was judged by itself, if nobody judged the whole.
    """
    whole = path[-1]
    if whole["review"] == _SAYS[judged["act"]]:
        return True
    by_looks = all(row["joined_to"] is None for row in path)
    return len(path) > 1 and by_looks and whole["review"] is None and whole["id"] not in in_force


def _parted(
    connection: Connection, inspection_ids: Collection[str], incident_ids: Collection[str]
) -> set[tuple[str, str]]:
    """Incidents, each with a picture that a person parted from it as something else."""
    seen, row = incident_sightings.c, incidents.c
    query = (
        select(row.split_from, row.id, seen.inspection_id)
        .join(incident_sightings, seen.incident_id == row.id)
        .where(row.split_from.in_(incident_ids), seen.inspection_id.in_(inspection_ids))
    )
    found = connection.execute(query).all()
    paths = paths_to_wholes(connection, {one.id for one in found})
    return {
        (one.split_from, one.inspection_id)
        for one in found
        # Who merged them again took it back.
        if all(other["id"] != one.split_from for other in paths[one.id])
    }
