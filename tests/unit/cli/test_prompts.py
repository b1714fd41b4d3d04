"""``safety-detector prompts``, and that its files are what the model is asked."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.model_server import Reply, running

from .conftest import RunCommand


@pytest.fixture
def own_prompts(run_command: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a prompt of the site's own, that the settings name."""
    folder = tmp_path / "prompts"
    assert run_command("prompts", "copy", "detection-zh", "--to", folder).code == 0
    path = folder / "detection-zh.toml"
    text = path.read_text(encoding="utf-8").replace('"zh-1"', '"gate-2"')
    path.write_text(text.replace("扬尘不算", "扬尘、蒸汽不算"), encoding="utf-8")
    monkeypatch.setenv("SAFETY_PROMPT_DIR", str(folder))
    return folder


@pytest.mark.usefixtures("own_prompts")
def test_a_prompt_of_the_site_is_asked_and_its_version_is_in_the_run(
    run_command: RunCommand, plain_picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who changes a word in a file finds it at the model, and its version in the result."""
    with running(Reply("[]")) as server:
        monkeypatch.setenv("SAFETY_QWEN_URLS", server.url)
        done = run_command("detect", plain_picture)
        [asked] = server.seen
    assert "扬尘、蒸汽不算" in asked.body["messages"][0]["content"]
    [run] = json.loads(done.out)["runs"]
    listed = [json.loads(line) for line in run_command("prompts", "list").out.splitlines()]
    [own] = [one for one in listed if one["file"]]
    assert run["prompt_version"] == own["version"]
    assert re.fullmatch(r"gate-2\+[0-9a-f]{8}", own["version"])
    assert (own["name"], own["asked"]) == ("detection-zh", True)


def test_a_copy_that_nobody_changed_keeps_the_version_of_the_built_in_words(
    run_command: RunCommand, plain_picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who copies all prompts and edits one does not seem to have changed the others."""
    before = [json.loads(line) for line in run_command("prompts", "list").out.splitlines()]
    folder = tmp_path / "prompts"
    assert run_command("prompts", "copy", "--to", folder).code == 0
    monkeypatch.setenv("SAFETY_PROMPT_DIR", str(folder))
    after = [json.loads(line) for line in run_command("prompts", "list").out.splitlines()]
    checked = [json.loads(line) for line in run_command("prompts", "check").out.splitlines()]
    versions = {one["name"]: one["version"] for one in before}
    assert {one["name"]: one["version"] for one in after} == versions
    assert all(one["file"] for one in after)
    assert sorted(one["version"] for one in checked) == sorted(versions.values())
    with running(Reply("[]")) as server:
        monkeypatch.setenv("SAFETY_QWEN_URLS", server.url)
        [run] = json.loads(run_command("detect", plain_picture).out)["runs"]
    assert run["prompt_version"] == "zh-1"


def test_what_is_shown_is_what_is_sent(
    run_command: RunCommand, plain_picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``show`` fills the places as a request does."""
    with running(Reply("[]")) as server:
        monkeypatch.setenv("SAFETY_QWEN_URLS", server.url)
        run_command("detect", plain_picture)
        [asked] = server.seen
    shown = json.loads(run_command("prompts", "show", "detection-zh").out)
    system, user = asked.body["messages"]
    assert shown["instruction"] == system["content"]
    assert shown["question"] == user["content"][-1]["text"]


def test_a_prompt_that_cannot_be_read_back_stops_before_any_picture(
    run_command: RunCommand,
    plain_picture: Path,
    own_prompts: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No picture is asked about with words to which no answer could be read."""
    path = own_prompts / "detection-zh.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("bbox_2d", "box"), encoding="utf-8")
    with running(Reply("[]")) as server:
        monkeypatch.setenv("SAFETY_QWEN_URLS", server.url)
        done = run_command("detect", plain_picture)
        assert server.seen == []
    assert (done.code, done.out) == (2, "")
    assert "bbox_2d" in done.err
    assert str(path) in done.err
    checked = run_command("doctor")
    [prompts] = [one for one in json.loads(checked.out)["checks"] if one["name"] == "prompts"]
    assert not prompts["ok"]
    assert "bbox_2d" in prompts["detail"]


def test_check_judges_each_file_by_itself(run_command: RunCommand, own_prompts: Path) -> None:
    """One bad file hides no other, and makes the exit code that of wrong usage."""
    (own_prompts / "detection-en.toml").write_text("version = 'a'")
    done = run_command("prompts", "check", own_prompts)
    bad, good = (json.loads(line) for line in done.out.splitlines())
    assert done.code == 2
    assert (bad["ok"], good["ok"]) == (False, True)
    assert "instruction is missing" in bad["problem"]
    assert run_command("prompts", "check", own_prompts / "detection-zh.toml").code == 0


def test_copy_leaves_what_somebody_wrote(run_command: RunCommand, own_prompts: Path) -> None:
    """A second copy adds what is missing and changes nothing."""
    before = (own_prompts / "detection-zh.toml").read_bytes()
    done = run_command("prompts", "copy", "--to", own_prompts)
    assert done.code == 0
    assert (own_prompts / "detection-zh.toml").read_bytes() == before
    assert (own_prompts / "detection-en.toml").exists()


def test_a_name_that_is_none_is_told_the_names(run_command: RunCommand) -> None:
    """Wrong usage, with what there is."""
    done = run_command("prompts", "show", "detection-fr")
    assert done.code == 2
    assert "detection-zh" in done.err
