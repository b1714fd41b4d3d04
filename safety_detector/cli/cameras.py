"""``safety-detector cameras``: add, list, show, try and remove cameras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from safety_detector.camera_sources.puller import SourceReport, StreamFacts
from safety_detector.camera_sources.source import CameraSource, parse_source, redacted
from safety_detector.cli.camera_passwords import read_password
from safety_detector.cli.console import (
    print_json_line,
    printable,
    stderr,
    stdout_is_terminal,
    warn,
)
from safety_detector.cli.exit_codes import DONE, PARTLY_FAILED
from safety_detector.cli.operator import operated_service, operator
from safety_detector.cli.startup import settings_with_warnings
from safety_detector.errors import (
    CameraExists,
    CameraUnavailable,
    ConfigurationInvalid,
    UnknownCamera,
)
from safety_detector.host.local_time import in_local_zone
from safety_detector.host.output_files import replacing
from safety_detector.service.core import Service
from safety_detector.service.records import Camera, Login
from safety_detector.web.cameras.bodies import NewCamera, SourceBody
from safety_detector.web.cameras.documents import CameraDocument
from safety_detector.web.cameras.trials import TrialDocument
from safety_detector.web.problems.problem import invalid_request
from safety_detector.wiring import build_source_test

_Model = TypeVar("_Model", bound=BaseModel)

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
        body = {"url": self.address, "transport": self.transport, **further}
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


def run_cameras_add(options: NewCameraOptions, *, as_json: bool) -> int:
    """Adds a camera, after a look whether a picture comes; returns the exit code.

    Raises:
        ConfigurationInvalid: something of it cannot be.
        CameraExists: its id is taken.
        CameraUnavailable: no picture comes from it, or it may not be reached; it is not added.
    """
    _warn_of_password(options.source)
    body = _checked(NewCamera, options.body())
    settings = body.settings()
    with operated_service() as service:
        records = service.cameras.records
        _refuse_taken(service, options.camera_id)
        records.check_place(settings.source)
        report = None
        if options.is_tested and settings.source.is_pulled:
            report = _tried_before_adding(settings.source)
        camera = records.create(settings, body.id, operator())
        is_watched = bool(service.cameras.watchers.standing().watchers)
    if as_json or not stdout_is_terminal():
        tried = TrialDocument.of(report).as_json() if report else None
        print_json_line({**CameraDocument.of(camera).as_json(), "tested": tried})
    else:
        _say_added(camera, report)
    if camera.source.is_pulled and not is_watched:
        warn("no process watches cameras at present: start safety-detector serve, or watch")
    return DONE


def run_cameras_list(*, as_json: bool) -> int:
    """Lists every camera; returns the exit code."""
    with operated_service() as service:
        cameras = service.cameras.records.list()
    if as_json or not stdout_is_terminal():
        print_json_line({"cameras": [CameraDocument.of(one).as_json() for one in cameras]})
        return DONE
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Id", "Name", "Pictures come from", "Last", "State"):
        table.add_column(column, overflow="fold")
    for camera in cameras:
        source = f"{camera.source.kind} {redacted(camera.source)}".strip()
        row = (camera.id, camera.name, source, _last(camera), _state(camera))
        table.add_row(*(Text(printable(one)) for one in row))
    Console().print(table)
    return DONE


def run_cameras_show(camera_id: str, *, as_json: bool) -> int:
    """Shows one camera; returns the exit code.

    Raises:
        UnknownCamera: there is none with that id.
    """
    with operated_service() as service:
        camera = service.cameras.records.get(camera_id)
    document = CameraDocument.of(camera).as_json()
    if as_json or not stdout_is_terminal():
        print_json_line(document)
        return DONE
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _flat(document):
        table.add_row(Text(name), Text(printable(value)))
    table.add_row(Text("state"), Text(printable(_state(camera))))
    Console().print(table)
    return DONE


def run_cameras_test(options: SourceOptions, save: Path | None, *, as_json: bool) -> int:
    """Opens a source and says what comes; returns the exit code.

    Raises:
        ConfigurationInvalid: it makes no sense.
        UnknownCamera: neither an address nor the id of a camera.
        CameraUnavailable: no picture comes.
    """
    _warn_of_password(options)
    report = _try(_named_source(options))
    if save is not None:
        with replacing(save) as file:
            file.write(report.frame.jpeg)
    if as_json or not stdout_is_terminal():
        print_json_line(TrialDocument.of(report).as_json())
    else:
        Console().print(_said(report), markup=False, highlight=False, soft_wrap=True)
    return DONE


def run_cameras_remove(camera_ids: Sequence[str]) -> int:
    """Removes cameras; returns the exit code, 3 if one was not there."""
    unknown = 0
    with operated_service() as service:
        for camera_id in dict.fromkeys(camera_ids):
            try:
                service.cameras.records.remove(camera_id, operator())
            except UnknownCamera as exc:
                unknown += 1
                stderr.print(exc.message, markup=False, highlight=False, soft_wrap=True)
            else:
                stderr.print(f"Removed {printable(camera_id)}.", markup=False, highlight=False)
    return PARTLY_FAILED if unknown else DONE


def _named_source(options: SourceOptions) -> CameraSource:
    """The source that is meant: an address, a path, or what a camera of that id has."""
    address = options.address or ""
    is_address = "://" in address or "/" in address or options.kind is not None
    if is_address or Path(address).exists():
        return _checked(SourceBody, options.body()).source()
    with operated_service() as service:
        return service.cameras.records.open_source(address)


def _try(source: CameraSource) -> SourceReport:
    settings = settings_with_warnings()
    with stderr.status("Opening the source, 15 seconds at most …"):
        return build_source_test(settings)(source)


def _tried_before_adding(source: CameraSource) -> SourceReport:
    try:
        return _try(source)
    except CameraUnavailable:
        stderr.print("The camera was not added. To add it all the same: --no-test", markup=False)
        raise


def _refuse_taken(service: Service, camera_id: str) -> None:
    """Before its source is opened for nothing; the database has the last word."""
    try:
        service.cameras.records.get(camera_id)
    except UnknownCamera:
        return
    raise CameraExists("camera-exists", camera_id=camera_id)


def _warn_of_password(options: SourceOptions) -> None:
    """Of one in the address, which others may have seen; it is taken out of it all the same."""
    if options.address and parse_source(options.address).password is not None:
        warn(
            "the password in the address stood in the list of processes, and may stand in the "
            "shell's history: give it with --password-file, or change it"
        )


def _checked(model: type[_Model], written: Mapping[str, Any] | None) -> _Model:
    try:
        return model.model_validate(written)
    except ValidationError as exc:
        problem = invalid_request(exc.errors(include_url=False, include_input=False))
    raise ConfigurationInvalid("camera-invalid", problems=problem.detail)


def _say_added(camera: Camera, report: SourceReport | None) -> None:
    name = printable(camera.id)
    if not camera.source.is_pulled:
        said = (
            f"{name}: waits for pictures at POST /v1/cameras/{name}/frames; a key for it: "
            f"safety-detector keys create {name} --camera {name}"
        )
    else:
        every = f"looked at every {camera.every_s:g} s"
        said = f"{name}: {_said(report)}; {every}" if report else f"{name}: {every}, not tried"
    Console().print(said, markup=False, highlight=False, soft_wrap=True)


def _said(report: SourceReport) -> str:
    """What came, in a line."""
    return f"{_picture(report.frame.facts)}, the first after {report.took_s:.1f} s"


def _picture(facts: StreamFacts) -> str:
    told = [f"picture {facts.width} x {facts.height}" if facts.width else "a picture"]
    if facts.codec:
        told.append(_CODECS.get(facts.codec, facts.codec))
    if facts.fps:
        told.append(f"{facts.fps:g} frames/s")
    if facts.clock_difference_s is not None:
        told.append(f"clock {facts.clock_difference_s:+.1f} s")
    return printable(", ".join(told))


def _last(camera: Camera) -> str:
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


def _state(camera: Camera) -> str:
    sighting = camera.sighting
    if not camera.enabled:
        return "switched off"
    if camera.faults:
        return "; ".join(
            f"{one.fault} since {_local(one.since)}: {one.reason.text('en')}"
            for one in camera.faults
        )
    if camera.login is Login.LOST:
        return "its password cannot be read: give it again"
    if not camera.source.is_pulled:
        return "sends by itself"
    if sighting is None:
        return "not seen yet"
    if sighting.connected:
        return _picture(StreamFacts(sighting.codec, sighting.width, sighting.height, sighting.fps))
    why = f": {sighting.last_error.text('en')}" if sighting.last_error else ""
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
