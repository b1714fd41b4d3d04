"""The pictures of the console in these docs: ``python -m docs.make_console_pictures``.

Pages as Chromium shows them, over incidents that the embedded detector makes of the samples.
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
from playwright.sync_api import Browser, sync_playwright

from safety_detector.annotation.draw import annotate, encode_annotated
from safety_detector.appearance.fonts import find_fonts
from safety_detector.host.local_time import zone_of
from safety_detector.pipeline import inspect_picture
from safety_detector.service.operation.presence import worker_name
from safety_detector.service.records import Finding
from safety_detector.settings import Settings
from safety_detector.web.app import WebOptions
from safety_detector.web.bodies.uploads import UploadLimits
from safety_detector.wiring import build_embedded_detector
from tests.api_server import Api, ApiRunner
from tests.service_stand import next_claim

DOCS = Path(__file__).parent
SAMPLES = DOCS.parent / "samples"
_SEEN = (
    ("fire-in-laboratory.jpg", "3 号实验室"),
    ("two-bare-heads-low-sun.jpg", "北门"),
    ("helmet-and-bare-head-composed.jpg", "装配平台 2"),
    ("smoke-plume-volcano.jpg", "罐区西侧"),
    ("officer-cap-no-helmet.jpg", "门卫室"),
    ("astronaut-bare-head.png", "总装车间"),
)
# Those below are fetched when somebody scrolls to them.
_ALL_SEEN_ARE_THERE = (
    "[...document.images].every((one) => one.complete || "
    "one.getBoundingClientRect().top > innerHeight)"
)
# File, path, language, colour scheme, width and height.
_PICTURES = (
    ("console-now", "/", "en-US", "light", 1360, 800),
    ("console-wall-zh", "/wall", "zh-CN", "light", 1280, 800),
    ("console-review-zh", "/review", "zh-CN", "light", 1280, 800),
    ("console-incident", "/incidents/{incident}", "en-US", "light", 1280, 800),
    ("console-picture", "/pictures/{picture}", "en-US", "dark", 1280, 800),
    ("console-statistics-zh", "/incidents/statistics", "zh-CN", "light", 1280, 800),
    ("console-camera", "/cameras/camera-0/areas", "en-US", "light", 1280, 800),
    ("console-phone-zh", "/", "zh-CN", "light", 390, 800),
)
_ZONE = {
    "id": "bench",
    "name": "Bench",
    "polygon": [[0.5, 0.3], [0.95, 0.3], [0.95, 0.8], [0.5, 0.8]],
    "watch": ["fire", "smoke"],
    "severity": "severe",
}
_MASK = {
    "polygon": [[0.0, 0.45], [0.3, 0.4], [0.3, 0.6], [0.0, 0.65]],
    "reason": "green lamps",
    "hazards": ["fire"],
}
_ENDED = 3  # the camera that sends no more


def main() -> None:
    """Writes the pictures beside this file."""
    with tempfile.TemporaryDirectory() as folder:
        runner = ApiRunner(Path(folder))
        options = WebOptions(open_without_keys=True, time_zone=zone_of("Asia/Shanghai"))
        api = runner.start(options)
        with api.client() as client:
            places = _make_incidents(api, client)
        for queue in ("embedded", "render"):
            api.service.operation.upkeep.report_worker(worker_name(queue), queue, 2)
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            for name, path, locale, scheme, width, height in _PICTURES:
                shown = path.format(**places)
                _take(chromium, api.url + shown, name, locale, scheme, width, height)
            chromium.close()
        runner.stop()


def _make_incidents(api: Api, client: httpx2.Client) -> dict[str, str]:
    """Each camera sees its sample six times; gives ids of the fire and of a picture of it."""
    detector = build_embedded_detector(Settings())
    begin = datetime.now(UTC) - timedelta(minutes=9)
    for number, (_, name) in enumerate(_SEEN):
        body = {"id": f"camera-{number}", "name": name}
        if number == 0:
            body |= {"zones": [_ZONE], "masks": [_MASK]}
        client.post("/v1/cameras", json=body).raise_for_status()
    looks = [
        (number, begin + timedelta(seconds=80 * number + 4 * look))
        for number in range(len(_SEEN))
        for look in range(5)  # what is seen unsurely has to last
    ]
    now = datetime.now(UTC)
    looks += [
        (number, now - timedelta(seconds=number))
        for number in range(len(_SEEN))
        if number != _ENDED
    ]
    for number, moment in looks:
        sample = _SEEN[number][0]
        client.post(
            f"/v1/cameras/camera-{number}/frames",
            params={"captured_at": moment.isoformat(timespec="milliseconds")},
            content=(SAMPLES / sample).read_bytes(),
            headers={"Content-Type": "application/octet-stream"},
        ).raise_for_status()
        while (claim := next_claim(api.service)) is not None:
            data = api.service.storage.read_picture(str(claim.subject.picture.sha256))
            seen = inspect_picture(data, sample, detector, UploadLimits().picture)
            drawn = annotate(seen.rgb, seen.detections, find_fonts(), "zh")
            jpeg = encode_annotated(drawn, len(data))
            finding = Finding(claim, seen.detections, seen.runs, seen.verdict, jpeg)
            api.service.inspections.findings.record([finding])
    (fire, *_) = client.get("/v1/incidents", params={"hazard": "fire"}).json()["incidents"]
    (bare, *_) = client.get("/v1/incidents", params={"camera_id": "camera-1"}).json()["incidents"]
    return {"incident": fire["id"], "picture": bare["best"]["inspection_id"]}


def _take(
    chromium: Browser, url: str, name: str, locale: str, scheme: str, width: int, height: int
) -> None:
    context = chromium.new_context(
        locale=locale, color_scheme=scheme, viewport={"width": width, "height": height}
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector('.live[data-live-state="on"]')
    page.wait_for_load_state("load")
    page.wait_for_function(_ALL_SEEN_ARE_THERE)
    page.screenshot(path=DOCS / f"{name}.jpg", type="jpeg", quality=82)
    context.close()


if __name__ == "__main__":
    main()
