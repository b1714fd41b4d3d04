"""An RTSP server of GStreamer's, run by the Python that Debian's bindings belong to.

    /usr/bin/python3 tests/gst_rtsp_server.py < CONFIGURATION

The configuration is a JSON object: ``streams`` (path to launch line), ``username``, ``password``,
``scheme`` (``basic`` or ``digest``), ``certificate`` (PEM with its key).  In a launch line an
element ``appsrc name=FILE`` gets the pictures of that H.264 file, over and over at 25 a second.  It
prints its port, and ends when stdin does.
"""

import itertools
import json
import re
import sys
import threading
import time
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")

from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402


def main() -> None:
    """Serves until nobody holds stdin any more."""
    wanted = json.loads(sys.stdin.readline())
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    auth = _auth(wanted)
    if auth is not None:
        server.set_auth(auth)
    for path, launch in wanted["streams"].items():
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(launch)
        clip = re.search(r"appsrc name=(\S+)", launch)
        if clip:
            units = access_units(Path(clip[1]).read_bytes())
            factory.connect("media-configure", _play, clip[1], units)
        factory.set_shared(True)
        if wanted.get("username"):
            permissions = GstRtspServer.RTSPPermissions()
            for allowed in ("access", "construct"):
                permissions.add_permission_for_role("viewer", f"media.factory.{allowed}", True)
            factory.set_permissions(permissions)
        server.get_mount_points().add_factory(path, factory)
    server.attach(None)
    sys.stdout.write(f"{server.get_bound_port()}\n")
    sys.stdout.flush()
    loop = GLib.MainLoop()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
    loop.run()


def access_units(data: bytes) -> "list[bytes]":
    """The pictures of an Annex B stream of which each is one slice."""
    starts = [found.start() for found in re.finditer(b"\0\0\1", data)]
    units, begin = [], 0
    for start, following in itertools.zip_longest(starts, starts[1:], fillvalue=len(data)):
        if data[start + 3] & 0x1F in (1, 5):
            units.append(data[begin:following])
            begin = following
    return units


def _play(
    _factory: object, media: "GstRtspServer.RTSPMedia", name: str, units: "list[bytes]"
) -> None:
    source = media.get_element().get_by_name(name)

    def feed() -> None:
        began = time.monotonic()
        for number, unit in enumerate(itertools.cycle(units)):
            time.sleep(max(0.0, began + number / 25 - time.monotonic()))
            if source.emit("push-buffer", Gst.Buffer.new_wrapped(unit)) != Gst.FlowReturn.OK:
                return

    threading.Thread(target=feed, daemon=True).start()


def _auth(wanted: "dict[str, str]") -> "GstRtspServer.RTSPAuth | None":
    if not wanted.get("username") and not wanted.get("certificate"):
        return None
    auth = GstRtspServer.RTSPAuth()
    if wanted.get("certificate"):
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(wanted["certificate"]))
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    if not wanted.get("username"):
        auth.set_default_token(token)
    elif wanted["scheme"] == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(wanted["username"], wanted["password"], token)
    else:
        basic = GstRtspServer.RTSPAuth.make_basic(wanted["username"], wanted["password"])
        auth.add_basic(basic, token)
    return auth


if __name__ == "__main__":
    main()
