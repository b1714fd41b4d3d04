"""The page of one picture: its boxes, what people say of them, and keeping or deleting it."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import PIL.Image
import pytest
from playwright.sync_api import Page, expect

from tests.api_server import Api, make_jpeg

from .conftest import Visits
from .test_hostile_texts import HOSTILE
from .test_weight import counted

pytestmark = pytest.mark.processes

FOUND = [160, 90, 320, 180]
"""The fire that the detector of these tests finds in 640 × 360."""


def picture_of(api: Api, camera: str = "camera-1") -> str:
    """The latest picture of a camera."""
    with api.client() as client:
        listed = client.get("/v1/inspections", params={"camera_id": camera}).json()
    return str(listed["inspections"][0]["id"])


def said_of(api: Api, inspection_id: str) -> dict[str, Any]:
    """What people say of it."""
    with api.client() as client:
        answer = client.get(f"/v1/inspections/{inspection_id}/correction")
    return dict(answer.json()) if answer.is_success else {}


def opened(visits: Visits, api: Api, inspection_id: str, **options: Any) -> Page:
    """Its page, when the boxes are drawn."""
    page = visits.page(**options)
    page.goto(f"{api.url}/pictures/{inspection_id}")
    expect(page.locator(".editor.sized")).to_have_count(1)
    return page


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drags on the picture, from and to a place in its pixels."""

    def go(place: tuple[float, float]) -> None:
        # Looked up for each step: the page may still move the picture while it settles.
        plane = page.locator("[data-plane]").bounding_box()
        assert plane is not None
        scale = plane["width"] / 640
        page.mouse.move(plane["x"] + place[0] * scale, plane["y"] + place[1] * scale)

    go(start)
    page.mouse.down()
    go(((start[0] + end[0]) / 2, (start[1] + end[1]) / 2))
    go(end)
    page.mouse.up()


def near(corners: list[int], wanted: list[int]) -> bool:
    """Whether each is the same but for what a pixel of the screen is in pixels of the picture."""
    return all(abs(one - other) <= 2 for one, other in zip(corners, wanted, strict=True))


@pytest.mark.parametrize(
    ("locale", "corrected", "origins"),
    [
        ("en-US", "Corrected by", ["changed", "added"]),
        ("zh-CN", "更正", ["已修改", "人工添加"]),
    ],
)
def test_boxes_are_drawn_moved_named_and_saved(
    visits: Visits, api: Api, locale: str, corrected: str, origins: list[str]
) -> None:
    """By mouse and single keys; the next visitor sees them, and what the detector said stays."""
    inspection_id = picture_of(api)
    page = opened(visits, api, inspection_id, locale=locale)
    page.keyboard.press("e")
    drag(page, (400, 100), (500, 300))
    page.keyboard.press("3")
    # Its edge chooses the fire; a drag inside moves it.
    drag(page, (160, 130), (160, 130))
    drag(page, (240, 140), (260, 160))
    drag(page, (340, 200), (400, 220))
    page.keyboard.press("s")
    expect(page.locator(".plates .state").first).to_contain_text(corrected)
    expect(page.locator(".told-boxes .state")).to_have_text(origins)
    said = said_of(api, inspection_id)
    fire, head = said["boxes"]
    assert near(fire["bbox_2d"], [180, 110, 400, 220])
    assert fire["detection"]["bbox_2d"] == FOUND
    assert near(head["bbox_2d"], [400, 100, 500, 300])
    assert (head["label"], head["sub_label"]) == ("person", "no_helmet")
    assert said["complete"]
    other = opened(visits, api, inspection_id)
    expect(other.locator("[data-overlay] .box")).to_have_count(2)
    other.get_by_label("What the detector said").check()
    expect(other.locator("[data-overlay] .box.said")).to_have_count(1)


def test_everything_is_done_by_keys_and_numbers(visits: Visits, api: Api) -> None:
    """A box is added by its numbers, chosen, moved, sized and removed without a pointer; undone."""
    inspection_id = picture_of(api)
    page = opened(visits, api, inspection_id)
    page.keyboard.press("e")
    page.keyboard.press("i")
    row = page.locator("[data-rows] tr").nth(1)
    for name, value in (("x1", "10"), ("y1", "20"), ("x2", "110"), ("y2", "220")):
        row.get_by_label(name, exact=True).fill(value)
        row.get_by_label(name, exact=True).press("Tab")
    row.get_by_label("What it is").select_option("smoke severe")
    page.locator("[data-stage]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("[")
    page.keyboard.press("Delete")
    expect(page.locator("[data-rows] tr")).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(page.locator("[data-rows] tr")).to_have_count(2)
    page.keyboard.press("Control+Shift+z")
    expect(page.locator("[data-rows] tr")).to_have_count(1)
    page.keyboard.press("Control+s")
    expect(page.locator("[data-said]")).to_have_text("Saved.")
    (smoke,) = said_of(api, inspection_id)["boxes"]
    assert smoke["bbox_2d"] == [11, 30, 110, 230]
    assert (smoke["label"], smoke["sub_label"]) == ("smoke", "severe")
    assert said_of(api, inspection_id)["removed"][0]["bbox_2d"] == FOUND


def test_a_number_that_is_no_box_is_told_at_its_field(visits: Visits, api: Api) -> None:
    """Outside the picture, or the right edge left of the left one; the box stays as it was."""
    page = opened(visits, api, picture_of(api))
    page.keyboard.press("e")
    for name, value in (("x2", "641"), ("x2", "160"), ("x1", "-1"), ("y2", "90")):
        field = page.locator("[data-rows] tr").get_by_label(name, exact=True)
        field.fill(value)
        field.press("Tab")
        assert field.evaluate("field => !field.checkValidity()"), (name, value)
        page.locator("[data-leave]").click()
        page.locator("[data-edit]").click()
        corners = page.locator("[data-rows] [data-corner]")
        assert [one.input_value() for one in corners.all()] == [str(one) for one in FOUND]


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize(("key", "boxes"), [("0", 0), ("a", 1)])
def test_nothing_here_and_all_right_are_one_key(
    visits: Visits, api: Api, key: str, boxes: int, scripts: bool
) -> None:
    """Confirmed empty, or confirmed as found: at once, and without scripts by the same button."""
    inspection_id = picture_of(api)
    page = visits.page(java_script_enabled=scripts)
    page.goto(f"{api.url}/pictures/{inspection_id}")
    if scripts:
        expect(page.locator(".editor.sized")).to_have_count(1)
        page.keyboard.press(key)
    else:
        page.locator(f'[data-key="{key}"]').click()
    expect(page.locator(".history li")).to_have_count(1)
    said = said_of(api, inspection_id)
    assert (len(said["boxes"]), said["complete"]) == (boxes, True)
    assert [one["origin"] for one in said["boxes"]] == ["kept"] * boxes


@pytest.mark.parametrize("field", ["note", "corner", "complete"])
def test_enter_in_a_field_saves_what_is_there(visits: Visits, api: Api, field: str) -> None:
    """It judges nothing: the boxes stay, and what was typed is saved with them."""
    inspection_id = picture_of(api)
    page = opened(visits, api, inspection_id)
    page.keyboard.press("e")
    page.locator("[data-correct] [name=note]").fill("behind the crane")
    if field == "corner":
        page.locator("[data-rows] [data-corner]").first.fill("150")
        page.locator("[data-rows] [data-corner]").first.press("Enter")
    else:
        page.locator(f"[data-correct] [name={field}]").press("Enter")
    expect(page.locator("[data-said]")).to_have_text("Saved.")
    said = said_of(api, inspection_id)
    left = 150 if field == "corner" else FOUND[0]
    assert [one["bbox_2d"] for one in said["boxes"]] == [[left, *FOUND[1:]]]
    assert said["note"] == "behind the crane"


def test_whoever_is_second_is_told_and_keeps_what_they_drew(visits: Visits, api: Api) -> None:
    """Live, before they save; then they take the other's, or save theirs over it."""
    inspection_id = picture_of(api)
    mine, theirs = opened(visits, api, inspection_id), opened(visits, api, inspection_id)
    mine.keyboard.press("e")
    drag(mine, (400, 100), (500, 300))
    theirs.keyboard.press("0")
    expect(theirs.locator("[data-said]")).to_have_text("Saved.")
    expect(mine.locator("[data-failed]")).to_contain_text("Somebody else corrected this picture")
    mine.keyboard.press("s")
    expect(mine.locator("[data-failed]")).to_contain_text("corrected this picture meanwhile")
    expect(mine.locator("[data-rows] tr")).to_have_count(2)
    assert said_of(api, inspection_id)["version"] == 1
    mine.get_by_role("button", name="Save mine over theirs").click()
    expect(mine.locator("[data-said]")).to_have_text("Saved.")
    said = said_of(api, inspection_id)
    assert (said["version"], len(said["boxes"])) == (2, 2)
    # Who has nothing unsaved sees it at once.
    expect(theirs.locator("[data-overlay] .box")).to_have_count(2)


@pytest.mark.parametrize("midway", ["typing", "drawing"])
def test_what_is_not_done_yet_is_not_overwritten(visits: Visits, api: Api, midway: str) -> None:
    """A number that is typed, or a box half drawn, when somebody else's correction comes."""
    inspection_id = picture_of(api)
    mine, theirs = opened(visits, api, inspection_id), opened(visits, api, inspection_id)
    mine.keyboard.press("e")
    field = mine.locator("[data-rows] [data-corner]").first
    if midway == "typing":
        field.focus()
        mine.keyboard.press("Control+a")
        mine.keyboard.type("150")
    else:
        plane = mine.locator("[data-plane]").bounding_box()
        assert plane is not None
        mine.mouse.move(plane["x"] + plane["width"] * 0.7, plane["y"] + 30)
        mine.mouse.down()
        mine.mouse.move(plane["x"] + plane["width"] * 0.8, plane["y"] + 90)
    theirs.keyboard.press("0")
    expect(theirs.locator("[data-said]")).to_have_text("Saved.")
    expect(mine.locator("[data-failed]")).to_contain_text("Somebody else corrected this picture")
    expect(mine.locator("[data-rows] tr")).to_have_count(1 if midway == "typing" else 2)
    if midway == "typing":
        expect(field).to_have_value("150")
    else:
        mine.mouse.up()
    mine.get_by_role("button", name="Save mine over theirs").click()
    expect(mine.locator("[data-said]")).to_have_text("Saved.")
    boxes = said_of(api, inspection_id)["boxes"]
    assert len(boxes) == (1 if midway == "typing" else 2)
    assert boxes[0]["bbox_2d"][0] == (150 if midway == "typing" else FOUND[0])


def test_a_number_that_is_typed_is_saved_from_within_its_field(visits: Visits, api: Api) -> None:
    """By the keys of a program, without leaving the field first."""
    inspection_id = picture_of(api)
    page = opened(visits, api, inspection_id)
    page.keyboard.press("e")
    page.locator("[data-rows] [data-corner]").first.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("150")
    page.keyboard.press("Control+s")
    expect(page.locator("[data-said]")).to_have_text("Saved.")
    assert [one["bbox_2d"] for one in said_of(api, inspection_id)["boxes"]] == [[150, *FOUND[1:]]]


def test_what_could_not_be_saved_is_there_again(visits: Visits, api: Api) -> None:
    """The form is refused, the window is loaded anew: what was drawn is not lost."""
    inspection_id = picture_of(api)
    page = opened(visits, api, inspection_id)
    page.keyboard.press("e")
    drag(page, (400, 100), (500, 300))
    page.locator('[data-correct] [name="form_token"]').evaluate("field => { field.value = 'x'; }")
    page.keyboard.press("s")
    expect(page.locator("[data-failed]")).to_contain_text("Not saved")
    page.reload()
    expect(page.locator("[data-rows] tr")).to_have_count(2)
    expect(page.locator("[data-said]")).to_contain_text("is here again")
    page.keyboard.press("s")
    expect(page.locator("[data-said]")).to_have_text("Saved.")
    assert len(said_of(api, inspection_id)["boxes"]) == 2
    page.reload()
    expect(page.locator("[data-editing]")).to_be_hidden()


def test_boxes_are_switched_and_the_picture_is_zoomed(visits: Visits, api: Api) -> None:
    """Per class and all; by keys and wheel the point under the pointer stays."""
    page = opened(visits, api, picture_of(api))
    boxes = page.locator("[data-overlay] .box")
    expect(boxes).to_have_count(1)
    page.get_by_role("checkbox", name=re.compile("^Fire")).uncheck()
    expect(boxes).to_have_count(0)
    page.get_by_role("checkbox", name=re.compile("^Fire")).check()
    page.keyboard.press("b")
    expect(boxes).to_have_count(0)
    page.keyboard.press("b")
    plane = page.locator("[data-plane]")
    before = plane.bounding_box()
    assert before is not None
    at = (before["x"] + before["width"] / 4, before["y"] + before["height"] / 4)
    page.mouse.move(*at)
    page.mouse.wheel(0, -400)
    after = plane.bounding_box()
    assert after is not None
    assert after["width"] > before["width"] * 1.5
    assert abs((at[0] - after["x"]) / after["width"] - 0.25) < 0.02
    page.keyboard.press("f")
    again = plane.bounding_box()
    assert again is not None
    assert abs(again["width"] - before["width"]) < 1
    page.keyboard.press("v")
    shown = page.locator("[data-picture]")
    expect(shown).to_have_attribute("src", re.compile("annotated.jpg$"))
    expect(boxes).to_have_count(0)


def test_fingers_draw_and_zoom(visits: Visits, api: Api) -> None:
    """One finger draws a box, two zoom and draw nothing, also where a box is under them."""
    options = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    page = opened(visits, api, picture_of(api), **options)
    fingers = page.context.new_cdp_session(page)
    page.locator("[data-edit]").tap()
    page.locator("[data-stage]").scroll_into_view_if_needed()
    plane = page.locator("[data-plane]").bounding_box()
    assert plane is not None
    scale = plane["width"] / 640

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [
            {"x": plane["x"] + x * scale, "y": plane["y"] + y * scale, "id": number}
            for number, (x, y) in enumerate(places)
        ]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (400, 60))
    for step in range(1, 5):
        touch("touchMove", (400 + 20 * step, 60 + 40 * step))
    touch("touchEnd")
    expect(page.locator("[data-rows] tr")).to_have_count(2)
    touch("touchStart", (160, 135))
    touch("touchMove", (165, 140))
    touch("touchStart", (165, 140), (240, 140))
    for step in range(1, 8):
        touch("touchMove", (165, 140), (240 + 40 * step, 140))
    touch("touchEnd")
    expect(page.locator("[data-rows] tr")).to_have_count(2)
    corners = page.locator("[data-rows] tr").first.locator("[data-corner]")
    assert [one.input_value() for one in corners.all()] == [str(one) for one in FOUND]
    after = page.locator("[data-plane]").bounding_box()
    assert after is not None
    assert after["width"] > plane["width"] * 1.5


def test_keys_go_through_the_list_that_one_came_from(visits: Visits, api: Api) -> None:
    """To the next and the one before of the same filter, which the address keeps."""
    with api.client() as client:
        for seed in (71, 72):
            jpeg = {"Content-Type": "image/jpeg"}
            sent = make_jpeg(seed, (640, 360))
            client.post("/v1/cameras/camera-2/frames", content=sent, headers=jpeg)
            api.work()
        listed = client.get("/v1/inspections?camera_id=camera-2").json()["inspections"]
    ids = [one["id"] for one in listed]
    page = visits.page()
    page.goto(f"{api.url}/pictures/{ids[0]}?camera_id=camera-2")
    expect(page.get_by_role("link", name="The one before")).to_have_count(0)
    for one in ids[1:]:
        page.keyboard.press("n")
        page.wait_for_url(f"**/pictures/{one}?camera_id=camera-2")
    expect(page.get_by_role("link", name="The next")).to_have_count(0)
    page.keyboard.press("p")
    page.wait_for_url(f"**/pictures/{ids[1]}?camera_id=camera-2")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_boxes_lie_where_they_were_found_in_every_kind_of_picture(
    visits: Visits, api: Api, kind: str, orientation: int
) -> None:
    """Also of one that was taken with a turned camera, or that browsers do not show."""
    picture = PIL.Image.new("RGB", (400, 200), (0, 0, 0))
    picture.paste((255, 255, 255), (0, 0, 100, 100))  # the upper left corner as it is stored
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    has_exif = kind in ("JPEG", "PNG", "WEBP", "TIFF")
    picture.save(out, kind, **({"exif": exif} if has_exif else {}))
    with api.client() as client:
        headers = {"Content-Type": f"image/{kind.lower()}"}
        sent = client.post("/v1/inspections", content=out.getvalue(), headers=headers).json()
        assert "id" in sent, sent
        api.work()
        facts = client.get(f"/v1/inspections/{sent['id']}").json()["image"]
    page = opened(visits, api, sent["id"])
    shown = page.locator("[data-picture]")
    page.wait_for_function(
        "([width, height]) => { const one = document.querySelector('[data-picture]');"
        " return one.naturalWidth === width && one.naturalHeight === height; }",
        arg=[facts["width"], facts["height"]],
    )
    turned = has_exif and orientation != 1
    corner = {1: (0.1, 0.1), 3: (0.9, 0.9), 6: (0.9, 0.1)}[orientation if turned else 1]
    assert (
        shown.evaluate(
            """(image, [x, y]) => {
            const canvas = document.createElement("canvas");
            canvas.width = image.naturalWidth;
            canvas.height = image.naturalHeight;
            const context = canvas.getContext("2d");
            context.drawImage(image, 0, 0);
            return context.getImageData(x * canvas.width, y * canvas.height, 1, 1).data[0];
        }""",
            corner,
        )
        > 200
    )


def test_a_picture_is_kept_released_and_deleted(visits: Visits, api: Api) -> None:
    """What is evidence stays, and the page says why; what is not is gone for good."""
    with api.client() as client:
        jpeg = {"Content-Type": "image/jpeg"}
        sent = client.post("/v1/inspections", content=make_jpeg(9), headers=jpeg).json()
        api.work()
    page = visits.page()
    page.goto(f"{api.url}/pictures/{sent['id']}")
    page.get_by_text("Keep as evidence").first.click()
    page.get_by_label("Why").fill("accident 17")
    page.get_by_role("button", name="Keep as evidence").click()
    expect(page.get_by_text("accident 17")).to_be_visible()
    page.get_by_role("button", name="Keep no longer").click()
    page.get_by_text("Delete picture").first.click()
    page.get_by_label("For good").check()
    page.get_by_role("button", name="Delete picture").click()
    page.wait_for_url(f"{api.url}/pictures")
    with api.client() as client:
        assert client.get(f"/v1/inspections/{sent['id']}").status_code == 404
    page.goto(f"{api.url}/pictures/{picture_of(api)}")
    page.get_by_text("Delete picture").first.click()
    page.get_by_label("For good").check()
    page.get_by_role("button", name="Delete picture").click()
    expect(page.get_by_role("alert").first).to_contain_text("evidence of an incident")


def test_a_picture_that_waits_is_shown_when_it_is_done(visits: Visits, api: Api) -> None:
    """By itself, within a second or two."""
    with api.client() as client:
        jpeg = {"Content-Type": "image/jpeg"}
        sent = client.post("/v1/inspections", content=make_jpeg(9), headers=jpeg).json()
    page = visits.page()
    page.goto(f"{api.url}/pictures/{sent['id']}")
    expect(page.locator(".waiting")).to_contain_text("Waiting")
    expect(page.locator('[data-key="0"]')).to_have_count(0)
    api.work()
    expect(page.locator(".plates .verdict")).to_have_text("Hazard")
    expect(page.locator('[data-key="0"]')).to_have_count(1)


@pytest.mark.attack("markup in texts")
@pytest.mark.parametrize("text", HOSTILE)
def test_markup_in_names_and_notes_does_nothing(visits: Visits, api: Api, text: str) -> None:
    """As the camera's and the picture's name, a hold's reason, a note, and in the address."""
    inspection_id = picture_of(api)
    with api.client() as client:
        assert client.put("/v1/cameras/camera-1", json={"name": text}).is_success
        path = f"/v1/inspections/{inspection_id}"
        body = {"boxes": [], "complete": False, "note": text}
        assert client.put(f"{path}/correction", json=body).is_success
        assert client.put(f"{path}/hold", json={"reason": text}).is_success
    page = visits.page()
    for address in (f"/pictures/{inspection_id}", f"/pictures/{inspection_id}?name=<script>x"):
        page.goto(api.url + address)
        expect(page.locator(".editor.sized")).to_have_count(1)
        assert page.evaluate("window.hit") is None
    assert page.locator(".history p").last.inner_text().replace("\u200e", "") == text


@pytest.mark.attack("forged forms")
@pytest.mark.parametrize(
    "boxes",
    ["", "{", "[" * 5000, "1", '[{"bbox_2d": [0, 0, 641, 10]}]', "[[]]", '[{"detection": 7}]'],
)
def test_boxes_that_are_none_are_refused(api: Api, boxes: str) -> None:
    """422, on the page that they came from; nothing is saved."""
    inspection_id = picture_of(api)
    with api.client() as client:
        page = client.get(f"/pictures/{inspection_id}").text
        token = re.search(r'name="form_token" value="([0-9a-f]{64})"', page)
        assert token is not None
        fields = {"form_token": token[1], "boxes": boxes, "version": "0"}
        answer = client.post(f"/pictures/{inspection_id}/correction", data=fields)
        assert answer.status_code == 422, answer.text
        assert 'role="alert"' in answer.text
    assert said_of(api, inspection_id) == {}


def test_queries_do_not_grow_with_boxes_and_versions(api: Api) -> None:
    """A page with a hundred boxes and many corrections asks as often as one with none."""
    inspection_id = picture_of(api)

    def asked() -> int:
        with api.client() as client:
            client.get(f"/pictures/{inspection_id}")
            with counted(api) as said:
                answer = client.get(f"/pictures/{inspection_id}?camera_id=camera-1")
            assert answer.status_code == 200
            assert len(answer.content) < 150_000
        return len([one for one in said if "inspections" in one or "corrections" in one])

    few = asked()
    box = {"label": "smoke", "sub_label": "minor"}
    boxes = [{"bbox_2d": [number, 0, number + 1, 9], **box} for number in range(100)]
    with api.client() as client:
        for _ in range(6):
            body = json.dumps({"boxes": boxes, "complete": True})
            assert client.put(
                f"/v1/inspections/{inspection_id}/correction", content=body,
                headers={"Content-Type": "application/json"},
            ).is_success  # fmt: skip
    assert asked() == few
