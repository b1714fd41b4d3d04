"""``safety-detector dataset doubtful``: labels that are to be looked at again."""

from __future__ import annotations

from contextlib import ExitStack, closing

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from safety_detector.cli.console import print_json_line, printable, stderr, stdout_is_terminal
from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.operator import operated_service
from safety_detector.cli.startup import settings_of_existing_service
from safety_detector.datasets.doubtful import FEWEST_OTHERS, Doubt, DoubtfulLabel
from safety_detector.errors import ConfigurationInvalid
from safety_detector.host.local_time import in_local_zone
from safety_detector.service.datasets.records import DatasetFilter
from safety_detector.stored_datasets.doubting import (
    DoubtfulLabels,
    LookAgain,
    StoredResults,
    Witness,
    find_doubtful,
)
from safety_detector.web.datasets.documents import DoubtfulLabelDocument
from safety_detector.wiring import build_embedded_detector

_EMBEDDED = "embedded"


def run_dataset_doubtful(
    wanted: DatasetFilter,
    *,
    folds: int,
    most_share: float,
    limit: int,
    look_again: bool,
    as_json: bool,
) -> int:
    """Lists labels that detectors doubt; returns the exit code.

    Raises:
        ConfigurationInvalid: the period ends before it begins.
        SubmissionRefused: there is too little to compare.
        StorageUnavailable, DatabaseUnavailable: something cannot be read.
    """
    if wanted.since and wanted.until and wanted.since >= wanted.until:
        raise ConfigurationInvalid("until-before-since")
    settings = settings_of_existing_service()
    with ExitStack() as opened:
        service = opened.enter_context(operated_service())
        witnesses: tuple[Witness, ...] = (StoredResults(),)
        if look_again:
            detector = opened.enter_context(closing(build_embedded_detector(settings)))
            witnesses = (
                StoredResults(frozenset({_EMBEDDED})),
                LookAgain(detector, service.storage.read_picture),
            )
        progress = opened.enter_context(
            Progress(
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                console=stderr,
                transient=True,
                disable=not stderr.is_terminal,
            )
        )
        task = progress.add_task("", total=None)
        found = find_doubtful(
            service,
            wanted,
            witnesses,
            folds=folds,
            most_share=most_share,
            progress=lambda number, total: progress.update(task, completed=number, total=total),
        )
    base = (settings.public_url or "").rstrip("/")
    shown = found.labels[:limit]
    if as_json or not stdout_is_terminal():
        for one in shown:
            print_json_line(DoubtfulLabelDocument.of_label(one, base).as_json())
    else:
        _print_table(shown, base)
    _say_what_was_compared(found, len(shown))
    return DONE


def _page(one: DoubtfulLabel, base: str) -> str:
    return f"{base}/pictures/{one.inspection_id}"


def _print_table(labels: tuple[DoubtfulLabel, ...], base: str) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Picture", "Page", "People say", "Detector says", "The same in", "By"):
        table.add_column(column, overflow="fold")
    for one in labels:
        judgement = one.judgement
        by = ""
        if judgement is not None:
            by = f"{judgement.by}, {in_local_zone(judgement.at):%Y-%m-%d %H:%M}"
        row = (
            one.name,
            _page(one, base),
            _people_say(one),
            _detector_says(one),
            f"{one.like_it} of {one.others} others",
            by,
        )
        table.add_row(*(Text(printable(part)) for part in row))
    if labels:
        Console().print(table)


def _people_say(one: DoubtfulLabel) -> str:
    place = ",".join(str(round(side)) for side in one.box.xyxy)
    if one.doubt is Doubt.UNLABELLED or one.judged is None:
        return f"nothing at {place}"
    if one.doubt is Doubt.REFUTED:
        return f"no {one.judged.label.value} at {place}"
    return f"{one.judged.text('en')} at {place}"


def _detector_says(one: DoubtfulLabel) -> str:
    score = "" if one.score is None else f" {one.score:.2f}"
    return f"{one.detector}: {one.seen or 'nothing'}{score}"


def _say_what_was_compared(found: DoubtfulLabels, shown: int) -> None:
    hidden = len(found.labels) - shown
    if not found.can_tell:
        stderr.print(
            f"Too few judged pictures to tell: in {found.pictures} of them no kind of label has "
            f"{FEWEST_OTHERS} others on other days or cameras, so nothing can be called doubtful "
            f"({found.untold} disagreements)."
            + (f" {found.unread} pictures could not be looked at." if found.unread else ""),
            soft_wrap=True,
        )
        return
    stderr.print(
        f"{len(found.labels)} doubtful labels in {found.pictures} judged pictures"
        + (f", {hidden} of them not shown (--limit)" if hidden else "")
        + (
            f"; of {found.untold} disagreements nobody can tell yet (fewer than {FEWEST_OTHERS} "
            "others of their kind)"
            if found.untold
            else ""
        )
        + (f"; {found.unread} pictures could not be looked at" if found.unread else "")
        + ".",
        soft_wrap=True,
    )
