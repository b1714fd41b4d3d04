"""The first page: what the report is about, what was found, and how much was looked at."""

from __future__ import annotations

from reportlab.lib.colors import Color

from safety_detector.domain.hazards import Language
from safety_detector.domain.outcomes import Outcome
from safety_detector.report import style, wording
from safety_detector.report.blocks import (
    Group,
    Item,
    Space,
    paragraph,
    subheading,
)
from safety_detector.report.charts import cameras_chart, findings_chart, time_chart
from safety_detector.report.contents import CameraRow, ReportContents
from safety_detector.report.figures import Outcomes
from safety_detector.report.headline import compose_head, compose_headline
from safety_detector.report.page_canvas import Bookmark
from safety_detector.report.rows import outcome_text
from safety_detector.report.statistics_table import compose_statistics
from safety_detector.report.table import Cell, Column, table
from safety_detector.report.typesetting import Typefaces

_COVERAGE_KEY = "coverage"


def compose_summary(contents: ReportContents, typefaces: Typefaces) -> list[Group]:
    """Headline, counts, charts and coverage of a report on several pictures."""
    language = contents.language
    head = Group(
        (
            *compose_head(contents.subject, contents.title, contents.facts, typefaces),
            *compose_headline(
                contents.headline_outcome,
                contents.headline,
                contents.warning,
                _tiles(contents.outcomes, language),
                typefaces,
            ),
        )
    )
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


def _tiles(outcomes: Outcomes, language: Language) -> list[tuple[str, str, Color]]:
    by_outcome = {
        Outcome.HAZARD: outcomes.hazard,
        Outcome.INCONCLUSIVE: outcomes.inconclusive,
        Outcome.CLEAR: outcomes.clear,
        Outcome.FAILED: outcomes.failed,
    }
    if outcomes.unfinished:
        by_outcome[Outcome.UNFINISHED] = outcomes.unfinished
    tiles = [
        (outcome_text(one, language), f"{number:,}", style.OUTCOME_COLOURS[one])
        for one, number in by_outcome.items()
    ]
    total = (wording.TILE_PICTURES.say(language), f"{outcomes.submitted:,}", style.INK)
    return [total, *tiles]


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
