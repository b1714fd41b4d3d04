"""Tries the tools with Qwen-Agent's own MCP loader, against a model whose answers are scripted.

Needs an environment of its own, since Qwen-Agent stands on the first version of the MCP SDK::

    python -m venv build/qwen-agent
    build/qwen-agent/bin/pip install 'qwen-agent[mcp]' 'mcp<2' numpy soundfile tqdm python-dateutil
    safety-detector serve &
    build/qwen-agent/bin/python benchmarks/qwen_agent_tools.py http://127.0.0.1:8000 [API-KEY]

Prints, for stdio and for HTTP, the tools that the agent found and what it was told of incidents.
The model's weights are the only thing that is not real: it asks for one tool, and repeats what that
gave.
"""

from __future__ import annotations

import json
import shutil
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ASKS = '<tool_call>\n{"name": "%s", "arguments": {"limit": 1}}\n</tool_call>'
SAYS = "The tool gave:\n"


class ScriptedModel(BaseHTTPRequestHandler):
    """OpenAI's chat completions: first a call of a tool, then what the tool gave."""

    seen: list[dict[str, Any]] = []  # noqa: RUF012 (of one run)

    def do_POST(self) -> None:
        """Answers in one piece, or as a stream if it is asked to."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append(asked)
        text = _text(asked["messages"][-1])
        if "<tool_response>" in text:
            said = SAYS + text.partition("<tool_response>")[2].partition("</tool_response>")[0]
        else:
            said = ASKS % next(name for name in _tools(asked) if name.endswith("list_incidents"))
        choice = {"index": 0, "finish_reason": "stop"}
        message = {"role": "assistant", "content": said}
        if asked.get("stream"):
            kind, answer = "text/event-stream", {**choice, "delta": message}
            body = f"data: {json.dumps(_completion(answer))}\n\ndata: [DONE]\n\n"
        else:
            kind, answer = "application/json", {**choice, "message": message}
            body = json.dumps(_completion(answer))
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def main() -> int:
    """Returns 0 if the agent got data over both transports."""
    address, key = sys.argv[1].rstrip("/"), sys.argv[2] if len(sys.argv) > 2 else ""
    model = ThreadingHTTPServer(("127.0.0.1", 0), ScriptedModel)
    threading.Thread(target=model.serve_forever, daemon=True).start()
    command = shutil.which("safety-detector") or ".venv/bin/safety-detector"
    ways: dict[str, dict[str, Any]] = {
        "stdio": {
            "command": command, "args": ["mcp", "--server", address],
            "env": {"SAFETY_SERVER_KEY": key} if key else {},
        },
        "http": {
            "type": "streamable-http", "url": f"{address}/mcp",
            "headers": {"Authorization": f"Bearer {key}"} if key else {},
        },
    }  # fmt: skip
    fine = [_try(way, told, model.server_port) for way, told in ways.items()]
    return 0 if all(fine) else 1


def _try(way: str, server: dict[str, Any], port: int) -> bool:
    # Of an environment of its own.
    from qwen_agent.agents import Assistant  # type: ignore[import-not-found]

    agent = Assistant(
        llm={
            "model": "scripted", "model_server": f"http://127.0.0.1:{port}/v1", "api_key": "none",
            "model_type": "oai",
        },
        function_list=[{"mcpServers": {f"safety-{way}": server}}],
    )  # fmt: skip
    print(f"{way}: tools {sorted(agent.function_map)}")
    (*_, said) = agent.run_nonstream([{"role": "user", "content": "Which incidents are open?"}])
    text = str(said["content"])
    print(f"{way}: {text[:600]}\n")
    return SAYS in text and '"incidents"' in text and "<data-" in text


def _completion(choice: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "1", "object": "chat.completion", "created": 0, "model": "scripted",
        "choices": [choice],
    }  # fmt: skip


def _text(message: dict[str, Any]) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(one.get("text", "") for one in content)


def _tools(asked: dict[str, Any]) -> list[str]:
    system = _text(asked["messages"][0])
    lines = [line for line in system.splitlines() if line.startswith('{"type": "function"')]
    return [json.loads(line)["function"]["name"] for line in lines]


if __name__ == "__main__":
    raise SystemExit(main())
