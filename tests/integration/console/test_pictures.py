"""Every picture on a page: found by an address, chosen, and sent from a browser."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from safety_detector.domain.people import Role
from safety_detector.service.records import InspectionFilter
from tests.api_server import Api, ApiRunner, make_jpeg
from tests.eventually import eventually

from .conftest import Visits
from .test_hostile_texts import HOSTILE
from .test_weight import counted

pytestmark = pytest.mark.processes

PASSWORD = "correct horse 9"  # noqa: S105 (of a test)

# Of an interception Playwright does not tell the bytes; the service has them, and the page does
# not hear of it.
LOSE_TWO_ANSWERS = """
    const { get } = Object.getOwnPropertyDescriptor(XMLHttpRequest.prototype, "status");
    const lost = new Set();
    Object.defineProperty(XMLHttpRequest.prototype, "status", { get() {
        const status = get.call(this);
        if (status === 202 && lost.size < 2) lost.add(this);
        window.lost = lost.size;
        return lost.has(this) ? 0 : status;
    } });
"""
GIVE = """([kind, name, bytes]) => {
    const given = new DataTransfer();
    given.items.add(new File([new Uint8Array(bytes)], name, { type: "image/jpeg" }));
    const event = kind === "paste"
        ? new ClipboardEvent(kind, { clipboardData: given, bubbles: true })
        : new DragEvent(kind, { dataTransfer: given, bubbles: true, cancelable: true });
    document.querySelector("main").dispatchEvent(event);
}"""


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., list[Path]]:
    """Writes pictures of these names into a folder, another picture each; gives their paths."""

    def write(*names: str, seed: int = 500) -> list[Path]:
        folder = tmp_path / "files"
        paths = [folder / name for name in names]
        for number, path in enumerate(paths):
            path.parent.mkdir(parents=True, exist_ok=True)
            is_picture = path.suffix in (".jpg", ".png")
            path.write_bytes(make_jpeg(seed + number) if is_picture else b"no picture at all")
        return paths

    return write


def send(page: Page, *paths: Path) -> None:
    """Chooses files for sending."""
    panel = page.locator("[data-send]")
    if panel.get_attribute("open") is None:
        panel.locator("summary").click()
    page.locator('input[name="files"]').set_input_files(list(paths))


def inspections(api: Api, **query: str) -> list[dict[str, object]]:
    """What REST lists."""
    with api.client() as client:
        listed: list[dict[str, object]] = client.get(
            "/v1/inspections", params={"limit": "500", **query}
        ).json()["inspections"]
    return listed


def sign_in(page: Page, address: str | None) -> None:
    """Types name and password where they are asked for."""
    if address:
        page.goto(address)
    page.get_by_label("Name").fill("Wang Lei")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")


@pytest.mark.parametrize(
    ("locale", "summary", "hazard"),
    [("en-US", "2 / 3 arrived · 1 not accepted", "Fire"), ("zh-CN", "已接收 · 1 未接收", "火焰")],
)
def test_what_is_sent_is_answered_on_the_spot(
    visits: Visits,
    api: Api,
    files: Callable[..., list[Path]],
    locale: str,
    summary: str,
    hazard: str,
) -> None:
    """Each file says what became of it; the result comes to it by itself."""
    page = visits.page(locale=locale)
    page.goto(f"{api.url}/pictures")
    send(page, *files("a.jpg", "b.jpg", "notes.txt"))
    expect(page.locator(".sending-sum")).to_contain_text(summary)
    expect(page.locator(".file.refused")).to_contain_text("notes.txt")
    results = page.locator("[data-results] .tile")
    expect(results).to_have_count(2)
    api.work()
    expect(page.locator("[data-results] .tile:not([data-unfinished])")).to_have_count(2)
    expect(results.first.locator(".plate")).to_have_text(re.compile(hazard, re.IGNORECASE))
    image = results.first.locator("img")
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert {one["image"]["name"] for one in inspections(api)} >= {"a.jpg", "b.jpg"}  # type: ignore[index]


def test_an_address_names_pictures_as_rest_does(api: Api) -> None:
    """The filter stands in the address by REST's names, page by page, each picture once."""
    with api.client() as client:
        for number in range(60):
            sent = client.post(
                "/v1/inspections",
                params={"name": f"yard-{number}.jpg"},
                content=make_jpeg(number),
                headers={"Content-Type": "image/jpeg"},
            )
            assert sent.status_code == 202
        api.work()
        shown: list[str] = []
        path = "/pictures?name=YARD-"
        while path:
            text = client.get(path).text
            shown += re.findall(r'data-inspection="(\w{26})"', text)
            further = re.search(r'name="cursor" value="([^"]+)"', text)
            path = f"/pictures?name=YARD-&cursor={further[1]}" if further else ""
        assert shown == [one["id"] for one in inspections(api, name="YARD-")]
        assert len(shown) == 60
        for query, number in (
            ("camera_id=camera-1", 1),
            ("label=fire&verdict=hazard&name=yard-7.", 1),
            ("verdict=clear", 0),
            ("sub_label=no_helmet", 0),
            ("since=2020-01-01&until=2020-01-02", 0),
            (f"id={shown[0]}&id={shown[5]}&id=01KAJ8W4T0X2V7Q9R5N3M1B6CD&id=x%00", 2),
        ):
            text = client.get(f"/pictures?{query}").text
            assert text.count("data-inspection=") == number, query


def test_a_page_asks_as_often_for_many_pictures_as_for_few(api: Api) -> None:
    """What it costs does not grow with what it shows; its bytes stay few."""

    def asked() -> list[str]:
        with api.client() as client:
            client.get("/pictures")
            with counted(api) as said:
                text = client.get("/pictures").text
        assert len(text) < 100_000
        # Whether there are accounts is looked at now and then, whatever is shown.
        return [one for one in said if "inspections" in one or "cameras" in one]

    few = asked()
    assert few
    with api.client() as client:
        for number in range(50):
            sent = client.post(
                "/v1/inspections",
                params={"camera_id": f"camera-{1 + number % 3}", "name": f"{number}.jpg"},
                content=make_jpeg(number),
                headers={"Content-Type": "image/jpeg"},
            )
            assert sent.status_code == 202
    api.work()
    assert len(asked()) == len(few)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 200),
        (
            "status=&verdict=&label=&sub_label=&camera_id=&batch_id=&since=&until=&name=&cursor=",
            200,
        ),
        ("since=2026-11-21&until=2026-11-22", 200),
        ("since=2026-11-21T08:00:00%2B08:00", 200),
        ("label=fire&sub_label=no_helmet", 200),
        ("name=%25%5F", 200),
        ("of=another+page", 200),
        ("id=%00&id=nothing", 200),
        ("since=0001-01-01", 422),
        ("since=yesterday", 422),
        ("since=2026-11-22&until=2026-11-21", 422),
        ("camera_id=%00", 422),
        ("camera_id=<script>", 422),
        ("batch_id=mine", 422),
        ("name=%00", 422),
        ("name=" + "x" * 300, 422),
        ("verdict=nothing", 422),
        ("order=random", 422),
        ("cursor=%00", 422),
        ("cursor=U190-1-01KAJ8W4T0X2V7Q9R5N3M1B6CD", 422),
    ],
)
def test_an_address_is_understood_or_refused(api: Api, query: str, status: int) -> None:
    """What means nothing is a mistake of the address, and neither a failure nor everything."""
    with api.client() as client:
        assert client.get(f"/pictures?{query}").status_code == status


def test_some_are_chosen_over_pages_for_a_report(visits: Visits, api: Api) -> None:
    """A click chooses one, with the shift key all between, a key the current one; it lasts."""
    with api.client() as client:
        for number in range(50):
            client.post(
                "/v1/inspections",
                content=make_jpeg(number),
                headers={"Content-Type": "image/jpeg"},
            )
    api.work()
    page = visits.page()
    page.goto(f"{api.url}/pictures")
    boxes = page.locator("[data-gallery] [data-pick]")
    picked = page.locator("[data-picked]")
    boxes.nth(2).check()
    boxes.nth(5).click(modifiers=["Shift"])
    expect(picked).to_have_text("4")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(picked).to_have_text(re.compile("3|5"))
    page.get_by_role("button", name="None").click()
    expect(page.locator("[data-selection]")).to_be_hidden()
    boxes.first.check()
    page.get_by_role("button", name="All of this page").click()
    expect(picked).to_have_text("48")
    page.get_by_role("button", name="Further ones").click()
    expect(picked).to_have_text("48")
    page.locator("[data-gallery] [data-pick]").first.check()
    expect(picked).to_have_text("49")
    page.get_by_role("button", name="Report of these").click()
    expect(page).to_have_url(f"{api.url}/reports/new")
    expect(page.locator('[name="inspections"]')).to_have_count(1)
    assert len(page.locator('[name="inspections"]').input_value().split()) == 49


def test_a_selection_that_is_full_says_so(visits: Visits, api: Api) -> None:
    """What does not go into it any more is not left out in silence."""
    page = visits.page()
    page.goto(f"{api.url}/pictures")
    many = [f"01{number:024}" for number in range(999)]
    page.evaluate("ids => sessionStorage.setItem('picked', JSON.stringify(ids))", many)
    page.reload()
    boxes, said = page.locator("[data-gallery] [data-pick]"), page.locator("[data-picked-most]")
    boxes.nth(0).check()
    expect(page.locator("[data-picked]")).to_have_text("1000")
    expect(said).to_be_hidden()
    boxes.nth(1).click()
    expect(boxes.nth(1)).not_to_be_checked()
    expect(said).to_be_visible()
    boxes.nth(0).uncheck()
    expect(said).to_be_hidden()
    page.get_by_role("button", name="All of this page").click()
    expect(said).to_be_visible()
    page.get_by_role("button", name="None").click()
    expect(page.locator("[data-selection]")).to_be_hidden()


def test_a_folder_is_a_batch_without_what_is_no_picture(
    visits: Visits, api: Api, files: Callable[..., list[Path]]
) -> None:
    """Hidden and other files are left out and counted; paths are the pictures' names."""
    paths = files("site/a.jpg", "site/deep/b.png", "site/readme.txt", "site/.hidden/c.jpg",
                  "site/Thumbs.db")  # fmt: skip
    page = visits.page()
    page.goto(f"{api.url}/pictures")
    page.locator("[data-send] summary").click()
    page.locator("[data-folder]").set_input_files(paths[0].parent)
    expect(page.locator(".sending-sum")).to_contain_text(
        re.compile(r"2 / 2 arrived.* 3 other files left out")
    )
    page.get_by_role("link", name="Show all of them").click()
    expect(page.locator("[data-gallery] .tile")).to_have_count(2)
    (batch_id,) = {str(one["batch_id"]) for one in inspections(api, name="site/")}
    assert page.url.endswith(batch_id)
    names = {one["image"]["name"] for one in inspections(api, batch_id=batch_id)}  # type: ignore[index]
    assert names == {"site/a.jpg", "site/deep/b.png"}


def test_a_zip_is_a_batch(
    visits: Visits, api: Api, files: Callable[..., list[Path]], tmp_path: Path
) -> None:
    """Its pictures are taken each for itself; what is broken in it is named."""
    archive = tmp_path / "week.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for path in files("a.jpg", "b.jpg", "notes.txt"):
            made.write(path, path.name)
        made.writestr("broken.jpg", b"nothing")
    page = visits.page()
    page.goto(f"{api.url}/pictures")
    send(page, archive)
    said = page.locator("[data-files]")
    expect(said).to_contain_text("2 pictures arrived.")
    expect(said).to_contain_text("broken.jpg")
    said.get_by_role("link", name="Show all of them").click()
    expect(page.locator("[data-gallery] .tile")).to_have_count(2)


def test_an_answer_that_is_lost_makes_no_second_picture(
    visits: Visits, api: Api, files: Callable[..., list[Path]]
) -> None:
    """The service had it when the connection broke: it is sent again, and is there once."""
    context = visits.context()
    context.add_init_script(LOSE_TWO_ANSWERS)
    page = context.new_page()
    page.goto(f"{api.url}/pictures")
    send(page, *files("a.jpg", "b.jpg", "c.jpg", "d.jpg"))
    expect(page.locator('[data-held="waiting"]')).to_be_visible()
    expect(page.locator(".sending-sum")).to_contain_text("4 / 4 arrived")
    assert page.evaluate("window.lost") == 2
    names = sorted(one["image"]["name"] for one in inspections(api))  # type: ignore[index]
    assert [one for one in names if one in ("a.jpg", "b.jpg", "c.jpg", "d.jpg")] == [
        "a.jpg", "b.jpg", "c.jpg", "d.jpg",
    ]  # fmt: skip


def test_a_window_closed_midway_goes_on_with_the_same_batch(
    visits: Visits, api: Api, files: Callable[..., list[Path]]
) -> None:
    """The same files given again add what is missing, and nothing twice."""
    context = visits.context()
    page = context.new_page()
    page.route("**/pictures?*name=c.jpg*", lambda route: route.abort())
    page.goto(f"{api.url}/pictures")
    paths = files("a.jpg", "b.jpg", "c.jpg")
    send(page, *paths)
    expect(page.locator(".sending-sum")).to_contain_text("2 / 3 arrived")
    page.close()
    page = context.new_page()
    page.goto(f"{api.url}/pictures")
    send(page, *paths)
    expect(page.locator(".sending-sum")).to_contain_text("3 / 3 arrived")
    found = [one for one in inspections(api) if one["batch_id"]]
    assert len(found) == 3
    assert len({str(one["batch_id"]) for one in found}) == 1
    page.reload()
    send(page, *paths)
    expect(page.locator(".sending-sum")).to_contain_text("3 / 3 arrived")
    assert len({str(one["batch_id"]) for one in inspections(api) if one["batch_id"]}) == 2


def test_files_that_are_chosen_before_the_page_is_ready_are_sent(
    visits: Visits, api: Api, files: Callable[..., list[Path]]
) -> None:
    """On a slow line the page can be used before its scripts have come."""
    page = visits.page()
    scripts: list[Route] = []
    page.route("**/pictures-send*", lambda route: scripts.append(route))
    with page.expect_request("**/pictures-send*"):
        page.goto(f"{api.url}/pictures", wait_until="commit")
    send(page, *files("a.jpg", "b.jpg"))
    for one in scripts:
        one.continue_()
    expect(page.locator(".sending-sum")).to_contain_text("2 / 2 arrived")
    assert len([one for one in inspections(api) if one["batch_id"]]) == 2


def test_signing_out_midway_loses_nothing(
    runner: ApiRunner, browser: Browser, files: Callable[..., list[Path]]
) -> None:
    """Whoever is signed out signs in in another window, and sending goes on by itself."""
    api = runner.start()
    people = api.service.access.people
    people.add("Wang Lei", Role.REVIEWER, PASSWORD)
    visits = Visits(browser)
    context = visits.context()
    page = context.new_page()
    sign_in(page, f"{api.url}/pictures")
    expect(page.get_by_role("heading", level=1)).to_have_text("Pictures")
    on_their_way: list[Route] = []
    is_there = True

    def keep(route: Route) -> None:
        if is_there:
            on_their_way.append(route)
        else:
            route.continue_()

    page.route("**/pictures?*name=*", keep)
    send(page, *files("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"))
    expect(page.locator(".file")).to_have_count(3)
    people.change("Wang Lei", disabled=False)  # ends the sessions
    is_there = False
    for one in on_their_way:
        one.continue_()
    expect(page.locator('[data-held="signed-out"]')).to_be_visible()
    with context.expect_page() as opened:
        page.locator('[data-held="signed-out"] a').click()
    sign_in(opened.value, None)
    expect(page.locator(".sending-sum")).to_contain_text("5 / 5 arrived")
    listed = api.service.inspections.results.list(InspectionFilter(), 50).items
    assert sorted(one.picture.name for one in listed) == [f"{one}.jpg" for one in "abcde"]
    visits.close()


def test_a_service_that_is_full_is_asked_again(
    visits: Visits, api: Api, files: Callable[..., list[Path]]
) -> None:
    """What it says is shown, and sending goes on by itself when it has said when."""
    page = visits.page()
    refused: list[str] = []

    def refuse(route: Route) -> None:
        if route.request.method != "POST" or refused:
            return route.continue_()
        refused.append(route.request.url)
        return route.fulfill(status=507, headers={"Retry-After": "1"}, body="The disk is full.",
                             content_type="text/plain")  # fmt: skip

    page.route("**/pictures?*", refuse)
    page.goto(f"{api.url}/pictures")
    send(page, *files("a.jpg"))
    expect(page.locator('[data-held="waiting"]')).to_contain_text("The disk is full.")
    expect(page.locator(".sending-sum")).to_contain_text("1 / 1 arrived")


def test_files_that_cannot_be_sent_say_so(
    visits: Visits, api: Api, files: Callable[..., list[Path]]
) -> None:
    """Too large, empty, cut: each at its file, in the reader's language."""
    (good, cut, empty, large) = files("good.jpg", "cut.jpg", "empty.jpg", "large.jpg")
    cut.write_bytes(make_jpeg(1)[:-200])
    empty.write_bytes(b"")
    with large.open("ab") as made:
        made.truncate(33 * 2**20)
    page = visits.page(locale="zh-CN")
    page.goto(f"{api.url}/pictures")
    send(page, good, cut, empty, large)
    expect(page.locator(".sending-sum")).to_contain_text("1 / 4 已接收 · 3 未接收")
    said = page.locator(".file.refused")
    expect(said.filter(has_text="large.jpg")).to_contain_text("文件超过图片大小上限")
    for name in ("cut.jpg", "empty.jpg"):
        expect(said.filter(has_text=name).locator(".file-said")).to_have_text(re.compile("[一-鿿]"))


@pytest.mark.attack("markup in texts")
def test_hostile_names_are_texts(visits: Visits, api: Api) -> None:
    """A file's name is shown as it is: where it is sent, where it is refused, in the list."""
    page = visits.page()
    page.goto(f"{api.url}/pictures")
    page.locator("[data-send] summary").click()
    names = [one.replace("/", "∕")[:100] + ".jpg" for one in HOSTILE]
    page.locator('input[name="files"]').set_input_files(
        [
            {"name": name, "mimeType": "image/jpeg", "buffer": content}
            for number, name in enumerate(names)
            for content in (make_jpeg(number), b"nothing")
        ]
    )
    expect(page.locator(".file.refused")).to_have_count(len(names))
    expect(page.locator("[data-results] .tile")).to_have_count(len(names))
    api.work()
    page.goto(f"{api.url}/pictures")
    expect(page.locator("[data-gallery] .tile").first).to_be_visible()
    page.goto(f'{api.url}/pictures?name="><script>window.hit=1</script>')
    assert page.evaluate("window.hit") is None


def test_without_scripts_a_form_sends_them(
    visits: Visits, api: Api, files: Callable[..., list[Path]]
) -> None:
    """What was accepted is shown, what was not is said."""
    page = visits.page(java_script_enabled=False)
    page.goto(f"{api.url}/pictures")
    send(page, *files("a.jpg", "b.jpg", "notes.txt"))
    page.locator("[data-plain]").click()
    expect(page.locator(".failed:visible")).to_contain_text("notes.txt")
    expect(page.locator("[data-gallery] .tile")).to_have_count(2)
    send(page, *files("c.jpg", seed=900))
    page.locator("[data-plain]").click()
    expect(page).to_have_url(re.compile(r"/pictures\?id=\w{26}$"))
    expect(page.locator("[data-gallery] .tile")).to_have_count(1)


def test_pasted_and_dropped_pictures_are_sent(visits: Visits, api: Api) -> None:
    """As from a screenshot, and from a folder on the desktop."""
    page = visits.page()
    page.goto(f"{api.url}/pictures")
    page.evaluate(GIVE, ["paste", "pasted.jpg", list(make_jpeg(41))])
    page.evaluate(GIVE, ["drop", "dropped.jpg", list(make_jpeg(42))])
    expect(page.locator("[data-results] .tile")).to_have_count(2)
    names = {one["image"]["name"] for one in inspections(api)}  # type: ignore[index]
    assert {"pasted.jpg", "dropped.jpg"} <= names


def test_newer_pictures_are_told_of_and_move_nothing(visits: Visits, api: Api) -> None:
    """Whoever chooses among pictures does not have them moved away under the pointer."""
    page = visits.page()
    page.goto(f"{api.url}/pictures")
    expect(page.locator(".live")).to_have_attribute("data-live-state", "on")
    before = page.locator("[data-gallery] .tile").count()
    with api.client() as client:
        client.post(
            "/v1/inspections", content=make_jpeg(77), headers={"Content-Type": "image/jpeg"}
        )
    expect(page.locator("[data-newer]")).to_be_visible()
    assert page.locator("[data-gallery] .tile").count() == before
    page.locator("[data-newer] a").click()
    expect(page.locator("[data-gallery] .tile")).to_have_count(before + 1)
    expect(page.locator("[data-unfinished]")).to_have_count(1)
    api.work()
    expect(page.locator("[data-unfinished]")).to_have_count(0)


def test_only_a_few_are_sent_at_once_and_sending_can_be_stopped(
    visits: Visits, api: Api, files: Callable[..., list[Path]]
) -> None:
    """A folder of a hundred takes three connections; the rest of a wrong one is not sent."""
    page = visits.page()
    waiting: list[Route] = []
    page.route("**/pictures?*", lambda route: waiting.append(route))
    page.goto(f"{api.url}/pictures")
    send(page, *files(*(f"{number}.jpg" for number in range(100))))
    expect(page.locator("[data-total]")).to_have_text("100")
    expect(page.locator(".file")).to_have_count(3)
    eventually(lambda: bool(page.evaluate("true")) and len(waiting) == 3, "three are sent")
    page.get_by_role("button", name="Stop sending").click()
    expect(page.locator("[data-total]")).to_have_text("0")
    expect(page.locator(".file")).to_have_count(0)
    assert len(waiting) == 3
    page.unroute_all(behavior="ignoreErrors")


@pytest.mark.parametrize("kind", ["status", "connection"])
def test_one_that_always_breaks_does_not_keep_the_others(
    visits: Visits, api: Api, files: Callable[..., list[Path]], kind: str
) -> None:
    """A file that the service or a proxy never takes is named; it can be tried again alone."""
    page = visits.page()
    broken = True

    def break_off(route: Route) -> None:
        if not broken:
            route.continue_()
        elif kind == "status":
            route.fulfill(status=500, body="<h1>oops</h1>", content_type="text/html")
        else:
            route.abort("connectionreset")

    page.route("**/pictures?*name=a.jpg*", break_off)
    page.goto(f"{api.url}/pictures")
    send(page, *files("a.jpg", "b.jpg", "c.jpg"))
    expect(page.locator(".sending-sum")).to_contain_text("2 / 3 arrived · 1 not accepted")
    said = page.locator(".file.refused .file-said")
    expect(said).to_have_text("500 Internal Server Error" if kind == "status" else re.compile("."))
    broken = False
    page.get_by_role("button", name="Try again", exact=True).click()
    expect(page.locator(".sending-sum")).to_contain_text("3 / 3 arrived")


def test_a_dropped_folder_is_read_with_all_in_it(
    visits: Visits, api: Api, files: Callable[..., list[Path]]
) -> None:
    """As from the desktop, folders in it too; an empty one is said to be empty."""
    paths = files("site/a.jpg", "site/deep/deeper/b.jpg", "site/notes.txt")
    empty = paths[0].parent / "deep" / "empty"
    empty.mkdir()
    context = visits.context()
    page = context.new_page()
    page.goto(f"{api.url}/pictures")
    drag = context.new_cdp_session(page)

    def drop(folder: Path) -> None:
        data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            drag.send("Input.dispatchDragEvent", {"type": kind, "x": 90, "y": 300, "data": data})

    drop(empty)
    expect(page.locator("[data-nothing]")).to_be_visible()
    drop(paths[0].parent)
    expect(page.locator(".sending-sum")).to_contain_text("2 / 2 arrived")
    expect(page.locator("[data-nothing]")).to_be_hidden()
    names = {one["image"]["name"] for one in inspections(api, name="site/")}  # type: ignore[index]
    assert names == {"site/a.jpg", "site/deep/deeper/b.jpg"}
