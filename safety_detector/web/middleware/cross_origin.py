"""Pages from other origins that the operator has named (CORS)."""

from __future__ import annotations

from collections.abc import Collection

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
_REQUEST_HEADERS = (
    "Authorization",
    "Content-Disposition",
    "Idempotency-Key",
    "If-None-Match",
    "Last-Event-ID",
    "Prefer",
    "X-API-Key",
)
_ANSWER_HEADERS = (
    "Content-Disposition",
    "ETag",
    "Location",
    "Preference-Applied",
    "Retry-After",
    "WWW-Authenticate",
)


class CrossOrigin(CORSMiddleware):
    """Starlette's CORS with our methods and headers.

    Answers never allow credentials that a browser adds by itself: a page shows its key in a header.

    Args:
        app: what is answered by; the headers are put on its errors too.
        origins: each as browsers send it.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=_METHODS,
            allow_headers=_REQUEST_HEADERS,
            expose_headers=_ANSWER_HEADERS,
            # Only named origins get it; their pages may reach a private network's service.
            allow_private_network=True,
        )
