"""Which addresses a registry, and what it redirects to, may have: no request forgery.

Checked on the address that is connected to, after name resolution, so that a name which
answers differently the second time gains nothing.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

import msgspec

from scantling_common.images.errors import AddressRefused

_NAT64: Final = IPv6Network("64:ff9b::/96")
_LOOPBACK_NAMES: Final = frozenset({"localhost", "localhost."})

Address = IPv4Address | IPv6Address


class AddressPolicy(msgspec.Struct, frozen=True):
    """What one registry may lead to.

    Public addresses always; private ones if ``allow_private``; loopback only for the registry
    itself, or where the registry is on this machine; link-local (where clouds serve
    credentials), multicast and reserved ones never.
    """

    registry: str
    allow_private: bool = False

    def check(self, host: str, address: str) -> None:
        """Raise :class:`AddressRefused` unless ``host`` may be contacted at ``address``."""
        found = _embedded(ip_address(address.partition("%")[0]))
        if found.is_loopback:
            allowed = self.allow_private and (host == self.registry or is_loopback(self.registry))
        elif found.is_multicast or found.is_link_local or found.is_unspecified or found.is_reserved:
            allowed = False
        else:
            allowed = found.is_global or self.allow_private
        if not allowed:
            what = host if host == address else f"{host} is at {address}, which"
            raise AddressRefused(
                f"{what} is not to be contacted",
                hint="if this is intended: --allow-private, in the API allow_private",
            )

    def check_literal(self, host: str) -> None:
        """Check a host that is an address itself; names are checked when they are resolved."""
        try:
            ip_address(host.partition("%")[0])
        except ValueError:
            return
        self.check(host, host)


def is_loopback(host: str) -> bool:
    """Say whether ``host`` names this machine by itself, without resolution."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in _LOOPBACK_NAMES


def _embedded(address: Address) -> Address:
    """Return the IPv4 address inside an IPv6 one, where there is one."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
