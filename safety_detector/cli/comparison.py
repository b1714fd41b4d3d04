"""What ``safety-detector eval --against`` prints for people."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from safety_detector.cli.console import printable, stderr
from safety_detector.evaluation.comparison import ComparedAnswers, FigureChange, Judgement
from safety_detector.evaluation.differences import save_differences

MOST_SHOWN = 50
"""Pictures each way that are drawn: more than anybody looks at in one sitting."""

_TABLE_WIDTH = 128  # characters, with the longest name on one line

_STYLES = {Judgement.BETTER: "green", Judgement.WORSE: "bold red"}


def print_comparison(compared: ComparedAnswers, *, drawn: bool) -> None:
    """Prints the table, and below it what it says in words.

    Args:
        compared: what is said.
        drawn: whether the pictures that differ were drawn.
    """
    console = Console(highlight=False)
    before, now = compared.before.beside(compared.now), compared.now.beside(compared.before)
    same = "  (asked the same of both)" if before == now else ""
    console.print(f"Before  {printable(before)}", markup=False, soft_wrap=True)
    console.print(f"Now     {printable(now)}{same}", markup=False, soft_wrap=True)
    if console.width < _TABLE_WIDTH:
        for one in compared.figures:
            console.print(_in_a_line(one), style=_STYLES.get(one.judgement), markup=False)
    else:
        console.print(_table(compared))
    for line in in_words(compared, drawn=drawn):
        console.print(line, markup=False)


def _table(compared: ComparedAnswers) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for column in ("before", "now", "difference", "95 % interval", "of", "gained", "lost"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("")
    for one in compared.figures:
        judged = one.judgement
        cells = (_named(one), *_numbers(one), judged.value)
        table.add_row(*(Text(cell) for cell in cells), style=_STYLES.get(judged))
    return table


def _in_a_line(one: FigureChange) -> str:
    """A figure where the table would be cut into slices: ``0.752 → 0.887 …: better``."""
    before, now, difference, bounds, asked, gained, lost = _numbers(one)
    changed = f"; {gained} gained, {lost} lost" if gained else ""
    return (
        f"{_named(one)}: {one.judgement.value}\n"
        f"    {before} → {now}, {difference} ({bounds}) of {asked}{changed}"
    )


def _named(one: FigureChange) -> str:
    """The figure's name, and which way it should go where that is not up."""
    return one.name if one.higher_is_better else f"{one.name} (less is better)"


def in_words(compared: ComparedAnswers, *, drawn: bool) -> list[str]:
    """What a person reads from the table, a sentence each."""
    said = []
    for judgement, word in ((Judgement.WORSE, "Worse"), (Judgement.BETTER, "Better")):
        names = compared.judged(judgement)
        if names:
            said.append(f"{word}: {', '.join(names)}.")
    unknown = len(compared.judged(Judgement.CANNOT_TELL))
    if said:
        said.append(
            f"Each of these {len(compared.figures)} figures errs in 1 of 20 comparisons: one near "
            "the edge of its interval is a hint and no proof."
        )
    else:
        said.append("Nothing is surely better, and nothing surely worse.")
    if unknown:
        said.append(
            f"Of {unknown} of {len(compared.figures)} figures these {compared.pictures} pictures "
            f"({compared.groups} groups) can't tell: too few differ, or the interval holds 0. "
            "Can't tell is not the same as equal; more labelled pictures narrow the interval."
        )
    worse, better = len(compared.worse), len(compared.better)
    look = "" if drawn or not worse + better else "; look at them with --differences DIR"
    said.append(f"{worse} pictures got worse, {better} got better{look}.")
    if compared.judged(Judgement.WORSE):
        said.append("What got worse speaks against switching, whatever else got better.")
    return said


def save_pictures(compared: ComparedAnswers, folder: Path) -> None:
    """Draws the pictures that got worse and better; says how many and where."""
    for prefix, changes in (("worse", compared.worse), ("better", compared.better)):
        shown: Sequence[Path] = save_differences(changes[:MOST_SHOWN], folder, prefix)
        more = len(changes) - len(shown)
        rest = f" (of {len(changes)}; the {MOST_SHOWN} that differ most)" if more else ""
        stderr.print(
            f"{len(shown)} pictures that got {prefix}{rest}: {printable(str(folder))}",
            markup=False,
            soft_wrap=True,
        )


def _numbers(one: FigureChange) -> list[str]:
    return [
        _share(one.before),
        _share(one.now),
        "–" if one.difference is None else f"{one.difference:+.3f}",
        "–" if one.interval is None else f"{one.interval[0]:+.3f} … {one.interval[1]:+.3f}",
        str(one.asked),
        "" if one.gained is None else str(one.gained),
        "" if one.lost is None else str(one.lost),
    ]


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
