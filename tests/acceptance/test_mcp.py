"""``safety-detector mcp`` as an agent starts it, beside a service that runs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, ImageContent, TextContent

from tests.program_environment import program_environment

from .conftest import StartServe

SAMPLES = Path(__file__).parents[2] / "samples"

pytestmark = pytest.mark.processes


def call(address: str, tool: str, given: Mapping[str, object], folder: Path) -> CallToolResult:
    """What a tool of the command gives, which is started and ended for it."""
    command = StdioServerParameters(
        command=sys.executable,
        args=["-P", "-m", "safety_detector", "mcp", "--server", address],
        env={**program_environment(), "SAFETY_DATA_DIR": str(folder / "agent")},
    )

    async def asked() -> CallToolResult:
        async with Client(command, read_timeout_seconds=180) as client:
            result = await client.call_tool(tool, given)
        assert isinstance(result, CallToolResult)
        return result

    return anyio.run(asked)


def text_of(result: CallToolResult) -> str:
    """What a language model reads."""
    first = result.content[0]
    assert isinstance(first, TextContent)
    return first.text


def test_an_agent_has_a_file_inspected(start_serve: StartServe, tmp_path: Path) -> None:
    """From the file on its machine to the verdict and the annotated picture."""
    serve = start_serve()
    fire = {"path": str(SAMPLES / "fire-in-laboratory.jpg"), "wait_s": 120}
    result = call(serve.url, "inspect_picture", fire, tmp_path)
    assert not result.is_error, text_of(result)
    begin, end = text_of(result).index("{"), text_of(result).rindex("}") + 1
    found = json.loads(text_of(result)[begin:end])
    assert (found["verdict"], found["image"]["name"]) == ("hazard", "fire-in-laboratory.jpg")
    assert isinstance(result.content[1], ImageContent)


def test_what_stops_an_agent_is_said(tmp_path: Path) -> None:
    """A file that is none, and a service that is away; the command itself goes on."""
    away = "http://127.0.0.1:9"
    missing = call(away, "inspect_picture", {"path": str(tmp_path / "no.jpg")}, tmp_path)
    assert missing.is_error
    assert "No such file or directory" in text_of(missing)
    unreachable = call(away, "list_incidents", {}, tmp_path)
    assert unreachable.is_error
    assert "does not answer" in text_of(unreachable)
