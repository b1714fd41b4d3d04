"""Submitting pictures over HTTP and reading what came of them."""

from __future__ import annotations

import hashlib

import httpx2

from tests.integration.web.conftest import Api


def test_raw_picture_is_accepted_then_found(client: httpx2.Client, api: Api, jpeg: bytes) -> None:
    """A raw body is answered with 202, its address and the queued inspection."""
    response = client.post("/v1/inspections", content=jpeg, headers={"Content-Type": "image/jpeg"})
    assert response.status_code == 202, response.text
    document = response.json()
    assert document["status"] == "queued"
    assert document["image"]["sha256"] == hashlib.sha256(jpeg).hexdigest()
    location = response.headers["Location"]
    assert location == f"/v1/inspections/{document['id']}" == document["links"]["self"]
    assert api.work() == 1
    found = client.get(location).json()
    assert (found["status"], found["verdict"]) == ("completed", "hazard")
