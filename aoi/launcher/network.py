"""Ports, and whether a server answers on one."""

from __future__ import annotations

import errno
import http.client
import json
import socket
from contextlib import suppress
from typing import Any

from aoi.exceptions import AoiError

LOOPBACK = "127.0.0.1"


class PortRefused(AoiError):
    """The web server cannot listen where it is told to."""


def free_port() -> int:
    """Return a port of the loopback address that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def check_bindable(host: str, port: int) -> None:
    """Raise PortRefused, in words, if a server cannot listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            probe.listen()
    except OSError as err:
        reasons = {
            errno.EADDRINUSE: f"PORT {port} of {host} is already in use. "
            "Stop what uses it, or set PORT to another one.",
            errno.EACCES: f"PORT {port} needs more rights than this user has. "
            "Set PORT to 1024 or more.",
        }
        message = f"HOST {host} is no address of this machine. Set HOST to one that is."
        raise PortRefused(reasons.get(err.errno or 0, message)) from err


def reachable_host(host: str) -> str:
    """Return the address under which this machine reaches a server bound to `host`."""
    return {"0.0.0.0": LOOPBACK, "::": "::1"}.get(host, host)


def url_of(host: str, port: int) -> str:
    host = reachable_host(host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def health(host: str, port: int) -> dict[str, Any] | None:
    """Return what `/health` says, or None if it does not answer 200."""
    # http.client, as a proxy named in the environment must not stand between.
    link = http.client.HTTPConnection(reachable_host(host), port, timeout=5)
    with suppress(OSError, http.client.HTTPException, ValueError):
        link.request("GET", "/health", headers={"Connection": "close"})
        answer = link.getresponse()
        body = json.loads(answer.read())
        if answer.status == 200 and isinstance(body, dict):
            link.close()
            return body
    link.close()
    return None
