"""Nobody takes a fire for out that nobody looks at, and everybody is told why it is not seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from safety_detector.domain.detections import Detection, DetectorRun
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.domain.incidents.incident import Stage
from safety_detector.domain.inspection import Verdict, decide_verdict
from safety_detector.errors import ModelUnreachable
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.incidents.records import IncidentFilter, StoredIncident
from safety_detector.service.records import Finding, Submission
from tests.pictures import jpeg
from tests.service_stand import Stand, put_back


@pytest.fixture(autouse=True)
def _fire(stand: Stand) -> None:
    """A camera that sends every two seconds, and a fire that it sees."""
    stand.service.cameras.records.create(CameraSettings("Gate 3", every_s=2), "gate")
    for _ in range(3):
        send(stand)


def send(stand: Stand, verdict: Verdict | None = None) -> None:
    """A picture with a fire, two seconds after the last one, or with a verdict alone."""
    stand.clock.advance(2)
    stand.service.cameras.frames.push("gate", jpeg(), Submission("f.jpg"))
    claim, runs = stand.claim(), (DetectorRun("embedded", "a model"),)
    fire = Detection(Box(6, 8, 14, 16), Hazard(Label.FIRE, SubLabel.MINOR), 0.9)
    found = (fire,) if verdict is None else ()
    said = verdict or decide_verdict(found, runs)
    finding = Finding(claim, found, runs, said, b"annotated")
    assert stand.service.inspections.findings.record([finding]) == [True]


def wait(stand: Stand, seconds: int) -> None:
    """Nothing comes, while the sweeper goes its rounds."""
    for _ in range(0, seconds, 10):
        stand.clock.advance(10)
        stand.service.cameras.health.sweep()


def fire(stand: Stand) -> StoredIncident:
    """The fire, as it is listed; read alone it is the same."""
    records = stand.service.incidents.records
    (found,) = [one for one in records.list(IncidentFilter(), 10) if one.hazards[0].value == "fire"]
    assert records.get(found.id) == found
    return found


def why(stand: Stand) -> str | None:
    """Why it is not seen."""
    assert fire(stand).stage is Stage.OPEN
    reason = fire(stand).unseen_because
    return None if reason is None else reason.text("en")


def test_what_is_looked_at_needs_no_word(stand: Stand) -> None:
    """Nor does a pause that is none."""
    assert why(stand) is None
    wait(stand, 20)
    assert why(stand) is None


def test_a_silent_camera_is_named(stand: Stand) -> None:
    """With what its source says; when pictures come again the word goes."""
    wait(stand, 300)
    assert why(stand) == "No picture has come from the camera."
    send(stand)
    assert why(stand) is None


def test_a_model_that_is_away_is_named(stand: Stand) -> None:
    """With what is known of it."""
    stand.clock.advance(2)
    stand.service.cameras.frames.push("gate", jpeg(), Submission("f.jpg"))
    put_back(stand.service.inspections.jobs, stand.claim(), ModelUnreachable("It is away."))
    stand.clock.advance(90)
    assert "Pictures wait for the model" in (why(stand) or "")


def test_pictures_that_show_nothing_are_named(stand: Stand) -> None:
    """A picture of which nothing can be said is no sign that a fire is out."""
    for _ in range(50):
        send(stand, Verdict.INCONCLUSIVE)
    assert why(stand) == "Nothing could be said of the pictures since."


def test_a_camera_that_is_off_is_named_and_one_that_is_gone_ends_it(stand: Stand) -> None:
    """At once: nobody will look, or nobody ever will."""
    records = stand.service.cameras.records
    records.change("gate", lambda present: replace(present, enabled=False))
    assert why(stand) == "The camera is switched off."
    records.remove("gate")
    assert (fire(stand).stage, fire(stand).unseen_because) == (Stage.ENDED, None)


def test_what_is_over_needs_no_word(stand: Stand) -> None:
    """A fire that was looked for and not found is out, whatever becomes of the camera."""
    for _ in range(40):
        send(stand, Verdict.CLEAR)
    assert fire(stand).stage is Stage.QUIET
    wait(stand, 300)
    assert fire(stand).unseen_because is None
