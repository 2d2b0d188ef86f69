# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container's health check: `python -m amundsen_services.health http://127.0.0.1:5002/healthcheck`.

Only the standard library: it runs every few seconds.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

SECONDS = 10


def check(url: str) -> str | None:
    """Say what is wrong with the service at `url`, or None if it answers 200."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(url, timeout=SECONDS).close()
    except urllib.error.HTTPError as error:
        return f"HTTP {error.code}: {error.read(2000).decode(errors='replace').strip()}"
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", error))
    return None


def main(arguments: list[str]) -> int:
    """Return the exit status: 0 if the service is healthy, 1 with the reason if not, 2 if no URL was given."""
    if len(arguments) != 1:
        print("usage: python -m amundsen_services.health URL", file=sys.stderr)
        return 2
    why = check(arguments[0])
    if why:
        print(f"unhealthy: {why}", file=sys.stderr)
    return 1 if why else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
