"""``cameras``: its options and its help."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from safety_detector.cli.command_list import CommandList
from safety_detector.cli.setting_options import with_data_dir

cameras = typer.Typer(
    cls=CommandList,
    help="Add, list, try and remove cameras.\n\n"
    "Example: safety-detector cameras add gate3 rtsp://10.0.0.7/Streaming/Channels/102 "
    "--username viewer --password-file password.txt\n\n"
    "Address forms of makers: docs/cameras.md.",
    no_args_is_help=True,
)


class KindChoice(StrEnum):
    """Values of ``--kind``."""

    RTSP = "rtsp"
    HTTP = "http"
    SNAPSHOT = "snapshot"
    FILE = "file"
    FOLDER = "folder"
    DAHUA = "dahua"
    PUSH = "push"


class TransportChoice(StrEnum):
    """Values of ``--transport``."""

    TCP = "tcp"
    UDP = "udp"


class TakenChoice(StrEnum):
    """Values of ``--taken``."""

    MOVED = "moved"
    DELETED = "deleted"


_Json = Annotated[bool, typer.Option("--json", help="JSON on stdout even if it is a terminal.")]
_Server = Annotated[
    str | None,
    typer.Option(
        help="Ask a service that runs elsewhere, with the admin key of SAFETY_SERVER_KEY, instead "
        "of the data folder's database.",
        metavar="URL",
    ),
]
_Username = Annotated[str | None, typer.Option(help="The camera's user.", metavar="NAME")]
_PasswordFile = Annotated[
    Path | None,
    typer.Option(
        help="File with the camera's password in its first line; - for stdin. Without it the "
        "environment's CAMERA_PASSWORD counts, else you are asked. A password is no argument: "
        "other users would see it in the list of processes.",
        metavar="FILE",
    ),
]
_Kind = Annotated[
    KindChoice | None,
    typer.Option(
        help="How the pictures come. Default: told by SOURCE; http is video (MJPEG, HLS), snapshot "
        "one JPEG at a time."
    ),
]
_Transport = Annotated[
    TransportChoice, typer.Option(help="Of RTSP: tcp passes through more networks.")
]
_Id = Annotated[str, typer.Argument(help="The camera's id.", metavar="ID")]


@cameras.command("add")
@with_data_dir
def add(
    camera_id: Annotated[
        str,
        typer.Argument(
            help="Its id: letters, digits, '.', '_' and '-', for example gate3.", metavar="ID"
        ),
    ],
    source: Annotated[
        str | None,
        typer.Argument(
            help="Where its pictures come from: rtsp://…, http(s)://…, or the path of a video file "
            "or a drop folder. None: it pushes them by itself.",
            metavar="[SOURCE]",
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="For people. Default: the id.")] = None,
    location: Annotated[
        str | None, typer.Option(help="Where it hangs, for example 'Plant 2 / Gate 3'.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Of its place, for example Asia/Shanghai.", metavar="ZONE")
    ] = None,
    username: _Username = None,
    password_file: _PasswordFile = None,
    every: Annotated[
        float | None,
        typer.Option(help="Seconds between two looks. Default: 2.", min=0.1, max=86_400),
    ] = None,
    kind: _Kind = None,
    transport: _Transport = TransportChoice.TCP,
    taken: Annotated[
        TakenChoice, typer.Option(help="What becomes of a drop folder's accepted files.")
    ] = TakenChoice.MOVED,
    move_to: Annotated[
        str | None,
        typer.Option(
            help="Folder that they are moved to. Default: accepted beside them.", metavar="DIR"
        ),
    ] = None,
    no_test: Annotated[
        bool, typer.Option("--no-test", help="Add it even if no picture comes from it now.")
    ] = False,
    server: _Server = None,
    json: _Json = False,
) -> None:
    """Add a camera, after a look whether a picture comes from it.

    The service (serve, or watch) then fetches its pictures by itself; nothing has to be started
    anew. The newest annotated one is at /v1/cameras/ID/latest.jpg.

    Example: safety-detector cameras add gate3 rtsp://10.0.0.7/Streaming/Channels/102
    --username viewer --password-file password.txt

    Example: safety-detector cameras add yard http://10.0.0.8/snapshot.jpg --every 5
    """
    from safety_detector.cli.cameras import NewCameraOptions, SourceOptions, run_cameras_add

    options = NewCameraOptions(
        camera_id=camera_id,
        name=name,
        location=location,
        timezone=timezone,
        every_s=every,
        source=SourceOptions(source, kind and kind.value, username, password_file, transport.value),
        taken=taken.value,
        move_to=move_to,
        is_tested=not no_test,
    )
    raise typer.Exit(run_cameras_add(options, server, as_json=json))


@cameras.command("list")
@with_data_dir
def list_(server: _Server = None, json: _Json = False) -> None:
    """List the cameras: where their pictures come from, when the last one came, what is wrong."""
    from safety_detector.cli.cameras import run_cameras_list

    raise typer.Exit(run_cameras_list(server, as_json=json))


@cameras.command("show")
@with_data_dir
def show(camera_id: _Id, server: _Server = None, json: _Json = False) -> None:
    """Show everything about one camera."""
    from safety_detector.cli.cameras import run_cameras_show

    raise typer.Exit(run_cameras_show(camera_id, server, as_json=json))


@cameras.command("test")
@with_data_dir
def try_source(
    source: Annotated[
        str,
        typer.Argument(
            help="An address or path as for add, or the id of a camera that was added.",
            metavar="SOURCE",
        ),
    ],
    username: _Username = None,
    password_file: _PasswordFile = None,
    kind: _Kind = None,
    transport: _Transport = TransportChoice.TCP,
    save: Annotated[
        Path | None, typer.Option(help="Write the picture to this JPEG.", metavar="FILE")
    ] = None,
    server: _Server = None,
    json: _Json = False,
) -> None:
    """Open a source as the service would and say what comes: within 15 seconds, nothing is saved.

    Tells size, codec, frames a second and the difference of the clocks; or what is wrong, and at
    which step (exit code 3).

    Example: safety-detector cameras test rtsp://10.0.0.7/cam/realmonitor?channel=1&subtype=1
    --username admin --save now.jpg
    """
    from safety_detector.cli.cameras import SourceOptions, run_cameras_test

    options = SourceOptions(source, kind and kind.value, username, password_file, transport.value)
    raise typer.Exit(run_cameras_test(options, save, server, as_json=json))


@cameras.command("discover")
@with_data_dir
def discover(
    address: Annotated[
        list[str] | None,
        typer.Option(
            help="Ask this address, too (IPv4, with :PORT if it is not 3702); may be repeated. "
            "Probes of the whole network pass no router.",
            metavar="ADDRESS",
        ),
    ] = None,
    timeout: Annotated[
        float, typer.Option(help="Seconds to wait for answers.", min=0.5, max=60)
    ] = 4,
    username: _Username = None,
    password_file: _PasswordFile = None,
    json: _Json = False,
) -> None:
    """Find ONVIF cameras on the networks of this machine, and the addresses of their streams.

    Asks by WS-Discovery (multicast, UDP port 3702). Cameras tell their streams to who knows user
    and password; give one that all of them have. Nothing is added.

    Example: safety-detector cameras discover --username viewer --password-file password.txt
    """
    from safety_detector.cli.discover import run_discover

    raise typer.Exit(run_discover(address or [], timeout, username, password_file, as_json=json))


@cameras.command("remove")
@with_data_dir
def remove(
    camera_ids: Annotated[list[str], typer.Argument(help="Cameras.", metavar="ID...")],
    server: _Server = None,
) -> None:
    """Remove cameras; inspections of their pictures stay, and their names with them."""
    from safety_detector.cli.cameras import run_cameras_remove

    raise typer.Exit(run_cameras_remove(camera_ids, server))
