# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What search adds to the catalog's tables: kept in step by the database, added to a catalog that has data, on any server."""

# ruff: noqa: S608  (names and values are the tests' own)

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from stack import Database, MariaDb, Service

SCHEMA = "amundsen_services.metadata.schema"
ORDERS = "postgres://shop.raw/orders"
PUBLISHED = "'test', 1"
WORDS = "SELECT names, descriptions FROM table_column_words WHERE table_rk = '{}'"


def words(database: Database, table: str) -> list[set[str]]:
    """Names and descriptions of a table's columns, as search finds them."""
    (line,) = database.execute(WORDS.format(table))
    return [set(text.split("\\n")) - {"", "NULL"} for text in line.split("\t")]


def add_column(database: Database, table: str, name: str, description: str) -> None:
    key = f"{table}/{name}"
    database.execute(
        f"INSERT INTO column_metadata VALUES ('{key}', '{name}', 'int', 9, '{table}', {PUBLISHED});"
        f"INSERT INTO column_description VALUES ('{key}/_description', 'description', '{description}', '{key}', {PUBLISHED})"
    )


@pytest.fixture
def filled(empty: Database) -> Database:
    """A catalog of its own, with the sample data."""
    for done in (empty.run(SCHEMA), empty.jobs("sample-data")):
        assert done.returncode == 0, done.stderr
    return empty


def test_columns_are_in_step(filled: Database) -> None:
    names, descriptions = words(filled, ORDERS)
    assert names == {"order id", "customer id", "ordered at", "status", "total cents"}
    assert "Who ordered." in descriptions
    add_column(filled, ORDERS, "gift_card", "Paid by a gift_card.")
    assert words(filled, ORDERS) == [names | {"gift card"}, descriptions | {"Paid by a gift card."}]
    filled.execute("UPDATE column_metadata SET name = 'gift' WHERE name = 'gift_card'")
    filled.execute("UPDATE column_description SET description = 'X_Y' WHERE description LIKE 'Paid by a gift%'")
    assert words(filled, ORDERS) == [names | {"gift"}, descriptions | {"X Y"}]
    filled.execute("DELETE FROM column_description WHERE description = 'X_Y'")
    assert words(filled, ORDERS) == [names | {"gift"}, descriptions]
    filled.execute("DELETE FROM column_metadata WHERE name = 'gift'")
    assert words(filled, ORDERS) == [names, descriptions]
    filled.execute(f"DELETE FROM column_metadata WHERE table_rk = '{ORDERS}'")  # with their descriptions, by a foreign key
    assert words(filled, ORDERS) == [set(), set()]
    filled.execute(f"DELETE FROM table_metadata WHERE rk = '{ORDERS}'")
    assert filled.execute(WORDS.format(ORDERS)) == []


def test_column_of_another_table(filled: Database) -> None:
    items = "postgres://shop.raw/order_items"
    filled.execute(f"UPDATE column_metadata SET table_rk = '{items}' WHERE rk = '{ORDERS}/total_cents'")
    assert "total cents" not in words(filled, ORDERS)[0] and "total cents" in words(filled, items)[0]
    assert any("in cents, with tax" in each for each in words(filled, items)[1])


def test_an_undone_edit_is_not_found(filled: Database) -> None:
    before = words(filled, ORDERS)
    filled.execute(f"BEGIN; UPDATE column_metadata SET name = 'gone' WHERE rk = '{ORDERS}/status'; ROLLBACK")
    assert words(filled, ORDERS) == before


def test_catalog_from_before(filled: Database) -> None:
    """Of an older version, with data; and a start that was killed before all rows were there."""
    before = filled.execute("SELECT table_rk, names, descriptions FROM table_column_words ORDER BY 1")
    indexed = filled.execute("SELECT table_name FROM information_schema.columns WHERE table_schema = DATABASE() AND column_name = 'words'")
    triggers = filled.execute("SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE()")
    assert len(indexed) == 12 and len(triggers) == 6
    for drop in ("TABLE table_column_words", *(f"TRIGGER {name}" for name in triggers)):
        filled.execute(f"DROP {drop}")
    for name in indexed:
        filled.execute(f"ALTER TABLE {name} DROP COLUMN words")
    assert f"added {12 + 2 * 6 + 12} for search" in filled.run(SCHEMA).stderr
    assert filled.execute("SELECT COUNT(*) FROM table_column_words") == ["12"]
    filled.execute(f"DELETE FROM table_column_words WHERE table_rk = '{ORDERS}'")
    assert "added 1 for search" in filled.run(SCHEMA).stderr
    assert [set(line.replace("\\n", " ").split()) for line in before] == [
        set(line.replace("\\n", " ").split()) for line in filled.execute("SELECT table_rk, names, descriptions FROM table_column_words ORDER BY 1")
    ]
    assert "added" not in filled.run(SCHEMA).stderr


def test_triggers_of_a_user_that_is_gone(filled: Database) -> None:
    """As after a restore on another server: nobody could edit a column any more."""
    rename = f"RENAME USER {filled.name}_{{}}@'127.0.0.1' TO {filled.name}_{{}}@'127.0.0.1'"
    filled.execute(rename.format("rw", "new"))
    delete = f"DELETE FROM column_metadata WHERE rk = '{ORDERS}/status'"
    with pytest.raises(subprocess.CalledProcessError):
        filled.execute(delete)
    assert "added 12 for search" in filled.run(SCHEMA, uri_file=filled.uri_file("new")).stderr
    filled.execute(delete)
    assert "status" not in words(filled, ORDERS)[0]
    filled.execute(rename.format("new", "rw"))


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[MariaDb]:
    """Somebody's own server: its indexes have no short words, and no stop words where nobody says otherwise."""
    with tempfile.TemporaryDirectory(prefix="amundsen-mariadb-") as directory:
        words = {"innodb_ft_min_token_size": 3, "innodb_ft_enable_stopword": "ON"}
        server = MariaDb(Path(directory), **words, character_set_server="latin1", collation_server="latin1_swedish_ci")
        server.start()
        yield server
        server.kill()


def test_on_another_server(elsewhere: MariaDb, tmp_path: Path) -> None:
    catalog = elsewhere.database("theirs")
    for done in (catalog.run(SCHEMA), catalog.jobs("sample-data")):
        assert done.returncode == 0, done.stderr
    catalog.execute("UPDATE table_metadata SET name = 'eu_vat' WHERE name = 'low_stock'")
    service = Service("search", catalog.uri_file("ro"), tmp_path)

    def names(term: str) -> list[str]:
        return [each["name"] for each in service.get(f"/search?query_term={term}&page_index=0").json["results"]]

    assert names("orders")[:2] == ["orders", "fct_orders"]
    assert names("completeness") == ["fct_orders"]
    assert names("eu") == names("eu_vat")[:1] == ["eu_vat"]  # in names, short words are found all the same
    assert "fct_orders" in names("about")  # a stop word of the server's
    service.stop()
