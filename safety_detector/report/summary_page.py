"""The first page: what the report is about, what was found, and how much was looked at."""

from __future__ import annotations

from reportlab.lib.colors import Color

from safety_detector.domain.hazards import Language
from safety_detector.domain.outcomes import Outcome
from safety_detector.report import style, wording
from safety_detector.report.blocks import Group, Item, Space, subheading
from safety_detector.report.charts import cameras_chart, findings_chart, time_chart
from safety_detector.report.contents import CoverageContents, ReportContents
from safety_detector.report.coverage_section import compose_coverage
from safety_detector.report.figures import Outcomes
from safety_detector.report.headline import compose_head, compose_headline
from safety_detector.report.rows import outcome_text
from safety_detector.report.statistics_table import compose_statistics
from safety_detector.report.typesetting import Typefaces


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
    coverage = compose_coverage(_coverage(contents), language, typefaces)
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


def _coverage(contents: ReportContents) -> CoverageContents:
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
    return CoverageContents(
        sentence=sentence,
        notes=(contents.zone_line, *([contents.taken_line] if contents.taken_line else [])),
        frames_line=contents.frames_line,
        fault_lines=contents.fault_lines,
        cameras=contents.cameras,
    )
