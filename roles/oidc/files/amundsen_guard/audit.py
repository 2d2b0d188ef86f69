"""One line of JSON for each login, refusal and logout, without secrets."""

from __future__ import annotations

import json
import sys
import time


def log(event: str, **details: object) -> None:
    """Write a line to standard output.

    Args:
        event: `login`, `refused`, `logout`, or `error`.
        details: user, reason and the like; never a token, code or secret.
    """
    line = {"audit": event, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **details}
    sys.stdout.write(json.dumps(line, default=str) + "\n")  # in one piece: threads write at the same time
    sys.stdout.flush()
