"""Jobs of a service, whatever they are about."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, insert, select, text

from safety_detector.database.engine import Database
from safety_detector.database.tables import jobs
from safety_detector.errors import AnswerUnreadable
from safety_detector.jobs.kinds import JobKind
from safety_detector.jobs.records import NewJob
from safety_detector.jobs.store import JobStore
from safety_detector.service.access.audit import Actor
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.records import Source, Submission
from safety_detector.service.reports.records import RENDER_QUEUE, ReportOrder
from tests.pictures import jpeg
from tests.service_stand import Stand, build_stand, put_back

PICTURE = jpeg(1)
KEY_A, KEY_B = "01KB5V4Q2W9GZT3XJ8N7R6M5HA", "01KB5V4Q2W9GZT3XJ8N7R6M5HB"


@pytest.fixture
def stand(database: Database, quick_path: Path) -> Stand:
    """A service on an empty database and data folder."""
    return build_stand(database, quick_path)


def test_a_claim_does_not_read_the_backlog(database: Database, quick_path: Path) -> None:
    """Its queries go to the front of the index of what is queued, and sort nothing."""
    if not database.is_sqlite:
        return  # PostgreSQL's plan depends on statistics; the benchmark watches it
    statements: list[tuple[str, object]] = []
    stand = build_stand(database, quick_path)
    stand.accept()
    with database.write() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.set_trace_callback(lambda sql: statements.append((sql, None)))
    stand.claim()
    claims = [sql for sql, _ in statements if "UPDATE jobs" in sql]
    with database.read() as connection:
        plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {claims[0]}"))]
    assert sum("ix_jobs_turn" in line for line in plan) == 1, plan
    read_whole = [line for line in plan if "SCAN" in line and line != "SCAN first_due"]
    assert not read_whole, plan
    assert not any("TEMP B-TREE" in line for line in plan), plan


def test_a_claim_takes_no_more_than_it_asks_for(database: Database, quick_path: Path) -> None:
    """Whatever way PostgreSQL finds the rows: looking twice for the longest due finds others."""
    stand = build_stand(database, quick_path)
    for seed in range(6):
        stand.accept(seed)
    if not database.is_sqlite:
        # What its planner may choose by itself for a small table.
        def choose(connection: Connection) -> None:
            for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
                connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")

        event.listen(database.engine, "begin", choose)
    assert len(stand.service.inspections.jobs.claim("embedded", "worker-1", at_most=2)) == 2


def submission(name: str, key: str | None, source: Source = Source.UPLOAD) -> Submission:
    """A picture that somebody sends."""
    return Submission(name, submitted_by=key, source=source)


def accept(stand: Stand, key: str | None, source: Source = Source.UPLOAD) -> str:
    """The id of a picture of a key."""
    stand.clock.advance(0.001)
    return stand.service.inspections.intake.accept(PICTURE, submission("x.jpg", key, source)).id


def order_of_claims(stand: Stand, most: int) -> list[str]:
    """The pictures in the order in which they are claimed."""
    claimed = []
    while len(claimed) < most and (claim := stand.next_claim()) is not None:
        stand.clock.advance(0.001)
        claimed.append(claim.subject_id)
        stand.complete(claim)
    return claimed


@pytest.mark.parametrize("source", [Source.UPLOAD, Source.BATCH])
def test_who_sends_little_does_not_wait_behind_who_sends_much(stand: Stand, source: Source) -> None:
    """After 300 pictures of one key the first of another is among the next few."""
    for _ in range(300):
        accept(stand, KEY_A, source)
    order_of_claims(stand, 20)
    theirs = accept(stand, KEY_B, source)
    assert theirs in order_of_claims(stand, 3)


def test_a_frame_of_a_camera_does_not_wait_behind_uploads(stand: Stand) -> None:
    """Nor does a second camera's behind the first one's."""
    for camera in ("gate", "yard"):
        stand.service.cameras.records.create(CameraSettings(camera), camera)
    for _ in range(50):
        accept(stand, KEY_A)
    frames = [
        stand.service.cameras.frames.push(camera, PICTURE, Submission("frame.jpg")).inspection
        for camera in ("gate", "yard")
    ]
    first = order_of_claims(stand, 5)
    assert all(frame is not None and frame.id in first for frame in frames)


def test_nobody_starves_who_sends_much(stand: Stand) -> None:
    """While others keep coming with one picture each, the backlog goes on, a share each round."""
    mine = {accept(stand, KEY_A) for _ in range(10)}
    others = [f"01KB5V4Q2W9GZT3XJ8N7R6M5{number:02d}" for number in range(5)]
    for one in others:
        accept(stand, one)
    claimed: list[str] = []
    for _ in range(10 * (len(others) + 1) + 10):
        claimed += order_of_claims(stand, 1)
        for one in others:  # whoever was served comes again
            if len(claimed) % len(others) == others.index(one):
                accept(stand, one)
    assert mine <= set(claimed)


def test_pictures_of_one_sender_stay_in_their_order(stand: Stand) -> None:
    """Also where another one's are between them, and after a restart."""
    mine = [accept(stand, KEY_A) for _ in range(5)]
    theirs = [accept(stand, KEY_B) for _ in range(5)]
    again = build_stand(stand.service.database, stand.folder.parent)
    again.clock.now = stand.clock.now
    claimed = order_of_claims(again, 10)
    assert [one for one in claimed if one in mine] == mine
    assert [one for one in claimed if one in theirs] == theirs
    assert claimed[:3] == [mine[0], theirs[0], mine[1]]


def test_the_urgent_come_first_however_much_their_sender_has_sent(stand: Stand) -> None:
    """Turns are of one priority; a batch waits for all that is urgent."""
    batch = accept(stand, KEY_B, Source.BATCH)
    urgent = [accept(stand, KEY_A) for _ in range(20)]
    assert order_of_claims(stand, 21) == [*urgent, batch]


def test_a_camera_that_sends_faster_than_it_is_served_keeps_its_place(stand: Stand) -> None:
    """The newest frame takes the place of the one that it replaces, not one at the end."""
    stand.service.cameras.records.create(CameraSettings("gate"), "gate")
    for _ in range(20):
        accept(stand, KEY_A)
    for _ in range(10):
        stand.clock.advance(0.01)
        frame = stand.service.cameras.frames.push(
            "gate", PICTURE, Submission("frame.jpg")
        ).inspection
        stand.complete(stand.claim())
        accept(stand, KEY_B)
        if (
            frame is not None
            and stand.service.inspections.results.get(frame.id).verdict is not None
        ):
            return
    raise AssertionError("no frame was inspected")


def test_what_waits_for_later_makes_no_newcomer_wait(stand: Stand) -> None:
    """A picture that is tried again in a minute keeps its round to itself."""
    for _ in range(20):
        accept(stand, KEY_A)
    for _ in range(5):
        away = AnswerUnreadable("no box")
        assert put_back(stand.service.inspections.jobs, stand.claim(), away, timedelta(minutes=1))
    order_of_claims(stand, 10)
    newcomer = accept(stand, KEY_B)
    assert newcomer in order_of_claims(stand, 3)


def test_reports_of_keys_take_turns(stand: Stand) -> None:
    """Three of one key do not go before the first of another."""
    stand.accept(1)
    stand.complete(stand.claim())
    order = ReportOrder(since=stand.clock.now - timedelta(hours=1))
    for _ in range(3):
        stand.service.reports.orders.order(order, Actor("a", KEY_A))
    theirs = stand.service.reports.orders.order(order, Actor("b", KEY_B)).id
    report_jobs = stand.service.reports.jobs
    claimed = [report_jobs.claim(RENDER_QUEUE, "render-1")[0].subject_id for _ in range(2)]
    assert claimed[1] == theirs


def store_of(stand: Stand, kind: str) -> JobStore[str]:
    """Jobs of a kind that is about nothing but its subjects' ids."""
    made_up: JobKind[str] = JobKind(
        kind,
        timedelta(seconds=30),
        begun=lambda _connection, ids, _now: {one: one for one in ids},
        requeued=lambda _connection, _jobs, _now: None,
    )
    return JobStore(stand.service.database, made_up, lambda _connection: stand.clock())


def test_kinds_in_one_queue_stand_in_nobodys_way(stand: Stand) -> None:
    """What stands at the front and is of another kind is passed over, and claimed by its own."""
    first, second = (store_of(stand, kind) for kind in ("first", "second"))
    with stand.service.database.write() as connection:
        first.add(connection, *(NewJob(f"a{number}", "shared", "key") for number in range(3)))
    assert first.is_any_due("shared")
    assert not second.is_any_due("shared")
    with stand.service.database.write() as connection:
        # The same subject may have a job of either kind.
        second.add(connection, *(NewJob(one, "shared", "key") for one in ("a2", "b")))
    for store, subjects in ((second, ["a2", "b"]), (first, ["a0", "a1", "a2"])):
        claims = [store.claim("shared", "worker")[0].subject_id for _ in subjects]
        assert claims == subjects
        assert store.claim("shared", "worker") == []


def test_adding_and_claiming_do_not_read_the_backlog(database: Database, quick_path: Path) -> None:
    """With 5,000 pictures queued an insert and a claim look at a few rows of the table."""
    stand = build_stand(database, quick_path)
    accept(stand, KEY_A)
    with database.write() as connection:
        row = dict(connection.execute(select(jobs)).mappings().one())
        rows = [
            {**row, "subject_id": f"{number:026d}", "turn": number + 2, "sender": KEY_A}
            for number in range(5000)
        ]
        connection.execute(insert(jobs), rows)
    if not database.is_sqlite:
        return  # PostgreSQL's plan depends on statistics; the benchmark watches it
    statements: list[str] = []
    with database.write() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.set_trace_callback(statements.append)
    accept(stand, KEY_B)
    stand.claim()
    ours = [one for one in statements if " jobs" in one and not one.startswith("--")]
    assert len(ours) >= 2
    with database.read() as connection:
        for sql in ours:
            plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {sql}"))]
            whole = [one for one in plan if one.startswith("SCAN") and "jobs" in one]
            assert not whole, (sql, plan)
