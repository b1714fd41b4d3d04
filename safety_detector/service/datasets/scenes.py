"""What else a picture may show beside a judged incident: what burned, or does not count, there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import Connection, RowMapping, select

from safety_detector.database.tables import incident_acts, incident_sightings, incidents
from safety_detector.datasets.proof import BURNING, says_no_flame
from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.detections import Detection
from safety_detector.domain.geometry import Box, ImageSize, intersection_area, rescale
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incidents.handling import ActKind, Review
from safety_detector.domain.incidents.permits import PERMITTED
from safety_detector.service.incidents.camera_rules import RulesOfCamera, rules_between
from safety_detector.service.incidents.finding import paths_to_wholes
from safety_detector.service.incidents.stored_looks import look_of_row
from safety_detector.service.inspections.rows import to_detection

_AROUND = timedelta(minutes=10)
"""A fire burns before it is first seen, and after it was last seen."""

_INSIDE = 0.5
"""A detection of which so much lies in an incident's box belongs to it; as in ``proof``."""

_WHOLE = ImageSize(1, 1)


class Scenes:
    """Answers what else was at a camera when a picture was taken.

    Args:
        connection: a transaction.
        zone: of cameras without one.
    """

    def __init__(self, connection: Connection, zone: tzinfo) -> None:
        self._connection = connection
        self._zone = zone

    def beside(
        self, picture: RowMapping, incident_id: str, boxes: Sequence[Box], *, burning: bool
    ) -> tuple[tuple[Detection, ...], bool]:
        """Detections that a judgement is not about, and whether something may burn beside it.

        Args:
            picture: the row of its inspection.
            incident_id: the judged one; of one that is part of another, that one.
            boxes: where it was in the picture, in fractions.
            burning: whether it is about fire and smoke.
        """
        camera_id, at = picture["camera_id"], picture["taken_at"]
        rules = rules_between(self._connection, camera_id, self._zone, at, at).at(at)
        others = self._of_others(picture, boxes, burning=burning) + _uncounted(picture, rules)
        may_burn = burning and (_is_left_out(rules, at) or self._burned(camera_id, at, incident_id))
        return tuple(others), may_burn

    def _of_others(
        self, picture: RowMapping, boxes: Sequence[Box], *, burning: bool
    ) -> list[Detection]:
        """Detections in the places of other incidents of the same family."""
        seen = incident_sightings.c
        query = select(seen.incident_id, seen.box).where(seen.inspection_id == picture["id"])
        found = self._connection.execute(query).all()
        paths = paths_to_wholes(self._connection, {row.incident_id for row in found})
        size = ImageSize(picture["width"], picture["height"])
        places = [
            rescale(Box(*row.box), _WHOLE, size)
            for row in found
            # What went into the judged one later was not judged with it.
            if Box(*row.box) not in boxes
            and row.incident_id in paths
            and _is_burning(paths[row.incident_id][0]) is burning
        ]
        return [
            one
            for one in map(to_detection, picture["detections"])
            if any(intersection_area(one.box, place) >= _INSIDE * one.box.area for place in places)
        ]

    def _burned(self, camera_id: str, at: datetime, incident_id: str) -> bool:
        """Whether another incident of fire or smoke was alive that nobody called no flame."""
        row = incidents.c
        query = select(incidents).where(
            row.camera_id == camera_id,
            row.first_seen_at <= at + _AROUND,
            row.last_seen_at >= at - _AROUND,
        )
        found = self._connection.execute(query).mappings().all()
        alive = [one["id"] for one in found if _is_burning(one)]
        paths = paths_to_wholes(self._connection, alive)
        wholes = {path[-1]["id"]: path[-1] for path in paths.values()}
        wholes.pop(incident_id, None)
        return any(not self._is_no_flame(one) for one in wholes.values())

    def _is_no_flame(self, incident: RowMapping) -> bool:
        if incident["review"] != Review.FALSE_ALARM:
            return False
        act = incident_acts.c
        query = (
            select(act.details)
            .where(act.incident_id == incident["id"], act.act == ActKind.DISMISS)
            .order_by(act.number.desc())
            .limit(1)
        )
        details = self._connection.scalar(query)
        return details is not None and says_no_flame(details.get("text") or "")


def _is_burning(incident: RowMapping) -> bool:
    return any(hazard in BURNING for hazard in incident["hazards"])


def _uncounted(picture: RowMapping, rules: RulesOfCamera) -> list[Detection]:
    """Detections that do not count for incidents, by the rules of their moment."""
    size = ImageSize(picture["width"], picture["height"])
    counted = {(one.hazard, one.box) for one in look_of_row(picture, rules).sightings}
    found = []
    for one in map(to_detection, picture["detections"]):
        x1, y1, x2, y2 = one.box.xyxy
        box = Box(x1 / size.width, y1 / size.height, x2 / size.width, y2 / size.height)
        hazard = _watched(one.hazard)
        if hazard is not None and (hazard, box) not in counted:
            found.append(one)
    return found


def _watched(hazard: Hazard) -> WatchedHazard | None:
    if hazard.label is Label.PERSON:
        return WatchedHazard.NO_HELMET if hazard.sub_label is SubLabel.NO_HELMET else None
    return WatchedHazard(hazard.label.value)


def _is_left_out(rules: RulesOfCamera, at: datetime) -> bool:
    """Whether there are places where fire or smoke may be and opens no incident by itself."""
    masked = any(hazard in PERMITTED for mask in rules.picture.masks for hazard in mask.hazards)
    unwatched = any(
        hazard not in zone.watch for zone in rules.picture.zones for hazard in PERMITTED
    )
    # Also by one that was taken back or entered late: somebody worked there.
    return masked or unwatched or any(one.since <= at < one.until for one in rules.permits)
