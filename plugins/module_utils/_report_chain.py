# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The redirect chain of a login as a sequence of steps between three lanes: what to draw, and where. No I/O."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

__all__ = ["picture"]

# In the picture's own units, which are pixels where it is shown at full size.
WIDTH, HEAD, STEP, FOOT = 1060, 84, 62, 16
LANES = {"browser": 105, "catalog": 530, "provider": 955}
LONGEST_LABEL, LONGEST_HOST = 54, 30


def picture(url: str, chain: list[dict[str, Any]]) -> dict[str, Any]:
    """Return lanes and steps of the login at `url`; every host that is not the catalog's counts as the provider."""
    catalog = urlsplit(url).netloc
    provider = next((host for step in chain if (host := urlsplit(str(step["url"])).netloc) != catalog), "")
    hosts = {"browser": "", "catalog": catalog, "provider": provider}
    return {
        "width": WIDTH,
        "height": HEAD + STEP * len(chain) + FOOT,
        "step_height": STEP,
        "lanes": [{"name": name, "x": x, "host": _cut(hosts[name], LONGEST_HOST)} for name, x in LANES.items()],
        "hosts": hosts,
        "steps": [_step(number, step, hosts) for number, step in enumerate(chain)],
    }


def _step(number: int, step: dict[str, Any], hosts: dict[str, str]) -> dict[str, Any]:
    url, location = str(step["url"]), str(step.get("location") or "")
    host = urlsplit(url).netloc
    lane = "catalog" if host == hosts["catalog"] else "provider"
    status = int(step.get("status") or 0)
    answer = _status_words(status)
    request = f"{step['method']} {_short(url, hosts[lane])}"
    onward = f"{answer} → {_short(location, host)}" if location else answer
    return {
        "number": number + 1,
        "top": HEAD + STEP * number,
        "lane": lane,
        "x": LANES[lane],
        "method": step["method"],
        "url": url,
        "location": location,
        "answer": answer,
        "kind": "none" if not status else f"s{status // 100}",
        "request_label": _cut(request, LONGEST_LABEL),
        "answer_label": _cut(onward, LONGEST_LABEL),
    }


def _status_words(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status) if status else "no answer"


def _short(url: str, host: str) -> str:
    """Return `url` as it reads on `host`: without scheme and host where they are the same."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return ("" if parts.netloc == host else parts.netloc) + (parts.path or "/") + query


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
