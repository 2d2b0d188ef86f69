# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the resources that a query finds out of the catalog's tables."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from amundsen_rds.models.cluster import Cluster
from amundsen_rds.models.column import TableColumn
from amundsen_rds.models.dashboard import Dashboard, DashboardGroup, DashboardQuery
from amundsen_rds.models.schema import Schema
from amundsen_rds.models.table import Table
from amundsen_rds.models.user import User
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, joinedload, selectinload

from amundsen_services.search.hints import Hints
from amundsen_services.search.matching import ENOUGH, MATCHERS, Matcher, unpacked
from amundsen_services.search.query import MAX_RESULTS, Filter, Kind, Page, Query
from amundsen_services.search.term import Ask, asks, words_of

FEW = 100
"""Where fewer are found, words that are nearly the same are looked for, too."""

NEARLY = 0.2
"""What a word that is nearly the same is worth."""

_OFTEN = 50
"""So many reads are worth half of what reads can be."""


def _weighed(score: float, usage: int) -> float:
    """Weigh a score with the number of reads, which double it at most; without a term they are all there is."""
    return score * (1 + usage / (usage + _OFTEN)) if score else usage


@dataclass(frozen=True)
class Found:
    """A resource's row, with the rows that belong to it, its score, how often it was read and what was looked for."""

    row: Any
    score: float
    usage: int
    asked: tuple[Ask, ...]


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

# What only highlights show.
_SHOWN: dict[Kind, tuple[Any, ...]] = {Kind.TABLE: (selectinload(Table.columns).selectinload(TableColumn.description),)}


class Catalog:
    """Search over the catalog's own tables."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._least_word = 0
        self._hints = Hints(engine)

    def find(self, kind: Kind, query: Query, result: Callable[[Found], Any]) -> Page[Any]:
        """Find the page of `kind` that `query` wants, best first, each row turned into what `result` makes of it.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database does not answer.
        """
        matcher = MATCHERS.get(kind)
        if matcher is None:
            return Page(0, [])
        with Session(self.engine) as session:
            scores, asked = self._scores(session, matcher, query)
            popular = self._hints.reads() if matcher.usage else {}
            best = heapq.nsmallest(query.offset + query.limit, scores, key=lambda key: (-_weighed(scores[key], popular.get(key, 0)), key))
            page = best[query.offset :]
            usage = self._usage(session, matcher, page)
            rows = self._load(session, kind, page, query.highlight)
            # A row may have gone between the statements.
            hits = [result(Found(rows[key], scores[key], usage.get(key, 0), asked)) for key in page if key in rows]
            return Page(min(len(scores), MAX_RESULTS), hits)

    def _least(self, session: Session) -> int:
        """Ask once for the characters that a word must have to be in an index: a setting of the server."""
        if not self._least_word:
            self._least_word = int(session.scalar(text("SELECT @@innodb_ft_min_token_size")))
        return self._least_word

    def _scores(self, session: Session, matcher: Matcher, query: Query) -> tuple[dict[str, float], tuple[Ask, ...]]:
        """Find what matches and how well, and say what was looked for."""
        least = self._least(session)
        searched = bool(query.term.strip())
        allowed = self._allowed(session, matcher, query.filters, least, every=searched)
        if not searched:
            keys = allowed if allowed is not None else {key for (key,) in unpacked(session.scalar(matcher.everything()))}
            return dict.fromkeys(keys, 0), ()
        scores: dict[str, float] = {}
        asked = asks(query.term, least) if allowed != set() else []
        whole = " ".join(words_of(query.term))
        for ask in asked:
            self._look(session, matcher, ask, whole, 1, allowed, scores)
        near = self._hints.near(asked, least) if len(scores) < FEW else []
        for ask in near:
            self._look(session, matcher, ask, "", NEARLY, allowed, scores)
        return scores, (*asked, *near)

    @staticmethod
    def _allowed(session: Session, matcher: Matcher, filters: Sequence[Filter], least: int, every: bool) -> set[str] | None:
        """Find what the filters let through, every one or as many as a total is counted; None if there are none."""
        every = every or len(filters) > 1 or any(each.every for each in filters)
        allowed: set[str] | None = None
        for wanted in filters:
            of_values = [{key for (key,) in unpacked(session.scalar(matcher.filtered(wanted.field, value, least, every)))} for value in wanted.values]
            found = set.intersection(*of_values) if wanted.every else set.union(*of_values)
            allowed = found if allowed is None else allowed & found
        return allowed

    @staticmethod
    def _look(session: Session, matcher: Matcher, ask: Ask, whole: str, worth: float, allowed: set[str] | None, scores: dict[str, float]) -> None:
        """Add to the scores what something to look for is worth, from the source that matters most to the first where enough have it."""
        found: set[str] = set()
        few = allowed if allowed is not None and len(allowed) <= ENOUGH else None
        for source in matcher.sources:
            statement = source.statement(ask, whole, few, every=allowed is not None)
            for key, score, *_rest in unpacked(session.scalar(statement)) if statement is not None else ():
                if allowed is None or key in allowed:
                    scores[key] = scores.get(key, 0) + worth * float(score)
                    found.add(key)
            if len(found) >= ENOUGH:
                break

    @staticmethod
    def _usage(session: Session, matcher: Matcher, keys: Sequence[str]) -> dict[str, int]:
        statement = matcher.read(keys) if keys else None
        return {key: int(count) for key, count in unpacked(session.scalar(statement))} if statement is not None else {}

    @staticmethod
    def _load(session: Session, kind: Kind, keys: Sequence[str], highlight: bool) -> dict[str, Any]:
        model, options = _LOADED[kind]
        if not keys:
            return {}
        more = _SHOWN.get(kind, ()) if highlight else ()
        return {row.rk: row for row in session.query(model).options(*options, *more).filter(model.rk.in_(keys))}
