"""What a page costs: queries that do not grow with its rows, and bytes of a first visit."""

from __future__ import annotations

import gzip
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from safety_detector.console.asset_files import asset_files
from tests.api_server import Api, make_jpeg
from tests.console_stand import add_incidents

PAGES = (
    "/",
    "/wall",
    "/review",
    "/incidents",
    "/incidents?state=open&hazard=fire",
    "/incidents?group=camera&view=pictures",
    "/incidents/statistics",
    "/reports",
    "/reports/new?kind=incidents",
    "/reports/new?kind=notices",
    "/batches",
    "/cameras",
    "/cameras/camera-1",
    "/cameras/camera-1/areas",
)


@contextmanager
def counted(api: Api) -> Iterator[list[str]]:
    """The statements that answers need meanwhile; what runs beside them asks on its own."""
    said: list[str] = []
    engine = api.service.database.engine

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        is_answer = threading.current_thread().name.startswith("AnyIO worker")
        if is_answer and statement.lstrip().upper().startswith(
            ("SELECT", "INSERT", "UPDATE", "DELETE")
        ):
            said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_queries_do_not_grow_with_rows(api: Api) -> None:
    """A page with many incidents asks as often as one with three."""

    def asked() -> dict[str, int]:
        found = {}
        with api.client() as client:
            for path in PAGES:
                client.get(path)  # what is looked at once is looked at
                with counted(api) as said:
                    assert client.get(path).status_code == 200
                found[path] = len([one for one in said if "incident" in one])
        return found

    few = asked()
    assert few["/"]
    add_incidents(api, *(f"Gate {number}" for number in range(4, 24)), first=4)
    assert asked() == few


def test_queries_do_not_grow_with_pictures_of_an_incident(api: Api) -> None:
    """An incident that many pictures show asks as often as one that two show."""

    def see(*seeds: int) -> None:
        for seed in seeds:
            pushed = client.post(
                "/v1/cameras/camera-1/frames",
                content=make_jpeg(seed, (320, 180)),
                headers={"Content-Type": "image/jpeg"},
            )
            assert pushed.status_code == 202
            api.work()

    def asked() -> dict[str, int]:
        found = {}
        for path in (page, f"{page}/parts", f"{page}/sightings"):
            client.get(path)
            with counted(api) as said:
                assert client.get(path).status_code == 200
            found[path] = len([one for one in said if "incident" in one])
        return found

    with api.client() as client:
        see(300)
        listed = client.get("/v1/incidents?camera_id=camera-1").json()["incidents"]
        page = f"/incidents/{listed[0]['id']}"
        few = asked()
        see(*range(301, 313))
        assert asked() == few
        assert client.get(page).text.count("<rect ") == 14


def test_a_first_visit_is_light(api: Api) -> None:
    """Page, style and scripts are less than 250 kB, and no page is above 150 kB."""
    add_incidents(api, *(f"Gate {number}" for number in range(4, 24)), first=4)
    assets = sum(len(content) for content in asset_files().contents.values())
    with api.client() as client:
        for path in PAGES:
            page = client.get(path).content
            assert len(page) < 150_000, path
            assert len(page) + assets < 250_000, path
            assert len(gzip.compress(page)) < 20_000


def test_assets_are_kept_and_named_by_what_they_hold(api: Api) -> None:
    """A browser asks once; another version has other addresses."""
    with api.client() as client:
        (style,) = re.findall(r'href="(/assets/[^"]+\.css)"', client.get("/").text)
        assert "immutable" in client.get(style).headers["Cache-Control"]
        other = re.sub(r"/assets/\w+/", "/assets/0/", style)
        assert client.get(other).headers["Cache-Control"] == "no-store"
        assert client.get("/assets/0/../app.py").status_code == 404
        assert client.get("/assets/0/%2e%2e%2fapp.py").status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_pages_have_no_inline_script_or_style(api: Api, path: str) -> None:
    """The policy would stop it, and the page would not work."""
    with api.client() as client:
        answer = client.get(path)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert not re.search(r"\s(style|on\w+)=|<style|<script(?![^>]*src=)", answer.text)
