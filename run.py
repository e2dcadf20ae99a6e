"""Start everything: database, SegFormer service, migrations, web server and worker."""

import sys

try:
    from aoi.launcher import main
except ModuleNotFoundError as err:
    sys.exit(f"{err.name} is not installed. Run `make install` once, then `make run`.")
except KeyboardInterrupt:
    sys.exit(130)

if __name__ == "__main__":
    sys.exit(main())
