"""``safety-detector weights``: checked before they are installed, and taken back."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress
from rich.table import Table

from safety_detector.cli.console import print_json_line, printable, stderr, stdout_is_terminal
from safety_detector.cli.exit_codes import DONE, PARTLY_FAILED
from safety_detector.cli.operator import operator
from safety_detector.cli.startup import settings_with_warnings
from safety_detector.detectors.embedded.detector import OnnxDetector, load_onnx_detector
from safety_detector.detectors.embedded.installed import Chosen, InstalledWeights
from safety_detector.detectors.embedded.onnx_model import BUNDLED_WEIGHTS
from safety_detector.errors import ConfigurationInvalid
from safety_detector.evaluation.acceptance import Change, Comparison, compare
from safety_detector.evaluation.check_set import read_check_set
from safety_detector.evaluation.running import Answered, answer_pictures
from safety_detector.evaluation.truth import LabelledPicture, read_labelled_pictures
from safety_detector.service.access.audit import AuditAction, note_act
from safety_detector.settings import Settings
from safety_detector.wiring import embedded_weights_path, open_migrated_database, sqlite_path

CHECK_SET, SITE, SITE_SINCE_PROGRAM = "check_set", "dataset", "dataset_since_program"
_TITLES = {
    CHECK_SET: "Pictures that come with the program",
    SITE: "Pictures of this site",
    SITE_SINCE_PROGRAM: "The same, beside the program's own weights",
}
_LINE_EVERY_S = 30.0
_NAMED = 5  # pictures that got worse; more than these nobody looks at in a terminal


def run_weights_list(*, as_json: bool) -> int:
    """Shows what is in use and what was; returns the exit code.

    Raises:
        WeightsInvalid: the weights in use cannot be used.
    """
    settings = settings_with_warnings()
    installed = InstalledWeights(settings.data_dir)
    path = embedded_weights_path(settings)
    with closing(load_onnx_detector(path, 1)) as detector:
        version = detector.facts.version
    if as_json or not stdout_is_terminal():
        document = {
            "version": version,
            "path": str(path),
            "from": _origin(settings, installed),
            "installed": _document(installed.in_use()),
            "earlier": [_document(one) for one in installed.earlier()],
        }
        print_json_line(document)
        return DONE
    console = Console(highlight=False)
    origins = {
        "program": "come with the program",
        "setting": "named by SAFETY_EMBEDDED_WEIGHTS",
        "installed": "installed here",
    }
    where = origins[_origin(settings, installed)]
    console.print(f"{printable(version)} ({where}): {printable(str(path))}", markup=False)
    for title, some in (("Installed", [installed.in_use()]), ("Before", installed.earlier())):
        for one in filter(None, some):
            when = one.at.astimezone().isoformat(sep=" ", timespec="minutes")
            line = f"{title}: {one.version}, {when}, {one.by}"
            console.print(printable(line), markup=False)
    return DONE


def run_weights_check(file: Path, dataset: Path | None, *, as_json: bool) -> int:
    """Holds weights against those in use; returns the exit code, 3 if they lose.

    Raises:
        WeightsInvalid: either cannot be used.
        AnnotationsInvalid: the set contradicts itself.
    """
    settings = settings_with_warnings()
    comparisons = _compare(settings, file, _site_pictures(dataset))
    _show(comparisons, as_json, {})
    stderr.print(_verdict(comparisons), markup=False, soft_wrap=True)
    return PARTLY_FAILED if _losses(comparisons) else DONE


def run_weights_install(file: Path, dataset: Path | None, *, as_json: bool) -> int:
    """Checks weights and puts them to use; returns the exit code, 3 if they lose and are not.

    Raises:
        ConfigurationInvalid: a setting names other weights, which would stay in use.
        WeightsInvalid: they cannot be used.
        AnnotationsInvalid: the set contradicts itself.
        StorageUnavailable: the data folder cannot be written.
    """
    settings = settings_with_warnings()
    if settings.embedded_weights is not None:
        raise ConfigurationInvalid("weights-by-setting", path=settings.embedded_weights)
    installed = InstalledWeights(settings.data_dir)
    with closing(load_onnx_detector(file, 1)):
        pass  # what is none of ours is not even copied
    site = _site_pictures(dataset)
    in_use = installed.in_use()
    taken = installed.take(file)
    if in_use is not None and in_use.sha256 == taken.stem:
        return _say_in_use_already(in_use, as_json)
    try:
        comparisons = _compare(settings, taken, site)
        if _losses(comparisons):
            _show(comparisons, as_json, {"installed": False})
            stderr.print("Not installed: they lose where it says so above.", markup=False)
            return PARTLY_FAILED
        with closing(load_onnx_detector(taken, 1)) as detector:
            version = detector.facts.version
        chosen = installed.use(taken, version, datetime.now(UTC), operator().name)
    finally:
        installed.discard(taken)
    _note(settings, chosen)
    _show(comparisons, as_json, {"installed": True, "version": version})
    if dataset is None:
        stderr.print(
            "Nothing was asked about pictures of this site; give --dataset to compare there.",
            markup=False,
        )
    stderr.print(
        f"Installed {printable(version)}. Start the service's workers anew to use it; "
        "weights back takes it back.",
        markup=False,
    )
    return DONE


def _say_in_use_already(in_use: Chosen, as_json: bool) -> int:
    """Once more would only hide what was before it from ``weights back``."""
    if as_json or not stdout_is_terminal():
        print_json_line({"installed": True, "version": in_use.version, "already_in_use": True})
    stderr.print(
        f"{printable(in_use.version)} is in use already; nothing was changed.", markup=False
    )
    return DONE


def run_weights_back(*, as_json: bool) -> int:
    """Puts to use what was before; returns the exit code.

    Raises:
        WeightsInvalid: nothing was before, or it is not what it was.
        StorageUnavailable: the data folder cannot be written.
    """
    settings = settings_with_warnings()
    chosen = InstalledWeights(settings.data_dir).go_back()
    with closing(load_onnx_detector(embedded_weights_path(settings), 1)) as detector:
        version = detector.facts.version
    _note(settings, chosen)
    if as_json or not stdout_is_terminal():
        print_json_line({"version": version, "installed": _document(chosen)})
    stderr.print(
        f"{printable(version)} is in use. Start the service's workers anew to use it.", markup=False
    )
    return DONE


def _site_pictures(dataset: Path | None) -> tuple[LabelledPicture, ...] | None:
    if dataset is None:
        return None
    return read_labelled_pictures(dataset / "validation.json" if dataset.is_dir() else dataset)


def _compare(
    settings: Settings, file: Path, site: tuple[LabelledPicture, ...] | None
) -> dict[str, Comparison]:
    """Answers of other weights beside those in use, and beside the program's.

    What a file may lose is counted from the program's weights on too, on either set, or each
    retraining could lose a little more.
    """
    parts = [(CHECK_SET, BUNDLED_WEIGHTS, read_check_set())]
    if site is not None:
        in_use = embedded_weights_path(settings)
        if in_use != BUNDLED_WEIGHTS:
            parts.insert(0, (SITE_SINCE_PROGRAM, BUNDLED_WEIGHTS, site))
        parts.insert(0, (SITE, in_use, site))
    comparisons = {}
    answered: dict[int, list[Answered]] = {}  # by set: both parts of the site ask the new ones once
    with (
        closing(_load(settings, file)) as new,
        Progress(
            BarColumn(),
            MofNCompleteColumn(),
            console=stderr,
            transient=True,
            disable=not sys.stderr.isatty(),
        ) as progress,
    ):
        sets = {id(pictures): len(pictures) for _, _, pictures in parts}
        asked = sum(sets.values()) + sum(len(pictures) for _, _, pictures in parts)
        task = progress.add_task("", total=asked)
        lines = None if sys.stderr.isatty() else _ProgressLines(asked)

        def advance(_answer: Answered) -> None:
            progress.advance(task)
            if lines is not None:
                lines.advance()

        for name, path, pictures in parts:
            with closing(_load(settings, path)) as old:

                def ask(detector: OnnxDetector, some: Sequence[LabelledPicture]) -> list[Answered]:
                    return answer_pictures(detector, some, advance)

                before = ask(old, pictures)
                if id(pictures) not in answered:
                    answered[id(pictures)] = ask(new, pictures)
                comparisons[name] = compare(before, answered[id(pictures)])
    return comparisons


class _ProgressLines:
    """Says on stderr how many pictures were asked: first, then every half minute."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._said_at = time.monotonic()
        self._say()

    def advance(self) -> None:
        """One picture more."""
        self._done += 1
        if time.monotonic() - self._said_at >= _LINE_EVERY_S:
            self._said_at = time.monotonic()
            self._say()

    def _say(self) -> None:
        stderr.print(f"{self._done} of {self._total} answers.", markup=False)


def _load(settings: Settings, path: Path) -> OnnxDetector:
    """With the file's own thresholds: what a setting asks for is another matter."""
    return load_onnx_detector(path, settings.embedded_threads)


def _verdict(comparisons: dict[str, Comparison]) -> str:
    """What was found, in one sentence."""
    parts = [
        f"{change.question.value}, {change.before} before and {change.after} after of "
        f"{change.asked} ({_TITLES[name].lower()})"
        for name, comparison in comparisons.items()
        for change in comparison.losses
    ]
    if parts:
        return f"They lose and would not be installed: {'; '.join(parts)}."
    unasked = "" if SITE in comparisons else "; of this site's pictures nothing was asked"
    return f"They lose nothing and may be installed{unasked}."


def _losses(comparisons: dict[str, Comparison]) -> list[Change]:
    return [change for one in comparisons.values() for change in one.losses]


def _show(comparisons: dict[str, Comparison], as_json: bool, more: dict[str, Any]) -> None:
    if as_json or not stdout_is_terminal():
        document = {
            name: {"gain": one.gain, "changes": [_change(change) for change in one.changes]}
            for name, one in comparisons.items()
        }
        print_json_line({"loses": bool(_losses(comparisons))} | more | document)
        return
    console = Console(highlight=False)
    for name, comparison in comparisons.items():
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column(_TITLES[name])
        for column in ("asked", "right before", "right after"):
            table.add_column(column, justify="right")
        table.add_column("")
        for one in comparison.changes:
            figures = (str(one.asked), str(one.before), str(one.after))
            table.add_row(one.question.value, *figures, "LOSES" if one.loses else "")
        if not comparison.changes:
            table.add_row("no question: nothing is labelled in these pictures")
        console.print(table)
        for one in comparison.losses:
            listed = ", ".join(printable(picture) for picture in one.worse[:_NAMED])
            more_of_them = f" and {len(one.worse) - _NAMED} more" if len(one.worse) > _NAMED else ""
            console.print(
                f"  {one.question.value}: wrong now in {listed}{more_of_them}", markup=False
            )
        console.print()


def _change(change: Change) -> dict[str, Any]:
    return asdict(change) | {"question": change.question.value, "loses": change.loses}


def _origin(settings: Settings, installed: InstalledWeights) -> str:
    if settings.embedded_weights is not None:
        return "setting"
    return "program" if installed.in_use() is None else "installed"


def _document(chosen: Chosen | None) -> dict[str, Any] | None:
    return None if chosen is None else chosen.model_dump(mode="json")


def _note(settings: Settings, chosen: Chosen | None) -> None:
    """An entry in the audit log, where there is a service."""
    if settings.database_url is None and not sqlite_path(settings).exists():
        return
    with closing(open_migrated_database(settings)) as database, database.write() as connection:
        note_act(
            connection,
            operator(),
            AuditAction.WEIGHTS_CHANGED,
            datetime.now(UTC),
            sha256=chosen.sha256 if chosen else None,
            version=chosen.version if chosen else None,
        )
