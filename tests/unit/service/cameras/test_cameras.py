"""Cameras as records."""

from __future__ import annotations

import pytest

from safety_detector.errors import CameraExists, SubmissionRefused, UnknownCamera
from safety_detector.service.cameras.cameras import CameraSettings
from safety_detector.service.records import Submission
from tests.pictures import jpeg
from tests.service_stand import Stand


def test_a_camera_is_kept_as_it_was_made(stand: Stand) -> None:
    """Settings come back; the list is in the order of ids."""
    stand.service.cameras.records.create(
        CameraSettings("Zone B", backend="qwen", min_interval_ms=500), "b"
    )
    stand.service.cameras.records.create(CameraSettings("Zone A"), "a")
    camera = stand.service.cameras.records.get("b")
    assert (camera.name, camera.enabled, camera.backend) == ("Zone B", True, "qwen")
    assert camera.min_interval_ms == 500
    assert [one.id for one in stand.service.cameras.records.list()] == ["a", "b"]


def test_a_camera_without_an_id_gets_one(stand: Stand) -> None:
    """The id that is made up can be used like any other."""
    camera = stand.service.cameras.records.create(CameraSettings("Gate"))
    assert stand.service.cameras.records.get(camera.id) == camera


def test_an_id_is_given_once(stand: Stand) -> None:
    """The second camera of an id is refused and the first stays as it is."""
    stand.service.cameras.records.create(CameraSettings("First"), "gate")
    with pytest.raises(CameraExists):
        stand.service.cameras.records.create(CameraSettings("Second"), "gate")
    assert stand.service.cameras.records.get("gate").name == "First"


@pytest.mark.parametrize("camera_id", ["a b", "../x", ".hidden", "x" * 65, "门"])
def test_an_id_that_could_not_stand_in_a_url_is_refused(stand: Stand, camera_id: str) -> None:
    """Ids stand in addresses, labels and file names."""
    with pytest.raises(SubmissionRefused):
        stand.service.cameras.records.create(CameraSettings("x"), camera_id)


def test_a_removed_camera_is_gone_and_its_inspections_stay(stand: Stand) -> None:
    """Removing a record deletes no evidence."""
    stand.service.cameras.records.create(CameraSettings("Gate"), "gate")
    receipt = stand.service.cameras.frames.push("gate", jpeg(), Submission("1.jpg"))
    stand.service.cameras.records.remove("gate")
    with pytest.raises(UnknownCamera):
        stand.service.cameras.records.get("gate")
    assert receipt.inspection is not None
    assert stand.service.inspections.results.get(receipt.inspection.id) is not None


def test_what_is_not_there_cannot_be_changed_or_removed(stand: Stand) -> None:
    """Both say that there is no such camera."""
    with pytest.raises(UnknownCamera):
        stand.service.cameras.records.change("gate", lambda present: present)
    with pytest.raises(UnknownCamera):
        stand.service.cameras.records.remove("gate")
