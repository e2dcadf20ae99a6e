"""Whose request it is, by the address it comes from."""

from __future__ import annotations

import ipaddress
import re

FORWARDED_FOR = re.compile(rb"\r\nx-forwarded-for:([^\r\n]*)", re.IGNORECASE)
# One host may have 2^64 addresses of IPv6: they count as one.
IPV6_NETWORK_BITS = 64


def network_of(address: str) -> str:
    """Return an address as it is counted: of IPv6 the network."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return address
    return str(ipaddress.ip_network((found, IPV6_NETWORK_BITS), strict=False))


def sender_of(peer: str, head: bytes, proxies: int) -> str:
    """Return whose request a head is: the peer's, or whom as many trusted proxies name."""
    if proxies:
        named = b",".join(FORWARDED_FOR.findall(head)).split(b",")
        if len(named) >= proxies and (sender := named[-proxies].strip().decode("latin-1")):
            return network_of(sender)
    return network_of(peer)
