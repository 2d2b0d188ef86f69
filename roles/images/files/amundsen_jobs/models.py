# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalog's rows as amundsen-databuilder's models, which each of its loaders takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

from amundsen_rds.models.badge import Badge as BadgeRecord
from amundsen_rds.models.dashboard import DashboardFollower, DashboardTag
from amundsen_rds.models.table import Table as TableRecord
from amundsen_rds.models.table import TableFollower
from amundsen_services import database  # noqa: F401 (it silences what SQLAlchemy says of amundsen-rds)  # pylint: disable=unused-import
from databuilder.extractor.base_extractor import Extractor
from databuilder.models.application import AirflowApplication, GenericApplication
from databuilder.models.atlas_entity import AtlasEntity
from databuilder.models.atlas_relationship import AtlasRelationship
from databuilder.models.atlas_serializable import AtlasSerializable
from databuilder.models.badge import Badge, BadgeMetadata
from databuilder.models.dashboard.dashboard_chart import DashboardChart
from databuilder.models.dashboard.dashboard_execution import DashboardExecution
from databuilder.models.dashboard.dashboard_last_modified import DashboardLastModifiedTimestamp
from databuilder.models.dashboard.dashboard_metadata import DashboardMetadata
from databuilder.models.dashboard.dashboard_owner import DashboardOwner
from databuilder.models.dashboard.dashboard_query import DashboardQuery
from databuilder.models.dashboard.dashboard_table import DashboardTable
from databuilder.models.dashboard.dashboard_usage import DashboardUsage
from databuilder.models.es_last_updated import ESLastUpdated
from databuilder.models.graph_node import GraphNode
from databuilder.models.graph_relationship import GraphRelationship
from databuilder.models.graph_serializable import GraphSerializable
from databuilder.models.owner import Owner
from databuilder.models.schema.schema import SchemaModel
from databuilder.models.table_column_usage import ColumnReader
from databuilder.models.table_last_updated import TableLastUpdated
from databuilder.models.table_lineage import ColumnLineage, TableLineage
from databuilder.models.table_metadata import ColumnMetadata, TableMetadata, TagMetadata
from databuilder.models.table_owner import TableOwner
from databuilder.models.table_serializable import TableSerializable
from databuilder.models.table_source import TableSource
from databuilder.models.table_stats import TableColumnStats
from databuilder.models.usage.usage import Usage
from databuilder.models.user import User
from databuilder.models.watermark import Watermark

from amundsen_jobs.format import TABLE_KEY, Row, Rows, dashboard_key, defined, resources, table_key, texts

_COLUMN_BADGE = "column"
_FALSE = ("", "0", "false", "f", "no", "n")


class Simple(GraphSerializable, TableSerializable, AtlasSerializable):  # type: ignore[misc]
    """A model for what databuilder has none for, or a wrong one: one node or one relation, one record, and the same for Atlas."""

    def __init__(
        self, record: Any, node: GraphNode | None = None, relation: GraphRelationship | None = None, atlas: AtlasEntity | AtlasRelationship | None = None
    ) -> None:
        self._records, self._nodes, self._relations = ([found] if found else [] for found in (record, node, relation))
        self._entities = [atlas] if isinstance(atlas, AtlasEntity) else []
        self._atlas_relations = [atlas] if isinstance(atlas, AtlasRelationship) else []

    def create_next_atlas_entity(self) -> AtlasEntity | None:
        """Give Atlas' entity, then none."""
        return self._entities.pop() if self._entities else None

    def create_next_atlas_relation(self) -> AtlasRelationship | None:
        """Give Atlas' relation, then none."""
        return self._atlas_relations.pop() if self._atlas_relations else None

    def create_next_node(self) -> GraphNode | None:
        """Give the node, then none."""
        return self._nodes.pop() if self._nodes else None

    def create_next_relation(self) -> GraphRelationship | None:
        """Give the relation, then none."""
        return self._relations.pop() if self._relations else None

    def create_next_record(self) -> Any:
        """Give the record, then none."""
        return self._records.pop() if self._records else None


def _badge_alone(name: str, category: str) -> Simple:
    """Give a badge by itself; databuilder knows it only on a resource."""
    node = GraphNode(key=name, label=BadgeMetadata.BADGE_NODE_LABEL, attributes={BadgeMetadata.BADGE_CATEGORY: category})
    entity = AtlasEntity("CREATE", "Badge", None, {"qualifiedName": name, "name": name, "category": category})
    return Simple(BadgeRecord(rk=name, category=category), node=node, atlas=entity)


def _relation(start: tuple[str, str], end: tuple[str, str], kind: str, reverse: str) -> GraphRelationship:
    """Give a relation between two nodes, each a label and a key."""
    return GraphRelationship(start_label=start[0], start_key=start[1], end_label=end[0], end_key=end[1], type=kind, reverse_type=reverse, attributes={})


def _dashboard_tag(dashboard: str, tag: str) -> Simple:
    """Give a dashboard's tag by the relation that the metadata service asks a graph for; databuilder's has another."""
    ends = (DashboardMetadata.DASHBOARD_NODE_LABEL, dashboard), (TagMetadata.TAG_NODE_LABEL, tag)
    relation = _relation(*ends, TagMetadata.ENTITY_TAG_RELATION_TYPE, TagMetadata.TAG_ENTITY_RELATION_TYPE)
    atlas = AtlasRelationship("AtlasGlossaryTerm", "Dashboard", dashboard, "AtlasGlossaryTerm", f"glossary=default,term={tag}", {})
    return Simple(DashboardTag(dashboard_rk=dashboard, tag_rk=tag), relation=relation, atlas=atlas)


def _bookmark(row: Row) -> Simple:
    """Give a user's bookmark; databuilder has no model of it."""
    kind, key, user = row["resource"], row["key"], row["user_email"]
    follower = {"table": TableFollower, "dashboard": DashboardFollower}[kind](**{f"{kind}_rk": key, "user_rk": user})
    relation = _relation((kind.capitalize(), key), (User.USER_NODE_LABEL, user), "FOLLOWED_BY", "FOLLOW")
    return Simple(follower, relation=relation, atlas=_atlas_bookmark(key, user) if kind == "table" else None)


def _atlas_bookmark(table: str, user: str) -> AtlasEntity | None:
    """Give a bookmark of a table, named as the metadata service names it; that service cannot read one of a dashboard."""
    found = TABLE_KEY.fullmatch(table)
    if found is None:
        return None
    key = "{schema}.{name}.{database}.{user}.bookmark@{cluster}".format(user=user, **found.groupdict())
    values = {"qualifiedName": key, "active": "true", "entityUri": table, "entityName": found["name"]}
    return AtlasEntity("CREATE", "Bookmark", f"entity#Table#{table}", {**values, "user": f"user#User#{user}"})


class TableParts(TableMetadata):  # type: ignore[misc]
    """What belongs to a table, without the table's own record: that stays as it is."""

    def create_next_node(self) -> GraphNode | None:
        """Give the next node but the table's."""
        node = super().create_next_node()
        return super().create_next_node() if node and node.label == TableMetadata.TABLE_NODE_LABEL else node

    def create_next_record(self) -> Any:
        """Give the next record but the table's."""
        record = super().create_next_record()
        return super().create_next_record() if isinstance(record, TableRecord) else record

    def create_next_atlas_entity(self) -> AtlasEntity | None:
        """Give the next entity but the table's."""
        entity = super().create_next_atlas_entity()
        return super().create_next_atlas_entity() if entity and entity.typeName == TableMetadata.TABLE_NODE_LABEL else entity


class Records(Extractor):  # type: ignore[misc]
    """The extractor of rows that were read already.

    Args:
        rows: the catalog's rows.
        now: when the catalog is loaded, which the frontend shows; in seconds since 1970.
    """

    def __init__(self, rows: Rows, now: int) -> None:
        self._models = chain(models(rows), [ESLastUpdated(timestamp=now)])

    def init(self, conf: Any) -> None:
        """Take no settings."""

    def extract(self) -> Any:
        """Give the next model, None after the last."""
        return next(self._models, None)

    def get_scope(self) -> str:
        """Name what settings would be under."""
        return "extractor.records"


def models(rows: Rows) -> Iterator[Any]:
    """Give databuilder's models of all rows."""
    yield from _bare_users(rows)
    for name, make in _MAKERS.items():
        for row in rows.get(name, ()):
            yield make(row)
    yield from _tables(rows)
    for row in rows.get("badges", ()):
        yield _badge(row)
    for row in rows.get("dashboard_base", ()):
        yield _dashboard(row)
        yield from (_dashboard_tag(dashboard_key(row), tag) for tag in texts(row["tags"]))
        if row["badges"]:
            badges = [Badge(name, category) for name, category in _with_categories(row["badges"], rows)]
            yield BadgeMetadata(start_label=DashboardMetadata.DASHBOARD_NODE_LABEL, start_key=dashboard_key(row), badges=badges)
    yield from _tags(rows)


def _bare_users(rows: Rows) -> Iterator[User]:
    """Give the people who are only named, as owner, reader or manager; where they are in the catalog, they stay as they are."""
    managers = {("user", row["manager_email"]) for row in rows.get("user", ()) if row["manager_email"]}
    named = {resource for resource in resources(rows) if resource[0] == "user"} | managers
    for _kind, email in sorted(named - set(defined(rows))):
        yield User(email=email, is_active=None, do_not_update_empty_attribute=True)


def _user(row: Row) -> User:
    """Give a user; what is empty in the row stays as it is in the catalog, except for one who has left."""
    active = not row["is_active"] or row["is_active"].lower() not in _FALSE
    return User(**{**row, "is_active": active}, do_not_update_empty_attribute=active)


def _tags(rows: Rows) -> Iterator[TagMetadata]:
    """Give the tags, after the tables: there each has the default type."""
    named = {tag: "" for name in ("table", "dashboard_base") for row in rows.get(name, ()) for tag in texts(row["tags"])}
    for tag, kind in {**named, **{row["name"]: row["tag_type"] for row in rows.get("tags", ())}}.items():
        yield TagMetadata(name=tag, tag_type=kind or "default")


def _with_categories(names: str, rows: Rows) -> list[tuple[str, str]]:
    """Give badges with their categories, which badges.csv may name."""
    categories = {row["name"]: row["category"] for row in rows.get("badges", ())}
    return [(name, categories.get(name, _COLUMN_BADGE)) for name in texts(names)]


def _tables(rows: Rows) -> Iterator[TableMetadata]:
    columns: dict[str, list[ColumnMetadata]] = defaultdict(list)
    where: dict[str, Row] = {}
    for row in rows.get("col", ()):
        column = ColumnMetadata(name=row["name"], description=row["description"] or None, col_type=row["col_type"], sort_order=int(row["sort_order"]))
        column.badges = [Badge(name, category) for name, category in _with_categories(row["badges"], rows)]
        columns[table_key(row)].append(column)
        where[table_key(row)] = row
    for row in rows.get("table", ()):
        yield _table(TableMetadata, row, columns.pop(table_key(row, name="name"), []))
    for key, kept in columns.items():
        yield _table(TableParts, {**where[key], "name": where[key]["table_name"], "description": "", "tags": ""}, kept)


def _table(model: type[TableMetadata], row: Row, columns: list[ColumnMetadata]) -> TableMetadata:
    table = model(
        database=row["database"],
        cluster=row["cluster"],
        schema=row["schema"],
        name=row["name"],
        description=row["description"] or None,
        columns=columns,
        is_view=row.get("is_view", "").lower() not in _FALSE,
        description_source=row.get("description_source") or None,
    )
    table.tags = texts(row["tags"])  # as they are written: databuilder makes them lower case
    return table


def _badge(row: Row) -> GraphSerializable:
    if not row["table_name"]:
        return _badge_alone(row["name"], row["category"])
    badges = [Badge(name, row["category"]) for name in texts(row["name"])]
    return BadgeMetadata(start_label=TableMetadata.TABLE_NODE_LABEL, start_key=table_key(row), badges=badges)


def _dashboard(row: Row) -> DashboardMetadata:
    values = {column: value or None for column, value in row.items() if column not in ("badges", "tags")}
    created = int(row["created_timestamp"]) if row["created_timestamp"] else None
    return DashboardMetadata(**{**values, "created_timestamp": created})


def _application(row: Row) -> GenericApplication:
    """Give an Airflow task, as databuilder's samples have it, or another application where the row names its id."""
    if not row["application_id"]:
        values = {column: row[column] for column in ("task_id", "dag_id", "application_url_template", "db_name", "cluster", "schema", "table_name")}
        return AirflowApplication(**values)
    return GenericApplication(
        start_label=TableMetadata.TABLE_NODE_LABEL,
        start_key=table_key(row, "db_name"),
        application_type=row["application_type"],
        application_id=row["application_id"],
        application_url=row["application_url_template"],
        application_description=row["description"],
    )


def _owner(owner: Owner, emails: list[str]) -> Owner:
    """Keep the addresses as they are written: databuilder makes them lower case, and a login does not."""
    owner.owner_emails = emails
    return owner


def _reader(usage: Usage, email: str) -> Usage:
    """Keep the address as it is written."""
    usage.user_email = email
    return usage


_MAKERS: dict[str, Callable[[Row], Any]] = {
    "user": _user,
    "schema_description": lambda row: SchemaModel(**row),
    "table_programmatic_source": lambda row: _table(TableParts, row, []),
    "table_last_updated": lambda row: TableLastUpdated(**{**row, "last_updated_time_epoch": int(row["last_updated_time_epoch"])}),
    "table_column_stats": lambda row: TableColumnStats(**row),
    "watermark": lambda row: Watermark(**row),
    "source": lambda row: TableSource(**{**row, "source_type": row["source_type"] or "github"}),
    "application": _application,
    "table_owner": lambda row: _owner(TableOwner(**row), texts(row["owners"])),
    "column_usage": lambda row: _reader(ColumnReader(**{**row, "read_count": int(row["read_count"])}), row["user_email"]),
    "table_lineage": lambda row: TableLineage(table_key=row["source_table_key"], downstream_deps=[row["target_table_key"]]),
    "column_lineage": lambda row: ColumnLineage(column_key=row["source_column_key"], downstream_deps=[row["target_column_key"]]),
    "dashboard_last_modified": lambda row: DashboardLastModifiedTimestamp(**{**row, "last_modified_timestamp": int(row["last_modified_timestamp"])}),
    "dashboard_last_execution": lambda row: DashboardExecution(
        **{**row, "execution_timestamp": int(row["execution_timestamp"]), "execution_id": row["execution_id"] or "_last_successful_execution"}
    ),
    "dashboard_query": lambda row: DashboardQuery(**row),
    "dashboard_chart": lambda row: DashboardChart(**{column: value or None for column, value in row.items()}),
    "dashboard_table": lambda row: DashboardTable(**{**row, "table_ids": texts(row["table_ids"])}),
    "dashboard_owner": lambda row: _owner(DashboardOwner(**row), [row["email"]]),
    "dashboard_usage": lambda row: _reader(DashboardUsage(**{**row, "view_count": int(row["view_count"])}), row["email"]),
    "bookmark": _bookmark,
}
