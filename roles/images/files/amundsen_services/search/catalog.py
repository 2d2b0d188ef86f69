# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the resources that a query finds out of the catalog's tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from amundsen_rds.models.cluster import Cluster
from amundsen_rds.models.column import TableColumn
from amundsen_rds.models.dashboard import Dashboard, DashboardGroup, DashboardQuery
from amundsen_rds.models.schema import Schema
from amundsen_rds.models.table import Table
from amundsen_rds.models.user import User
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, joinedload, selectinload

from amundsen_services.search.matching import matching
from amundsen_services.search.query import Kind, Page, Query


@dataclass(frozen=True)
class Found:
    """A resource's row, with the rows that belong to it, its score and how often it was read."""

    row: Any
    score: float
    usage: int


_LOADED: dict[Kind, tuple[Any, tuple[Any, ...]]] = {
    Kind.TABLE: (
        Table,
        (
            joinedload(Table.schema).options(joinedload(Schema.cluster).joinedload(Cluster.database), joinedload(Schema.description)),
            joinedload(Table.description),
            joinedload(Table.timestamp),
            selectinload(Table.tags),
            selectinload(Table.badges),
            selectinload(Table.programmatic_descriptions),
            selectinload(Table.columns).load_only(TableColumn.name, TableColumn.table_rk),
        ),
    ),
    Kind.DASHBOARD: (
        Dashboard,
        (
            joinedload(Dashboard.group).joinedload(DashboardGroup.cluster),
            joinedload(Dashboard.description),
            selectinload(Dashboard.execution),
            selectinload(Dashboard.tags),
            selectinload(Dashboard.queries).selectinload(DashboardQuery.charts),
        ),
    ),
    Kind.USER: (User, (joinedload(User.manager),)),
}


class Catalog:
    """Search over the catalog's own tables."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def find(self, kind: Kind, query: Query, result: Callable[[Found], Any]) -> Page[Any]:
        """Find the page of `kind` that `query` wants, each row turned into what `result` makes of it.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database does not answer.
        """
        statements = matching(kind, query)
        if statements is None:
            return Page(0, [])
        page, count = statements
        with Session(self.engine) as session:
            found = session.execute(page).all()
            total = found[0].total if found else 0
            if not found and (query.offset or not query.limit):
                total = session.scalar(count)  # an empty page does not say
            rows = self._load(session, kind, [each.key for each in found])
            # A row may have gone between the two statements.
            return Page(total, [result(Found(rows[each.key], float(each.score), int(each.usage_count))) for each in found if each.key in rows])

    @staticmethod
    def _load(session: Session, kind: Kind, keys: Sequence[str]) -> dict[str, Any]:
        model, options = _LOADED[kind]
        if not keys:
            return {}
        return {row.rk: row for row in session.query(model).options(*options).filter(model.rk.in_(keys))}
