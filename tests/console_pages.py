"""Every page of the console that there is, by its address, found from the routes themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx2
from fastapi.routing import APIRoute

from safety_detector.console.app import ROUTERS

_NO_PAGES = ("/assets/", "/live")


def every_page(client: httpx2.Client, things: Mapping[str, str]) -> list[str]:
    """Addresses that answer with a page.

    Args:
        client: may look at all of them.
        things: what stands in the place of each parameter of a path, by its name; a page whose
            parameter is none of them is left out.
    """
    paths = {
        route.path
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and "GET" in route.methods
    }
    found = []
    for path in sorted(paths):
        names = set(re.findall(r"\{(\w+)\}", path))
        if path.startswith(_NO_PAGES) or not names <= set(things):
            continue
        address = re.sub(r"\{(\w+)\}", lambda name: things[name[1]], path)
        with client.stream("GET", address, headers={"Accept": "text/html"}) as answer:
            # Parts of pages, which scripts fetch, begin otherwise.
            is_page = answer.read().startswith(b"<!doctype html>")
            if is_page and answer.status_code == 200:
                found.append(address)
    return found


def things_of(client: httpx2.Client) -> dict[str, str]:
    """Something that is there in the place of each parameter, as far as REST lists it."""
    lists = {
        "camera_id": "cameras", "report_id": "reports", "batch_id": "batches",
        "channel_id": "channels", "rule_id": "alert-rules", "key_id": "keys",
        "permit_id": "permits",
    }  # fmt: skip
    incident = client.get("/v1/incidents").json()["incidents"][0]
    things = {"incident_id": incident["id"], "inspection_id": incident["best"]["inspection_id"]}
    for name, resource in lists.items():
        answer = client.get(f"/v1/{resource}")
        if answer.is_success:
            items = next((one for one in answer.json().values() if isinstance(one, list)), [])
            if items and "id" in items[0]:
                things[name] = items[0]["id"]
    messages = client.get("/v1/messages", params={"channel_id": things.get("channel_id", "")})
    if messages.is_success and messages.json()["messages"]:
        things["message_id"] = messages.json()["messages"][0]["id"]
    return things
