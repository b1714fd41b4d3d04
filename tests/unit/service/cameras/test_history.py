"""Names and lifetimes of cameras, and what became of their frames, as reports want to know it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from safety_detector.documents.results import ResultDocument
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.cameras.history import CameraLifetime, FrameFates
from safety_detector.service.records import InspectionFilter, Submission
from safety_detector.stored_reports.scopes import camera_labels
from tests.pictures import jpeg
from tests.service_stand import Stand


def test_documents_carry_the_name_that_people_know(stand: Stand) -> None:
    """Beside the id, from the first answer on; of a camera that was removed the last."""
    cameras, results = stand.service.cameras.records, stand.service.inspections.results
    cameras.create(CameraSettings("北门 3 号"), "gate-3")
    accepted = stand.service.inspections.intake.accept(
        jpeg(), Submission("1.jpg", camera_id="gate-3")
    )
    assert (accepted.camera_id, accepted.camera_name) == ("gate-3", "北门 3 号")
    cameras.change("gate-3", lambda was: replace(was, name="南门"))
    (listed,) = results.list(InspectionFilter(), 10).items
    assert listed.camera_name == "南门"
    cameras.remove("gate-3")
    kept = results.get(accepted.id)
    assert kept is not None
    assert ResultDocument.of(kept).as_json()["camera_name"] == "南门"
    assert results.get_many([accepted.id])[accepted.id].camera_name == "南门"
    assert stand.accept(2).camera_name is None


def test_lifetimes_tell_when_a_camera_was_there(stand: Stand) -> None:
    """One that is made anew under its id has two, and bears its new name."""
    cameras = stand.service.cameras.records
    made = cameras.create(CameraSettings("Gate"), "gate").created_at
    stand.clock.advance(60)
    cameras.remove("gate")
    stand.clock.advance(60)
    again = cameras.create(CameraSettings("Yard"), "gate").created_at
    first, second = cameras.lifetimes()
    assert (first.name, first.since, second.name) == ("Gate", made, "Yard")
    assert (second.since, second.until) == (again, None)
    assert first.until is not None
    assert made < first.until < again
    assert camera_labels((first, second)) == {"gate": "Yard"}


def test_an_id_stands_beside_a_name_that_does_not_say_which(stand: Stand) -> None:
    """Of two cameras of one name, in capitals or not, and where a name is another one's id."""
    now = stand.clock.now
    names = {"a": "Gate", "b": "gate", "c": "d", "d": "北门", "e": " ", "f": "F"}
    lifetimes = [CameraLifetime(camera_id, name, now, None) for camera_id, name in names.items()]
    assert camera_labels(lifetimes) == {
        "a": "Gate (a)",
        "b": "gate (b)",
        "c": "d (c)",
        "d": "北门",
        "e": "e",
        "f": "F",
    }


def test_frames_that_are_not_inspected_are_counted_by_time(stand: Stand) -> None:
    """By camera: replaced by a newer one, or skipped; each in the quarter of an hour it came in."""
    cameras, frames = stand.service.cameras.records, stand.service.cameras.frames
    cameras.create(CameraSettings("Gate"), "gate")
    cameras.create(CameraSettings("Off", enabled=False), "off")
    began = stand.clock.now
    for seed in range(3):
        frames.push("gate", jpeg(seed), Submission("f.jpg"))
    stand.clock.advance(3600)
    later = stand.clock.now
    frames.push("gate", jpeg(4), Submission("f.jpg"))
    frames.push("off", jpeg(5), Submission("f.jpg"))
    assert cameras.frame_fates(None, None) == {"gate": FrameFates(3, 0), "off": FrameFates(0, 1)}
    assert cameras.frame_fates(began, began + timedelta(minutes=30)) == {"gate": FrameFates(2, 0)}
    assert cameras.frame_fates(later, None) == {"gate": FrameFates(1, 0), "off": FrameFates(0, 1)}
    assert cameras.frame_fates(later + timedelta(hours=1), None) == {}
