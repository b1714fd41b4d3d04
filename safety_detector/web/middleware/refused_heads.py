"""Requests whose head says something that is not understood, or says one thing twice.

Whoever takes them all the same takes something else than was sent: a body that is still compressed
for a picture, the first of two keys for the one that was meant.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from safety_detector.web.problems.problem import RequestProblem, problem_response

_CODED = frozenset({b"transfer-encoding", b"content-encoding"})
_ONCE = ("host", "authorization", "x-api-key", "idempotency-key")
# Others are passed over: some cameras write an encoding of text there.
_COMPRESSIONS = frozenset({"gzip", "x-gzip", "deflate", "compress", "x-compress", "br", "zstd"})


class RefusedHeads:
    """ASGI middleware that refuses what is ambiguous or coded in a way that is not undone here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves the request."""
        problem = _problem(Headers(scope=scope)) if scope["type"] == "http" else None
        if problem is None:
            await self._app(scope, receive, send)
        else:
            await problem_response(problem)(scope, receive, send)


def _problem(headers: Headers) -> RequestProblem | None:
    names = [name for name, _ in headers.raw]
    if len(set(names)) == len(names) and _CODED.isdisjoint(names):
        return None  # as nearly every request
    for name in _ONCE:
        if names.count(name.encode()) > 1:
            return RequestProblem(
                "header-repeated",
                f"{name.title()} stands {names.count(name.encode())} times in the request; once "
                "is needed.",
            )
    transfer = _codings(headers, "transfer-encoding")
    if transfer not in ([], ["chunked"]):
        return RequestProblem(
            "transfer-coding-unsupported",
            f"Transfer-Encoding: {', '.join(transfer)[:80]!r} is not undone here; send the body "
            "as it is, with its Content-Length or 'chunked' alone.",
        )
    for coding in _codings(headers, "content-encoding"):
        if coding in _COMPRESSIONS:
            return RequestProblem(
                "content-coding-unsupported",
                f"Content-Encoding: {coding!r} is not undone here; send the body as it is.",
                headers={"Accept-Encoding": "identity"},
            )
    return None


def _codings(headers: Headers, name: str) -> list[str]:
    listed = ",".join(headers.getlist(name)).lower().split(",")
    return [coding.strip(" \t") for coding in listed if coding.strip(" \t")]
