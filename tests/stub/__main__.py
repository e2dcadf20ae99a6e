"""Run the stub: its address is the first line it prints."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.stub.answers import TYPICAL_REGIONS, Answers
from tests.stub.journal import Journal
from tests.stub.server import Stub


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.stub", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds an image takes")
    parser.add_argument("--answer-mb", type=float, default=14.0)
    parser.add_argument("--regions", type=int, default=TYPICAL_REGIONS, help="in the mean")
    parser.add_argument("--journal", type=Path, help="file to which each inspection is noted")
    options = parser.parse_args()
    answers = Answers(options.answer_mb, options.regions)
    stub = Stub(answers, options.host, options.port, options.latency, Journal(options.journal))
    print(f"http://{stub.host}:{stub.port}", flush=True)
    try:
        stub.serve()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
