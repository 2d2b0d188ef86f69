"""How gunicorn serves the frontend: `gunicorn --config python:amundsen_guard.gunicorn_conf`."""

from __future__ import annotations

import os
from typing import Any

wsgi_app = "amundsen_application.wsgi:application"
bind = "0.0.0.0:5000"  # the container's own network
worker_class = "gthread"
workers = int(os.environ.get("AMUNDSEN_WORKERS", "2"))
threads = int(os.environ.get("AMUNDSEN_THREADS", "8"))
# Once, before the workers: tables are made by one process, and unsafe settings stop the start.
preload_app = True
timeout = 60
graceful_timeout = 20
keepalive = 75
max_requests = 10000
max_requests_jitter = 1000
worker_tmp_dir = "/dev/shm"  # noqa: S108 (gunicorn's heartbeat; the root file system is read-only)
# Only the proxy can reach the port; it sets these headers itself.
forwarded_allow_ips = "*"
control_socket_disable = True
accesslog = None
loglevel = os.environ.get("AMUNDSEN_LOG_LEVEL", "INFO").lower()


def when_ready(server: Any) -> None:
    """Stop where Amundsen started without the guard: with one of APP_WRAPPER and APP_WRAPPER_CLASS missing it is wide open.

    Raises:
        RuntimeError: the application is not the guard's.
    """
    from .app import GuardedApp

    if not isinstance(server.app.callable, GuardedApp):
        raise RuntimeError("Amundsen started without its login guard. Set APP_WRAPPER=amundsen_guard and APP_WRAPPER_CLASS=GuardedApp.")


def post_fork(_server: Any, worker: Any) -> None:
    """Let each worker open connections of its own to the session database."""
    application = worker.app.callable
    if application is not None:
        with application.app_context():
            application.sessions.forget_connections()
