"""Which addresses may be connected to: public ones, cameras', never a cloud's metadata."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address

CAMERA_NETWORKS: tuple[Network, ...] = tuple(
    ipaddress.ip_network(one)
    for one in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"),  # RFC 1918, RFC 6598
        *("127.0.0.0/8", "::1/128", "fc00::/7"),  # this machine; RFC 4193
    )
)
"""Where cameras are unless the operator says otherwise: private networks, this machine."""

LOOPBACK_NETWORKS: tuple[Network, ...] = tuple(
    ipaddress.ip_network(one) for one in ("127.0.0.0/8", "::1/128")
)
"""This machine."""

# Whoever reads these gets the keys of the machine that the program runs on.
_METADATA = frozenset(
    ipaddress.ip_address(one)
    for one in (
        "169.254.169.254",  # AWS, Azure, Google, OpenStack and others
        "169.254.170.2",  # AWS, of containers
        "169.254.170.23",
        "fd00:ec2::254",  # AWS
        "fd00:ec2::23",
        "fd20:ce::254",  # Google
        "100.100.100.200",  # Alibaba
        "192.0.0.192",  # Oracle
    )
)


@dataclass(frozen=True, slots=True)
class AllowedNetworks:
    """The networks to which connections are allowed.

    Attributes:
        networks: as the operator says, of cameras or of receivers.  Link-local addresses are
            reached where a network names them alone (``169.254.7.0/24``), never because a wide one
            such as ``0.0.0.0/0`` happens to hold them; a cloud's metadata addresses never.
    """

    networks: tuple[Network, ...] = CAMERA_NETWORKS

    def permits(self, address: Address) -> bool:
        """Whether a connection to the address is allowed.

        An IPv6 address that carries an IPv4 one is judged by that one.
        """
        address = carried_ipv4(address) or address
        if address in _METADATA or address.is_multicast or address.is_unspecified:
            return False
        return any(
            address.version == network.version
            and address in network
            and (not address.is_link_local or network.is_link_local)
            for network in self.networks
        )

    def __str__(self) -> str:
        return ", ".join(map(str, self.networks))


def is_permitted(address: Address, allow: Sequence[Network]) -> bool:
    """Whether an address is public or in one of the allowed networks.

    An IPv6 address that carries an IPv4 one (mapped, 6to4, Teredo, NAT64) is judged by that one.
    """
    if AllowedNetworks(tuple(allow)).permits(address):
        return True
    address = carried_ipv4(address) or address
    if address in _METADATA:
        return False  # some of these some versions of Python count as global
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return False  # fec0::/10, which Python counts as global
    return address.is_global and not address.is_multicast and not address.is_reserved


def carried_ipv4(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside of an IPv6 one; None where there is none."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour
