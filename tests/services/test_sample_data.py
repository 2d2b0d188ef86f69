# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sample catalog: added once, and left to the people who use it."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from stack import Database


def outcome(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout.splitlines()[-1])


def dump(database: Database) -> dict[str, list[str]]:
    return {
        table: sorted(
            database.execute(f"SELECT * FROM {table}")  # noqa: S608
        )
        for table in database.execute("SHOW TABLES")
    }


def test_second_run_changes_nothing(tables: Database) -> None:
    assert outcome(tables.jobs("sample-data", AMUNDSEN_SAMPLE_USER="demo@amundsen.test")) == {"changed": True, "tables": 12}
    before = dump(tables)
    again = tables.jobs("sample-data", AMUNDSEN_SAMPLE_USER="demo@amundsen.test")
    assert again.stdout.splitlines()[0] == "sample data: unchanged"
    assert outcome(again) == {"changed": False, "tables": 12}
    assert dump(tables) == before


def test_edits_stay(tables: Database) -> None:
    outcome(tables.jobs("sample-data"))
    tables.execute("UPDATE table_description SET description = 'Mine.'; DELETE FROM table_owner; DELETE FROM table_tag; UPDATE users SET full_name = 'X'")
    before = dump(tables)
    assert outcome(tables.jobs("sample-data")) == {"changed": False, "tables": 12}
    assert dump(tables) == before


def test_a_removed_table_comes_back_whole(tables: Database) -> None:
    outcome(tables.jobs("sample-data"))
    before = {name: len(rows) for name, rows in dump(tables).items()}
    tables.execute("DELETE FROM table_metadata WHERE name = 'fct_orders'")
    assert outcome(tables.jobs("sample-data")) == {"changed": True, "tables": 12}
    assert {name: len(rows) for name, rows in dump(tables).items()} == before


def test_the_demo_user_is_optional(tables: Database) -> None:
    outcome(tables.jobs("sample-data"))
    assert "demo@amundsen.test" not in str(dump(tables)) and "''" not in tables.execute("SELECT QUOTE(rk) FROM users")
    # It logged in before: the user is there, with a name of its own, and the relations come.
    tables.execute("INSERT INTO users (rk, email, full_name) VALUES ('kim@amundsen.test', 'kim@amundsen.test', 'Kim')")
    assert outcome(tables.jobs("sample-data", AMUNDSEN_SAMPLE_USER="demo@amundsen.test"))["changed"] is True
    assert tables.execute("SELECT COUNT(*) FROM table_owner WHERE user_rk = 'demo@amundsen.test'") == ["2"]
    assert tables.execute("SELECT full_name FROM users WHERE rk = 'kim@amundsen.test'") == ["Kim"]


def test_without_tables_it_says_so(empty: Database) -> None:
    done = empty.jobs("sample-data")
    assert done.returncode == 1
    assert "43 of 43 tables are missing" in done.stderr
    assert done.stdout == ""


def test_a_user_that_may_only_read(tables: Database) -> None:
    done = tables.jobs("sample-data", uri_file=tables.uri_file("ro"))
    assert done.returncode == 1
    assert "the database refuses this user" in done.stderr and "nothing was loaded" in done.stderr
