"""``safety-detector doctor``: is everything here that this machine needs, and what to do if not."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import select

from safety_detector import __version__
from safety_detector.appearance.fonts import check_font
from safety_detector.cli.console import print_json_line, printable, stdout_is_terminal
from safety_detector.cli.exit_codes import DONE, WRONG_USAGE, exit_code_for
from safety_detector.cli.startup import settings_with_warnings
from safety_detector.database.clock import database_now
from safety_detector.database.migrate import check_migrated
from safety_detector.database.tables import cameras
from safety_detector.detectors.qwen.servers.server_board import ServerStatus
from safety_detector.detectors.qwen.servers.server_state import Phase
from safety_detector.errors import (
    ConfigurationInvalid,
    DatabaseUnavailable,
    DetectorError,
    ModelUnreachable,
    SafetyDetectorError,
    ServerFailure,
)
from safety_detector.host.disk_room import DiskRoom, RoomPolicy
from safety_detector.host.file_size_limit import files_limited
from safety_detector.job_queue import JobQueue, create_celery
from safety_detector.message_texts.reason import Reason
from safety_detector.server_folders.allowed import AllowedFolders
from safety_detector.service.operation.clock_skew import Skew
from safety_detector.settings import Settings
from safety_detector.wiring import (
    broker_url,
    build_embedded_detector,
    build_qwen_detector,
    find_configured_fonts,
    open_database,
    open_seal,
    read_prompts,
    sqlite_path,
)

_LOW_DISK_BYTES = 2 * 2**30  # about 2,000 camera pictures with their annotated copies


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line of the examination.

    Attributes:
        name: what was looked at.
        ok: whether it will work.
        detail: what was found; if it is not ok, what to do.
        code: of the error behind a failure, else None.
        exit_code: what the command exits with because of this.
    """

    name: str
    ok: bool
    detail: str
    code: str | None = None
    exit_code: int = DONE


def run_doctor(*, as_json: bool) -> int:
    """Runs every check that concerns this configuration; returns the exit code."""
    settings = settings_with_warnings()
    checks: list[tuple[str, Callable[[Settings], str]]] = [
        ("program", _program),
        ("fonts", _fonts),
        ("data folder", _data_folder),
        ("embedded detector", _embedded_detector),
    ]
    if settings.database_url or sqlite_path(settings).exists():
        checks.append(("database", _database))
        checks.append(("cameras' passwords", _camera_passwords))
    if settings.database_url:
        checks.append(("clock", _clock))
    if settings.batch_folders:
        checks.append(("batch folders", _batch_folders))
    if settings.redis_url:
        checks.append(("broker", _broker))
    if settings.prompt_dir:
        checks.append(("prompts", _prompts))
    if settings.qwen_urls:
        checks += _model_servers(settings)
    results = [_examine(name, check, settings) for name, check in checks]
    if as_json or not stdout_is_terminal():
        print_json_line(
            {
                "ok": all(result.ok for result in results),
                "backend": settings.effective_backend,
                "checks": [asdict(result) for result in results],
            }
        )
    else:
        _print_table(results, settings)
    return max(result.exit_code for result in results)


def _examine(name: str, check: Callable[[Settings], str], settings: Settings) -> CheckResult:
    try:
        return CheckResult(name, ok=True, detail=check(settings))
    except SafetyDetectorError as exc:
        return CheckResult(
            name, ok=False, detail=exc.message, code=exc.code, exit_code=exit_code_for(exc)
        )
    except OSError as exc:
        return CheckResult(name, ok=False, detail=str(exc), code="os-error", exit_code=WRONG_USAGE)


def _program(settings: Settings) -> str:
    return (
        f"safety-detector {__version__}, Python {platform.python_version()}, "
        f"{os.cpu_count()} CPUs, backend {settings.effective_backend}"
    )


def _fonts(settings: Settings) -> str:
    fonts = find_configured_fonts(settings)
    for path in (fonts.regular, fonts.bold):
        check_font(path)
    return f"{fonts.regular.name}, {fonts.bold.name} in {fonts.regular.parent}"


def _data_folder(settings: Settings) -> str:
    folder = settings.data_dir.absolute()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        raise ConfigurationInvalid("data-folder-not-writable", path=existing)
    limited = files_limited()
    if limited is not None:
        raise ConfigurationInvalid(limited.code, **limited.facts)
    disk = DiskRoom(existing, RoomPolicy(settings.min_free_disk, settings.disk_reserve))
    disk.require()
    room = disk.look()
    if room.free_bytes < _LOW_DISK_BYTES:
        raise ConfigurationInvalid(
            "disk-nearly-full", path=existing, free_gib=room.free_bytes / 2**30
        )
    state = "" if folder.exists() else ", will be made when it is needed"
    return (
        f"{folder}{state}; {room.free_bytes / 2**30:.0f} GiB free, nothing new is accepted below "
        f"{room.min_free_bytes / 2**20:,.0f} MiB; reserve {disk.reserved_bytes() / 2**20:,.0f} MiB"
    )


def _embedded_detector(settings: Settings) -> str:
    with closing(build_embedded_detector(settings)) as detector:
        outcome = detector.detect(np.full((240, 320, 3), 127, dtype=np.uint8))
    ms = outcome.run.timings_ms.get("model", 0.0)
    return f"{outcome.run.model}; a test picture took {ms:.0f} ms"


def _database(settings: Settings) -> str:
    with closing(open_database(settings)) as database:
        check_migrated(database)
        damage = database.find_damage()
        if damage is not None:
            raise DatabaseUnavailable(damage)
        return f"{database.shown_url}, tables up to date"


def _camera_passwords(settings: Settings) -> str:
    """Whether the key that they are sealed with is there."""
    with closing(open_database(settings)) as database:
        check_migrated(database)
        with database.read() as connection:
            sealed = connection.scalars(
                select(cameras.c.sealed).where(cameras.c.sealed.is_not(None))
            ).all()
    seal = open_seal(settings)
    for one in sealed:
        seal.open(one)
    return f"{len(sealed)}, all can be read" if sealed else "none is kept"


def _clock(settings: Settings) -> str:
    with closing(open_database(settings)) as database, database.read() as connection:
        database_now(connection)  # what opening a connection takes is not measured
        skew = Skew("this machine", datetime.now(UTC) - database_now(connection))
    if skew.is_off:
        raise ConfigurationInvalid(skew.reason)
    return f"{skew.ahead.total_seconds():+.1f} s beside the database server's"


def _batch_folders(settings: Settings) -> str:
    """Whether the API could read them, if it ran here."""
    allowed = AllowedFolders(settings.batch_folders, own=settings.data_dir.absolute())
    return ", ".join(str(allowed.find(str(folder))) for folder in settings.batch_folders)


def _broker(settings: Settings) -> str:
    with closing(JobQueue(create_celery(broker_url(settings)))) as job_queue:
        job_queue.check()
        waiting = job_queue.length(settings.effective_backend)
    return f"answers; {waiting} wake-ups wait"


def _prompts(settings: Settings) -> str:
    """Whether each file of the folder can be asked."""
    own = read_prompts(settings)
    if not own:
        return f"no file in {settings.prompt_dir}; the built-in prompts are asked"
    return f"{', '.join(own)} of {settings.prompt_dir}"


def _model_servers(settings: Settings) -> list[tuple[str, Callable[[Settings], str]]]:
    """A check for each server."""
    urls = settings.qwen_urls
    names = [f"model server {number}" for number in range(1, len(urls) + 1)]
    return [
        (name, partial(_model_server, url))
        for name, url in zip(names if len(urls) > 1 else ["model server"], urls, strict=True)
    ]


def _model_server(url: str, settings: Settings) -> str:
    alone = settings.model_copy(update={"qwen_urls": (url,)})
    with closing(build_qwen_detector(alone)) as detector:
        [status] = detector.server_statuses()
        known = _in_service(status)
        try:
            found = detector.check()
        except DetectorError as exc:
            raise type(exc)(_with_remedy(exc, known)) from exc
    return " ".join([found, *(one.text("en") for one in known)])


def _with_remedy(error: DetectorError, known: Sequence[Reason]) -> Reason:
    lost = isinstance(error, ModelUnreachable) and error.failure is ServerFailure.UNCONNECTED
    remedy = [Reason("start-model-server")] if lost else []
    return Reason("sentences", {"reasons": (error.reason, *remedy, *known)})


def _in_service(status: ServerStatus) -> Sequence[Reason]:
    """What the workers know of the server, where they share it with this command."""
    if status.phase is Phase.IN_USE:
        return [Reason.of("server-in-use", pictures=status.in_flight, limit=status.limit)]
    if status.ejected_since is not None:
        return [Reason.of("server-not-used", since=f"{status.ejected_since:%H:%M:%S}")]
    return []


def _print_table(results: list[CheckResult], settings: Settings) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    for result in results:
        mark = Text(" ok ", "black on green") if result.ok else Text("FAIL", "bold white on red")
        table.add_row(mark, Text(result.name, "bold"), Text(printable(result.detail)))
    console = Console(highlight=False)
    console.print(table)
    failed = [result.name for result in results if not result.ok]
    if failed:
        console.print(f"Needs attention: {', '.join(failed)}.", style="bold red")
    else:
        console.print(f"Everything that the {settings.effective_backend} backend needs is here.")
