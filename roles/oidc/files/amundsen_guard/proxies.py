"""The company's proxy for calls to the provider."""

from __future__ import annotations

import json
import os
from pathlib import Path

NAMES = ("http_proxy", "https_proxy", "no_proxy")


def use(path: str) -> None:
    """Let all outgoing calls of this process take the proxy that a file names.

    It is a file, since the environment of a container is seen by whoever may look at the container, and the address
    may hold a password.

    Args:
        path: A JSON object with `http_proxy`, `https_proxy` and `no_proxy`; nothing is done where it is empty.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no JSON.
    """
    if not path:
        return
    given = json.loads(Path(path).read_text(encoding="utf-8"))
    os.environ.update({name: given[name] for name in NAMES if given.get(name)})
