"""A quick comparison of rows and files after each start, in the background and only once."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from aoi.config import ROOT
from aoi.launcher.child import Child

COMMAND = ("-m", "flask", "--app", "wsgi", "verify", "--quick", "--repair")
# The work in hand comes first.
GENTLY = ("nice", "-n", "10")


class Verifying:
    """The process of one comparison, while there is one."""

    def __init__(self, env: Mapping[str, str], log_dir: Path) -> None:
        self._output = log_dir / "verify.out"
        self._child = Child(
            "The check of the files", [*GENTLY, sys.executable, *COMMAND], env, ROOT, self._output
        )

    def begin(self) -> None:
        self._child.start()

    def news(self) -> str | None:
        """Return, once, that something is left to a person."""
        code = self._child.exit_code
        if code is None:
            return None
        self.stop()
        if code == 0:
            return None
        return (
            "Not all images and files are as they should be: "
            f"see {self._output}, or run `flask --app wsgi verify`."
        )

    def stop(self) -> None:
        """End it where it is: whatever it was about has happened whole or not at all."""
        self._child.kill()
