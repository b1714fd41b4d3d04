"""Watchers as processes, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from safety_detector.service.core import Service
from tests.ports import free_port
from tests.watch_stand import WatchStand


@dataclass
class Site:
    """Watchers that a test starts, and the service that they work for."""

    stand: WatchStand
    service: Service

    def frames_of(self, *watchers: str) -> set[str]:
        """The cameras of which those, or anybody, have handed over a frame."""
        pids = {str(self.stand.watchers[name].pid) for name in watchers}
        return {
            one.camera_id
            for one in self.stand.noted()
            if not pids or one.watcher.split(":")[-2] in pids
        }

    def reconciles(self) -> bool:
        """Whether every frame of every camera is accounted for."""
        return all(
            one.frames.received
            == one.frames.inspected
            + one.frames.in_flight
            + one.frames.skipped
            + one.frames.unchanged
            + one.frames.replaced
            + one.frames.refused
            for one in self.service.cameras.records.list()
        )


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """No cameras yet, no watchers, and no broker: watchers need none."""
    stand = WatchStand(tmp_path, database_url, f"redis://127.0.0.1:{free_port()}")
    service = stand.open_service()
    yield Site(stand, service)
    stand.close()
    service.close()
