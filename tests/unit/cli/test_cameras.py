"""``safety-detector cameras``."""

from __future__ import annotations

import io
import json
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest

from safety_detector.service.records import Scope
from safety_detector.settings import load_settings
from safety_detector.web.app import WebOptions
from safety_detector.wiring import open_migrated_database, open_service
from tests.api_server import ApiRunner
from tests.pictures import jpeg

from .conftest import RunCommand

PASSWORD = "s3cret-7Zk"  # noqa: S105 (of a test)
NOWHERE = "rtsp://127.0.0.1:1/x"


@pytest.fixture(autouse=True)
def data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A service that was there before."""
    monkeypatch.setenv("SAFETY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SAFETY_CAMERA_FOLDERS", str(tmp_path / "clips"))
    open_migrated_database(load_settings()).close()
    return tmp_path / "data"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A second of video."""
    path = tmp_path / "clips" / "clip.avi"
    path.parent.mkdir()
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 5, (320, 240))
    picture = cv2.imdecode(np.frombuffer(jpeg(1), np.uint8), cv2.IMREAD_COLOR)
    for _ in range(5):
        writer.write(cv2.resize(picture, (320, 240)))
    writer.release()
    return path


def kept_login(camera_id: str) -> tuple[str | None, str | None]:
    """What the camera would be asked with."""
    settings = load_settings()
    service = open_service(settings, lambda _backend: None)
    source = service.cameras.records.open_source(camera_id)
    service.close()
    return source.username, source.password


@pytest.mark.processes
def test_a_camera_is_added_listed_tried_shown_and_removed(
    run_command: RunCommand, clip: Path, tmp_path: Path
) -> None:
    """By the words of its help; JSON where nobody looks on."""
    added = run_command(
        "cameras", "add", "yard", clip, "--name", "Yard", "--every", "5",
        "--location", "Plant 2", "--timezone", "Asia/Shanghai",
    )  # fmt: skip
    assert added.code == 0, added.err
    document = json.loads(added.out)
    assert (document["id"], document["name"], document["every_s"]) == ("yard", "Yard", 5)
    assert (document["tested"]["width"], document["tested"]["codec"]) == (320, "mjpeg")
    assert "start safety-detector serve, or watch" in added.err
    listed = json.loads(run_command("cameras", "list").out)["cameras"]
    assert [one["id"] for one in listed] == ["yard"]
    assert json.loads(run_command("cameras", "show", "yard").out) == listed[0]
    tried = run_command("cameras", "test", "yard", "--save", tmp_path / "now.jpg")
    assert json.loads(tried.out)["height"] == 240
    saved = PIL.Image.open(io.BytesIO((tmp_path / "now.jpg").read_bytes()))
    assert saved.size == (320, 240)
    again = run_command("cameras", "add", "yard", clip)
    assert (again.code, "yard" in again.err) == (2, True)
    removed = run_command("cameras", "remove", "yard", "nobody")
    assert (removed.code, "Removed yard" in removed.err, "nobody" in removed.err) == (3, True, True)
    assert json.loads(run_command("cameras", "list").out) == {"cameras": []}


@pytest.mark.processes
def test_a_camera_from_which_nothing_comes_is_not_added_unless_it_shall_be(
    run_command: RunCommand,
) -> None:
    """Why nothing comes is said, and how to add it all the same."""
    refused = run_command("cameras", "add", "gate", NOWHERE)
    assert refused.code == 3
    assert "127.0.0.1:1" in refused.err
    assert "--no-test" in refused.err
    assert json.loads(run_command("cameras", "list").out) == {"cameras": []}
    assert run_command("cameras", "add", "gate", NOWHERE, "--no-test").code == 0
    tried = run_command("cameras", "test", "gate")
    assert (tried.code, "127.0.0.1:1" in tried.err) == (3, True)


def test_a_password_comes_from_a_file_the_environment_or_stdin(
    run_command: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first line counts; nothing that is printed holds it."""
    file = tmp_path / "password.txt"
    file.write_text(f"{PASSWORD}\r\nnotes\n")
    add = ("cameras", "add", "--no-test", "--username", "viewer")
    done = [
        run_command(*add, "a", NOWHERE, "--password-file", file),
        run_command(*add, "b", NOWHERE, "--password-file", "-", stdin=PASSWORD.encode() + b"\n"),
    ]
    monkeypatch.setenv("CAMERA_PASSWORD", PASSWORD)
    done.append(run_command(*add, "c", NOWHERE))
    assert [one.code for one in done] == [0, 0, 0]
    assert [kept_login(one) for one in "abc"] == [("viewer", PASSWORD)] * 3
    done += [run_command("cameras", "list"), run_command("audit"), run_command("config")]
    assert not any(PASSWORD in one.out + one.err for one in done)


def test_a_password_in_the_address_is_taken_out_of_it_and_warned_of(
    run_command: RunCommand,
) -> None:
    """It stood in the list of processes."""
    url = f"rtsp://viewer:{PASSWORD}@10.0.0.7/1"
    done = run_command("cameras", "add", "a", url, "--no-test")
    assert (done.code, "list of processes" in done.err) == (0, True)
    assert PASSWORD not in done.out + done.err
    assert kept_login("a") == ("viewer", PASSWORD)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("a b", NOWHERE), "ASCII letters"),
        (("a", "ftp://10.0.0.7"), "not by ftp"),
        (("a", "rtsp://8.8.8.8/1"), "SAFETY_CAMERA_NETWORKS"),
        (("a", "/etc/passwd"), "SAFETY_CAMERA_FOLDERS"),
        (("a", NOWHERE, "--username", "viewer"), "--password-file"),
        (("a", NOWHERE, "--username", "viewer", "--password-file", "/nowhere"), "/nowhere"),
        (("a", NOWHERE, "--timezone", "Asia/Shanghi"), "did you mean Asia/Shanghai"),
        (("a", NOWHERE, "--kind", "snapshot"), "snapshot"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_opened(
    run_command: RunCommand, arguments: tuple[str, ...], says: str
) -> None:
    """With 2 and what would be right."""
    done = run_command("cameras", "add", *arguments)
    assert (done.code, says in done.err) == (2, True), done.err


def test_a_camera_that_pushes_is_told_where_to(run_command: RunCommand) -> None:
    """It needs no source, and is not tried."""
    assert json.loads(run_command("cameras", "add", "a").out)["source"]["kind"] == "push"


def test_a_name_that_is_no_camera_and_no_address_is_told_so(run_command: RunCommand) -> None:
    """It may be meant as either."""
    done = run_command("cameras", "test", "gate-3")
    assert (done.code, "gate-3" in done.err) == (2, True)


@pytest.mark.processes
def test_a_service_elsewhere_is_asked_the_same(
    run_command: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an admin's key; without one it says what is missing, and without a service too."""
    runner = ApiRunner(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    api = runner.start(WebOptions())
    password = tmp_path / "password.txt"
    password.write_text(PASSWORD)
    cameras = ("--server", api.url)
    try:
        monkeypatch.setenv("SAFETY_SERVER_KEY", api.key(Scope.READ))
        refused = run_command("cameras", "add", "a", NOWHERE, "--no-test", *cameras)
        assert (refused.code, "scope admin" in refused.err) == (2, True), refused.err
        monkeypatch.setenv("SAFETY_SERVER_KEY", api.key(Scope.ADMIN))
        untried = run_command("cameras", "add", "a", NOWHERE, *cameras)
        assert (untried.code, "127.0.0.1:1" in untried.err) == (3, True), untried.err
        added = run_command(
            "cameras", "add", "a", NOWHERE, "--no-test", "--username", "viewer",
            "--password-file", password, *cameras,
        )  # fmt: skip
        assert (added.code, json.loads(added.out)["login"]) == (0, "kept"), added.err
        assert PASSWORD not in added.out + added.err
        assert api.service.cameras.records.open_source("a").password == PASSWORD
        again = run_command("cameras", "add", "a", NOWHERE, "--no-test", *cameras)
        assert again.code == 2
        (listed,) = json.loads(run_command("cameras", "list", *cameras).out)["cameras"]
        assert json.loads(run_command("cameras", "show", "a", *cameras).out) == listed
        tried = run_command("cameras", "test", "a", *cameras)
        assert (tried.code, "127.0.0.1:1" in tried.err) == (3, True)
        wrong = run_command("cameras", "add", "b", "rtsp://8.8.8.8/1", "--no-test", *cameras)
        assert (wrong.code, "SAFETY_CAMERA_NETWORKS" in wrong.err) == (2, True), wrong.err
        removed = run_command("cameras", "remove", "a", "a/../b", *cameras)
        assert (removed.code, "Removed a" in removed.err) == (3, True)
        assert run_command("cameras", "show", "a", *cameras).code == 2
    finally:
        runner.stop()
    away = run_command("cameras", "list", *cameras)
    assert (away.code, api.url in away.err) == (4, True)
    assert run_command("cameras", "list").out == '{"cameras": []}\n'


def test_a_lost_key_ends_no_list(run_command: RunCommand, data_folder: Path) -> None:
    """The camera says that its password has to be given again."""
    run_command("cameras", "add", "a", f"rtsp://u:{PASSWORD}@10.0.0.7/1", "--no-test")
    (data_folder / "keys" / "seal.key").unlink()
    assert json.loads(run_command("cameras", "list").out)["cameras"][0]["login"] == "lost"
    tried = run_command("cameras", "test", "a")
    assert (tried.code, "give the passwords again" in tried.err) == (3, True)
    examined = run_command("doctor", "--json")
    [found] = [one for one in json.loads(examined.out)["checks"] if one["code"] == "secrets-lost"]
    assert (found["name"], "keys/seal.key" in found["detail"]) == ("cameras' passwords", True)
