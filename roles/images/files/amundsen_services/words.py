# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What search adds to the catalog's tables, and the database itself keeps in step: FULLTEXT indexes.

Each table that is searched has a generated column `words`, invisible to `SELECT *`: its text with a space for each `_`, which MariaDB's FULLTEXT
takes as a part of a word. The columns of a table are too many rows to fetch one by one, so triggers keep the words of all of
them in one row of `table_column_words`, in the transaction that writes a column.
"""

# ruff: noqa: S608  (nothing in this SQL comes from outside)

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.engine import Connection

WORDS = "words"

INDEXED = {
    "table_metadata": "name",
    "table_description": "description",
    "table_programmatic_description": "description",
    "schema_metadata": "name",
    "dashboard": "name",
    "dashboard_group": "name",
    "dashboard_description": "description",
    "dashboard_query": "name",
    "dashboard_chart": "name",
    "tag": "rk",
    "badge": "rk",
    "users": "CONCAT_WS(' ', full_name, first_name, last_name, email, team_name)",
}
"""The searched text of each table, in SQL."""

COLUMN_WORDS = "table_column_words"

_TEXT = "CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"

_COLUMN_WORDS = f"""CREATE TABLE IF NOT EXISTS {COLUMN_WORDS} (
    table_rk VARCHAR(1024) CHARACTER SET latin1 COLLATE latin1_general_cs NOT NULL PRIMARY KEY,
    names MEDIUMTEXT, descriptions MEDIUMTEXT,
    FULLTEXT INDEX names (names), FULLTEXT INDEX descriptions (descriptions),
    FOREIGN KEY (table_rk) REFERENCES table_metadata (rk) ON DELETE CASCADE
) ENGINE=InnoDB {_TEXT}"""

# Each name on a line of its own.
_NAMES = "CONCAT('\\n', GROUP_CONCAT(REPLACE(c.name, '_', ' ') SEPARATOR '\\n'), '\\n')"
_DESCRIPTIONS = "GROUP_CONCAT(REPLACE(d.description, '_', ' ') SEPARATOR '\\n')"
_COLUMNS = "column_metadata c LEFT JOIN column_description d ON d.column_rk = c.rk"

# Where table and triggers are new, or a start was interrupted.
_MISSING = f"""INSERT IGNORE INTO {COLUMN_WORDS} (table_rk, names, descriptions)
    SELECT STRAIGHT_JOIN t.rk, {_NAMES}, {_DESCRIPTIONS} FROM table_metadata t LEFT JOIN {COLUMN_WORDS} w ON w.table_rk = t.rk
    LEFT JOIN column_metadata c ON c.table_rk = t.rk LEFT JOIN column_description d ON d.column_rk = c.rk
    WHERE w.table_rk IS NULL GROUP BY t.rk"""

# MySQL's own limit is 1024 bytes.
_UNLIMITED = "SET SESSION group_concat_max_len = GREATEST(@@group_concat_max_len, 16777216)"


def _anew(table: str) -> str:
    return f"""{_UNLIMITED};
    REPLACE INTO {COLUMN_WORDS} (table_rk, names, descriptions)
        SELECT {table}, {_NAMES}, {_DESCRIPTIONS} FROM {_COLUMNS} WHERE c.table_rk = {table};"""


def _more(table: str, column: str, words: str) -> str:
    """Add to the row of a table, if there is one: it is a whole one then."""
    return f"""UPDATE {COLUMN_WORDS} SET {column} = {words} WHERE table_rk = {table};
    IF NOT EXISTS (SELECT 1 FROM {COLUMN_WORDS} WHERE table_rk = {table}) THEN {_anew(table)} END IF;"""


def _with_table(row: str, then: str) -> str:
    """Find the table of a description's column; none, where the column was deleted with it."""
    its_table = f"(SELECT table_rk FROM column_metadata WHERE rk = {row}.column_rk)"
    declared = f"DECLARE its_table VARCHAR(1024) CHARACTER SET latin1 COLLATE latin1_general_cs DEFAULT {its_table}"
    return f"BEGIN {declared}; IF its_table IS NOT NULL THEN {then} END IF; END;"


def _changed(*columns: str) -> str:
    return " OR ".join(f"NOT (OLD.{column} <=> NEW.{column})" for column in columns)


TRIGGERS = {
    ("column_metadata", "INSERT"): _more("NEW.table_rk", "names", "CONCAT(COALESCE(names, '\\n'), REPLACE(NEW.name, '_', ' '), '\\n')"),
    ("column_metadata", "UPDATE"): f"IF {_changed('name', 'table_rk')} THEN {_anew('OLD.table_rk')} {_anew('NEW.table_rk')} END IF;",
    ("column_metadata", "DELETE"): _anew("OLD.table_rk"),
    ("column_description", "INSERT"): _with_table(
        "NEW", _more("its_table", "descriptions", "CONCAT_WS('\\n', descriptions, REPLACE(NEW.description, '_', ' '))")
    ),
    (
        "column_description",
        "UPDATE",
    ): f"IF {_changed('description', 'column_rk')} THEN {_with_table('OLD', _anew('its_table'))} {_with_table('NEW', _anew('its_table'))} END IF;",
    ("column_description", "DELETE"): _with_table("OLD", _anew("its_table")),
}
"""What happens to `table_column_words`, by table and event."""


def _columns(connection: Connection) -> set[str]:
    statement = text("SELECT table_name FROM information_schema.columns WHERE table_schema = DATABASE() AND column_name = :words")
    return {str(row[0]) for row in connection.execute(statement, {"words": WORDS})}


def _trigger_bodies(connection: Connection) -> dict[str, str]:
    """Give the bodies of the triggers that run as the user that asks; others may not be able to run any more."""
    statement = text("SELECT trigger_name, action_statement FROM information_schema.triggers WHERE trigger_schema = DATABASE() AND definer = CURRENT_USER()")
    return {str(row[0]): str(row[1]) for row in connection.execute(statement)}


def _statements(connection: Connection) -> Iterator[str]:
    present = _columns(connection)
    for table, source in INDEXED.items():
        if table not in present:
            column = f"{WORDS} MEDIUMTEXT {_TEXT} GENERATED ALWAYS AS (REPLACE({source}, '_', ' ')) STORED INVISIBLE"
            yield f"ALTER TABLE {table} ADD COLUMN {column}, ADD FULLTEXT INDEX {WORDS} ({WORDS})"
    bodies = _trigger_bodies(connection)
    for (table, event), body in TRIGGERS.items():
        name, whole = f"words_of_{table}_{event.lower()}", f"BEGIN {body} END"
        if bodies.get(name) != whole:
            yield f"DROP TRIGGER IF EXISTS {name}"
            yield f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {whole}"


def add(connection: Connection) -> int:
    """Add what is missing, and give the number of changes.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database does not answer, or refuses.
    """
    # Indexes made without it have every word, whatever the server's setting is.
    connection.exec_driver_sql("SET SESSION innodb_ft_enable_stopword = OFF")
    connection.exec_driver_sql(_COLUMN_WORDS)
    statements = list(_statements(connection))
    for statement in statements:
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql(_UNLIMITED)
    missing = int(connection.exec_driver_sql(_MISSING).rowcount)
    connection.exec_driver_sql("COMMIT")
    return len(statements) + missing
