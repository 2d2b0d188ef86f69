# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search service on a real Elasticsearch, over HTTP as both frontends call it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from stack import PASSWORD, Service, free_port, wait_for
from stores import Elasticsearch, Neo4j, gate, on_store

ORDERS = "postgres://shop.core/fct_orders"
RETURNS = "postgres://shop.core/returns"


def table_v1(key: str, description: str, tags: list[str]) -> dict[str, Any]:
    return {
        "key": key, "name": key.rpartition("/")[2], "schema": "core", "database": "postgres", "cluster": "shop", "description": description,
        "column_names": ["id"], "column_descriptions": [], "tags": tags, "badges": [], "display_name": key, "total_usage": 3,
        "last_updated_timestamp": 1, "programmatic_descriptions": [], "schema_description": None,
    }  # fmt: skip


def index_v1(elasticsearch: Elasticsearch) -> None:
    """Index a table in the form of databuilder's first publisher."""
    words = {"type": "text", "fields": {"raw": {"type": "keyword"}}}
    fields = dict.fromkeys(("name", "schema", "database", "cluster", "column_names"), words)
    fields |= {"description": {"type": "text"}, "column_descriptions": {"type": "text"}, "total_usage": {"type": "long"}}
    fields |= {name: {"type": "keyword"} for name in ("key", "tags", "badges")}
    elasticsearch.call("PUT", "/tables1", {"mappings": {"properties": fields}, "aliases": {"table_search_index": {}}})
    elasticsearch.bulk("table_search_index", [table_v1(ORDERS, "Each order.", ["sales"]), table_v1(RETURNS, "What came back.", ["R&D (new)"])])


def index_v2(elasticsearch: Elasticsearch) -> None:
    """Index a table in the form of databuilder's SearchMetadatatoElasticasearchTask."""
    words = {"type": "text", "fields": {"keyword": {"type": "keyword"}}, "term_vector": "with_positions_offsets", "analyzer": "words"}
    columns = {**words, "fields": {"keyword": {"type": "keyword"}, "general": {"type": "text", "analyzer": "words", "term_vector": "with_positions_offsets"}}}
    fields = dict.fromkeys(("key", "name", "schema", "database", "cluster", "description", "tags", "badges", "column_descriptions"), words)
    fields |= {"columns": columns, "usage": {"type": "rank_features"}, "resource_type": {"type": "keyword"}}
    analysis = {
        "analyzer": {"words": {"type": "custom", "tokenizer": "split", "filter": ["lowercase"]}},
        "tokenizer": {"split": {"type": "pattern", "pattern": "[^a-zA-Z0-9]"}},
    }
    mappings = {"_meta": {"version": 2}, "properties": fields}
    elasticsearch.call("PUT", "/tables2", {"mappings": mappings, "settings": {"analysis": analysis}, "aliases": {"table_search_index_v2_1": {}}})
    documents = [
        {"key": key, "name": key.rpartition("/")[2], "schema": "core", "database": "postgres", "cluster": "shop", "description": text, "columns": ["id"],
         "tags": tags, "usage": {"total_usage": 3, "unique_usage": 1}, "resource_type": "table"}
        for key, text, tags in ((ORDERS, "Each order.", ["sales"]), (RETURNS, "What came back.", []))
    ]  # fmt: skip
    elasticsearch.bulk("table_search_index_v2_1", documents)


@pytest.fixture(scope="module")
def search(elasticsearch: Elasticsearch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = on_store("search", "elasticsearch", tmp_path_factory.mktemp("search"), f"http://127.0.0.1:{elasticsearch.port}")
    yield service
    service.stop()


@pytest.fixture(scope="module")
def catalog(elasticsearch: Elasticsearch, search: Service) -> Service:
    """A service that was asked while there was no index."""
    assert search.get("/search?query_term=orders").json == {"total_results": 0, "results": []}
    assert v2(search, query_term="orders")["table"] == {"total_results": 0, "results": []}
    index_v1(elasticsearch)
    index_v2(elasticsearch)
    return search


def v2(search: Service, **body: Any) -> Any:
    answer = search.call("POST", "/v2/search", {"query_term": "", "page_index": 0, "results_per_page": 10, "filters": [], "highlight_options": {}, **body})
    assert answer.status == 200, answer.text
    return answer.json["results"]


def names_v2(search: Service, term: str = "", tag: str = "") -> list[str]:
    filters = [{"name": "tag", "values": [tag], "operation": "AND"}] if tag else []
    return sorted(each["table"] for each in v2(search, query_term=term, filters=filters)["table"]["results"])


def names_v1(search: Service, term: str = "", **filters: list[str]) -> list[str]:
    answer = search.call("POST", "/search_table", {"page_index": 0, "query_term": term, "search_request": {"type": "AND", "filters": filters}})
    assert answer.status == 200, answer.text
    return sorted(each["name"] for each in answer.json["results"])


def test_index_made_later_is_found(catalog: Service) -> None:
    assert catalog.get("/healthcheck").json == {"status": "ok", "checks": {"elasticsearch": {"status": "ok"}}}
    assert [table["key"] for table in catalog.get("/search?query_term=order&page_index=0").json["results"]] == [ORDERS]
    found = v2(catalog, query_term="orders", resource_types=["user", "dashboard", "table"], highlight_options={"table": {"enable_highlight": True}})
    assert (found["user"]["total_results"], found["dashboard"]["total_results"]) == (0, 0)
    (table,) = found["table"]["results"]
    assert (table["key"], table["highlight"]["name"]) == (ORDERS, ["fct_<em>orders</em>"])


@pytest.mark.parametrize(
    ("term", "names"), [("ret*", ["returns"]), ("*_ORDERS", ["fct_orders"]), ("f?t ea*", ["fct_orders"]), ("zz*", []), ("core* *", ["fct_orders", "returns"])]
)
def test_wildcards_in_a_term(catalog: Service, term: str, names: list[str]) -> None:
    assert names_v2(catalog, term) == names


@pytest.mark.parametrize("term", ["orders)", "a AND", "[x", '"', "R&D", "\\", "a*(", "~*"])
def test_signs_in_a_term_are_no_operators(catalog: Service, term: str) -> None:
    names_v2(catalog, term)
    names_v1(catalog, term)


def test_filters_of_v1_are_whole_values(catalog: Service) -> None:
    assert names_v1(catalog, key=[ORDERS]) == ["fct_orders"]
    assert names_v1(catalog, tag=["R&D (new)"]) == ["returns"]
    assert names_v1(catalog, tag=["R&D other"]) == []
    assert names_v1(catalog, "order", tag=["sa*"]) == ["fct_orders"]


def test_wrong_filter_and_page(catalog: Service) -> None:
    assert catalog.call("POST", "/v2/search", {"query_term": "", "filters": [{"name": "tag", "values": ["x"], "operation": "NOT"}]}).status == 400
    assert catalog.call("POST", "/v2/search", {"query_term": "x", "page_index": 5000, "results_per_page": 10}).status == 400


def document(operation: str, value: str | None, field: str = "tag", key: str = RETURNS) -> dict[str, Any]:
    return {"resource_key": key, "resource_type": "table", "field": field, "value": value, "operation": operation}


def test_tag_through_v2(catalog: Service) -> None:
    """As the frontend 4.3.0 does; v1's index has it too."""
    for _ in range(2):
        assert catalog.call("POST", "/v2/document", document("add", "late")).status == 200
    assert names_v2(catalog, tag="late") == ["returns"]
    assert names_v1(catalog, tag=["late"]) == ["returns"]
    (table,) = v2(catalog, query_term="returns")["table"]["results"]
    assert table["tag"] == ["late"]
    assert catalog.call("DELETE", "/v2/document", document("add", "late")).status == 200
    assert names_v2(catalog, tag="late") == [] == names_v1(catalog, tag=["late"])


def test_tags_at_once_are_all_kept(catalog: Service) -> None:
    tags = [f"t{number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert {answer.status for answer in pool.map(lambda tag: catalog.call("POST", "/v2/document", document("add", tag)), tags)} == {200}
    (table,) = v2(catalog, query_term="returns")["table"]["results"]
    assert sorted(table["tag"]) == tags
    assert catalog.call("DELETE", "/v2/document", document("add", None)).status == 200


def test_description_through_v2(catalog: Service) -> None:
    assert catalog.call("POST", "/v2/document", document("overwrite", "Sent back by zebras.", "description")).status == 200
    assert names_v2(catalog, "zebras") == ["returns"]
    assert [table["name"] for table in catalog.get("/search?query_term=zebras&page_index=0").json["results"]] == ["returns"]


def test_description_edited_in_neo4j(elasticsearch: Elasticsearch, catalog: Service, neo4j: Neo4j, tmp_path: Path) -> None:
    """The frontends do not tell the search service of it: the metadata service does; the edit stands if it cannot."""
    store = ("metadata", "neo4j", tmp_path, f"bolt://127.0.0.1:{neo4j.bolt}", "neo4j", PASSWORD)
    customers = "postgres://shop.core/customers"
    elasticsearch.bulk("table_search_index", [table_v1(customers, "Old.", [])])
    for search_url, words, found in (
        (f"http://127.0.0.1:{catalog.port}", "Of a walrus.", ["customers"]),
        (f"http://127.0.0.1:{free_port()}", "Of a lynx.", []),
    ):
        with on_store(*store, AMUNDSEN_SEARCH_URL=search_url) as metadata:
            assert metadata.call("PUT", f"/table/{customers}/description", {"description": words}).status == 200
            assert metadata.get(f"/table/{customers}").json["description"] == words
            assert [table["name"] for table in catalog.get(f"/search?query_term={words.split()[-1][:-1]}&page_index=0").json["results"]] == found


def test_what_is_not_indexed_is_left(catalog: Service) -> None:
    answer = catalog.call("POST", "/v2/document", document("add", "x", key="postgres://shop.core/none"))
    assert answer.status == 200 and "no index" in answer.json["msg"]


def test_tag_through_v1(catalog: Service) -> None:
    """As the frontend 3.13.0 does: find the table by its key, change its tags, send it back."""
    body = {"page_index": 0, "query_term": "", "search_request": {"type": "AND", "filters": {"key": [ORDERS]}}}
    (table,) = catalog.call("POST", "/search_table", body).json["results"]
    table["tags"].append({"tag_name": "fresh"})
    assert catalog.call("PUT", "/document_table", {"data": [table]}).status == 200
    assert names_v1(catalog, tag=["fresh"]) == ["fct_orders"]


CALLS = (
    ("GET", "/healthcheck"),
    ("GET", "/search?query_term=orders"),
    ("POST", "/v2/search", {"query_term": "x"}),
    ("POST", "/v2/document", document("add", "x")),
)


def test_password_and_tls(elasticsearch: Elasticsearch, catalog: Service, tmp_path: Path) -> None:
    """Behind a gate that lets one user in: this build of the server knows no users."""
    with gate(elasticsearch.port, "amundsen", PASSWORD, tmp_path) as (url, authority):

        def start(password: str, **more: str) -> Service:
            return on_store("search", "elasticsearch", tmp_path, url, "amundsen", password, **more)

        with start(PASSWORD) as unknown:
            assert "a certificate that is not trusted" in unknown.get("/healthcheck").text
        with start(PASSWORD, AMUNDSEN_CA_FILE=authority) as right:
            assert right.get("/healthcheck").status == 200
            assert names_v2(right, "orders") == ["fct_orders"]
            assert PASSWORD not in right.log.read_text()
        with start("wrong-word", AMUNDSEN_CA_FILE=authority) as wrong:
            for call in CALLS:
                answer = wrong.call(*call)
                assert answer.status == 503 and "Elasticsearch refuses this user" in answer.text
            assert "wrong-word" not in wrong.log.read_text()


def test_killed_in_the_middle_of_writes(elasticsearch: Elasticsearch, catalog: Service) -> None:
    """Upstream answers 200 and finds nothing while the server is down."""
    kept: list[str] = []
    failed: set[int] = set()
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            status = catalog.call("POST", "/v2/document", document("add", f"k{number}", key=ORDERS)).status
            kept.append(f"k{number}") if status == 200 else failed.add(status)

    writer = threading.Thread(target=write)
    writer.start()
    wait_for(lambda: len(kept) > 10, "writes")
    elasticsearch.kill()
    try:
        for call in (
            ("GET", "/healthcheck"),
            ("GET", "/search?query_term=orders"),
            ("POST", "/v2/search", {"query_term": "x"}),
            ("POST", "/v2/document", document("add", "x")),
        ):
            answer = catalog.call(*call)
            assert answer.status == 503 and "Elasticsearch does not answer" in answer.text
    finally:
        stop.set()
        writer.join()
        elasticsearch.start()
    wait_for(lambda: catalog.get("/healthcheck").status == 200, "health")
    (table,) = v2(catalog, query_term="orders")["table"]["results"]
    assert set(kept) - set(table["tag"]) == set()
    assert failed == {503}


def test_no_searches_in_the_log(catalog: Service) -> None:
    log = catalog.log.read_text()
    assert "zebras" not in log and "deprecated" not in log and "DEBUG" not in log
