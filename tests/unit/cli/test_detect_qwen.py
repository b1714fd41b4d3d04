import json
from pathlib import Path

import pytest

from tests.model_server import Reply, closed_port, running

from .conftest import RunCommand

HELMETS = json.dumps(
    [
        {"bbox_2d": [14, 14, 70, 112], "label": "人员", "sub_label": "未佩戴安全帽"},
        {"bbox_2d": [84, 14, 140, 112], "label": "人员", "sub_label": "佩戴安全帽"},
    ],
    ensure_ascii=False,
)


def test_a_model_server_is_asked_and_its_boxes_come_back_on_the_original(
    run_command: RunCommand, plain_picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Naming a server is all that it takes; the run says who answered, and with which prompt."""
    with running(Reply(HELMETS)) as server:
        monkeypatch.setenv("SAFETY_QWEN_URLS", server.url)
        done = run_command("detect", plain_picture)
    assert done.code == 0, done.err
    result = json.loads(done.out)
    assert result["verdict"] == "hazard"
    assert [one["sub_label"] for one in result["detections"]] == ["no_helmet", "helmet"]
    # 160×120 is sent at 168×112, so that x shrinks and y grows on the way back.
    assert result["detections"][0]["bbox_2d"] == [13, 15, 67, 120]
    assert result["detections"][0]["score"] is None
    (run,) = result["runs"]
    assert (run["backend"], run["prompt_version"], run["complete"]) == ("qwen", "zh-1", True)
    assert run["usage"]["prompt_tokens"] > 0


def test_an_unreachable_model_ends_the_command_with_4_and_leaves_nothing_half_done(
    run_command: RunCommand, plain_picture: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The message names the address; no report about pictures that nobody looked at is written."""
    address = f"http://127.0.0.1:{closed_port()}/v1"
    monkeypatch.setenv("SAFETY_QWEN_URLS", address)
    done = run_command("detect", plain_picture, "--pdf", tmp_path / "out" / "report.pdf")
    assert done.code == 4
    assert address in done.err
    assert done.out == ""
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("fault", ["!" * 200, "", "I am sorry, I cannot help with that."])
def test_a_fault_of_the_answer_is_asked_about_again_at_another_size(
    run_command: RunCommand, plain_picture: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """One overflow of a 16-bit server costs a second request, not the picture."""
    with running(Reply(fault), Reply(HELMETS)) as server:
        monkeypatch.setenv("SAFETY_QWEN_URLS", server.url)
        done = run_command("detect", plain_picture)
        first, second = server.seen
        assert first.picture.size != second.picture.size
    assert done.code == 0, done.err
    assert json.loads(done.out)["verdict"] == "hazard"


def test_a_server_that_only_talks_garbage_is_an_outage_never_an_all_clear(
    run_command: RunCommand, plain_picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No picture is sent to it, and the command says what it answered."""
    with running(Reply("!" * 200)) as server:
        monkeypatch.setenv("SAFETY_QWEN_URLS", server.url)
        done = run_command("detect", plain_picture)
        assert server.seen == []
    assert (done.code, done.out) == (4, "")
    assert "run of" in done.err


def test_a_picture_that_overflows_at_every_size_fails_and_is_never_an_all_clear(
    run_command: RunCommand, plain_picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is sound; the picture fails with a reason, and its verdict is inconclusive."""
    with running(Reply("!" * 200)) as server:
        server.canary = Reply("[]")
        monkeypatch.setenv("SAFETY_QWEN_URLS", server.url)
        done = run_command("detect", plain_picture)
    assert done.code == 3
    result = json.loads(done.out)
    assert (result["status"], result["verdict"]) == ("failed", "inconclusive")
    assert result["error"]["code"] == "model-fault"


def test_the_embedded_detector_stands_in_where_the_setting_says_so(
    run_command: RunCommand, plain_picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both runs are shown, the failed one first, and the picture is not called clear."""
    monkeypatch.setenv("SAFETY_QWEN_URLS", f"http://127.0.0.1:{closed_port()}/v1")
    monkeypatch.setenv("SAFETY_QWEN_FALLBACK", "embedded")
    done = run_command("detect", plain_picture)
    assert done.code == 0, done.err
    result = json.loads(done.out)
    failed, embedded = result["runs"]
    assert (failed["backend"], failed["error"]) == ("qwen", "model-unreachable")
    assert not failed["complete"]
    assert (embedded["backend"], embedded["error"]) == ("embedded", None)
    assert result["verdict"] == "inconclusive"
    assert result["incomplete"]


def test_the_doctor_says_what_is_wrong_with_the_server(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is up but answers garbage is found out, with exit code and remedy."""
    with running(Reply("!" * 200)) as server:
        monkeypatch.setenv("SAFETY_QWEN_URLS", server.url)
        done = run_command("doctor", "--json")
    document = json.loads(done.out)
    checks = {check["name"]: check for check in document["checks"]}
    assert done.code != 0
    assert not document["ok"]
    assert not checks["model server"]["ok"]
    assert checks["fonts"]["ok"]
