# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Health checks say what is: whether the database answers with the catalog's tables."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from stack import PASSWORD, Database, MariaDb, Service, free_port, service_environment, wait_for

OK = {"status": "ok", "checks": {"mariadb": {"status": "ok"}}}


def health_command(port: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "amundsen_services.health", f"http://127.0.0.1:{port}/healthcheck"]
    return subprocess.run(command, env=service_environment(Path("none")), capture_output=True, text=True)


def test_database_goes_and_comes_back(server: MariaDb, metadata: Service, search: Service) -> None:
    services = (metadata, search)
    before = [len(service.log.read_text()) for service in services]
    for service in services:
        assert service.get("/healthcheck").json == OK
        assert health_command(service.port).returncode == 0
    server.kill()
    try:
        for service in services:
            answer = service.get("/healthcheck")
            assert answer.status == 503
            assert answer.json["checks"]["mariadb"]["message"].startswith("the database does not answer")
            unhealthy = health_command(service.port)
            assert unhealthy.returncode == 1
            assert "HTTP 503" in unhealthy.stderr and "the database does not answer" in unhealthy.stderr
        assert metadata.get("/table/postgres://shop.core/fct_orders").status == 503
        assert metadata.get("/popular_tables/").status == 503
        assert search.get("/search?query_term=orders&page_index=0").status == 503
    finally:
        server.start()
    for service in services:
        wait_for(lambda service=service: service.get("/healthcheck").status == 200, "health")  # type: ignore[misc]
    assert search.get("/search?query_term=orders&page_index=0").json["total_results"] > 0
    logs = [service.log.read_text() for service in services]
    assert "GET /popular_tables/: the database does not answer" in logs[0][before[0] :]
    for log, start in zip(logs, before, strict=True):
        assert PASSWORD not in log and "Traceback" not in log[start:]


def test_first_request_while_the_database_is_down(empty: Database, server: MariaDb, tmp_path: Path) -> None:
    """Upstream's proxy asks the database when it is made, at the first request."""
    service = Service("metadata", empty.uri_file(), tmp_path)
    try:
        server.kill()
        try:
            answer = service.get("/healthcheck")
            assert (answer.status, answer.json["status"]) == (503, "fail")
        finally:
            server.start()
        assert service.get("/healthcheck").status == 200
    finally:
        service.stop()


def test_missing_tables(empty: Database, tmp_path: Path) -> None:
    search = Service("search", empty.uri_file("ro"), tmp_path)
    try:
        answer = search.get("/healthcheck")
        assert answer.status == 503
        assert "43 of 43 tables are missing" in answer.text
        assert search.get("/search?query_term=x").status == 503
        assert empty.run("amundsen_services.metadata.schema").returncode == 0
        assert search.get("/healthcheck").json == OK
        empty.execute("DROP TABLE table_badge")
        assert "the first: table_badge" in search.get("/healthcheck").text
    finally:
        search.stop()


def test_wrong_password(catalog: Database, tmp_path: Path) -> None:
    search = Service("search", catalog.uri_file("ro", password="wrong-word"), tmp_path)
    try:
        answer = search.get("/healthcheck")
        assert answer.status == 503
        assert "the database refuses this user" in answer.text
        assert search.get("/search?query_term=x").status == 503
        assert "wrong-word" not in answer.text + search.log.read_text()
    finally:
        search.stop()


def test_nothing_listens() -> None:
    done = health_command(free_port())
    assert done.returncode == 1
    assert "refused" in done.stderr


def test_no_file_in_home_and_no_queries_in_the_log(metadata: Service, search: Service) -> None:
    """The root file system is read-only; a query in the log would show what people look for."""
    for service, path in ((metadata, "/tags/"), (search, "/search?query_term=orders&page_index=0")):
        assert service.get(path).status == 200
        assert [path.name for path in service.home.iterdir()] == [service.log.name]
        assert "SELECT" not in service.log.read_text()
