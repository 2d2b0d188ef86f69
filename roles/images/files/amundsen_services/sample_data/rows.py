# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""catalog.yml as rows of amundsen-rds' models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from amundsen_rds.models.badge import Badge
from amundsen_rds.models.base import Base
from amundsen_rds.models.cluster import Cluster
from amundsen_rds.models.column import ColumnBadge, ColumnDescription, TableColumn
from amundsen_rds.models.dashboard import (
    Dashboard,
    DashboardChart,
    DashboardCluster,
    DashboardDescription,
    DashboardExecution,
    DashboardGroup,
    DashboardOwner,
    DashboardQuery,
    DashboardTable,
    DashboardTag,
    DashboardTimestamp,
    DashboardUsage,
)
from amundsen_rds.models.database import Database
from amundsen_rds.models.schema import Schema, SchemaDescription
from amundsen_rds.models.table import (
    Table,
    TableBadge,
    TableDescription,
    TableFollower,
    TableLineage,
    TableOwner,
    TableTag,
    TableTimestamp,
    TableUsage,
)
from amundsen_rds.models.tag import Tag
from amundsen_rds.models.user import User

DOMAIN = "example.com"
ME = "me"


@dataclass
class Entry:
    """A resource's own row, the rows that are part of it, and the rows that tie it to other entries."""

    row: Base
    parts: list[Base] = field(default_factory=list)
    ties: list[Base] = field(default_factory=list)


class Rows:
    """Makes the rows of the sample catalog.

    Args:
        catalog: what catalog.yml holds.
        me: the address of the user `me`; empty to leave it out.
        now: when the rows are published, in seconds since 1970.
    """

    def __init__(self, catalog: dict[str, Any], me: str, now: int) -> None:
        self._catalog = catalog
        self._me = me
        self._now = now
        self._published = {"published_tag": "sample-data", "publisher_last_updated_epoch_ms": now * 1000}
        self._table_keys = {
            f"{schema['name']}.{table['name']}": self._table_key(schema, table["name"]) for schema in catalog["schemas"] for table in schema["tables"]
        }

    def entries(self) -> Iterator[Entry]:
        """Give every resource, after those that it refers to."""
        yield from self._users()
        for name, category in self._catalog["badges"].items():
            yield Entry(self._row(Badge, rk=name, category=category))
        for name in sorted(self._tags()):
            yield Entry(self._row(Tag, rk=name, tag_type="default"))
        for schema in self._catalog["schemas"]:
            yield from self._schema(schema)
            for table in schema["tables"]:
                yield self._table(schema, table)
        for dashboard in self._catalog["dashboards"]:
            yield from self._dashboard(dashboard)

    def table_keys(self) -> list[str]:
        """List the keys of all tables."""
        return list(self._table_keys.values())

    def _row(self, model: type[Base], **values: Any) -> Base:
        return model(**values, **self._published)

    def _address(self, name: str) -> str:
        return self._me if name == ME else f"{name}@{DOMAIN}"

    def _people(self, names: list[str] | dict[str, int]) -> Iterator[tuple[str, int]]:
        """Give address and number of each; `me` only if it is named."""
        for name in names:
            if name != ME or self._me:
                yield self._address(name), names[name] if isinstance(names, dict) else 0

    def _users(self) -> Iterator[Entry]:
        for address, name in [(self._address(name), name) for name in self._catalog["users"]]:
            if not address:
                continue
            values = dict(self._catalog["users"][name])
            manager = values.pop("manager", None)
            full_name = f"{values['first_name']} {values['last_name']}"
            yield Entry(
                self._row(
                    User, rk=address, email=address, is_active=True, full_name=full_name, manager_rk=self._address(manager) if manager else None, **values
                )
            )

    def _tags(self) -> set[str]:
        tables = [table for schema in self._catalog["schemas"] for table in schema["tables"]]
        return {tag for owner in [*tables, *self._catalog["dashboards"]] for tag in owner.get("tags", ())}

    @staticmethod
    def _schema_key(schema: dict[str, Any]) -> str:
        return f"{schema['database']}://{schema['cluster']}.{schema['name']}"

    def _table_key(self, schema: dict[str, Any], name: str) -> str:
        return f"{self._schema_key(schema)}/{name}"

    def _schema(self, schema: dict[str, Any]) -> Iterator[Entry]:
        key = self._schema_key(schema)
        database = f"database://{schema['database']}"
        cluster = f"{schema['database']}://{schema['cluster']}"
        yield Entry(self._row(Database, rk=database, name=schema["database"]))
        yield Entry(self._row(Cluster, rk=cluster, name=schema["cluster"], database_rk=database))
        yield Entry(
            self._row(Schema, rk=key, name=schema["name"], cluster_rk=cluster),
            parts=[self._row(SchemaDescription, rk=f"{key}/_description", schema_rk=key, description_source="description", description=schema["description"])],
        )

    def _table(self, schema: dict[str, Any], table: dict[str, Any]) -> Entry:
        key = self._table_key(schema, table["name"])
        entry = Entry(self._row(Table, rk=key, name=table["name"], is_view=table.get("view", False), schema_rk=self._schema_key(schema)))
        entry.parts = [
            self._row(TableDescription, rk=f"{key}/_description", table_rk=key, description_source="description", description=table["description"]),
            self._row(
                TableTimestamp, rk=f"{key}/timestamp", table_rk=key, name="last_updated_timestamp", timestamp=self._now, last_updated_timestamp=self._now
            ),
            *(part for order, column in enumerate(table["columns"]) for part in self._column(key, order, *column)),
            *(self._row(TableTag, table_rk=key, tag_rk=tag) for tag in table.get("tags", ())),
            *(self._row(TableBadge, table_rk=key, badge_rk=badge) for badge in table.get("badges", ())),
        ]
        entry.ties = [
            *(self._row(TableOwner, table_rk=key, user_rk=user) for user, _row in self._people(table["owners"])),
            *(self._row(TableFollower, table_rk=key, user_rk=user) for user, _row in self._people(table.get("bookmarks", []))),
            *(self._row(TableUsage, table_rk=key, user_rk=user, read_count=count) for user, count in self._people(table["readers"])),
            *(self._row(TableLineage, table_source_rk=self._table_keys[source], table_target_rk=key) for source in table.get("from", ())),
        ]
        return entry

    def _column(self, table: str, order: int, name: str, kind: str, description: str, badges: tuple[str, ...] = ()) -> Iterator[Base]:
        key = f"{table}/{name}"
        yield self._row(TableColumn, rk=key, name=name, type=kind, sort_order=order, table_rk=table)
        yield self._row(ColumnDescription, rk=f"{key}/_description", column_rk=key, description_source="description", description=description)
        for badge in badges:
            yield self._row(ColumnBadge, column_rk=key, badge_rk=badge)

    def _dashboard(self, dashboard: dict[str, Any]) -> Iterator[Entry]:
        cluster = f"{dashboard['product']}_dashboard://{dashboard['cluster']}"
        group = f"{cluster}.{dashboard['group']}"
        key = f"{group}/{dashboard['name']}"
        yield Entry(self._row(DashboardCluster, rk=cluster, name=dashboard["cluster"]))
        yield Entry(self._row(DashboardGroup, rk=group, name=dashboard["group"], cluster_rk=cluster, dashboard_group_url=dashboard["group_url"]))
        entry = Entry(
            self._row(Dashboard, rk=key, name=dashboard["name"], dashboard_url=dashboard["url"], dashboard_group_rk=group, created_timestamp=self._now)
        )
        entry.parts = [
            self._row(DashboardDescription, rk=f"{key}/_description", dashboard_rk=key, description=dashboard["description"]),
            self._row(DashboardTimestamp, rk=f"{key}/_last_updated_timestamp", dashboard_rk=key, name="last_updated_timestamp", timestamp=self._now),
            *(
                self._row(DashboardExecution, rk=f"{key}/execution/{name}", dashboard_rk=key, timestamp=self._now, state="succeeded")
                for name in ("_last_execution", "_last_successful_execution")
            ),
            *(self._row(DashboardTag, dashboard_rk=key, tag_rk=tag) for tag in dashboard["tags"]),
            *(part for number, query in enumerate(dashboard["queries"]) for part in self._query(key, number, query)),
        ]
        entry.ties = [
            *(self._row(DashboardOwner, dashboard_rk=key, user_rk=user) for user, _row in self._people(dashboard["owners"])),
            *(self._row(DashboardUsage, dashboard_rk=key, user_rk=user, read_count=count) for user, count in self._people(dashboard["readers"])),
            *(self._row(DashboardTable, dashboard_rk=key, table_rk=self._table_keys[table]) for table in dashboard["tables"]),
        ]
        yield entry

    def _query(self, dashboard: str, number: int, query: dict[str, Any]) -> Iterator[Base]:
        key = f"{dashboard}/query/{number}"
        yield self._row(DashboardQuery, rk=key, id=str(number), name=query["name"], query_text=query["text"], dashboard_rk=dashboard)
        for index, chart in enumerate(query["charts"]):
            yield self._row(DashboardChart, rk=f"{key}/chart/{index}", id=str(index), name=chart, query_rk=key)
