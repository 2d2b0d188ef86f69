"""Where a person may be sent after the login. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

LONGEST = 1024


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
