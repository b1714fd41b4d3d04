"""``safety-detector users``: make, list and change accounts."""

from __future__ import annotations

import getpass
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from safety_detector.cli.console import print_json_line, printable, stderr, stdout_is_terminal
from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.operator import operator
from safety_detector.cli.secret_files import first_line
from safety_detector.cli.startup import settings_of_existing_service
from safety_detector.domain.people import Role
from safety_detector.errors import ConfigurationInvalid
from safety_detector.service.access.keys import FIRST_KEY_NOTICED_WITHIN_S
from safety_detector.service.access.people import People, Person
from safety_detector.service.core import now_utc
from safety_detector.web.people.documents import PersonDocument
from safety_detector.wiring import open_migrated_database


def run_users_add(name: str, role: str, password_file: Path | None, *, as_json: bool) -> int:
    """Makes an account; returns the exit code.

    Raises:
        ConfigurationInvalid: an unknown role, or no password.
        SubmissionRefused: name or password is not good enough, or the name is taken.
    """
    granted = _role(role)
    password = _password(name, password_file)
    with _people() as people:
        is_first = not people.any_made()
        person = people.add(name, granted, password, operator())
    if is_first:
        time.sleep(FIRST_KEY_NOTICED_WITHIN_S)  # what is said below is true when it is said
        stderr.print(
            "It is the first account: from now on people sign in, and programs need an API key.",
            soft_wrap=True,
        )
    _show(person, as_json=as_json)
    return DONE


def run_users_list(*, as_json: bool) -> int:
    """Lists every account; returns the exit code."""
    with _people() as people:
        found = people.list()
    if as_json or not stdout_is_terminal():
        print_json_line({"people": [PersonDocument.of(one).as_json() for one in found]})
        return DONE
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Name", "Role", "Since", "Disabled"):
        table.add_column(column, overflow="fold")
    for one in found:
        gone = one.disabled_at.isoformat(timespec="seconds") if one.disabled_at else ""
        since = one.created_at.isoformat(timespec="seconds")
        table.add_row(Text(printable(one.name)), Text(one.role), Text(since), Text(gone))
    Console().print(table)
    return DONE


def run_users_role(name: str, role: str) -> int:
    """Gives somebody another role; returns the exit code.

    Raises:
        ConfigurationInvalid: an unknown role.
        SubmissionRefused: there is no such account.
    """
    granted = _role(role)
    with _people() as people:
        people.change(name, operator(), role=granted)
    return DONE


def run_users_password(name: str, password_file: Path | None) -> int:
    """Gives somebody another password; returns the exit code.

    Raises:
        ConfigurationInvalid: no password.
        SubmissionRefused: there is no such account, or the password is not good enough.
    """
    password = _password(name, password_file)
    with _people() as people:
        people.change(name, operator(), password=password)
    return DONE


def run_users_disable(name: str, *, disabled: bool) -> int:
    """Lets somebody sign in no more, or again; returns the exit code.

    Raises:
        SubmissionRefused: there is no such account.
    """
    with _people() as people:
        people.change(name, operator(), disabled=disabled)
    return DONE


def _role(written: str) -> Role:
    try:
        return Role(written)
    except ValueError as exc:
        raise ConfigurationInvalid("unknown-role", role=written, known=", ".join(Role)) from exc


def _password(name: str, file: Path | None) -> str:
    if file is not None:
        return first_line(file, "--password-file")
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfigurationInvalid("password-missing")
    typed = getpass.getpass(f"Password of {printable(name)}: ", stream=sys.stderr)
    if getpass.getpass("Again: ", stream=sys.stderr) != typed:
        raise ConfigurationInvalid("passwords-differ")
    return typed


def _show(person: Person, *, as_json: bool) -> None:
    if as_json or not stdout_is_terminal():
        print_json_line(PersonDocument.of(person).as_json())
    else:
        stderr.print(f"{printable(person.name)} may sign in as {person.role}.", markup=False)


@contextmanager
def _people() -> Iterator[People]:
    settings = settings_of_existing_service()
    with closing(open_migrated_database(settings)) as database:
        yield People(database, now_utc)
