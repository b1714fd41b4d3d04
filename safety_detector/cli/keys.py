"""``safety-detector keys``: make, list and revoke API keys."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from safety_detector.cli.console import print_json_line, printable, stderr, stdout_is_terminal
from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.operator import operator
from safety_detector.cli.startup import settings_of_existing_service
from safety_detector.errors import ConfigurationInvalid
from safety_detector.service.access.keys import FIRST_KEY_NOTICED_WITHIN_S, Keys
from safety_detector.service.core import now_utc
from safety_detector.service.records import Scope
from safety_detector.web.keys.documents import ApiKeyDocument
from safety_detector.wiring import open_migrated_database, open_seal


def run_keys_create(
    name: str, scopes: Sequence[str], camera_id: str | None, *, as_json: bool
) -> int:
    """Makes a key and shows its text, this once; returns the exit code.

    Raises:
        ConfigurationInvalid: an unknown scope, or both scopes and a camera, or neither.
        UnknownCamera: there is no such camera.
    """
    if bool(scopes) == bool(camera_id):
        raise ConfigurationInvalid("key-needs-scopes")
    try:
        granted = [Scope(scope) for scope in scopes]
    except ValueError as exc:
        known = ", ".join(Scope)
        raise ConfigurationInvalid("unknown-scope", cause=exc, known=known) from exc
    with _keys() as keys:
        is_first = not keys.any_active()
        key, text = keys.create(name, granted, camera_id, operator())
    if is_first:
        time.sleep(FIRST_KEY_NOTICED_WITHIN_S)  # what is said below is true when it is said
    if as_json or not stdout_is_terminal():
        print_json_line({**ApiKeyDocument.of(key).as_json(), "key": text})
    else:
        Console().print(text, markup=False, soft_wrap=True)
        stderr.print("Keep it now: it is stored hashed and is not shown again.")
    if is_first:
        stderr.print("It is the first key: from now on every request needs one.", soft_wrap=True)
    return DONE


def run_keys_list(*, as_json: bool) -> int:
    """Lists every key without its secret; returns the exit code."""
    with _keys() as keys:
        found = keys.list()
    if as_json or not stdout_is_terminal():
        print_json_line({"keys": [ApiKeyDocument.of(key).as_json() for key in found]})
        return DONE
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Id", "Name", "May", "Created", "Revoked"):
        table.add_column(column, overflow="fold")
    for key in found:
        table.add_row(
            Text(key.id),
            Text(printable(key.name)),
            Text(f"push to {key.camera_id}" if key.camera_id else ", ".join(sorted(key.scopes))),
            Text(_shown(key.created_at)),
            Text(_shown(key.revoked_at)),
        )
    Console().print(table)
    return DONE


def run_keys_revoke(key_id: str) -> int:
    """Makes a key useless from now on; returns the exit code.

    Raises:
        ConfigurationInvalid: there is no such active key.
    """
    with _keys() as keys:
        if not keys.revoke(key_id, operator()):
            raise ConfigurationInvalid("no-active-key", key_id=key_id)
    stderr.print(f"Revoked {printable(key_id)}.", markup=False)
    return DONE


@contextmanager
def _keys() -> Iterator[Keys]:
    settings = settings_of_existing_service()
    with closing(open_migrated_database(settings)) as database:
        yield Keys(database, now_utc, open_seal(settings))


def _shown(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""
