"""run.py: everything the product needs, as children of one process."""

from __future__ import annotations

import sys

from aoi.config import ConfigError, load_settings
from aoi.exceptions import AoiError
from aoi.launcher.console import complain
from aoi.launcher.product import Product
from aoi.launcher.signals import StopSignals


def main() -> int:
    """Run the product until a signal ends it; return the exit code."""
    try:
        settings = load_settings()
        with StopSignals() as signals, Product(settings, signals) as product:
            product.start()
            product.supervise()
    except (AoiError, ConfigError) as err:
        complain(str(err))
        return 1
    except PermissionError as err:
        complain(f"Not enough permissions for {err.filename or err}: {err.strerror}.")
        return 1
    except OSError as err:
        complain(f"{err.filename or 'The system'}: {err.strerror or err}.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
