"""A normal client: looks, sends an image, looks at it; each answer must be right."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from time import perf_counter

import requests

from tests.pictures import png


@dataclass
class Normal:
    """One client with its key, and how long its calls took."""

    url: str
    key: str
    seconds: dict[str, list[float]] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Normal) -> Normal:
        """Return the calls of both."""
        names = self.seconds.keys() | other.seconds.keys()
        seconds = {name: self.seconds.get(name, []) + other.seconds.get(name, []) for name in names}
        return Normal(self.url, self.key, seconds, self.wrong + other.wrong)

    def round(self) -> None:
        """List, send and fetch, on a connection of its own."""
        with requests.Session() as session:
            session.trust_env = False
            session.headers["X-API-Key"] = self.key
            self._call(session, "look", 200, "GET", "/images?limit=20")
            sent = self._call(
                session, "send", 200, "POST", "/upload", files={"image": ("panel.png", png())}
            )
            if sent is not None and sent.ok:
                path = f"/images/{sent.json()['img_unique_id']}"
                self._call(session, "look", 200, "GET", path)

    def _call(
        self,
        session: requests.Session,
        name: str,
        expected: int,
        method: str,
        path: str,
        **more: object,
    ) -> requests.Response | None:
        began = perf_counter()
        try:
            answer = session.request(method, self.url + path, timeout=60, **more)  # type: ignore[arg-type]
        except requests.RequestException as err:
            self.wrong[f"{name}: {type(err).__name__}"] += 1
            return None
        self.seconds.setdefault(name, []).append(perf_counter() - began)
        if answer.status_code != expected:
            self.wrong[f"{name}: {answer.status_code}"] += 1
        return answer
