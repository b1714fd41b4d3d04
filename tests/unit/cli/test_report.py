from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdf
import pytest

from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.core import Service
from safety_detector.service.incidents.records import IncidentFilter
from safety_detector.service.records import Submission
from safety_detector.settings import load_settings
from safety_detector.wiring import open_service
from tests.pictures import jpeg
from tests.service_stand import FIRE, finding, next_claim

from .conftest import RunCommand


@pytest.fixture
def service(run_command: RunCommand) -> Iterator[Service]:
    """The service whose results are reported on."""
    assert run_command("migrate").code == 0
    with closing(open_service(load_settings(), wake_up=lambda _queue: None)) as opened:
        yield opened


def inspected(
    service: Service,
    name: str,
    camera_id: str | None = None,
    captured_at: datetime | None = None,
    *hazards: Hazard,
) -> str:
    """The id of a completed inspection, of a fire unless something else is said."""
    submission = Submission(name, camera_id=camera_id, captured_at=captured_at)
    accepted = service.inspections.intake.accept(jpeg(len(name)), submission)
    claim = next_claim(service, backend=service.inspections.intake.backend_of(submission))
    assert claim is not None
    assert service.inspections.findings.record([finding(claim, *(hazards or (FIRE,)))]) == [True]
    return accepted.id


def text_of(path: Path) -> str:
    """The PDF's text, its white space evened out."""
    pages = pypdf.PdfReader(path).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_a_notice_is_written_for_the_inspection_that_is_named(
    run_command: RunCommand, service: Service, tmp_path: Path
) -> None:
    """Named alone it is the form and its evidence; made anew it is the same file."""
    one, two = inspected(service, "a.jpg"), inspected(service, "bb.jpg")
    out = tmp_path / "notice.pdf"
    done = run_command("report", "--notice", one, "--notice", two, "--lang", "zh", "--out", out)
    assert done.code == 0, done.err
    assert str(out) in done.err
    text = text_of(out)
    assert text.count("隐患整改通知单") >= 2
    assert text.count("签收人") == 2
    assert one in text
    assert two in text
    assert len(pypdf.PdfReader(out).pages) == 4
    first = out.read_bytes()
    again = run_command("report", "--notice", one, "--notice", two, "--lang", "zh", "--out", out)
    assert again.code == 0
    assert out.read_bytes() == first


def test_a_notice_on_nothing_found_is_refused(
    run_command: RunCommand, service: Service, tmp_path: Path
) -> None:
    """Exit 2, a sentence that says why, and no file."""
    accepted = service.inspections.intake.accept(jpeg(9), Submission("clear.jpg"))
    claim = next_claim(
        service, backend=service.inspections.intake.backend_of(Submission("clear.jpg"))
    )
    assert claim is not None
    assert service.inspections.findings.record([finding(claim)]) == [True]
    out = tmp_path / "notice.pdf"
    for options in ((), ("--inspection", inspected(service, "a.jpg"))):
        done = run_command("report", "--notice", accepted.id, *options, "--out", out)
        assert done.code == 2
        assert accepted.id in done.err
        assert "no hazard" in done.err
        assert not out.exists()


def test_last_week_s_pictures_are_in_last_week_s_report(
    run_command: RunCommand, service: Service, tmp_path: Path
) -> None:
    """Whenever they arrive: a period is about when they were taken. A wrong clock is told."""
    now = datetime.now(UTC)
    last_week = now - timedelta(days=7)
    inspected(service, "old-one.jpg", None, last_week)
    inspected(service, "today.jpg")
    inspected(service, "unset-clock.jpg", None, datetime(1970, 1, 1, tzinfo=UTC))
    out = tmp_path / "week.pdf"
    since, until = ((last_week + timedelta(days=days)).isoformat() for days in (-1, 1))
    assert run_command("report", "--since", since, "--until", until, "--out", out).code == 0
    text = text_of(out)
    assert "old-one.jpg" in text
    assert "as its sender said" in text
    assert "today.jpg" not in text
    assert "No picture was submitted" not in text
    since = (now - timedelta(hours=1)).isoformat()
    assert run_command("report", "--since", since, "--out", out).code == 0
    text = text_of(out)
    assert "old-one.jpg" not in text
    assert "Pictures whose stated time cannot be right: 1" in text
    assert "states 1970-01-01T00:00:00+00:00: its clock was never set" in text


def test_a_report_of_the_hazards_alone_counts_everything(
    run_command: RunCommand, service: Service, tmp_path: Path
) -> None:
    """Clear pictures have no sheet, but their camera is not silent; the worst comes first."""
    service.cameras.records.create(CameraSettings("Gate"), "gate")
    moment = datetime.now(UTC) - timedelta(hours=2)
    helmet = Hazard(Label.PERSON, SubLabel.HELMET)
    bare = Hazard(Label.PERSON, SubLabel.NO_HELMET)
    inspected(service, "clear.jpg", "gate", moment, helmet)
    inspected(service, "bare-head.jpg", None, moment, bare)
    inspected(service, "burning-one.jpg", None, moment + timedelta(hours=1))
    out = tmp_path / "hazards.pdf"
    since = (moment - timedelta(hours=1)).isoformat()
    options = ("--since", since, "--verdict", "hazard", "--order", "urgency", "--out", out)
    assert run_command("report", *options).code == 0
    text = text_of(out)
    assert "Hazards in 2 of 3 pictures." in text
    assert "clear.jpg" not in text
    assert text.index("burning-one.jpg") < text.index("bare-head.jpg")
    assert "Cameras that sent no picture" not in text
    assert '"Hazard" alone: 2 of 3' in text
    nothing = ("--since", since, "--verdict", "inconclusive", "--out", out)
    assert run_command("report", *nothing).code == 0
    assert "0 of 3" in text_of(out)
    assert run_command("report", "--since", since, "--verdict", "clear", "--out", out).code == 0
    text = text_of(out)
    assert "Pictures with a hazard are not part of this selection: 2." in text
    assert "No picture shows a hazard" not in text


def test_a_choice_of_a_report_that_makes_no_sense_is_named(
    run_command: RunCommand, tmp_path: Path
) -> None:
    """Before anything is written, with exit code 2."""
    assert run_command("migrate").code == 0
    out = tmp_path / "x.pdf"
    for options, said in (
        (("--verdict", "hazrd"), "hazrd"),
        (("--order", "size"), "size"),
        (("--since", "yesterday"), "yesterday"),
        (("--since", "0001-01-01"), "1970"),
        (("--until", "9999-12-31T23:59:59-12:00"), "1970"),
        (("--since", "2026-11-02", "--until", "2026-11-01"), "later than --since"),
        (("--inspection", "x", "--verdict", "hazard"), "--verdict"),
    ):
        refused = run_command("report", *options, "--out", out)
        assert refused.code == 2, options
        assert said in refused.err
    assert not out.exists()


def test_a_period_names_the_cameras_that_sent_nothing(
    run_command: RunCommand, service: Service, tmp_path: Path
) -> None:
    """Title and site are those of the command line."""
    for camera_id in ("gate", "roof"):
        service.cameras.records.create(CameraSettings(camera_id), camera_id)
    inspected(service, "a.jpg", "gate")
    inspected(service, "bb.jpg", "gate")
    out = tmp_path / "november.pdf"
    done = run_command(
        "report", "--since", "2026-11-01", "--title", "November", "--site", "Plant 2", "--out", out
    )
    assert done.code == 0, done.err
    text = text_of(out)
    assert "Cameras that sent no picture in this period: roof." in text
    assert "November" in text
    assert "Plant 2" in text


def test_unknown_ids_are_all_named(
    run_command: RunCommand, service: Service, tmp_path: Path
) -> None:
    """Exit code 2, and no file."""
    known = inspected(service, "a.jpg")
    out = tmp_path / "report.pdf"
    done = run_command(
        "report", "--inspection", known, "--inspection", "X1", "--notice", "X2", "--out", out
    )
    assert done.code == 2
    assert "There is no inspection 'X1', 'X2'." in done.err
    for arguments in (["--camera", "roof"], ["--batch", "nightly"]):
        refused = run_command("report", *arguments, "--out", out)
        assert refused.code == 2
        assert arguments[1] in refused.err
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Say what the report is about"),
        (["--inspection", "X1", "--camera", "roof"], "does not go with --camera"),
        (["--inspection", "X1", "--since", "2026-11-01"], "does not go with"),
    ],
)
def test_a_report_is_about_something(
    run_command: RunCommand, tmp_path: Path, arguments: list[str], said: str
) -> None:
    """Wrong usage is explained before anything is opened."""
    done = run_command("report", *arguments, "--out", tmp_path / "report.pdf")
    assert done.code == 2
    assert said in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_period_to_come_is_refused_in_the_language_asked_for(
    run_command: RunCommand, service: Service, tmp_path: Path
) -> None:
    """Exit 2 and no file, instead of an empty report that calls every camera silent."""
    assert service is not None
    out = tmp_path / "report.pdf"
    since = (datetime.now(UTC) + timedelta(days=12)).isoformat()
    for language, said in (("en", "The period has not begun"), ("zh", "时段尚未开始")):
        done = run_command("report", "--since", since, "--out", out, "--lang", language)
        assert done.code == 2
        assert said in done.err
        assert not out.exists()


def test_a_report_about_incidents_names_each_hazard_once(
    run_command: RunCommand, service: Service, tmp_path: Path
) -> None:
    """With --incidents; a notice on one of them is its form."""
    service.cameras.records.create(CameraSettings("Gate 3"), "gate")
    for name in ("a.jpg", "bb.jpg", "ccc.jpg"):
        inspected(service, name, "gate")
    out = tmp_path / "november.pdf"
    done = run_command(
        "report", "--incidents", "--since", "2026-01-01", "--hazard", "fire", "--out", out
    )
    assert done.code == 0, done.err
    assert "Hazards found: 1. Closed: 0; not closed: 1" in text_of(out)
    found = service.incidents.periods.opened(IncidentFilter())
    notice = tmp_path / "notice.pdf"
    done = run_command(
        "report", "--incidents", "--notice", found[0].id, "--lang", "zh", "--out", notice
    )
    assert done.code == 0, done.err
    assert "隐患整改通知单" in text_of(notice)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--incidents"], "Say which incidents"),
        (["--hazard", "fire"], "add --incidents"),
        (["--incidents", "--since", "2026-01-01", "--verdict", "hazard"], "--verdict"),
        (["--incident", "X1", "--since", "2026-01-01"], "does not go with"),
        (["--incident", "X1"], "There is no incident 'X1'"),
        (["--incidents", "--notice", "X2"], "There is no incident 'X2'"),
        (["--incidents", "--camera", "nowhere"], "nowhere"),
    ],
)
def test_a_report_about_incidents_is_about_something(
    run_command: RunCommand, tmp_path: Path, arguments: list[str], said: str
) -> None:
    """Wrong usage names what was wrong, and leaves no file."""
    assert run_command("migrate").code == 0
    refused = run_command("report", *arguments, "--out", tmp_path / "x.pdf")
    assert refused.code == 2
    assert said in refused.err
    assert not (tmp_path / "x.pdf").exists()
