"""Which picture somebody had before their eyes when they judged an incident.

What shows an incident best changes while it goes on, and with every merge; a judgement is about
what was shown with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, select

from safety_detector.database.tables import incident_sightings, inspections
from safety_detector.domain.geometry import Box
from safety_detector.errors import SubmissionRefused
from safety_detector.service.incidents.finding import ids_of_whole

_SETTLED = timedelta(minutes=5)
"""What was finished so long before a judgement was shown with it, also where nobody says so."""


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture that was shown with a judgement.

    Attributes:
        inspection_id: its inspection.
        boxes: where the incident was in it then, in fractions.
    """

    inspection_id: str
    boxes: tuple[Box, ...]


def shown_picture(
    connection: Connection, row: RowMapping, said: str | None, now: datetime
) -> ShownPicture | None:
    """The picture that an incident is judged by; None where it has none, or nobody knows which.

    Where it is not said it is the one that shows the incident best, unless that came so lately that
    another one may have been looked at.

    Args:
        connection: the judgement's transaction.
        row: of the incident.
        said: the picture that was looked at.
        now: when it is judged.

    Raises:
        SubmissionRefused: the picture does not show this incident.
    """
    best = row["best_inspection_id"]
    if best is None:
        return None
    ids = ids_of_whole(connection, row["id"])
    seen = incident_sightings.c
    query = (
        select(seen.box)
        .where(seen.incident_id.in_(ids), seen.inspection_id == (said or best))
        .order_by(seen.incident_id)
    )
    boxes = tuple(dict.fromkeys(Box(*box) for box in connection.scalars(query)))
    if not boxes and said in (None, best):
        boxes = (Box(*row["best_box"]),)
    if not boxes:
        raise SubmissionRefused("split-not-shown", inspection_id=(said or best)[:64])
    if said is None and not _is_settled(connection, ids, best, now):
        return None
    return ShownPicture(said or best, boxes)


def _is_settled(connection: Connection, ids: list[str], best: str, now: datetime) -> bool:
    """Whether whoever judges an incident without saying by which picture has seen this one."""
    seen = incident_sightings.c
    others = select(seen.inspection_id).where(seen.incident_id.in_(ids), seen.inspection_id != best)
    if connection.scalar(others.limit(1)) is None:
        return True
    finished = connection.scalar(select(inspections.c.finished_at).where(inspections.c.id == best))
    return finished is not None and finished <= now - _SETTLED
