"""One line of JSON for each login, refusal and logout, without secrets."""

from __future__ import annotations

import json
import os
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
        # Without a proxy before it, the header with the client's address is whatever the client wrote.
        proxied = os.environ.get("AMUNDSEN_BEHIND_PROXY", "true").lower() == "true"
        line["address"] = request.access_route[0] if proxied and request.access_route else request.remote_addr
    # One write, so that lines of several threads and workers stay whole.
    print(json.dumps(line, default=str) + "\n", end="", flush=True)
