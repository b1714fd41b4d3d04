"""The newest picture of a camera, and what is said of its age."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx2
import numpy as np
import PIL.Image
import pytest

from tests.api_server import Api, make_jpeg

GATE = "/v1/cameras/gate-3"
LATEST = f"{GATE}/latest.jpg"
AMBER = np.array([255, 190, 0])


@pytest.fixture
def gate(client: httpx2.Client) -> httpx2.Client:
    """A client of an API with one camera."""
    made = client.post("/v1/cameras", json={"id": "gate-3", "name": "Gate 3"})
    assert made.status_code == 201, made.text
    return client


def inspect_frame(api: Api, client: httpx2.Client, seed: int = 0, age_s: float = 0) -> datetime:
    """Pushes a frame that was taken so long ago and inspects it; returns when it was taken."""
    taken_at = datetime.now(UTC) - timedelta(seconds=age_s)
    pushed = client.post(
        f"{GATE}/frames",
        params={"captured_at": taken_at.isoformat()},
        content=make_jpeg(seed, (640, 480)),
        headers={"Content-Type": "image/jpeg"},
    )
    assert pushed.status_code == 202, pushed.text
    api.work()
    return taken_at


def picture(response: httpx2.Response) -> PIL.Image.Image:
    """The picture in an answer."""
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "image/jpeg"
    return PIL.Image.open(io.BytesIO(response.content))


def has_banner(shown: PIL.Image.Image) -> bool:
    """Whether the corner is that of a warning plate."""
    return bool(np.abs(np.array(shown.convert("RGB"))[3, 3].astype(int) - AMBER).max() < 30)


def test_newest_picture_comes_as_it_was_annotated_with_its_age(
    api: Api, gate: httpx2.Client
) -> None:
    """Of a camera that sends it is the annotated file itself; headers say how old it is."""
    inspect_frame(api, gate, 1, age_s=10)
    taken_at = inspect_frame(api, gate, 2, age_s=5)
    answer = gate.get(LATEST)
    assert not has_banner(picture(answer))
    assert answer.headers["X-Picture-Live"] == "true"
    assert 5 <= int(answer.headers["X-Picture-Age-S"]) < 60
    stated = datetime.fromisoformat(answer.headers["X-Picture-Taken-At"])
    assert abs(stated - taken_at) < timedelta(milliseconds=2)
    modified = parsedate_to_datetime(answer.headers["Last-Modified"])
    assert timedelta(0) <= taken_at - modified < timedelta(seconds=1)
    inspection = answer.headers["X-Inspection-Id"]
    assert answer.content == gate.get(f"/v1/inspections/{inspection}/annotated").content
    again = gate.get(LATEST, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert int(again.headers["X-Picture-Age-S"]) >= 5
    inspect_frame(api, gate, 3)
    newer = gate.get(LATEST, headers={"If-None-Match": answer.headers["ETag"]})
    assert newer.status_code == 200


@pytest.mark.parametrize(
    ("age_s", "params", "headers", "language"),
    [
        (360, {}, {}, "en"),
        (360, {"lang": "zh"}, {}, "zh"),
        (360, {}, {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}, "zh"),
        (360, {}, {"Accept-Language": "fr, zh;q=0.2, en-GB;q=0.7"}, "en"),
        (360, {}, {"Accept-Language": "zh;q=nan, *;q=2, ;;, en;q=0"}, "en"),
        (360, {"lang": "en"}, {"Accept-Language": "zh"}, "en"),
        (125, {}, {}, "en"),
        (3 * 86_400, {}, {}, "en"),
    ],
)
def test_old_picture_is_never_shown_as_live(
    api: Api,
    gate: httpx2.Client,
    age_s: float,
    params: dict[str, str],
    headers: dict[str, str],
    language: str,
) -> None:
    """Its age stands above it, in the reader's language, and covers nothing of it."""
    inspect_frame(api, gate, age_s=age_s)
    answer = gate.get(LATEST, params=params, headers=headers)
    shown = picture(answer)
    assert has_banner(shown)
    assert shown.width == 640
    assert shown.height > 500
    assert answer.headers["X-Picture-Live"] == "false"
    assert age_s <= int(answer.headers["X-Picture-Age-S"]) < age_s + 60
    assert f"-{language}-" in answer.headers["ETag"]
    again = gate.get(
        LATEST, params=params, headers={**headers, "If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304


def test_picture_of_a_camera_that_is_switched_off_is_not_live(
    api: Api, gate: httpx2.Client
) -> None:
    """However new it is: nothing newer will come."""
    inspect_frame(api, gate)
    gate.put(GATE, json={"name": "Gate 3", "enabled": False})
    assert has_banner(picture(gate.get(LATEST)))


def test_very_small_and_very_large_pictures_get_a_banner_that_can_be_read(
    api: Api, gate: httpx2.Client
) -> None:
    """The small ones are enlarged for it, the large ones shown smaller."""
    for size, width in (((64, 48), 640), ((3000, 200), 1920), ((100, 900), 640)):
        taken_at = datetime.now(UTC) - timedelta(minutes=10)
        gate.post(
            f"{GATE}/frames",
            params={"captured_at": taken_at.isoformat()},
            content=make_jpeg(1, size),
            headers={"Content-Type": "image/jpeg"},
        )
        api.work()
        shown = picture(gate.get(LATEST))
        assert has_banner(shown)
        assert shown.width == width


def test_what_is_missing_for_a_first_picture_is_said(gate: httpx2.Client) -> None:
    """Nothing came, nothing could be read, it waits; and an unknown camera is another thing."""

    def missing() -> str:
        answer = gate.get(LATEST)
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
        return answer.json()["detail"]

    assert "sends them to /v1/cameras/gate-3/frames" in missing()
    gate.post(f"{GATE}/frames", content=b"x", headers={"Content-Type": "image/jpeg"})
    assert "refused or skipped" in missing()
    gate.post(f"{GATE}/frames", content=make_jpeg(), headers={"Content-Type": "image/jpeg"})
    assert "waits to be" in missing()
    source = {"url": "rtsp://10.0.0.7/1"}
    gate.post("/v1/cameras", json={"id": "gate-4", "name": "Gate 4", "source": source})
    unwatched = gate.get("/v1/cameras/gate-4/latest.jpg").json()
    assert "a process that watches cameras" in unwatched["detail"]
    for unknown in ("nobody", "a b", "..%2f", "x" * 80):
        answer = gate.get(f"/v1/cameras/{unknown}/latest.jpg")
        assert answer.status_code in (404, 422), unknown


def test_pictures_of_an_earlier_camera_with_the_same_id_are_not_shown(
    api: Api, gate: httpx2.Client
) -> None:
    """They show another place."""
    inspect_frame(api, gate)
    gate.delete(GATE)
    gate.post("/v1/cameras", json={"id": "gate-3", "name": "Another"})
    assert gate.get(LATEST).status_code == 404
