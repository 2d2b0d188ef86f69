"""One line of JSON for each login, refusal and logout, without secrets."""

from __future__ import annotations

import json
import time

from flask import has_request_context, request


def log(event: str, **details: object) -> None:
    """Write a line to standard output.

    Args:
        event: `login`, `refused`, `logout`, `expired` or `error`.
        details: user, reason and the like; never a token, code or secret.
    """
    line = {"audit": event, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **details}
    if has_request_context():
        line["address"] = request.access_route[0] if request.access_route else request.remote_addr
    # One write, so that lines of several threads and workers stay whole.
    print(json.dumps(line, default=str) + "\n", end="", flush=True)
