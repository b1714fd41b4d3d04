"""What ``safety-detector eval --tune`` prints and writes: a setting, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from safety_detector import __version__
from safety_detector.cli.console import printable
from safety_detector.detectors.thresholds import RawClassName
from safety_detector.domain.detections import Detection
from safety_detector.errors import ConfigurationInvalid
from safety_detector.evaluation.running import Answered
from safety_detector.evaluation.saved import SavedAnswers
from safety_detector.evaluation.tuning import (
    FEWEST_GROUPS,
    FEWEST_PICTURES,
    THRESHOLDS,
    TUNED,
    AlarmRates,
    TunedThreshold,
    tune_thresholds,
)
from safety_detector.host.output_files import replacing
from safety_detector.settings import Settings
from safety_detector.wiring import build_embedded_detector

SETTING = "SAFETY_EMBEDDED_THRESHOLDS"

_HAZARDS = {"fire": "fire", "smoke": "smoke", "head_bare": "head_bare (people without helmet)"}


@dataclass(frozen=True, slots=True)
class Tuning:
    """What one set says about the thresholds.

    Attributes:
        tuned: each class that decides about alarms.
        most_false_alarms: the share of pictures without a hazard that may be called so.
        line: the setting; None where there is nothing to set.
    """

    tuned: tuple[TunedThreshold, ...]
    most_false_alarms: float
    line: str | None

    def document(self) -> dict[str, Any]:
        """As ``eval --json`` prints it."""
        return {
            "setting": self.line,
            "max_false_alarms": self.most_false_alarms,
            "classes": {one.kind.value: one.document() for one in self.tuned},
        }

    def in_words(self) -> list[str]:
        """What a person reads of each threshold, a sentence or two each."""
        return [_said(one, self.most_false_alarms) for one in self.tuned]


def tune(settings: Settings, saved: SavedAnswers, most_false_alarms: float) -> Tuning:
    """Chooses thresholds by the answers of the weights that are set; changes nothing.

    Raises:
        ConfigurationInvalid: the answers are of other weights, or have no scores.
    """
    with closing(build_embedded_detector(settings)) as detector:
        if saved.judged_by.backend != "embedded" or saved.judged_by.model != detector.model:
            raise ConfigurationInvalid(
                "tune-by-other-weights", answered=saved.judged_by, model=detector.model
            )
        cutoffs = {one: detector.cutoffs_at(dict.fromkeys(TUNED, one)) for one in THRESHOLDS}

        def judge(answer: Answered, threshold: float) -> tuple[Detection, ...]:
            if answer.raw is None:
                return ()
            return detector.judge(answer.raw, answer.picture.size, cutoffs[threshold])

        now = dict(detector.thresholds)
        tuned = tuple(tune_thresholds(saved.answers, judge, now, most_false_alarms))
    return Tuning(tuned, most_false_alarms, _setting_line(tuned, settings.embedded_thresholds))


def print_tuning(tuning: Tuning) -> None:
    """Prints the table, what it says in words, and the line to set."""
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("class")
    for column in ("with", "without", "now", "called", "false", "chosen", "called", "false"):
        table.add_column(column, justify="right", no_wrap=True)
    for one in tuning.tuned:
        table.add_row(
            one.kind.value,
            str(one.positives),
            str(one.negatives),
            f"{one.now:.2f}",
            *_cells(one.at_now),
            "–" if one.chosen is None else f"{one.chosen:g}",
            *_cells(one.held_out),
        )
    console.print(table)
    for sentence in tuning.in_words():
        console.print(sentence, markup=False)
    if tuning.line is None:
        console.print("Nothing to set; nothing was changed.")
    else:
        console.print(
            f"To use it set {tuning.line} and start the service anew. Nothing was changed.",
            markup=False,
        )


def write_tuning(path: Path, tuning: Tuning, annotations: Path) -> None:
    """Writes the setting as a line of an environment file, with what it costs as comments.

    Raises:
        StorageUnavailable: it cannot be written.
    """
    said = [
        f"safety-detector {__version__}: thresholds by the pictures of {annotations}.",
        f"At most {tuning.most_false_alarms:.1%} of the pictures without a hazard may be called.",
        *tuning.in_words(),
        "Scores are of the weights in use: with others tune again.",
    ]
    text = "".join(f"# {printable(one)}\n" for one in said)
    with replacing(path) as file:
        file.write(f"{text}{tuning.line or '# Nothing to set.'}\n".encode())


def _setting_line(
    tuned: Sequence[TunedThreshold], others: Mapping[RawClassName, float]
) -> str | None:
    """The setting with what is to be set, and what the site had set of other classes."""
    chosen = {one.kind.value: one.to_set for one in tuned if one.to_set is not None}
    if not chosen:
        return None
    thresholds: dict[str, float] = {str(name): one for name, one in others.items()} | chosen
    return f"{SETTING}={','.join(f'{name}={one:g}' for name, one in thresholds.items())}"


def _said(one: TunedThreshold, most: float) -> str:
    name = _HAZARDS[one.kind.value]
    if one.chosen is None or one.at_now is None or one.held_out is None or one.spread is None:
        return (
            f"{name}: not tuned. It needs {FEWEST_PICTURES} pictures that show it and as many that "
            f"do not, of {FEWEST_GROUPS} cameras' days each; there are {one.positives} and "
            f"{one.negatives}."
        )
    said = (
        f"{name}: {one.now:.2f} now calls {_rate(one.at_now)}; {one.chosen:g} would call "
        f"{_rate(one.held_out)}, told by pictures that it was not chosen by (folds chose "
        f"{one.spread[0]:g} to {one.spread[1]:g})."
    )
    if not one.keeps_bound:
        said += f" No threshold keeps false alarms within {most:.1%}; this one has the fewest."
    counted = (
        f"{one.found.right} pictures found that were missed, {one.found.wrong} the other way; "
        f"{one.spared.right} false alarms gone, {one.spared.wrong} new"
    )
    if one.is_trade:
        said += (
            f" Not set: now surely more than {most:.1%} are false alarms, but with {one.chosen:g} "
            f"{one.by_chosen.wrong} pictures are missed that are found now ({counted}). Who wants "
            f"that sets {one.kind.value}={one.chosen:g}; --max-false-alarms allows more of them."
        )
    elif one.to_set is None:
        why = "these pictures show no sure gain"
        if one.at_now.false_alarms > most:
            why = f"whether more than {most:.1%} are false alarms is not sure from these pictures"
        said += f" Stays as it is: {why} ({counted})."
    elif one.is_beyond_bound:
        said += f" To be set, since now surely more than {most:.1%} are false alarms ({counted})."
    else:
        gain = "more is found" if one.finds_more else "there are fewer false alarms"
        said += f" To be set: surely {gain} ({counted})."
    return said


def _rate(rates: AlarmRates) -> str:
    return (
        f"{rates.recall:.1%}{_bounds(rates.recall_interval)} of what is there at "
        f"{rates.false_alarms:.1%}{_bounds(rates.false_alarms_interval)} false alarms"
    )


def _bounds(bounds: tuple[float, float] | None) -> str:
    return "" if bounds is None else f" ({bounds[0]:.1%} to {bounds[1]:.1%})"


def _cells(rates: AlarmRates | None) -> tuple[str, str]:
    return ("–", "–") if rates is None else (f"{rates.recall:.1%}", f"{rates.false_alarms:.1%}")
