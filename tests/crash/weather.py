"""The troubles of the SegFormer service: every fault of the contract, reboots, outages, delays."""

from __future__ import annotations

import random
import threading
from collections import Counter

import requests

from tests.stub import StubService
from tests.stub.faults import BREAKERS, CONNECTION_MODES

# Faults that keep the agent waiting until its timeout are rarer, so that there is time for all.
SLOW = ("timeout", "slow_drip", "drip_headers", "endless")
# "refuse" and "crash" are done by hand here: they bring the whole service down.
SERVICE_WIDE = ("refuse", "crash")
MODES = tuple(mode for mode in (*CONNECTION_MODES, *BREAKERS) if mode not in SERVICE_WIDE)
# Those that the questions beside the upload meet too.
ELSEWHERE = ("503", "timeout", "html502", "bad_json", "close")
PROBABILITY, SLOW_PROBABILITY = 0.006, 0.002


class Weather(threading.Thread):
    """Troubles `stub` at random moments from a seed, until `clear`."""

    def __init__(self, stub: StubService, seed: int) -> None:
        super().__init__(name="weather", daemon=True)
        self._stub = stub
        self._dice = random.Random(f"{seed} weather")
        self._over = threading.Event()
        self.counts: Counter[str] = Counter()

    def run(self) -> None:
        self._stub.set_faults(*self._faults())
        while not self._over.wait(self._dice.uniform(3, 15)):
            trouble = self._dice.choices((self._delay, self._refuse, self._reboot), (6, 1, 1))[0]
            try:
                trouble()
            except requests.RequestException:
                self._start_again()

    def clear(self) -> None:
        """Have good weather from now on."""
        self._over.set()
        self.join()
        if self._stub.process is None or self._stub.process.poll() is not None:
            self._start_again()
        self._stub.set_latency(0)
        self._stub.set_faults()

    def _reboot(self) -> None:
        self.counts["reboot"] += 1
        self._stub.stop()
        self._over.wait(self._dice.choice((0.2, 1, 3, 8)))
        self._start_again()

    def _refuse(self) -> None:
        self.counts["refuse"] += 1
        self._stub.set_fault("refuse", seconds=self._dice.uniform(0.2, 2))
        # The order that drops all connections drops the other faults too.
        self._over.wait(2.2)
        self._stub.set_faults(*self._faults())

    def _delay(self) -> None:
        self.counts["delay"] += 1
        self._stub.set_latency(self._dice.choice((0, 0.01, 0.05, 0.3)))

    def _start_again(self) -> None:
        self._stub.stop()
        self._stub.start()
        self._stub.set_faults(*self._faults())

    def _faults(self) -> list[dict[str, object]]:
        faults: list[dict[str, object]] = [
            {
                "mode": mode,
                "count": -1,
                "probability": SLOW_PROBABILITY if mode in SLOW else PROBABILITY,
                "seed": self._dice.getrandbits(32),
            }
            for mode in MODES
        ]
        for path in ("/health", "/api/model/current"):
            faults += [
                fault | {"path": path, "seed": self._dice.getrandbits(32)}
                for fault in faults
                if fault["mode"] in ELSEWHERE and "path" not in fault
            ]
        return faults
