"""Labelled sets over REST."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import numpy as np
import PIL.Image
import pytest

from safety_detector.datasets.finetuning.reading_back import read_back_folder
from safety_detector.datasets.labelled import LabelledPicture
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.evaluation.truth import read_labelled_pictures
from safety_detector.service.datasets.judged import JudgedPictures
from safety_detector.service.datasets.records import DatasetFilter
from safety_detector.service.records import Scope
from tests.api_server import Api, ApiRunner, make_jpeg
from tests.eventually import eventually
from tests.judged_service import HeldCounts, Judged

FIRE = Hazard(Label.FIRE, SubLabel.SEVERE)
BARE = Hazard(Label.PERSON, SubLabel.NO_HELMET)
PLACE = Box(80, 60, 160, 120)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_a_zip_holds_what_a_folder_would(client: httpx2.Client, api: Api, tmp_path: Path) -> None:
    """Made while it is sent; ``eval`` reads what comes out, and the audit log says who fetched."""
    judged = Judged(api.service)
    for number in range(5):
        judged.correct(judged.picture(make_jpeg(number), (PLACE, FIRE)), (PLACE, FIRE, 0))
    looked = client.get("/v1/datasets").json()
    assert (looked["judged"], looked["train"], looked["validation"]) == (5, 5, 0)
    assert looked["boxes"] == {"fire/severe": 5}
    coco = next(one["download"] for one in looked["formats"] if one["name"] == "coco")
    answer = client.get(coco)
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "set")
    assert len(read_labelled_pictures(tmp_path / "set" / "train.json")) == 5
    (entry,) = client.get("/v1/audit", params={"action": "dataset-exported"}).json()["entries"]
    assert entry["details"]["pictures"] == 5


@pytest.mark.parametrize("name", ["llama-factory", "ms-swift"])
def test_a_set_for_a_language_model_comes_as_a_zip(
    client: httpx2.Client, api: Api, tmp_path: Path, name: str
) -> None:
    """What is fetched reads back exactly, as what the command writes does."""
    judged = Judged(api.service)
    judged.correct(judged.picture(make_jpeg(1), (PLACE, FIRE)), (PLACE, FIRE, 0))
    answer = client.get(f"/v1/datasets/{name}.zip")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(tmp_path / "set")
    assert sum(read_back_folder(tmp_path / "set").samples.values()) == 2


def test_lists_labels_to_look_at_again(client: httpx2.Client, api: Api) -> None:
    """Of forty fires on four days one was struck out; with one day alone nothing can be said."""
    judged = Judged(api.service)
    one_day = judged.picture(make_jpeg(99), (PLACE, FIRE), taken_at=NOON)
    judged.correct(one_day, (PLACE, FIRE, 0))
    assert client.get("/v1/datasets/doubtful").status_code == 422
    for number in range(40):
        taken = NOON + timedelta(days=number % 4)
        one = judged.picture(make_jpeg(number), (PLACE, FIRE), taken_at=taken)
        judged.correct(one, *([] if number == 9 else [(PLACE, FIRE, 0)]))
    told = client.get("/v1/datasets/doubtful").json()
    assert (told["pictures"], told["found"]) == (41, 1)
    assert told["labels"][0]["doubt"] == "refuted"
    assert told["labels"][0]["judged"] == {"label": "fire", "sub_label": "severe"}
    assert client.get("/v1/datasets/doubtful", params={"at_most": 2}).status_code == 422


def test_nothing_is_sent_of_no_set(client: httpx2.Client, api: Api) -> None:
    """Without a judged picture the answer says so, and what to do."""
    answer = client.get("/v1/datasets/yolo.zip")
    assert (answer.status_code, "No judged picture" in answer.json()["detail"]) == (422, True)
    judged = Judged(api.service)
    judged.correct(judged.picture(make_jpeg(1)), (PLACE, FIRE), complete=False)
    answer = client.get("/v1/datasets/yolo.zip")
    assert (answer.status_code, "nothing is missing" in answer.json()["detail"]) == (422, True)
    for query in (
        "validation=2",
        "empty_share=-1",
        "since=2026-11-02T00:00:00Z&until=2026-11-01T00:00:00Z",
    ):
        assert client.get(f"/v1/datasets/coco.zip?{query}").status_code == 422
    assert client.get("/v1/datasets/pdf.zip").status_code in (404, 422)


def test_evidence_under_hold_goes_out_by_an_administrators_word_alone(runner: ApiRunner) -> None:
    """Left out and counted; whoever may only read cannot ask for it."""
    api = runner.start()
    judged = Judged(api.service)
    held, free = (judged.picture(make_jpeg(number), (PLACE, FIRE)) for number in range(2))
    for one in (held, free):
        judged.correct(one, (PLACE, FIRE, 0))
    api.service.retention.holds.set([held], "accident report 17")
    reader, admin = api.key(Scope.READ), api.key(Scope.ADMIN)
    with api.client(reader) as client:
        looked = client.get("/v1/datasets").json()
        assert looked["train"] == 1
        assert [one["code"] for one in looked["left_out"]] == ["dataset-held"]
        for path in ("/v1/datasets", "/v1/datasets/coco.zip"):
            refused = client.get(path, params={"include_held": True})
            assert refused.status_code == 403
    with api.client(admin) as client:
        assert client.get("/v1/datasets", params={"include_held": True}).json()["train"] == 2


def test_a_picture_that_was_purged_meanwhile_is_left_out(client: httpx2.Client, api: Api) -> None:
    """The set is whole without it, and says that it is gone."""
    judged = Judged(api.service)
    ids = [judged.picture(make_jpeg(number), (PLACE, FIRE)) for number in range(3)]
    for one in ids:
        judged.correct(one, (PLACE, FIRE, 0))
    gone = api.service.inspections.results.get(ids[1])
    assert gone is not None
    api.service.storage.delete_picture(str(gone.picture.sha256))
    with zipfile.ZipFile(io.BytesIO(client.get("/v1/datasets/coco.zip").content)) as archive:
        about = json.loads(archive.read("dataset.json"))
        names = archive.namelist()
    assert about["left_out"] == {"dataset-picture-gone": 1}
    assert sum(name.startswith("images/") for name in names) == 2


def test_faces_are_blurred_wherever_they_are(client: httpx2.Client, api: Api) -> None:
    """In the picture, and in the small copy that its file carries."""
    judged = Judged(api.service)
    data = portrait()
    judged.correct(
        judged.picture(data, (Box(100, 20, 200, 300), BARE)), (Box(100, 20, 200, 300), BARE, 0)
    )
    answer = client.get("/v1/datasets/coco.zip", params={"blur_faces": True})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        (name,) = (one for one in archive.namelist() if one.startswith("images/"))
        blurred = archive.read(name)
    assert b"Exif" in data
    assert b"Exif" not in blurred
    before, after = (
        np.asarray(PIL.Image.open(io.BytesIO(one)).convert("L")).astype(int)
        for one in (data, blurred)
    )
    head, ground = (slice(40, 100), slice(110, 190)), (slice(320, 380), slice(10, 90))
    assert before[head].std() > 40
    assert after[head].std() < 15
    assert abs(after[ground].std() - before[ground].std()) < 3


def portrait() -> bytes:
    """A JPEG of fine stripes, with a small copy of itself in its EXIF data."""
    stripes = np.indices((400, 300)).sum(axis=0) // 2 % 2 * 220
    picture = PIL.Image.fromarray(np.dstack([stripes] * 3).astype(np.uint8))
    small = io.BytesIO()
    picture.resize((60, 80)).save(small, "JPEG")
    exif = PIL.Image.Exif()
    exif[0x9286] = small.getvalue()
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=95, exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("fault", ["gone", "broken"])
def test_a_set_that_breaks_off_is_no_zip(client: httpx2.Client, api: Api, fault: str) -> None:
    """Whoever goes away frees the place; where pictures cannot be read the answer ends early."""
    judged = Judged(api.service)
    for number in range(4):
        picture = make_jpeg(number, (1600, 1200))
        judged.correct(judged.picture(picture, (PLACE, FIRE)), (PLACE, FIRE, 0))
    if fault == "gone":
        with client.stream("GET", "/v1/datasets/coco.zip") as answer:
            next(answer.iter_raw())
    else:
        (api.folder / "data" / "images").rename(api.folder / "data" / "elsewhere")
        with pytest.raises(httpx2.RemoteProtocolError):
            client.get("/v1/datasets/coco.zip")
        (api.folder / "data" / "elsewhere").rename(api.folder / "data" / "images")
    eventually(lambda: not any(one.name == "dataset" for one in threading.enumerate()))
    for _ in range(3):
        with zipfile.ZipFile(io.BytesIO(client.get("/v1/datasets/coco.zip").content)) as archive:
            assert archive.testzip() is None


def test_few_sets_are_counted_at_a_time(
    client: httpx2.Client, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third look at all that was judged is sent away at once, and none holds up a set."""
    judged = Judged(api.service)
    judged.correct(judged.picture(make_jpeg(1), (PLACE, FIRE)), (PLACE, FIRE, 0))
    held = HeldCounts()
    held.install(monkeypatch)
    with ThreadPoolExecutor() as pool:
        paths = ("/v1/datasets", "/v1/datasets/doubtful")
        waiting = [pool.submit(client.get, one, params={"camera_id": "gate"}) for one in paths]
        try:
            assert all(held.begun.acquire(timeout=60) for _ in waiting)
            for path in paths:
                refused = client.get(path)
                assert (refused.status_code, refused.json()["code"]) == (503, "datasets-busy")
            assert client.get("/v1/datasets/coco.zip").status_code == 200
        finally:
            held.go_on.set()
        assert waiting[0].result().status_code == 200
    assert client.get("/v1/datasets").status_code == 200


def test_a_zip_begins_without_a_look_at_all(
    client: httpx2.Client, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first byte no more is read than a picture that may go in."""
    judged = Judged(api.service)
    for number in range(3):
        judged.correct(judged.picture(make_jpeg(number), (PLACE, FIRE)), (PLACE, FIRE, 0))
    listed, read = JudgedPictures.list, []

    def counted(self: JudgedPictures, wanted: DatasetFilter) -> Iterator[LabelledPicture]:
        read.append(0)
        for one in listed(self, wanted):
            read[-1] += 1
            yield one

    monkeypatch.setattr(JudgedPictures, "list", counted)
    assert client.get("/v1/datasets/coco.zip").status_code == 200
    assert read == [1, 3]
    for _ in range(3):  # what is refused leaves its place to others
        assert client.get("/v1/datasets/coco.zip?batch_id=" + "0" * 26).status_code == 422
    assert client.get("/v1/datasets/coco.zip").status_code == 200
