# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search service's proxy on Elasticsearch: both of its APIs, with upstream's faults mended. Named by ES_PROXY_CLIENT."""

from __future__ import annotations

import logging
import re
from typing import Any

from amundsen_common.models.api.health_check import HealthCheck
from amundsen_common.models.search import Filter, HighlightOptions, SearchResponse
from elasticsearch.exceptions import TransportError
from elasticsearch_dsl import MultiSearch, Q, Search
from flask import current_app
from search_service.proxy.elasticsearch import ElasticsearchProxy as V1
from search_service.proxy.es_proxy_utils import Resource, create_search_response
from search_service.proxy.es_proxy_v2_1 import ElasticsearchProxyV2_1 as V2
from werkzeug.exceptions import BadRequest

from amundsen_services.stores import elasticsearch

_LOG = logging.getLogger(__name__)

# Of a query_string, all but the wildcards; < and > cannot be escaped.
_RESERVED = str.maketrans({**{sign: f"\\{sign}" for sign in r'+-=&|!(){}[]^"~:\/'}, "<": "", ">": ""})
_WILDCARD = re.compile(r"[*?]")


def _plain(term: str) -> str:
    """Make of a term one of a query_string that has no operators: `AND` is one, `and` is none."""
    return term.lower().translate(_RESERVED)


_EDIT = """
def now = ctx._source[params.field];
if (params.operation == 'overwrite') {
    ctx._source[params.field] = now instanceof List ? [params.value] : params.value;
} else {
    List all = now instanceof List ? new ArrayList(now) : new ArrayList();
    all.removeIf(each -> params.value == null || each == params.value);
    if (params.operation == 'add') { all.add(params.value); }
    ctx._source[params.field] = all;
}
"""


class ElasticsearchProxy(V1, V2):  # type: ignore[misc]  # untyped
    """v1 reads `{resource}_search_index`, v2 `{resource}_search_index_v2_1`; an edit changes both.

    Each method here replaces one of upstream's, and says what was wrong with it.
    """

    ESCAPE_CHARS = _RESERVED | str.maketrans({" ": r"\ "})
    """Of a filter's value: upstream's takes some for operators, and a blank for an OR."""

    def __new__(cls, **_: Any) -> ElasticsearchProxy:
        """Be one class, for v1 and for v2; upstream's v2 asks the server for its indices to choose one, for ever."""
        return object.__new__(cls)

    def __init__(self, *, page_size: int = 10, **_: Any) -> None:
        self.elasticsearch = elasticsearch.connect(current_app.config["STORE"])
        self.page_size = page_size

    def health(self) -> HealthCheck:
        """Ask the cluster, and say what is wrong; upstream's names a class and dies of a wrong password."""
        return elasticsearch.health(self.elasticsearch)

    # v1: what the frontend 3.13.0 calls.

    def _search_helper(self, *, client: Search, **more: Any) -> Any:
        """Find nothing in an index that is not there yet; upstream's answers 500."""
        return super()._search_helper(client=client.params(ignore_unavailable=True), **more)

    @staticmethod
    def parse_query_term(query_term: str, index: str) -> str:
        """Take a term's brackets and the like as they are; upstream's takes them for operators."""
        return str(V1.parse_query_term(_plain(query_term), index))

    def _bulk_helper(self, actions: list[dict[str, Any]]) -> None:
        """Make an edit found at once, and fail if it fails; upstream's says that all is well."""
        answer = self.elasticsearch.bulk(body=actions, refresh=True)
        for item in answer["items"] if answer["errors"] else ():
            (result,) = item.values()
            if "error" in result:
                raise TransportError(result["status"], result["error"]["type"], result)

    # v2: what the frontend 4.3.0 calls.

    def search(
        self,
        *,
        query_term: str,
        page_index: int,
        results_per_page: int,
        resource_types: list[Resource],
        filters: list[Filter],
        highlight_options: dict[Resource, HighlightOptions],
    ) -> SearchResponse:
        """Fail if Elasticsearch does; upstream's finds nothing then, and mixes the kinds up if one has no index yet."""
        kinds = resource_types or self.PRIMARY_ENTITIES
        first = max(page_index, 0) * results_per_page
        searches = MultiSearch(using=self.elasticsearch)
        for kind in kinds:
            query = self._build_elasticsearch_query(resource=kind, query_term=query_term, filters=filters)
            search = Search(index=self.get_index_alias_for_resource(resource_type=kind)).query(query)[first : first + results_per_page]
            search = search.params(ignore_unavailable=True).extra(track_total_hits=True)
            searches = searches.add(self._search_highlight(kind, search, highlight_options or {}))
        return create_search_response(page_index, results_per_page, searches.execute(), kinds, self.RESOURCE_TO_MAPPING)

    def _build_must_query(self, resource: Resource, query_term: str) -> list[Q]:
        """Let a term have wildcards, each word of it in any of upstream's fields; upstream's has them in filters only."""
        if not _WILDCARD.search(query_term):
            return list(super()._build_must_query(resource, query_term))
        (matches,) = super()._build_must_query(resource, "any")
        fields = ["name.keyword", *(field for match in matches.should for field in match.to_dict()["match"])]
        return [Q("query_string", query=_plain(query_term), fields=fields, default_operator="AND", analyze_wildcard=True)]

    def _build_filters(self, resource: Resource, filters: list[Filter]) -> list[Q]:
        """Answer 400 for an operation that there is not; upstream's answers 500."""
        try:
            return list(super()._build_filters(resource, filters))
        except ValueError as error:
            raise BadRequest(str(error)) from error

    # Edits of the index, from either service after the catalog was edited.

    def _edit(self, kind: Resource, key: str, field: str, value: str | None, operation: str) -> str:
        """Edit a resource in every index that has it, in one step on the server: two edits at once are both kept."""
        name = self.RESOURCE_TO_MAPPING[kind].get(field, field).split(".")[0]
        current = self.get_index_alias_for_resource(resource_type=kind)
        script = {"source": _EDIT, "params": {"field": name, "value": value, "operation": operation}}
        edited = []
        for index, key_field in ((current, "key.keyword"), (f"{kind.name.lower()}_search_index", "key")):
            query = {"query": {"term": {key_field: key}}, "_source": False}
            for hit in self.elasticsearch.search(index=index, body=query, ignore_unavailable=True)["hits"]["hits"]:
                self.elasticsearch.update(index=hit["_index"], id=hit["_id"], body={"script": script}, retry_on_conflict=5, refresh=True)
                edited.append(index)
        if not edited:
            _LOG.warning("%s is in no index: search has it when it is indexed again", key)
        return f"changed {name} of {key} in {', '.join(edited) or 'no index'}"

    def update_document_by_key(self, *, resource_key: str, resource_type: Resource, field: str, value: str | None = None, operation: str = "add") -> str:
        """Write a value; upstream's finds no resource by its key."""
        return self._edit(resource_type, resource_key, field, value, operation)

    def delete_document_by_key(self, *, resource_key: str, resource_type: Resource, field: str, value: str | None = None) -> str:
        """Take a value away, or all; upstream's finds no resource by its key."""
        return self._edit(resource_type, resource_key, field, value, "remove")
