"""The first pages: what became of the hazards of a period, in numbers, tables and charts."""

from __future__ import annotations

from reportlab.lib.colors import Color

from safety_detector.domain.camera_rules import WatchedHazard
from safety_detector.domain.hazards import Language
from safety_detector.report import style
from safety_detector.report import wording as general
from safety_detector.report.blocks import Group, Item, Space, paragraph, subheading
from safety_detector.report.charts import Columns, Segment, StackedColumn, bars
from safety_detector.report.coverage_section import compose_coverage
from safety_detector.report.headline import compose_head, compose_headline
from safety_detector.report.incidents import wording
from safety_detector.report.incidents.contents import (
    CountsTable,
    HazardChart,
    IncidentContents,
    Standing,
)
from safety_detector.report.incidents.looks import COLOURS, HAZARD_PAINTS, PAINTS
from safety_detector.report.sentences import capitalise
from safety_detector.report.table import Cell, Column, table
from safety_detector.report.typesetting import Typefaces

_MOST_CAMERAS = 15
_BEHIND = Item(Space(10.0))


def compose_summary(contents: IncidentContents, typefaces: Typefaces) -> list[Group]:
    """Headline, statistics, times, charts and coverage."""
    statistics = _compose_statistics(contents, typefaces)
    tiles = [(one.name, one.text, _tile_colour(one.standing)) for one in contents.tiles]
    head = Group(
        (
            *compose_head(contents.subject, contents.title, contents.facts, typefaces),
            *compose_headline(
                contents.headline_outcome, contents.headline, contents.warning, tiles, typefaces
            ),
        )
    )
    by_category, others = statistics[:1], statistics[1:]
    return [
        head,
        *by_category,
        *_compose_charts(contents, typefaces),
        *others,
        *_compose_times(contents, typefaces),
        *_compose_reasons(contents, typefaces),
        *_compose_coverage(contents, typefaces),
    ]


def _compose_coverage(contents: IncidentContents, typefaces: Typefaces) -> list[Group]:
    if contents.coverage is None:
        return []
    language = contents.language
    groups = [compose_coverage(contents.coverage, language, typefaces)]
    if contents.camera_faults:
        columns = [
            Column(wording.INCIDENT_NUMBER.say(language), 1.9),
            Column(general.CAMERA.say(language), 2.0),
            Column(wording.FAULT.say(language), 1.4),
            Column(wording.FROM.say(language), 1.8),
            Column(wording.UNTIL.say(language), 1.8),
            Column(wording.STATE.say(language), 1.3),
        ]
        rows = [[Cell(text) for text in row] for row in contents.camera_faults]
        title = subheading(wording.FAULTS_TITLE.say(language), typefaces)
        items = (*title, *table(columns, rows, typefaces), Item(Space(14.0)))
        groups.append(Group(items, together=False))
    return groups


def _tile_colour(standing: Standing | None) -> Color:
    return style.INK if standing is None else COLOURS[standing]


def _compose_statistics(contents: IncidentContents, typefaces: Typefaces) -> list[Group]:
    language = contents.language
    groups = []
    for number, one in enumerate(contents.statistics):
        items = [
            *subheading(one.title, typefaces),
            *_counts_table(one, language, typefaces, is_compared=number == 0),
        ]
        if number == 0:
            note = paragraph(contents.statistics_note, style.CAPTION, typefaces)
            items += [Item(Space(2.0)), Item(note)]
        groups.append(Group((*items, _BEHIND), together=number == 0))
    return groups


def _counts_table(
    one: CountsTable, language: Language, typefaces: Typefaces, *, is_compared: bool
) -> list[Item]:
    """Found, put right by rank, rate and the rest; beside the period before where it is known."""
    names = [(wording.FOUND, 0.75)]
    if is_compared:
        names += [(wording.BEFORE, 0.75), (wording.CHANGE, 0.85)]
    names += [
        (wording.REPEATED, 0.75),
        (wording.SOLVED_GENERAL, 1.05),
        (wording.SOLVED_MAJOR, 1.05),
        (wording.SOLVED_UNRANKED, 1.1),
        (wording.RATE, 0.85),
        (wording.CLOSED, 0.85),
        (wording.OVERDUE, 0.8),
        (wording.FALSE, 0.75),
    ]
    columns = [
        Column(one.key, 1.5 if is_compared else 2.6),
        *(Column(name.say(language), share, right=True) for name, share in names),
    ]
    rows = []
    for row in one.rows:
        look = style.CELL_BOLD if row.is_total else style.CELL
        texts = [row.found]
        if is_compared:
            texts += [row.before, row.change]
        texts += [row.repeated, *row.by_level, row.rate, row.closed]
        overdue = style.CELL_ALARM if row.overdue != "0" else look
        rows.append(
            [
                Cell(row.name, look),
                *(Cell(text, look) for text in texts),
                Cell(row.overdue, overdue),
                Cell(row.false_alarms, look),
            ]
        )
    return table(columns, rows, typefaces)


def _compose_times(contents: IncidentContents, typefaces: Typefaces) -> list[Group]:
    if not contents.times:
        return []
    language = contents.language
    columns = [
        Column(wording.CATEGORY.say(language), 1.5),
        Column(wording.RESPONDED.say(language), 0.9, right=True),
        *(Column(one.say(language), 1.3, right=True) for one in wording.TO_RESPOND),
        Column(wording.CLOSED_NUMBER.say(language), 0.9, right=True),
        *(Column(one.say(language), 1.3, right=True) for one in wording.TO_CLOSE),
    ]
    rows = [
        [
            Cell(text, style.CELL_BOLD if row.is_total else style.CELL)
            for text in (row.name, *row.responded, *row.closed)
        ]
        for row in contents.times
    ]
    note = paragraph(wording.NOTE_TIMES.say(language), style.CAPTION, typefaces)
    items = [
        *subheading(wording.TIMES.say(language), typefaces),
        *table(columns, rows, typefaces),
        Item(Space(2.0)),
        Item(note),
        _BEHIND,
    ]
    return [Group(tuple(items))]


def _compose_reasons(contents: IncidentContents, typefaces: Typefaces) -> list[Group]:
    if not contents.reasons:
        return []
    language = contents.language
    columns = [
        Column(wording.REASON.say(language), 6.0),
        Column(wording.NUMBER.say(language), 1.0, right=True),
        Column(wording.SHARE.say(language), 1.0, right=True),
    ]
    rows = [[Cell(one.reason), Cell(one.number), Cell(one.share)] for one in contents.reasons]
    title = subheading(wording.REASONS.say(language), typefaces)
    return [Group((*title, *table(columns, rows, typefaces), _BEHIND))]


def _compose_charts(contents: IncidentContents, typefaces: Typefaces) -> list[Group]:
    language = contents.language
    groups = [
        Group((*subheading(one.title, typefaces), _time_chart(one, language), Item(Space(8.0))))
        for one in contents.over_time
    ]
    if contents.cameras:
        groups.append(_camera_chart(contents, typefaces))
    return groups


def _time_chart(chart: HazardChart, language: Language) -> Item:
    columns = tuple(StackedColumn(one.name, one.counts) for one in chart.columns)
    legend = tuple(
        (capitalise(wording.HAZARDS[one].say(language)), HAZARD_PAINTS[one])
        for one in WatchedHazard
    )
    return Item(Columns(columns, legend))


def _camera_chart(contents: IncidentContents, typefaces: Typefaces) -> Group:
    """One bar a camera: its hazards by how they stand, and its false alarms behind them."""
    language = contents.language
    shown = contents.cameras[:_MOST_CAMERAS]
    longest = max(one.hazards + one.false_alarms for one in shown)
    legend = (
        (wording.LEGEND_OVERDUE.say(language), PAINTS[Standing.OVERDUE]),
        (wording.LEGEND_OPEN.say(language), PAINTS[Standing.OPEN]),
        (wording.LEGEND_CLOSED.say(language), PAINTS[Standing.CLOSED]),
        (wording.LEGEND_FALSE.say(language), PAINTS[Standing.FALSE_ALARM]),
    )
    rows = [
        (
            one.name,
            tuple(
                Segment(count / longest, paint)
                for count, (_, paint) in zip(
                    (one.overdue, one.open, one.closed, one.false_alarms), legend, strict=True
                )
            ),
            (f"{one.hazards:,}", f"{one.hazards + one.false_alarms:,}"),
        )
        for one in shown
    ]
    names = (wording.HAZARDS_COLUMN.say(language), wording.INCIDENTS.say(language))
    title = subheading(wording.BY_CAMERA.say(language), typefaces)
    return Group((*title, *bars(names, legend, rows, typefaces), Item(Space(8.0))))
