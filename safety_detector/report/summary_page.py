"""The first page: what the report is about, what was found, and how much was looked at."""

from __future__ import annotations

from dataclasses import dataclass

from reportlab.lib.colors import Color

from safety_detector.domain.hazards import Language
from safety_detector.domain.outcomes import Outcome
from safety_detector.report import style, wording
from safety_detector.report.blocks import (
    Group,
    Item,
    Space,
    Text,
    draw_lines,
    paragraph,
    subheading,
)
from safety_detector.report.charts import cameras_chart, findings_chart, time_chart
from safety_detector.report.contents import CameraRow, ReportContents
from safety_detector.report.fact_list import fact_lines
from safety_detector.report.figures import Outcomes
from safety_detector.report.page_canvas import Area, Bookmark, PageCanvas
from safety_detector.report.rows import outcome_text
from safety_detector.report.statistics_table import compose_statistics
from safety_detector.report.style import TextStyle
from safety_detector.report.table import Cell, Column, table
from safety_detector.report.typesetting import Typefaces, Weight

SUMMARY_KEY = "summary"
_COVERAGE_KEY = "coverage"


def compose_head(contents: ReportContents, typefaces: Typefaces) -> list[Item]:
    """Title and facts, at the top of every kind of report."""
    bookmark = Bookmark(SUMMARY_KEY, contents.title)
    return [
        Item(_Accent(contents.subject), keep_with_next=True, bookmark=bookmark),
        Item(_title(contents.title, typefaces), keep_with_next=True),
        Item(Space(6.0), keep_with_next=True),
        *(Item(line) for line in fact_lines(contents.facts, typefaces)),
        Item(Space(12.0)),
    ]


def compose_summary(contents: ReportContents, typefaces: Typefaces) -> list[Group]:
    """Headline, counts, charts and coverage of a report on several pictures."""
    language = contents.language
    head = Group((*compose_head(contents, typefaces), *_headline(contents, typefaces)))
    coverage = Group((*_coverage(contents, typefaces), Item(Space(14.0))))
    if not contents.outcomes.submitted:
        return [head, coverage] if contents.cameras else [head]
    groups = [
        head,
        Group(
            (
                *subheading(wording.FINDINGS.say(language), typefaces),
                *findings_chart(contents.hazards, language, typefaces),
                Item(Space(8.0)),
            )
        ),
    ]
    groups += compose_statistics(contents, typefaces)
    if any(one.is_camera for one in contents.cameras):
        title = subheading(wording.BY_CAMERA.say(language), typefaces)
        chart = cameras_chart(contents.cameras, language, typefaces)
        groups.append(Group((*title, *chart, Item(Space(8.0)))))
    for over_time in contents.over_time:
        title = subheading(over_time.title, typefaces)
        groups.append(Group((*title, time_chart(over_time, language), Item(Space(8.0)))))
    groups.append(coverage)
    return groups


def _title(title: str, typefaces: Typefaces) -> Text:
    look = style.TITLE
    return Text(
        typefaces.break_lines(title, look.weight, look.size, style.BODY_WIDTH, max_lines=3), look
    )


@dataclass(frozen=True, slots=True)
class _Accent:
    """A short coloured bar and the report's subject in small letters."""

    subject: str
    height: float = 18.0

    def draw(self, canvas: PageCanvas, top: float) -> None:
        canvas.fill(Area(style.BODY_LEFT, top, 28.0, 3.0), style.HAZARD_RED)
        canvas.text(style.BODY_LEFT, top + 6.0, self.subject, style.CAPTION)


@dataclass(frozen=True, slots=True)
class _Headline:
    """The most important sentence, large on its colour, and the warning under it."""

    outcome: Outcome
    lines: tuple[str, ...]
    warning: tuple[str, ...]

    @property
    def height(self) -> float:
        text = len(self.lines) * style.LEAD.leading + len(self.warning) * style.BODY.leading
        return text + 20.0

    def draw(self, canvas: PageCanvas, top: float) -> None:
        panel = Area(style.BODY_LEFT, top, style.BODY_WIDTH, self.height)
        canvas.fill(panel, style.OUTCOME_PANELS[self.outcome])
        colour = style.OUTCOME_COLOURS[self.outcome]
        canvas.fill(Area(style.BODY_LEFT, top, 4.0, self.height), colour)
        look = TextStyle(style.LEAD.size, style.LEAD.leading, Weight.BOLD, colour)
        sign = style.OUTCOME_SIGNS[self.outcome]
        canvas.text(style.BODY_LEFT + 14.0, top + 10.0, sign, look)
        left = style.BODY_LEFT + 32.0
        draw_lines(canvas, left, top + 10.0, self.lines, look)
        y = top + 10.0 + len(self.lines) * look.leading
        draw_lines(canvas, left, y, self.warning, style.BODY)


@dataclass(frozen=True, slots=True)
class _Tiles:
    """Large numbers side by side."""

    tiles: tuple[tuple[str, int, Color], ...]
    height: float = 50.0

    def draw(self, canvas: PageCanvas, top: float) -> None:
        gap = 6.0
        width = (style.BODY_WIDTH - gap * (len(self.tiles) - 1)) / len(self.tiles)
        for position, (name, number, colour) in enumerate(self.tiles):
            left = style.BODY_LEFT + position * (width + gap)
            canvas.fill(Area(left, top, width, self.height), style.PANEL)
            canvas.fill(Area(left, top, width, 2.0), colour)
            look = TextStyle(18, 24, Weight.BOLD, colour if number else style.FAINT)
            canvas.text(left + 8.0, top + 6.0, f"{number:,}", look)
            canvas.text(left + 8.0, top + 32.0, name, style.CAPTION)


def _headline(contents: ReportContents, typefaces: Typefaces) -> list[Item]:
    room = style.BODY_WIDTH - 44.0
    lead, body = style.LEAD, style.BODY
    warning = contents.warning or ""
    block = _Headline(
        outcome=contents.headline_outcome,
        lines=typefaces.break_lines(contents.headline, lead.weight, lead.size, room),
        warning=typefaces.break_lines(warning, body.weight, body.size, room) if warning else (),
    )
    tiles = _Tiles(_tiles(contents.outcomes, contents.language))
    return [Item(block), Item(Space(8.0)), Item(tiles), Item(Space(12.0))]


def _tiles(outcomes: Outcomes, language: Language) -> tuple[tuple[str, int, Color], ...]:
    by_outcome = {
        Outcome.HAZARD: outcomes.hazard,
        Outcome.INCONCLUSIVE: outcomes.inconclusive,
        Outcome.CLEAR: outcomes.clear,
        Outcome.FAILED: outcomes.failed,
    }
    if outcomes.unfinished:
        by_outcome[Outcome.UNFINISHED] = outcomes.unfinished
    tiles = [
        (outcome_text(one, language), number, style.OUTCOME_COLOURS[one])
        for one, number in by_outcome.items()
    ]
    return ((wording.TILE_PICTURES.say(language), outcomes.submitted, style.INK), *tiles)


def _coverage(contents: ReportContents, typefaces: Typefaces) -> list[Item]:
    language = contents.language
    outcomes = contents.outcomes
    counts = [
        (wording.SUBMITTED_COUNT.say(language), outcomes.submitted),
        (wording.COMPLETED_COUNT.say(language), outcomes.completed),
        (wording.INCOMPLETE_COUNT.say(language), outcomes.incomplete),
        (outcome_text(Outcome.FAILED, language), outcomes.failed),
        (outcome_text(Outcome.UNFINISHED, language), outcomes.unfinished),
    ]
    sentence = wording.SEMICOLON.say(language).join(
        wording.COUNTED.say(language, name=name, n=f"{number:,}") for name, number in counts
    )
    bookmark = Bookmark(_COVERAGE_KEY, wording.COVERAGE.say(language), level=1)
    items = [
        *subheading(wording.COVERAGE.say(language), typefaces, bookmark),
        Item(paragraph(sentence, style.BODY, typefaces), keep_with_next=True),
        Item(paragraph(contents.zone_line, style.CAPTION, typefaces), keep_with_next=True),
    ]
    if contents.taken_line:
        taken = paragraph(contents.taken_line, style.CAPTION, typefaces)
        items.append(Item(taken, keep_with_next=True))
    if contents.frames_line:
        frames = paragraph(contents.frames_line, style.BODY, typefaces)
        items.append(Item(frames, keep_with_next=True))
    if contents.fault_lines:
        faults = paragraph(wording.CAMERA_FAULTS.say(language), style.BODY, typefaces)
        items += [Item(Space(3.0), keep_with_next=True), Item(faults, keep_with_next=True)]
        items += [Item(paragraph(line, style.CAPTION, typefaces)) for line in contents.fault_lines]
    items.append(Item(Space(4.0), keep_with_next=True))
    if not contents.cameras:
        return items
    has_frames = any(one.frames_text for one in contents.cameras)
    # A moment stands on one line where it is wide enough, and else on two.
    moment, gap = (1.35, 2.2) if has_frames else (1.75, 2.65)
    columns = [
        Column(wording.PLACE.say(language), 1.75),
        Column(wording.PICTURES.say(language), 0.95 if has_frames else 0.8, right=True),
        Column(wording.COMPLETED.say(language), 1.2 if has_frames else 1.05, right=True),
        Column(wording.FAILED_COLUMN.say(language), 0.75, right=True),
        Column(wording.FIRST.say(language), moment, right=True),
        Column(wording.LAST.say(language), moment, right=True),
        Column(wording.LONGEST_GAP.say(language), gap, right=True),
    ]
    if has_frames:
        columns.append(Column(wording.UNINSPECTED.say(language), 1.4, right=True))
    rows = [_camera_row(one, has_frames=has_frames) for one in contents.cameras]
    return items + table(columns, rows, typefaces)


def _camera_row(one: CameraRow, *, has_frames: bool) -> list[Cell]:
    look = style.CELL_ALARM if one.is_silent else style.CELL
    texts = (
        one.name,
        f"{one.outcomes.submitted:,}",
        f"{one.outcomes.completed:,}",
        f"{one.outcomes.failed:,}",
        one.first_text,
        one.last_text,
        one.longest_gap_text,
        *([one.frames_text or "0"] if has_frames else []),
    )
    return [Cell(text, look) for text in texts]
