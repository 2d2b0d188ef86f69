# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Neo4j: a driver that gives up soon, and does not try a refused password again and again."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from amundsen_common.models.api.health_check import HealthCheck
from neo4j import READ_ACCESS, Driver, GraphDatabase
from neo4j._exceptions import BoltError, BoltSecurityError
from neo4j.exceptions import ClientError, DatabaseError, Neo4jError, ServiceUnavailable, SessionExpired, TransientError
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import ServiceUnavailable as ServiceUnavailable503

from amundsen_services.stores import CA_FILE, STORE_FILE, Store, ca_file, causes
from amundsen_services.stores import health as health_check

REFUSED_SECONDS = 30.0

_SECURITY = "Neo.ClientError.Security."
_LOST = (ServiceUnavailable, SessionExpired, BoltError)


class RefusedError(ClientError):  # type: ignore[misc]  # untyped
    """The login was refused a short while ago, and was not tried again."""


class PatientOpener:
    """Opens connections for a driver's pool; after a refusal, none for half a minute.

    Three wrong passwords make Neo4j lock the user for 5 seconds, for those who have the right one too.
    """

    def __init__(self, opener: Callable[..., Any]) -> None:
        self._opener = opener
        self._refused_until = 0.0

    def __call__(self, address: Any, timeout: float | None) -> Any:
        """Open a connection to a server's address."""
        if time.monotonic() < self._refused_until:
            raise RefusedError
        try:
            return self._opener(address, timeout)
        except Neo4jError as error:
            if _is_refusal(error):
                self._refused_until = time.monotonic() + REFUSED_SECONDS
            raise


def connect(store: Store) -> Driver:
    """Make a driver. It connects at the first query."""
    if ca_file():
        # The driver takes no authority of its own; this names what OpenSSL trusts besides the system's folder.
        os.environ["SSL_CERT_FILE"] = str(ca_file())
    driver = GraphDatabase.driver(
        store.url,
        auth=store.login,
        connection_timeout=3,
        connection_acquisition_timeout=10,
        max_connection_lifetime=100,
        max_transaction_retry_time=1,
    )
    driver._pool.opener = PatientOpener(driver._pool.opener)
    return driver


def _is_refusal(error: BaseException) -> bool:
    return isinstance(error, RefusedError) or str(getattr(error, "code", "")).startswith(_SECURITY)


def _why(errors: list[BaseException]) -> str | None:
    """Say what is wrong in the most precise words: the driver wraps a bad certificate in "cannot connect"."""
    if any(map(_is_refusal, errors)):
        return f"Neo4j refuses this user: check the user and password of {STORE_FILE}"
    if any(isinstance(error, BoltSecurityError) for error in errors):
        return f"Neo4j offers no TLS, or a certificate that is not trusted: check {STORE_FILE} and {CA_FILE}"
    if any(isinstance(error, _LOST) for error in errors):
        return "Neo4j does not answer: is it running, and its host and port right?"
    return next((f"Neo4j is not ready ({error.code})" for error in errors if isinstance(error, (TransientError, DatabaseError))), None)


def fault(error: BaseException) -> HTTPException | None:
    """Give 503 if Neo4j is down or refuses us."""
    why = _why(list(causes(error)))
    return ServiceUnavailable503(why) if why else None


def health(driver: Driver) -> HealthCheck:
    """Ask Neo4j something, which only a user that may read can."""
    try:
        with driver.session(default_access_mode=READ_ACCESS) as session:
            session.run("MATCH (n) RETURN 1 LIMIT 1").consume()
    except Exception as error:
        found = fault(error)
        return health_check("neo4j", found.description if found else f"Neo4j answers with an error ({type(error).__name__})")
    return health_check("neo4j", None)
