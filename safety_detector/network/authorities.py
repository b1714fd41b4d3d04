"""The authorities whose certificates are believed, for every client of HTTPS in this process."""

from __future__ import annotations

import ssl
from functools import cache

import httpx2


@cache
def usual_authorities() -> ssl.SSLContext:
    """Those of the system, or of the files that ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` name.

    Read once: that takes 20 ms of CPU, and a client that is made without it reads them again.
    """
    return httpx2.create_ssl_context()
