"""``safety-detector dataset``: labelled sets of what people judged."""

from __future__ import annotations

from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from safety_detector.cli.console import print_json_line, printable, stderr, stdout_is_terminal
from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.operator import operated_service, operator
from safety_detector.cli.startup import settings_of_existing_service
from safety_detector.datasets.finetuning.drafting import FineTuningOptions
from safety_detector.datasets.finetuning.reading_back import read_back_folder
from safety_detector.datasets.formats import FINE_TUNING_FORMATS, DatasetFormat
from safety_detector.datasets.labelled import Side
from safety_detector.datasets.people_finder import PeopleFinder
from safety_detector.domain.hazards import LANGUAGES
from safety_detector.errors import ConfigurationInvalid
from safety_detector.settings import Settings
from safety_detector.stored_datasets import exporting
from safety_detector.stored_datasets.exporting import FindPeople, export_dataset, preview_dataset
from safety_detector.stored_datasets.folder import new_folder
from safety_detector.stored_datasets.records import DatasetCounts, DatasetOrder
from safety_detector.wiring import build_embedded_detector, fine_tuning_options


def dataset_format(name: str) -> DatasetFormat:
    """The format of that name.

    Raises:
        ConfigurationInvalid: there is none; the message says which there are.
    """
    if name not in list(DatasetFormat):
        raise ConfigurationInvalid(
            "dataset-format-unknown", format=name[:64], known=", ".join(DatasetFormat)
        )
    return DatasetFormat(name)


def asked_model(
    wanted: DatasetFormat,
    dialect: str | None,
    language: str | None,
    *,
    crop_questions: bool,
    varied_wording: bool,
    with_reasons: bool,
) -> FineTuningOptions | None:
    """How a language model is asked, for a set that it learns from; None for others.

    Raises:
        ConfigurationInvalid: an option is given that the format has not, or cannot be.
    """
    if wanted not in FINE_TUNING_FORMATS:
        if dialect or language or varied_wording or with_reasons:
            known = ", ".join(sorted(FINE_TUNING_FORMATS))
            raise ConfigurationInvalid("dataset-options-of-fine-tuning", known=known)
        return None
    spoken = next((one for one in LANGUAGES if one == language), None)
    if language and spoken is None:
        raise ConfigurationInvalid("dataset-language-unknown", language=language[:20])
    return fine_tuning_options(
        settings_of_existing_service(),
        dialect=dialect,
        language=spoken,
        crop_questions=crop_questions,
        varied_wording=varied_wording,
        with_reasons=with_reasons,
    )


def run_dataset_check(folder: Path, *, as_json: bool) -> int:
    """Reads a set for fine-tuning back; returns the exit code.

    Raises:
        AnnotationsInvalid: it is none, or says something else than its labels do.
    """
    found = read_back_folder(folder)
    samples = {side.value: found.samples[side] for side in Side}
    if as_json or not stdout_is_terminal():
        print_json_line({"folder": str(folder), "exact": True, "samples": samples})
        return DONE
    Console(highlight=False).print(
        f"{sum(samples.values())} samples read back exactly: {samples['train']} for training, "
        f"{samples['validation']} for validation."
    )
    return DONE


def run_dataset_preview(order: DatasetOrder, *, as_json: bool) -> int:
    """Says what would go into the set, and why the rest would not; returns the exit code.

    Raises:
        ConfigurationInvalid: an option cannot be.
        DatabaseUnavailable: nobody can tell.
    """
    _check_period(order)
    with operated_service() as service:
        counts = preview_dataset(service, order)
    if as_json or not stdout_is_terminal():
        print_json_line(counts.as_json())
    else:
        _print_for_people(counts, settings_of_existing_service())
    return DONE


def _check_period(order: DatasetOrder) -> None:
    wanted = order.wanted
    if wanted.since and wanted.until and wanted.since >= wanted.until:
        raise ConfigurationInvalid("until-before-since")


def run_dataset_export(order: DatasetOrder, out: Path, *, as_json: bool) -> int:
    """Writes the set and says what became of every judged picture; returns the exit code.

    Raises:
        ConfigurationInvalid: the folder is taken, or an option cannot be.
        SubmissionRefused: no judged picture can go into the set.
        StorageUnavailable, DatabaseUnavailable: something cannot be read or written.
    """
    _check_period(order)
    settings = settings_of_existing_service()
    with ExitStack() as opened:
        service = opened.enter_context(operated_service())
        find = _people_finder(settings, opened) if order.blur_faces else None
        files = opened.enter_context(new_folder(out))
        progress = opened.enter_context(_progress())
        task = progress.add_task("Comparing", total=None)
        counts = export_dataset(
            service,
            order,
            files,
            operator(),
            datetime.now(UTC),
            find,
            exporting.Progress(
                lambda number: progress.update(task, completed=number),
                lambda number, total: progress.update(
                    task, description="Writing", completed=number, total=total
                ),
            ),
        )
    if as_json or not stdout_is_terminal():
        print_json_line({"folder": str(out), **counts.as_json()})
    else:
        _print_for_people(counts, settings)
    stderr.print(printable(str(out)), markup=False, soft_wrap=True)
    return DONE


def _people_finder(settings: Settings, opened: ExitStack) -> FindPeople:
    return opened.enter_context(closing(PeopleFinder(build_embedded_detector(settings)))).find


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=stderr,
        transient=True,
        disable=not stderr.is_terminal,
    )


def _print_for_people(counts: DatasetCounts, settings: Settings) -> None:
    console = Console(highlight=False)
    total = sum(counts.pictures.values())
    console.print(
        f"{total} pictures: {counts.pictures[Side.TRAIN]} for training, "
        f"{counts.pictures[Side.VALIDATION]} for validation, in {counts.groups} groups; "
        f"{counts.empty} without a box"
    )
    for name, count in sorted(counts.boxes.items()):
        console.print(f"  {count:>6} {name}")
    left_out = counts.why_left_out(settings.language)
    if left_out:
        console.print(f"{sum(left_out.values())} of {counts.judged} judged ones are left out:")
    for why, count in left_out.items():
        console.print(f"  {count:>6} {why}", markup=False)
    if counts.groups == 1:
        console.print("All of them are one group: nothing is left for validation.")
