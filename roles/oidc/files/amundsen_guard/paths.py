"""Where a person may be sent after the login."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

LONGEST = 1024


def safe_path(wanted: object) -> str:
    """Return `wanted` where it is a path on this host, else `/`.

    Browsers read two slashes, a slash with a backslash, and paths with control characters as other hosts.
    """
    if not isinstance(wanted, str) or len(wanted) > LONGEST or not wanted.startswith("/") or wanted.startswith("//"):
        return "/"
    if "\\" in wanted or any(not 0x21 <= ord(character) <= 0x7E for character in wanted):
        return "/"
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else wanted


def asked_path(environment: Mapping[str, Any]) -> str:
    """Return path and query of a WSGI request as the browser sent them; an escaped slash stays one."""
    raw = environment.get("RAW_URI")
    if not isinstance(raw, str) or not raw.startswith("/"):
        path = quote(environment.get("PATH_INFO", "/").encode("latin-1"), safe="/:@!$&'()*+,;=~")
        raw = f"{path}?{environment.get('QUERY_STRING', '')}"
    return safe_path(raw.rstrip("?"))
