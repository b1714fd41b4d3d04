import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from safety_detector.errors import ConfigurationInvalid
from safety_detector.single_machine.data_folder_lock import locked_data_folder

HOLDER = """
import sys
from pathlib import Path
from safety_detector.single_machine.data_folder_lock import locked_data_folder
with locked_data_folder(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold(folder: Path) -> subprocess.Popen[bytes]:
    """Another process that holds the folder until its stdin ends."""
    command = [sys.executable, "-c", HOLDER, str(folder)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    return holder


def test_a_second_serve_on_the_same_folder_is_refused_and_names_the_first(tmp_path: Path) -> None:
    """Two services on one data folder would share nothing but trouble."""
    with hold(tmp_path / "data") as holder:
        with (
            pytest.raises(ConfigurationInvalid, match=str(holder.pid)),
            locked_data_folder(tmp_path / "data"),
        ):
            pytest.fail("the folder was given out twice")
        with locked_data_folder(tmp_path / "other"):
            pass
        holder.communicate()


def test_a_killed_serve_leaves_the_folder_free(tmp_path: Path) -> None:
    """Nobody has to remove a stale lock file."""
    with hold(tmp_path) as holder:
        holder.kill()
        holder.communicate()
    with locked_data_folder(tmp_path):
        assert (tmp_path / "serve.lock").read_text() == str(os.getpid())


def test_a_folder_that_cannot_be_made_names_the_setting(tmp_path: Path) -> None:
    """The message says what to change."""
    (tmp_path / "file").touch()
    with (
        pytest.raises(ConfigurationInvalid, match="set SAFETY_DATA_DIR"),
        locked_data_folder(tmp_path / "file" / "data"),
    ):
        pytest.fail("a folder was made in a file")


def test_nobody_else_can_take_the_lock(tmp_path: Path) -> None:
    """Whoever may read a file may lock it, so only this user may; earlier versions' is mended."""
    lock = tmp_path / "serve.lock"
    former = os.umask(0)
    try:
        with locked_data_folder(tmp_path):
            assert lock.stat().st_mode & 0o777 == 0o600
        lock.chmod(0o644)
        with locked_data_folder(tmp_path):
            assert lock.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(former)


def test_a_stranger_who_holds_the_lock_is_named(tmp_path: Path) -> None:
    """The message tells the process, its program and user, and what to remove."""
    lock = tmp_path / "serve.lock"
    lock.write_text("1")
    with lock.open() as handle:  # a read handle is enough
        fcntl.flock(handle, fcntl.LOCK_EX)
        with (
            pytest.raises(ConfigurationInvalid, match=f"process {os.getpid()}, .* of user ") as it,
            locked_data_folder(tmp_path),
        ):
            pytest.fail("the folder was given out twice")
    assert f"remove {lock}" in it.value.message
    lock.unlink()
    with locked_data_folder(tmp_path):
        pass
