"""Reads what people judged: corrections, and incidents that were confirmed or false alarms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    exists,
    func,
    select,
    tuple_,
    union,
)

from safety_detector.database.engine import Database
from safety_detector.database.tables import (
    cameras,
    corrections,
    holds,
    incident_acts,
    incident_sightings,
    inspections,
)
from safety_detector.datasets.labelled import Basis, Judgement, LabelledPicture
from safety_detector.datasets.proof import (
    JudgedAlarm,
    proven_by_alarms,
    proven_by_correction,
)
from safety_detector.documents.runs import read_run
from safety_detector.domain.geometry import ImageSize
from safety_detector.domain.inspection import Status
from safety_detector.service.datasets.judged_alarms import judged_alarms
from safety_detector.service.datasets.records import DatasetFilter
from safety_detector.service.incidents.finding import paths_to_wholes
from safety_detector.service.inspections.corrections import Correction, to_correction
from safety_detector.service.inspections.rows import to_detection, to_taken

_PAGE = 200
_LONGEST_LICENCE = 200
_LICENCE_NAMES = ("licence", "license")
"""Of the submitter's metadata."""


class JudgedPictures:
    """Answers what people said is in pictures; changes nothing.

    Args:
        database: where it is.
        zone: of the site; a camera may have its own.
    """

    def __init__(self, database: Database, zone: tzinfo) -> None:
        self._database = database
        self._zone = zone

    def list(self, wanted: DatasetFilter) -> Iterator[LabelledPicture]:
        """Every judged picture, in the order of their arrival, a page of them in memory.

        One of which nothing is proven has neither labels nor boxes.
        """
        after = ""
        while True:
            with self._database.read() as connection:
                query = _judged(wanted).where(inspections.c.id > after).limit(_PAGE)
                rows = connection.execute(query).mappings().all()
                page = self._labelled(connection, rows)
            yield from page
            if len(rows) < _PAGE:
                return
            after = rows[-1]["id"]

    def get_many(self, inspection_ids: Collection[str]) -> dict[str, LabelledPicture]:
        """Those of the pictures that are judged and still there, by their inspections."""
        query = _judged(DatasetFilter()).where(inspections.c.id.in_(inspection_ids))
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
            return {one.inspection_id: one for one in self._labelled(connection, rows)}

    def _labelled(
        self, connection: Connection, rows: Sequence[RowMapping]
    ) -> Sequence[LabelledPicture]:
        ids = [row["id"] for row in rows]
        said = _latest_corrections(connection, ids)
        alarms = judged_alarms(connection, rows, self._zone)
        shows = _incidents(connection, ids)
        zones = _zones(connection, {row["camera_id"] for row in rows}, self._zone)
        return [
            _picture(
                row,
                said.get(row["id"]),
                alarms[row["id"]],
                shows[row["id"]],
                zones.get(row["camera_id"], self._zone),
            )
            for row in rows
            # What was said of the others was taken back.
            if row["id"] in said or alarms[row["id"]]
        ]


def _judged(wanted: DatasetFilter) -> Select[Any]:
    row, act = inspections.c, incident_acts.c
    by_alarm = select(act.shown_inspection_id.label("id")).where(
        act.shown_inspection_id.is_not(None)
    )
    judged = union(select(corrections.c.inspection_id.label("id")), by_alarm).subquery()
    query = (
        select(inspections, _is_held().label("held"))
        .join(judged, judged.c.id == row.id)
        .where(row.status == Status.COMPLETED)
        .order_by(row.id)
    )
    if wanted.since is not None:
        query = query.where(row.taken_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(row.taken_at < wanted.until)
    if wanted.camera_ids:
        query = query.where(row.camera_id.in_(wanted.camera_ids))
    if wanted.batch_id is not None:
        query = query.where(row.batch_id == wanted.batch_id)
    return query


def _is_held() -> ColumnElement[bool]:
    """Whether somebody holds the picture: its bytes, in whatever inspection they came."""
    twin = inspections.alias("twin")
    return (
        exists()
        .where(twin.c.sha256 == inspections.c.sha256, holds.c.inspection_id == twin.c.id)
        .correlate(inspections)
    )


def _latest_corrections(connection: Connection, ids: Sequence[str]) -> dict[str, Correction]:
    one = corrections.c
    latest = (
        select(one.inspection_id, func.max(one.version))
        .where(one.inspection_id.in_(ids))
        .group_by(one.inspection_id)
    )
    query = select(corrections).where(tuple_(one.inspection_id, one.version).in_(latest))
    return {
        row["inspection_id"]: to_correction(row) for row in connection.execute(query).mappings()
    }


def _incidents(connection: Connection, ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """By picture, the incidents that it shows; of one that went into another, that one."""
    seen = incident_sightings.c
    query = select(seen.inspection_id, seen.incident_id).where(seen.inspection_id.in_(ids))
    found = connection.execute(query.distinct()).all()
    paths = paths_to_wholes(connection, {row.incident_id for row in found})
    shows: dict[str, set[str]] = defaultdict(set)
    for inspection_id, incident_id in found:
        if incident_id in paths:
            shows[inspection_id].add(paths[incident_id][-1]["id"])
    return defaultdict(tuple, {one: tuple(sorted(every)) for one, every in shows.items()})


def _zones(
    connection: Connection, camera_ids: Collection[str | None], zone: tzinfo
) -> dict[str, tzinfo]:
    query = select(cameras.c.id, cameras.c.timezone).where(
        cameras.c.id.in_({one for one in camera_ids if one is not None})
    )
    return {
        row.id: zone if row.timezone is None else ZoneInfo(row.timezone)
        for row in connection.execute(query)
    }


def _picture(
    row: RowMapping,
    said: Correction | None,
    alarms: Sequence[JudgedAlarm],
    shows: tuple[str, ...],
    zone: tzinfo,
) -> LabelledPicture:
    detections = tuple(to_detection(one) for one in row["detections"])
    size = ImageSize(row["width"], row["height"])
    judgements = list(dict.fromkeys(one.judgement for one in alarms))
    if said is None:
        proof = proven_by_alarms(detections, size, alarms)
    else:
        judgement = Judgement(Basis.CORRECTION, said.by, said.at, said.note, version=said.version)
        judgements.insert(0, judgement)
        proof = proven_by_correction(said.boxes, said.removed, judgement, complete=said.complete)
    return LabelledPicture(
        inspection_id=row["id"],
        name=row["name"],
        sha256=row["sha256"],
        size=size,
        taken_at=to_taken(row).at.astimezone(zone),
        camera_id=row["camera_id"],
        batch_id=row["batch_id"],
        labelled=proof.labelled,
        boxes=proof.boxes,
        refuted=proof.refuted,
        judgements=tuple(judgements),
        incidents=shows,
        detections=detections,
        runs=tuple(read_run(one) for one in row["runs"]),
        licence=_licence(row["metadata"]),
        held=row["held"],
    )


def _licence(metadata: Mapping[str, Any]) -> str | None:
    """What the submitter said of it; nothing where that is no short text."""
    for name in _LICENCE_NAMES:
        said = metadata.get(name)
        if isinstance(said, str) and said.strip() and said.isprintable():
            return said.strip()[:_LONGEST_LICENCE]
    return None
