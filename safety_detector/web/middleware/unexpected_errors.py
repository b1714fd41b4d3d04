"""The edge at which a fault of our own becomes an answer and a line in the log."""

from __future__ import annotations

import logging

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from safety_detector.web.problems.problem import RequestProblem, problem_response

_log = logging.getLogger(__name__)


class UnexpectedErrors:
    """ASGI middleware that answers what nobody caught with a problem document.

    Starlette's own stands outside all other middleware; its answers would lack their headers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves the request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except ClientDisconnect:
            return  # there is nobody to be answered
        except Exception:
            _log.exception("unexpected error in %s %s", scope["method"], scope["path"])
            if started:
                raise  # the answer is cut, and the client notices by its length
            problem = RequestProblem(
                "internal-error", "Something went wrong here; the service's log has more."
            )
            await problem_response(problem)(scope, receive, send)
