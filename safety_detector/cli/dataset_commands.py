"""``dataset``: its options and its help."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from safety_detector.cli.command_list import CommandList
from safety_detector.cli.moments import read_moment
from safety_detector.cli.setting_options import with_data_dir
from safety_detector.host.local_time import in_local_zone

datasets = typer.Typer(
    cls=CommandList,
    help="Labelled sets of what people judged: corrected pictures, confirmed incidents, false "
    "alarms.\n\n"
    "Example: safety-detector dataset export --since 2026-11-01 --format coco --out site-november",
    no_args_is_help=True,
)


@datasets.command("export")
@with_data_dir
def export(
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder that the set becomes; must not be there yet, or be empty.", metavar="DIR"
        ),
    ] = None,
    format_name: Annotated[
        str,
        typer.Option(
            "--format",
            help="coco (eval, training/, CVAT, Label Studio), yolo (Ultralytics); for language "
            "models llama-factory or ms-swift. All but coco have no way to say what is "
            "not labelled: they get only pictures that somebody corrected and called complete; of "
            "others, a language model gets questions about single places.",
        ),
    ] = "coco",
    since: Annotated[
        datetime | None,
        typer.Option(
            help="Pictures taken from this moment on (local time unless it names a zone), for "
            "example '2026-11-21 14:00'.",
            parser=read_moment,
            metavar="MOMENT",
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            help="Pictures taken before this moment.", parser=read_moment, metavar="MOMENT"
        ),
    ] = None,
    camera: Annotated[
        list[str] | None,
        typer.Option(help="Only of this camera; may be repeated.", metavar="ID"),
    ] = None,
    batch: Annotated[str | None, typer.Option(help="Only of this batch.", metavar="ID")] = None,
    validation: Annotated[
        float,
        typer.Option(
            help="Share of pictures for validation. Whole days of a camera are, each by its own "
            "hash, so that the share is met on average.",
            metavar="SHARE",
        ),
    ] = 0.2,
    empty_share: Annotated[
        float,
        typer.Option(
            help="Most pictures without a box, as a share of all; those that a detector was wrong "
            "about are the first to stay. 1 for all of them.",
            metavar="SHARE",
        ),
    ] = 0.3,
    blur_faces: Annotated[
        bool,
        typer.Option(
            "--blur-faces",
            help="Make every head that the embedded detector finds, and the upper part of every "
            "person without one, unrecognisable. A picture where that fails is left out.",
        ),
    ] = False,
    include_held: Annotated[
        bool,
        typer.Option(
            "--include-held", help="Also evidence under hold, of which no copies are made else."
        ),
    ] = False,
    licence: Annotated[
        str,
        typer.Option(
            help="Under which pictures may be used of which the submitter said nothing (in "
            "metadata, as 'licence')."
        ),
    ] = "not stated",
    dialect: Annotated[
        str | None,
        typer.Option(
            help="llama-factory, ms-swift: family of the model that learns, qwen2-vl, qwen2.5-vl "
            "or qwen3-vl. Default: that of SAFETY_QWEN_MODEL.",
            metavar="NAME",
        ),
    ] = None,
    prompt_lang: Annotated[
        str | None,
        typer.Option(
            help="llama-factory, ms-swift: language of instruction and states, zh or en. Default: "
            "SAFETY_QWEN_PROMPT_LANGUAGE.",
            metavar="LANG",
        ),
    ] = None,
    crop_questions: Annotated[
        bool,
        typer.Option(
            "--crop-questions/--no-crop-questions",
            help="llama-factory, ms-swift: also questions about single places, as second looks "
            "ask them; false alarms are learnt from by these alone.",
        ),
    ] = True,
    varied_wording: Annotated[
        bool,
        typer.Option(
            "--varied-wording",
            help="llama-factory, ms-swift: ask about every other picture in other words.",
        ),
    ] = False,
    with_reasons: Annotated[
        bool,
        typer.Option(
            "--with-reasons",
            help="llama-factory, ms-swift: a second sample with people's reasons beside the "
            "labels, where they gave any.",
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Only count what would go in, and why the rest would not; no --out."
        ),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="JSON on stdout even if it is a terminal.")
    ] = False,
) -> None:
    """Write what people judged as a labelled set, split by camera and day.

    Boxes are those that people left, changed or drew; each says whose word it is. What a judged
    incident proves of its picture, and what it does not, is in docs/datasets.md. Evidence under
    hold stays out; pictures that retention has removed are left out and counted.

    The folder is there when the set is whole, and not before. The audit log says who exported what.

    Sets for a language model hold what the service itself sends, and answers that it reads back
    exactly; train_lora.yaml or train_lora.sh in them starts a training (docs/finetuning.md).

    Example: safety-detector dataset export --since 2026-11-01 --camera gate3 --format yolo
    --blur-faces --out site-november

    Example: safety-detector dataset export --format llama-factory --out talks
    """
    from safety_detector.cli.dataset import (
        asked_model,
        dataset_format,
        run_dataset_export,
        run_dataset_preview,
    )
    from safety_detector.service.datasets.records import DatasetFilter
    from safety_detector.stored_datasets.records import DatasetOrder

    order = DatasetOrder(
        wanted=DatasetFilter(
            since=in_local_zone(since) if since else None,
            until=in_local_zone(until) if until else None,
            camera_ids=tuple(camera or ()),
            batch_id=batch,
        ),
        format=dataset_format(format_name),
        validation=validation,
        empty_share=empty_share,
        blur_faces=blur_faces,
        include_held=include_held,
        licence=licence,
        fine_tuning=asked_model(
            dataset_format(format_name),
            dialect,
            prompt_lang,
            crop_questions=crop_questions,
            varied_wording=varied_wording,
            with_reasons=with_reasons,
        ),
    )
    if dry_run:
        raise typer.Exit(run_dataset_preview(order, as_json=json))
    if out is None:
        raise typer.BadParameter(
            "it is needed: the folder that the set becomes", param_hint="--out"
        )
    raise typer.Exit(run_dataset_export(order, out, as_json=json))


@datasets.command("check")
def check(
    folder: Annotated[
        Path, typer.Argument(help="A set of the format llama-factory or ms-swift.", metavar="DIR")
    ],
    json: Annotated[
        bool, typer.Option("--json", help="JSON on stdout even if it is a terminal.")
    ] = False,
) -> None:
    """Read a set for a language model back, and refuse it where it says something else.

    Every answer is read by the reader that reads the model's answers, and compared with what people
    judged (labels.jsonl); pictures must have the size that boxes are written for. For sets that
    were edited, put together or copied.

    Example: safety-detector dataset check site-sft
    """
    from safety_detector.cli.dataset import run_dataset_check

    raise typer.Exit(run_dataset_check(folder, as_json=json))


@datasets.command("doubtful")
@with_data_dir
def doubtful(
    since: Annotated[
        datetime | None,
        typer.Option(
            help="Pictures taken from this moment on (local time unless it names a zone).",
            parser=read_moment,
            metavar="MOMENT",
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            help="Pictures taken before this moment.", parser=read_moment, metavar="MOMENT"
        ),
    ] = None,
    camera: Annotated[
        list[str] | None,
        typer.Option(help="Only of this camera; may be repeated.", metavar="ID"),
    ] = None,
    folds: Annotated[
        int,
        typer.Option(
            help="Parts into which the days of cameras are put; each is judged by the others.",
            min=2,
            max=50,
        ),
    ] = 5,
    at_most: Annotated[
        float,
        typer.Option(
            help="List a disagreement if at most this share of the other labels of its kind are "
            "like it; more lists more, and more that is right.",
            min=0.001,
            max=0.5,
            metavar="SHARE",
        ),
    ] = 0.1,
    limit: Annotated[int, typer.Option(help="Most that are listed.", min=1)] = 50,
    look_again: Annotated[
        bool,
        typer.Option(
            "--look-again/--stored",
            help="Whether the embedded detector looks at all pictures anew (60 CPU ms each), or "
            "only what was said when they came in counts.",
        ),
    ] = True,
    json: Annotated[
        bool, typer.Option("--json", help="JSON on stdout even if it is a terminal.")
    ] = False,
) -> None:
    """List labels to look at again: detectors that are seldom wrong about such things disagree.

    How far a detector's word goes is counted on the other days and cameras alone: "0 of 84 others"
    says that of 84 labels of that kind, seen so surely, people found the detector wrong in none.
    Nothing is trained, and no label is changed. At least 20 others are needed, so that small sets
    list nothing, and it says so. A detector that was trained on these very labels agrees with their
    mistakes. JSON is JSON Lines: one object a label, nothing where no label is listed.

    Example: safety-detector dataset doubtful --since 2026-11-01
    """
    from safety_detector.cli.doubtful import run_dataset_doubtful
    from safety_detector.service.datasets.records import DatasetFilter

    wanted = DatasetFilter(
        since=in_local_zone(since) if since else None,
        until=in_local_zone(until) if until else None,
        camera_ids=tuple(camera or ()),
    )
    raise typer.Exit(
        run_dataset_doubtful(
            wanted,
            folds=folds,
            most_share=at_most,
            limit=limit,
            look_again=look_again,
            as_json=json,
        )
    )
