"""``requeue``, ``hold``, ``purge``, ``audit`` and ``backup``: their options and their help."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from safety_detector.cli.command_list import CommandList
from safety_detector.cli.moments import read_moment
from safety_detector.cli.setting_options import with_data_dir
from safety_detector.host.local_time import in_local_zone

app = typer.Typer()
hold = typer.Typer(
    cls=CommandList,
    help="Keep inspections and their pictures, whatever retention says.\n\n"
    "Example: safety-detector hold set --reason 'accident report 17' 01KAJ8W4T0X2V7Q9R5N3M1B6CD",
    no_args_is_help=True,
)
app.add_typer(hold, name="hold")

_Json = Annotated[bool, typer.Option("--json", help="JSON on stdout even if it is a terminal.")]
_Since = Annotated[
    datetime | None,
    typer.Option(
        help="Pictures taken from this moment on (local time unless it names a zone), for example "
        "'2026-11-21 14:00'.",
        parser=read_moment,
        metavar="MOMENT",
    ),
]
_Until = Annotated[
    datetime | None,
    typer.Option(help="Pictures taken before this moment.", parser=read_moment, metavar="MOMENT"),
]
_EntrySince = Annotated[
    datetime | None,
    typer.Option(
        help="Entries of this moment or later (local time unless it names a zone), for example "
        "'2026-11-21 14:00'.",
        parser=read_moment,
        metavar="MOMENT",
    ),
]
_EntryUntil = Annotated[
    datetime | None,
    typer.Option(help="Entries before this moment.", parser=read_moment, metavar="MOMENT"),
]


@app.command()
@with_data_dir
def requeue(
    inspections: Annotated[
        list[str] | None, typer.Argument(help="Failed inspections.", metavar="[ID]...")
    ] = None,
    failed_since: Annotated[
        datetime | None,
        typer.Option(
            help="Instead of ids: all that failed at that moment or later (local time).",
            parser=read_moment,
            metavar="MOMENT",
        ),
    ] = None,
    json: _Json = False,
) -> None:
    """Run failed inspections again, their faults forgotten.

    Example: safety-detector requeue --failed-since "2026-11-21 16:00"
    """
    from safety_detector.cli.requeue import run_requeue

    raise typer.Exit(run_requeue(inspections or [], _local(failed_since), as_json=json))


@hold.command("set")
@with_data_dir
def hold_set(
    reason: Annotated[str, typer.Option(help="Why, for whoever reads it in a year.")],
    inspections: Annotated[
        list[str] | None, typer.Argument(help="Inspections.", metavar="[ID]...")
    ] = None,
    camera: Annotated[
        str | None, typer.Option(help="Instead of ids: all of a camera.", metavar="ID")
    ] = None,
    batch: Annotated[
        str | None, typer.Option(help="Instead of ids: all of a batch.", metavar="ID")
    ] = None,
    since: _Since = None,
    until: _Until = None,
    json: _Json = False,
) -> None:
    """Keep inspections; one that is held already keeps its first reason.

    Example: safety-detector hold set --camera gate-3 --since "2026-11-21 14:00"
    --until "2026-11-21 15:00" --reason "accident report 17"
    """
    from safety_detector.cli.hold import run_hold_set
    from safety_detector.service.records import InspectionFilter

    wanted = InspectionFilter(
        camera_id=camera, batch_id=batch, since=_local(since), until=_local(until)
    )
    raise typer.Exit(run_hold_set(inspections or [], wanted, reason, as_json=json))


@hold.command("release")
@with_data_dir
def hold_release(
    inspections: Annotated[list[str], typer.Argument(help="Held inspections.", metavar="ID...")],
    json: _Json = False,
) -> None:
    """End holds; retention counts for these inspections again."""
    from safety_detector.cli.hold import run_hold_release

    raise typer.Exit(run_hold_release(inspections, as_json=json))


@hold.command("list")
@with_data_dir
def hold_list(json: _Json = False) -> None:
    """List what is held, why, and who said so; the oldest picture first."""
    from safety_detector.cli.hold import run_hold_list

    raise typer.Exit(run_hold_list(as_json=json))


@app.command()
@with_data_dir
def purge(
    keep_days: Annotated[
        float | None,
        typer.Option(help="Days that are kept. Default: SAFETY_KEEP_DAYS.", min=0),
    ] = None,
    keep_bytes: Annotated[
        str | None,
        typer.Option(
            help="Most bytes of pictures, e.g. 500GB. Default: SAFETY_KEEP_BYTES.", metavar="SIZE"
        ),
    ] = None,
    orphans: Annotated[
        bool,
        typer.Option(
            "--orphans",
            help="Also remove files older than a day that no row of the database tells of. With "
            "a new or restored database that is evidence: look with --dry-run first.",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and remove nothing.")
    ] = False,
    trust_clock: Annotated[
        bool,
        typer.Option(
            "--trust-clock",
            help="The clock is right, and time has passed that was not counted: the machine was "
            "off for weeks, or a virtual machine was paused.",
        ),
    ] = False,
    json: _Json = False,
) -> None:
    """Remove inspections that need not be kept, oldest first, with their pictures.

    The workers do this by themselves every ten minutes, by the settings. What is under hold, or not
    final, stays; so does a picture that another inspection still shows. What ended less than ten
    minutes ago stays too, so that its sender can fetch it.

    Reports that were ordered by REST go when they are as many days old; one that is not done, or
    is about a held inspection, stays. The limit in bytes counts pictures alone.

    Ages are counted while the service runs, so that no wrong clock deletes anything: where it was
    set, nothing grows older by that. Of a stop only the clock tells how long it was: that counts
    after the service has run for as long again, a day at most, or at once with --trust-clock.

    Example: safety-detector purge --keep-days 30 --dry-run
    """
    from safety_detector.cli.purge import PurgeOptions, run_purge

    options = PurgeOptions(keep_days, keep_bytes, orphans, dry_run, trust_clock)
    raise typer.Exit(run_purge(options, as_json=json))


@app.command()
@with_data_dir
def audit(
    action: Annotated[
        str | None, typer.Option(help="Only these, for example purged or key-made.")
    ] = None,
    since: _EntrySince = None,
    until: _EntryUntil = None,
    limit: Annotated[int, typer.Option(help="Most entries.", min=1)] = 100,
    json: _Json = False,
) -> None:
    """Show who made and revoked keys, changed cameras, held, requeued and purged; newest first."""
    from safety_detector.cli.audit import run_audit

    raise typer.Exit(run_audit(action, _local(since), _local(until), limit, as_json=json))


@app.command()
@with_data_dir
def replay(
    camera: Annotated[str, typer.Option(help="The camera's id.", metavar="ID")],
    since: _EntrySince = None,
    until: _EntryUntil = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            help="JSON file with other rules; what it does not name stays as it is: opening (by "
            "hazard: sightings, looks, window_s, opening_score, unsure_sightings, unsure_looks, "
            "severe_at_once), quiet_s, merge_s, and zones, masks and schedule as a camera has "
            "them.",
            metavar="FILE",
        ),
    ] = None,
    json: _Json = False,
) -> None:
    """Show what other rules would have made of what a camera saw; nothing is changed.

    Runs the inspections that are kept of the camera through its present rules and through those of
    the file, and shows incidents lost and gained, alerts a day and the time to alert.

    Example: safety-detector replay --camera gate3 --since 2026-11-01 --rules strict.json
    with {"opening": {"fire": {"sightings": 3, "looks": 5, "opening_score": 0.8}}} in strict.json
    """
    from safety_detector.cli.replay import run_replay

    raise typer.Exit(run_replay(camera, _local(since), _local(until), rules, as_json=json))


@app.command()
@with_data_dir
def backup(
    target: Annotated[Path, typer.Argument(help="The copy; a file there is replaced.")],
) -> None:
    """Copy the service's SQLite database to a file, while the service runs.

    The copy is one moment's and is examined before it takes its name. Copy the folders of the data
    folder (images, marked_images, reports, fonts, keys) after it: files that come later do no harm,
    and without the key in keys the passwords of cameras have to be given again.

    Example: safety-detector backup /mnt/backup/safety-detector.db
    """
    from safety_detector.cli.backup import run_backup

    raise typer.Exit(run_backup(target))


def _local(moment: datetime | None) -> datetime | None:
    return in_local_zone(moment) if moment else None
