import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer

from safety_detector import __version__
from safety_detector.cli.main import app

from .conftest import RunCommand

ROOT = Path(__file__).parents[3]


def test_help_names_every_command_and_every_exit_code(run_command: RunCommand) -> None:
    """The first thing that a user types teaches the rest."""
    done = run_command("--help")
    assert done.code == 0
    text = re.sub(r"[\s│]+", " ", done.out)
    for command in ("detect", "parse", "doctor", "config"):
        assert f" {command} " in text
    for code in range(5):
        assert re.search(rf"\b{code} \w", text)


def test_help_fills_the_lines_of_any_terminal(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A paragraph flows; it is not broken where the source is."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = [line.strip() for line in run_command("batch", "--help").out.splitlines()]
    begin = next(at for at, line in enumerate(lines) if line.startswith("DIR gets"))
    paragraph = lines[begin : lines.index("", begin)]
    assert "SAFETY_SECOND_LOOK" in paragraph[-1]
    for line, following in pairwise(paragraph):
        assert len(f"{line} {following.split()[0]}") > 76


def test_no_help_loses_a_word_on_80_columns(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names of options, asterisks and settings are there to be typed; none is cut or broken."""
    monkeypatch.setenv("COLUMNS", "80")
    for words, command in commands(typer.main.get_command(app)):
        shown = run_command(*words, "--help").out
        assert not re.search(r"-$", shown, re.MULTILINE), words
        text = " ".join(shown.split())
        for param in command.params:
            names = param.opts if param.param_type_name == "option" else []
            for said in (*names, getattr(param, "help", None) or ""):
                assert " ".join(said.split()) in text
        for below in getattr(command, "commands", {}).values():
            assert " ".join((below.help or "").partition("\n\n")[0].split()) in text


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The command and all below it, each with the words that it is called by."""
    yield words, command
    for name, one in getattr(command, "commands", {}).items():
        yield from commands(one, (*words, name))


def test_version_is_the_package_s(run_command: RunCommand) -> None:
    """Reports name the version; so does the command."""
    assert run_command("--version").out.split() == ["safety-detector", __version__]


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("detect",), ("detect", "--backend", "other", "a.jpg")]
)
def test_wrong_usage_exits_with_2(run_command: RunCommand, arguments: tuple[str, ...]) -> None:
    """Unknown commands, missing arguments and impossible choices are wrong usage."""
    done = run_command(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert done.err


def test_a_setting_that_cannot_work_is_named(
    run_command: RunCommand, plain_picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong configuration is wrong usage, and the message says which setting."""
    monkeypatch.setenv("SAFETY_FETCH_ALLOW", "not-a-network")
    done = run_command("detect", plain_picture)
    assert done.code == 2
    assert "SAFETY_FETCH_ALLOW" in done.err


def test_a_size_that_is_none_is_told_how_to_be_written(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a number, or with a unit that nobody knows."""
    for text in ("lots", "5 parsecs"):
        monkeypatch.setenv("SAFETY_KEEP_BYTES", text)
        assert "a size is needed, for example 500GB" in run_command("config").err


def test_a_misspelt_setting_is_warned_about_with_the_nearest_name(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A typo does not silently change which detector runs."""
    monkeypatch.setenv("SAFETY_QWEN_URL", "http://10.0.0.5:8000/v1")
    monkeypatch.setenv("SAFETY_FOO", "1")
    done = run_command("config", "--json")
    assert done.code == 0
    assert "SAFETY_QWEN_URL is not a setting; did you mean SAFETY_QWEN_URLS?" in done.err
    assert "SAFETY_FOO is not a setting.\n" in done.err


@pytest.mark.parametrize(("backend", "is_warned"), [("embedded", True), ("qwen", False)])
def test_a_second_look_that_nobody_gets_is_warned_about(
    run_command: RunCommand, monkeypatch: pytest.MonkeyPatch, backend: str, is_warned: bool
) -> None:
    """Whoever believes that the model is asked finds out before a fire does."""
    monkeypatch.setenv("SAFETY_QWEN_URLS", "http://10.0.0.5:8000/v1")
    monkeypatch.setenv("SAFETY_SECOND_LOOK", "suspects")
    monkeypatch.setenv("SAFETY_BACKEND", backend)
    done = run_command("config", "--json")
    assert done.code == 0
    assert ("SAFETY_SECOND_LOOK=suspects has no effect" in done.err) is is_warned
