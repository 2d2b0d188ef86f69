# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example job that reads a real PostgreSQL into the catalog."""

from __future__ import annotations

import sys
import tempfile
import urllib.parse
from pathlib import Path

from stack import ROOT, Database, free_port
from test_jobs import EXAMPLES, secrets, succeeds

sys.path.insert(0, str(ROOT / "tests" / "guard"))
from postgresql import PASSWORD, PostgreSql


def test_the_example_reads_postgresql(tables: Database, tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="amundsen-postgresql-") as directory:
        source = PostgreSql(Path(directory), free_port())
        source.start()
        try:
            source.execute(
                "CREATE SCHEMA a_source; CREATE TABLE a_source.parts (id INT PRIMARY KEY, gone INT, kind TEXT); ALTER TABLE a_source.parts DROP gone"
            )
            source.execute("COMMENT ON TABLE a_source.parts IS 'What we sell.'; COMMENT ON COLUMN a_source.parts.id IS 'The number.'")
            uri = f"postgresql://sessions:{urllib.parse.quote(PASSWORD, safe='')}@localhost:{source.port}/sessions"
            succeeds(tables.jobs("run", EXAMPLES / "read_postgresql.py", **secrets(tmp_path, uri)))
        finally:
            source.kill()
    assert tables.execute("SELECT rk FROM table_metadata") == ["postgres://here.a_source/parts"]
    assert tables.execute("SELECT name, type FROM column_metadata ORDER BY sort_order") == ["id\tint4", "kind\ttext"]
    assert tables.execute("SELECT description FROM table_description UNION SELECT description FROM column_description") == ["What we sell.", "The number."]
