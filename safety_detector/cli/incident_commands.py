"""``incidents``: its options and its help."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from safety_detector.cli.command_list import CommandList
from safety_detector.cli.moments import read_moment
from safety_detector.cli.setting_options import with_data_dir
from safety_detector.domain.incidents.handling import (
    JUDGEMENTS,
    ActKind,
    HandlingState,
    Level,
    Review,
)
from safety_detector.domain.incidents.hazards import IncidentHazard
from safety_detector.domain.incidents.looks import Severity
from safety_detector.host.local_time import in_local_zone

if TYPE_CHECKING:
    from safety_detector.service.incidents.records import IncidentFilter

incidents = typer.Typer(
    cls=CommandList,
    help="List incidents, say what they are, and see to it that they are dealt with.\n\n"
    "Example: safety-detector incidents list --state open",
    no_args_is_help=True,
)

_Json = Annotated[bool, typer.Option("--json", help="JSON on stdout even if it is a terminal.")]
_Id = Annotated[str, typer.Argument(help="The incident's id.", metavar="ID")]
_Version = Annotated[
    int | None,
    typer.Option(
        "--if-version",
        help="Only if nobody did anything about it since it had this version.",
        min=0,
    ),
]
_State = Annotated[HandlingState | None, typer.Option(help="How far people are with it.")]
_Review = Annotated[Review | None, typer.Option(help="What a person said that it is.")]
_Hazard = Annotated[IncidentHazard | None, typer.Option(help="Only those that show it.")]
_Severity = Annotated[Severity | None, typer.Option(help="Only those.")]
_Level = Annotated[Level | None, typer.Option(help="How grave a person says that it is.")]
_Camera = Annotated[str | None, typer.Option(help="Of this camera.", metavar="ID")]
_Assignee = Annotated[str | None, typer.Option(help="Who puts it right.")]
_Overdue = Annotated[
    bool | None, typer.Option("--overdue/--not-overdue", help="Should be put right by now, or not.")
]
_Text = Annotated[
    str | None, typer.Option("--text", help="Stands in what people wrote, or in the camera's name.")
]
_Since = Annotated[
    datetime | None,
    typer.Option(
        help="Opened at this moment or later (local time unless it names a zone), for example "
        "'2026-11-21 14:00'.",
        parser=read_moment,
        metavar="MOMENT",
    ),
]
_Until = Annotated[
    datetime | None,
    typer.Option(help="Opened before this moment.", parser=read_moment, metavar="MOMENT"),
]


@incidents.command("list")
@with_data_dir
def list_(
    state: _State = None,
    review: _Review = None,
    hazard: _Hazard = None,
    severity: _Severity = None,
    level: _Level = None,
    camera: _Camera = None,
    assignee: _Assignee = None,
    overdue: _Overdue = None,
    text: _Text = None,
    since: _Since = None,
    until: _Until = None,
    limit: Annotated[int, typer.Option(help="Most incidents.", min=1)] = 100,
    json: _Json = False,
) -> None:
    """List incidents, the latest first; what went into another one is listed with that.

    Example: safety-detector incidents list --overdue
    """
    from safety_detector.cli.incidents import run_incidents_list

    wanted = _wanted(
        state, review, hazard, severity, level, camera, assignee, overdue, text, since, until
    )
    raise typer.Exit(run_incidents_list(wanted, limit, as_json=json))


@incidents.command()
@with_data_dir
def statistics(
    hazard: _Hazard = None,
    severity: _Severity = None,
    level: _Level = None,
    camera: _Camera = None,
    since: _Since = None,
    until: _Until = None,
    json: _Json = False,
) -> None:
    """Count incidents: found, put right, overdue, and how long people took.

    Example: safety-detector incidents statistics --since 2026-11-01
    """
    from safety_detector.cli.incidents import run_incidents_statistics

    wanted = _wanted(None, None, hazard, severity, level, camera, None, None, None, since, until)
    raise typer.Exit(run_incidents_statistics(wanted, as_json=json))


@incidents.command()
@with_data_dir
def show(incident: _Id, json: _Json = False) -> None:
    """Show an incident, what was done about it, and what can be done now."""
    from safety_detector.cli.incidents import run_incidents_show

    raise typer.Exit(run_incidents_show(incident, as_json=json))


@incidents.command()
@with_data_dir
def act(
    incident: _Id,
    act: Annotated[
        ActKind,
        typer.Argument(
            help="acknowledge, confirm, dismiss, assign, rectify, reject, verify, close, "
            "check_effect, reopen, merge, split or note.",
            metavar="ACT",
            show_choices=False,
        ),
    ],
    text: Annotated[str | None, typer.Option(help="In your words.")] = None,
    assignee: Annotated[str | None, typer.Option(help="Who puts it right.")] = None,
    unit: Annotated[str | None, typer.Option(help="Whose place it is.")] = None,
    measure: Annotated[str | None, typer.Option(help="What is to be done.")] = None,
    funds: Annotated[str | None, typer.Option(help="With what money.")] = None,
    due: Annotated[
        datetime | None,
        typer.Option(
            help="Until when; of close, when somebody looks whether it lasts.",
            parser=read_moment,
            metavar="MOMENT",
        ),
    ] = None,
    plan: Annotated[str | None, typer.Option(help="What holds until then.")] = None,
    picture: Annotated[
        Path | None,
        typer.Option(
            help="Of rectify: a picture that shows it put right; it is inspected as any other.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    inspection: Annotated[
        list[str] | None,
        typer.Option(
            help="Of confirm and dismiss: the picture that you looked at, which labelled sets take "
            "your word for; of rectify: a picture that was inspected already; of split: pictures "
            "that show something else (may be repeated).",
            metavar="ID",
        ),
    ] = None,
    other: Annotated[
        str | None, typer.Option(help="Of merge and split: the other incident.", metavar="ID")
    ] = None,
    override: Annotated[
        bool,
        typer.Option(
            "--override",
            help="It is put right although the detector sees a hazard in the picture, or cannot "
            "tell; --text says why.",
        ),
    ] = False,
    if_version: _Version = None,
    json: _Json = False,
) -> None:
    """Do something about an incident; the audit log says who did, as user and machine.

    Example: safety-detector incidents act 01KAJ8W4T02M5QCZXK1D7H3R9N assign --assignee "Wang Lei"
    --measure "move the gas cylinders" --due 2026-12-04
    """
    from safety_detector.cli.incidents import run_incidents_act

    pictures = inspection or []
    if picture is not None and act is not ActKind.RECTIFY:
        raise typer.BadParameter(f"{act.value} takes no file.", param_hint="--picture")
    told: dict[str, object] = {
        "act": act.value,
        "text": text,
        "assignee": assignee,
        "responsible_unit": unit,
        "measure": measure,
        "funds": funds,
        "due_at": in_local_zone(due).isoformat() if due else None,
        "contingency_plan": plan,
        "incident_id": other,
        "override": override,
    }
    if act is ActKind.SPLIT:
        told["inspection_ids"] = pictures
    elif pictures:
        takes_one = act in JUDGEMENTS or act is ActKind.RECTIFY
        if takes_one and (len(pictures) > 1 or picture is not None):
            raise typer.BadParameter(f"{act.value} takes one picture.")
        told["shown_inspection_id" if act in JUDGEMENTS else "inspection_id"] = pictures[0]
    raise typer.Exit(run_incidents_act(incident, told, picture, if_version, as_json=json))


@incidents.command()
@with_data_dir
def describe(
    incident: _Id,
    location: Annotated[str | None, typer.Option(help="Where in the plant.")] = None,
    description: Annotated[str | None, typer.Option(help="What is dangerous about it.")] = None,
    basis: Annotated[str | None, typer.Option(help="The rule that it breaks.")] = None,
    level: Annotated[Level | None, typer.Option(help="How grave you say that it is.")] = None,
    if_version: _Version = None,
    json: _Json = False,
) -> None:
    """Say where a hazard is, what it is, against which rule, and how grave.

    Example: safety-detector incidents describe 01KAJ8W4T02M5QCZXK1D7H3R9N
    --location "tank farm, pump 2" --level major
    """
    from safety_detector.cli.incidents import run_incidents_describe

    told = {
        "location": location,
        "description": description,
        "basis": basis,
        "level": level.value if level else None,
    }
    raise typer.Exit(run_incidents_describe(incident, told, if_version, as_json=json))


def _wanted(
    state: HandlingState | None,
    review: Review | None,
    hazard: IncidentHazard | None,
    severity: Severity | None,
    level: Level | None,
    camera: str | None,
    assignee: str | None,
    overdue: bool | None,
    text: str | None,
    since: datetime | None,
    until: datetime | None,
) -> IncidentFilter:
    from safety_detector.service.incidents.records import IncidentFilter

    return IncidentFilter(
        state=state,
        review=review,
        hazard=hazard,
        severity=severity,
        level=level,
        camera_id=camera,
        assignee=assignee,
        overdue=overdue,
        text=text,
        since=in_local_zone(since) if since else None,
        until=in_local_zone(until) if until else None,
    )
