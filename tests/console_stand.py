"""Incidents for pages: cameras whose pictures show a fire."""

from __future__ import annotations

from tests.api_server import Api, make_jpeg


def add_incidents(api: Api, *camera_names: str, first: int = 1) -> list[str]:
    """A camera a name, each with one incident; gives the incidents' ids in that order."""
    with api.client() as client:
        for number, name in enumerate(camera_names, start=first):
            camera = {"id": f"camera-{number}", "name": name}
            assert client.post("/v1/cameras", json=camera).is_success
            pushed = client.post(
                f"/v1/cameras/camera-{number}/frames",
                content=make_jpeg(number, (640, 360)),
                headers={"Content-Type": "image/jpeg"},
            )
            assert pushed.status_code == 202, pushed.text
            api.work()
        listed = client.get("/v1/incidents", params={"limit": 500}).json()["incidents"]
    by_camera = {one["camera_name"]: one["id"] for one in listed}
    return [by_camera[name] for name in camera_names]
