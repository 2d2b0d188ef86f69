# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Neo4j, as Amundsen's graph."""

from __future__ import annotations

import csv
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

import pandas
from amundsen_services.stores import Store as Place
from amundsen_services.stores import neo4j, read_store
from databuilder.loader.file_system_neo4j_csv_loader import FsNeo4jCSVLoader
from databuilder.models.graph_serializable import NODE_LABEL, RELATION_END_LABEL, RELATION_REVERSE_TYPE, RELATION_START_LABEL, RELATION_TYPE
from databuilder.publisher.neo4j_csv_unwind_publisher import Neo4jCsvUnwindPublisher
from databuilder.publisher.publisher_config_constants import PublisherConfigs
from neo4j import READ_ACCESS

from amundsen_jobs.format import Resource, Rows
from amundsen_jobs.stores import StoreError

# Of the driver, about what databuilder's publisher asks it.
warnings.filterwarnings("ignore", message="The configuration may change")

SCHEMES = ("bolt", "bolt+s", "neo4j", "neo4j+s")
_LABELS = {"table": "Table", "dashboard": "Dashboard", "user": "User", "schema": "Schema", "tag": "Tag", "badge": "Badge"}


class KeepingPublisher(Neo4jCsvUnwindPublisher):  # type: ignore[misc]
    """databuilder's publisher; it keeps descriptions that people edited, which have no tag of a job.

    It takes texts as they are: upstream's reads `0815` as a number.
    """

    def _publish_node_file(self, node_file: str) -> None:
        frame = _frame(node_file)
        self._write_transactions(self._create_node_merge_statement(frame.columns.tolist(), frame[NODE_LABEL][0]), frame.to_dict(orient="records"))

    def _publish_relation_file(self, relation_file: str) -> None:
        frame = _frame(relation_file)
        kinds = [frame[column][0] for column in (RELATION_START_LABEL, RELATION_END_LABEL, RELATION_TYPE, RELATION_REVERSE_TYPE)]
        self._write_transactions(self._create_relationship_merge_statement(frame.columns.tolist(), *kinds), frame.to_dict(orient="records"))


def _frame(file: str) -> pandas.DataFrame:
    """Read a file of the loader's, with only those columns as numbers that it wrote as such."""
    with Path(file).open(encoding="utf-8", newline="") as lines:
        header = next(csv.reader(lines))
    return pandas.read_csv(file, na_filter=False, dtype={name: str for name in header if not name.endswith(PublisherConfigs.UNQUOTED_SUFFIX)})


class Neo4j:
    """The store of a catalog on Neo4j."""

    name = "neo4j"

    def __init__(self) -> None:
        self._place: Place = read_store(*SCHEMES)
        self._driver = neo4j.connect(self._place)

    def check(self) -> None:
        """Raise StoreError unless the server answers, and lets us in."""
        why = neo4j.health(self._driver).checks["neo4j"].get("message")
        if why:
            raise StoreError(why)

    def loader(self) -> FsNeo4jCSVLoader:
        """Give databuilder's loader for this store."""
        return FsNeo4jCSVLoader()

    def publisher(self) -> KeepingPublisher:
        """Give the publisher, which keeps what people edited."""
        return KeepingPublisher()

    def settings(self, folder: Path, tag: str) -> dict[str, Any]:
        """Give the settings of both, with the store's address and password among them."""
        nodes, relations = str(folder / "nodes"), str(folder / "relations")
        settings = {
            "loader.filesystem_csv_neo4j.node_dir_path": nodes,
            "loader.filesystem_csv_neo4j.relationship_dir_path": relations,
            "publisher.neo4j.node_files_directory": nodes,
            "publisher.neo4j.relation_files_directory": relations,
            "publisher.neo4j.neo4j_endpoint": self._place.url,
            "publisher.neo4j.neo4j_user": self._place.user,
            "publisher.neo4j.neo4j_password": self._place.password,
            "publisher.neo4j.job_publish_tag": tag,
        }
        # The scheme says whether there is TLS; upstream asks for it all the same where it is not told.
        return settings if "+s" in self._place.url else {**settings, "publisher.neo4j.neo4j_encrypted": False}

    def present(self, resources: set[Resource]) -> set[Resource]:
        """Give those that are in the catalog."""
        keys = defaultdict(list)
        for kind, key in sorted(resources):
            keys[kind].append(key)
        found = set()
        with self._driver.session(default_access_mode=READ_ACCESS) as session:
            for kind, wanted in keys.items():
                answer = session.run(f"UNWIND $keys AS key MATCH (n:{_LABELS[kind]} {{key: key}}) RETURN n.key AS key", keys=wanted)
                found |= {(kind, record["key"]) for record in answer}
        return found

    def rows(self) -> Rows:
        """Read the whole catalog."""
        with self._driver.session(default_access_mode=READ_ACCESS) as session:
            return {name: [{column: _text(value) for column, value in record.items()} for record in session.run(cypher)] for name, cypher in _QUERIES.items()}

    def describe(self, error: Exception) -> str | None:
        """Say in words what the server's error means, or None if it is none of its."""
        fault = neo4j.fault(error)
        return f"{fault.description}; what was loaded before that stays, and running it again goes on" if fault else None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(sorted(value))
    return "" if value is None else str(value)


_TABLE = "MATCH (d:Database)<-[:CLUSTER_OF]-(c:Cluster)<-[:SCHEMA_OF]-(s:Schema)<-[:TABLE_OF]-(t:Table)"
_DASHBOARD = "MATCH (b:Dashboard)-[:DASHBOARD_OF]->(g:Dashboardgroup)-[:DASHBOARD_GROUP_OF]->(k:Cluster)"
# The id is what the key ends with; the group's is what its key ends with.
_DASHBOARD_PARTS = (
    "split(k.key, '_dashboard://')[0] AS product, k.name AS cluster, substring(g.key, size(k.key) + 1) AS dashboard_group_id, "
    "substring(b.key, size(g.key) + 1) AS dashboard_id"
)


def _of_table(values: str, match: str = "", database: str = "database", name: str = "table_name") -> str:
    return f"{_TABLE} {match} RETURN d.name AS {database}, c.name AS cluster, s.name AS schema, t.name AS {name}, {values}"


def _of_dashboard(values: str, match: str = "") -> str:
    return f"{_DASHBOARD} {match} RETURN {_DASHBOARD_PARTS}, {values}"


def _keys(node: str, relation: str, label: str) -> str:
    return f"[({node})-[:{relation}]->(each:{label}) | each.key]"


_QUERIES = {
    "user": "MATCH (u:User) OPTIONAL MATCH (u)-[:MANAGE_BY]->(m:User) RETURN u.key AS email, u.first_name AS first_name, u.last_name AS last_name, "
    "u.full_name AS full_name, u.github_username AS github_username, u.team_name AS team_name, u.employee_type AS employee_type, m.key AS manager_email, "
    "u.slack_id AS slack_id, u.role_name AS role_name, coalesce(u.is_active, true) AS is_active, u.profile_url AS profile_url",
    "tags": "MATCH (n:Tag) RETURN n.key AS name, n.tag_type AS tag_type",
    "table": _of_table(
        f"x.description AS description, t.is_view AS is_view, {_keys('t', 'TAGGED_BY', 'Tag')} AS tags",
        "OPTIONAL MATCH (t)-[:DESCRIPTION]->(x:Description)",
        name="name",
    ),
    "col": _of_table(
        f"l.name AS name, l.col_type AS col_type, l.sort_order AS sort_order, x.description AS description, {_keys('l', 'HAS_BADGE', 'Badge')} AS badges",
        "MATCH (t)-[:COLUMN]->(l:Column) OPTIONAL MATCH (l)-[:DESCRIPTION]->(x:Description)",
    ),
    "schema_description": "MATCH (s:Schema)-[:DESCRIPTION]->(x:Description) RETURN s.key AS schema_key, s.name AS schema, x.description AS description",
    "badges": _of_table("n.key AS name, n.category AS category", "MATCH (t)-[:HAS_BADGE]->(n:Badge)")
    + " UNION MATCH (n:Badge) WHERE NOT (:Table)-[:HAS_BADGE]->(n) "
    "RETURN '' AS database, '' AS cluster, '' AS schema, '' AS table_name, n.key AS name, n.category AS category",
    "table_programmatic_source": _of_table(
        "x.description AS description, x.description_source AS description_source",
        "MATCH (t)-[:DESCRIPTION]->(x:Programmatic_Description)",
        name="name",
    ),
    "table_last_updated": _of_table("x.last_updated_timestamp AS last_updated_time_epoch", "MATCH (t)-[:LAST_UPDATED_AT]->(x:Timestamp)", "db"),
    "table_column_stats": _of_table(
        "l.name AS col_name, x.stat_type AS stat_name, x.stat_val AS stat_val, x.start_epoch AS start_epoch, x.end_epoch AS end_epoch",
        "MATCH (t)-[:COLUMN]->(l:Column)-[:STAT]->(x:Stat)",
        "db",
    ),
    "watermark": _of_table(
        "x.create_time AS create_time, x.partition_key + '=' + x.partition_value AS part_name, split(x.key, '/')[size(split(x.key, '/')) - 2] AS part_type",
        "MATCH (t)-[:WATERMARK]->(x:Watermark)",
    ),
    "source": _of_table("x.source AS source, x.source_type AS source_type", "MATCH (t)-[:SOURCE]->(x:Source)", "db_name"),
    "application": _of_table(
        "x.application_url AS application_url_template, x.name AS application_type, x.id AS application_id, x.description AS description",
        "MATCH (t)-[:DERIVED_FROM]->(x:Application)",
        "db_name",
    ),
    "table_owner": _of_table("u.key AS owners", "MATCH (t)-[:OWNER]->(u:User)", "db_name"),
    "column_usage": _of_table("u.key AS user_email, r.read_count AS read_count", "MATCH (t)-[r:READ_BY]->(u:User)", name="table"),
    "table_lineage": "MATCH (t:Table)-[:HAS_DOWNSTREAM]->(u:Table) RETURN t.key AS source_table_key, u.key AS target_table_key",
    "column_lineage": "MATCH (t:Column)-[:HAS_DOWNSTREAM]->(u:Column) RETURN t.key AS source_column_key, u.key AS target_column_key",
    "dashboard_base": _of_dashboard(
        "g.name AS dashboard_group, y.description AS dashboard_group_description, g.dashboard_group_url AS dashboard_group_url, b.name AS dashboard_name, "
        "z.description AS description, b.created_timestamp AS created_timestamp, b.dashboard_url AS dashboard_url, "
        f"{_keys('b', 'TAGGED_BY', 'Tag')} AS tags, {_keys('b', 'HAS_BADGE', 'Badge')} AS badges",
        "OPTIONAL MATCH (g)-[:DESCRIPTION]->(y:Description) OPTIONAL MATCH (b)-[:DESCRIPTION]->(z:Description)",
    ),
    "dashboard_last_modified": _of_dashboard("x.timestamp AS last_modified_timestamp", "MATCH (b)-[:LAST_UPDATED_AT]->(x:Timestamp)"),
    "dashboard_last_execution": _of_dashboard(
        "x.timestamp AS execution_timestamp, x.state AS execution_state, split(x.key, '/')[size(split(x.key, '/')) - 1] AS execution_id",
        "MATCH (b)-[:EXECUTED]->(x:Execution)",
    ),
    "dashboard_query": _of_dashboard("x.name AS query_name, x.id AS query_id, x.url AS url, x.query_text AS query_text", "MATCH (b)-[:HAS_QUERY]->(x:Query)"),
    "dashboard_chart": _of_dashboard(
        "x.id AS query_id, y.id AS chart_id, y.name AS chart_name, y.type AS chart_type, y.url AS chart_url",
        "MATCH (b)-[:HAS_QUERY]->(x:Query)-[:HAS_CHART]->(y:Chart)",
    ),
    "dashboard_table": _of_dashboard("t.key AS table_ids", "MATCH (b)-[:DASHBOARD_WITH_TABLE]->(t:Table)"),
    "dashboard_owner": _of_dashboard("u.key AS email", "MATCH (b)-[:OWNER]->(u:User)"),
    "dashboard_usage": _of_dashboard("u.key AS email, r.read_count AS view_count", "MATCH (b)-[r:READ_BY]->(u:User)"),
    "bookmark": "MATCH (n)-[:FOLLOWED_BY]->(u:User) WHERE n:Table OR n:Dashboard RETURN u.key AS user_email, toLower(labels(n)[0]) AS resource, n.key AS key",
}
