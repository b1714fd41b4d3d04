"""A real nginx, where one is installed; the tests that need it skip elsewhere."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_START_TIMEOUT_S = 60.0
_PLACES = ("/usr/sbin", "/usr/local/sbin", "/sbin")  # Debian keeps it from users' PATH

_FRAME = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
{servers}
}}
"""


def nginx_program() -> str:
    """The path of nginx; skips the test where there is none."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *_PLACES])
    found = shutil.which("nginx", path=path)
    if found is None:
        pytest.skip("nginx is not installed (Debian: apt-get install nginx-light)")
    return found


@contextmanager
def nginx(folder: Path, servers: str, port: int) -> Iterator[None]:
    """Runs nginx with these ``server`` blocks until the end.

    Args:
        folder: for its files.
        servers: what stands inside of ``http``.
        port: one on which it listens then.
    """
    program = nginx_program()
    config = folder / "nginx.conf"
    config.write_text(_FRAME.format(folder=folder, servers=servers), encoding="utf-8")
    process = subprocess.Popen(
        [program, "-c", str(config), "-e", str(folder / "error.log")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        _wait_until_listening(process, port)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=_START_TIMEOUT_S)


def _wait_until_listening(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            _, said = process.communicate()
            raise AssertionError(f"nginx ended: {said.decode(errors='replace')}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("nginx does not listen")
