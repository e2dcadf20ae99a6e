"""Whose request it is."""

from __future__ import annotations

import pytest

from aoi.serving.address import network_of, sender_of

HEAD = b"GET / HTTP/1.1\r\nX-Forwarded-For: 10.0.0.1, 10.0.0.2\r\nx-forwarded-for: 10.0.0.3\r\n\r\n"


@pytest.mark.parametrize(
    ("proxies", "sender"),
    [(0, "192.0.2.1"), (1, "10.0.0.3"), (2, "10.0.0.2"), (3, "10.0.0.1"), (4, "192.0.2.1")],
)
def test_only_trusted_proxies_name_the_sender(proxies: int, sender: str) -> None:
    assert sender_of("192.0.2.1", HEAD, proxies) == sender


def test_a_network_of_ipv6_is_one_sender() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::2:1") != network_of("2001:db8:0:1::1")
    assert network_of("") == ""
