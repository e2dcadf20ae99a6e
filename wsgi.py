"""The WSGI application: `gunicorn wsgi:app`, `flask --app wsgi ...`."""

import gc
import sys

from aoi import create_app
from aoi.administration import tell
from aoi.config import ConfigError
from aoi.standalone import create_standalone_app, is_asked_for

# Whatever command finds the database away says so in one line.
sys.excepthook = tell

try:
    # An administrator needs some commands before there is any database.
    app = create_standalone_app() if is_asked_for(sys.argv[1:]) else create_app()
except ConfigError as err:
    sys.exit(str(err))

# What is loaded now stays: the collector need not look at it again, which saves half a second of
# each process's end, and lets gunicorn's workers share its memory.
gc.freeze()
