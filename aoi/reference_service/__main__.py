"""Start the service: `python -m aoi.reference_service --host 127.0.0.1 --port 5000`."""

import argparse

from .server import serve


def main() -> None:
    """Serve on the address that the arguments name."""
    parser = argparse.ArgumentParser(prog="python -m aoi.reference_service", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5000)
    parser.add_argument("--threads", type=int, default=1, help="threads of one inference")
    arguments = parser.parse_args()
    serve(arguments.host, arguments.port, arguments.threads)


if __name__ == "__main__":
    main()
