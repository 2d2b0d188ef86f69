# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is searched for, free of any API's and any engine's form."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

MAX_RESULTS = 10_000
"""A total is counted so far, as Elasticsearch does."""

_ESCAPED = str.maketrans({"!": "!!", "%": "!%", "_": "!_"})
_WILDCARDS = str.maketrans({"*": "%", "?": "_"})

LIKE_ESCAPE = "!"
"""The escape character in patterns that `like` makes; not a backslash, whose meaning depends on sql_mode."""

Hit = TypeVar("Hit")


class Kind(Enum):
    """A kind of resource, by its name in Amundsen's API."""

    TABLE = "table"
    DASHBOARD = "dashboard"
    FEATURE = "feature"
    USER = "user"


@dataclass(frozen=True)
class Filter:
    """One of `values` (each of them, if `every`) must be the field's; `*` and `?` are wildcards."""

    field: str
    values: tuple[str, ...]
    every: bool = False


@dataclass(frozen=True)
class Query:
    """A word of `term` must be found, and every filter match. Results `offset` to `offset + limit` are wanted."""

    term: str = ""
    filters: tuple[Filter, ...] = ()
    offset: int = 0
    limit: int = 10
    highlight: bool = False


@dataclass(frozen=True)
class Page(Generic[Hit]):
    """Some of the hits, best first, and the number of all."""

    total: int
    hits: list[Hit]


def like(text: str) -> str:
    """Make a LIKE pattern of `text`: `*` and `?` are wildcards, everything else stands for itself."""
    return text.translate(_ESCAPED).translate(_WILDCARDS)


def paging(page_index: int, page_size: int) -> tuple[int, int]:
    """Give offset and limit of a page. Page -1 is everything, up to MAX_RESULTS."""
    if page_index < 0:
        return 0, MAX_RESULTS
    limit = min(max(page_size, 0), MAX_RESULTS)
    return min(page_index * limit, 2**31), limit
