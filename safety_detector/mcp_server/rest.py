"""The service as tools see it: its REST interface, asked with the caller's own key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
from mcp.server.mcpserver.exceptions import ToolError

from safety_detector.mcp_server.foreign_texts import visible

_SHOWN = 500  # characters of an answer that is none of ours


class RestService:
    """What tools ask of the service.

    Args:
        client: with the service's address and the caller's key.
    """

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """A document.

        Args:
            path: below the address, percent-encoded.
            query: what is None is left out.

        Raises:
            ToolError: the service refuses it, or does not answer.
        """
        return (await self._send("GET", path, params=_given(query or {}))).json()

    async def file(self, path: str) -> bytes:
        """A file.

        Raises:
            ToolError: the service refuses it, or does not answer.
        """
        return (await self._send("GET", path)).content

    async def post(
        self,
        path: str,
        body: Mapping[str, Any] | bytes,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """What came of a request that changes something.

        Args:
            path: below the address.
            body: a document, of which what is None is left out; or a picture.
            query: what is None is left out.
            headers: further ones.

        Raises:
            ToolError: the service refuses it, or does not answer.
        """
        content: dict[str, Any]
        if isinstance(body, bytes):
            content = {"content": body}
            headers = {"Content-Type": "application/octet-stream", **(headers or {})}
        else:
            content = {"json": _given(body)}
        answer = await self._send(
            "POST", path, params=_given(query or {}), headers=dict(headers or {}), **content
        )
        return answer.json()

    async def _send(self, method: str, path: str, **content: Any) -> httpx2.Response:
        try:
            answer = await self._client.request(method, path, **content)
        except httpx2.HTTPError as exc:
            cause = visible(str(exc) or type(exc).__name__)
            raise ToolError(f"The service does not answer: {cause}") from exc
        if answer.is_success:
            return answer
        raise ToolError(_refusal(answer))


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _refusal(answer: httpx2.Response) -> str:
    """Why the service refuses, in its own words."""
    try:
        problem = answer.json()
        text = f"{problem['detail']} (code {problem['code']})"
    except (KeyError, TypeError, ValueError):
        text = answer.text[:_SHOWN]
    return visible(f"Refused with status {answer.status_code}: {text}")
