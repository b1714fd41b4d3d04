from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pypdf
import pytest

from safety_detector.service.cameras import CameraSettings
from safety_detector.service.core import Service
from safety_detector.service.records import Submission
from safety_detector.settings import load_settings
from safety_detector.wiring import open_service
from tests.pictures import jpeg
from tests.service_stand import FIRE, finding

from .conftest import RunCommand


@pytest.fixture
def service(run_command: RunCommand) -> Iterator[Service]:
    """The service whose results are reported on."""
    assert run_command("migrate").code == 0
    with closing(open_service(load_settings(), wake_up=lambda _queue: None)) as opened:
        yield opened


def inspected(service: Service, name: str, camera_id: str | None = None) -> str:
    """The id of a completed inspection."""
    submission = Submission(name, camera_id=camera_id)
    accepted = service.intake.accept(jpeg(len(name)), submission)
    claim = service.claims.claim(service.intake.backend_of(submission), "worker-1")
    assert claim is not None
    assert service.claims.record([finding(claim, FIRE)]) == [True]
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
    accepted = service.intake.accept(jpeg(9), Submission("clear.jpg"))
    claim = service.claims.claim(service.intake.backend_of(Submission("clear.jpg")), "worker-1")
    assert claim is not None
    assert service.claims.record([finding(claim)]) == [True]
    out = tmp_path / "notice.pdf"
    for options in ((), ("--inspection", inspected(service, "a.jpg"))):
        done = run_command("report", "--notice", accepted.id, *options, "--out", out)
        assert done.code == 2
        assert accepted.id in done.err
        assert "no hazard" in done.err
        assert not out.exists()


def test_a_period_names_the_cameras_that_sent_nothing(
    run_command: RunCommand, service: Service, tmp_path: Path
) -> None:
    """Title and site are those of the command line."""
    for camera_id in ("gate", "roof"):
        service.cameras.create(CameraSettings(camera_id), camera_id)
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
