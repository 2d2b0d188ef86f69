# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search service's proxy on MariaDB: both of its APIs, over one search. Named by ES_PROXY_CLIENT."""

# ruff: noqa: D102  (upstream's BaseProxy describes its methods)

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from amundsen_common.models.api.health_check import HealthCheck
from amundsen_common.models.search import Filter as ApiFilter
from amundsen_common.models.search import HighlightOptions, SearchResponse
from flask import current_app
from search_service.api.dashboard import DASHBOARD_INDEX
from search_service.api.feature import FEATURE_INDEX
from search_service.api.table import TABLE_INDEX
from search_service.models.dashboard import SearchDashboardResult
from search_service.models.feature import SearchFeatureResult
from search_service.models.table import SearchTableResult
from search_service.models.user import SearchUserResult
from search_service.proxy.base import BaseProxy
from search_service.proxy.es_proxy_utils import Resource
from sqlalchemy import create_engine
from werkzeug.exceptions import BadRequest

from amundsen_services.database import health
from amundsen_services.search import results
from amundsen_services.search.catalog import Catalog, Found
from amundsen_services.search.matching import filterable
from amundsen_services.search.query import Filter, Kind, Query, paging

# A result of v1 and the form of one hit in it.
_V1: dict[Kind, tuple[type, Callable[[Found], Any]]] = {
    Kind.TABLE: (SearchTableResult, results.table),
    Kind.DASHBOARD: (SearchDashboardResult, results.dashboard),
    Kind.USER: (SearchUserResult, results.user),
    Kind.FEATURE: (SearchFeatureResult, lambda found: found),
}
_FILTERED = {TABLE_INDEX: Kind.TABLE, DASHBOARD_INDEX: Kind.DASHBOARD, FEATURE_INDEX: Kind.FEATURE}
_IN_PLACE = "nothing to do: search reads the catalog itself"


def _known(kind: Kind, filters: Sequence[Filter]) -> tuple[Filter, ...]:
    """Keep the filters that a kind of resource has; upstream's proxies ignore the others too."""
    return tuple(each for each in filters if each.field in filterable(kind))


class MariaDbSearchProxy(BaseProxy):  # type: ignore[misc]  # untyped
    """Searches the catalog's own tables. What edits an index has nothing to do: an edit is found at once."""

    def __init__(self, *, page_size: int = 10, **_: Any) -> None:
        self.page_size = page_size
        self.catalog = Catalog(create_engine(current_app.config["SQLALCHEMY_DATABASE_URI"], **current_app.config["SQLALCHEMY_ENGINE_OPTIONS"]))

    def health(self) -> HealthCheck:
        """Tell whether the database answers with the catalog's tables."""
        return health(self.catalog.engine)

    # v1: what the frontend 3.13.0 calls.

    def _find(self, kind: Kind, term: str, page_index: int, filters: Sequence[Filter] = ()) -> Any:
        result, form = _V1[kind]
        known = _known(kind, filters)
        if not term.strip() and not known:
            return result(total_results=0, results=[])
        offset, limit = paging(page_index, self.page_size)
        page = self.catalog.find(kind, Query(term, known, offset, limit), form)
        return result(total_results=page.total, results=page.hits)

    def fetch_table_search_results(self, *, query_term: str, page_index: int = 0, index: str = "") -> SearchTableResult:
        return self._find(Kind.TABLE, query_term, page_index)

    def fetch_dashboard_search_results(self, *, query_term: str, page_index: int = 0, index: str = "") -> SearchDashboardResult:
        return self._find(Kind.DASHBOARD, query_term, page_index)

    def fetch_feature_search_results(self, *, query_term: str, page_index: int = 0, index: str = "") -> SearchFeatureResult:
        return self._find(Kind.FEATURE, query_term, page_index)

    def fetch_user_search_results(self, *, query_term: str, page_index: int = 0, index: str = "") -> SearchUserResult:
        return self._find(Kind.USER, query_term, page_index)

    def fetch_search_results_with_filter(self, *, query_term: str, search_request: dict[str, Any], page_index: int = 0, index: str = "") -> Any:
        filters = []
        for field, values in (search_request.get("filters") or {}).items():
            given = tuple(str(value) for value in ([values] if isinstance(values, str) else values) if value)
            if given:
                filters.append(Filter(field, given))
        return self._find(_FILTERED[index or TABLE_INDEX], query_term or "", page_index, filters)

    # v2: what the frontend 4.3.0 calls.

    def search(
        self,
        *,
        query_term: str,
        page_index: int,
        results_per_page: int,
        resource_types: list[Resource],
        filters: list[ApiFilter],
        highlight_options: dict[Resource, HighlightOptions],
    ) -> SearchResponse:
        wanted = []
        for each in filters:
            if each.operation not in ("AND", "OR"):
                raise BadRequest(f"filter {each.name}: operation {each.operation!r} is neither AND nor OR")
            values = tuple(value for value in each.values if value)
            if values:
                wanted.append(Filter(each.name, values, every=each.operation == "AND"))
        offset, limit = paging(max(page_index, 0), results_per_page)
        found = {}
        for kind in [Kind[resource.name] for resource in resource_types] or list(Kind):
            options = highlight_options.get(Resource[kind.name])
            query = Query(query_term, _known(kind, wanted), offset, limit, bool(options and options.enable_highlight))
            page = self.catalog.find(kind, query, partial(results.v2, kind, highlight=query.highlight))
            found[kind.value] = {"results": page.hits, "total_results": page.total}
        return SearchResponse(msg="Success", page_index=page_index, results_per_page=results_per_page, results=found, status_code=200)

    # Edits of an index, from either frontend after it has edited the catalog.

    def create_document(self, *, data: list[Any], index: str = "") -> str:
        return _IN_PLACE

    def update_document(self, *, data: list[Any], index: str = "") -> str:
        return _IN_PLACE

    def delete_document(self, *, data: list[str], index: str = "") -> str:
        return _IN_PLACE

    def update_document_by_key(self, *, resource_key: str, resource_type: Resource, field: str, value: str | None = None, operation: str = "add") -> str:
        return _IN_PLACE

    def delete_document_by_key(self, *, resource_key: str, resource_type: Resource, field: str, value: str | None = None) -> str:
        return _IN_PLACE
