"""How much was looked at: pictures by camera, gaps, and what was wrong with cameras."""

from __future__ import annotations

from safety_detector.domain.hazards import Language
from safety_detector.report import style, wording
from safety_detector.report.blocks import Group, Item, Space, paragraph, subheading
from safety_detector.report.contents import CameraRow, CoverageContents
from safety_detector.report.page_canvas import Bookmark
from safety_detector.report.table import Cell, Column, table
from safety_detector.report.typesetting import Typefaces

_KEY = "coverage"


def compose_coverage(coverage: CoverageContents, language: Language, typefaces: Typefaces) -> Group:
    """The section, with a row for each camera: silence is not safety."""
    title = wording.COVERAGE.say(language)
    items = [
        *subheading(title, typefaces, Bookmark(_KEY, title, level=1)),
        Item(paragraph(coverage.sentence, style.BODY, typefaces), keep_with_next=True),
    ]
    items += [
        Item(paragraph(note, style.CAPTION, typefaces), keep_with_next=True)
        for note in coverage.notes
    ]
    if coverage.frames_line:
        frames = paragraph(coverage.frames_line, style.BODY, typefaces)
        items.append(Item(frames, keep_with_next=True))
    if coverage.fault_lines:
        faults = paragraph(wording.CAMERA_FAULTS.say(language), style.BODY, typefaces)
        items += [Item(Space(3.0), keep_with_next=True), Item(faults, keep_with_next=True)]
        items += [Item(paragraph(line, style.CAPTION, typefaces)) for line in coverage.fault_lines]
    if coverage.cameras:
        items.append(Item(Space(4.0), keep_with_next=True))
        items += _table(coverage.cameras, language, typefaces)
    return Group((*items, Item(Space(14.0))))


def _table(cameras: tuple[CameraRow, ...], language: Language, typefaces: Typefaces) -> list[Item]:
    has_frames = any(one.frames_text for one in cameras)
    # A moment stands on one line where it is wide enough, and else on two.
    moment, gap = (1.35, 2.2) if has_frames else (1.72, 3.0)
    columns = [
        Column(wording.PLACE.say(language), 1.75),
        Column(wording.PICTURES.say(language), 0.95 if has_frames else 0.75, right=True),
        Column(wording.COMPLETED.say(language), 1.2 if has_frames else 0.95, right=True),
        Column(wording.FAILED_COLUMN.say(language), 0.75, right=True),
        Column(wording.FIRST.say(language), moment, right=True),
        Column(wording.LAST.say(language), moment, right=True),
        Column(wording.LONGEST_GAP.say(language), gap, right=True),
    ]
    if has_frames:
        columns.append(Column(wording.UNINSPECTED.say(language), 1.4, right=True))
    rows = [_camera_row(one, has_frames=has_frames) for one in cameras]
    return table(columns, rows, typefaces)


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
