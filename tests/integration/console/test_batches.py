"""Batches as a data engineer and an EHS manager see them in a browser."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from safety_detector.web.app import WebOptions
from tests.api_server import Api, ApiRunner, make_jpeg

from .conftest import Visits
from .test_weight import counted

pytestmark = pytest.mark.processes

BATCH = "01KB5V4Q2W9GZT3XJ8N7R6M5HD"
NAMES = ["a.jpg", "../../作业 <b>.jpg", "=cmd.jpg"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures, one that is broken, one file that is none."""
    files = {f"{number}.jpg": make_jpeg(number) for number in range(3)}
    files |= {"broken <i>.jpg": b"nonsense", "notes.txt": b"x"}
    (tmp_path / "in").mkdir()
    for name, data in files.items():
        (tmp_path / "in" / name).write_bytes(data)
    return tmp_path / "in"


@pytest.fixture
def api(runner: ApiRunner, folder: Path) -> Api:
    """An API without accounts that may read the folder."""
    return runner.start(WebOptions(open_without_keys=True, batch_folders=(folder,)))


def submit(api: Api, batch_id: str = BATCH, *names: str) -> None:
    """Pictures with these names, inspected."""
    files = [
        ("files", (name, make_jpeg(number), "image/jpeg"))
        for number, name in enumerate(names or NAMES)
    ]
    with api.client() as client:
        answer = client.post("/v1/batches", params={"batch_id": batch_id}, files=files)
    assert answer.status_code == 202, answer.text
    api.work()


@pytest.mark.parametrize(
    ("locale", "menu", "path", "start", "done", "stop"),
    [
        ("en-US", "Batches", "Path of the folder", "Start", "Done", "no further"),
        ("zh-CN", "批次", "文件夹路径", "开始", "已完成", "停止读取"),
    ],
)
def test_a_folder_is_read_followed_and_fetched(
    visits: Visits,
    api: Api,
    folder: Path,
    locale: str,
    menu: str,
    path: str,
    start: str,
    done: str,
    stop: str,
) -> None:
    """From the row at the top to results; what was refused stands below with the reason."""
    page = visits.page(locale=locale)
    page.goto(api.url)
    page.get_by_role("link", name=menu, exact=True).click()
    page.get_by_label(path).fill(str(folder))
    page.get_by_role("button", name=start, exact=True).click()
    page.wait_for_url("**/batches/*")
    expect(page.get_by_role("heading", level=1)).to_have_text(str(folder))
    expect(page.get_by_role("row").filter(has_text="broken <i>.jpg")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name=stop)).to_have_count(0, timeout=60_000)
    api.work()
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text(done, timeout=60_000)
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text("3 / 3")
    page.locator("nav").get_by_role("link", name=menu, exact=True).first.click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text(str(folder))


def test_what_cannot_be_read_is_said_at_the_field(visits: Visits, api: Api) -> None:
    """A folder that is not allowed, is not there, is no path, an unknown camera."""
    page = visits.page(locale="zh-CN")
    for source, camera in (
        ("/etc", ""),
        ("relative", ""),
        ("/nowhere/<b>", ""),
        ("/etc", "nobody"),
    ):
        page.goto(f"{api.url}/batches")
        page.get_by_label("文件夹路径").fill(source)
        page.locator('[name="camera_id"]').fill(camera)
        page.get_by_role("button", name="开始").click()
        expect(page.get_by_role("alert")).to_contain_text("未开始。")
        expect(page.get_by_label("文件夹路径")).to_have_value(source)
        expect(page.locator('[name="camera_id"]')).to_have_value(camera)
    assert api.service.inspections.batches.list(10).items == ()


def test_results_are_fetched_as_files(api: Api) -> None:
    """By session as by key: a table, a zip of annotated pictures, COCO, JSON Lines."""
    submit(api)
    with api.client() as client:
        for base in (f"/v1/batches/{BATCH}", f"/batches/{BATCH}/files"):
            table = client.get(f"{base}/results.csv")
            rows = list(csv.DictReader(io.StringIO(table.text.lstrip("\ufeff"))))
            assert {row["image_escaped"] for row in rows} >= {"a.jpg", "'=cmd.jpg"}
            packed = zipfile.ZipFile(io.BytesIO(client.get(f"{base}/annotated.zip").content))
            assert packed.testzip() is None
            names = packed.namelist()
            assert len(names) == len(set(names)) == 3
            assert [one for one in names if "/" in one or "\\" in one or one.startswith(".")] == []
            assert all(packed.read(one)[:2] == b"\xff\xd8" for one in names)
            assert len(client.get(f"{base}/coco.json").json()["images"]) == 3
            lines = client.get(f"{base}/results.jsonl").text.splitlines()
            assert len([json.loads(one) for one in lines]) == 3
        for name in ("results.exe", "..%2f..%2fetc", "report.pdf"):
            assert client.get(f"/batches/{BATCH}/files/{name}").status_code == 404
        assert (
            client.get("/batches/01KB5V4Q2W9GZT3XJ8N7R6M5HE/files/results.csv").status_code == 404
        )


def test_batches_are_listed_by_their_newest_picture(api: Api) -> None:
    """Whatever their ids are; page by page without holes; pictures without a batch are none."""
    ids = [f"{first}1KB5V4Q2W9GZT3XJ8N7R6M5HD" for first in "3752604"]
    for number, one in enumerate(ids):
        submit(api, one, f"{number}.jpg")
    with api.client() as client:
        client.post(
            "/v1/inspections", content=make_jpeg(99), headers={"Content-Type": "image/jpeg"}
        )
        submit(api, ids[0], "again.jpg")
        found: list[str] = []
        cursor: str | None = None
        while True:
            params = {"limit": "3", **({"cursor": cursor} if cursor else {})}
            page = client.get("/v1/batches", params=params).json()
            found += [one["id"] for one in page["batches"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert found == [ids[0], *reversed(ids[1:])]
        assert [one["pictures"] for one in page["batches"]] == [1]
        assert client.get("/v1/batches?cursor=x").status_code == 422
        assert client.get("/batches?cursor=x").status_code == 422


def test_the_list_asks_as_often_for_many_batches(api: Api) -> None:
    """Ten batches cost as many queries as one; so does one with more pictures."""
    with api.client() as client:

        def asked() -> list[int]:
            numbers = []
            for path in ("/batches", f"/batches/{BATCH}"):
                client.get(path)
                with counted(api) as said:
                    assert client.get(path).status_code == 200
                numbers.append(
                    len([one for one in said if "inspections" in one or "folder" in one])
                )
            return numbers

        submit(api)
        few = asked()
        submit(api, BATCH, "x.jpg", "y.jpg", "z.jpg")
        for first in "123456789":
            submit(api, f"0{first}KB5V4Q2W9GZT3XJ8N7R6M5HD", "a.jpg")
        assert asked() == few
