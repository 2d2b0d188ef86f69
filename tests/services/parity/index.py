# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a catalog in MariaDB into Elasticsearch: index.py DATABASE_URI ELASTICSEARCH_URL, in amundsen-databuilder's environment.

The extractor, the task, its mappings and its index names are databuilder's. What it lacks is a way from its extractor for MySQL,
which gives the fields of the old index, to the task for the new one, whose fields are those of its queries for Neo4j.
"""

from __future__ import annotations

import sys
from typing import Any

from databuilder.extractor.mysql_search_data_extractor import MySQLSearchDataExtractor
from databuilder.job.job import DefaultJob
from databuilder.task.search.search_metadata_to_elasticsearch_task import SearchMetadatatoElasticasearchTask
from databuilder.transformer.base_transformer import Transformer
from elasticsearch import Elasticsearch
from pyhocon import ConfigFactory

LOWER = ("database", "schema", "name", "group_name", "columns", "tags", "badges")
RENAMED = {"column_names": "columns", "uri": "key", "email": "key", "full_name": "name"}


def lower(value: Any) -> Any:
    return [each.lower() for each in value] if isinstance(value, list) else value.lower()


class NewIndex(Transformer):  # type: ignore[misc]  # untyped
    """Makes a record what databuilder's query of Neo4j gives: renamed, in lower case, the counts (no zeros) in `usage`."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def init(self, conf: Any) -> None:
        pass

    def transform(self, record: dict[str, Any]) -> dict[str, Any]:
        given = record if isinstance(record, dict) else vars(record)
        usage = {name: count for name, count in given.items() if name.startswith(("total_", "unique_")) and count}
        values = {name: value for name, value in given.items() if not name.startswith(("total_", "unique_"))}
        if self.kind == "user":
            values.pop("name", None)
            return {**{RENAMED.get(name, name): value for name, value in values.items()}, "usage": usage}
        made = {RENAMED.get(name, name): value for name, value in values.items()} | {"usage": usage}
        if self.kind == "dashboard":
            made["uri"] = made["key"]
        return {name: lower(value) if name in LOWER else value for name, value in made.items()}

    def get_scope(self) -> str:
        return "transformer.new_index"


def main(database: str, elasticsearch: str) -> None:
    client = Elasticsearch(elasticsearch)
    for kind in ("table", "dashboard", "user"):
        configuration = ConfigFactory.from_dict(
            {
                "extractor.mysql_search_data.entity_type": kind,
                "extractor.mysql_search_data.conn_string": database,
                "task.search_metadata_to_elasticsearch.doc_type": kind,
                "task.search_metadata_to_elasticsearch.client": client,
                "task.search_metadata_to_elasticsearch.alias": f"{kind}_search_index_v2_1",
            }
        )
        DefaultJob(configuration, SearchMetadatatoElasticasearchTask(MySQLSearchDataExtractor(), NewIndex(kind))).launch()
    client.indices.refresh("_all")


if __name__ == "__main__":
    main(*sys.argv[1:])
