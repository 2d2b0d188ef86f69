"""A catalog as large as a company's, made up: rows for LOAD DATA, and what people would ask of it.

Words are as unevenly spread as in real catalogs: the hundred that every warehouse has, and 20,000 of the company's own; the n-th is
used as often as 1/n.
"""

# ruff: noqa: S311  (chance, not secrets)

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

COMMON = re.findall(
    r"\w+",
    """order customer product user account payment invoice event session item price amount status date time count total daily revenue sales campaign
    channel market region country city address email phone name type category group team store stock shipment delivery return refund tax discount
    coupon cart checkout page view click visit source target score rank model feature label version build deploy service request response error log
    metric alert host device browser app mobile web api key token hash""",
)
FILLING = re.findall(
    r"\w+", "the of and to in for a is that on with as by at from one each row this table contains data all when was not or it be are which every"
)
COLUMNS = re.findall(r"\w+", "id created_at updated_at name status type date ds user_id customer_id order_id description is_active amount country")
LAYERS = ["", "", "", "stg_", "dim_", "fct_", "raw_", "tmp_", "agg_"]
PUBLISHED = ("bench", 1)

Question = dict[str, Any]


class BigCatalog:
    """Writes the rows of so many tables, of 10 columns each, into a file per database table."""

    def __init__(self, tables: int) -> None:
        self.random = random.Random(7)
        self.tables = tables
        self.words = list(dict.fromkeys([*COMMON, *(self._word() for _ in range(25_000))]))[:20_000]
        self._weights = list(itertools.accumulate(1 / (rank + 2.7) for rank in range(len(self.words))))
        self.schemas: list[str] = []
        self.names: list[str] = []
        self.columns: list[str] = []
        self.sentences: list[str] = []
        self.tags: list[str] = []
        self.people: list[str] = []
        self.dashboards: list[str] = []

    def _word(self) -> str:
        syllables = (self.random.choice("bcdfghklmnprstvz") + self.random.choice("aeiou") for _ in range(self.random.randint(2, 4)))
        return "".join(syllables) + self.random.choice(["", "n", "r", "s", "t"])

    def _some(self, least: int, most: int) -> list[str]:
        return self.random.choices(self.words, cum_weights=self._weights, k=self.random.randint(least, most))

    def _sentence(self, least: int, most: int) -> str:
        words = [self.random.choice(FILLING) if self.random.random() < 0.4 else word for word in self._some(least, most)]
        return f"{' '.join(words).capitalize()}."

    def write(self, folder: Path) -> list[tuple[str, str]]:
        """Write the files, and give the database tables and their columns, in the order to load them."""
        files: dict[str, Any] = {}
        order: list[tuple[str, str]] = []

        def row(table: str, **values: Any) -> None:
            if table not in files:
                files[table] = (folder / table).open("w", encoding="utf-8")
                order.append((table, ", ".join([*values, "published_tag", "publisher_last_updated_epoch_ms"])))
            files[table].write("\t".join(map(str, [*values.values(), *PUBLISHED])) + "\n")

        self._surroundings(row)
        keys: set[str] = set()
        while len(keys) < self.tables:
            schema = self.random.choice(self.schemas)
            name = self.random.choice(LAYERS) + "_".join(self._some(2, 4))
            key = f"{schema}/{name}"
            if key not in keys:
                keys.add(key)
                self.names.append(name)
                self._table(row, schema, key, name)
        self._dashboards(row)
        for file in files.values():
            file.close()
        return order

    def _surroundings(self, row: Callable[..., None]) -> None:
        for database in ("hive", "postgres", "snowflake", "bigquery"):
            row("database_metadata", rk=f"database://{database}", name=database)
            for cluster in ("gold", "silver"):
                row("cluster_metadata", rk=f"{database}://{cluster}", name=cluster, database_rk=f"database://{database}")
                for name in {"_".join(self._some(1, 2)): None for _ in range(50)}:
                    self.schemas.append(f"{database}://{cluster}.{name}")
                    row("schema_metadata", rk=self.schemas[-1], name=name, cluster_rk=f"{database}://{cluster}")
        self.tags = list({"_".join(self._some(1, 2)): None for _ in range(1_500)})
        for tag in self.tags:
            row("tag", rk=tag, tag_type="default")
        for badge in ("gold", "beta", "pii"):
            row("badge", rk=badge, category="table_status")
        for number in range(2_000):
            first, last = (self.random.choice(self.words).title() for _ in range(2))
            self.people.append(f"{first}.{last}{number}@example.com".lower())
            row("users", rk=self.people[-1], email=self.people[-1], is_active=1, first_name=first, last_name=last, full_name=f"{first} {last}")

    def _table(self, row: Callable[..., None], schema: str, key: str, name: str) -> None:
        row("table_metadata", rk=key, name=name, is_view=0, schema_rk=schema)
        if self.random.random() < 0.8:
            self.sentences.append(self._sentence(6, 20))
            row("table_description", rk=f"{key}/_description", description_source="description", description=self.sentences[-1], table_rk=key)
        columns = [self.random.choice(COLUMNS) if self.random.random() < 0.35 else "_".join(self._some(1, 3)) for _ in range(self.random.randint(7, 14))]
        for number, column in enumerate(dict.fromkeys(columns)):
            self.columns.append(column)
            row("column_metadata", rk=f"{key}/{column}", name=column, type="bigint", sort_order=number, table_rk=key)
            if self.random.random() < 0.6:
                text = self._sentence(3, 8)
                row("column_description", rk=f"{key}/{column}/_d", description_source="description", description=text, column_rk=f"{key}/{column}")
        for tag in self.random.sample(self.tags, self.random.choice([0, 0, 1, 1, 2])):
            row("table_tag", table_rk=key, tag_rk=tag)
        if self.random.random() < 0.25:
            row("table_badge", table_rk=key, badge_rk=self.random.choice(["gold", "beta", "pii"]))
        row("table_owner", table_rk=key, user_rk=self.random.choice(self.people))
        if self.random.random() < 0.3:
            for user in self.random.sample(self.people, self.random.randint(1, 6)):
                row("table_usage", table_rk=key, user_rk=user, read_count=int(self.random.paretovariate(1)))

    def _dashboards(self, row: Callable[..., None]) -> None:
        cluster = "mode_dashboard://gold"
        row("dashboard_cluster", rk=cluster, name="gold")
        for number in range(200):
            row("dashboard_group", rk=f"{cluster}.{number}", name=" ".join(self._some(2, 2)).title(), cluster_rk=cluster)
        for number in range(self.tables // 20):
            key, name = f"{cluster}.{number % 200}/{number}", " ".join(self._some(2, 4)).title()
            self.dashboards.append(name)
            row("dashboard", rk=key, name=name, dashboard_group_rk=f"{cluster}.{number % 200}")
            row("dashboard_description", rk=f"{key}/_description", description=self._sentence(6, 20), dashboard_rk=key)
            row("dashboard_query", rk=f"{key}/query", id="1", name=" ".join(self._some(3, 3)), dashboard_rk=key)
            row("dashboard_chart", rk=f"{key}/query/chart", id="1", name=" ".join(self._some(3, 3)), query_rk=f"{key}/query")

    def questions(self, rounds: int) -> Iterator[tuple[str, Question]]:
        """Give what is asked, and what kind of question it is: of a hundred, so many of each kind."""
        chosen = random.Random(8)

        def word(texts: list[str]) -> str:
            return chosen.choice([each for each in chosen.choice(texts).lower().replace("_", " ").rstrip(".").split() if len(each) > 2] or ["order"])

        def mistyped() -> str:
            good = word(self.names)
            at = chosen.randrange(1, len(good))
            return good[: at - 1] + good[at] + good[at - 1] + good[at + 1 :]

        def filtered() -> Question:
            schema = chosen.choice(self.schemas).rpartition(".")[2]
            return chosen.choice(
                [{"schema": [schema]}, {"tag": [chosen.choice(self.tags)]}, {"column": [chosen.choice(self.columns)]}, {"table": [f"{word(self.names)}*"]}]
            )

        kinds: list[tuple[int, str, Callable[[], Question]]] = [
            (25, "a word of a name", lambda: {"term": word(self.names)}),
            (20, "a whole name", lambda: {"term": chosen.choice(self.names)}),
            (15, "two words", lambda: {"term": f"{word(self.names)} {word(self.names)}"}),
            (10, "a column", lambda: {"term": chosen.choice(self.columns)}),
            (10, "a word of a description", lambda: {"term": word(self.sentences)}),
            (5, "a typing error", lambda: {"term": mistyped()}),
            (5, "a filter", lambda: {"filters": filtered()}),
            (5, "a word and a schema", lambda: {"term": word(self.names), "filters": {"schema": [chosen.choice(self.schemas).rpartition(".")[2]]}}),
            (3, "a dashboard", lambda: {"term": word(self.dashboards), "kinds": ["dashboard"]}),
            (2, "a person", lambda: {"term": chosen.choice(self.people).partition(".")[0], "kinds": ["user"]}),
        ]
        for _ in range(rounds):
            for often, kind, question in kinds:
                for _ in range(often):
                    yield kind, question()
