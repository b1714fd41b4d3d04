"""HEAD, wherever GET is possible."""

from __future__ import annotations

import httpx2
import pytest

from tests.api_server import Api, make_jpeg


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", "/docs", "/openapi.json"])
def test_probes_and_pages_answer_head(client: httpx2.Client, path: str) -> None:
    """A probe that asks with HEAD gets the head that GET gets, and no body."""
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Type"] == get.headers["Content-Type"]


def test_head_of_a_picture_tells_its_length(client: httpx2.Client, api: Api) -> None:
    """Length and tag of every file of an inspection are told without the file."""
    submitted = client.post("/v1/inspections", content=make_jpeg()).json()
    api.work()
    for name, link in submitted["links"].items():
        head, get = client.head(link), client.get(link)
        assert head.status_code == 200, name
        assert head.headers["Content-Length"] == get.headers["Content-Length"]
        assert head.headers.get("ETag") == get.headers.get("ETag")


def test_head_of_a_stream_ends(client: httpx2.Client) -> None:
    """An event stream is announced and not begun, and the connection can be used again."""
    for _ in range(3):
        head = client.head("/v1/events")
        assert head.status_code == 200
        assert head.headers["Content-Type"].startswith("text/event-stream")


def test_every_get_route_answers_head_alike(client: httpx2.Client) -> None:
    """Each documented GET has its HEAD, with the same status whatever is asked for."""
    paths = client.get("/openapi.json").json()["paths"]
    for path, operations in paths.items():
        if "get" in operations and path != "/v1/events":
            filled = path.replace("{volume}", "1").replace("{", "").replace("}", "")
            assert client.head(filled).status_code == client.get(filled).status_code, path


def test_head_is_refused_where_get_is(client: httpx2.Client) -> None:
    """Where nothing can be read, HEAD is answered 405 like GET; Allow names it elsewhere."""
    assert client.head("/v1/requeue").status_code == 405
    assert client.delete("/livez").headers["Allow"] == "HEAD, GET"
