"""``safety-detector batch`` as people and nightly jobs run it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import batch_stand, model_server
from tests.eventually import eventually
from tests.model_server import Reply
from tests.pictures import jpeg
from tests.unit.cli.conftest import RunCommand

DEADLINE_S = 240.0  # never reached where the machine is idle


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of three pictures."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.jpg").write_bytes(jpeg(number))
    return folder


def test_one_command_makes_every_output(
    run_command: RunCommand, source: Path, hazardous_picture: Path, tmp_path: Path
) -> None:
    """What the help promises is there, and the summary is on stdout as JSON."""
    (source / "fire.jpg").write_bytes(hazardous_picture.read_bytes())
    out = tmp_path / "out"
    done = run_command("batch", source, "--out", out, "--lang", "zh")
    assert done.code == 0, done.err
    assert {path.name for path in out.iterdir() if not path.name.startswith(".")} == {
        *("results.jsonl", "errors.jsonl", "detections.csv", "coco.json", "annotated"),
        *("report.pdf", "summary.json"),
    }
    summary = json.loads(done.out)
    assert summary == json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert summary["verdicts"]["hazard"] >= 1
    assert "label_text" in batch_stand.results(out)["fire.jpg"]["detections"][0]
    assert "正在检测：0/4" in done.err
    assert "Inspecting" not in done.err
    assert "hazards" not in done.err
    again = run_command("batch", source, "--out", out, "--fail-on-hazard")
    assert again.code == 1
    assert json.loads(again.out)["this_run"]["inspected"] == 0


@pytest.mark.parametrize(
    ("language", "said"), [("en", "each may be named as SOURCE"), ("zh", "可将其逐个指定为 SOURCE")]
)
def test_videos_and_zips_in_a_folder_are_not_passed_over_in_silence(
    run_command: RunCommand, tmp_path: Path, language: str, said: str
) -> None:
    """They may hold all there is to see; a list of addresses may not."""
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.MP4", "b.zip", "c.dav", "notes.txt"):
        (folder / name).write_bytes(b"")
    done = run_command("batch", folder, "--out", tmp_path / "out", "--lang", language)
    assert said in done.err
    assert "1 .dav, 1 .mp4, 1 .zip" in done.err
    assert ".txt" not in done.err


def test_a_folder_without_pictures_is_said_to_be_one(
    run_command: RunCommand, tmp_path: Path
) -> None:
    """A wrong folder does not look like a good night."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("none here")
    done = run_command("batch", tmp_path / "in", "--out", tmp_path / "out", "--formats", "csv")
    assert done.code == 0
    assert f"there is no picture in {tmp_path / 'in'}" in done.err


def test_failed_pictures_decide_the_exit_code(
    run_command: RunCommand, source: Path, tmp_path: Path
) -> None:
    """The rest is done; a nightly job hears of the bad one every night until it is gone."""
    (source / "bad.jpg").write_bytes(b"nonsense")
    for _ in range(2):
        done = run_command("batch", source, "--out", tmp_path / "out", "--formats", "csv")
        assert done.code == 3
        assert batch_stand.errors(tmp_path / "out") == {"bad.jpg": "not-a-picture"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing", "--out", "out"], "cannot be read"),
        (["in", "--out", "in"], "output folder as well"),
        (["in", "--out", "out", "--formats", "csv,exe"], "'exe' is none of csv"),
        (["in/0.jpg", "--out", "out"], "use detect"),
        (["http://camera/x.jpg", "--out", "out"], "list file"),
    ],
)
def test_wrong_usage_is_told_before_any_work(
    run_command: RunCommand, source: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    """Exit code 2, and what to do instead."""
    assert source.is_relative_to(tmp_path)
    done = run_command("batch", *arguments)
    assert done.code == 2
    assert said in done.err
    assert not (tmp_path / "out" / "results.jsonl").exists()


def test_another_model_in_the_same_folder_is_wrong_usage(
    run_command: RunCommand, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names both, and nothing is lost."""
    out = tmp_path / "out"
    assert run_command("batch", source, "--out", out, "--formats", "").code == 0
    before = (out / "results.jsonl").read_bytes()
    monkeypatch.setenv("SAFETY_QWEN_URLS", "http://127.0.0.1:9/v1")
    done = run_command("batch", source, "--out", out, "--backend", "qwen")
    assert done.code == 2
    assert "embedded" in done.err
    assert "Qwen" in done.err
    assert (out / "results.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SAFETY_EMBEDDED_THRESHOLDS", "fire=0.9", "fire=0.9"),
        ("SAFETY_EMBEDDED_TILING", "off", "tiling auto, now it is off"),
        ("SAFETY_CLASSES", "fire,smoke", "classes fire,smoke,person, now it is fire,smoke"),
    ],
)
def test_other_thresholds_tiling_or_classes_in_the_same_folder_are_wrong_usage(
    run_command: RunCommand,
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    said: str,
) -> None:
    """One folder holds results of one kind: the message names what changed, and nothing is lost."""
    out = tmp_path / "out"
    assert run_command("batch", source, "--out", out, "--formats", "").code == 0
    before = (out / "results.jsonl").read_bytes()
    monkeypatch.setenv(name, value)
    done = run_command("batch", source, "--out", out, "--formats", "")
    assert done.code == 2
    assert said in done.err
    assert "--restart" in done.err
    assert (out / "results.jsonl").read_bytes() == before


def test_thresholds_that_hardly_differ_are_others(
    run_command: RunCommand, source: Path, tmp_path: Path
) -> None:
    """The message shows what differs, to the last digit."""
    out = tmp_path / "out"
    options = ("batch", source, "--out", out, "--formats", "", "--threshold")
    assert run_command(*options, "fire=0.5").code == 0
    done = run_command(*options, "fire=0.50000001")
    assert done.code == 2
    assert "fire=0.50000001" in done.err


def test_results_that_do_not_say_what_was_asked_are_not_gone_on_with(
    run_command: RunCommand, source: Path, tmp_path: Path
) -> None:
    """Lines of an earlier version may have been judged by other thresholds: nobody knows."""
    out = tmp_path / "out"
    assert run_command("batch", source, "--out", out, "--formats", "").code == 0
    lines = [json.loads(line) for line in (out / "results.jsonl").read_text().splitlines()]
    for run in (run for line in lines for run in line["runs"]):
        for name in ("thresholds", "tiling", "tiles", "classes"):
            del run[name]
    (out / "results.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    done = run_command("batch", source, "--out", out, "--formats", "")
    assert done.code == 2
    assert "did not note thresholds" in done.err


def test_the_language_model_is_asked_about_many_at_a_time(
    run_command: RunCommand, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each picture once; the run's provenance is in each line."""
    with model_server.running(Reply()) as server:
        monkeypatch.setenv("SAFETY_QWEN_URLS", server.url)
        done = run_command("batch", source, "--out", tmp_path / "out")
        assert done.code == 0, done.err
        assert len(server.seen) == 3
    lines = batch_stand.results(tmp_path / "out").values()
    assert {one["runs"][0]["prompt_version"] for one in lines} == {
        json.loads(done.out)["prompt_version"]
    }


def test_a_model_that_stays_away_ends_the_run(
    run_command: RunCommand, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 4 after the patience that the settings say; it goes on when the model is back."""
    monkeypatch.setenv("SAFETY_QWEN_URLS", f"http://127.0.0.1:{model_server.closed_port()}/v1")
    monkeypatch.setenv("SAFETY_BATCH_PATIENCE", "0.2")
    assert run_command("batch", source, "--out", tmp_path / "out").code == 4
    with model_server.running(Reply()) as server:
        monkeypatch.setenv("SAFETY_QWEN_URLS", server.url)
        assert run_command("batch", source, "--out", tmp_path / "out").code == 0


def test_ctrl_c_finishes_what_is_in_hand_and_says_how_to_go_on(
    source: Path, tmp_path: Path
) -> None:
    """Exit code 130; every output is there for the pictures that are done."""
    for number in range(3, 400):
        (source / f"{number}.jpg").write_bytes(jpeg(number))
    out = tmp_path / "out"
    with running_batch(source, out, "--formats", "csv,coco") as process:
        eventually(lambda: lines_of(out) >= 3)
        process.send_signal(signal.SIGINT)
        summary, said = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 130, said
    assert "The same command goes on" in said
    pictures = json.loads(summary)["pictures"]
    assert 0 < pictures["pending"] < 400
    assert pictures["completed"] == lines_of(out)
    assert len(json.loads((out / "coco.json").read_text())["images"]) == lines_of(out)


def test_a_second_ctrl_c_ends_at_once(source: Path, tmp_path: Path) -> None:
    """Whatever the run waits for."""
    with (
        model_server.running(Reply(hang_s=DEADLINE_S)) as server,
        running_batch(source, tmp_path / "out", SAFETY_QWEN_URLS=server.url) as process,
    ):
        assert process.stderr is not None
        eventually(lambda: "Inspecting" in process.stderr.readline())
        process.send_signal(signal.SIGINT)
        eventually(lambda: "Stopping" in process.stderr.readline())
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=DEADLINE_S / 2)
        assert process.returncode == 130


@contextmanager
def running_batch(
    source: Path, out: Path, *arguments: str, **environment: str
) -> Iterator[subprocess.Popen[str]]:
    """The command in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-m", "safety_detector", "batch", source, "--out", out, *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def lines_of(out: Path) -> int:
    """Lines of the journal so far."""
    path = out / "results.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0
