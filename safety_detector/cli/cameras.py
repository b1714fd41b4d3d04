"""``safety-detector cameras``: add, list, show, try and remove cameras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from safety_detector.camera_sources.source import SourceKind, parse_source
from safety_detector.cli.camera_access import CameraAccess, Trial, camera_access
from safety_detector.cli.camera_passwords import read_password
from safety_detector.cli.console import (
    print_json_line,
    printable,
    stderr,
    stdout_is_terminal,
    warn,
)
from safety_detector.cli.exit_codes import DONE, PARTLY_FAILED
from safety_detector.errors import CameraUnavailable, SubmissionRefused
from safety_detector.host.local_time import in_local_zone
from safety_detector.host.output_files import replacing
from safety_detector.service.records import Login
from safety_detector.web.cameras.documents import CameraDocument, SightingDocument
from safety_detector.web.cameras.trials import TrialDocument

_CODECS = {"h264": "H.264", "hevc": "H.265", "mjpeg": "MJPEG"}


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What the command line says of a source.

    Attributes:
        address: a URL or path; None for a camera that pushes.
        kind: how its pictures come; None to tell it by the address.
        username: of the login.
        password_file: with the password.
        transport: of RTSP.
    """

    address: str | None
    kind: str | None
    username: str | None
    password_file: Path | None
    transport: str

    def body(self, **further: Any) -> dict[str, Any] | None:
        """As REST takes it; None for a camera that pushes."""
        if self.address is None:
            return None
        # A path in this folder is one of this machine.
        here = Path(self.address)
        is_path = "://" not in self.address and here.exists()
        address = str(here.absolute()) if is_path else self.address
        body = {"url": address, "transport": self.transport, **further}
        password = read_password(self.password_file, self.username)
        told = {"kind": self.kind, "username": self.username, "password": password}
        return body | {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True)
class NewCameraOptions:
    """What ``cameras add`` says; see there."""

    camera_id: str
    name: str | None
    location: str | None
    timezone: str | None
    every_s: float | None
    source: SourceOptions
    taken: str
    move_to: str | None
    is_tested: bool

    def body(self) -> dict[str, Any]:
        """As REST takes it."""
        body = {"id": self.camera_id, "name": self.name or self.camera_id}
        told = {
            "location": self.location,
            "timezone": self.timezone,
            "every_s": self.every_s,
            "source": self.source.body(taken=self.taken, move_to=self.move_to),
        }
        return body | {name: value for name, value in told.items() if value is not None}


def run_cameras_add(options: NewCameraOptions, server: str | None, *, as_json: bool) -> int:
    """Adds a camera, after a look whether a picture comes; returns the exit code.

    Raises:
        ConfigurationInvalid: something of it cannot be.
        CameraExists: its id is taken.
        CameraUnavailable: no picture comes from it, or it may not be reached; it is not added.
    """
    _warn_of_password(options.source)
    body = options.body()
    with camera_access(server) as cameras:
        cameras.check(body)
        source, trial = body.get("source"), None
        if options.is_tested and source is not None and source.get("kind") != SourceKind.PUSH:
            trial = _tried_before_adding(cameras, source)
        camera = cameras.add(body)
        is_watched = cameras.is_watched()
    if as_json or not stdout_is_terminal():
        tested = trial.found.as_json() if trial else None
        print_json_line({**camera.as_json(), "tested": tested})
    else:
        _say_added(camera, trial)
    if camera.source.kind is not SourceKind.PUSH and is_watched is False:
        warn("no process watches cameras at present: start safety-detector serve, or watch")
    return DONE


def run_cameras_list(server: str | None, *, as_json: bool) -> int:
    """Lists every camera; returns the exit code."""
    with camera_access(server) as cameras:
        found = cameras.list()
    if as_json or not stdout_is_terminal():
        print_json_line({"cameras": [one.as_json() for one in found]})
        return DONE
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Id", "Name", "Pictures come from", "Last", "State"):
        table.add_column(column, overflow="fold")
    for camera in found:
        source = f"{camera.source.kind} {camera.source.url}".strip()
        row = (camera.id, camera.name, source, _last(camera), _state(camera))
        table.add_row(*(Text(printable(one)) for one in row))
    Console().print(table)
    return DONE


def run_cameras_show(camera_id: str, server: str | None, *, as_json: bool) -> int:
    """Shows one camera; returns the exit code.

    Raises:
        UnknownCamera: there is none with that id.
    """
    with camera_access(server) as cameras:
        camera = cameras.get(camera_id)
    if as_json or not stdout_is_terminal():
        print_json_line(camera.as_json())
        return DONE
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _flat(camera.as_json()):
        table.add_row(Text(name), Text(printable(value)))
    table.add_row(Text("state"), Text(printable(_state(camera))))
    Console().print(table)
    return DONE


def run_cameras_test(
    options: SourceOptions, save: Path | None, server: str | None, *, as_json: bool
) -> int:
    """Opens a source and says what comes; returns the exit code.

    Raises:
        ConfigurationInvalid: it makes no sense.
        UnknownCamera: neither an address nor the id of a camera.
        CameraUnavailable: no picture comes.
    """
    _warn_of_password(options)
    address = options.address or ""
    is_source = "/" in address or options.kind is not None or Path(address).exists()
    body = {"source": options.body()} if is_source else {"camera_id": address}
    with camera_access(server) as cameras:
        trial = _try(cameras, body)
    if save is not None:
        with replacing(save) as file:
            file.write(trial.jpeg)
    if as_json or not stdout_is_terminal():
        print_json_line(trial.found.as_json())
    else:
        Console().print(_said(trial), markup=False, highlight=False, soft_wrap=True)
    return DONE


def run_cameras_remove(camera_ids: Sequence[str], server: str | None) -> int:
    """Removes cameras; returns the exit code, 3 if one was not there or has to stay."""
    kept = 0
    with camera_access(server) as cameras:
        for camera_id in dict.fromkeys(camera_ids):
            try:
                cameras.remove(camera_id)
            except SubmissionRefused as exc:
                kept += 1
                stderr.print(exc.message, markup=False, highlight=False, soft_wrap=True)
            else:
                stderr.print(f"Removed {printable(camera_id)}.", markup=False, highlight=False)
    return PARTLY_FAILED if kept else DONE


def _try(cameras: CameraAccess, body: Mapping[str, Any]) -> Trial:
    with stderr.status("Opening the source, 15 seconds at most …"):
        return cameras.test(body)


def _tried_before_adding(cameras: CameraAccess, source: Mapping[str, Any]) -> Trial:
    try:
        return _try(cameras, {"source": source})
    except CameraUnavailable:
        stderr.print("The camera was not added. To add it all the same: --no-test", markup=False)
        raise


def _warn_of_password(options: SourceOptions) -> None:
    """Of one in the address, which others may have seen; it is taken out of it all the same."""
    if options.address and "://" in options.address and parse_source(options.address).password:
        warn(
            "the password in the address stood in the list of processes, and may stand in the "
            "shell's history: give it with --password-file, or change it"
        )


def _say_added(camera: CameraDocument, trial: Trial | None) -> None:
    name = printable(camera.id)
    if camera.source.kind is SourceKind.PUSH:
        said = (
            f"{name}: waits for pictures at POST /v1/cameras/{name}/frames; a key for it: "
            f"safety-detector keys create {name} --camera {name}"
        )
    else:
        every = f"looked at every {camera.every_s:g} s"
        said = f"{name}: {_said(trial)}; {every}" if trial else f"{name}: {every}, not tried"
    Console().print(said, markup=False, highlight=False, soft_wrap=True)


def _said(trial: Trial) -> str:
    """What came, in a line."""
    return f"{_picture(trial.found)}, the first after {trial.found.took_s:.1f} s"


def _picture(seen: TrialDocument | SightingDocument) -> str:
    told = [f"picture {seen.width} x {seen.height}" if seen.width else "a picture"]
    if seen.codec:
        told.append(_CODECS.get(seen.codec, seen.codec))
    if seen.fps:
        told.append(f"{seen.fps:g} frames/s")
    if seen.clock_difference_s is not None:
        told.append(f"clock {seen.clock_difference_s:+.1f} s")
    return printable(", ".join(told))


def _last(camera: CameraDocument) -> str:
    """How long ago its last picture came."""
    seen = camera.sighting.last_frame_at if camera.sighting else None
    last = max((one for one in (seen, camera.newest_frame_at) if one), default=None)
    if last is None:
        return "never"
    seconds = max(int((datetime.now(UTC) - last).total_seconds()), 0)
    for unit, length_s in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length_s:
            return f"{seconds // length_s} {unit} ago"
    return f"{seconds} s ago"


def _state(camera: CameraDocument) -> str:
    sighting = camera.sighting
    if not camera.enabled:
        return "switched off"
    if camera.health.faults:
        return "; ".join(
            f"{one.fault} since {_local(one.since)}: {one.reason}" for one in camera.health.faults
        )
    if camera.login is Login.LOST:
        return "its password cannot be read: give it again"
    if camera.source.kind is SourceKind.PUSH:
        return "sends by itself"
    if sighting is None:
        return "not seen yet"
    if sighting.connected:
        return _picture(sighting)
    why = f": {sighting.last_error}" if sighting.last_error else ""
    return f"away since {_local(sighting.since)}{why}"


def _local(moment: datetime) -> str:
    return in_local_zone(moment).isoformat(sep=" ", timespec="seconds")[:19]


def _flat(document: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """The fields of a document, those inside of others with their names before them."""
    rows: list[tuple[str, str]] = []
    for name, value in document.items():
        if isinstance(value, Mapping):
            rows += _flat(value, f"{prefix}{name}.")
        elif value not in (None, []):
            rows.append((f"{prefix}{name}", str(value)))
    return rows
