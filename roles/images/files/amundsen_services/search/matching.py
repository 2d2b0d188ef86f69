# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SQL of search, and nothing else of it: where words are looked for, what a filter means, how often a resource was read.

Every value is a bound parameter. A statement answers all keys and scores in one text: as rows they cost ten times more in
the driver than in the database.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from amundsen_rds.models.badge import Badge
from amundsen_rds.models.cluster import Cluster
from amundsen_rds.models.column import TableColumn
from amundsen_rds.models.dashboard import Dashboard, DashboardChart, DashboardDescription, DashboardGroup, DashboardQuery, DashboardTag, DashboardUsage
from amundsen_rds.models.database import Database
from amundsen_rds.models.schema import Schema
from amundsen_rds.models.table import Table, TableBadge, TableDescription, TableTag, TableUsage
from amundsen_rds.models.tag import Tag
from amundsen_rds.models.user import User
from sqlalchemy import case, column, exists, func, literal, literal_column, select, table
from sqlalchemy.dialects.mysql import match
from sqlalchemy.sql import ColumnElement, FromClause, Select

from amundsen_services.search.query import LIKE_ESCAPE, MAX_RESULTS, Kind, like
from amundsen_services.search.term import Analysis, Ask, required
from amundsen_services.words import COLUMN_WORDS, INDEXED, WORDS

_ROW, _VALUE = "\x1e", "\x1f"
_WHOLE_NAME = 1000
"""What a name is worth that is the whole term: more than all else."""

_ENDLESS = 1e6
"""MariaDB ranks the one row of a table with infinity."""

ENOUGH = 2000
"""Where so many resources have a word, it is not looked for in what matters less."""

Rows = Callable[[str, int], Select]
"""Selects the keys that a filter's value lets through; a word must have so many characters to be in an index."""


def _words_of(name: str, *keys: str) -> Any:
    """Name a searched table's columns, of which amundsen-rds' models do not know `words`."""
    return table(name, *map(column, ("rk", *keys, WORDS)))


_TABLE = _words_of("table_metadata", "name", "schema_rk")
_TABLE_DESCRIPTION = _words_of("table_description", "table_rk")
_PROGRAMMATIC_DESCRIPTION = _words_of("table_programmatic_description", "table_rk")
_SCHEMA = _words_of("schema_metadata")
_DASHBOARD = _words_of("dashboard", "dashboard_group_rk")
_DASHBOARD_DESCRIPTION = _words_of("dashboard_description", "dashboard_rk")
_GROUP = _words_of("dashboard_group")
_QUERY = _words_of("dashboard_query", "dashboard_rk")
_CHART = _words_of("dashboard_chart", "query_rk")
_TAG, _BADGE, _USER = _words_of("tag"), _words_of("badge"), _words_of("users")
_TAGGED, _BADGED = table("table_tag", column("table_rk"), column("tag_rk")), table("table_badge", column("table_rk"), column("badge_rk"))
_DASHBOARD_TAGGED = table("dashboard_tag", column("dashboard_rk"), column("tag_rk"))
_COLUMNS = table(COLUMN_WORDS, column("table_rk"), column("names"), column("descriptions"))


@dataclass(frozen=True)
class Source:
    """A place where words are looked for.

    Attributes:
        key: of the resource.
        words: what FULLTEXT has an index of.
        weight: as Elasticsearch's proxy boosts the field.
        rows: the tables that `key` and `words` are of; that of `key` alone if None.
        analysis: what of its words is compared where nearly the same ones are found, too.
        name: this is what the resource is called.
    """

    key: Any
    words: Any
    weight: float
    rows: FromClause | None = None
    analysis: Analysis = Analysis.NAME
    name: bool = False

    def statement(self, ask: Ask, whole: str, keys: Collection[str] | None, every: bool) -> Select | None:
        """Select what is found and its score; None if there is nothing to look for here.

        Args:
            ask: what to look for.
            whole: the whole term, as a name of several words.
            keys: where to look only, if given.
            every: find every one, not as many as are enough.
        """
        boolean = ask.wanted(self.analysis)
        score: ColumnElement = literal(1)
        if boolean:
            condition = match(self.words, against=boolean, in_boolean_mode=True)
            rank = case((condition < _ENDLESS, condition), else_=0)
            score = score + (rank if self.analysis is Analysis.NAME else func.sqrt(rank))  # a name says a word once
        elif ask.pattern and self.name:
            condition = func.concat(" ", self.words, " ").like(_spaced(f"% {like(ask.pattern)} %"), escape=LIKE_ESCAPE)
        else:
            return None
        if self.name and whole:
            score = score + case((self.words == whole, _WHOLE_NAME), else_=0)
        rows = select(self.key.label("found"), (self.weight * score).label("score"))
        rows = rows if self.rows is None else rows.select_from(self.rows)
        if keys is not None:
            # Not in WHERE, where the index would lead and not the keys.
            rows = rows.add_columns(condition.label("hit")).where(self.key.in_(keys)).having(literal_column("hit") > 0)
        else:
            rows = rows.where(condition)
            rows = rows if every or self.name else rows.limit(ENOUGH)
        return _packed(rows)


def _spaced(pattern: str) -> str:
    """Make a LIKE pattern of names one of their words."""
    return pattern.replace(f"{LIKE_ESCAPE}_", " ")


def _packed(rows: Select) -> Select:
    """Put all rows into one text."""
    values = func.concat_ws(_VALUE, *rows.subquery("found_rows").c)
    return select(func.group_concat(values.op("SEPARATOR")(literal_column(f"'{_ROW}'"))))


def unpacked(text: str | bytes | None) -> Iterator[list[str]]:
    """Give the rows of a text that a statement of this module answers."""
    if text:
        whole = text if isinstance(text, str) else text.decode()
        yield from (row.split(_VALUE) for row in whole.split(_ROW))


def _text(key: Any) -> ColumnElement:
    """Make a key's column (latin1, case-sensitive) text that compares with any other, whatever the case."""
    return func.convert(key.op("USING")(literal_column("utf8mb4")))


def _is(rows: Select, what: Any, words: Any = None) -> Rows:
    """Let through the rows where a text matches. `words`, if there is an index of its words, makes them few."""

    def selected(value: str, least: int) -> Select:
        matching = rows.where(what.like(like(value), escape=LIKE_ESCAPE))
        boolean = required(value, least) if words is not None else ""
        return matching.where(match(words, against=boolean, in_boolean_mode=True)) if boolean else matching

    return selected


def _with_column(value: str, least: int) -> Select:
    """Let through the tables that have a column. All names of a table are in one text, each on a line of its own."""
    rows = select(_COLUMNS.c.table_rk).where(_COLUMNS.c.names.like(f"%\n{_spaced(like(value))}\n%", escape=LIKE_ESCAPE))
    boolean = required(value, least)
    if boolean:
        rows = rows.where(match(_COLUMNS.c.names, against=boolean, in_boolean_mode=True))
    if "*" in value.strip("*") or "?" in value:  # which could stand for the end of a line
        named = TableColumn.name.like(like(value), escape=LIKE_ESCAPE)
        rows = rows.where(exists().where(TableColumn.table_rk == _COLUMNS.c.table_rk, named))
    return rows


@dataclass(frozen=True)
class Matcher:
    """How one kind of resource is found.

    Attributes:
        key: of every row.
        sources: where words are looked for, what matters most first.
        filters: what may be filtered, by its name in Amundsen's API.
        usage: the column that says how often somebody read a resource, and that of the resource's key.
    """

    key: Any
    sources: tuple[Source, ...]
    filters: dict[str, Rows]
    usage: tuple[Any, Any] | None = None

    def everything(self) -> Select:
        """Select all keys, as many as a total is counted."""
        return _packed(select(self.key.label("found")).limit(MAX_RESULTS))

    def filtered(self, field: str, value: str, least: int, every: bool) -> Select:
        """Select the keys that a filter's value lets through: every one, or as many as a total is counted."""
        rows = self.filters[field](value, least)
        return _packed(rows if every else rows.limit(MAX_RESULTS))

    def read(self, keys: Collection[str]) -> Select | None:
        """Select how often each of some keys was read, if it was; None if that is not known of this kind."""
        return None if self.usage is None else _packed(_reads(*self.usage).where(self.usage[1].in_(keys)))


def _reads(count: Any, key: Any) -> Select:
    return select(key, func.sum(count)).group_by(key)


_TABLE_KEYS = select(Table.rk)

_TABLES = Matcher(
    key=Table.rk,
    sources=(
        Source(_TABLE.c.rk, _TABLE.c.words, 5, name=True),
        Source(_TABLE.c.rk, _SCHEMA.c.words, 3, _TABLE.join(_SCHEMA, _TABLE.c.schema_rk == _SCHEMA.c.rk)),
        Source(_TABLE_DESCRIPTION.c.table_rk, _TABLE_DESCRIPTION.c.words, 1.5, analysis=Analysis.PROSE),
        Source(_TAGGED.c.table_rk, _TAG.c.words, 1, _TAGGED.join(_TAG, _TAGGED.c.tag_rk == _TAG.c.rk), Analysis.PLAIN),
        Source(_BADGED.c.table_rk, _BADGE.c.words, 1, _BADGED.join(_BADGE, _BADGED.c.badge_rk == _BADGE.c.rk), Analysis.PLAIN),
        Source(_PROGRAMMATIC_DESCRIPTION.c.table_rk, _PROGRAMMATIC_DESCRIPTION.c.words, 1, analysis=Analysis.PROSE),
        Source(_COLUMNS.c.table_rk, _COLUMNS.c.names, 2, analysis=Analysis.PLAIN),
        Source(_COLUMNS.c.table_rk, _COLUMNS.c.descriptions, 1, analysis=Analysis.PROSE),
    ),
    filters={
        "key": _is(_TABLE_KEYS, _text(Table.rk)),
        "table": _is(select(_TABLE.c.rk), _TABLE.c.name, _TABLE.c.words),
        "schema": _is(_TABLE_KEYS.join(Schema, Table.schema_rk == Schema.rk), Schema.name),
        "cluster": _is(_TABLE_KEYS.join(Schema, Table.schema_rk == Schema.rk).join(Cluster, Schema.cluster_rk == Cluster.rk), Cluster.name),
        "database": _is(
            _TABLE_KEYS.join(Schema, Table.schema_rk == Schema.rk)
            .join(Cluster, Schema.cluster_rk == Cluster.rk)
            .join(Database, Cluster.database_rk == Database.rk),
            Database.name,
        ),
        "column": _with_column,
        "description": _is(select(TableDescription.table_rk), TableDescription.description),
        "tag": _is(select(TableTag.table_rk).join(Tag, TableTag.tag_rk == Tag.rk), _text(Tag.rk)),
        "badges": _is(select(TableBadge.table_rk).join(Badge, TableBadge.badge_rk == Badge.rk), _text(Badge.rk)),
    },
    usage=(TableUsage.read_count, TableUsage.table_rk),
)

_DASHBOARD_KEYS = select(Dashboard.rk)

_DASHBOARDS = Matcher(
    key=Dashboard.rk,
    sources=(
        Source(_DASHBOARD.c.rk, _DASHBOARD.c.words, 5, name=True),
        Source(_DASHBOARD.c.rk, _GROUP.c.words, 3, _DASHBOARD.join(_GROUP, _DASHBOARD.c.dashboard_group_rk == _GROUP.c.rk)),
        Source(_QUERY.c.dashboard_rk, _QUERY.c.words, 2),
        Source(_QUERY.c.dashboard_rk, _CHART.c.words, 2, _CHART.join(_QUERY, _CHART.c.query_rk == _QUERY.c.rk)),
        Source(_DASHBOARD_DESCRIPTION.c.dashboard_rk, _DASHBOARD_DESCRIPTION.c.words, 1.5, analysis=Analysis.PROSE),
        Source(_DASHBOARD_TAGGED.c.dashboard_rk, _TAG.c.words, 1, _DASHBOARD_TAGGED.join(_TAG, _DASHBOARD_TAGGED.c.tag_rk == _TAG.c.rk), Analysis.PLAIN),
    ),
    filters={
        "key": _is(_DASHBOARD_KEYS, _text(Dashboard.rk)),
        "uri": _is(_DASHBOARD_KEYS, _text(Dashboard.rk)),
        "name": _is(_DASHBOARD_KEYS, Dashboard.name),
        "group_name": _is(_DASHBOARD_KEYS.join(DashboardGroup, Dashboard.dashboard_group_rk == DashboardGroup.rk), DashboardGroup.name),
        # The key is {product}_dashboard://{cluster}.{group}/{dashboard}.
        "product": _is(_DASHBOARD_KEYS, func.substring_index(_text(Dashboard.rk), "_", 1)),
        "description": _is(select(DashboardDescription.dashboard_rk), DashboardDescription.description),
        "query_names": _is(select(DashboardQuery.dashboard_rk), DashboardQuery.name),
        "chart_names": _is(select(DashboardQuery.dashboard_rk).join(DashboardChart, DashboardChart.query_rk == DashboardQuery.rk), DashboardChart.name),
        "tag": _is(select(DashboardTag.dashboard_rk).join(Tag, DashboardTag.tag_rk == Tag.rk), _text(Tag.rk)),
    },
    usage=(DashboardUsage.read_count, DashboardUsage.dashboard_rk),
)

_USERS = Matcher(
    key=User.rk,
    sources=(Source(_USER.c.rk, _USER.c.words, 5, name=True),),
    filters={
        "full_name": _is(select(User.rk), User.full_name),
        "first_name": _is(select(User.rk), User.first_name),
        "last_name": _is(select(User.rk), User.last_name),
        "email": _is(select(User.rk), User.email),
    },
)

# amundsen-rds has no features.
MATCHERS = {Kind.TABLE: _TABLES, Kind.DASHBOARD: _DASHBOARDS, Kind.USER: _USERS}


def filterable(kind: Kind) -> frozenset[str]:
    """List the fields of a kind that a query may filter."""
    return frozenset(MATCHERS[kind].filters) if kind in MATCHERS else frozenset()


def reads() -> list[Select]:
    """Make the statements that read how often each resource was read."""
    return [_packed(_reads(*matcher.usage)) for matcher in MATCHERS.values() if matcher.usage is not None]


def texts() -> list[Select]:
    """Make the statements that read every text that is searched."""
    return [select(column(WORDS)).select_from(table(name)) for name in INDEXED] + [select(_COLUMNS.c.names), select(_COLUMNS.c.descriptions)]
