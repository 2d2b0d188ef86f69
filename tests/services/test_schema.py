# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalog's tables: created once, by whoever comes first, whatever happened before."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from stack import PASSWORD, VENVS, Database, MariaDb, service_environment

SCHEMA = "amundsen_services.metadata.schema"
COLUMN_WORDS = "table_column_words"
INDEXED = ["table_metadata", "table_description", "table_programmatic_description", "schema_metadata", "tag", "badge", "users",
           "dashboard", "dashboard_group", "dashboard_description", "dashboard_query", "dashboard_chart"]  # fmt: skip

UPSTREAM = """
from amundsen_services.database import database_uri
from metadata_service.client.rds_client import RDSClient
RDSClient(database_uri()).init_db()
"""


def definitions(database: Database) -> dict[str, list[str]]:
    """Every table's columns and keys, in no order; the names of foreign keys are the server's."""
    return {
        table: sorted(line.strip(" ,").replace(f"{table}_ibfk_", "")[0 if "CONSTRAINT" not in line else len("CONSTRAINT `1` ") :]
                      for line in database.execute(f"SHOW CREATE TABLE {table}")[0].split("\\n"))
        for table in database.execute("SHOW TABLES")
    }  # fmt: skip


def test_tables_are_upstreams(empty: Database, server: MariaDb) -> None:
    assert empty.run(SCHEMA).returncode == 0
    ours = definitions(empty)
    assert len(ours) == 45
    upstream = server.database("by_upstream")
    subprocess.run([VENVS / "metadata/bin/python", "-c", UPSTREAM], env=service_environment(upstream.uri_file()), check=True, capture_output=True)
    theirs = definitions(upstream)
    added = {table: sorted(set(ours[table]) - set(theirs.get(table, ()))) for table in ours if ours[table] != theirs.get(table)}
    assert set(ours) - set(theirs) == {COLUMN_WORDS}
    assert set(added) == {*INDEXED, COLUMN_WORDS}
    for table in INDEXED:
        column, index = added[table]
        assert column.startswith("FULLTEXT KEY `words`") and index.startswith("`words` mediumtext") and "GENERATED" in index


def test_four_at_once(empty: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = [each.result() for each in [pool.submit(empty.run, SCHEMA) for _ in range(4)]]
    assert [each.returncode for each in done] == [0, 0, 0, 0], [each.stderr for each in done]
    assert sorted(each.stderr.split()[1] for each in done) == ["created", "unchanged", "unchanged", "unchanged"]
    assert len(empty.execute("SHOW TABLES")) == 45


def test_killed_half_way(empty: Database) -> None:
    """MariaDB commits each table: upstream's migration fails for ever on the tables that are there already."""
    assert empty.run(SCHEMA).returncode == 0
    empty.execute("DELETE FROM alembic_version; SET foreign_key_checks = 0; DROP TABLE table_tag, users")
    again = empty.run(SCHEMA)
    assert again.returncode == 0, again.stderr
    assert len(empty.execute("SHOW TABLES")) == 45
    assert empty.run(SCHEMA).stderr.startswith("schema: unchanged")


def test_server_that_is_still_starting(empty: Database, server: MariaDb) -> None:
    server.kill()
    environment = service_environment(empty.uri_file())
    command = [VENVS / "metadata/bin/python", "-m", SCHEMA]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as waiting:
        time.sleep(2)
        assert waiting.poll() is None
        server.start()
        assert "created" in waiting.communicate(timeout=30)[1]
    assert waiting.returncode == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "holds no URI of the form mysql+pymysql://"),
        ("sqlite:///catalog.db", "holds no URI of the form mysql+pymysql://"),
        (f"mysql://a:{PASSWORD}@h/d", "holds no URI of the form mysql+pymysql://"),
        ("mysql+pymysql://a:hidden-word@127.0.0.1:1/d", "the database does not answer"),
    ],
)
def test_wrong_uri(tmp_path: Path, catalog: Database, content: str, says: str) -> None:
    uri_file = tmp_path / "uri"
    uri_file.write_text(content)
    done = catalog.run(SCHEMA, uri_file=uri_file, AMUNDSEN_DATABASE_WAIT="1")
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert "hidden-word" not in done.stderr and PASSWORD not in done.stderr


def test_wrong_password(catalog: Database) -> None:
    done = catalog.run(SCHEMA, uri_file=catalog.uri_file(password="wrong-word"), AMUNDSEN_DATABASE_WAIT="1")
    assert done.returncode == 1
    assert "the database refuses this user" in done.stderr
    assert "wrong-word" not in done.stderr


def test_no_uri_file(tmp_path: Path, catalog: Database) -> None:
    done = catalog.run(SCHEMA, uri_file=tmp_path / "none")
    assert done.returncode == 1
    assert f"names {tmp_path / 'none'}, which cannot be read: No such file" in done.stderr


def test_health_command_needs_a_url() -> None:
    done = subprocess.run([sys.executable, "-m", "amundsen_services.health"], env=service_environment(Path("none")), capture_output=True, text=True)
    assert done.returncode == 2
    assert "usage" in done.stderr
