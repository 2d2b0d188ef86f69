"""Trust in private certificate authorities, beside the system's own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

SYSTEM = Path("/etc/ssl/certs/ca-certificates.crt")


def trust(private: str) -> None:
    """Let all outgoing calls of this process trust the authorities in a PEM file too.

    Args:
        private: Path of the file; nothing is done where it is empty.

    Raises:
        OSError: the file cannot be read.
    """
    if not private:
        return
    known = SYSTEM.read_text(encoding="ascii") if SYSTEM.exists() else ""
    handle, path = tempfile.mkstemp(prefix="authorities-", suffix=".pem")
    with os.fdopen(handle, "w", encoding="ascii") as bundle:
        bundle.write(f"{known}\n{Path(private).read_text(encoding='ascii')}")
    os.environ["REQUESTS_CA_BUNDLE"] = path
