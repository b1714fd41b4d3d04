"""What ``safety-detector eval --calibrate`` writes, and prints for people."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from safety_detector.cli.console import printable, stderr
from safety_detector.evaluation.calibration import (
    FOLDS,
    Calibration,
    ClassCalibration,
)
from safety_detector.evaluation.reliability_chart import draw_reliability
from safety_detector.host.output_files import replacing


def save_calibration(calibration: Calibration, path: Path) -> None:
    """Writes the table, and its curves as ``PATH.svg``; each whole or not at all.

    Raises:
        StorageUnavailable: they cannot be written.
    """
    chart = path.with_name(path.name + ".svg")
    with replacing(chart) as file:
        file.write(draw_reliability(calibration).encode())
    with replacing(path) as file:
        file.write(json.dumps(calibration.document(), indent=1).encode() + b"\n")
    for one in (path, chart):
        stderr.print(f"Written: {printable(str(one))}", markup=False, soft_wrap=True)


def print_calibration(calibration: Calibration) -> None:
    """Prints each class's bins, and below them what they say in words."""
    console = Console(highlight=False)
    console.print(f"Scores of {printable(str(calibration.judged_by))}", markup=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("class")
    for column in ("scores", "detections", "right", "share", "95 % interval"):
        table.add_column(column, justify="right", no_wrap=True)
    for one in calibration.classes:
        for number, each in enumerate(one.bins):
            low, high = each.interval
            table.add_row(
                "" if number else one.kind.value,
                f"{each.lowest:.2f}–{each.highest:.2f}",
                str(each.boxes),
                str(each.right),
                f"{each.share:.3f}",
                f"{low:.3f}–{high:.3f}",
            )
    console.print(table)
    for one in calibration.classes:
        console.print(f"{one.kind.value}: {_in_words(one)}", markup=False)
    if calibration.unscored:
        console.print(f"{calibration.unscored} detections without a score are not among them.")


def _in_words(one: ClassCalibration) -> str:
    if one.after is None:
        return f"left out of the table, {one.left_out}."
    before, after = one.before, one.after
    said = (
        f"taken for a share the score is off by {before.calibration:.3f} on average, the table by "
        f"{after.calibration:.3f} on pictures that it was not made of ({FOLDS} folds); squared "
        f"error {before.brier:.3f}, then {after.brier:.3f}."
    )
    return said if not one.left_out else f"{said} Left out of the table: no better."
