# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""catalog.yml, a web shop's catalog, as rows of the CSV format."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from amundsen_jobs.format import FILES, Row, Rows

DOMAIN = "example.com"
ME = "me"


def rows(me: str, now: int) -> Rows:
    """Give the sample catalog.

    Args:
        me: the address of the user `me`; empty to leave it out.
        now: when the tables and the dashboard were last updated, in seconds since 1970.
    """
    catalog = yaml.safe_load((Path(__file__).parent / "catalog.yml").read_text(encoding="utf-8"))
    found: Rows = defaultdict(list)
    for file, row in _Sample(catalog, me, str(now)).rows():
        found[file].append({column: row.get(column, "") for column in FILES[file].columns})
    return dict(found)


class _Sample:
    def __init__(self, catalog: dict[str, Any], me: str, now: str) -> None:
        self._catalog = catalog
        self._me = me
        self._now = now
        self._keys = {
            f"{schema['name']}.{table['name']}": f"{_schema_key(schema)}/{table['name']}" for schema in catalog["schemas"] for table in schema["tables"]
        }

    def rows(self) -> Iterator[tuple[str, Row]]:
        """Give each row with the name of its file."""
        for name, user in self._catalog["users"].items():
            for email in self._people([name]):
                manager = user.get("manager")
                values = {**user, "full_name": f"{user['first_name']} {user['last_name']}", "manager_email": self._address(manager) if manager else ""}
                yield "user", {"email": email, **values}
        for name, category in self._catalog["badges"].items():
            yield "badges", {"name": name, "category": category}
        for schema in self._catalog["schemas"]:
            yield "schema_description", {"schema_key": _schema_key(schema), "schema": schema["name"], "description": schema["description"]}
            for table in schema["tables"]:
                yield from self._table(schema, table)
        for dashboard in self._catalog["dashboards"]:
            yield from self._dashboard(dashboard)

    def _address(self, name: str) -> str:
        return self._me if name == ME else f"{name}@{DOMAIN}"

    def _people(self, names: list[str] | dict[str, int]) -> dict[str, str]:
        """Give the address of each, with its number; `me` only if it is named."""
        return {self._address(name): str(names[name]) if isinstance(names, dict) else "" for name in names if name != ME or self._me}

    def _table(self, schema: dict[str, Any], table: dict[str, Any]) -> Iterator[tuple[str, Row]]:
        place = {"cluster": schema["cluster"], "schema": schema["name"]}
        here = {"database": schema["database"], **place, "table_name": table["name"]}
        key = f"{_schema_key(schema)}/{table['name']}"
        view = "true" if table.get("view") else "false"
        yield "table", {**here, "name": table["name"], "description": table["description"], "tags": ",".join(table.get("tags", ())), "is_view": view}
        yield "table_last_updated", {**here, "db": schema["database"], "last_updated_time_epoch": self._now}
        for order, (name, kind, description, *badges) in enumerate(table["columns"]):
            named = ",".join(badges[0]) if badges else ""
            yield "col", {**here, "name": name, "col_type": kind, "sort_order": str(order), "description": description, "badges": named}
        for badge in table.get("badges", ()):
            yield "badges", {**here, "name": badge, "category": self._catalog["badges"][badge]}
        for owner in self._people(table["owners"]):
            yield "table_owner", {**here, "db_name": schema["database"], "owners": owner}
        for reader, count in self._people(table["readers"]).items():
            yield "column_usage", {**here, "table": table["name"], "user_email": reader, "read_count": count}
        for user in self._people(table.get("bookmarks", [])):
            yield "bookmark", {"user_email": user, "resource": "table", "key": key}
        for source in table.get("from", ()):
            yield "table_lineage", {"source_table_key": self._keys[source], "target_table_key": key}

    def _dashboard(self, dashboard: dict[str, Any]) -> Iterator[tuple[str, Row]]:
        place = {"product": dashboard["product"], "cluster": dashboard["cluster"]}
        here = {**place, "dashboard_group_id": dashboard["group"], "dashboard_id": dashboard["name"]}
        named = {"dashboard_group": dashboard["group"], "dashboard_name": dashboard["name"]}
        links = {"dashboard_group_url": dashboard["group_url"], "dashboard_url": dashboard["url"]}
        words = {"description": dashboard["description"], "tags": ",".join(dashboard["tags"]), "created_timestamp": self._now}
        yield "dashboard_base", {**here, **named, **links, **words}
        yield "dashboard_last_modified", {**here, "last_modified_timestamp": self._now}
        for execution in ("_last_execution", "_last_successful_execution"):
            yield "dashboard_last_execution", {**here, "execution_timestamp": self._now, "execution_state": "succeeded", "execution_id": execution}
        for number, query in enumerate(dashboard["queries"]):
            yield "dashboard_query", {**here, "query_id": str(number), "query_name": query["name"], "query_text": query["text"]}
            for index, chart in enumerate(query["charts"]):
                yield "dashboard_chart", {**here, "query_id": str(number), "chart_id": str(index), "chart_name": chart}
        for owner in self._people(dashboard["owners"]):
            yield "dashboard_owner", {**here, "email": owner}
        for reader, count in self._people(dashboard["readers"]).items():
            yield "dashboard_usage", {**here, "email": reader, "view_count": count}
        for table in dashboard["tables"]:
            yield "dashboard_table", {**here, "table_ids": self._keys[table]}


def _schema_key(schema: dict[str, Any]) -> str:
    return f"{schema['database']}://{schema['cluster']}.{schema['name']}"
