"""What accepted frames looked like, so that one that shows nothing new need not be inspected.

A frame counts as unchanged while it looks like the last one that was inspected, or like one that is
about to be.  What was found there stands for it:

* a clear look stands for ``longest``; something may have been there that the model did not see;
* one that was inconclusive stands for a sixth of that: the model may say more of the next frame,
  and of a scene in which nothing can be seen it says the same all night;
* one that failed stands for nothing: nobody has looked;
* for ``HAZARD_LOOKED_AFTER`` after a look that found a hazard every frame is inspected, so that
  there are looks enough to confirm it, and to see it end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from safety_detector.database.tables import camera_looks, inspections
from safety_detector.domain.inspection import Status, Verdict
from safety_detector.pictures.change import (
    Excess,
    SmallCopy,
    difference,
    is_change,
    packed,
    unpacked,
)

HAZARD_LOOKED_AFTER = timedelta(seconds=60)
_INCONCLUSIVE_SHARE = 6
_KEPT = 2 * HAZARD_LOOKED_AFTER


@dataclass(frozen=True, slots=True)
class StandingLook:
    """An accepted frame that may stand for a later one.

    Attributes:
        inspection_id: its inspection.
        small: its small copy, as it is kept.
    """

    inspection_id: str
    small: bytes


def standing_looks(
    connection: Connection, camera_id: str, now: datetime, longest: timedelta
) -> tuple[StandingLook, ...]:
    """The frames of a camera that may stand for one that comes now; at most two.

    Args:
        connection: a transaction.
        camera_id: the camera.
        now: the present moment.
        longest: how long a clear look stands; zero: not at all.
    """
    if longest <= timedelta(0):
        return ()
    looks = connection.execute(
        select(
            camera_looks.c.inspection_id,
            camera_looks.c.arrived_at,
            camera_looks.c.small,
            inspections.c.status,
            inspections.c.verdict,
            inspections.c.finished_at,
        )
        .join(inspections, inspections.c.id == camera_looks.c.inspection_id)
        .where(camera_looks.c.camera_id == camera_id)
        .order_by(camera_looks.c.inspection_id.desc())
    ).all()
    lately = now - HAZARD_LOOKED_AFTER
    if any(
        one.verdict == Verdict.HAZARD and max(one.arrived_at, one.finished_at or lately) >= lately
        for one in looks
    ):
        return ()
    ended = [one for one in looks if one.status in (Status.COMPLETED, Status.FAILED)]
    coming = [one for one in looks if one.status not in (Status.COMPLETED, Status.FAILED)]
    found = []
    if coming:
        found.append((coming[0], longest))
    if ended and ended[0].verdict == Verdict.CLEAR:
        found.append((ended[0], longest))
    elif ended and ended[0].status == Status.COMPLETED and ended[0].verdict != Verdict.HAZARD:
        found.append((ended[0], longest / _INCONCLUSIVE_SHARE))
    return tuple(
        StandingLook(one.inspection_id, one.small)
        for one, limit in found
        # One from the future was written by a clock that was wrong then.
        if one.small is not None and timedelta(0) <= now - one.arrived_at < limit
    )


def unchanged_since(
    looks: Sequence[StandingLook], small: SmallCopy, history: Sequence[Excess]
) -> tuple[str | None, Excess | None]:
    """Which look stands for a frame, and how far the frame differs from the last one.

    Args:
        looks: those that may.
        small: the frame's small copy.
        history: by how much this camera's frames differed lately.

    Returns:
        The inspection that stands for the frame, None where it shows something new; and the
        difference for the history, None where there was nothing to compare with.
    """
    last: Excess | None = None
    for look in looks:
        last = difference(unpacked(look.small), small, history)
        if not is_change(last, history):
            return look.inspection_id, last
    return None, last


def keep_look(
    connection: Connection, camera_id: str, inspection_id: str, small: SmallCopy, now: datetime
) -> None:
    """Keeps an accepted frame's small copy, and lets go of what no later frame is compared with."""
    known = connection.execute(
        select(camera_looks.c.inspection_id, camera_looks.c.arrived_at, inspections.c.status)
        .join(inspections, inspections.c.id == camera_looks.c.inspection_id, isouter=True)
        .where(camera_looks.c.camera_id == camera_id)
        .order_by(camera_looks.c.inspection_id.desc())
    ).all()
    ended = [one for one in known if one.status in (Status.COMPLETED, Status.FAILED)]
    gone = [
        one.inspection_id
        for one in known
        if one.status is None or (one in ended[1:] and not _is_lately(one.arrived_at, now))
    ]
    faded = [one.inspection_id for one in ended[1:] if one.inspection_id not in gone]
    if gone:
        connection.execute(delete(camera_looks).where(camera_looks.c.inspection_id.in_(gone)))
    if faded:
        connection.execute(
            update(camera_looks)
            .where(camera_looks.c.inspection_id.in_(faded), camera_looks.c.small.is_not(None))
            .values(small=None)
        )
    values = {"inspection_id": inspection_id, "camera_id": camera_id, "arrived_at": now}
    connection.execute(insert(camera_looks), values | {"small": packed(small)})


def forget_looks(connection: Connection, camera_id: str) -> None:
    """Forgets how a camera's frames looked: the next one is inspected."""
    connection.execute(delete(camera_looks).where(camera_looks.c.camera_id == camera_id))


def _is_lately(arrived_at: datetime, now: datetime) -> bool:
    return abs(now - arrived_at) < _KEPT
