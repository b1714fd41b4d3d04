"""The ``safety-detector`` command: its options, its help, and what happens to errors.

Long because it is the help that users read: each command says its options here in one place, and
does its work in a module of its own.
"""

from __future__ import annotations

import os
import sys
import traceback
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from safety_detector import __version__
from safety_detector.cli.alert_rule_commands import alert_rules as alert_rules_app
from safety_detector.cli.asked_options import (
    AskedOptions,
    ClassesOption,
    ThresholdOption,
    TilingOption,
)
from safety_detector.cli.camera_commands import cameras as cameras_app
from safety_detector.cli.capacity_command import app as capacity_app
from safety_detector.cli.channel_commands import channels as channels_app
from safety_detector.cli.command_list import CommandList
from safety_detector.cli.dataset_commands import datasets as datasets_app
from safety_detector.cli.encoding import use_utf8, write_utf8
from safety_detector.cli.exit_codes import DONE, PROGRAM_FAULT, exit_code_for
from safety_detector.cli.incident_commands import incidents as incidents_app
from safety_detector.cli.moments import read_moment
from safety_detector.cli.operator_commands import app as operator_app
from safety_detector.cli.prompt_commands import prompts as prompts_app
from safety_detector.cli.setting_options import with_data_dir, with_listening_options
from safety_detector.cli.user_commands import users as users_app
from safety_detector.cli.weights_commands import weights as weights_app
from safety_detector.errors import SafetyDetectorError
from safety_detector.host.collector import no_collection_while_importing

app = typer.Typer(
    name="safety-detector",
    help=(
        "Finds fire, smoke and missing safety helmets in pictures, on your own machines.\n\n"
        "Try: safety-detector detect samples/*.jpg --annotated out --pdf out/report.pdf"
    ),
    epilog=(
        "Results go to stdout (JSON unless it is a terminal), progress and errors to stderr. "
        "Exit codes: 0 done, 1 hazards found and --fail-on-hazard given, 2 wrong usage, "
        "3 part of the pictures failed, 4 a service that is needed is unreachable."
    ),
    no_args_is_help=True,
    # Rich's boxes cut options short on 80 columns, and its Markdown takes asterisks for emphasis.
    rich_markup_mode=None,
    cls=CommandList,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class BackendChoice(StrEnum):
    """Values of ``--backend``."""

    QWEN = "qwen"
    EMBEDDED = "embedded"


class LanguageChoice(StrEnum):
    """Values of ``--lang``."""

    EN = "en"
    ZH = "zh"


LangOption = Annotated[
    LanguageChoice | None,
    typer.Option(
        "--lang",
        help="Language of labels and reports; also adds names in that language to the JSON. "
        "Default: SAFETY_LANGUAGE, else en.",
    ),
]
ReportLangOption = Annotated[
    LanguageChoice | None,
    typer.Option("--lang", help="Language of the report. Default: SAFETY_LANGUAGE, else en."),
]
JsonOption = Annotated[
    bool,
    typer.Option("--json", help="JSON on stdout even if stdout is a terminal."),
]


HostOption = Annotated[str, typer.Option(help="Address to listen on.")]
PortOption = Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65_535)]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"safety-detector {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Runs before each command."""


@app.command()
def detect(
    images: Annotated[
        list[str], typer.Argument(help="Picture files or http(s) URLs.", metavar="IMAGE...")
    ],
    backend: Annotated[
        BackendChoice | None,
        typer.Option(
            help="Detector. Default: SAFETY_BACKEND; unset, qwen where SAFETY_QWEN_URLS is set, "
            "else embedded."
        ),
    ] = None,
    threshold: ThresholdOption = None,
    tiling: TilingOption = None,
    classes: ClassesOption = None,
    json: JsonOption = False,
    annotated: Annotated[
        Path | None,
        typer.Option(help="Folder for the annotated pictures; made if missing.", metavar="DIR"),
    ] = None,
    pdf: Annotated[
        Path | None, typer.Option(help="Write a PDF report of all pictures.", metavar="FILE")
    ] = None,
    lang: LangOption = None,
    fail_on_hazard: Annotated[
        bool, typer.Option("--fail-on-hazard", help="Exit with 1 if any picture shows a hazard.")
    ] = False,
) -> None:
    """Inspect pictures here and now; no server needed.

    Prints a table on a terminal, otherwise one JSON object a line, in the order given. A picture
    that cannot be inspected fails alone (exit code 3).

    A picture is a hazard if any fire or smoke is found, or a person without helmet; else
    inconclusive if something may have been missed; else clear. What --threshold, --tiling and
    --classes do to that stands in docs/verdict.md; each result names them in its runs.
    """
    with no_collection_while_importing():
        from safety_detector.cli.detect import DetectOptions, run_detect

    options = DetectOptions(
        backend=backend.value if backend else None,
        asked=AskedOptions(tuple(threshold or ()), tiling, classes),
        as_json=json,
        annotated_dir=annotated,
        pdf=pdf,
        language=lang.value if lang else None,
        fail_on_hazard=fail_on_hazard,
    )
    raise typer.Exit(run_detect(images, options))


@app.command()
def batch(
    source: Annotated[
        str,
        typer.Argument(
            help="A folder (with all below it), a zip, a list file (a path or URL a line), a "
            "labelled set (COCO, as eval reads it) or a video.",
            metavar="SOURCE",
        ),
    ],
    out: Annotated[
        Path, typer.Option(help="Folder for all outputs; made if missing.", metavar="DIR")
    ],
    backend: Annotated[
        BackendChoice | None, typer.Option(help="Detector. Default: as for detect.")
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(
            help="Send the pictures to a running service instead, with the key of "
            "SAFETY_SERVER_KEY, and collect the same outputs.",
            metavar="URL",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Pictures in hand at a time. Default: one more than cores (embedded), as many as "
            "the model servers take (qwen), or 64 (--server).",
            min=1,
            max=1024,
        ),
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Throw away what earlier runs wrote to DIR.")
    ] = False,
    formats: Annotated[
        str | None,
        typer.Option(
            help="What to make besides results.jsonl, errors.jsonl and summary.json, separated by "
            "commas: csv, coco, yolo, annotated, report. Default: all but yolo.",
        ),
    ] = None,
    csv_bom: Annotated[
        bool,
        typer.Option(
            "--csv-bom/--no-csv-bom",
            help="Begin detections.csv with a byte order mark, without which Excel reads Chinese "
            "names as GBK; Python reads it with encoding='utf-8-sig'.",
        ),
    ] = True,
    fps: Annotated[
        float,
        typer.Option(
            help="Frames a second that are taken from a video, by their own times.",
            min=0.001,
            max=240,
        ),
    ] = 1.0,
    assume_fps: Annotated[
        float | None,
        typer.Option(
            help="Frames a second of a video without times, as recorders export them (.h264). "
            "Default: what its stream says, else 25.",
            min=0.001,
            max=240,
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            help="Leave out files and folders of a folder or zip: a name ('*_thumb.jpg', archive) "
            "or, with a slash, a path from SOURCE on ('2025/*'); may be repeated.",
            metavar="GLOB",
        ),
    ] = None,
    include_hidden: Annotated[
        bool,
        typer.Option(
            "--include-hidden",
            help="Also take what begins with a dot and what systems and network drives keep for "
            "themselves (@eaDir, $RECYCLE.BIN, __MACOSX, lost+found, …).",
        ),
    ] = False,
    zip_encoding: Annotated[
        str | None,
        typer.Option(
            help="Encoding of names in a zip that do not say theirs: gbk, shift_jis, big5, euc_kr, "
            "cp437, … Default: SAFETY_ZIP_ENCODING, else guessed from all names together.",
            metavar="NAME",
        ),
    ] = None,
    report_pictures: Annotated[
        int,
        typer.Option(
            help="Most pictures with a sheet of their own in report.pdf, the most urgent ones; the "
            "others are counted.",
            min=1,
        ),
    ] = 200,
    lang: LangOption = None,
    fail_on_hazard: Annotated[
        bool, typer.Option("--fail-on-hazard", help="Exit with 1 if any picture shows a hazard.")
    ] = False,
    threshold: ThresholdOption = None,
    tiling: TilingOption = None,
    classes: ClassesOption = None,
    json: JsonOption = False,
) -> None:
    """Inspect pictures by the hundred thousand; run it again and it goes on where it ended.

    Example: safety-detector batch /mnt/drive/pictures --out results

    DIR gets results.jsonl (one result a line, as detect prints them, complete at any moment),
    errors.jsonl, detections.csv, coco.json, annotated/, report.pdf and summary.json. However it
    ended, the same command goes on: finished pictures are not asked again, changed ones are. Ctrl-C
    finishes the pictures in hand and writes everything for those that are done; a second one ends
    it at once. While a model server is away it waits (SAFETY_BATCH_PATIENCE). One detector judges
    all pictures: SAFETY_SECOND_LOOK is about cameras alone.
    """
    with no_collection_while_importing():
        from safety_detector.cli.batch import BatchOptions, run_batch_command

    options = BatchOptions(
        out=out,
        backend=backend.value if backend else None,
        asked=AskedOptions(tuple(threshold or ()), tiling, classes),
        server=server,
        workers=workers,
        restart=restart,
        formats=formats,
        frames_per_second=fps,
        assumed_rate=assume_fps,
        zip_encoding=zip_encoding,
        exclude=tuple(exclude or ()),
        include_hidden=include_hidden,
        csv_mark=csv_bom,
        report_pictures=report_pictures,
        language=lang.value if lang else None,
        fail_on_hazard=fail_on_hazard,
        as_json=json,
    )
    raise typer.Exit(run_batch_command(source, options))


@app.command()
def parse(
    image_size: Annotated[
        str | None,
        typer.Option(help="Size of the upright original, e.g. 1920x1080.", metavar="WxH"),
    ] = None,
    sent_size: Annotated[
        str | None,
        typer.Option(
            help="Size at which the model saw it. Default: computed from the image size.",
            metavar="WxH",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Model that answered; decides how its boxes are read.", metavar="NAME"),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Explain a raw model answer (on stdin): what is read from it, what is dropped and why.

    Example: safety-detector parse --image-size 1920x1080 < answer.txt
    """
    from safety_detector.cli.parse import run_parse

    raise typer.Exit(run_parse(image_size, sent_size, model, as_json=json))


@app.command("eval")
def evaluate(
    annotations: Annotated[
        Path, typer.Argument(help="Labelled pictures in COCO format.", metavar="ANNOTATIONS.json")
    ],
    images: Annotated[
        Path | None,
        typer.Option(help="Folder of the pictures. Default: images/ beside the file."),
    ] = None,
    backend: Annotated[
        BackendChoice | None, typer.Option(help="Detector. Default: as for detect.")
    ] = None,
    save_worst: Annotated[
        Path | None,
        typer.Option(help="Folder for pictures of the worst mistakes.", metavar="DIR"),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(help="Keep what was said of each picture, for --against.", metavar="FILE"),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            help="Compare with the answers that --save kept of another prompt, model, threshold or "
            "weights: what is better, worse, or can't be told.",
            metavar="FILE",
        ),
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(
            help="Judge the answers that --save kept, in place of running a detector; what a "
            "detector is asked (--threshold, --tiling, --classes, --backend) stays as it was then.",
            metavar="FILE",
        ),
    ] = None,
    differences: Annotated[
        Path | None,
        typer.Option(
            help="With --against: folder for the pictures that got better and worse, both answers "
            "side by side.",
            metavar="DIR",
        ),
    ] = None,
    tune: Annotated[
        Path | None,
        typer.Option(
            help="Choose thresholds by these pictures (of your own site, as dataset export writes "
            "them) and write the setting with what it costs; changes nothing by itself. Backend "
            "embedded alone.",
            metavar="FILE",
        ),
    ] = None,
    max_false_alarms: Annotated[
        float,
        typer.Option(
            help="With --tune: share of the pictures without a hazard that may be called so.",
            min=0,
            max=0.5,
            metavar="SHARE",
        ),
    ] = 0.05,
    calibrate: Annotated[
        Path | None,
        typer.Option(
            help="Write what the scores were worth: a table for SAFETY_SCORE_CALIBRATION, and its "
            "curves as an SVG beside it.",
            metavar="FILE",
        ),
    ] = None,
    threshold: ThresholdOption = None,
    tiling: TilingOption = None,
    classes: ClassesOption = None,
    json: JsonOption = False,
) -> None:
    """Measure a backend on labelled pictures: AP, recall by picture, helmet states.

    Categories are fire, smoke, person, head_helmet and head_bare; an image's "labelled" field,
    where it has one, lists the ids of those that are labelled in it completely.

    Before a switch: keep the answers of what runs today (--save old.json), change the prompt, the
    model, a threshold or the weights, and run it again --against old.json (docs/evaluation.md).

    Example: safety-detector eval labelled/annotations.json --save-worst worst
    """
    from safety_detector.cli.evaluate import EvalOptions, run_eval

    options = EvalOptions(
        annotations=annotations,
        images=images,
        backend=backend.value if backend else None,
        asked=AskedOptions(tuple(threshold or ()), tiling, classes),
        save_worst=save_worst,
        as_json=json,
        save=save,
        answers=answers,
        against=against,
        differences=differences,
        tune=tune,
        max_false_alarms=max_false_alarms,
        calibrate=calibrate,
    )
    raise typer.Exit(run_eval(options))


@app.command()
@with_data_dir
def doctor(json: JsonOption = False) -> None:
    """Check that everything this machine needs is there, and say what to do where it is not."""
    from safety_detector.cli.doctor import run_doctor

    raise typer.Exit(run_doctor(as_json=json))


@app.command()
@with_data_dir
def config(json: JsonOption = False) -> None:
    """Show every setting with its effective value and where it comes from; secrets masked."""
    from safety_detector.cli.config import run_config

    raise typer.Exit(run_config(as_json=json))


@app.command()
@with_data_dir
@with_listening_options
def serve(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
) -> None:
    """Run the whole service on this machine, until Ctrl-C: broker, workers, watcher and API.

    Needs no server installed. With SAFETY_REDIS_URL and SAFETY_DATABASE_URL set it uses those. An
    address beyond this machine needs an API key; keys create NAME --scope admin makes one.
    """
    with no_collection_while_importing():
        from safety_detector.cli.serve import run_serve

    raise typer.Exit(run_serve(host, port))


@app.command()
@with_data_dir
@with_listening_options
def api(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
) -> None:
    """Run the REST API alone; workers run elsewhere. Needs SAFETY_REDIS_URL."""
    with no_collection_while_importing():
        from safety_detector.cli.roles import run_api

    raise typer.Exit(run_api(host, port))


class VerdictChoice(StrEnum):
    """Values of ``--verdict``."""

    HAZARD = "hazard"
    INCONCLUSIVE = "inconclusive"
    CLEAR = "clear"


class IncidentHazardChoice(StrEnum):
    """Values of ``--hazard``."""

    FIRE = "fire"
    SMOKE = "smoke"
    NO_HELMET = "no_helmet"


class ReportSortChoice(StrEnum):
    """Values of ``--order``."""

    TIME = "time"
    URGENCY = "urgency"


class QueueChoice(StrEnum):
    """Values of ``--queue``."""

    QWEN = "qwen"
    EMBEDDED = "embedded"
    RENDER = "render"


@app.command()
@with_data_dir
def worker(
    queue: Annotated[
        QueueChoice | None,
        typer.Option(
            help="What to work on: pictures of a backend, or (render) reports. Default: pictures "
            "of the configured backend."
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Start nothing; exit with 0 if such a worker runs on this machine and gave a sign "
            "of life lately, else with 4. For health checks of containers.",
        ),
    ] = False,
) -> None:
    """Run one pool of workers; start as many on as many machines as you like.

    Needs SAFETY_REDIS_URL, and the same database and data folder as the API.
    """
    if check:
        from safety_detector.cli.worker_check import check_worker

        raise typer.Exit(check_worker(queue.value if queue else None))

    from safety_detector.cli.roles import run_worker

    run_worker(queue.value if queue else None)


@app.command()
@with_data_dir
def watch(
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Start nothing; exit with 0 if a watcher runs on this machine and gave a sign of "
            "life lately, else with 4. For health checks of containers.",
        ),
    ] = False,
) -> None:
    """Fetch the pictures of cameras (RTSP, HTTP, folders) for as long as it runs; serve does too.

    A camera that is added, changed or removed is noticed within seconds. Start as many of these on
    as many machines as you like: they share the cameras evenly, each is held by one of them at a
    time, and those of one that dies are taken over within 20 s. One holds SAFETY_WATCH_STREAMS
    cameras at most. Needs SAFETY_REDIS_URL, and the same database and data folder as the API.
    """
    if check:
        from safety_detector.cli.worker_check import check_worker

        raise typer.Exit(check_worker("watch"))
    with no_collection_while_importing():
        from safety_detector.cli.watch import run_watch

    raise typer.Exit(run_watch())


@app.command()
@with_data_dir
def mcp(
    server: Annotated[
        str, typer.Option(help="Address of the running service.", metavar="URL")
    ] = "http://127.0.0.1:8000",
) -> None:
    """Give an agent tools over stdin and stdout (Model Context Protocol); agents start it.

    It inspects pictures, lists and reads incidents, orders reports, tells how cameras are, and
    counts, as the API key in SAFETY_SERVER_KEY may: scope read to look, submit to inspect. Agents
    elsewhere reach the same tools at /mcp of the service, with their key.

    Example, in an agent's configuration: {"mcpServers": {"safety": {"command":
    "safety-detector", "args": ["mcp"], "env": {"SAFETY_SERVER_KEY": "sdk_…"}}}}
    """
    from safety_detector.cli.mcp import run_mcp

    raise typer.Exit(run_mcp(server))


@app.command()
@with_data_dir
def report(
    out: Annotated[Path, typer.Option(help="The PDF to write.", metavar="FILE")],
    incidents: Annotated[
        bool,
        typer.Option(
            "--incidents",
            help="About incidents and what people did about them, not about single pictures.",
        ),
    ] = False,
    incident: Annotated[
        list[str] | None,
        typer.Option(help="An incident; may be repeated. Implies --incidents.", metavar="ID"),
    ] = None,
    inspection: Annotated[
        list[str] | None,
        typer.Option(help="An inspection; may be repeated.", metavar="ID"),
    ] = None,
    notice: Annotated[
        list[str] | None,
        typer.Option(
            help="An inspection, with --incidents an incident, for which a rectification notice "
            "is made, to be filled in and signed; may be repeated.",
            metavar="ID",
        ),
    ] = None,
    camera: Annotated[
        str | None, typer.Option(help="All inspections, or incidents, of a camera.", metavar="ID")
    ] = None,
    batch: Annotated[
        str | None, typer.Option(help="All inspections of a batch.", metavar="ID")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            help="Pictures taken, incidents opened, from this moment on (local time unless it "
            "names a zone), for example '2026-11-21 14:00'.",
            parser=read_moment,
            metavar="MOMENT",
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            help="Pictures taken, incidents opened, before this moment.",
            parser=read_moment,
            metavar="MOMENT",
        ),
    ] = None,
    hazard: Annotated[
        IncidentHazardChoice | None, typer.Option(help="Incidents with this hazard alone.")
    ] = None,
    zone: Annotated[str | None, typer.Option(help="Incidents in this zone.", metavar="ID")] = None,
    assignee: Annotated[
        str | None, typer.Option(help="Incidents that this person puts right.", metavar="NAME")
    ] = None,
    verdict: Annotated[
        VerdictChoice | None,
        typer.Option(
            help="Sheets for pictures of this verdict alone; all of the period are counted."
        ),
    ] = None,
    order: Annotated[
        ReportSortChoice,
        typer.Option(help="time: the oldest first. urgency: the most urgent first."),
    ] = ReportSortChoice.TIME,
    title: Annotated[str | None, typer.Option(help="Title instead of the usual one.")] = None,
    site: Annotated[str | None, typer.Option(help="Name of the place, for the first page.")] = None,
    lang: ReportLangOption = None,
) -> None:
    """Write a PDF report from stored results.

    One inspection gives a short report; several give a summary, the register of hazards, a sheet
    for each picture and an annex; more than 500 pictures become volumes beside FILE, which then is
    their index. Cameras that sent nothing in the period are named.

    A period is about when pictures were taken: as their sender said (captured_at), else by the
    camera's EXIF time, else when they arrived; each sheet says which.

    Example: safety-detector report --since 2026-11-01 --until 2026-12-01 --out november.pdf

    Example: safety-detector report --since 2026-11-01 --verdict hazard --order urgency --out h.pdf

    Example: safety-detector report --notice 01KAJ8W4T0X2V7Q9R5N3M1B6CD --lang zh --out notice.pdf

    With --incidents it is about hazards, each once, however many pictures show it: statistics,
    register, evidence, false alarms with their reasons. Notices are filled in with what people
    recorded.

    Example: safety-detector report --incidents --since 2026-11-01 --until 2026-12-01 --out nov.pdf

    Example: safety-detector report --incidents --notice 01KAJ8W4T02M5QCZXK1D7H3R9N --out notice.pdf
    """
    from safety_detector.cli.report import ReportOptions, run_report
    from safety_detector.domain.incidents.hazards import IncidentHazard
    from safety_detector.domain.inspection import Verdict
    from safety_detector.host.local_time import in_local_zone
    from safety_detector.service.reports.records import ReportOrder, ReportSort, ReportSubject

    is_of_incidents = incidents or bool(incident)
    wanted = ReportOrder(
        about=ReportSubject.INCIDENTS if is_of_incidents else ReportSubject.INSPECTIONS,
        incident_ids=tuple(incident or ()),
        hazard=IncidentHazard(hazard.value) if hazard else None,
        zone_id=zone,
        assignee=assignee,
        inspection_ids=tuple(inspection or ()),
        camera_id=camera,
        batch_id=batch,
        since=in_local_zone(since) if since else None,
        until=in_local_zone(until) if until else None,
        verdict=Verdict(verdict.value) if verdict else None,
        sort=ReportSort(order.value),
        notices=tuple(notice or ()),
        language=lang.value if lang else None,
        title=title,
        site=site,
    )
    raise typer.Exit(run_report(ReportOptions(out, wanted)))


@app.command()
@with_data_dir
def migrate() -> None:
    """Bring the database's tables to the form that this version needs."""
    from safety_detector.cli.migrate import run_migrate

    raise typer.Exit(run_migrate())


# Without a name its commands stand beside the others.
app.add_typer(capacity_app)
app.add_typer(operator_app)

app.add_typer(cameras_app, name="cameras")
app.add_typer(incidents_app, name="incidents")
app.add_typer(datasets_app, name="dataset")
app.add_typer(channels_app, name="channels")
app.add_typer(alert_rules_app, name="alert-rules")
app.add_typer(prompts_app, name="prompts")

keys = typer.Typer(cls=CommandList, help="Make, list and revoke API keys.", no_args_is_help=True)
app.add_typer(keys, name="keys")


app.add_typer(users_app, name="users")
app.add_typer(weights_app, name="weights")


@keys.command("create")
@with_data_dir
def keys_create(
    name: Annotated[str, typer.Argument(help="Whose key it is, for people.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="submit, read, handle (incidents) or admin (which includes all); may be repeated."
        ),
    ] = None,
    camera: Annotated[
        str | None,
        typer.Option(help="Instead of scopes: the one camera that it may push frames to."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Make a key and show it, this once."""
    from safety_detector.cli.keys import run_keys_create

    raise typer.Exit(run_keys_create(name, scope or [], camera, as_json=json))


@keys.command("list")
@with_data_dir
def keys_list(json: JsonOption = False) -> None:
    """List the keys, without their secrets."""
    from safety_detector.cli.keys import run_keys_list

    raise typer.Exit(run_keys_list(as_json=json))


@keys.command("revoke")
@with_data_dir
def keys_revoke(
    key_id: Annotated[str, typer.Argument(help="The id that keys list shows.", metavar="ID")],
) -> None:
    """Make a key useless from now on."""
    from safety_detector.cli.keys import run_keys_revoke

    raise typer.Exit(run_keys_revoke(key_id))


def main() -> None:
    """Entry point of the console script: runs a command and turns our errors into exit codes."""
    use_utf8()
    write_utf8()
    try:
        app()
    except SafetyDetectorError as exc:
        from safety_detector.cli.terminal_words import asked_language

        reason = exc.reason.text(asked_language(sys.argv))
        typer.echo(f"safety-detector: {reason}", err=True)
        sys.exit(exit_code_for(exc))
    except BrokenPipeError:
        # The reader of our output (`| head`) has gone.  Python would complain again when it
        # flushes stdout at exit, so stdout is pointed elsewhere first.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(DONE)
    except Exception:  # noqa: BLE001 (the edge of the process)
        traceback.print_exc()
        typer.echo("safety-detector: this is a fault of the program; please report it.", err=True)
        sys.exit(PROGRAM_FAULT)
