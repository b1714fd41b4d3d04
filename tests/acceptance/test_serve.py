import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.eventually import eventually
from tests.ports import free_port
from tests.program_environment import program_environment

from .conftest import DEADLINE_S, ROOT, StartServe

FIRE = ROOT / "samples" / "fire-in-laboratory.jpg"


def test_one_command_takes_a_picture_to_its_report(start_serve: StartServe) -> None:
    """Upload, result, annotated picture, PDF, events and a clean stop, with nothing installed."""
    serve = start_serve()
    accepted = serve.submit(FIRE)
    result = serve.wait_for(accepted["id"])
    assert result["status"] == "completed"
    assert result["verdict"] == "hazard"
    assert result["image"]["name"] == FIRE.name
    links = result["links"]
    original = serve.client.get(links["original"])
    assert original.content == FIRE.read_bytes()
    annotated = serve.client.get(links["annotated"])
    assert annotated.headers["content-type"] == "image/jpeg"
    assert annotated.content[:2] == b"\xff\xd8"
    report = serve.client.get(links["report"], params={"lang": "zh"})
    assert report.content.startswith(b"%PDF-")
    children = psutil.Process(serve.process.pid).children(recursive=True)
    assert len(children) >= 3
    assert serve.stop() == 0
    eventually(lambda: not any(child.is_running() for child in children), "all children gone")


def test_results_survive_a_restart(start_serve: StartServe) -> None:
    """The database is the record; the broker's memory is not missed."""
    first = start_serve()
    done = first.wait_for(first.submit(FIRE)["id"])
    assert first.stop() == 0
    second = start_serve()
    again = second.read(done["id"])
    assert again["detections"] == done["detections"]
    assert second.client.get(again["links"]["annotated"]).status_code == 200


def test_a_closed_terminal_stops_it(start_serve: StartServe) -> None:
    """With everything that it started, as Ctrl-C does."""
    # Whoever runs these tests by nohup hands on that such signals are left out.
    former = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        serve = start_serve()
    finally:
        signal.signal(signal.SIGHUP, former)
    started = psutil.Process(serve.process.pid).children(recursive=True)
    serve.process.send_signal(signal.SIGHUP)
    assert serve.process.wait(60) == 0
    eventually(lambda: not any(one.is_running() for one in started), "all of it ended")


def test_a_second_serve_on_the_same_data_folder_is_refused(start_serve: StartServe) -> None:
    """It exits with 2 and names the process that holds the folder."""
    serve = start_serve()
    second = subprocess.run(
        [sys.executable, "-m", "safety_detector", "serve", "--port", str(free_port())],
        env={**program_environment(), "SAFETY_DATA_DIR": str(serve.data_dir)},
        capture_output=True, text=True, timeout=DEADLINE_S, check=False,
    )  # fmt: skip
    assert second.returncode == 2
    assert str(serve.process.pid) in second.stderr


def test_beyond_this_machine_a_key_is_needed(tmp_path: Path) -> None:
    """An open door is refused with exit 2 and how to make a key."""
    refused = subprocess.run(
        [sys.executable, "-m", "safety_detector", "serve", "--host", "0.0.0.0"],
        env={**program_environment(), "SAFETY_DATA_DIR": str(tmp_path)},
        capture_output=True, text=True, timeout=DEADLINE_S, check=False,
    )  # fmt: skip
    assert refused.returncode == 2
    assert "safety-detector keys create" in refused.stderr


def test_a_port_in_use_is_named(start_serve: StartServe, tmp_path: Path) -> None:
    """The message says which port, and how to choose another."""
    serve = start_serve()
    refused = subprocess.run(
        [sys.executable, "-m", "safety_detector", "serve", "--port", str(serve.port)],
        env={**program_environment(), "SAFETY_DATA_DIR": str(tmp_path / "other")},
        capture_output=True, text=True, timeout=DEADLINE_S, check=False,
    )  # fmt: skip
    assert refused.returncode == 2
    assert str(serve.port) in refused.stderr
    assert "--port" in refused.stderr


def test_killed_workers_come_back_and_finish(start_serve: StartServe) -> None:
    """Kill -9 of every worker process loses no picture; it waits for a lease to end at most."""
    serve = start_serve(SAFETY_LEASE="6", SAFETY_HEARTBEAT="1")
    serve.wait_for(serve.submit(FIRE)["id"])
    accepted = [serve.submit(FIRE)["id"] for _ in range(6)]
    killed = serve.workers()
    assert killed
    for process in killed:
        os.kill(process.pid, signal.SIGKILL)
    results = [serve.wait_for(inspection_id) for inspection_id in accepted]
    assert [result["status"] for result in results] == ["completed"] * 6


def test_workers_that_cannot_start_try_again_until_they_can(
    start_serve: StartServe, tmp_path: Path
) -> None:
    """A broken font in the data folder stops work, visibly; once it is gone, work goes on."""
    broken = tmp_path / "data" / "fonts" / "site.ttf"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b"no font")
    serve = start_serve()
    accepted = serve.submit(FIRE)
    eventually(lambda: "cannot work" in serve.log.read_text(), "the log tells it")
    assert serve.health()["status"] == "degraded"
    assert serve.read(accepted["id"])["status"] == "queued"
    broken.unlink()
    assert serve.wait_for(accepted["id"])["status"] == "completed"


def test_a_broker_that_lost_its_socket_is_repaired(start_serve: StartServe) -> None:
    """Cleaners of folders remove sockets; pictures are inspected again without a restart."""
    serve = start_serve()
    (serve.data_dir / "run" / "broker.sock").unlink()
    eventually((serve.data_dir / "run" / "broker.sock").exists, "a new socket")
    assert serve.wait_for(serve.submit(FIRE)["id"])["status"] == "completed"
    eventually(lambda: serve.health()["status"] == "ok", "ready again")


@pytest.mark.parametrize("arguments", [["--broker", "{broker}"], ["-A", "worker"]], ids=" ".join)
def test_celery_s_own_tools_reach_the_workers(
    start_serve: StartServe, arguments: list[str]
) -> None:
    """The broker's address is in the data folder, so that it is known and stays.

    In a checkout they find it by our application too.
    """
    serve = start_serve()
    broker = f"redis+socket://{serve.data_dir / 'run' / 'broker.sock'}"
    command = [sys.executable, "-m", "celery", *arguments, "inspect", "ping"]

    def both_answer() -> bool:
        asked = subprocess.run(
            [*(part.format(broker=broker) for part in command), "--timeout", "5"],
            cwd=ROOT, env={**program_environment(), "SAFETY_REDIS_URL": broker},
            capture_output=True, text=True, timeout=DEADLINE_S, check=False,
        )  # fmt: skip
        return asked.stdout.count("pong") >= 2

    # A worker that has just begun to work may not listen to such questions yet.
    eventually(both_answer, "an answer of the workers for pictures and for reports")


def test_programs_in_the_current_folder_are_not_run(
    start_serve: StartServe, tmp_path: Path
) -> None:
    """Whoever may write into the folder of a start does not get the service's rights."""
    taken = "import pathlib\npathlib.Path(__file__).with_suffix('.taken').touch()\n"
    ours = ("worker", "safety_detector", "redis", "celery", "kombu", "uvicorn", "psycopg")
    of_python = ("json", "sitecustomize", "usercustomize", "asyncio", "sqlite3", "typing")
    for name in (*ours, *of_python):
        (tmp_path / f"{name}.py").write_text(taken)
    serve = start_serve()
    assert serve.wait_for(serve.submit(FIRE)["id"])["status"] == "completed"
    assert not list(tmp_path.glob("*.taken"))


def test_nobody_else_is_let_in_before_there_is_an_account(tmp_path: Path) -> None:
    """Beyond this machine `serve` asks for an account first, and says how to make one."""
    program = [sys.executable, "-m", "safety_detector", "serve", "--host", "0.0.0.0"]
    for further in ({}, {"SAFETY_TRUSTED_PROXIES": "127.0.0.1"}):
        tried = subprocess.run(
            [*program, "--port", str(free_port())],
            env={**program_environment(), "SAFETY_DATA_DIR": str(tmp_path / "data"), **further},
            capture_output=True, text=True, timeout=DEADLINE_S, check=False,
        )  # fmt: skip
        assert tried.returncode == 2
        assert "safety-detector users add" in tried.stderr


def test_where_the_console_is_stands_first(start_serve: StartServe) -> None:
    """Before everything else that `serve` says, and once more when it can be opened."""
    serve = start_serve()
    url = f"http://127.0.0.1:{serve.port}"
    first, *_ = serve.log.read_text().splitlines()
    assert first == f"Starting; the console will be at {url}"
    eventually(lambda: f"Ready: {url} is the console" in serve.log.read_text(), "the second time")
