"""``requeue``, ``hold``, ``purge`` and ``audit`` on a service's database."""

from __future__ import annotations

import getpass
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from safety_detector.errors import PictureBroken, ReportFailed
from safety_detector.service.access.audit import PROGRAM
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.core import Service, build_service
from safety_detector.service.records import Submission
from safety_detector.service.reports.records import ReportOrder
from safety_detector.service.retention.age_clock import Uptime
from safety_detector.settings import load_settings
from safety_detector.wiring import (
    open_database,
    open_migrated_database,
    open_storage,
    picture_limits,
)
from tests.pictures import jpeg
from tests.service_stand import fail, next_claim

from .conftest import RunCommand


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    """The service that the commands find, as it was two months ago."""
    monkeypatch.setenv("SAFETY_DATA_DIR", str(tmp_path / "data"))
    open_migrated_database(load_settings()).close()
    service = service_at(timedelta(days=60))
    service.retention.age_clock.advance()
    yield service
    service.close()


def service_at(ago: timedelta) -> Service:
    """The same service, as it was so long ago."""
    settings = load_settings()
    return build_service(
        open_database(settings),
        open_storage(settings),
        limits=picture_limits(settings),
        default_backend=settings.effective_backend,
        wake_up=lambda _: None,
        clock=lambda: datetime.now(UTC) - ago,
        uptime=lambda: Uptime("an earlier start", timedelta(seconds=time.monotonic())),
    )


def fail_one(service: Service, seed: int) -> str:
    """The id of a failed inspection."""
    accepted = service.inspections.intake.accept(jpeg(seed), Submission(f"{seed}.jpg"))
    claim = next_claim(service, "worker-1")
    assert claim is not None
    assert fail(service.inspections.jobs, claim, PictureBroken("Cannot be decoded."))
    return accepted.id


def test_failed_ones_are_run_again(service: Service, run_command: RunCommand) -> None:
    """By id, with 3 for those that are not failed; or all since a moment."""
    first, second = fail_one(service, 1), fail_one(service, 2)
    done = run_command("requeue", first, "unknown")
    assert done.code == 3
    assert json.loads(done.out) == {"requeued": [first], "left": ["unknown"]}
    assert "unknown is no failed inspection" in done.err
    done = run_command("requeue", "--failed-since", "2026-01-01")
    assert (done.code, json.loads(done.out)) == (0, {"requeued": [second], "left": []})


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["requeue"], "--failed-since"),
        (["requeue", "x", "--failed-since", "2026-01-01"], "--failed-since"),
        (["hold", "set", "--reason", "x"], "--camera"),
        (["hold", "set", "--reason", "x", "a", "--camera", "b"], "--camera"),
        (["hold", "set", "--reason", " ", "a"], "reason"),
        (["hold", "set", "--reason", "x", "a"], "no inspection 'a'"),
        (["purge"], "SAFETY_KEEP_DAYS"),
        (["purge", "--keep-bytes", "much"], "500GB"),
        (["audit", "--action", "stolen"], "key-made"),
    ],
)
def test_unclear_commands_are_refused(
    run_command: RunCommand, arguments: list[str], says: str
) -> None:
    """With 2, and what to write instead."""
    done = run_command(*arguments)
    assert done.code == 2
    assert says in done.err


def test_held_evidence_survives_a_purge(service: Service, run_command: RunCommand) -> None:
    """Held by a span of time, shown, left by the purge; released, it goes."""
    held = fail_one(service, 1)
    run_command("hold", "set", held, "--reason", "accident 17")
    other = fail_one(service, 2)
    service.retention.age_clock.advance()
    run_command("purge", "--keep-days", "365", "--trust-clock")
    [line] = run_command("hold", "list").out.splitlines()
    assert json.loads(line)["inspection_id"] == held
    assert json.loads(line)["reason"] == "accident 17"
    would = json.loads(run_command("purge", "--keep-days", "30", "--dry-run").out)
    assert (would["dry_run"], would["inspection_ids"]) == (True, [other])
    assert service.inspections.results.get(other) is not None
    did = run_command("purge", "--keep-days", "30")
    assert json.loads(did.out) == {**would, "dry_run": False}
    assert "1 inspection removed" in did.err
    assert service.inspections.results.get(other) is None
    assert service.inspections.results.get(held) is not None
    assert json.loads(run_command("hold", "release", held).out) == {"released": [held], "left": []}
    assert run_command("hold", "release", held).code == 3
    did = run_command("purge", "--keep-days", "30")
    assert json.loads(did.out)["inspection_ids"] == [held]
    assert service.operation.figures.counters().lost == 0


def test_old_reports_are_purged_too(service: Service, run_command: RunCommand) -> None:
    """The same command tells which would go, and removes them."""
    failed = fail_one(service, 1)
    report = service.reports.orders.order(ReportOrder(inspection_ids=(failed,)), PROGRAM)
    claim = next(iter(service.reports.jobs.claim("render", "render-1")), None)
    assert claim is not None
    assert fail(service.reports.jobs, claim, ReportFailed("It cannot be made."))
    service.retention.age_clock.advance()
    assert run_command("purge", "--keep-days", "365", "--trust-clock").code == 0
    would = json.loads(run_command("purge", "--keep-days", "30", "--dry-run").out)
    assert would["report_ids"] == [report.id]
    assert service.reports.orders.get(report.id) is not None
    did = run_command("purge", "--keep-days", "30")
    assert json.loads(did.out)["report_ids"] == [report.id]
    assert "1 report removed" in did.err
    assert service.reports.orders.get(report.id) is None


def test_what_has_just_ended_is_spared_and_said(service: Service, run_command: RunCommand) -> None:
    """With no day to be kept it stays for a while, picture and report, and the command says so."""
    old = fail_one(service, 1)
    service.retention.age_clock.advance()
    run_command("purge", "--keep-days", "365", "--trust-clock")
    lately = service_at(timedelta(seconds=30))
    spared = [fail_one(lately, seed) for seed in (2, 3)]
    report = lately.reports.orders.order(ReportOrder(inspection_ids=(spared[0],)), PROGRAM)
    claim = next(iter(lately.reports.jobs.claim("render", "render-1")), None)
    assert claim is not None
    assert fail(lately.reports.jobs, claim, ReportFailed("It cannot be made."))
    for arguments in (["--keep-days", "0", "--dry-run"], ["--keep-days", "0"]):
        done = run_command("purge", *arguments)
        told = json.loads(done.out)
        assert (told["inspection_ids"], told["report_ids"]) == ([old], [])
        assert (told["just_ended"], told["just_ended_reports"]) == (2, 1)
        assert "2 inspections ended less than 10 minutes ago and stay." in done.err
        assert "1 report ended less than 10 minutes ago and stays." in done.err
    assert lately.inspections.results.get(spared[0]) is not None
    assert lately.reports.orders.get(report.id) is not None
    for limit in (["--keep-bytes", "1B"], ["--keep-days", "0"]):
        assert json.loads(run_command("purge", *limit).out)["just_ended"] == 2
    done = run_command("purge", "--keep-days", "30", "--keep-bytes", "1GB")
    assert json.loads(done.out)["just_ended"] == 0
    assert "ended less than" not in done.err
    lately.close()


def test_a_span_of_time_is_held(service: Service, run_command: RunCommand) -> None:
    """An hour before an accident, without knowing any id."""
    ids = [fail_one(service, seed) for seed in range(3)]
    done = run_command("hold", "set", "--since", "2026-01-01", "--reason", "accident 17")
    assert done.code == 0
    assert sorted(json.loads(line)["inspection_id"] for line in done.out.splitlines()) == ids


def test_a_hold_that_matches_nothing_is_no_success(
    service: Service, run_command: RunCommand
) -> None:
    """A mistyped camera is refused by name; a span of time without pictures ends with 3."""
    service.cameras.records.create(CameraSettings("Gate 3"), "gate-3")
    fail_one(service, 1)
    reason = ("--reason", "accident 17")
    done = run_command("hold", "set", "--camera", "gaet-3", *reason)
    assert done.code == 2
    assert "no camera 'gaet-3'" in done.err
    for which in (("--camera", "gate-3"), ("--until", "2020-01-01")):
        done = run_command("hold", "set", *which, *reason)
        assert (done.code, done.out) == (3, "")
        assert "No inspection matches" in done.err


def test_the_settings_say_what_is_kept(
    service: Service, run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sizes may be written as people write them."""
    fail_one(service, 1)
    service.retention.age_clock.advance()
    monkeypatch.setenv("SAFETY_KEEP_BYTES", "1KiB")
    assert json.loads(run_command("purge", "--trust-clock").out)["inspections"] == 1


def test_time_of_which_only_the_clock_tells_deletes_nothing(
    service: Service, run_command: RunCommand
) -> None:
    """Off for 60 days, or started with a wrong clock: said, and counted when somebody says so."""
    failed = fail_one(service, 1)
    service.retention.age_clock.advance()
    done = run_command("purge", "--keep-days", "30")
    told = json.loads(done.out)
    assert told["inspection_ids"] == []
    [gap] = told["uncounted"]
    assert gap["kind"] == "stop"
    assert abs(gap["seconds"] - 60 * 86_400) < 60
    assert 0 < gap["counts_in_seconds"] <= 86_400
    assert "stood still for 60.0 days" in done.err
    assert "--trust-clock" in done.err
    done = run_command("purge", "--keep-days", "30", "--trust-clock")
    told = json.loads(done.out)
    assert (told["inspection_ids"], told["uncounted"]) == ([failed], [])
    assert told["counted_seconds"] == gap["seconds"]
    [line] = run_command("audit", "--action", "time-counted").out.splitlines()
    assert json.loads(line)["actor"] != "the service itself"


def test_the_log_tells_who_did_it(service: Service, run_command: RunCommand) -> None:
    """User and machine of the command, newest first."""
    run_command("keys", "create", "reporting", "--scope", "read")
    failed = fail_one(service, 1)
    run_command("requeue", failed)
    entries = [json.loads(line) for line in run_command("audit").out.splitlines()]
    assert [entry["action"] for entry in entries] == ["requeued", "key-made"]
    assert all(entry["actor"].startswith(f"{getpass.getuser()}@") for entry in entries)
    assert entries[0]["details"] == {"inspections": 1, "ids": [failed]}
    [made] = run_command("audit", "--action", "key-made").out.splitlines()
    assert json.loads(made)["details"]["name"] == "reporting"


@pytest.mark.usefixtures("service")
def test_the_first_key_says_that_it_closes_the_door(run_command: RunCommand) -> None:
    """From then on nobody gets in without one; the second changes nothing."""
    first = run_command("keys", "create", "reporting", "--scope", "read")
    assert "from now on every request needs one" in first.err
    second = run_command("keys", "create", "gate", "--scope", "submit")
    assert "from now on" not in second.err
