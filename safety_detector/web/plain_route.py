"""A route without FastAPI's dependencies, for what is asked for many times a second."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response


class PlainRoute(APIRoute):
    """Calls a function that takes the request alone and returns a response.

    It stands in the OpenAPI document as every route does.  FastAPI's way to the function (solving
    what is no dependency, two exit stacks) takes as long as the checks of a submission.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The function itself."""
        handler: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return handler
