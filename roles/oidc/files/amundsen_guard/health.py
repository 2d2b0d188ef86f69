"""What runs and what is down.

As a program, `python -m amundsen_guard.health URL` exits with 0 where URL answers 200.
"""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import GuardedApp

SERVICES = {"metadata": "METADATASERVICE_BASE", "search": "SEARCHSERVICE_BASE"}


def answers(url: str, timeout: float = 3) -> bool:
    """Tell whether a URL answers 200 within `timeout` seconds."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:  # noqa: S310 (addresses of our own services)
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def ready() -> Any:
    """Say what is down: 200 where all that the frontend needs answers, else 503."""
    from flask import current_app, jsonify

    app: Any = current_app
    parts = {"session database": app.sessions.answers()}
    parts |= {name: answers(f"{app.config[setting]}/healthcheck") for name, setting in SERVICES.items()}
    down = sorted(name for name, up in parts.items() if not up)
    response = jsonify({"status": "down" if down else "ready", "down": down})
    response.status_code = 503 if down else 200
    return response


def register(app: GuardedApp) -> None:
    """Add the health checks and the script for Amundsen's page."""
    script = (Path(__file__).parent / "guard.js").read_text(encoding="utf-8")

    def guard_script() -> Any:
        return app.response_class(script, mimetype="text/javascript", headers={"Cache-Control": "private, max-age=3600"})

    app.add_url_rule("/guard.js", "guard_script", guard_script)
    app.add_url_rule("/healthcheck/live", "guard_live", lambda: {"status": "live"})
    app.add_url_rule("/healthcheck/ready", "guard_ready", ready)


if __name__ == "__main__":
    os.environ.pop("REQUESTS_CA_BUNDLE", None)
    sys.exit(0 if answers(sys.argv[1], timeout=8) else 1)
