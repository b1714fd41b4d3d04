"""The wall: a tile a camera, that follows what happens and looks dead when it is."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.api_server import Api, ApiRunner, make_jpeg
from tests.console_stand import add_incidents

from .conftest import Visits

pytestmark = pytest.mark.processes


def push(api: Api, camera_id: str, seed: int, ago_s: float = 0) -> None:
    """A picture of a camera that was taken so long ago, and that was inspected."""
    taken = datetime.now(UTC) - timedelta(seconds=ago_s)
    with api.client() as client:
        pushed = client.post(
            f"/v1/cameras/{camera_id}/frames",
            params={"captured_at": taken.isoformat(timespec="milliseconds")},
            content=make_jpeg(seed, (640, 360)),
            headers={"Content-Type": "image/jpeg"},
        )
        assert pushed.status_code == 202, pushed.text
    api.work()


def tile(page: Page, camera_id: str) -> Locator:
    """The tile of a camera."""
    return page.locator(f'[data-tile="{camera_id}"]')


def is_live(page: Page) -> None:
    """Waits until the page says that it is live."""
    expect(page.locator(".live")).to_have_attribute("data-live-state", "on")


def test_a_tile_shows_what_a_camera_sees_and_how_old_that_is(visits: Visits, api: Api) -> None:
    """The picture with its age, the gravest incident, and a way to it."""
    page = visits.page()
    page.goto(f"{api.url}/wall")
    one = tile(page, "camera-2")
    expect(one.get_by_role("heading")).to_have_text("2 号门")
    expect(one.locator(".tile-age")).to_have_text(re.compile(r"^\d+ (s|min) ago$"))
    expect(one.locator(".plate")).to_have_text("Fire")
    expect(one.locator(".tile-state")).to_contain_text("New")
    assert one.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)")
    one.locator(".tile-picture a").click()
    page.wait_for_url("**/incidents/*")


def test_a_new_picture_changes_its_tile_alone(visits: Visits, api: Api) -> None:
    """Nothing is loaded anew but that tile and its thumbnail; the others stay as they are."""
    page = visits.page()
    page.goto(f"{api.url}/wall")
    is_live(page)
    before = tile(page, "camera-1").locator("img").get_attribute("src")
    page.evaluate("document.querySelectorAll('[data-tile]').forEach((one) => { one.same = true; })")
    asked = len(visits.asked)
    push(api, "camera-1", 41)
    expect(tile(page, "camera-1").locator("img")).not_to_have_attribute("src", str(before))
    same = "one => one.same === true"
    assert not tile(page, "camera-1").evaluate(same)
    assert tile(page, "camera-2").evaluate(same)
    pictures = [url for url in visits.asked[asked:] if url.endswith(".jpg")]
    assert len(pictures) == 1
    assert not [url for url in visits.asked if re.search(r"/(annotated|original)\.jpg", url)]


def test_an_incident_and_what_becomes_of_it_stand_on_the_tile(visits: Visits, api: Api) -> None:
    """What somebody acknowledged elsewhere, and a camera that is added, are there by themselves."""
    page = visits.page()
    page.goto(f"{api.url}/wall")
    is_live(page)
    with api.client() as client:
        (found,) = client.get("/v1/incidents?camera_id=camera-1").json()["incidents"]
        acts = f"/v1/incidents/{found['id']}/acts"
        assert client.post(acts, json={"act": "acknowledge"}).is_success
        expect(tile(page, "camera-1").locator(".tile-state")).to_contain_text("Acknowledged")
        assert client.post(acts, json={"act": "dismiss", "text": "steam"}).is_success
        expect(tile(page, "camera-1").locator(".plate")).to_have_count(0)
    add_incidents(api, "Gate 4", first=4)
    expect(page.locator("[data-tile]")).to_have_count(4)


def test_dead_and_old_ones_look_so_in_words(visits: Visits, api: Api) -> None:
    """One that is off, one without a picture, one whose picture is old, one that is not there."""
    with api.client() as client:
        for body in (
            {"id": "off", "name": "Off", "enabled": False},
            {"id": "new", "name": "New"},
            {"id": "old", "name": "Old"},
        ):
            assert client.post("/v1/cameras", json=body).is_success
    push(api, "old", 51, ago_s=3600)
    page = visits.page()
    page.goto(
        f"{api.url}/wall?camera_id=off&camera_id=new&camera_id=old&camera_id=gone&camera_id=camera-1"
    )
    shown = [one.get_attribute("data-tile") for one in page.locator("[data-tile]").all()]
    assert shown == ["off", "new", "old", "gone", "camera-1"]
    for camera_id, words in {
        "off": "Switched off",
        "new": "No picture yet",
        "old": "Old picture",
        "gone": "There is no such camera",
    }.items():
        expect(tile(page, camera_id)).to_have_class(re.compile("tile-(dead|stale)"))
        expect(tile(page, camera_id).get_by_text(words)).to_be_visible()
    expect(tile(page, "old").locator(".tile-age")).to_have_text(re.compile("60 min ago"))
    expect(tile(page, "camera-1")).to_have_class(re.compile("tile-live"))
    expect(tile(page, "camera-1").locator(".tile-old")).to_be_hidden()


def test_a_picture_grows_old_before_everybodys_eyes(visits: Visits, api: Api) -> None:
    """A camera that sends no more looks old after its patience, though nothing else happens."""
    page = visits.page()
    page.clock.install()
    page.goto(f"{api.url}/wall")
    expect(tile(page, "camera-1")).to_have_class(re.compile("tile-live"))
    with api.client() as client:  # nobody is asked any more, so that nothing but time passes
        assert client.get("/v1/wall").json()["tiles"][0]["live"]
    page.context.route("**/wall/tiles*", lambda route: route.abort())
    page.clock.run_for(120_000)
    expect(tile(page, "camera-1").locator(".tile-old")).to_be_visible()
    expect(tile(page, "camera-1").locator(".tile-age")).to_have_text("2 min ago")


def test_a_lost_service_is_seen_on_the_wall_itself(
    visits: Visits, api: Api, runner: ApiRunner
) -> None:
    """Also on a screen that shows nothing but tiles."""
    page = visits.page()
    page.goto(f"{api.url}/wall?full=1")
    expect(page.locator(".live-on")).to_be_hidden()
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(tile(page, "camera-1")).to_be_visible()
    runner.stop()
    lost = page.locator(".live-off")
    expect(lost).to_be_visible()
    expect(lost).to_have_text(re.compile(r"Not live: no connection\. What you see is from [\d:]+"))
    dark = tile(page, "camera-1").locator("img").evaluate("one => getComputedStyle(one).filter")
    assert "grayscale(1)" in dark


@pytest.mark.parametrize(
    ("number", "size"), [(4, (1920, 1080)), (9, (1280, 800)), (64, (1920, 1080)), (64, (1280, 800))]
)
def test_so_many_tiles_fit_their_window(
    visits: Visits, api: Api, number: int, size: tuple[int, int]
) -> None:
    """None is below the edge, none overlaps another, and each has its name and its picture."""
    with api.client() as client:
        for place in range(4, number + 1):
            body = {"id": f"camera-{place:02}", "name": f"机位 {place}"}
            assert client.post("/v1/cameras", json=body).is_success
    page = visits.page(viewport={"width": size[0], "height": size[1]})
    page.goto(f"{api.url}/wall?full=1")
    tiles = page.locator("[data-tile]")
    expect(tiles).to_have_count(number)
    expect(page.locator(".wall")).to_have_class(re.compile("fitted"))
    boxes = [one for one in (found.bounding_box() for found in tiles.all()) if one]
    assert max(one["y"] + one["height"] for one in boxes) <= size[1]
    assert max(one["x"] + one["width"] for one in boxes) <= size[0]
    places = {(round(one["x"]), round(one["y"])) for one in boxes}
    assert len(places) == number
    used = sum(one["width"] * one["height"] for one in boxes) / (size[0] * size[1])
    assert used > 0.75
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_cameras_are_chosen_by_place_and_by_hand(visits: Visits, api: Api) -> None:
    """What is chosen stands in the address."""
    with api.client() as client:
        for camera_id, location in (("a", "Plant 2 / Gate 1"), ("b", "Plant 2"), ("c", "Plant 20")):
            body = {"id": camera_id, "name": camera_id, "location": location}
            assert client.post("/v1/cameras", json=body).is_success
        at = client.get("/v1/wall", params={"location": "Plant 2"}).json()["tiles"]
        assert [one["camera_id"] for one in at] == ["a", "b"]
    page = visits.page()
    page.goto(f"{api.url}/wall")
    page.get_by_label("Place").select_option("Plant 2")
    expect(page.locator("[data-tile]")).to_have_count(2)
    assert page.url.endswith("?location=Plant+2")
    page.get_by_text("Choose cameras").click()
    page.get_by_label("Gate 3").check()
    page.get_by_label("c", exact=True).check()
    page.get_by_role("button", name="Show these").click()
    expect(page.locator("[data-tile]")).to_have_count(2)
    assert page.url.endswith("?camera_id=c&camera_id=camera-3")


def test_an_address_of_a_wall_is_understood_or_refused(api: Api) -> None:
    """What no camera, place or choice can be is a mistake of the address."""
    wrong = ["camera_id=%00", "location=%00", "cursor=%00", "cursor=../x", "full=perhaps"]
    wrong.append("&".join(f"camera_id=c{number}" for number in range(65)))
    right = ["", "camera_id=&location=&cursor=&full=", "full=0", "location=%E7%BD%90%E5%8C%BA"]
    right += ["cursor=zzz", "camera_id=nobody", "order=x&have=,,%00,"]
    with api.client() as client:
        for path in ("/wall", "/wall/tiles"):
            found = {one: client.get(f"{path}?{one}").status_code for one in wrong + right}
            assert found == dict.fromkeys(wrong, 422) | dict.fromkeys(right, 200)
        assert "wall-alone" not in client.get("/wall?full=0").text
        assert "wall-alone" in client.get("/wall?full=1").text


def test_a_wall_of_many_cameras_has_pages(api: Api) -> None:
    """Each camera stands on one of them, once."""
    with api.client() as client:
        for number in range(70):
            body = {"id": f"z-{number:02}", "name": f"{number}"}
            assert client.post("/v1/cameras", json=body).is_success
        seen: list[str] = []
        cursor: str | None = None
        while True:
            page = client.get("/v1/wall", params={"cursor": cursor} if cursor else {}).json()
            seen += [one["camera_id"] for one in page["tiles"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == sorted(one["id"] for one in client.get("/v1/cameras").json()["cameras"])
        assert 'href="/wall?cursor=' in client.get("/wall").text
