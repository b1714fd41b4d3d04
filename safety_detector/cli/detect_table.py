"""The table that ``detect`` prints for people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from safety_detector.cli import terminal_words
from safety_detector.cli.console import printable
from safety_detector.domain.hazards import Hazard, Language
from safety_detector.domain.inspection import Inspection
from safety_detector.domain.outcomes import Outcome, outcome_name, outcome_of
from safety_detector.message_texts.reason import join_reasons

_OUTCOME_STYLE = {
    Outcome.HAZARD: "bold white on red",
    Outcome.INCONCLUSIVE: "black on yellow",
    Outcome.CLEAR: "black on green",
    Outcome.FAILED: "black on yellow",
    Outcome.UNFINISHED: "black on white",
}
_CODE = re.compile(r"[!-~]+")
_WIDEST_CODE = 40
_ALWAYS_COUNTED = (Outcome.HAZARD, Outcome.INCONCLUSIVE, Outcome.CLEAR)


def print_results(inspections: Sequence[Inspection], language: Language) -> None:
    """One row a picture, in the order given, then a line of sums."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(terminal_words.PICTURE.say(language), overflow="fold")
    table.add_column(terminal_words.VERDICT.say(language), no_wrap=True)
    findings = [printable(_findings(one, language)) for one in inspections]
    # Wide enough for the longest code, which would be broken where a name leaves it little room.
    longest = max((len(word) for said in findings for word in _CODE.findall(said)), default=0)
    table.add_column(
        terminal_words.FOUND.say(language),
        overflow="fold",
        min_width=min(longest, _WIDEST_CODE) + 2,  # with what stands before and behind it
    )
    table.add_column(terminal_words.MILLISECONDS.say(language), justify="right", no_wrap=True)
    for inspection, found in zip(inspections, findings, strict=True):
        table.add_row(
            Text(printable(inspection.picture.name)),
            _outcome_cell(inspection, language),
            Text(found),
            Text(_milliseconds(inspection)),
        )
    console = Console(highlight=False)
    console.print(table)
    console.print(_sums(inspections, language), markup=False)
    for path in [one.links["annotated"] for one in inspections if "annotated" in one.links][:1]:
        folder = printable(path.rpartition("/")[0] or ".")
        console.print(
            terminal_words.ANNOTATED.say(language, folder=folder), markup=False, soft_wrap=True
        )


def _sums(inspections: Sequence[Inspection], language: Language) -> str:
    sums = Counter(outcome_of(inspection) for inspection in inspections)
    counts = [
        terminal_words.COUNT.say(language, n=sums[one], name=outcome_name(one, language))
        for one in Outcome
        if sums[one] or one in _ALWAYS_COUNTED
    ]
    counts_text = terminal_words.COMMA.say(language).join(counts)
    return terminal_words.SUMS.say(language, n=len(inspections), counts=counts_text)


def _outcome_cell(inspection: Inspection, language: Language) -> Text:
    outcome = outcome_of(inspection)
    return Text(f" {outcome_name(outcome, language)} ", style=_OUTCOME_STYLE[outcome])


def _findings(inspection: Inspection, language: Language) -> str:
    error = inspection.error
    if error is not None:
        reason = error.reason.text(language)
        return terminal_words.WITH_CODE.say(language, reason=reason, code=error.code)
    counted = Counter(one.hazard for one in inspection.detections)
    found = terminal_words.SEMICOLON.say(language).join(
        _counted(hazard, count, language)
        for hazard, count in sorted(counted.items(), key=lambda item: item[0].rank)
    )
    reasons = [one for run in inspection.runs for one in run.incomplete_reasons]
    note = terminal_words.INCOMPLETE.say(language, reasons=join_reasons(reasons, language))
    return " ".join([found or "–", *([note] if reasons else [])])


def _counted(hazard: Hazard, count: int, language: Language) -> str:
    return hazard.text(language) if count == 1 else f"{count} × {hazard.text(language)}"


def _milliseconds(inspection: Inspection) -> str:
    total = sum(sum(run.timings_ms.values()) for run in inspection.runs)
    return f"{total:,.0f}" if inspection.runs else ""
