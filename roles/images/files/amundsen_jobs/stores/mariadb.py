# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MariaDB, by amundsen-rds' tables."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from typing import Any

from amundsen_rds.models.badge import Badge
from amundsen_rds.models.column import ColumnDescription, TableColumn
from amundsen_rds.models.dashboard import Dashboard, DashboardDescription
from amundsen_rds.models.schema import Schema
from amundsen_rds.models.table import Table, TableDescription
from amundsen_rds.models.tag import Tag
from amundsen_rds.models.user import User
from amundsen_services.database import database_uri, describe, is_unstorable, make_engine, problem
from databuilder.loader.file_system_mysql_csv_loader import FSMySQLCSVLoader
from databuilder.publisher.mysql_csv_publisher import MySQLCSVPublisher
from sqlalchemy import Boolean, Integer, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from amundsen_jobs.format import Resource, Rows
from amundsen_jobs.stores import StoreError

_MODELS = {"table": Table, "dashboard": Dashboard, "user": User, "schema": Schema, "tag": Tag, "badge": Badge}
# What people edit in the frontend; the metadata service takes a record's tag away when they do.
_EDITABLE = (TableDescription, ColumnDescription, DashboardDescription)
_MANY = 500


class KeepingPublisher(MySQLCSVPublisher):  # type: ignore[misc]
    """databuilder's publisher in one transaction: all or nothing. Upstream's commits as it goes.

    It keeps descriptions that people edited, and takes texts as they are: upstream's reads `0815` as a number.
    """

    def publish_impl(self) -> None:
        """Publish all records, or none."""
        try:
            with Session(self._engine, autoflush=False) as session, session.begin():
                self._publish_all(session)
        except SQLAlchemyError as error:
            raise StoreError(f"{_words(error)}; nothing was loaded") from None

    def _publish_all(self, session: Session) -> None:
        edited = {key for model in _EDITABLE for key in session.scalars(select(model.rk).where(model.published_tag.is_(None)))}
        files = defaultdict(list)
        for file in self._sorted_record_files:
            files[self._get_table_name_from_file(file)].append(Path(file))
        for table, parts in files.items():
            model = self._get_model_from_table_name(table)
            records = _records(model, parts)
            # A manager is a user too, and has to be there first.
            managers = {key: values.pop("manager_rk") for key, values in records.items() if values.get("manager_rk")}
            for values in records.values():
                if values.get("rk") not in edited:
                    session.merge(self._create_record(model, values))
            session.flush()  # in this order: not every foreign key is a relationship that the ORM knows
            for (key,), manager in managers.items():
                session.get(model, key).manager_rk = manager


def _records(model: type[Any], files: list[Path]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Read the records of one kind, each of them once, with the columns' types."""
    columns = model.__table__.columns
    keys = [column.name for column in model.__table__.primary_key]
    records: dict[tuple[Any, ...], dict[str, Any]] = defaultdict(dict)
    for file in files:
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                records[tuple(row[key] for key in keys)].update({name: _typed(columns[name].type, value) for name, value in row.items()})
    room = TableColumn.type.type.length
    for values in records.values() if model is TableColumn else ():
        # An enum's type names all its values.
        if len(values["type"]) > room:
            values["type"] = values["type"][: room - 3] + "..."
    return records


def _typed(kind: Any, value: str) -> Any:
    if isinstance(kind, Boolean):
        return value == "True"
    if isinstance(kind, Integer):
        return int(value) if value else None
    return value


class MariaDb:
    """The store of a catalog on MariaDB."""

    name = "mariadb"

    def __init__(self) -> None:
        self._uri = database_uri()
        self._engine = make_engine()

    def check(self) -> None:
        """Raise StoreError unless the server answers, and lets us in."""
        why = problem(self._engine)
        if why:
            raise StoreError(why)

    def loader(self) -> FSMySQLCSVLoader:
        """Give databuilder's loader for this store."""
        return FSMySQLCSVLoader()

    def publisher(self) -> KeepingPublisher:
        """Give the publisher, which keeps what people edited."""
        return KeepingPublisher()

    def settings(self, folder: Path, tag: str) -> dict[str, Any]:
        """Give the settings of both, with the store's address and password among them."""
        records = str(folder / "records")
        return {
            "loader.mysql_filesystem_csv.record_dir_path": records,
            "publisher.mysql.record_files_directory": records,
            "publisher.mysql.conn_string": self._uri,
            "publisher.mysql.job_publish_tag": tag,
        }

    def present(self, resources: set[Resource]) -> set[Resource]:
        """Give those that are in the catalog."""
        keys = defaultdict(list)
        for kind, key in sorted(resources):
            if _fits(key):
                keys[kind].append(key)
        with Session(self._engine) as session:
            return {
                (kind, found)
                for kind, wanted in keys.items()
                for start in range(0, len(wanted), _MANY)
                for found in session.scalars(select(_MODELS[kind].rk).where(_MODELS[kind].rk.in_(wanted[start : start + _MANY])))
            }

    def rows(self) -> Rows:
        """Read the whole catalog, in one transaction."""
        with self._engine.connect() as connection, connection.begin():
            return {name: [dict(row) for row in connection.execute(text(sql)).mappings()] for name, sql in _SELECTS.items()}

    def describe(self, error: Exception) -> str | None:
        """Say in words what the server's error means, or None if it is none of its."""
        return _words(error) if isinstance(error, SQLAlchemyError) else None


def _fits(key: str) -> bool:
    """Tell whether a key has only characters that amundsen-rds' keys can have (latin1, as MariaDB means it)."""
    try:
        key.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _words(error: SQLAlchemyError) -> str:
    """Say what is wrong; of a text that does not fit, which column it is for, in the server's words, which hold no value."""
    if is_unstorable(error) and isinstance(error, DBAPIError):
        return f"the database cannot hold a text ({error.orig.args[1]}): shorten it, or use characters that it can hold"
    return describe(error)


_TABLE_PARTS = "d.name AS {database}, c.name AS cluster, s.name AS `schema`, t.name AS {name}"
_TABLE_FROM = (
    "table_metadata t JOIN schema_metadata s ON s.rk = t.schema_rk JOIN cluster_metadata c ON c.rk = s.cluster_rk "
    "JOIN database_metadata d ON d.rk = c.database_rk"
)
# The id is what the key ends with; the group's is what its key ends with.
_DASHBOARD_PARTS = (
    "SUBSTRING_INDEX(k.rk, '_dashboard://', 1) AS product, k.name AS cluster, SUBSTR(g.rk, CHAR_LENGTH(k.rk) + 2) AS dashboard_group_id, "
    "SUBSTR(b.rk, CHAR_LENGTH(g.rk) + 2) AS dashboard_id"
)
_DASHBOARD_FROM = "dashboard b JOIN dashboard_group g ON g.rk = b.dashboard_group_rk JOIN dashboard_cluster k ON k.rk = g.cluster_rk"


def _of_table(values: str, join: str = "", database: str = "`database`", name: str = "table_name") -> str:
    return f"SELECT {_TABLE_PARTS.format(database=database, name=name)}, {values} FROM {_TABLE_FROM} {join}"  # noqa: S608


def _of_dashboard(values: str, join: str = "") -> str:
    return f"SELECT {_DASHBOARD_PARTS}, {values} FROM {_DASHBOARD_FROM} {join}"  # noqa: S608


def _joined(key: str, table: str, owner: str) -> str:
    """Give a list in one field."""
    return f"(SELECT GROUP_CONCAT(x.{key} ORDER BY x.{key}) FROM {table} x WHERE x.{owner})"  # noqa: S608


_SELECTS = {
    "user": "SELECT rk AS email, first_name, last_name, full_name, github_username, team_name, employee_type, "
    "manager_rk AS manager_email, slack_id, role_name, IF(is_active = 0, 'false', 'true') AS is_active, profile_url FROM users",
    "tags": "SELECT rk AS name, tag_type FROM tag",
    "table": _of_table(
        f"x.description, IF(t.is_view, 'true', 'false') AS is_view, {_joined('tag_rk', 'table_tag', 'table_rk = t.rk')} AS tags",
        "LEFT JOIN table_description x ON x.table_rk = t.rk",
        name="name",
    ),
    "col": _of_table(
        f"l.name, l.type AS col_type, l.sort_order, x.description, {_joined('badge_rk', 'column_badge', 'column_rk = l.rk')} AS badges",
        "JOIN column_metadata l ON l.table_rk = t.rk LEFT JOIN column_description x ON x.column_rk = l.rk",
    ),
    "schema_description": "SELECT s.rk AS schema_key, s.name AS `schema`, x.description FROM schema_metadata s JOIN schema_description x ON x.schema_rk = s.rk",
    "badges": _of_table("b.rk AS name, b.category", "JOIN table_badge x ON x.table_rk = t.rk JOIN badge b ON b.rk = x.badge_rk")  # noqa: S608
    + " UNION ALL SELECT '', '', '', '', b.rk, b.category FROM badge b WHERE b.rk NOT IN (SELECT badge_rk FROM table_badge)",
    "table_programmatic_source": _of_table("x.description, x.description_source", "JOIN table_programmatic_description x ON x.table_rk = t.rk", name="name"),
    "table_last_updated": _of_table("x.last_updated_timestamp AS last_updated_time_epoch", "JOIN table_timestamp x ON x.table_rk = t.rk", "db"),
    "table_column_stats": _of_table(
        "l.name AS col_name, x.stat_type AS stat_name, x.stat_val, x.start_epoch, x.end_epoch",
        "JOIN column_metadata l ON l.table_rk = t.rk JOIN column_stat x ON x.column_rk = l.rk",
        "db",
    ),
    "watermark": _of_table(
        "x.create_time, CONCAT(x.partition_key, '=', x.partition_value) AS part_name, SUBSTRING_INDEX(SUBSTRING_INDEX(x.rk, '/', -2), '/', 1) AS part_type",
        "JOIN table_watermark x ON x.table_rk = t.rk",
    ),
    "source": _of_table("x.source, x.source_type", "JOIN table_source x ON x.table_rk = t.rk", "db_name"),
    "application": _of_table(
        "a.application_url AS application_url_template, a.name AS application_type, a.id AS application_id, a.description",
        "JOIN application_table x ON x.rk = t.rk JOIN application a ON a.rk = x.application_rk",
        "db_name",
    ),
    "table_owner": _of_table("x.user_rk AS owners", "JOIN table_owner x ON x.table_rk = t.rk", "db_name"),
    "column_usage": _of_table("x.user_rk AS user_email, x.read_count", "JOIN table_usage x ON x.table_rk = t.rk", name="`table`"),
    "table_lineage": "SELECT table_source_rk AS source_table_key, table_target_rk AS target_table_key FROM table_lineage",
    "column_lineage": "SELECT column_source_rk AS source_column_key, column_target_rk AS target_column_key FROM column_lineage",
    "dashboard_base": _of_dashboard(
        "g.name AS dashboard_group, gx.description AS dashboard_group_description, g.dashboard_group_url, b.name AS dashboard_name, x.description, "
        f"b.created_timestamp, b.dashboard_url, {_joined('tag_rk', 'dashboard_tag', 'dashboard_rk = b.rk')} AS tags, "
        f"{_joined('badge_rk', 'dashboard_badge', 'dashboard_rk = b.rk')} AS badges",
        "LEFT JOIN dashboard_description x ON x.dashboard_rk = b.rk LEFT JOIN dashboard_group_description gx ON gx.dashboard_group_rk = g.rk",
    ),
    "dashboard_last_modified": _of_dashboard("x.timestamp AS last_modified_timestamp", "JOIN dashboard_timestamp x ON x.dashboard_rk = b.rk"),
    "dashboard_last_execution": _of_dashboard(
        "x.timestamp AS execution_timestamp, x.state AS execution_state, SUBSTRING_INDEX(x.rk, '/', -1) AS execution_id",
        "JOIN dashboard_execution x ON x.dashboard_rk = b.rk",
    ),
    "dashboard_query": _of_dashboard("x.name AS query_name, x.id AS query_id, x.url, x.query_text", "JOIN dashboard_query x ON x.dashboard_rk = b.rk"),
    "dashboard_chart": _of_dashboard(
        "x.id AS query_id, y.id AS chart_id, y.name AS chart_name, y.type AS chart_type, y.url AS chart_url",
        "JOIN dashboard_query x ON x.dashboard_rk = b.rk JOIN dashboard_chart y ON y.query_rk = x.rk",
    ),
    "dashboard_table": _of_dashboard("x.table_rk AS table_ids", "JOIN dashboard_table x ON x.dashboard_rk = b.rk"),
    "dashboard_owner": _of_dashboard("x.user_rk AS email", "JOIN dashboard_owner x ON x.dashboard_rk = b.rk"),
    "dashboard_usage": _of_dashboard("x.user_rk AS email, x.read_count AS view_count", "JOIN dashboard_usage x ON x.dashboard_rk = b.rk"),
    "bookmark": "SELECT user_rk AS user_email, 'table' AS resource, table_rk AS `key` FROM table_follower "
    "UNION ALL SELECT user_rk, 'dashboard', dashboard_rk FROM dashboard_follower",
}
