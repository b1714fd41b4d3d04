"""``serve`` while its processes are stopped (SIGSTOP): it says so, and starts them anew."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import Any

import httpx2
import psutil

from tests.eventually import eventually

from .conftest import ROOT, Serve, StartServe

FIRE = ROOT / "samples" / "fire-in-laboratory.jpg"


def child(serve: Serve, *words: str) -> psutil.Process:
    """The process that ``serve`` started with all these words among its arguments."""
    found = [
        one
        for one in psutil.Process(serve.process.pid).children()
        if set(words) <= set(one.cmdline())
    ]
    assert len(found) == 1, found
    return found[0]


def is_gone(process: psutil.Process) -> bool:
    """Whether it has ended."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def said(serve: Serve, words: str) -> bool:
    """Whether the log has these words."""
    return words in serve.log.read_text()


def post_until_taken(serve: Serve, path: str, **body: Any) -> str:
    """As a client does: what is stopped may hold the database's lock for a while; the id."""
    answers: list[httpx2.Response] = []

    def accepted() -> bool:
        answers.append(serve.client.post(path, **body))
        assert answers[-1].status_code in (202, 503), answers[-1].text
        return answers[-1].status_code == 202

    eventually(accepted, f"a place at {path}")
    return str(answers[-1].json()["id"])


def check_all_goes_on(serve: Serve, stopped: psutil.Process, accepted: list[str]) -> None:
    """Whatever was accepted becomes final, and the service is ready again."""
    results = [serve.wait_for(one)["status"] for one in accepted]
    assert results == ["completed"] * len(accepted)
    with suppress(psutil.NoSuchProcess):
        stopped.send_signal(signal.SIGCONT)  # as somebody does who forgot it
    eventually(lambda: serve.health()["status"] == "ok", "ready again")
    assert serve.client.get("/metrics").text.count("safety_inspections_lost 0.0") == 1


def test_a_stopped_worker_is_started_anew(start_serve: StartServe) -> None:
    """Its pool lives on and looks alive; what is uploaded meanwhile is inspected soon."""
    serve = start_serve(SAFETY_LEASE="6", SAFETY_HEARTBEAT="1")
    serve.wait_for(serve.submit(FIRE)["id"])
    worker = child(serve, "safety_detector.worker", "embedded")
    pool = worker.children()
    os.kill(worker.pid, signal.SIGSTOP)
    accepted = [serve.submit(FIRE)["id"] for _ in range(4)]
    eventually(lambda: said(serve, "worker embedded gave no sign of life"), "it is said")
    eventually(lambda: is_gone(worker), "the stopped one is gone")
    eventually(lambda: all(is_gone(one) for one in pool), "so is its pool")
    check_all_goes_on(serve, worker, accepted)


def test_a_stopped_api_is_started_anew(start_serve: StartServe) -> None:
    """Clients get answers again."""
    serve = start_serve()
    accepted = [serve.submit(FIRE)["id"]]
    api = child(serve, "api")
    os.kill(api.pid, signal.SIGSTOP)
    eventually(lambda: said(serve, "api gave no sign of life"), "it is said")
    eventually(lambda: is_gone(api), "the stopped one is gone")
    serve.client.close()
    serve.__post_init__()
    eventually(serve.ready, "it answers")
    accepted.append(serve.submit(FIRE)["id"])
    check_all_goes_on(serve, api, accepted)


def test_a_stopped_broker_is_started_anew(start_serve: StartServe) -> None:
    """It takes connections and answers nothing."""
    serve = start_serve()
    [broker] = [
        one
        for one in psutil.Process(serve.process.pid).children()
        if one.name().startswith("valkey")
    ]
    os.kill(broker.pid, signal.SIGSTOP)
    accepted = [serve.submit(FIRE)["id"] for _ in range(2)]
    eventually(lambda: said(serve, "broker gave no sign of life"), "it is said")
    eventually(lambda: is_gone(broker), "the stopped one is gone")
    check_all_goes_on(serve, broker, accepted)


def test_a_stopped_process_of_a_pool_is_replaced(start_serve: StartServe) -> None:
    """The only one that inspects, and the only one that makes reports: it keeps its wake-ups."""
    serve = start_serve(SAFETY_EMBEDDED_SLOTS="1", SAFETY_LEASE="6", SAFETY_HEARTBEAT="1")
    first = serve.submit(FIRE)["id"]
    serve.wait_for(first)
    stopped = [
        one
        for queue in ("embedded", "render")
        for one in child(serve, "safety_detector.worker", queue).children()
    ]
    assert len(stopped) == 2
    for one in stopped:
        os.kill(one.pid, signal.SIGSTOP)
    picture = FIRE.read_bytes()
    accepted = [post_until_taken(serve, "/v1/inspections", content=picture) for _ in range(4)]
    report = post_until_taken(serve, "/v1/reports", json={"inspections": [first]})
    eventually(lambda: said(serve, "gives no sign of life; killing it"), "it is said")
    eventually(lambda: all(is_gone(one) for one in stopped), "they are gone")
    check_all_goes_on(serve, stopped[0], accepted)
    eventually(
        lambda: serve.client.get(f"/v1/reports/{report}").json()["status"] == "completed",
        "the report is made",
    )


def test_a_stop_ends_also_what_is_stopped(start_serve: StartServe) -> None:
    """Ctrl-C while everything is stopped: all ends, in order, and the exit status is 0."""
    serve = start_serve()
    everything = psutil.Process(serve.process.pid).children(recursive=True)
    for process in everything:
        os.kill(process.pid, signal.SIGSTOP)
    assert serve.stop() == 0
    eventually(lambda: all(is_gone(one) for one in everything), "all are gone")
    assert not said(serve, "killing it")


def test_workers_without_a_supervisor_are_told_absent(start_serve: StartServe) -> None:
    """Readiness says within half a minute that nobody works, whoever looks after the workers."""
    serve = start_serve()
    eventually(lambda: serve.health()["status"] == "ok", "ready")
    os.kill(serve.process.pid, signal.SIGSTOP)  # now nobody starts them anew
    try:
        worker = child(serve, "safety_detector.worker", "embedded")
        pool = worker.children()
        os.kill(worker.pid, signal.SIGSTOP)
        eventually(lambda: serve.health()["status"] == "degraded", "it is told")
        assert "No worker" in serve.health()["checks"]["workers"]["detail"]
        # Where a container or systemd starts what ends, the pool sees to it that it ends.
        eventually(lambda: is_gone(worker), "the stopped one is gone")
        eventually(lambda: all(is_gone(one) for one in pool), "so is its pool")
    finally:
        os.kill(serve.process.pid, signal.SIGCONT)
    eventually(lambda: serve.health()["status"] == "ok", "ready again")
