"""The table that ``detect`` prints for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from safety_detector.cli.console import printable
from safety_detector.domain.hazards import Hazard, Language
from safety_detector.domain.incomplete_reasons import reasons_text
from safety_detector.domain.inspection import Inspection, Status, Verdict, verdict_name

_VERDICT_STYLE = {
    Verdict.HAZARD: "bold white on red",
    Verdict.INCONCLUSIVE: "black on yellow",
    Verdict.CLEAR: "black on green",
}

_INCOMPLETE: dict[Language, str] = {"en": "[incomplete: {}]", "zh": "[检测不完整：{}]"}


def print_results(inspections: Sequence[Inspection], language: Language) -> None:
    """One row a picture, in the order given, then a line of sums."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Picture", overflow="fold")
    table.add_column("Verdict", no_wrap=True)
    table.add_column("Found", overflow="fold")
    table.add_column("ms", justify="right", no_wrap=True)
    for inspection in inspections:
        table.add_row(
            Text(printable(inspection.picture.name)),
            _verdict_cell(inspection, language),
            Text(_findings(inspection, language)),
            Text(_milliseconds(inspection)),
        )
    console = Console(highlight=False)
    console.print(table)
    sums = Counter(inspection.verdict for inspection in inspections)
    counts = ", ".join(f"{sums[verdict]} {verdict_name(verdict, language)}" for verdict in Verdict)
    failed = sum(inspection.status is Status.FAILED for inspection in inspections)
    note = f" ({failed} failed)" if failed else ""
    console.print(f"{len(inspections)} pictures: {counts}{note}", markup=False)
    for path in [one.links["annotated"] for one in inspections if "annotated" in one.links][:1]:
        console.print(f"Annotated pictures: {printable(path.rpartition('/')[0] or '.')}/")


def _verdict_cell(inspection: Inspection, language: Language) -> Text:
    verdict = inspection.verdict or Verdict.INCONCLUSIVE
    return Text(f" {verdict_name(verdict, language)} ", style=_VERDICT_STYLE[verdict])


def _findings(inspection: Inspection, language: Language) -> str:
    if inspection.error is not None:
        return f"{inspection.error.reason} ({inspection.error.code})"
    counted = Counter(one.hazard for one in inspection.detections)
    found = "; ".join(
        _counted(hazard, count, language)
        for hazard, count in sorted(counted.items(), key=lambda item: item[0].rank)
    )
    reasons = [one for run in inspection.runs for one in run.incomplete_reasons]
    note = _INCOMPLETE[language].format(reasons_text(reasons, language))
    return " ".join([found or "–", *([note] if reasons else [])])


def _counted(hazard: Hazard, count: int, language: Language) -> str:
    return hazard.text(language) if count == 1 else f"{count} × {hazard.text(language)}"


def _milliseconds(inspection: Inspection) -> str:
    total = sum(sum(run.timings_ms.values()) for run in inspection.runs)
    return f"{total:,.0f}" if inspection.runs else ""
