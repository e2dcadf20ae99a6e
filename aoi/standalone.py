"""Commands that an administrator needs while there is no database, or no settings that parse."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from flask import Flask

from aoi.backup.command import backup, restore
from aoi.config import load_settings
from aoi.doctor.command import command as doctor
from aoi.segformer.check import check_service_command

COMMANDS = (backup, restore, doctor, check_service_command)


def is_asked_for(arguments: Sequence[str]) -> bool:
    """Tell whether a command line asks for one of these commands."""
    return any(command.name in arguments for command in COMMANDS)


def create_standalone_app() -> Flask:
    """Build an application that knows these commands only."""
    app = Flask("aoi")
    # The doctor reads them itself, and tells what is wrong with them.
    if doctor.name not in sys.argv[1:]:
        app.config["AOI"] = load_settings()
    for command in COMMANDS:
        app.cli.add_command(command)
    return app
