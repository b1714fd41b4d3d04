"""``safety-detector eval``: how good a backend is on labelled pictures."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Table

from safety_detector import __version__
from safety_detector.cli.asked_options import AskedOptions, with_asked
from safety_detector.cli.calibration import print_calibration, save_calibration
from safety_detector.cli.comparison import print_comparison, save_pictures
from safety_detector.cli.console import print_json_line, printable, stderr, stdout_is_terminal
from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.startup import settings_with_warnings
from safety_detector.cli.tuning import Tuning, print_tuning, tune, write_tuning
from safety_detector.errors import ConfigurationInvalid
from safety_detector.evaluation.calibration import Calibration, calibrate
from safety_detector.evaluation.comparison import ComparedAnswers, compare_answers
from safety_detector.evaluation.evaluate import Evaluation, evaluate, judge_answers
from safety_detector.evaluation.figures import ALLOWED_FALSE_POSITIVES
from safety_detector.evaluation.mistakes import rank_mistakes, save_mistakes
from safety_detector.evaluation.origins import LabelOrigins
from safety_detector.evaluation.running import Answered
from safety_detector.evaluation.saved import read_answers, save_answers
from safety_detector.evaluation.truth import LabelledPicture, read_labelled_pictures
from safety_detector.host.output_files import storage_errors
from safety_detector.settings import Backend, Settings
from safety_detector.wiring import build_detector

_WORST = 30  # pictures; more than anybody looks at in one sitting


@dataclass(frozen=True, slots=True)
class EvalOptions:
    """The options of ``eval``; None means the usual."""

    annotations: Path
    images: Path | None
    backend: Backend | None
    asked: AskedOptions
    save_worst: Path | None
    as_json: bool
    save: Path | None = None
    answers: Path | None = None
    against: Path | None = None
    differences: Path | None = None
    calibrate: Path | None = None
    tune: Path | None = None
    max_false_alarms: float = ALLOWED_FALSE_POSITIVES


def run_eval(options: EvalOptions) -> int:
    """Runs the detector over the set and prints the figures; returns the exit code.

    Raises:
        ConfigurationInvalid: the COCO evaluator is not installed; nothing was done.
        AnnotationsInvalid: the set contradicts itself, or saved answers are about other pictures;
            nothing was counted.
        StorageUnavailable: answers or pictures cannot be written.
        PictureRefused: a picture cannot be decoded.
        DetectorError: the detector has no result for a picture.
    """
    stated = settings_with_warnings()
    _refuse_early(options, stated)
    settings = with_asked(stated, options.backend, options.asked)
    pictures = read_labelled_pictures(options.annotations, options.images)
    against = read_answers(options.against, pictures) if options.against else None
    if options.answers is not None:
        evaluation = judge_answers(read_answers(options.answers, pictures))
    else:
        evaluation = _run(settings, options.backend, pictures)
    _save(evaluation, options)
    _say_whose_labels(evaluation.origins)
    compared = compare_answers(against, evaluation.saved) if against else None
    if compared is not None and options.differences is not None:
        save_pictures(compared, options.differences)
    tuning = None
    if options.tune is not None:
        tuning = tune(settings, evaluation.saved, options.max_false_alarms)
        write_tuning(options.tune, tuning, options.annotations)
        _say_where("Setting", options.tune)
    calibration = None
    if options.calibrate is not None:
        calibration = calibrate(evaluation.saved)
        save_calibration(calibration, options.calibrate)
    asked = _Asked(compared, tuning, calibration)
    if options.as_json or not stdout_is_terminal():
        print_json_line({**evaluation.figures, **asked.document()})
    else:
        _print_for_people(evaluation.figures, asked, drawn=options.differences is not None)
    return DONE


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked about the figures; None for what was not."""

    compared: ComparedAnswers | None
    tuning: Tuning | None
    calibration: Calibration | None

    def document(self) -> dict[str, Any]:
        parts = {"against": self.compared, "tuned": self.tuning, "calibration": self.calibration}
        return {name: part.document() for name, part in parts.items() if part is not None}


def _save(evaluation: Evaluation, options: EvalOptions) -> None:
    if options.save is not None:
        save_answers(options.save, evaluation.saved, evaluation.figures)
        _say_where("Answers", options.save)
    if options.save_worst is not None:
        saved = save_mistakes(rank_mistakes(evaluation.answers, _WORST), options.save_worst)
        _say_where(f"{len(saved)} pictures with the worst mistakes", options.save_worst)


def _refuse_early(options: EvalOptions, settings: Settings) -> None:
    """What cannot work is said before the pictures are run, which may take hours."""
    if options.differences is not None and options.against is None:
        raise ConfigurationInvalid("differences-of-what")
    if options.answers is not None:
        asked = (["--backend"] if options.backend else []) + options.asked.named
        if asked:
            raise ConfigurationInvalid("answers-given-already", options=", ".join(asked))
    if options.tune is not None and (options.backend or settings.effective_backend) == "qwen":
        raise ConfigurationInvalid("tune-needs-embedded")
    if find_spec("faster_coco_eval") is None:
        raise ConfigurationInvalid("no-evaluator", version=__version__)
    for written in (options.save, options.tune, options.calibrate):
        if written is not None:
            _require_writable(written)


def _say_whose_labels(origins: LabelOrigins | None) -> None:
    if origins is None:
        return
    stderr.print(
        f"{origins.unchanged} of {origins.boxes} labelled boxes are a detector's own, unchanged.",
        markup=False,
        soft_wrap=True,
    )
    if origins.is_circular:
        stderr.print(
            "Warning: most labels are what a detector said itself, so figures, thresholds and "
            "scores of that detector look better than they are; label what it missed as well.",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )


def _say_where(what: str, path: Path) -> None:
    stderr.print(f"{what}: {printable(str(path))}", markup=False, soft_wrap=True)


def _print_for_people(figures: dict[str, Any], asked: _Asked, *, drawn: bool) -> None:
    """The table of the figures, or of what was asked about them."""
    if asked.compared is not None:
        print_comparison(asked.compared, drawn=drawn)
    if asked.tuning is not None:
        print_tuning(asked.tuning)
    if asked.calibration is not None:
        print_calibration(asked.calibration)
    if not asked.document():
        _print_figures(figures)


def _run(
    settings: Settings, backend: Backend | None, pictures: Sequence[LabelledPicture]
) -> Evaluation:
    with (
        closing(build_detector(settings, backend)) as detector,
        Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=stderr,
            transient=True,
            disable=not stderr.is_terminal,
        ) as progress,
    ):
        task = progress.add_task("Evaluating", total=None)

        def on_answer(_answer: Answered, total: int) -> None:
            progress.update(task, total=total, advance=1)

        return evaluate(detector, pictures, on_answer)


def _require_writable(path: Path) -> None:
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _print_figures(figures: dict[str, Any]) -> None:
    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    columns = ("ap50", "ap50_95", "precision", "recall", "f1", "threshold", "n")
    table.add_column("class")
    for column in columns:
        table.add_column(column, justify="right")
    for name, row in figures["classes"].items():
        table.add_row(printable(name), *(_shown(row[column]) for column in columns))
    console.print(table)
    for name, row in figures["picture_level"].items():
        console.print(
            f"{name} by picture: recall {_shown(row['recall'])} {row['interval']} at "
            f"{_shown(row['false_positive_rate'])} false positives "
            f"({row['n_positive']} with, {row['n_negative']} without)",
            markup=False,
        )
    for name, row in figures["counts"].items():
        console.print(
            f"{name} by number: off by {_shown(row['error'])} a picture, "
            f"{_shown(row['error_where_any'])} where there is any or one is reported; "
            f"{row['reported']} reported, {row['true']} labelled in {row['pictures']} pictures"
        )
    for name, row in figures["regions"].items():
        console.print(
            f"{name} by area: IoU median {_shown(row['iou_median'])}, at least one half in "
            f"{_shown(row['iou_at_least_half'])} of {row['n']}; best box "
            f"{_shown(row['best_box_area_ratio_median'])} of the truth's area"
        )
    states = figures["helmet_state"]
    console.print(
        f"bare heads called no_helmet: {_shown(states['bare_called_no_helmet'])}, called helmet: "
        f"{_shown(states['bare_called_helmet'])} of {states['n_bare']}; helmeted called helmet: "
        f"{_shown(states['helmeted_called_helmet'])} of {states['n_helmeted']}"
    )
    console.print(
        f"{figures['pictures']} pictures, {figures['ms_per_picture']:.1f} ms each, mean AP50 "
        f"{_shown(figures['mean_ap50'])}, false alarms per picture of nothing "
        f"{_shown(figures['false_alarms_per_negative'])}, called fire or smoke "
        f"{_shown(figures['negatives_alarmed'])} of {figures['n_negatives']}"
    )
    if figures["by_tag"]:
        console.print(_tag_table(figures["by_tag"]))


def _tag_table(by_tag: dict[str, dict[str, Any]]) -> Table:
    """One line a kind of scene: what matters most of each."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("scene")
    for column in (
        "pictures",
        "empty called hazard",
        "bare called no_helmet",
        "bare called helmet",
        "helmet called helmet",
        "person ap50",
        "fire IoU",
        "smoke IoU",
    ):
        table.add_column(column, justify="right")
    for tag, row in by_tag.items():
        states = row["helmet_state"]
        table.add_row(
            printable(tag),
            str(row["pictures"]),
            _shown(row["negatives_alarmed"]),
            _shown(states["bare_called_no_helmet"]),
            _shown(states["bare_called_helmet"]),
            _shown(states["helmeted_called_helmet"]),
            _shown(row["classes"]["person"]["ap50"]),
            _shown(row["regions"]["fire"]["iou_median"]),
            _shown(row["regions"]["smoke"]["iou_median"]),
        )
    return table


def _shown(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
