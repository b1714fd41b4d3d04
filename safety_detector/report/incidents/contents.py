"""What a report about incidents says, in Chinese or English, and nothing of how it looks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.hazards import Language
from safety_detector.domain.outcomes import Outcome
from safety_detector.report.contents import (
    CoverageContents,
    DetectionRow,
    Fact,
    IndexRow,
    Kind,
    NoticeContents,
)
from safety_detector.report.incidents.figures import HazardColumn


class Standing(StrEnum):
    """How an incident stands, as far as its colour goes."""

    OPEN = "open"
    OVERDUE = "overdue"
    CLOSED = "closed"
    FALSE_ALARM = "false_alarm"


@dataclass(frozen=True, slots=True)
class Tile:
    """A large number and its name; coloured by what it is about, None: in ink."""

    name: str
    text: str
    standing: Standing | None


@dataclass(frozen=True, slots=True)
class CountsRow:
    """A line of the statistics, in the order of its columns."""

    name: str
    found: str
    before: str
    change: str
    repeated: str
    by_level: tuple[str, ...]
    rate: str
    closed: str
    overdue: str
    false_alarms: str
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class CountsTable:
    """Statistics by something; ``key`` names the first column."""

    title: str
    key: str
    rows: tuple[CountsRow, ...]


@dataclass(frozen=True, slots=True)
class TimesRow:
    """How long it took to respond to incidents of a category, and to close them."""

    name: str
    responded: tuple[str, ...]
    closed: tuple[str, ...]
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """Why incidents were false alarms."""

    reason: str
    number: str
    share: str


@dataclass(frozen=True, slots=True)
class CameraBar:
    """A camera's incidents, by how they stand."""

    name: str
    open: int
    overdue: int
    closed: int
    false_alarms: int

    @property
    def hazards(self) -> int:
        """All but the false alarms."""
        return self.open + self.overdue + self.closed


@dataclass(frozen=True, slots=True)
class HazardChart:
    """Hazards over time: a title and one column for each hour, day or month."""

    title: str
    columns: tuple[HazardColumn, ...]


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One line of the register; ``number`` None where there is no sheet to lead to."""

    number: int | None
    time_text: str
    reference: str
    place: str
    hazard: str
    level: str
    state: str
    overdue: str
    standing: Standing
    responsible: str
    due: str
    closed_on: str


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """What happened to an incident, or was done about it."""

    time_text: str
    what: str
    who: str
    words: str


@dataclass(frozen=True, slots=True)
class PictureText:
    """What is said of one picture of an incident: over and under it."""

    caption: str
    size_wh: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class SheetContents:
    """The evidence of one incident.

    Attributes:
        pictures: the best one first, as in the incident's entry.
        detections: of the best one.
    """

    number: int
    title: str
    reference: str
    time_text: str
    place: str
    hazards: tuple[WatchedHazard, ...]
    state: str
    standing: Standing
    description: str
    remarks: tuple[str, ...]
    pictures: tuple[PictureText, ...]
    detections: tuple[DetectionRow, ...]
    timeline: tuple[TimelineRow, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class IncidentContents:
    """Everything that one file of a report about incidents says, in one language.

    Attributes:
        coverage: of a period; None where incidents were named, or in a volume.
        camera_faults: what was wrong with cameras, as rows of a table.
        sheets: of hazards.
        cards: of false alarms, which are numbered behind them.
        index: a line for each picture.
    """

    kind: Kind
    language: Language
    title: str
    subject: str
    author: str
    reference: str
    made_by: str
    made_line: str
    facts: tuple[Fact, ...]
    headline: str
    headline_outcome: Outcome
    warning: str | None
    tiles: tuple[Tile, ...]
    statistics: tuple[CountsTable, ...]
    statistics_note: str
    times: tuple[TimesRow, ...]
    reasons: tuple[ReasonRow, ...]
    cameras: tuple[CameraBar, ...]
    over_time: tuple[HazardChart, ...]
    coverage: CoverageContents | None
    camera_faults: tuple[tuple[str, ...], ...]
    register: tuple[RegisterRow, ...]
    carried: tuple[RegisterRow, ...]
    sheets: tuple[SheetContents, ...]
    cards: tuple[SheetContents, ...]
    index: tuple[IndexRow, ...]
    notices: tuple[NoticeContents, ...]
    limits: tuple[str, ...]
