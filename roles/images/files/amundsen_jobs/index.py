# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search index, where search is a second copy of the catalog: its documents out of the catalog's rows, and its building.

Each kind has two indices, as Amundsen's frontends ask for them: `{kind}_search_index` (v1) and `{kind}_search_index_v2_1` (v2).
"""

from __future__ import annotations

import os
import re
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from amundsen_common.models.index_map import DASHBOARD_ELASTICSEARCH_INDEX_MAPPING, TABLE_INDEX_MAP, USER_INDEX_MAP
from amundsen_services.stores import elasticsearch, read_store
from databuilder.task.search.document_mappings import RESOURCE_TO_MAPPING
from elasticsearch import Elasticsearch
from elasticsearch.exceptions import NotFoundError
from elasticsearch.helpers import BulkIndexError, bulk
from elasticsearch_dsl.index import Index

from amundsen_jobs.format import Row, Rows, dashboard_key, table_key, texts
from amundsen_jobs.stores import StoreError

STORE_FILE = "AMUNDSEN_SEARCH_STORE_FILE"
Document = dict[str, Any]
KINDS = ("table", "dashboard", "user")

_NAME = re.compile(rf"(?:{'|'.join(KINDS)})_v[12]_(?P<made>\d+)_[0-9a-f]+")
_LEFT_ALONE = 86400
"""Seconds for which an index without an alias may be one that is being built."""

_V1_MAPPINGS = {"table": TABLE_INDEX_MAP, "dashboard": DASHBOARD_ELASTICSEARCH_INDEX_MAPPING, "user": USER_INDEX_MAP}


@dataclass
class _Found:
    """What other files say of a resource."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def values(self, file: str, column: str) -> list[str]:
        """Give one column of a file."""
        return [row[column] for row in self.rows[file]]

    def total(self, file: str, column: str) -> int:
        """Add up one column of a file."""
        return sum(map(int, self.values(file, column)))

    def first(self, file: str, column: str) -> str:
        """Give the first of a column, "" where there is none."""
        return next(iter(self.values(file, column)), "")


def documents(rows: Rows) -> dict[str, list[Document]]:
    """Give the documents of each kind, with all that either API asks of them."""
    tables: dict[str, _Found] = defaultdict(_Found)
    for file, name in (("col", "table_name"), ("badges", "table_name"), ("table_programmatic_source", "name"), ("column_usage", "table")):
        for row in rows.get(file, ()):
            tables[table_key(row, name=name)].rows[file].append(row)
    for row in rows.get("table_last_updated", ()):
        tables[table_key(row, "db")].rows["table_last_updated"].append(row)
    dashboards: dict[str, _Found] = defaultdict(_Found)
    for file in ("dashboard_query", "dashboard_chart", "dashboard_usage", "dashboard_last_execution"):
        for row in rows.get(file, ()):
            dashboards[dashboard_key(row)].rows[file].append(row)
    schemas = {row["schema_key"]: row["description"] for row in rows.get("schema_description", ())}
    return {
        "table": [_table(row, tables[table_key(row, name="name")], schemas) for row in rows.get("table", ())],
        "dashboard": [_dashboard(row, dashboards[dashboard_key(row)]) for row in rows.get("dashboard_base", ())],
        "user": list(_users(rows)),
    }


def _table(row: Row, found: _Found, schemas: dict[str, str]) -> Document:
    key = table_key(row, name="name")
    updated = found.first("table_last_updated", "last_updated_time_epoch")
    return {
        **{part: row[part] for part in ("database", "cluster", "schema", "name", "description")},
        "key": key,
        "display_name": f"{row['schema']}.{row['name']}",
        "tags": texts(row["tags"]),
        "badges": found.values("badges", "name"),
        "column_names": found.values("col", "name"),
        "column_descriptions": [text for text in found.values("col", "description") if text],
        "programmatic_descriptions": found.values("table_programmatic_source", "description"),
        "schema_description": schemas.get(key.rpartition("/")[0], ""),
        "last_updated_timestamp": int(updated) if updated else None,
        "total_usage": found.total("column_usage", "read_count"),
        "unique_usage": len(found.values("column_usage", "user_email")),
    }


def _dashboard(row: Row, found: _Found) -> Document:
    ran = {each["execution_id"]: int(each["execution_timestamp"]) for each in found.rows["dashboard_last_execution"]}
    return {
        **{part: row[part] for part in ("product", "cluster", "description")},
        "key": dashboard_key(row),
        "uri": dashboard_key(row),
        "url": row["dashboard_url"],
        "name": row["dashboard_name"],
        "group_name": row["dashboard_group"],
        "group_url": row["dashboard_group_url"],
        "group_description": row["dashboard_group_description"],
        "tags": texts(row["tags"]),
        "badges": texts(row["badges"]),
        "query_names": found.values("dashboard_query", "query_name"),
        "chart_names": [name for name in found.values("dashboard_chart", "chart_name") if name],
        "last_successful_run_timestamp": ran.get("_last_successful_execution"),
        "total_usage": found.total("dashboard_usage", "view_count"),
    }


def _users(rows: Rows) -> Iterator[Document]:
    totals: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(("total_read", "total_own", "total_follow"), 0))
    for file, user, total, count in (
        ("column_usage", "user_email", "total_read", "read_count"),
        ("dashboard_usage", "email", "total_read", "view_count"),
        ("table_owner", "owners", "total_own", ""),
        ("dashboard_owner", "email", "total_own", ""),
        ("bookmark", "user_email", "total_follow", ""),
    ):
        for row in rows.get(file, ()):
            totals[row[user]][total] += int(row[count]) if count else 1
    for row in rows.get("user", ()):
        if row["full_name"]:
            yield {**row, "key": row["email"], "name": row["full_name"], "is_active": row["is_active"] != "false", **totals[row["email"]]}


def v2(kind: str, document: Document) -> Document:
    """Give a document as v2 has it: what people filter by in lower case, as the search service asks, and usage in one field."""
    lower = {"table": ("database", "schema", "name"), "dashboard": ("group_name", "name"), "user": ()}[kind]
    made = {
        name: value for name, value in document.items() if name not in ("column_names", "email", "full_name") and not name.startswith(("total_", "unique_"))
    }
    made |= {name: document[name].lower() for name in lower}
    made |= {name: [each.lower() for each in document[name]] for name in ("tags", "badges") if name in document}
    if kind == "table":
        made["columns"] = [name.lower() for name in document["column_names"]]
    # A rank feature is more than nothing.
    made["usage"] = {name: value for name, value in document.items() if name.startswith(("total_", "unique_")) and value}
    return made


class SearchIndex:
    """The indices on Elasticsearch or OpenSearch."""

    def __init__(self, client: Elasticsearch) -> None:
        self._client = client

    def rebuild(self, rows: Rows) -> dict[str, int]:
        """Build all indices beside the old ones, then put them in their place at once; give the number of documents of each kind.

        Raises:
            StoreError: the server does not do it; the old indices are as they were.
        """
        found = documents(rows)
        new: dict[str, str] = {}
        try:
            self._sweep()
            for kind, lines in found.items():
                new[f"{kind}_search_index"] = self._build(kind, "v1", _V1_MAPPINGS[kind], lines)
                new[f"{kind}_search_index_v2_1"] = self._build(kind, "v2", _v2_mapping(kind), [v2(kind, line) for line in lines])
            self._swap(new)
        except Exception as error:
            for index in new.values():
                self._client.indices.delete(index=index, ignore=[404])
            raise StoreError(f"{_words(error)}; the old search index is as it was") from error
        return {kind: len(lines) for kind, lines in found.items()}

    def _build(self, kind: str, form: str, mapping: Document, lines: list[Document]) -> str:
        """Make an index, and fill it. Upstream's task takes a document that was refused for one that is there."""
        index = f"{kind}_{form}_{int(time.time())}_{uuid.uuid4().hex}"
        self._client.indices.create(index=index, body=mapping)
        try:
            bulk(self._client, ({"_index": index, "_id": line["key"], "_source": {**line, "resource_type": kind}} for line in lines), refresh=True)
        except Exception:
            self._client.indices.delete(index=index, ignore=[404])
            raise
        return index

    def _sweep(self) -> None:
        """Remove what a rebuild left that was ended by force."""
        for index, found in self._client.indices.get_alias(index="*_v1_*,*_v2_*").items():
            name = _NAME.fullmatch(index)
            if name and not found["aliases"] and int(name["made"]) < time.time() - _LEFT_ALONE:
                self._client.indices.delete(index=index, ignore=[404])

    def _swap(self, new: dict[str, str]) -> None:
        actions = []
        for alias, index in new.items():
            try:
                old = list(self._client.indices.get_alias(name=alias))
            except NotFoundError:
                # An index may have the alias' own name, made by a write before there was an alias.
                old = [alias] if self._client.indices.exists(index=alias) else []
            actions += [{"remove_index": {"index": name}} for name in old]
            actions.append({"add": {"index": index, "alias": alias}})
        self._client.indices.update_aliases(body={"actions": actions})


def _v2_mapping(kind: str) -> Document:
    index = Index(name=kind)
    index.document(RESOURCE_TO_MAPPING[kind])
    index.settings(max_shingle_diff=10)
    made: Document = index.to_dict()
    return made


def _words(error: Exception) -> str:
    fault = elasticsearch.fault(error)
    if isinstance(error, BulkIndexError):
        reasons = [each["index"]["error"]["reason"] for each in error.errors]
        return f"Elasticsearch refuses {len(reasons)} documents (the first: {reasons[0]})"
    return str(fault.description) if fault else f"Elasticsearch answers with an error ({type(error).__name__})"


def open_index() -> SearchIndex | None:
    """Open the search index that AMUNDSEN_SEARCH_STORE_FILE names; None where search reads the catalog's own tables.

    Raises:
        SettingError: the file is not what it should be.
    """
    if not os.environ.get(STORE_FILE):
        return None
    return SearchIndex(elasticsearch.connect(read_store("http", "https", variable=STORE_FILE)))
