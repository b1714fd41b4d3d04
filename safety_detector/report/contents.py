"""What a report says, in Chinese or English: texts, numbers and rows, and nothing of how it looks.

``overview.build_contents`` makes it of inspections; ``pdf`` sets it on pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Protocol

from safety_detector.domain.camera_health import Fault
from safety_detector.domain.detections import Detection
from safety_detector.domain.hazards import Language
from safety_detector.domain.inspection import Inspection, Verdict
from safety_detector.domain.outcomes import Outcome
from safety_detector.pictures.images import RgbImage
from safety_detector.report.figures import ColumnCount, DangerCounts, HazardCount, Outcomes


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """One inspection and the way to its pictures.

    The pictures are asked for while the pages are drawn, from several threads but few at a time, so
    that a long report does not hold them all; None means that one is not there (any more).

    Attributes:
        inspection: what was found.
        original: the upright picture.
        annotated: the picture with its labels, as it was stored; used where ``paint`` cannot be.
        paint: draws the labels on the original in its size on paper, in text of so many pixels.
    """

    inspection: Inspection
    original: Callable[[], RgbImage | None]
    annotated: Callable[[], RgbImage | None]
    paint: Callable[[RgbImage, int], RgbImage] | None = None


@dataclass(frozen=True, slots=True)
class ExpectedCamera:
    """A camera that may have sent pictures, since when it could, and until when; None: it can.

    One that was removed and made anew stands there twice.
    """

    camera_id: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class UninspectedFrames:
    """Frames of a camera that gave way to newer ones, were skipped, or unchanged, in the period.

    What was found in a frame before an unchanged one stands for it.
    """

    replaced: int
    skipped: int
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class FaultSpell:
    """What was wrong with a camera, and from when to when; None: it still is."""

    camera_id: str
    fault: Fault
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class WholeCounts:
    """The counts of all pictures that a report stands for, where it shows some of them.

    ``inspections`` are all of them, where they are at hand; else nothing is known of coverage.
    """

    outcomes: Outcomes
    hazards: tuple[HazardCount, ...]
    inspections: tuple[Inspection, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportScope:
    """What a report is about and who made it.

    Attributes:
        made_at: when it is made, which counts only where a period has not ended: what is to come
            is no gap.  It is not printed, so that the same order gives the same bytes.
        made_by: program and version.
        title: None for the usual title.
        site: name of the place, if known.
        since: beginning of the period; None: not limited.
        until: end of the period; None: not limited.
        camera_id: the only camera that the report is about, if there is one.
        time_zone: zone in which every time is written.
        notices: ids of inspections for which a rectification notice is made.
        notices_alone: whether the notices with their evidence are all that is wanted.
        whole: counts of all pictures, where the inspections are a selection; None: they are all.
        verdict: the only one of which pictures are shown; None: whatever was chosen.
        cameras: those from which pictures could have come; one that sent none is named as silent.
        camera_names: what people call cameras, by their ids; see ``camera_text``.
        frames: by camera, frames of the period that were not inspected.
        faults: what was wrong with cameras in the period.
        purged: when the first and the last of the pictures of the period arrived that retention has
            removed since; None: none.
        before: what the period before this one, of the same length, showed; None: not known.
    """

    made_at: datetime
    made_by: str
    title: str | None = None
    site: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    camera_id: str | None = None
    time_zone: tzinfo = UTC
    notices: tuple[str, ...] = ()
    notices_alone: bool = False
    whole: WholeCounts | None = None
    verdict: Verdict | None = None
    cameras: tuple[ExpectedCamera, ...] = ()
    camera_names: Mapping[str, str] = field(default_factory=dict)
    frames: Mapping[str, UninspectedFrames] = field(default_factory=dict)
    faults: tuple[FaultSpell, ...] = ()
    purged: tuple[datetime, datetime] | None = None
    before: DangerCounts | None = None

    def camera_text(self, camera_id: str) -> str:
        """What people call the camera; its id where it has no name, or beside one of several."""
        return self.camera_names.get(camera_id, camera_id)


class Imprint(Protocol):
    """What stands on every page of a file and in its metadata, whatever it is about."""

    @property
    def language(self) -> Language:
        """Of every text that does not come from outside."""

    @property
    def title(self) -> str:
        """Over every page."""

    @property
    def subject(self) -> str:
        """In the metadata."""

    @property
    def author(self) -> str:
        """In the metadata."""

    @property
    def reference(self) -> str:
        """Number of the report."""

    @property
    def made_by(self) -> str:
        """Program and version."""

    @property
    def made_line(self) -> str:
        """What made it, and up to when it tells."""


class Kind(StrEnum):
    """What a file holds: notices, all of a report, or a part of one that is too long for a file."""

    NOTICES = "notices"
    SINGLE = "single"
    WHOLE = "whole"
    VOLUME = "volume"
    INDEX = "index"


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and a value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class DetectionRow:
    """One detection as it stands in the table.

    Attributes:
        number: the one drawn on the picture.
        detection: what it is about.
        class_text, state_text, box_text, score_text: its cells.
        right_text: of 100 labelled detections with such a score, how many were right; None where
            the site has no table for it.
    """

    number: int
    detection: Detection
    class_text: str
    state_text: str
    box_text: str
    score_text: str
    right_text: str | None = None


@dataclass(frozen=True, slots=True)
class SheetContents:
    """The evidence of one picture; ``size_wh`` in pixels, None where it was never decoded."""

    number: int
    name: str
    outcome: Outcome
    outcome_text: str
    description: str
    reservations: tuple[str, ...]
    time_text: str
    camera: str | None
    detections: tuple[DetectionRow, ...]
    facts: tuple[Fact, ...]
    size_wh: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class StatisticsRow:
    """A category of hazards: the pictures that show it, and how many did in the period before."""

    name: str
    pictures: int
    before_text: str
    change_text: str
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One line of the hazard register."""

    number: int
    time_text: str
    camera: str
    name: str
    hazards: str
    severity: str


@dataclass(frozen=True, slots=True)
class TroubleRow:
    """One picture without a conclusion, and why."""

    number: int
    time_text: str
    camera: str
    name: str
    outcome_text: str
    reason: str


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One line of the evidence index."""

    number: int
    time_text: str
    camera: str | None
    name: str
    sha256: str
    outcome_text: str


@dataclass(frozen=True, slots=True)
class CameraRow:
    """What one camera delivered; ``is_camera`` False for the pictures that have none."""

    name: str
    is_camera: bool
    is_silent: bool
    outcomes: Outcomes
    first_text: str
    last_text: str
    longest_gap_text: str
    frames_text: str | None


@dataclass(frozen=True, slots=True)
class CoverageContents:
    """How much was looked at; ``notes`` are about times, in small print."""

    sentence: str
    notes: tuple[str, ...]
    frames_line: str | None
    fault_lines: tuple[str, ...]
    cameras: tuple[CameraRow, ...]


@dataclass(frozen=True, slots=True)
class ColumnChart:
    """Pictures over time: a title and one column for each hour, day or month."""

    title: str
    columns: tuple[ColumnCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeHandling:
    """What people recorded about a hazard, for the fields of its notice; empty ones stay blank.

    Attributes:
        department: unit responsible.
        inspector: who confirmed it, and when.
        is_major: its rank, as a person said; None: nobody has.
        clause: the provision that it violates.
        measures, responsible, funds, deadline, plan: what has to be done, by whom, with what money,
            until when, and what in an emergency.
        issued: who assigned it, and when.
        done, done_by, done_on: what was done.
        is_passed: whether it was found to be right afterwards; None: nobody has looked.
        checked_by, checked_on: who looked, and when.
    """

    department: str = ""
    inspector: str = ""
    is_major: bool | None = None
    clause: str = ""
    measures: str = ""
    responsible: str = ""
    funds: str = ""
    deadline: str = ""
    plan: str = ""
    issued: str = ""
    done: str = ""
    done_by: str = ""
    done_on: str = ""
    is_passed: bool | None = None
    checked_by: str = ""
    checked_on: str = ""


@dataclass(frozen=True, slots=True)
class NoticeContents:
    """A rectification notice: what is known is filled in, the rest is left to a canvas.

    Attributes:
        number: of the picture's sheet.
        reference: the finding's own number, the same in every report and language.
        unit, place: where the hazard is.
        found_at: when the picture was taken or received, with its zone.
        category: the classes of hazard.
        description: the hazard and nothing else.
        evidence: the picture that shows it.
        may_burn: whether fire or smoke is among the hazards.
        size_wh: of the picture in pixels, where it is known.
        handling: what people recorded; None: the program does not record it for this finding.
    """

    number: int
    reference: str
    unit: str
    place: str
    found_at: str
    category: str
    description: str
    evidence: str
    may_burn: bool
    size_wh: tuple[int, int] | None
    handling: NoticeHandling | None = None


@dataclass(frozen=True, slots=True)
class ReportContents:
    """Everything that one file of a report says, in one language.

    ``is_compared``: whether the statistics stand beside those of the period before.
    """

    kind: Kind
    language: Language
    title: str
    subject: str
    author: str
    reference: str
    made_by: str
    made_line: str
    zone_line: str
    taken_line: str | None
    frames_line: str | None
    fault_lines: tuple[str, ...]
    facts: tuple[Fact, ...]
    headline: str
    headline_outcome: Outcome
    warning: str | None
    outcomes: Outcomes
    hazards: tuple[HazardCount, ...]
    statistics: tuple[StatisticsRow, ...]
    is_compared: bool
    cameras: tuple[CameraRow, ...]
    over_time: tuple[ColumnChart, ...]
    sheets: tuple[SheetContents, ...]
    register: tuple[RegisterRow, ...]
    troubles: tuple[TroubleRow, ...]
    index: tuple[IndexRow, ...]
    notices: tuple[NoticeContents, ...]
    limits: tuple[str, ...]
