"""Trust in private certificate authorities, beside the public ones."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import certifi

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
    known = SYSTEM if SYSTEM.exists() else Path(certifi.where())
    handle, path = tempfile.mkstemp(prefix="authorities-", suffix=".pem")
    with os.fdopen(handle, "wb") as bundle:
        bundle.write(known.read_bytes() + b"\n" + Path(private).read_bytes())
    os.environ["REQUESTS_CA_BUNDLE"] = path
