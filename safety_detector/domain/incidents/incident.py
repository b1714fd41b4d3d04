"""Values that come out: an incident as it stands, and what changed about it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.geometry import Box
from safety_detector.domain.incidents.looks import Severity, family_of

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Stage(StrEnum):
    """Where an incident stands as far as cameras can tell; what people make of it is apart.

    ``CANDIDATE`` is seen and not yet announced; ``MERGED`` went into another one.
    """

    CANDIDATE = "candidate"
    OPEN = "open"
    QUIET = "quiet"
    ENDED = "ended"
    MERGED = "merged"


class ChangeKind(StrEnum):
    """What can happen to an incident that was announced."""

    OPENED = "opened"
    ESCALATED = "escalated"
    VERIFIED = "verified"
    QUIET = "quiet"
    REOPENED = "reopened"
    ENDED = "ended"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Change:
    """Something happened to an incident.

    Attributes:
        incident_id: which.
        number: its place among the incident's changes, from 1.
        kind: what.
        at: when the picture was taken that shows it, or the camera's fault was noticed.
        inspection_id: that picture's; None of a fault of the camera itself, and where the camera
            was removed.
        because: of an escalation, what rose: ``severity``, ``extent``, ``fire``, ``permit``; of an
            end, ``removed`` where it was the camera's.
    """

    incident_id: str
    number: int
    kind: ChangeKind
    at: datetime
    inspection_id: str | None
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BestPicture:
    """The look that shows an incident best; ``quality`` is its score times its sharpness."""

    inspection_id: str
    at: datetime
    quality: float
    box: Box


@dataclass(frozen=True, slots=True)
class SeenAt:
    """Where something was seen at one look.

    Attributes:
        look: the number of the look, counting the camera's usable ones.
        at: when.
        box: around all that was seen of it, in fractions of the picture.
        severity: the gravest.
        counts_for: hazards that were seen with their opening score.
        inspection_id: of the look; none in what earlier versions kept.
        score: the highest; None where the detector gives none.
        zone_ids: the zones that it was seen in; None for a place outside of all.
        hazards: those that were seen, however unsure.
    """

    look: int
    at: datetime
    box: Box
    severity: Severity
    counts_for: frozenset[WatchedHazard]
    inspection_id: str = ""
    score: float | None = None
    zone_ids: tuple[str | None, ...] = (None,)
    hazards: frozenset[WatchedHazard] = frozenset()


@dataclass(frozen=True, slots=True)
class Shown:
    """A look that shows an announced incident."""

    incident_id: str
    seen: SeenAt


@dataclass(frozen=True, slots=True)
class Incident:
    """One hazard at one place of one camera, from its first sighting to its end.

    Attributes:
        id: a ULID made of what opened it: the same looks give the same.
        camera_id: the camera.
        stage: where it stands.
        hazards: what was seen, all of one family.
        severity: the gravest so far.
        zone_id: the zone of its first sighting in any.
        permit_id: the permit that covers all of it; None where there is none, or it grew beyond.
        first_seen_at, last_seen_at: the first and the last look that showed it.
        opened_at: when it was first announced; None for a candidate.
        quiet_at, ended_at: when; None where it is not.
        merged_into: the incident that it went into.
        looks: usable looks from the first sighting on, up to the last.
        sightings: looks that showed it.
        peak_score: the highest; None where the detector gives none.
        is_verified: whether the confirming judge saw it.
        best: the picture to show.
        extent: the largest share of the picture that it covered.
        track: where it was seen, the newest last; the first and the newest few are kept.
        announced_hazards: those that people were told of.
        announced_severity, announced_extent: as they were told the last time.
        announced_verified: whether people know that the confirming judge saw it.
        unseen_s: watched seconds since it was last seen.
        first_look: number of the look that showed it first.
        changes: how many were told so far.
    """

    id: str
    camera_id: str
    stage: Stage
    hazards: frozenset[WatchedHazard]
    severity: Severity
    first_seen_at: datetime
    last_seen_at: datetime
    best: BestPicture
    first_look: int
    zone_id: str | None = None
    permit_id: str | None = None
    opened_at: datetime | None = None
    quiet_at: datetime | None = None
    ended_at: datetime | None = None
    merged_into: str | None = None
    looks: int = 1
    sightings: int = 1
    peak_score: float | None = None
    is_verified: bool = False
    extent: float = 0.0
    track: tuple[SeenAt, ...] = field(default=())
    announced_hazards: frozenset[WatchedHazard] = frozenset()
    announced_severity: Severity = Severity.UNCERTAIN
    announced_extent: float = 0.0
    announced_verified: bool = False
    unseen_s: float = 0.0
    changes: int = 0

    @property
    def family(self) -> str:
        """The family of its hazards."""
        return family_of(next(iter(self.hazards)))

    @property
    def most_urgent(self) -> WatchedHazard:
        """The hazard by whose rule it opens: fire before smoke."""
        return min(self.hazards, key=tuple(WatchedHazard).index)


def incident_id(camera_id: str, family: str, inspection_id: str, at: datetime, place: int) -> str:
    """A ULID of the first sighting's moment, with a digest of what it was in place of chance.

    Args:
        camera_id: the camera.
        family: of the hazard.
        inspection_id: of the look that showed it first.
        at: when that was taken.
        place: of the sighting among those of the look that were at no known place.
    """
    milliseconds = max(int(at.timestamp() * 1000), 0) & (2**48 - 1)
    text = "\0".join((camera_id, family, inspection_id, str(place)))
    digest = int.from_bytes(hashlib.sha256(text.encode()).digest()[:10])
    number = milliseconds << 80 | digest
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))
