"""Does SegFormer answer, and does the web server?"""

from __future__ import annotations

from collections.abc import Iterator

from aoi.config import Settings
from aoi.doctor.finding import Finding, look, ok, wrong
from aoi.launcher import network
from aoi.segformer.client import SegformerClient

PATIENCE_SECONDS = 5.0


def check_segformer(settings: Settings) -> Iterator[Finding]:
    """Ask the configured service how it is."""
    url = settings.segformer_service_url
    if url is None:
        yield ok("The bundled one, on a port of its own: see /health.")
        return
    client = SegformerClient(url)
    try:
        health = client.health(PATIENCE_SECONDS)
        model = client.current_model() if health["status"] == "ok" else None
    finally:
        client.close()
    if health["status"] != "ok":
        yield wrong(
            f"{client.address} does not work: {health['status'].replace('_', ' ')}.",
            "Look at the service; flask --app wsgi check-service tells more.",
        )
        return
    yield ok(f"{client.address} answers; its model is {model or 'not told'}.")
    if not client.address.startswith("https://"):
        yield ok("Images go there without TLS, as is usual within a plant's network.")


def check_web(settings: Settings) -> Iterator[Finding]:
    """Ask the web server of this host how it is."""
    address = network.url_of(settings.host, settings.port)
    if not settings.port:
        yield ok("PORT is 0: it is chosen at the start.")
        return
    found = network.health(settings.host, settings.port)
    if found is None:
        yield look(
            f"{address}/health does not answer, or not with 200.",
            "systemctl start aoi-web, or python run.py; on a host of workers this is right.",
        )
    elif found.get("status") != "ok":
        yield look(f"{address}/health says {found.get('status')}.", f"curl {address}/health")
    else:
        yield ok(f"{address}/health says ok.")
