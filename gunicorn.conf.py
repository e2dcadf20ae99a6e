"""How gunicorn serves the web side; `gunicorn wsgi:app` finds this file by its name."""

import os
import resource
import signal
import sys
from typing import Any

from aoi.access.opening import check_addresses
from aoi.config import HELD_UPLOADS, ConfigError, load_settings
from aoi.metrics.shared import share, unshare
from aoi.patience import longest_answer
from aoi.serving.worker import PatientWorker
from aoi.web.limits import OFF

try:
    _settings = load_settings()
except ConfigError as err:
    sys.exit(str(err))

# The longest turn of a thread while others wait. A short request waits for many turns: Python's 5
# ms for each would make it long wherever another one computes.
SWITCH_SECONDS = 0.002

_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host
bind = f"{_host}:{_settings.port}"
worker_class = PatientWorker
PatientWorker.patience = _settings.slow_client_seconds
PatientWorker.trusted_proxies = _settings.trusted_proxies
PatientWorker.slows_refused = _settings.rate_limit != OFF
worker_connections = 1000  # a process; with as many, those that are silent give way
_, _files = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(_files, 65536), _files))
workers = _settings.web_workers
# Uploads that wait for their inspection hold a thread; others must not wait for them. Requests with
# a body and those without have threads of their own.
threads = 2 * _settings.web_threads + HELD_UPLOADS
timeout = 120  # liveness only: a worker that does not even reach its loop for so long is killed
graceful_timeout = int(longest_answer(_settings))
keepalive = 15
control_socket_disable = True
preload_app = True  # loaded once and shared: a quicker start, half the memory
# ProxyFix applies TRUSTED_PROXIES in the application; gunicorn itself believes nobody.
forwarded_allow_ips = ""
logger_class = "aoi.serving.weblog.WebLog"
accesslog = None  # the application logs its requests
if os.access("/dev/shm", os.W_OK):
    worker_tmp_dir = "/dev/shm"  # a heartbeat must not wait for a disk


def on_starting(server: Any) -> None:
    """Refuse an open door to the network; count from nothing, where all processes do."""
    check_addresses(server.cfg.address, _settings)
    share(_settings.data_dir, "web")


def on_exit(server: Any) -> None:
    unshare(_settings.data_dir, "web")


def post_request(worker: Any, request: Any, environ: Any, answer: Any) -> None:
    """Tell the worker how a request was answered: what is refused again and again waits."""
    request.status = answer.status_code if answer is not None else 400


def post_fork(server: Any, worker: Any) -> None:
    """Leave the connections that loading made, if any, to the process that made them."""
    from aoi.extensions import db
    from wsgi import app

    sys.setswitchinterval(SWITCH_SECONDS)
    with app.app_context():
        db.engine.dispose(close=False)


def post_worker_init(worker: Any) -> None:
    """Answer held uploads early once the worker is told to stop."""
    from aoi.waiting import release_all

    def stop(number: int, frame: Any) -> None:
        # On the main loop, as a signal handler must not take locks.
        worker.method_queue.defer(release_all)
        worker.handle_exit(number, frame)

    signal.signal(signal.SIGTERM, stop)
    signal.siginterrupt(signal.SIGTERM, False)


def worker_int(worker: Any) -> None:
    """Answer held uploads early on a quick stop too: threads are joined at the exit."""
    from aoi.waiting import release_all

    release_all()
