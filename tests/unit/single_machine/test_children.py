import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from safety_detector.single_machine.children import Child, ChildSpec
from tests.eventually import eventually

pytestmark = pytest.mark.processes
DEADLINE_S = 120.0


def python(code: str, grace_s: float = 10.0) -> Child:
    """A child that runs Python code."""
    return Child(ChildSpec("test", [sys.executable, "-c", code], dict(os.environ), grace_s=grace_s))


def alive(pid: int) -> bool:
    """Whether a process runs (one that has ended and was not waited for does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.fixture
def sleeper() -> Iterator[Child]:
    """A child that would run for ten minutes."""
    child = python("import time; time.sleep(600)")
    child.start()
    yield child
    child.ask_to_stop()
    child.wait_until_stopped()


def test_a_killed_child_is_started_again(sleeper: Child) -> None:
    """A worker that the kernel kills comes back by itself."""
    assert sleeper.process is not None
    first = sleeper.process.pid
    os.kill(first, signal.SIGKILL)

    def restarted() -> bool:
        sleeper.watch()
        return sleeper.process is not None and sleeper.process.pid != first

    eventually(restarted)
    assert sleeper.restarts == 1


def test_a_running_child_is_left_alone(sleeper: Child) -> None:
    """Watching changes nothing while all is well."""
    assert sleeper.process is not None
    first = sleeper.process.pid
    for _ in range(20):
        sleeper.watch()
    assert sleeper.process.pid == first
    assert sleeper.restarts == 0


def test_a_child_that_ignores_the_request_is_killed_with_all_that_it_started(
    tmp_path: Path,
) -> None:
    """Stopping ends within the grace, and no pool process is left behind."""
    note = tmp_path / "pid"
    child = python(
        "import signal, subprocess, sys, time, pathlib\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "grandchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"pathlib.Path({str(note)!r}).write_text(str(grandchild.pid))\n"
        "time.sleep(600)\n",
        grace_s=0.2,
    )
    child.start()
    eventually(lambda: note.exists() and note.read_text() != "")
    grandchild = int(note.read_text())
    child.ask_to_stop()
    child.wait_until_stopped()
    assert child.process is None
    eventually(lambda: not alive(grandchild))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_children_end_with_their_parent(tmp_path: Path) -> None:
    """A killed ``serve`` leaves no workers behind."""
    note = tmp_path / "pid"
    parent = python(
        "import os, sys, time, pathlib\n"
        "from safety_detector.single_machine.children import Child, ChildSpec\n"
        "command = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
        "child = Child(ChildSpec('inner', command, dict(os.environ)))\n"
        "child.start()\n"
        f"pathlib.Path({str(note)!r}).write_text(str(child.process.pid))\n"
        "time.sleep(600)\n"
    )
    parent.start()
    eventually(lambda: note.exists() and note.read_text() != "")
    inner = int(note.read_text())
    assert alive(inner)
    assert parent.process is not None
    os.kill(parent.process.pid, signal.SIGKILL)
    eventually(lambda: not alive(inner))
    parent.wait_until_stopped()


def test_a_child_that_runs_and_cannot_be_used_is_started_anew(tmp_path: Path) -> None:
    """Even one that does not end when it is asked to."""
    door = tmp_path / "door"
    code = (
        "import pathlib, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"pathlib.Path({str(door)!r}).touch()\n"
        "time.sleep(600)\n"
    )
    command = [sys.executable, "-c", code]
    child = Child(ChildSpec("test", command, dict(os.environ), grace_s=0.2, is_sound=door.exists))
    child.start()
    eventually(door.exists)
    child.watch()
    first = child.process.pid if child.process else 0
    door.unlink()

    def usable_again() -> bool:
        if door.exists():
            return True
        child.watch()
        return False

    eventually(usable_again)
    assert child.process is not None
    assert child.process.pid != first
    child.ask_to_stop()
    child.wait_until_stopped()


SIGNS = """
import pathlib, time
from safety_detector.host.signs_of_life import Signs
Signs().give_from_thread()
time.sleep(1)
pathlib.Path({ready!r}).touch()
time.sleep(600)
"""


def watched(path: Path, code: str, silence_s: float = 2.0, grace_s: float = 10.0) -> Child:
    """A child that is expected to give signs of life."""
    command = [sys.executable, "-c", code]
    spec = ChildSpec(
        "test", command, dict(os.environ), grace_s=grace_s, silence_s=silence_s, signs=path
    )
    return Child(spec)


def pid_of(child: Child) -> int:
    """The running process's."""
    assert child.process is not None
    return child.process.pid


def until_heard(child: Child, ready: Path) -> None:
    """Watches until the child has given signs, so that it can be stopped in its work."""

    def has_given_signs() -> bool:
        is_ready = ready.exists()
        child.watch()  # hears what came before
        return is_ready

    child.start()
    eventually(has_given_signs)
    assert child.restarts == 0


def test_a_stopped_child_is_started_anew(tmp_path: Path) -> None:
    """SIGSTOP, or a hang that SIGTERM does not end; one that goes on giving signs is left alone."""
    path = tmp_path / "1.sock"
    ready = tmp_path / "ready"
    child = watched(path, SIGNS.format(ready=str(ready)), silence_s=6.0)
    until_heard(child, ready)
    first = pid_of(child)
    os.kill(first, signal.SIGSTOP)

    def started_anew() -> bool:
        child.watch()
        return child.process is not None and child.process.pid != first

    eventually(started_anew)
    assert not alive(first)
    child.ask_to_stop()
    child.wait_until_stopped()
    assert not path.exists()


def test_a_child_that_never_gave_a_sign_is_still_starting(tmp_path: Path) -> None:
    """A slow start is no hang."""
    path = tmp_path / "1.sock"
    child = watched(path, "import time; time.sleep(600)", silence_s=0.2)
    child.start()
    first = pid_of(child)
    until = time.monotonic() + 2
    while time.monotonic() < until:
        child.watch()
    assert pid_of(child) == first
    child.ask_to_stop()
    child.wait_until_stopped()


def test_a_stopped_child_ends_in_order_when_all_is_stopped(tmp_path: Path) -> None:
    """It gets to finish, and the stop does not wait for the whole grace."""
    done, ready = tmp_path / "done", tmp_path / "ready"
    code = (
        "import pathlib, signal, sys, time\n"
        "def end(*_):\n"
        f"    pathlib.Path({str(done)!r}).touch()\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        f"pathlib.Path({str(ready)!r}).touch()\n"
        "time.sleep(600)\n"
    )
    child = python(code, grace_s=DEADLINE_S)
    child.start()
    eventually(ready.exists)
    os.kill(pid_of(child), signal.SIGSTOP)
    child.ask_to_stop()
    child.wait_until_stopped()
    assert done.exists()
