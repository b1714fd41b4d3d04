"""``alert-rules``: its options and its help."""

from __future__ import annotations

from typing import Annotated

import typer

from safety_detector.cli.command_list import CommandList
from safety_detector.cli.setting_options import with_data_dir

alert_rules = typer.Typer(
    cls=CommandList,
    help="Add, list and remove the rules that say who is told of which incident, when.\n\n"
    "A channel that no rule names is told of every incident that opens or escalates.\n\n"
    "Example: safety-detector alert-rules add nights --channel 01KAJA0C5V7N9M4R2T6Y8W1E3Q "
    "--hazard fire --hazard smoke --hours 19:00-07:00",
    no_args_is_help=True,
)

_Json = Annotated[bool, typer.Option("--json", help="JSON on stdout even if it is a terminal.")]


@alert_rules.command("add")
@with_data_dir
def add(
    name: Annotated[str, typer.Argument(help="For people, for example nights.")],
    channel: Annotated[
        list[str],
        typer.Option(help="Who is told: an id that channels list shows; may be repeated."),
    ],
    hazard: Annotated[
        list[str] | None,
        typer.Option(
            help="fire, smoke, no_helmet, camera_silent, …; may be repeated. Default: any."
        ),
    ] = None,
    min_severity: Annotated[
        str | None,
        typer.Option(help="As severe at least: uncertain, minor, moderate or severe."),
    ] = None,
    camera: Annotated[
        list[str] | None, typer.Option(help="Of this camera; may be repeated. Default: any.")
    ] = None,
    zone: Annotated[
        list[str] | None,
        typer.Option(help="First seen in this zone; may be repeated. Default: anywhere."),
    ] = None,
    hours: Annotated[
        list[str] | None,
        typer.Option(
            help="At these hours, in the camera's zone: 19:00-07:00, 'mon-fri 08:00-18:00', "
            "'sat,sun 00:00-24:00'; may be repeated. Default: always.",
            metavar="HOURS",
        ),
    ] = None,
    tell: Annotated[
        list[str] | None,
        typer.Option(
            help="On which occasion: opened, escalated, quiet, verified, closed; may be repeated. "
            "Default: opened and escalated.",
        ),
    ] = None,
    permitted: Annotated[
        str, typer.Option(help="Of permitted hot work: any, only or without.")
    ] = "any",
    cool_down: Annotated[
        float,
        typer.Option(
            help="Seconds after a delivered alarm in which more of the same camera is held back, "
            "unless it is worse; it is counted in the next message.",
        ),
    ] = 300,
    escalate_after: Annotated[
        float | None,
        typer.Option(help="Seconds after which others are told if nobody acknowledges."),
    ] = None,
    escalate_to: Annotated[
        list[str] | None, typer.Option(help="By which channel; may be repeated.")
    ] = None,
    json: _Json = False,
) -> None:
    """Add a rule, which counts from now on.

    Example: safety-detector alert-rules add fires --channel 01KAJA0C5V7N9M4R2T6Y8W1E3Q
    --hazard fire --escalate-after 600 --escalate-to 01KAJA0F2B4D6F8H0J2M4P6R8T
    """
    from safety_detector.cli.alert_rules import NewRuleOptions, run_alert_rules_add

    options = NewRuleOptions(
        name=name,
        channel_ids=channel,
        hazards=hazard,
        min_severity=min_severity,
        camera_ids=camera,
        zone_ids=zone,
        hours=hours,
        tell=tell,
        permitted=permitted,
        cool_down_s=cool_down,
        escalate_after_s=escalate_after,
        escalate_to=escalate_to,
    )
    raise typer.Exit(run_alert_rules_add(options, as_json=json))


@alert_rules.command("list")
@with_data_dir
def list_(json: _Json = False) -> None:
    """List the rules, and whom each tells."""
    from safety_detector.cli.alert_rules import run_alert_rules_list

    raise typer.Exit(run_alert_rules_list(as_json=json))


@alert_rules.command("remove")
@with_data_dir
def remove(
    rule_id: Annotated[
        str, typer.Argument(help="The id that alert-rules list shows.", metavar="ID")
    ],
    json: _Json = False,
) -> None:
    """Remove a rule; a channel that no rule names any more is told of everything again."""
    from safety_detector.cli.alert_rules import run_alert_rules_remove

    raise typer.Exit(run_alert_rules_remove(rule_id, as_json=json))
