"""What an after-picture says against an incident's having been put right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping

from safety_detector.domain.incidents.handling import ActKind
from safety_detector.domain.incidents.hazards import HAZARD_NAMES, IncidentHazard
from safety_detector.domain.incidents.looks import family_of
from safety_detector.domain.inspection import Status, Verdict, timestamp
from safety_detector.errors import ActRefused, SubmissionRefused
from safety_detector.message_texts.reason import Reason
from safety_detector.service.incidents.finding import after_pictures, parts_of
from safety_detector.service.incidents.records import AfterPicture, NewAct


@dataclass(frozen=True, slots=True)
class LookAtAfter:
    """What a picture says of an incident's having been put right.

    Attributes:
        after: the picture; None where it was removed.
        doubts: what speaks against it; none before there is a result.
    """

    after: AfterPicture | None
    doubts: tuple[Reason, ...] = ()

    @property
    def is_waited_for(self) -> bool:
        """Whether the detector has yet to look at it."""
        return self.after is not None and self.after.status in (Status.QUEUED, Status.RUNNING)


def check_after_picture(connection: Connection, row: RowMapping, wanted: NewAct) -> None:
    """Looks at what the detector says of the picture of somebody who puts right, or verifies.

    Who puts something right need not wait for the detector; who verifies has its result.  A hazard
    in the picture, or one in which nothing can be told, has to be overridden by a person, who says
    why: nothing is put right because a picture could not be read.

    Args:
        connection: the act's transaction.
        row: of the incident.
        wanted: a rectification or a verification.

    Raises:
        SubmissionRefused: the picture cannot show it, whatever is in it.
        ActRefused: there is no result yet, or it is doubtful and not overridden.
    """
    is_new = wanted.kind is ActKind.RECTIFY
    inspection_id = wanted.inspection_id if is_new else row["after_inspection_id"]
    if inspection_id is None:
        return
    look = look_at(connection, row, inspection_id, is_new=is_new)
    if look.is_waited_for:
        if is_new:
            return
        raise ActRefused("act-picture-waits", inspection_id=inspection_id)
    if not look.doubts:
        return
    if not wanted.override:
        raise ActRefused("act-picture-doubted", doubts=Reason.of("sentences", reasons=look.doubts))
    if not wanted.text:
        raise SubmissionRefused("act-needs-text", act=wanted.kind.value)


def look_at(
    connection: Connection, row: RowMapping, inspection_id: str, *, is_new: bool
) -> LookAtAfter:
    """What a picture says of an incident's having been put right.

    Args:
        connection: of the transaction.
        row: of the incident.
        inspection_id: of the picture.
        is_new: whether it has yet to be taken for the incident.

    Raises:
        SubmissionRefused: a new one cannot show it, whatever is in it.
    """
    after = after_pictures(connection, [inspection_id]).get(inspection_id)
    if is_new:
        _check_fitness(row, inspection_id, after)
    look = LookAtAfter(after)
    if look.is_waited_for:
        return look
    every = [row, *parts_of(connection, [row["id"]])[row["id"]]]
    return LookAtAfter(after, tuple(_doubts(every, after)))


def _check_fitness(row: RowMapping, inspection_id: str, after: AfterPicture | None) -> None:
    shown = inspection_id[:64]
    if after is None:
        raise SubmissionRefused("act-picture-unknown", inspection_id=shown)
    if after.status is Status.FAILED:
        raise SubmissionRefused("act-picture-failed", inspection_id=shown)
    if after.taken_at is not None and after.taken_at <= row["opened_at"]:
        raise SubmissionRefused(
            "act-picture-earlier",
            inspection_id=shown,
            taken_at=timestamp(after.taken_at),
            opened_at=timestamp(row["opened_at"]),
        )


def _doubts(every: Sequence[RowMapping], after: AfterPicture | None) -> list[Reason]:
    """What the picture says against it, or any camera of the incident since it was taken.

    Args:
        every: the incident and those of which a person said that they are it.
        after: the picture; None where it was removed.
    """
    if after is None:
        return [Reason("after-picture-gone")]
    doubts: list[Reason] = []
    families = {family_of(IncidentHazard(name)) for one in every for name in one["hazards"]}
    still = [one for one in after.hazards if family_of(one) in families]
    doubts += [Reason.of("after-picture-shows", hazard=HAZARD_NAMES[one]) for one in still]
    if after.verdict not in (Verdict.CLEAR, Verdict.HAZARD):
        doubts.append(Reason("after-picture-inconclusive"))
    last_seen_at: datetime = max(one["last_seen_at"] for one in every)
    if after.taken_at is not None and last_seen_at > after.taken_at:
        doubts.append(Reason.of("seen-since-after-picture", at=timestamp(last_seen_at)))
    return doubts
