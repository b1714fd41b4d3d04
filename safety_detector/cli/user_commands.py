"""``users``: options and help of the commands about people who sign in to the console."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from safety_detector.cli.command_list import CommandList
from safety_detector.cli.setting_options import with_data_dir

users = typer.Typer(
    cls=CommandList,
    help="Make, list and change the accounts of people who look at the console.\n\n"
    "Roles: viewer looks; reviewer also judges incidents; manager also assigns, verifies and "
    "closes them; administrator does everything.\n\n"
    "Example: safety-detector users add 'Wang Lei' --role manager",
    no_args_is_help=True,
)

_Name = Annotated[str, typer.Argument(help="The name that they type to sign in.", metavar="NAME")]
_Role = Annotated[
    str, typer.Option(help="viewer, reviewer, manager or administrator.", metavar="ROLE")
]
_PasswordFile = Annotated[
    Path | None,
    typer.Option(help="Its first line is the password; - for stdin. Else it is asked for."),
]
_Json = Annotated[bool, typer.Option("--json", help="JSON on stdout even if it is a terminal.")]


@users.command("add")
@with_data_dir
def users_add(
    name: _Name, role: _Role, password_file: _PasswordFile = None, json: _Json = False
) -> None:
    """Make an account; the password is asked for, twice.

    Example: safety-detector users add me --role administrator
    """
    from safety_detector.cli.users import run_users_add

    raise typer.Exit(run_users_add(name, role, password_file, as_json=json))


@users.command("list")
@with_data_dir
def users_list(json: _Json = False) -> None:
    """List the accounts."""
    from safety_detector.cli.users import run_users_list

    raise typer.Exit(run_users_list(as_json=json))


@users.command("role")
@with_data_dir
def users_role(
    name: _Name,
    role: Annotated[str, typer.Argument(help="The new role.", metavar="ROLE")],
) -> None:
    """Give somebody another role; their sessions end."""
    from safety_detector.cli.users import run_users_role

    raise typer.Exit(run_users_role(name, role))


@users.command("password")
@with_data_dir
def users_password(name: _Name, password_file: _PasswordFile = None) -> None:
    """Give somebody another password; their sessions end."""
    from safety_detector.cli.users import run_users_password

    raise typer.Exit(run_users_password(name, password_file))


@users.command("disable")
@with_data_dir
def users_disable(name: _Name) -> None:
    """Let somebody sign in no more; what they did keeps their name."""
    from safety_detector.cli.users import run_users_disable

    raise typer.Exit(run_users_disable(name, disabled=True))


@users.command("enable")
@with_data_dir
def users_enable(name: _Name) -> None:
    """Let somebody sign in again."""
    from safety_detector.cli.users import run_users_disable

    raise typer.Exit(run_users_disable(name, disabled=False))
