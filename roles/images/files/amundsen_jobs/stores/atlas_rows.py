# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalog's rows out of Atlas' entities. Asks no server."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

from amundsen_jobs.format import TABLE_KEY, Row, Rows

Entity = dict[str, Any]

_NATIVE = re.compile(r"(?P<schema>.*?)\.(?P<name>.*)@(?P<cluster>.*?)")
"""The name that Atlas' hooks for Hive and others give a table."""
_PERSON = ("first_name", "last_name", "full_name", "github_username", "team_name", "employee_type", "manager_email", "slack_id", "role_name", "profile_url")


def rows(read: Callable[[str], tuple[list[Entity], dict[str, Entity]]], badges: dict[str, str], tags: dict[str, str]) -> Rows:
    """Give the catalog's rows.

    Args:
        read: gives all entities of a type, with their relations, and what belongs to them by id.
        badges: all classifications, with their categories.
        tags: all terms.
    """
    return _Catalog(read, badges, tags).rows()


class _Catalog:
    def __init__(self, read: Callable[[str], tuple[list[Entity], dict[str, Entity]]], badges: dict[str, str], tags: dict[str, str]) -> None:
        self._badges, self._tags = badges, tags
        self._parts: dict[str, Entity] = {}
        self._all: dict[str, list[Entity]] = {}
        for kind in ("Table", "Dashboard", "DashboardGroup", "User", "Reader", "Schema", "Source", "Application", "Process", "Bookmark"):
            self._all[kind], parts = read(kind)
            self._parts |= parts | {entity["guid"]: entity for entity in self._all[kind]}
        self._tables = {entity["guid"]: place for entity in self._all["Table"] if (place := _place(entity))}
        self._dashboards = {entity["guid"]: self._dashboard_parts(entity) for entity in self._all["Dashboard"]}

    def rows(self) -> Rows:
        found: Rows = defaultdict(list)
        for file, row in self._rows():
            found[file].append({name: _text(value) for name, value in row.items()})
        return dict(found)

    def _rows(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for user in self._all["User"]:
            values = user["attributes"]
            inactive = str(values.get("is_active")).lower() == "false"
            yield "user", {"email": values["qualifiedName"], "is_active": not inactive, **{name: values.get(name) for name in _PERSON}}
        for tag in self._tags:
            yield "tags", {"name": tag, "tag_type": "default"}
        for schema in self._all["Schema"]:
            if schema["attributes"].get("description"):
                values = schema["attributes"]
                yield "schema_description", {"schema_key": values["qualifiedName"], "schema": values["name"], "description": values["description"]}
        borne: set[str] = set()
        for table in self._all["Table"]:
            if table["guid"] in self._tables:
                borne.update(_badges(table))
                yield from self._table(table, self._tables[table["guid"]])
        for badge in self._badges.keys() - borne:
            yield "badges", {"name": badge, "category": self._category(badge)}
        for dashboard in self._all["Dashboard"]:
            yield from self._dashboard(dashboard, self._dashboards[dashboard["guid"]])
        yield from self._relations()

    def _category(self, badge: str) -> str:
        return self._badges.get(badge) or "default"

    def _others(self, entity: Entity, relation: str) -> list[Entity]:
        """Give the entities at the other end of a relation."""
        ends = entity["relationshipAttributes"].get(relation) or []
        ends = [ends] if isinstance(ends, dict) else ends
        there = [end for end in ends if end.get("relationshipStatus") == end.get("entityStatus") == "ACTIVE"]
        return [self._parts[end["guid"]] for end in there if end["guid"] in self._parts]

    def _table(self, table: Entity, place: Row) -> Iterator[tuple[str, dict[str, Any]]]:
        values = table["attributes"]
        here = {"cluster": place["cluster"], "schema": place["schema"], "table_name": place["name"]}
        view = "view" in (values.get("tableType") or "").lower()
        yield "table", {**place, "description": values.get("description") or values.get("comment"), "is_view": view, "tags": _tags(table)}
        columns = self._others(table, "columns")
        for number, column in enumerate(sorted(columns, key=lambda each: (each["attributes"].get("position") or 0, each["attributes"]["name"]))):
            of = column["attributes"]
            yield (
                "col",
                {
                    **{"database": place["database"], **here, "name": of["name"], "col_type": of.get("type") or of.get("dataType") or "unknown"},
                    "sort_order": number if of.get("position") is None else of["position"],
                    "description": of.get("description") or of.get("comment"),
                    "badges": ",".join(sorted(_badges(column))),
                },
            )
        for badge in _badges(table):
            yield "badges", {"name": badge, "category": self._category(badge), "database": place["database"], **here}
        for owner in self._others(table, "ownedBy"):
            yield "table_owner", {"db_name": place["database"], **here, "owners": _key(owner)}
        for source in self._others(table, "source"):
            of = source["attributes"]
            yield "source", {"db_name": place["database"], **here, "source": of["name"], "source_type": of.get("source_type")}
        for application in self._others(table, "applications"):
            of = application["attributes"]
            named = {"application_type": of["name"], "application_id": of.get("id"), "description": of.get("description")}
            yield "application", {"db_name": place["database"], **here, "application_url_template": of.get("application_url"), **named}

    def _dashboard_parts(self, dashboard: Entity) -> Row:
        group = self._others(dashboard, "group")[0]
        product, _scheme, place = _key(group).partition("_dashboard://")
        group_id = group["attributes"]["id"]
        return {
            "product": product,
            "cluster": place.removesuffix(f".{group_id}"),
            "dashboard_group_id": group_id,
            "dashboard_id": _key(dashboard).removeprefix(f"{_key(group)}/"),
        }

    def _dashboard(self, dashboard: Entity, here: Row) -> Iterator[tuple[str, dict[str, Any]]]:
        values = dashboard["attributes"]
        group = self._others(dashboard, "group")[0]["attributes"]
        yield (
            "dashboard_base",
            {
                **here,
                **{"dashboard_group": group["name"], "dashboard_group_description": group.get("description"), "dashboard_group_url": group.get("url")},
                **{"dashboard_name": values["name"], "description": values.get("description"), "dashboard_url": values.get("url")},
                **{"created_timestamp": values.get("createdTimestamp") or "", "tags": _tags(dashboard), "badges": ",".join(sorted(_badges(dashboard)))},
            },
        )
        if values.get("lastModifiedTimestamp"):
            yield "dashboard_last_modified", {**here, "last_modified_timestamp": values["lastModifiedTimestamp"]}
        for execution in self._others(dashboard, "executions"):
            of = execution["attributes"]
            name = of["qualifiedName"].rpartition("/")[2]
            yield "dashboard_last_execution", {**here, "execution_timestamp": of["timestamp"], "execution_state": of["state"], "execution_id": name}
        for query in self._others(dashboard, "queries"):
            of = query["attributes"]
            name = of["qualifiedName"].removeprefix(f"{_key(dashboard)}/query/")
            yield "dashboard_query", {**here, "query_id": name, "query_name": of["name"], "url": of.get("url"), "query_text": of.get("queryText")}
            for chart in self._others(query, "charts"):
                of = chart["attributes"]
                drawn = {"chart_name": of["name"], "chart_type": of.get("type"), "chart_url": of.get("url")}
                yield "dashboard_chart", {**here, "query_id": name, "chart_id": of["qualifiedName"].removeprefix(f"{_key(query)}/chart/"), **drawn}
        for table in self._others(dashboard, "tables"):
            if table["guid"] in self._tables:
                yield "dashboard_table", {**here, "table_ids": self._name(table["guid"])}
        for owner in self._others(dashboard, "ownedBy"):
            yield "dashboard_owner", {**here, "email": _key(owner)}

    def _relations(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for reader in self._all["Reader"]:
            for user in self._others(reader, "user"):
                for read in self._others(reader, "entity"):
                    count = reader["attributes"]["count"]
                    if read["guid"] in self._tables:
                        place = self._tables[read["guid"]]
                        where = {"database": place["database"], "cluster": place["cluster"], "schema": place["schema"], "table": place["name"]}
                        yield "column_usage", {**where, "user_email": _key(user), "read_count": count}
                    elif read["guid"] in self._dashboards:
                        yield "dashboard_usage", {**self._dashboards[read["guid"]], "email": _key(user), "view_count": count}
        columns = {each["guid"]: f"{self._name(table['guid'])}/{each['attributes']['name']}" for table in self._all["Table"]
                   if table["guid"] in self._tables for each in self._others(table, "columns")}  # fmt: skip
        tables = {guid: self._name(guid) for guid in self._tables}
        lines = set()
        for process in self._all["Process"]:
            ends = [[each["guid"] for each in self._others(process, way)] for way in ("inputs", "outputs")]
            for kind, keys in (("table", tables), ("column", columns)):
                lines |= {(kind, keys[source], keys[target]) for source in ends[0] for target in ends[1] if source in keys and target in keys}
        for kind, source, target in lines:
            yield f"{kind}_lineage", {f"source_{kind}_key": source, f"target_{kind}_key": target}
        for bookmark in self._all["Bookmark"]:
            if bookmark["attributes"].get("active"):
                for user in self._others(bookmark, "user"):
                    key = bookmark["attributes"]["entityUri"]
                    yield "bookmark", {"user_email": _key(user), "resource": "dashboard" if "_dashboard://" in key else "table", "key": key}

    def _name(self, guid: str) -> str:
        return "{database}://{cluster}.{schema}/{name}".format(**self._tables[guid])


def _key(entity: Entity) -> str:
    return str(entity["attributes"]["qualifiedName"])


def _place(table: Entity) -> Row | None:
    """Give the parts of a table's key; None for one that has no such name."""
    kind = table["typeName"]
    found = TABLE_KEY.fullmatch(_key(table)) if kind == "Table" else _NATIVE.fullmatch(_key(table))
    return {"database": kind, **found.groupdict()} if found else None


def _badges(entity: Entity) -> list[str]:
    """Give the classifications of its own: others come down from what it is part of."""
    return [each["typeName"] for each in entity.get("classifications") or () if each.get("entityGuid") == entity["guid"]]


def _tags(entity: Entity) -> str:
    terms = entity["relationshipAttributes"].get("meanings") or ()
    return ",".join(sorted(term["displayText"] for term in terms if term.get("relationshipStatus") == "ACTIVE"))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
