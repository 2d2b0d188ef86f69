# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amundsen's Neo4j proxy with its faults mended; named by PROXY_CLIENT."""

from __future__ import annotations

from typing import Any

from amundsen_common.entity.resource_type import ResourceType
from amundsen_common.models.api.health_check import HealthCheck
from amundsen_common.models.dashboard import DashboardSummary
from amundsen_common.models.table import TableSummary
from amundsen_common.models.user import User
from beaker.cache import CacheManager
from flask import current_app
from metadata_service.proxy.neo4j_proxy import Neo4jProxy as UpstreamProxy

from amundsen_services.metadata.search_index import DescriptionsInSearch
from amundsen_services.stores import neo4j

_CACHE = CacheManager(type="memory")
_POPULAR_SECONDS = 60


def _key(table: TableSummary) -> str:
    return f"{table.database}://{table.cluster}.{table.schema}/{table.name}"


class Neo4jProxy(DescriptionsInSearch, UpstreamProxy):  # type: ignore[misc]  # untyped
    """Each method here replaces one of upstream's, and says what was wrong with it."""

    def __init__(self, **_: Any) -> None:
        """Give up on a server that is down after seconds; upstream's waits until gunicorn kills the worker."""
        self._driver = neo4j.connect(current_app.config["STORE"])
        self._database_name = None

    def health(self) -> HealthCheck:
        """Run a query; upstream's is `ok` with a wrong password too."""
        return neo4j.health(self._driver)

    @_CACHE.cache("popular", expire=_POPULAR_SECONDS)  # type: ignore[untyped-decorator]
    def _get_global_popular_resources_uris(self, num_entries: int, resource_type: ResourceType = ResourceType.Table) -> list[str]:
        """Keep the answer for a minute; upstream does for 11 hours, and a catalog that was empty looks so for long."""
        uris: list[str] = UpstreamProxy._get_global_popular_resources_uris.__wrapped__(self, num_entries, resource_type)
        return uris

    def _get_personal_popular_resources_uris(self, num_entries: int, user_id: str, resource_type: ResourceType = ResourceType.Table) -> list[str]:
        """Give what the user reads most, as on MariaDB; upstream keeps the answer for 11 hours."""
        query = (
            f"MATCH (:User {{key: $user}})<-[read:READ_BY]-(resource:{resource_type.name}) "
            "RETURN resource.key AS key ORDER BY read.read_count DESC, key LIMIT $most"
        )
        records = self._execute_cypher_query(statement=query, param_dict={"user": user_id, "most": num_entries})
        return [record["key"] for record in records]

    def get_popular_tables(self, *, num_entries: int, user_id: str | None = None) -> list[TableSummary]:
        """Put the most popular first; upstream's are in no order."""
        tables: list[TableSummary] = self.get_popular_resources(num_entries=num_entries, resource_types=["table"], user_id=user_id)["Table"]
        return tables

    def _get_popular_tables(self, *, resource_uris: list[str]) -> list[TableSummary]:
        """Put the most popular first; upstream's are in no order."""
        return sorted(super()._get_popular_tables(resource_uris=resource_uris), key=lambda table: resource_uris.index(_key(table)))

    def _get_popular_dashboards(self, *, resource_uris: list[str]) -> list[DashboardSummary]:
        """Put the most popular first; upstream's are in no order."""
        return sorted(super()._get_popular_dashboards(resource_uris=resource_uris), key=lambda dashboard: resource_uris.index(dashboard.uri))

    def _exec_owners_query(self, table_uri: str) -> list[User]:
        """Give owners their names; upstream's have an address alone."""
        query = "MATCH (:Table {key: $key})-[:OWNER]->(owner:User) RETURN DISTINCT owner ORDER BY owner.key"
        return [self._build_user_from_record(record["owner"]) for record in self._execute_cypher_query(statement=query, param_dict={"key": table_uri})]
