"""What the service takes and gives, besides the domain's own values.

Long on purpose: values without behaviour, in one place for whoever reads or makes one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, Generic, TypeVar

from safety_detector.camera_sources.source import CameraSource, SourceKind
from safety_detector.domain.camera_health import Fault
from safety_detector.domain.camera_rules import NO_RULES, CameraRules
from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.hazards import Label, SubLabel
from safety_detector.domain.incidents.events import IncidentEvent
from safety_detector.domain.incidents.looks import SuppressedBy
from safety_detector.domain.incidents.opening_rules import NO_CHANGES, RuleChanges
from safety_detector.domain.inspection import Inspection, PictureFacts, Status, Verdict
from safety_detector.jobs.outages import Outage
from safety_detector.jobs.records import Claim
from safety_detector.message_texts.reason import Reason

INSPECTION = "inspection"
"""The kind of jobs that pictures are, by its name in the table."""

Item = TypeVar("Item")


class Source(StrEnum):
    """How a picture came in."""

    UPLOAD = "upload"
    FRAME = "frame"
    BATCH = "batch"


class Priority(IntEnum):
    """Which inspections are claimed first; the lower number wins."""

    URGENT = 0
    BATCH = 1


PRIORITIES = {
    Source.UPLOAD: Priority.URGENT,
    Source.FRAME: Priority.URGENT,
    Source.BATCH: Priority.BATCH,
}


@dataclass(frozen=True, slots=True)
class Submission:
    """What is known of a picture besides its bytes.

    Attributes:
        name: file name, or the path relative to the folder in a batch.
        camera_id: the camera it comes from; must exist.
        batch_id: the batch it belongs to.
        captured_at: when the picture was taken, with its zone.
        metadata: the caller's own JSON object, given back unchanged.
        source: pictures of a batch wait for frames and uploads.
        backend: ``qwen`` or ``embedded``; None for the service's default.
        submitted_by: id of the API key or the person, None where there are neither.
        idempotency_key: a second submission by the same key holder with the same text and the
            same bytes gives the first one's inspection.
        fetched_from: the URL that the bytes were fetched from; with an idempotency key it is what
            is compared in their place, since a camera's address gives other bytes each time.
    """

    name: str
    camera_id: str | None = None
    batch_id: str | None = None
    captured_at: datetime | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    source: Source = Source.UPLOAD
    backend: str | None = None
    submitted_by: str | None = None
    idempotency_key: str | None = None
    fetched_from: str | None = None


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture that is stored, as it is served.

    Attributes:
        key: under which it is kept.
        tag: changes with its bytes.
        media_type: ``image/jpeg``, …
        name: the name under which it was submitted.
    """

    key: str
    tag: str
    media_type: str
    name: str


@dataclass(frozen=True, slots=True)
class InspectionFilter:
    """Which inspections are listed; None means any.

    Attributes:
        label, sub_label: with a detection of this label and state; where no box can have both, with
            one of each.
        name: what stands anywhere in the picture's name, in capitals or not.
        since, until: taken at or after, and before, with their zone (``domain/capture_time.py``).
        corrected: whether a person has said what is in it.
        arrived_before: so that what comes later changes nothing any more.
    """

    status: Status | None = None
    verdict: Verdict | None = None
    label: Label | None = None
    sub_label: SubLabel | None = None
    name: str | None = None
    camera_id: str | None = None
    batch_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    arrived_before: datetime | None = None
    corrected: bool | None = None


class ListOrder(StrEnum):
    """In which order inspections are listed."""

    TAKEN = "taken"
    ARRIVAL = "arrival"
    URGENCY = "urgency"


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some of a list in the wanted order, and where the next page begins (None: there is none)."""

    items: tuple[Item, ...]
    next_cursor: str | None

    @classmethod
    def cut(cls, found: Sequence[Item], limit: int, cursor: Callable[[Item], str]) -> Page[Item]:
        """The page of at most ``limit`` items.

        Args:
            found: one more than the limit, where there are so many, tells of a further page.
            limit: most items.
            cursor: of the page that begins behind an item.
        """
        items = tuple(found[:limit])
        return cls(items, cursor(items[-1]) if len(found) > limit else None)


@dataclass(frozen=True, slots=True)
class BatchStanding:
    """How far the pictures of a batch are, by status, and by verdict where there is one."""

    id: str
    statuses: Mapping[Status, int]
    verdicts: Mapping[Verdict, int]
    first_received_at: datetime
    last_received_at: datetime


class EventKind(StrEnum):
    """What happened to an inspection."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Event:
    """One change of one inspection, or of one incident.

    Attributes:
        id: place in the feed, to be given back as ``Last-Event-ID``; opaque.
        inspection_id: read the inspection itself for its present state; a replaced frame has none.
            Of an incident the picture that shows it, where one does.
        incident_id: None of an inspection.
    """

    id: str
    inspection_id: str | None
    incident_id: str | None
    kind: EventKind | IncidentEvent
    at: datetime


@dataclass(frozen=True, slots=True)
class ClaimedPicture:
    """A picture that a worker has claimed.

    Attributes:
        picture: name and hash of the stored picture.
        received_at: when it was accepted.
        source, camera_id: how it came in.
    """

    picture: PictureFacts
    received_at: datetime
    source: Source
    camera_id: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a worker found in a claimed picture.

    Attributes:
        claim: the right to record it.
        detections: most urgent first.
        runs: the detector calls behind them.
        verdict: by the rule of the domain.
        annotated_jpeg: the picture with its detections drawn.
    """

    claim: Claim[ClaimedPicture]
    detections: tuple[Detection, ...]
    runs: tuple[DetectorRun, ...]
    verdict: Verdict
    annotated_jpeg: bytes


class FrameDisposition(StrEnum):
    """What became of a pushed frame."""

    ACCEPTED = "accepted"
    REPLACED = "replaced"
    SKIPPED = "skipped"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class FrameReceipt:
    """The answer to a pushed frame.

    Attributes:
        disposition: ``accepted``, ``skipped`` or ``unchanged``; an accepted one may be replaced
            later.
        inspection: of an accepted frame.
        replaces: id of the older frame that this one took the place of; the newest, if several.
        reason: why it is not inspected.
    """

    disposition: FrameDisposition
    inspection: Inspection | None = None
    replaces: str | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class ReplacedFrame:
    """A frame that a newer one of its camera replaced before it was inspected."""

    id: str
    camera_id: str
    replaced_by: str
    replaced_at: datetime


class Login(StrEnum):
    """Whether user and password of a camera are known."""

    NONE = "none"
    KEPT = "kept"
    LOST = "lost"
    """They are sealed with a key that is gone, and have to be given again."""


@dataclass(frozen=True, slots=True)
class CameraSighting:
    """What is known of a camera's source at present.

    Attributes:
        connected: whether frames come.
        since: since when they do, or do not.
        last_frame_at: when the last one came, whatever became of it.
        last_error: why none come, or did not when they last stopped.
        codec, width, height, fps: of the stream, as far as it tells.
        clock_difference_s: the camera's clock less ours.
    """

    connected: bool
    since: datetime
    last_frame_at: datetime | None = None
    last_error: Reason | None = None
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    clock_difference_s: float | None = None


class CameraStatus(StrEnum):
    """How a camera is, in a word."""

    OK = "ok"
    FAULTY = "faulty"
    UNKNOWN = "unknown"  # no picture has come yet
    OFF = "off"


@dataclass(frozen=True, slots=True)
class CameraFault:
    """A fault of a camera; camera, fault and beginning are its identity.

    Attributes:
        since: the beginning of what was noticed later.
        noticed_at: when it had lasted long enough to be one.
        reason: what was seen.
        ended_at: None while it is open.
    """

    camera_id: str
    fault: Fault
    since: datetime
    noticed_at: datetime
    reason: Reason
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CameraHealth:
    """How a camera is: in a word, and what is wrong with it."""

    status: CameraStatus
    faults: tuple[CameraFault, ...]


@dataclass(frozen=True, slots=True)
class SuppressedCount:
    """How much was seen of a camera and did not count, by a rule of it.

    Attributes:
        by: the kind of rule.
        reason: of the mask; None of other rules.
        total: sightings so far; of the last 400 days.
        last_7_days: of those.
        last_at: when the last picture was taken; None where there was none.
    """

    by: SuppressedBy
    reason: str | None
    total: int
    last_7_days: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera as a record.

    Attributes:
        id: chosen by the operator, or made up.
        name: for people.
        enabled: frames of a camera that is switched off are skipped.
        backend: detector of its frames; None for the service's default.
        min_interval_ms: frames that come sooner after the last accepted one are skipped; 0: none.
        newest_frame_at: when its last accepted frame arrived.
        newest_captured_at: when that one was taken, if its sender said so.
        frames: what became of its frames.
        location: where it hangs, for people.
        timezone: the IANA name of its zone; None for that of the site.
        source: where its pictures come from, without the password.
        login: whether user and password are known.
        every_s: how often it is looked at; None for one that pushes when it likes.
        expected: whether silence is a fault.
        rules: zones, masks and schedule.
        incident_rules: what is said of when its incidents open.
        sighting: of its source; None while nobody has seen it.
        faults: that are open.
        suppressed: what was seen and did not count, by each of its masks first.
    """

    id: str
    name: str
    created_at: datetime
    enabled: bool = True
    backend: str | None = None
    min_interval_ms: int = 0
    newest_frame_at: datetime | None = None
    newest_captured_at: datetime | None = None
    frames: FrameCounts = field(default_factory=lambda: FrameCounts())
    location: str | None = None
    timezone: str | None = None
    source: CameraSource = field(default_factory=lambda: CameraSource(SourceKind.PUSH))
    login: Login = Login.NONE
    every_s: float | None = None
    expected: bool = True
    rules: CameraRules = NO_RULES
    incident_rules: RuleChanges = NO_CHANGES
    sighting: CameraSighting | None = None
    faults: tuple[CameraFault, ...] = ()
    suppressed: tuple[SuppressedCount, ...] = ()

    @property
    def health(self) -> CameraHealth:
        """How it is; one of which nothing has come is not called sound."""
        status = CameraStatus.OK if self.frames.received else CameraStatus.UNKNOWN
        if self.faults:
            status = CameraStatus.FAULTY
        return CameraHealth(status if self.enabled else CameraStatus.OFF, self.faults)


@dataclass(frozen=True, slots=True)
class FrameCounts:
    """``received = inspected + in_flight + skipped + unchanged + replaced + refused``."""

    received: int = 0
    inspected: int = 0
    unchanged: int = 0
    in_flight: int = 0
    skipped: int = 0
    replaced: int = 0
    refused: int = 0


class Scope(StrEnum):
    """What an API key may do; ``admin`` includes the others.

    ``HANDLE`` is to say what incidents are and what was done about them.
    """

    SUBMIT = "submit"
    READ = "read"
    HANDLE = "handle"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as it is listed; the secret itself is not kept.

    Attributes:
        camera_id: the one camera to which a camera key may push.
    """

    id: str
    name: str
    scopes: frozenset[Scope]
    camera_id: str | None
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request.

    Attributes:
        key_id: of the API key, or of the person who signed in; None where the service runs without.
        camera_id: of a camera key; such a key may push frames to this camera and nothing else.
    """

    key_id: str | None
    name: str
    scopes: frozenset[Scope]
    camera_id: str | None = None

    def may(self, scope: Scope) -> bool:
        """Whether the scope is granted; a camera key has none."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def may_push_to(self, camera_id: str) -> bool:
        """Whether frames may be pushed to the camera."""
        return self.camera_id == camera_id or self.may(Scope.SUBMIT)


@dataclass(frozen=True, slots=True)
class Counters:
    """``accepted = completed + failed + in_flight + purged + replaced``, read in one transaction.

    ``queued`` and ``running`` are counted from the inspections themselves, the others when they
    happen, so that a difference shows a loss.  ``replaced`` are accepted frames whose place a newer
    frame took.  What is purged or queued again is taken from ``completed`` and ``failed``;
    ``purged_failed`` and ``requeued`` tell how often, so that the ends themselves can be counted.
    """

    accepted: int
    completed: int
    failed: int
    queued: int
    running: int
    purged: int
    replaced: int
    frames: FrameCounts
    purged_failed: int = 0
    requeued: int = 0

    @property
    def in_flight(self) -> int:
        """Accepted and not final."""
        return self.queued + self.running

    @property
    def ever_completed(self) -> int:
        """How often an inspection ended with a result; never falls."""
        return self.completed + self.purged - self.purged_failed

    @property
    def ever_failed(self) -> int:
        """How often an inspection ended without one; never falls."""
        return self.failed + self.purged_failed + self.requeued

    @property
    def lost(self) -> int:
        """0, unless pictures were lost."""
        final = self.completed + self.failed + self.purged + self.replaced
        return self.accepted - final - self.in_flight


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    """A working process as it last reported itself; ``slots`` pictures at a time."""

    id: str
    queue: str
    slots: int
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """What ``readyz`` tells.

    Attributes:
        outages: models that cannot be reached; pictures wait.
        workers: processes seen lately.
        oldest_due_at: since when the oldest claimable picture waits, None if there is none.
        due_queues: the queues whose workers could claim something now.
    """

    outages: tuple[Outage, ...]
    workers: tuple[WorkerSeen, ...]
    oldest_due_at: datetime | None
    due_queues: tuple[str, ...] = ()
