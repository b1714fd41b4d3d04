"""Log lines."""

from __future__ import annotations

import json
import logging

import pytest

from safety_detector.observability.logs import LogFormat, configure_logging, mask_secrets


def test_a_json_line_holds_message_and_facts(capsys: pytest.CaptureFixture[str]) -> None:
    """One object a line, on stderr, with what was given as extra."""
    configure_logging("json", "INFO")
    logging.getLogger("x").info("did %d", 3, extra={"inspection": "A", "text": "两\n行"})
    captured = capsys.readouterr()
    line = json.loads(captured.err)
    assert (line["message"], line["inspection"], line["level"]) == ("did 3", "A", "info")
    assert line["text"] == "两\n行"
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_a_traceback_stays_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A collector that reads lines gets it whole."""
    configure_logging("json", "INFO")
    logging.getLogger("x").error("failed", exc_info=ZeroDivisionError("gone wrong"))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "gone wrong" in json.loads(lines[0])["traceback"]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_secrets_are_masked_in_every_line(
    log_format: LogFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the message, its arguments, its extras and tracebacks."""
    configure_logging(log_format, "INFO")
    key = "sdk_01M802D803YD3ZS2KDM2MD2P7C_KywmTahkh54D9TRz6CIDdTrrs8Q2xsuptv2SEaAAMZw"
    logging.getLogger("x").error(
        "no %s",
        "postgresql://me:hunter2@host/db",
        extra={"header": f"Bearer {key}"},
        exc_info=ConnectionError("redis://:hunter2@host:6379/0"),
    )
    written = capsys.readouterr().err
    assert "hunter2" not in written
    assert "KywmTahkh54" not in written
    assert "postgresql://me:***@host/db" in written


def test_what_is_no_secret_stays() -> None:
    """Addresses without passwords can be read."""
    text = "GET http://camera.local:8080/a@b answered in 5:30 via redis+socket:///tmp/x"
    assert mask_secrets(text) == text


def test_levels_below_the_chosen_one_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    """Also of libraries."""
    configure_logging("text", "WARNING")
    logging.getLogger("library").info("chatter")
    logging.getLogger("library").warning("matters")
    written = capsys.readouterr().err
    assert "chatter" not in written
    assert "matters" in written


def test_a_line_says_a_thing_once(capsys: pytest.CaptureFixture[str]) -> None:
    """What uvicorn adds for a terminal with colours is no fact."""
    configure_logging("text", "INFO")
    colours = {"color_message": "Running on [1m%s[0m", "port": 8000}
    logging.getLogger("uvicorn.error").info("Running on %s", "here", extra=colours)
    assert capsys.readouterr().err.endswith("uvicorn.error: Running on here port=8000\n")


@pytest.mark.parametrize(("level", "shown"), [("INFO", False), ("DEBUG", True)])
def test_requests_of_our_own_are_told_to_those_who_look_for_a_fault(
    level: str, shown: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """At INFO a probe every second does not bury the lines about pictures."""
    configure_logging("text", level)
    logging.getLogger("httpx2").info("HTTP Request: GET /readyz")
    logging.getLogger("httpx2").warning("strange")
    written = capsys.readouterr().err
    assert ("GET /readyz" in written) is shown
    assert "strange" in written
