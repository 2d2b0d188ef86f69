# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rows match a query, and how well: the SQL of search, and nothing else of it.

Every value is a bound parameter. Names of columns come from amundsen-rds' models.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from amundsen_rds.models.cluster import Cluster
from amundsen_rds.models.column import ColumnDescription, TableColumn
from amundsen_rds.models.dashboard import (
    Dashboard,
    DashboardChart,
    DashboardCluster,
    DashboardDescription,
    DashboardGroup,
    DashboardQuery,
    DashboardTag,
    DashboardUsage,
)
from amundsen_rds.models.database import Database
from amundsen_rds.models.schema import Schema
from amundsen_rds.models.table import (
    Table,
    TableBadge,
    TableDescription,
    TableProgrammaticDescription,
    TableTag,
    TableUsage,
)
from amundsen_rds.models.user import User
from sqlalchemy import and_, case, func, literal, literal_column, or_, select, true
from sqlalchemy.sql import ColumnElement, Select

from amundsen_services.search.query import LIKE_ESCAPE, Kind, Query, like

Match = Callable[[str], ColumnElement]
"""A condition on a row, for a LIKE pattern."""


@dataclass(frozen=True)
class Matcher:
    """How one kind of resource is found."""

    rows: Select
    """Selects the key of every row, with the joins that the rest needs."""
    key: Any
    name: Any
    words: tuple[Match, ...]
    """Where a word of the term may stand."""
    fields: dict[str, Match]
    """What may be filtered, by its name in Amundsen's API."""
    usage: Any
    """How often it was read."""


def _text(column: Any) -> ColumnElement:
    """Make a key's column (latin1, case-sensitive) text that compares with any other, whatever the case."""
    return func.convert(column.op("USING")(literal_column("utf8mb4")))


def _is(column: Any) -> Match:
    return lambda pattern: column.like(pattern, escape=LIKE_ESCAPE)


def _has(owner: Any, rows: Select, column: Any) -> Match:
    """Ask that some row of `owner` matches: `rows` selects such rows' owners."""
    return lambda pattern: owner.in_(rows.where(column.like(pattern, escape=LIKE_ESCAPE)))


def _reads(usage: Any, key: Any, owner: Any) -> ColumnElement:
    return select(func.coalesce(func.sum(usage.read_count), 0)).where(key == owner).scalar_subquery()


_QUALIFIED_NAME = func.concat(Schema.name, ".", Table.name)
_TABLE_TAG = _has(Table.rk, select(TableTag.table_rk), _text(TableTag.tag_rk))
_TABLE_BADGE = _has(Table.rk, select(TableBadge.table_rk), _text(TableBadge.badge_rk))
_COLUMNS = select(TableColumn.table_rk)
_TABLE_COLUMN = _has(Table.rk, _COLUMNS, TableColumn.name)
_TABLE_DESCRIPTION = _has(Table.rk, select(TableDescription.table_rk), TableDescription.description)

_TABLES = Matcher(
    rows=(
        select(Table.rk.label("key"))
        .join(Schema, Table.schema_rk == Schema.rk)
        .join(Cluster, Schema.cluster_rk == Cluster.rk)
        .join(Database, Cluster.database_rk == Database.rk)
    ),
    key=Table.rk,
    name=Table.name,
    words=(
        _is(_QUALIFIED_NAME),
        _TABLE_DESCRIPTION,
        _TABLE_COLUMN,
        _has(Table.rk, _COLUMNS.join(ColumnDescription, ColumnDescription.column_rk == TableColumn.rk), ColumnDescription.description),
        _has(Table.rk, select(TableProgrammaticDescription.table_rk), TableProgrammaticDescription.description),
        _TABLE_TAG,
        _TABLE_BADGE,
    ),
    fields={
        "key": _is(_text(Table.rk)),
        "table": _is(Table.name),
        "schema": _is(Schema.name),
        "cluster": _is(Cluster.name),
        "database": _is(Database.name),
        "column": _TABLE_COLUMN,
        "description": _TABLE_DESCRIPTION,
        "tag": _TABLE_TAG,
        "badges": _TABLE_BADGE,
    },
    usage=_reads(TableUsage, TableUsage.table_rk, Table.rk),
)

_CHARTS = select(DashboardQuery.dashboard_rk).join(DashboardChart, DashboardChart.query_rk == DashboardQuery.rk)
_QUERY_NAME = _has(Dashboard.rk, select(DashboardQuery.dashboard_rk), DashboardQuery.name)
_CHART_NAME = _has(Dashboard.rk, _CHARTS, DashboardChart.name)
_DASHBOARD_TAG = _has(Dashboard.rk, select(DashboardTag.dashboard_rk), _text(DashboardTag.tag_rk))
_DASHBOARD_DESCRIPTION = _has(Dashboard.rk, select(DashboardDescription.dashboard_rk), DashboardDescription.description)

_DASHBOARDS = Matcher(
    rows=(
        select(Dashboard.rk.label("key"))
        .join(DashboardGroup, Dashboard.dashboard_group_rk == DashboardGroup.rk)
        .join(DashboardCluster, DashboardGroup.cluster_rk == DashboardCluster.rk)
    ),
    key=Dashboard.rk,
    name=Dashboard.name,
    words=(_is(Dashboard.name), _is(DashboardGroup.name), _DASHBOARD_DESCRIPTION, _QUERY_NAME, _CHART_NAME, _DASHBOARD_TAG),
    fields={
        "key": _is(_text(Dashboard.rk)),
        "uri": _is(_text(Dashboard.rk)),
        "name": _is(Dashboard.name),
        "group_name": _is(DashboardGroup.name),
        # The key is {product}_dashboard://{cluster}.{group}/{dashboard}.
        "product": _is(func.substring_index(_text(Dashboard.rk), "_", 1)),
        "description": _DASHBOARD_DESCRIPTION,
        "query_names": _QUERY_NAME,
        "chart_names": _CHART_NAME,
        "tag": _DASHBOARD_TAG,
    },
    usage=_reads(DashboardUsage, DashboardUsage.dashboard_rk, Dashboard.rk),
)

_USERS = Matcher(
    rows=select(User.rk.label("key")),
    key=User.rk,
    name=func.coalesce(User.full_name, User.email),
    words=(_is(User.full_name), _is(User.first_name), _is(User.last_name), _is(User.email)),
    fields={
        "full_name": _is(User.full_name),
        "first_name": _is(User.first_name),
        "last_name": _is(User.last_name),
        "email": _is(User.email),
    },
    usage=literal(0),
)

# amundsen-rds has no features.
_MATCHERS = {Kind.TABLE: _TABLES, Kind.DASHBOARD: _DASHBOARDS, Kind.USER: _USERS}


def _score(name: Any, query: Query) -> ColumnElement:
    """Rate a name: a word is the whole of it, its beginning, or a part."""
    score: ColumnElement = literal(0)
    for word in query.words:
        pattern = like(word)
        score = score + case(
            (name.like(pattern, escape=LIKE_ESCAPE), 8),
            (name.like(f"{pattern}%", escape=LIKE_ESCAPE), 4),
            (name.like(f"%{pattern}%", escape=LIKE_ESCAPE), 2),
            else_=0,
        )
    return score


def _condition(matcher: Matcher, query: Query) -> ColumnElement:
    conditions = [or_(*(match(f"%{like(word)}%") for match in matcher.words)) for word in query.words]
    for wanted in query.filters:
        join = and_ if wanted.every else or_
        conditions.append(join(*(matcher.fields[wanted.field](like(value)) for value in wanted.values)))
    return and_(true(), *conditions)


def filterable(kind: Kind) -> frozenset[str]:
    """List the fields of a kind that a query may filter."""
    return frozenset(_MATCHERS[kind].fields) if kind in _MATCHERS else frozenset()


def matching(kind: Kind, query: Query) -> tuple[Select, Select] | None:
    """Make two statements: one page of (key, score, usage_count, total), best first; and the total alone.

    None if the catalog holds no resources of this kind.
    """
    matcher = _MATCHERS.get(kind)
    if matcher is None:
        return None
    rows = matcher.rows.where(_condition(matcher, query))
    score, usage = _score(matcher.name, query).label("score"), matcher.usage.label("usage_count")
    best_first = (score.desc(), usage.desc(), matcher.name, matcher.key)
    page = rows.add_columns(score, usage, func.count().over().label("total")).order_by(*best_first)
    return page.limit(query.limit).offset(query.offset), rows.with_only_columns(func.count())
