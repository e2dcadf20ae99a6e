"""gunicorn's own lines through the application's logging."""

from __future__ import annotations

from gunicorn.config import Config
from gunicorn.glogging import Logger

from aoi.config import load_settings
from aoi.logs import configure_logging


class WebLog(Logger):  # type: ignore[misc]
    """Sends what gunicorn says of itself to the root logger's handlers."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        configure_logging(load_settings())
        for handler in list(self.error_log.handlers):
            self.error_log.removeHandler(handler)
        self.error_log.propagate = True
