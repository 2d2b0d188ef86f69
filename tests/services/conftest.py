# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One server of each store for all tests; on MariaDB one database with the sample catalog, and both services on it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from stack import PASSWORD, Database, MariaDb, Service, wait_for
from stores import Atlas, Elasticsearch, Neo4j, load_hive_tables, on_store


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep in one process what needs the same large store, or else is in one file."""
    for item in items:
        used = getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group(next((store for store in ("atlas", "neo4j") if store in used), item.path.name)))


@pytest.fixture(scope="session")
def server() -> Iterator[MariaDb]:
    # Not pytest's own directory: the server's user may not enter it, and a socket's path is short.
    with tempfile.TemporaryDirectory(prefix="amundsen-mariadb-") as directory:
        server = MariaDb(Path(directory))
        server.start()
        yield server
        server.kill()


@pytest.fixture
def empty(server: MariaDb, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database without tables."""
    name = request.node.name.removeprefix("test_").split("[")[0][:50]
    yield server.database(name)
    server.execute(f"DROP DATABASE {name}; DROP USER {name}_rw@'127.0.0.1', {name}_ro@'127.0.0.1'")


@pytest.fixture
def tables(empty: Database) -> Database:
    """A database with the catalog's tables, and nothing in them."""
    done = empty.run("amundsen_services.metadata.schema")
    assert done.returncode == 0, done.stderr
    return empty


@pytest.fixture(scope="session")
def catalog(server: MariaDb) -> Database:
    """The sample catalog, with the user demo@amundsen.test."""
    catalog = server.database("amundsen")
    for done in (catalog.run("amundsen_services.metadata.schema"), catalog.jobs("sample-data", AMUNDSEN_SAMPLE_USER="demo@amundsen.test")):
        assert done.returncode == 0, done.stderr
    return catalog


@pytest.fixture(scope="session")
def metadata(catalog: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service("metadata", catalog.uri_file(), tmp_path_factory.mktemp("metadata"))
    yield service
    service.stop()


@pytest.fixture(scope="session")
def search(catalog: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Search, as a database user that may only read."""
    service = Service("search", catalog.uri_file("ro"), tmp_path_factory.mktemp("search"))
    yield service
    service.stop()


@pytest.fixture(scope="session")
def neo4j(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4j]:
    """A Neo4j with the catalog of catalog.cypher."""
    server = Neo4j(tmp_path_factory.mktemp("neo4j"), PASSWORD)
    server.start()
    for statement in (Path(__file__).parent / "catalog.cypher").read_text().split(";\n"):
        if statement.strip():
            server.execute(statement)
    yield server
    server.kill()


@pytest.fixture(scope="session")
def elasticsearch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elasticsearch]:
    """An Elasticsearch without any index."""
    server = Elasticsearch(tmp_path_factory.mktemp("elasticsearch"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def atlas(elasticsearch: Elasticsearch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Atlas]:
    """An Atlas with its own types only."""
    if not Atlas.configuration.exists():
        pytest.skip(f"{Atlas.configuration} has no base types for Atlas: set ATLAS_CONFIGURATION")
    server = Atlas(tmp_path_factory.mktemp("atlas"), elasticsearch, PASSWORD)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def atlas_metadata(atlas: Atlas, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The metadata service on Atlas, with two tables as Atlas' own hook for Hive writes them, and a process between them."""
    service = on_store("metadata", "atlas", tmp_path_factory.mktemp("metadata"), f"http://127.0.0.1:{atlas.port}", "admin", PASSWORD)
    wait_for(lambda: service.get("/healthcheck").status == 200, "Amundsen's types in Atlas", 60)
    load_hive_tables(atlas)
    yield service
    service.stop()
