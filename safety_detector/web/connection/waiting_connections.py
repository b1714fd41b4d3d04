"""Connections that wait for their client: how many may be kept, and whose.

They wait for the head of a request, or for an answer to be read.  That costs a client nothing, so
that one machine could hold all of them.  Those that are being answered, and whose client reads, are
not counted: a proxy brings everybody's requests from one address.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Callable


class WaitingConnections:
    """Gives up the connection that has waited longest when there are too many.

    Args:
        at_most: that may wait at the same time.
        per_client: of one client's address.
    """

    def __init__(self, at_most: int, per_client: int) -> None:
        self._at_most = at_most
        self._per_client = per_client
        # Insertion order is the order in which they began to wait.
        self._waiting: dict[object, tuple[str, Callable[[], None]]] = {}
        self._of_client: defaultdict[str, dict[object, None]] = defaultdict(dict)

    def add(self, connection: object, address: str | None, give_up: Callable[[], None]) -> None:
        """A connection begins to wait; one that waits already keeps its place.

        Args:
            connection: whatever stands for it.
            address: of its client.
            give_up: closes it.
        """
        if connection in self._waiting:
            return
        client = _network(address or "")
        self._waiting[connection] = client, give_up
        self._of_client[client][connection] = None
        if len(self._of_client[client]) > self._per_client:
            self._give_up(next(iter(self._of_client[client])))
        elif len(self._waiting) > self._at_most:
            self._give_up(next(iter(self._waiting)))

    def discard(self, connection: object) -> None:
        """It waits no more."""
        client, _ = self._waiting.pop(connection, ("", None))
        if client in self._of_client:
            self._of_client[client].pop(connection, None)
            if not self._of_client[client]:
                del self._of_client[client]

    def _give_up(self, connection: object) -> None:
        _, give_up = self._waiting[connection]
        self.discard(connection)
        give_up()


def _network(address: str) -> str:
    """What one client has: an address of IPv4, or the /64 that every host of IPv6 is given."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address or "unknown"
    if found.version == 4:
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((int(found), 64), strict=False))
