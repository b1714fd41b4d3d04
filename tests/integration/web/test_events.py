"""Following inspections by server-sent events."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import insert, update

from safety_detector.database.tables import camera_faults
from safety_detector.message_texts.reason import Reason
from safety_detector.service.records import Scope
from safety_detector.web.app import WebOptions
from safety_detector.web.events.documents import CameraEventDocument, EventDocument
from tests.api_server import Api, ApiRunner, make_jpeg
from tests.event_stream import Received, events_of, following


def submit(client: httpx2.Client, seed: int, **params: str) -> str:
    """The id of a newly accepted picture."""
    response = client.post("/v1/inspections", content=make_jpeg(seed), params=params)
    return str(response.json()["id"])


def kinds(events: list[Received]) -> list[str | None]:
    """The events' names."""
    return [event.event for event in events]


def test_stream_tells_every_change_as_it_happens(client: httpx2.Client, api: Api) -> None:
    """From queued over running to completed, each change arrives at once, with the inspection."""
    with following(client) as stream:
        assert next(stream).comment == "following"
        inspection_id = submit(client, 1)
        (queued,) = events_of(stream, 1)
        api.work()
        running, completed = events_of(stream, 2)
    assert kinds([queued, running, completed]) == ["queued", "running", "completed"]
    for event in (queued, running, completed):
        EventDocument.read(event.data)
        assert event.data is not None
        assert event.data["inspection_id"] == event.data["inspection"]["id"] == inspection_id
    assert completed.data is not None
    assert completed.data["inspection"]["verdict"] == "hazard"


def test_stream_begins_with_what_comes(client: httpx2.Client) -> None:
    """Without Last-Event-ID the past is not told."""
    submit(client, 1)
    with following(client) as stream:
        next(stream)
        newer = submit(client, 2)
        (event,) = events_of(stream, 1)
    assert event.data is not None
    assert event.data["inspection_id"] == newer


def test_stream_goes_on_where_it_broke_off(runner: ApiRunner) -> None:
    """A client misses nothing of what happened while it and the service were away."""
    api = runner.start()
    with api.client() as client:
        first = submit(client, 1)
        with following(client, last_id="0-0") as stream:
            (seen,) = events_of(stream, 1)
        second = submit(client, 2)
    runner.stop()
    api = runner.start()
    with api.client() as client:
        third = submit(client, 3)
        with following(client, last_id=seen.id) as stream:
            missed = events_of(stream, 2)
    ids = [event.data["inspection_id"] for event in [seen, *missed] if event.data]
    assert ids == [first, second, third]


def test_long_past_is_told_in_order_and_once(client: httpx2.Client, api: Api) -> None:
    """A client far behind gets every event once and in order, new ones at the end."""
    for seed in range(40):
        submit(client, seed)
    with following(client, last_id="0-0") as stream:
        past = events_of(stream, 40)
        worker = threading.Thread(target=api.work)
        worker.start()
        fresh = events_of(stream, 80)
        worker.join()
    ids = [event.id for event in past + fresh]
    assert len(set(ids)) == 120
    assert ids == sorted(ids, key=lambda one: int(str(one).partition("-")[2]))
    assert sorted(set(kinds(fresh)), key=str) == ["completed", "running"]


def test_many_followers_see_the_same(api: Api) -> None:
    """Ten clients each get all events in the same order."""
    seen: list[list[str | None]] = []
    ready = threading.Barrier(11)

    def follow() -> None:
        with api.client() as client, following(client) as stream:
            next(stream)
            ready.wait(60)
            seen.append([event.id for event in events_of(stream, 30)])

    threads = [threading.Thread(target=follow) for _ in range(10)]
    for thread in threads:
        thread.start()
    ready.wait(60)
    with api.client() as client:
        for seed in range(10):
            submit(client, seed)
        api.work()
    for thread in threads:
        thread.join()
    assert len(seen) == 10
    assert all(ids == seen[0] for ids in seen)
    assert len(set(seen[0])) == 30


def test_filters_narrow_the_stream(client: httpx2.Client, api: Api) -> None:
    """Kind, camera and verdict choose the events that are sent."""
    client.post("/v1/cameras", json={"id": "gate-3", "name": "Gate 3"})
    wanted = {"kind": "completed", "camera_id": "gate-3", "verdict": "hazard"}
    with following(client, None, **wanted) as stream:
        next(stream)
        submit(client, 1)
        ours = submit(client, 2, camera_id="gate-3")
        api.work()
        (event,) = events_of(stream, 1)
    assert event.data is not None
    assert (event.event, event.data["inspection_id"]) == ("completed", ours)


def test_faults_of_cameras_are_told_as_they_open_and_end(client: httpx2.Client, api: Api) -> None:
    """What is open when the stream begins, then each change; not where inspections were chosen."""
    since = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
    fault = {"camera_id": "gate", "fault": "frozen", "since": since, "noticed_at": since}
    with api.service.database.write() as connection:
        reason = Reason.of("camera-fault-frozen", minutes=5)
        connection.execute(insert(camera_faults), fault | {"reason": reason})
    with following(client) as stream:
        (opened,) = events_of(stream, 1)
        with api.service.database.write() as connection:
            connection.execute(update(camera_faults).values(ended_at=since))
        (ended,) = events_of(stream, 1)
    for event, is_open in ((opened, True), (ended, False)):
        assert event.event == "camera"
        assert event.data is not None
        CameraEventDocument.read(event.data)
        assert (event.data["camera_id"], event.data["fault"]) == ("gate", "frozen")
        assert event.data["open"] is is_open


def test_silence_is_filled_with_comments_that_move_on(runner: ApiRunner) -> None:
    """In a silence comments keep the connection, and carry the place in the feed."""
    options = WebOptions(open_without_keys=True, heartbeat=timedelta(milliseconds=200))
    api = runner.start(options)
    with api.client() as client, following(client, None, kind="failed") as stream:
        start = next(stream)
        submit(client, 1)
        deadline = time.monotonic() + 60
        while (beat := next(stream)).id == start.id:  # until over the "queued" that it did not want
            assert beat.comment == "still here"
            assert time.monotonic() < deadline
        assert beat.comment == "still here"


def test_streams_end_when_the_service_stops(
    runner: ApiRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that is asked to stop sends its followers home, long before it has to."""
    monkeypatch.setattr("safety_detector.web.server._GRACE_S", 90)
    api = runner.start()
    with api.client() as client, following(client) as stream:
        next(stream)
        stopper = threading.Thread(target=runner.stop)
        started = time.monotonic()
        stopper.start()
        assert all(block.event is None for block in stream)
        stopper.join()
        assert time.monotonic() - started < 60


def test_waiting_requests_end_when_the_service_stops(
    runner: ApiRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that waits for a result is answered with 202 when the service stops."""
    monkeypatch.setattr("safety_detector.web.server._GRACE_S", 90)
    api = runner.start()
    answers: list[httpx2.Response] = []

    def ask() -> None:
        with api.client(timeout_s=45) as client:
            headers = {"Prefer": "wait=60"}
            answers.append(client.post("/v1/inspections", content=make_jpeg(), headers=headers))

    thread = threading.Thread(target=ask)
    thread.start()
    while thread.is_alive() and not api.service.inspections.results.events_after(None, 1):
        thread.join(0.02)
    runner.stop()
    thread.join(60)
    assert [answer.status_code for answer in answers] == [202], answers[0].text


def test_followers_are_limited(runner: ApiRunner) -> None:
    """One more than the most is refused with 429 and told the limit."""
    api = runner.start(WebOptions(open_without_keys=True, max_streams=2))
    with (
        api.client() as client,
        following(client) as one,
        following(client) as two,
    ):
        next(one)
        next(two)
        refused = client.get("/v1/events")
        assert (refused.status_code, refused.json()["limit"]) == (429, 2)
        assert refused.headers["Retry-After"]


def test_followers_that_hang_up_are_forgotten(runner: ApiRunner) -> None:
    """A client that went away makes room for another."""
    options = WebOptions(
        open_without_keys=True, max_streams=1, heartbeat=timedelta(milliseconds=100)
    )
    api = runner.start(options)
    with api.client() as client:
        with following(client) as stream:
            next(stream)
        deadline = time.monotonic() + 60
        while True:
            with client.stream("GET", "/v1/events") as response:
                if response.status_code == 200:
                    break
            assert time.monotonic() < deadline
            threading.Event().wait(0.05)


def ends(stream: Iterator[Received]) -> bool:
    """Whether the service ends the stream, within a minute."""
    deadline = time.monotonic() + 60
    return all(time.monotonic() < deadline for _ in stream)


def test_stream_ends_when_its_key_is_revoked(runner: ApiRunner) -> None:
    """Who may not read any more is told nothing more, though the stream was opened before."""
    api = runner.start(WebOptions(heartbeat=timedelta(seconds=0.2)))
    kept, revoked = api.key(Scope.READ), api.key(Scope.READ)
    with (
        api.client(kept) as client,
        api.client(revoked) as other,
        following(client) as going_on,
        following(other) as stream,
    ):
        next(stream)
        assert api.service.access.keys.revoke(revoked.split("_")[1])
        assert ends(stream)
        assert not api.service.access.keys.revoke(revoked.split("_")[1])
        blocks = [next(going_on) for _ in range(10)]
    assert blocks[-1].comment == "still here"


def test_stream_without_a_key_ends_when_keys_are_needed(runner: ApiRunner) -> None:
    """The first key closes what was open without one."""
    api = runner.start(WebOptions(heartbeat=timedelta(seconds=0.2), open_without_keys=True))
    with api.client() as client, following(client) as stream:
        next(stream)
        api.key(Scope.ADMIN)
        assert ends(stream)


def test_client_misses_nothing_of_a_restored_database(runner: ApiRunner, tmp_path: Path) -> None:
    """Its last event is of a time that the restored copy does not know; new events reach it."""
    api = runner.start()
    with api.client() as client:
        submit(client, 1)
    runner.stop()
    file, copy = tmp_path / "test.db", tmp_path / "copy.db"
    shutil.copy(file, copy)
    api = runner.start()
    with api.client() as client:
        for seed in range(2, 8):
            submit(client, seed)
        with following(client, last_id="0-0") as stream:
            seen = events_of(stream, 7)[-1]
    runner.stop()
    for left in tmp_path.glob("test.db*"):
        left.unlink()
    shutil.copy(copy, file)
    api = runner.start()
    with api.client() as client:
        wanted = submit(client, 9)
        with following(client, last_id=seen.id) as stream:
            (event,) = events_of(stream, 1)
    assert event.data is not None
    assert event.data["inspection_id"] == wanted


@pytest.mark.parametrize("last_id", ["0-999999999999999", "5-1", "999999999999999999-1"])
def test_client_with_an_event_that_is_yet_to_come_is_told_all(
    client: httpx2.Client, last_id: str
) -> None:
    """Nobody knows what it has missed; it gets what is kept, and what comes."""
    first = submit(client, 1)
    with following(client, last_id=last_id) as stream:
        events = events_of(stream, 1)
        second = submit(client, 2)
        events += events_of(stream, 1)
    assert [one.data["inspection_id"] for one in events if one.data] == [first, second]
