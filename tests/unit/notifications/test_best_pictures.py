"""The picture of an incident, small enough for who is told."""

from __future__ import annotations

import io

import PIL.Image
import pytest

from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.notifications.best_pictures import BestPictures
from safety_detector.service.records import Submission
from tests.pictures import jpeg
from tests.service_stand import Stand

FIRE = Hazard(Label.FIRE, SubLabel.MINOR)


@pytest.fixture
def body(stand: Stand) -> dict[str, object]:
    """A message about an incident whose best picture is large."""
    accepted = stand.service.inspections.intake.accept(jpeg(), Submission("f.jpg"))
    claim = stand.claim()
    assert stand.complete(claim, FIRE)
    noise = PIL.Image.effect_noise((3840, 2160), 80).convert("RGB")
    file = io.BytesIO()
    noise.save(file, "JPEG", quality=95)
    stand.service.storage.store_annotated([(claim.subject_id, claim.fence, file.getvalue())])
    assert len(file.getvalue()) > 2 * 2**20
    return {"data": {"best": {"inspection_id": claim.subject_id}}, "accepted": str(accepted)}


def sides(data: bytes) -> tuple[int, int]:
    """Width and height of a JPEG that is whole."""
    with PIL.Image.open(io.BytesIO(data)) as picture:
        picture.load()
        return picture.size


@pytest.mark.parametrize("most_bytes", [2 * 2**20, 300_000, 60_000])
def test_a_large_picture_is_reduced_to_the_limit(
    stand: Stand, body: dict[str, object], most_bytes: int
) -> None:
    """In its proportions, and no smaller than it has to be."""
    data = BestPictures(stand.service.inspections.results).jpeg(body, most_bytes)
    assert data is not None
    assert len(data) <= most_bytes
    width, height = sides(data)
    assert width / height == pytest.approx(16 / 9, rel=0.01)
    assert max(width, height) <= 1920


def test_no_picture_is_no_reason_to_tell_nobody(stand: Stand, body: dict[str, object]) -> None:
    """None that is small enough, none of a camera's fault, one that was purged, nonsense."""
    pictures = BestPictures(stand.service.inspections.results)
    assert pictures.jpeg(body, 1000) is None
    gone = {"data": {"best": {"inspection_id": "01KAJ8W4T02M5QCZXK1D7H3R9N"}}}
    for nothing in (gone, {}, {"data": {}}, {"data": {"best": None}}, {"data": {"best": {}}}):
        assert pictures.jpeg(nothing, 2**21) is None
