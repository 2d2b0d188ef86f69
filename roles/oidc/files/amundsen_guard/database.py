"""How the session database is reached. What MariaDB's driver takes in a URI, PostgreSQL's takes as an object."""

from __future__ import annotations

import ssl
from typing import Any

_POSTGRESQL = "postgresql+pg8000://"
_AUTHORITIES = "?sslrootcert="


def reach(uri: str) -> tuple[str, dict[str, Any]]:
    """Return the URI as SQLAlchemy takes it, and arguments for the driver.

    Args:
        uri: For PostgreSQL it may end in `?sslrootcert=FILE`: TLS, with a certificate for the host's name that the file's authorities signed.
    """
    address, mark, authorities = uri.partition(_AUTHORITIES)
    if not uri.startswith(_POSTGRESQL) or not mark:
        return uri, {}
    return address, {"ssl_context": ssl.create_default_context(cafile=authorities)}


def pool(uri: str) -> dict[str, Any]:
    """Return how many connections an engine keeps in a worker: few, as all workers and services share the database's. SQLite keeps none."""
    return {} if uri.startswith("sqlite") else {"pool_size": 2, "max_overflow": 0, "pool_recycle": 280}
