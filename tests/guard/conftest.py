# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tenant, and frontends of both sources, which start side by side when first needed."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from house import APPLICATION, PACKAGE, ROOT, Frontend, Metadata, Person, Place

sys.path[:0] = [str(PACKAGE), str(ROOT / "tests" / "unit"), str(ROOT / "tests" / "services")]
from stack import MariaDb  # of tests/services

_spec = importlib.util.spec_from_file_location("unit_fixtures", ROOT / "tests" / "unit" / "conftest.py")
assert _spec and _spec.loader
_unit = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_unit)
tenant_process = _unit.tenant_process


@pytest.fixture(scope="session")
def tenant(tenant_process: Any) -> Any:
    """The tenant, with the people of these tests. It is not reset: frontends are registered at it."""
    for name in ("ann", "bob", "known"):
        tenant_process.add_user(f"{name}@corp.test", claims={"name": f"{name.title()} Example"})
    return tenant_process


@pytest.fixture(autouse=True)
def _calm(request: pytest.FixtureRequest) -> Iterator[None]:
    """Mend the tenant after each test that has one."""
    yield
    if "tenant" in request.fixturenames:
        tenant = request.getfixturevalue("tenant")
        tenant.clear_faults()
        tenant.options(code_lifetime=60, token_lifetime=86400, clock_skew=0, discovery={})


@pytest.fixture(scope="session")
def metadata() -> Iterator[Metadata]:
    service = Metadata()
    yield service
    service.stop()


@pytest.fixture(scope="session", params=["release", "git"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tenant: Any, metadata: Metadata) -> Place:
    client = tenant.add_client(**APPLICATION)
    return Place(request.param, tmp_path_factory.mktemp(request.param), tenant, client, metadata.url)


UI_SCRIPT = 'globalThis.configExternal = {"logoTitle": "Data at ACME"};\n'

RULES = {
    "AMUNDSEN_ALLOWED_EMAIL_DOMAINS": "partner.test",
    "AMUNDSEN_ALLOWED_EMAILS": "listed@corp.test",
    "AMUNDSEN_ALLOWED_CLAIM": '{"name": "groups", "values": ["data"]}',
}


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    # Not pytest's own directory: the server's user may not enter it, and a socket's path is short.
    with tempfile.TemporaryDirectory(prefix="amundsen-mariadb-") as directory:
        server = MariaDb(Path(directory))
        server.start()
        yield server
        server.kill()


@pytest.fixture(scope="session")
def fronts(place: Place, tenant: Any) -> Iterator[dict[str, Frontend]]:
    """All kinds of frontends, started at once. The first two share their sessions."""
    audience = f"{tenant.base_url}/api/v2/"
    shared = f"sqlite:///{place.folder}/shared.db"
    ui = place.folder / "ui.js"
    ui.write_text(UI_SCRIPT, encoding="utf-8")
    started = {
        "guarded": place.guarded(database=shared, AMUNDSEN_LOG_LEVEL="DEBUG", AMUNDSEN_API_AUDIENCE=audience, AMUNDSEN_UI_FILE=str(ui)),
        "ruled": place.guarded(database=shared, **RULES),
        "tokens": place.guarded(AMUNDSEN_API_TOKENS="true", AMUNDSEN_API_AUDIENCE=audience, AMUNDSEN_USER_ID_FALLBACK_CLAIM="nickname"),
        "stock": place.stock(),
        "article": place.article(),
    }
    yield started
    for frontend in started.values():
        frontend.stop()


@pytest.fixture
def guarded(fronts: dict[str, Frontend]) -> Frontend:
    """The guard with its defaults."""
    return fronts["guarded"].ready()


@pytest.fixture
def person(tenant: Any, guarded: Frontend) -> Person:
    """Somebody new, at the guarded frontend."""
    return Person(tenant, guarded)


@pytest.fixture
def visitor(tenant: Any, fronts: dict[str, Frontend]) -> Callable[[str], Person]:
    """Somebody new, at a frontend of any kind."""
    return lambda kind: Person(tenant, fronts[kind].ready())
