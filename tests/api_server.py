"""A real API on a real SQLite database, served by uvicorn on a port of its own."""

from __future__ import annotations

import io
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
import numpy as np
import PIL.Image

from safety_detector.annotation.draw import annotate, encode_annotated
from safety_detector.appearance.fonts import find_fonts
from safety_detector.console.app import install_console
from safety_detector.console.sign_in.elsewhere import SignInElsewhere
from safety_detector.database.engine import Database
from safety_detector.database.migrate import migrate
from safety_detector.database.sqlite import sqlite_url
from safety_detector.detectors.qwen.servers.server_board import ServerStatus
from safety_detector.domain.detections import Detection, DetectorOutcome, DetectorRun
from safety_detector.domain.geometry import Box
from safety_detector.domain.hazards import Hazard, Label, SubLabel
from safety_detector.host.disk_room import NOTHING_KEPT, DiskRoom, RoomPolicy
from safety_detector.mcp_server.http import install_mcp
from safety_detector.pictures.images import RgbImage
from safety_detector.pipeline import inspect_picture
from safety_detector.service.core import Service, build_service
from safety_detector.service.records import Finding, Scope
from safety_detector.storage.storage import Storage
from safety_detector.web.app import WebOptions, create_app
from safety_detector.web.bodies.uploads import UploadLimits
from safety_detector.web.server import ApiServer
from tests.migrated_sqlite import migrated_sqlite
from tests.service_stand import next_claim

NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts no certificate: HTTP needs none, and reading the usual ones takes 20 ms of CPU."""


def make_jpeg(seed: int = 0, size: tuple[int, int] = (320, 240)) -> bytes:
    """A small photograph-like JPEG, another for each seed."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (12, 16, 3), dtype=np.uint8)
    picture = PIL.Image.fromarray(coarse).resize(size, PIL.Image.Resampling.BICUBIC)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


class FireDetector:
    """Finds a fire in the middle of every picture, at once."""

    def detect(self, rgb: RgbImage, attempt: int = 1, *, urgent: bool = True) -> DetectorOutcome:
        """One severe fire."""
        height, width = rgb.shape[:2]
        box = Box(width // 4, height // 4, width // 2, height // 2)
        fire = Detection(box, Hazard(Label.FIRE, SubLabel.SEVERE), 0.9)
        return DetectorOutcome((fire,), DetectorRun("embedded", "test"))


@dataclass
class Api:
    """A running API, and what stands behind it."""

    service: Service
    folder: Path
    port: int = 0
    broker_problem: str | None = None
    ask_broker: Callable[[], str | None] | None = None
    model_servers: Sequence[ServerStatus] = ()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def client(self, key: str | None = None, timeout_s: float = 120.0) -> httpx2.Client:
        """A client, with the key if there is one."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx2.Client(
            base_url=self.url, headers=headers, timeout=timeout_s, trust_env=False, verify=NOBODY
        )

    def key(self, *scopes: Scope, camera_id: str | None = None) -> str:
        """The text of a new API key."""
        return self.service.access.keys.create("test", scopes, camera_id)[1]

    def work(self) -> int:
        """Inspects everything that is due, as a worker does; returns how many."""
        done = 0
        while (claim := next_claim(self.service, "worker-1")) is not None:
            data = self.service.storage.read_picture(str(claim.subject.picture.sha256))
            inspected = inspect_picture(
                data, claim.subject.picture.name, FireDetector(), UploadLimits().picture
            )
            drawn = annotate(inspected.rgb, inspected.detections, find_fonts(), "en")
            finding = Finding(
                claim,
                inspected.detections,
                inspected.runs,
                inspected.verdict,
                encode_annotated(drawn, len(data)),
            )
            assert self.service.inspections.findings.record([finding]) == [True]
            done += 1
        return done


class ApiRunner:
    """Starts APIs on one data folder, stops them, and then closes their databases.

    Not before: threads of an API ask its database for messages as long as it runs.

    Args:
        folder: holds the database and the data folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[tuple[ApiServer, threading.Thread, Database]] = []

    def start(
        self,
        options: WebOptions | None = None,
        database: Database | None = None,
        tls: ssl.SSLContext | None = None,
        room: RoomPolicy = NOTHING_KEPT,
        elsewhere: SignInElsewhere | None = None,
        port: int = 0,
    ) -> Api:
        """A running API with these options; by default open without keys, on a SQLite file."""
        if database is None:
            file = self._folder / "test.db"
            has_file = file.exists()
            if not has_file:
                file.write_bytes(migrated_sqlite())
            database = Database(sqlite_url(file))
            if has_file:  # as at each start of the service
                migrate(database)
        else:
            migrate(database)
        data = self._folder / "data"
        storage = Storage(data, DiskRoom(data, room))
        storage.prepare()
        options = options or WebOptions(open_without_keys=True)
        service = build_service(
            database,
            storage,
            limits=options.limits.picture,
            default_backend="embedded",
            wake_up=lambda _: None,
        )
        api = Api(service, self._folder)
        app = create_app(
            service,
            options,
            find_fonts=find_fonts,
            broker_problem=lambda: (
                api.ask_broker() if api.ask_broker is not None else api.broker_problem
            ),
            model_servers=lambda: api.model_servers,
        )
        install_console(app, elsewhere)
        install_mcp(app)
        listener = socket.create_server(("127.0.0.1", port))
        server = ApiServer(app, tls=tls)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        api.port = listener.getsockname()[1]
        self._running.append((server, thread, database))
        return api

    def stop(self) -> None:
        """Stops every API as SIGTERM does, and waits for it."""
        while self._running:
            server, thread, database = self._running.pop()
            server.should_exit = True
            thread.join(120)
            assert not thread.is_alive(), "the server did not stop"
            database.close()


def options_with(**limits: object) -> WebOptions:
    """Options of an open API with other limits of uploads."""
    return WebOptions(limits=replace(UploadLimits(), **limits), open_without_keys=True)
