"""Where a person may be sent after the login. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

LONGEST = 1024


def asked_path(environ: Mapping[str, Any]) -> str:
    """Return the path and query of a WSGI request as the browser wrote them, or `/` where nobody may be sent there.

    WSGI's own path is decoded: a space or a slash inside a name would be lost.
    """
    query = environ.get("QUERY_STRING", "")
    decoded = quote(environ.get("PATH_INFO", "").encode("latin-1")) + (f"?{query}" if query else "")
    return safe_path(environ.get("RAW_URI") or decoded)


def safe_path(wanted: str | None) -> str:
    """Return `wanted` where it is a path on this host, else `/`.

    Browsers read two slashes, a slash with a backslash, and paths with control characters as other hosts.
    """
    if not wanted or len(wanted) > LONGEST or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return "/"
    if any(ord(character) < 0x21 or ord(character) == 0x7F for character in wanted) or "\\" in wanted:
        return "/"
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else wanted
