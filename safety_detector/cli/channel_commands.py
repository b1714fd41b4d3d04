"""``channels``: its options and its help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from safety_detector.cli.command_list import CommandList
from safety_detector.cli.setting_options import with_data_dir

channels = typer.Typer(
    cls=CommandList,
    help="Add, list, try, change and remove the channels by which people are told of incidents.\n\n"
    "Example: safety-detector channels add dingtalk - --name 值班群 --secret-file secret.txt "
    "< address.txt\n\n"
    "What each kind needs: docs/channels.md.",
    no_args_is_help=True,
)

_Json = Annotated[bool, typer.Option("--json", help="JSON on stdout even if it is a terminal.")]
_Id = Annotated[str, typer.Argument(help="The id that channels list shows.", metavar="ID")]
_Wait = Annotated[float, typer.Option(help="Seconds to wait for what comes of it.", min=0, max=600)]


@channels.command("add")
@with_data_dir
def add(
    kind: Annotated[
        str, typer.Argument(help="webhook, dingtalk, wecom, feishu, mail, mqtt or apprise.")
    ],
    address: Annotated[
        str,
        typer.Argument(
            help="Where it leads: the robot's webhook address, the server's. With - it is "
            "read from stdin, so that what is secret in it stands in no list of processes.",
        ),
    ],
    name: Annotated[str, typer.Option(help="For people, for example the group's name.")],
    language: Annotated[
        str | None,
        typer.Option(help="Of the texts: en or zh. Default: zh for robots of groups, else en."),
    ] = None,
    secret_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the secret of the signatures, or the password, in its first line.",
            metavar="FILE",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Whatever else the kind takes, as in REST: mention_all=true, keyword=安全, "
            "receivers=ehs@example.com; a list by several of them.",
            metavar="NAME=VALUE",
        ),
    ] = None,
    json: _Json = False,
) -> None:
    """Add a channel; without alert rules it is told of every incident that opens or escalates.

    Of a webhook the secret is made and shown, this once.

    Example: safety-detector channels add webhook https://soc.example.com/hooks/fire --name SOC

    Example: safety-detector channels add wecom - --name 值班群 --set mention_all=true < address.txt
    """
    from safety_detector.cli.channels import NewChannelOptions, run_channels_add

    options = NewChannelOptions(kind, address, name, language, secret_file, settings or [])
    raise typer.Exit(run_channels_add(options, as_json=json))


@channels.command("change")
@with_data_dir
def change(
    channel_id: _Id,
    address: Annotated[
        str | None,
        typer.Option(help="Another address; - reads it from stdin. Default: it stays."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Another name.")] = None,
    language: Annotated[str | None, typer.Option(help="Of the texts: en or zh.")] = None,
    secret_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the new secret, or password, in its first line. Default: it stays.",
            metavar="FILE",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Whatever else the kind takes, as for add; the others stay.",
            metavar="NAME=VALUE",
        ),
    ] = None,
    on: Annotated[
        bool | None,
        typer.Option("--on/--off", help="Switch it on, or off: then it is told nothing but tests."),
    ] = None,
    json: _Json = False,
) -> None:
    """Change a channel; what is not named stays, also what is secret.

    A password goes to no other server, user or encryption than it was given for: give it anew.

    Example: safety-detector channels change 01KAJA0C5V7N9M4R2T6Y8W1E3Q --name 夜班群

    Example: safety-detector channels change 01KAJA0C5V7N9M4R2T6Y8W1E3Q --off
    """
    from safety_detector.cli.channels import ChangedChannelOptions, run_channels_change

    options = ChangedChannelOptions(address, name, language, secret_file, settings or [], on)
    raise typer.Exit(run_channels_change(channel_id, options, as_json=json))


@channels.command("list")
@with_data_dir
def list_(json: _Json = False) -> None:
    """List the channels, without what is secret of them, and what came of their last messages."""
    from safety_detector.cli.channels import run_channels_list

    raise typer.Exit(run_channels_list(as_json=json))


@channels.command("test")
@with_data_dir
def try_channel(channel_id: _Id, wait: _Wait = 30, json: _Json = False) -> None:
    """Send a test message, the way that every other goes, and say what came of it.

    The service sends it, so that it has to run. Exit code 3: it was not delivered.
    """
    from safety_detector.cli.channels import run_channels_test

    raise typer.Exit(run_channels_test(channel_id, wait, as_json=json))


@channels.command("deliveries")
@with_data_dir
def deliveries(
    channel_id: _Id,
    limit: Annotated[int, typer.Option(help="Most messages.", min=1, max=1000)] = 20,
    json: _Json = False,
) -> None:
    """Show what a channel was told, the newest first, and what its receiver answered."""
    from safety_detector.cli.channels import run_channels_deliveries

    raise typer.Exit(run_channels_deliveries(channel_id, limit, as_json=json))


@channels.command("resend")
@with_data_dir
def resend(
    channel_id: _Id,
    message_id: Annotated[
        str, typer.Argument(help="The id that channels deliveries shows.", metavar="MESSAGE")
    ],
    wait: _Wait = 30,
    json: _Json = False,
) -> None:
    """Send a message again, whatever came of it, and say what comes of it now."""
    from safety_detector.cli.channels import run_channels_resend

    raise typer.Exit(run_channels_resend(channel_id, message_id, wait, as_json=json))


@channels.command("remove")
@with_data_dir
def remove(
    channel_ids: Annotated[list[str], typer.Argument(help="Channels.", metavar="ID...")],
) -> None:
    """Remove channels; they are told nothing any more, not even what still waits."""
    from safety_detector.cli.channels import run_channels_remove

    raise typer.Exit(run_channels_remove(channel_ids))
