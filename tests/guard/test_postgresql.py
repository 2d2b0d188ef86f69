# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions on PostgreSQL, over TLS, shared by two frontends."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from house import PACKAGE, ROOT, VENVS, Frontend, Person, Place, free_port
from postgresql import PASSWORD, PostgreSql

sys.path.insert(0, str(ROOT / ".ansible" / "collections"))
from ansible_collections.datacatalog.amundsen.plugins.module_utils._stores import sql_uri


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSql]:
    # Not pytest's own directory: the server's user may not enter it.
    with tempfile.TemporaryDirectory(prefix="amundsen-postgresql-") as directory:
        started = PostgreSql(Path(directory), free_port())
        started.start()
        yield started
        started.kill()


@pytest.fixture(scope="module")
def pair(place: Place, server: PostgreSql) -> Iterator[tuple[Frontend, ...]]:
    """Two frontends, started at once on an empty database, by the URI that the roles write."""
    server.execute(f"CREATE DATABASE {place.source}")
    uri = sql_uri(f"postgresql+tls://localhost:{server.port}/{place.source}", "sessions", PASSWORD, "", str(server.authority))
    started = [place.guarded(database=uri, AMUNDSEN_WORKERS="2") for _ in range(2)]
    try:
        yield tuple(frontend.ready() for frontend in started)
    finally:
        for frontend in started:
            frontend.stop()


def test_a_login_is_known_to_both_and_ends_for_both(tenant: Any, pair: tuple[Frontend, ...], place: Place, server: PostgreSql) -> None:
    person = Person(tenant, *pair)
    assert person.log_in("ann@corp.test").status_code == 200
    assert all(person.me() for _ in range(4))
    assert server.execute("SELECT count(*) FROM guard_session", place.source) == ["1"]
    person.open("/logout")
    assert not person.me()
    assert server.execute("SELECT count(*) FROM guard_session", place.source) == ["0"]


def test_a_restart_of_the_database_is_survived(tenant: Any, pair: tuple[Frontend, ...], server: PostgreSql) -> None:
    person = Person(tenant, *pair)
    person.log_in("ann@corp.test")
    server.kill()
    try:
        assert person.ask("/").status_code == 503
        assert person.ask("/healthcheck/ready").json()["down"] == ["session database"]
    finally:
        server.start()
    assert person.me(), "the session was lost"


def test_a_certificate_of_another_authority_is_refused(place: Place, server: PostgreSql, tenant: Any) -> None:
    program = "import sys; from amundsen_guard.database import reach; from sqlalchemy import create_engine; "
    program += "address, arguments = reach(sys.argv[1]); create_engine(address, connect_args=arguments).connect()"
    python, errors = VENVS / place.source / "bin" / "python", []
    for authority in (server.authority, tenant.ca_path):
        uri = sql_uri(f"postgresql+tls://localhost:{server.port}", "sessions", PASSWORD, "sessions", str(authority))
        done = subprocess.run([python, "-c", program, uri], env={"PYTHONPATH": str(PACKAGE)}, capture_output=True, text=True, check=False)
        errors.append(done.stderr)
    assert errors[0] == ""
    assert "certificate verify failed" in errors[1]
