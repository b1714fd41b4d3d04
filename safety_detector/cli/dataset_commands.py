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
        Path,
        typer.Option(
            help="Folder that the set becomes; must not be there yet, or be empty.", metavar="DIR"
        ),
    ],
    format_name: Annotated[
        str,
        typer.Option(
            "--format",
            help="coco (eval, training/, CVAT, Label Studio) or yolo (Ultralytics). yolo has no "
            "way to say what is not labelled: it gets only pictures that somebody corrected and "
            "called complete.",
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
            help="Share of pictures for validation. Whole days of a camera are, so that the share "
            "is met as nearly as they allow.",
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
    json: Annotated[
        bool, typer.Option("--json", help="JSON on stdout even if it is a terminal.")
    ] = False,
) -> None:
    """Write what people judged as a labelled set, split by camera and day.

    Boxes are those that people left, changed or drew; each says whose word it is. What a judged
    incident proves of its picture, and what it does not, is in docs/datasets.md. Evidence under
    hold stays out; pictures that retention has removed are left out and counted.

    The folder is there when the set is whole, and not before. The audit log says who exported what.

    Example: safety-detector dataset export --since 2026-11-01 --camera gate3 --format yolo
    --blur-faces --out site-november
    """
    from safety_detector.cli.dataset import dataset_format, run_dataset_export
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
    )
    raise typer.Exit(run_dataset_export(order, out, as_json=json))
