"""Pictures and reports of inspections over HTTP."""

from __future__ import annotations

import io
import re
import shutil
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx2
import PIL.Image
import pypdf
import pytest

from tests.api_server import Api, ApiRunner, make_jpeg, options_with


@pytest.fixture
def links(client: httpx2.Client, jpeg: bytes) -> dict[str, str]:
    """The links of a newly accepted picture with a troublesome name."""
    name = 'a/b\\..\\"门口"\r\nX-Evil: 1; .exe'
    response = client.post("/v1/inspections", content=jpeg, params={"name": name})
    assert response.status_code == 202
    return dict(response.json()["links"])


def test_original_comes_back_unchanged(
    client: httpx2.Client, links: dict[str, str], jpeg: bytes
) -> None:
    """The original is the submitted bytes, with the type that they have."""
    response = client.get(links["original"])
    assert response.content == jpeg
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_download_name_is_harmless(client: httpx2.Client, links: dict[str, str]) -> None:
    """A name from outside becomes a file name that no system and no header takes ill."""
    response = client.get(links["original"])
    disposition = response.headers["Content-Disposition"]
    assert "x-evil" not in response.headers
    assert re.fullmatch(r"inline; filename=\"[^\"\\/:]+\.jpg\"; filename\*=UTF-8''\S+", disposition)


def test_known_picture_is_not_sent_again(client: httpx2.Client, links: dict[str, str]) -> None:
    """A client that has the picture already gets 304 by the ETag, which is the hash."""
    first = client.get(links["original"])
    again = client.get(links["original"], headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(links["original"], headers={"If-None-Match": '"something"'})
    assert other.status_code == 200


@pytest.mark.parametrize("asked", ["bytes=0-10", "bytes=900000-", "lines=1-2", "bytes=a-b"])
def test_ranges_are_ignored(
    client: httpx2.Client, links: dict[str, str], jpeg: bytes, asked: str
) -> None:
    """A request for a part, sensible or not, gets the whole picture."""
    response = client.get(links["original"], headers={"Range": asked})
    assert (response.status_code, response.content) == (200, jpeg)
    assert response.headers["Accept-Ranges"] == "none"
    assert response.headers["Content-Length"] == str(len(jpeg))
    written = parsedate_to_datetime(response.headers["Last-Modified"])
    assert abs((datetime.now(UTC) - written).total_seconds()) < 3600


def test_a_large_picture_comes_whole(client: httpx2.Client) -> None:
    """It is read and sent piece by piece, also where somebody gave up in the middle."""
    content = make_jpeg(5) + bytes(3_000_000)
    link = client.post("/v1/inspections", content=content).json()["links"]["original"]
    with client.stream("GET", link) as answer:
        next(answer.iter_raw())
    assert client.get(link).content == content


def test_annotated_comes_when_completed(
    client: httpx2.Client, api: Api, links: dict[str, str], jpeg: bytes
) -> None:
    """Before the result there is 409 with the reason; then a JPEG of the same size."""
    early = client.get(links["annotated"])
    assert (early.status_code, early.json()["code"]) == (409, "not-ready")
    assert "queued" in early.json()["detail"]
    api.work()
    response = client.get(links["annotated"])
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.content != jpeg
    assert PIL.Image.open(io.BytesIO(response.content)).size == (320, 240)
    again = client.get(links["annotated"], headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_report_of_a_queued_one_is_refused(client: httpx2.Client, links: dict[str, str]) -> None:
    """A report before the result is 409 and says so."""
    response = client.get(links["report"])
    assert (response.status_code, response.json()["code"]) == (409, "not-ready")
    assert response.json()["inspection_status"] == "queued"


@pytest.mark.parametrize(("language", "word"), [("en", "severe"), ("zh", "严重")])
def test_report_is_a_pdf_in_the_language(
    client: httpx2.Client, api: Api, links: dict[str, str], language: str, word: str
) -> None:
    """The report is a PDF whose text is in the language that was asked for."""
    api.work()
    response = client.get(links["report"], params={"lang": language})
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "application/pdf"
    text = "".join(
        page.extract_text() for page in pypdf.PdfReader(io.BytesIO(response.content)).pages
    )
    assert word in text


def test_reports_leave_nothing_behind(runner: ApiRunner, tmp_path: Path) -> None:
    """A report that was made for a request is not kept."""
    folder = tmp_path / "spool"
    folder.mkdir()
    api = runner.start(options_with(spool_dir=folder))
    with api.client() as client:
        document = client.post("/v1/inspections", content=make_jpeg()).json()
        api.work()
        assert client.get(document["links"]["report"]).status_code == 200
    assert list(folder.iterdir()) == []


def test_removed_picture_is_gone(client: httpx2.Client, api: Api, links: dict[str, str]) -> None:
    """A picture that is no longer stored is 410, not an error of the service."""
    for path in (api.folder / "data" / "images").glob("??/*"):
        path.unlink()
    response = client.get(links["original"])
    assert (response.status_code, response.json()["code"]) == (410, "picture-gone")


def test_a_disk_that_is_away_is_no_removed_picture(
    client: httpx2.Client, api: Api, links: dict[str, str]
) -> None:
    """410 says that nobody need ask again, 503 that somebody should."""
    api.work()
    shutil.rmtree(api.folder / "data" / "images")
    shutil.rmtree(api.folder / "data" / "marked_images")
    for name in ("original", "annotated"):
        away = client.get(links[name])
        assert (away.status_code, away.json()["code"]) == (503, "storage-unavailable"), name
        assert away.headers["Retry-After"]


def test_a_picture_is_served_as_what_it_is(client: httpx2.Client, jpeg: bytes) -> None:
    """Neither a wrong ending nor a page behind the picture makes it anything else in a browser."""
    page = b"<html><script>alert(1)</script></html>"
    query = {"name": "page.html.png"}
    answer = client.post("/v1/inspections", params=query, content=jpeg + page)
    assert answer.status_code == 202, answer.text
    original = client.get(answer.json()["links"]["original"])
    assert original.content == jpeg + page
    assert original.headers["Content-Type"] == "image/jpeg"
    assert original.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in original.headers["Content-Security-Policy"]
