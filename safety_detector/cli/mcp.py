"""``safety-detector mcp``: the tools over stdin and stdout, for an agent that starts it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx2

from safety_detector.cli.exit_codes import DONE
from safety_detector.cli.startup import settings_with_warnings
from safety_detector.errors import ConfigurationInvalid
from safety_detector.network.http_bodies import PLAIN
from safety_detector.wiring import remote_trust

_TIMEOUT_S = 300.0


def run_mcp(server: str) -> int:
    """Serves until stdin ends; returns the exit code.

    Args:
        server: address of the service.

    Raises:
        ConfigurationInvalid: the address is none, or SAFETY_SERVER_CA cannot be used.
    """
    # Loaded here: it takes a second, and says on which protocol versions it stands.
    from safety_detector.mcp_server.rest import RestService
    from safety_detector.mcp_server.tools import build_server

    settings = settings_with_warnings()
    key = settings.server_key.get_secret_value() if settings.server_key else None
    try:
        client = httpx2.AsyncClient(
            base_url=server,
            headers=PLAIN | ({"Authorization": f"Bearer {key}"} if key else {}),
            timeout=_TIMEOUT_S,
            trust_env=False,
            verify=remote_trust(settings),
        )
    except (httpx2.InvalidURL, ValueError) as exc:
        raise ConfigurationInvalid("server-not-an-address", cause=exc) from exc

    @asynccontextmanager
    async def open_rest(_: Any) -> AsyncIterator[RestService]:
        yield RestService(client)

    anyio.run(build_server(open_rest, reads_files=True).run_stdio_async)
    return DONE
