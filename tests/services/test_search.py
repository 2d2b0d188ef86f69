# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search service over HTTP: v1 as the frontend 3.13.0 calls it, v2 as 4.3.0 does."""

from __future__ import annotations

import urllib.parse
from typing import Any

import pytest
from stack import Database, Service

FACTS = "postgres://shop.core/fct_orders"


def names(service: Service, path: str) -> list[str]:
    return [each["name"] for each in service.get(path).json["results"]]


def tables(service: Service, term: str = "", page: int = 0, **filters: Any) -> Any:
    body = {"page_index": page, "query_term": term, "search_request": {"type": "AND", "filters": filters}}
    answer = service.call("POST", "/search_table", body)
    assert answer.status == 200, answer.text
    return answer.json


def filtered(service: Service, **filters: Any) -> set[str]:
    return {each["name"] for each in tables(service, **filters)["results"]}


def test_best_first(search: Service) -> None:
    assert names(search, "/search?query_term=orders&page_index=0") == ["orders", "fct_orders", "daily_revenue", "order_items"]


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("FCT_ORDERS", {"fct_orders"}),
        ("core.fct", {"fct_orders", "fct_sessions"}),
        ("segment", {"dim_customers"}),  # a column, and a description
        ("completeness", {"fct_orders"}),  # a description
        ("adress", set()),
        ("logs in with", {"customers"}),  # a column's description
        ("pii", {"customers"}),  # a badge
        ("marketing", {"campaign_results", "dim_customers"}),  # a tag, and a description
        ("sales night", {"fct_orders"}),  # every word, anywhere
        ("fct_*ers", {"fct_orders"}),
        ("   ", set()),
    ],
)
def test_term(search: Service, term: str, found: set[str]) -> None:
    assert set(names(search, f"/search?query_term={term}&page_index=0")) == found


def test_result_is_what_the_frontend_reads(search: Service) -> None:
    (table,) = search.get("/search?query_term=fct_orders&page_index=0").json["results"]
    expected = {"key": FACTS, "id": FACTS, "name": "fct_orders", "schema": "core", "cluster": "shop", "database": "postgres",
                "badges": [{"tag_name": "gold"}], "tags": [{"tag_name": "orders"}, {"tag_name": "sales"}], "total_usage": 126}  # fmt: skip
    assert {name: table[name] for name in expected} == expected
    assert table["description"].startswith("Every paid order") and table["last_updated_timestamp"] > 0


def test_filters(search: Service) -> None:
    assert filtered(search, schema=["marts"]) == {"daily_revenue", "campaign_results", "low_stock"}
    assert filtered(search, schema=["m*", "CORE"], tag=["sales"]) == {"fct_orders", "daily_revenue", "campaign_results"}
    assert filtered(search, table=["?im_*"]) == {"dim_customers", "dim_products"}
    assert filtered(search, table=["dim"]) == set()
    assert filtered(search, column=["*_eur"], badges=["gold"]) == {"fct_orders", "daily_revenue"}
    assert filtered(search, key=[FACTS]) == {"fct_orders"}
    assert filtered(search, database=["hive"]) == set()
    assert filtered(search, unknown=["x"]) == set()
    assert filtered(search, schema=["core"], unknown=["x"], table=[""]) == filtered(search, schema=["core"])
    assert [each["name"] for each in tables(search, "orders", schema=["core"])["results"]] == ["fct_orders"]


def test_pages_and_total(search: Service) -> None:
    first, second, beyond = (tables(search, page=page, cluster=["shop"]) for page in (0, 1, 10**12))
    assert [len(page["results"]) for page in (first, second, beyond)] == [10, 2, 0]
    assert {page["total_results"] for page in (first, second, beyond)} == {12}
    assert len({table["key"] for table in first["results"] + second["results"]}) == 12
    assert len(tables(search, page=-1, cluster=["shop"])["results"]) == 12


@pytest.mark.parametrize(
    "text", ["''", '"', "' OR '1'='1", "x'; DROP TABLE users; -- ", "\\", "\\'", "%", "%%", "!", "!%", "`", "日本", "\x00", "/*", "%s", "%(x)s"]
)
def test_special_characters_stand_for_themselves(search: Service, catalog: Database, text: str) -> None:
    answer = search.call("POST", "/search_table", {"page_index": 0, "query_term": text, "search_request": {"filters": {}}})
    assert answer.status == 200
    assert answer.json["total_results"] == 0
    for field in ("key", "table", "schema", "column", "tag", "badges", "database", "cluster"):
        assert tables(search, **{field: [text]})["total_results"] == 0
    assert len(catalog.execute("SHOW TABLES")) == 44


def test_special_characters_are_found(search: Service, metadata: Service) -> None:
    path = "/table/postgres://shop.marts/low_stock/description"
    before = metadata.get(path).json["description"]
    assert metadata.call("PUT", path, {"description": "100%sure!now a_b C:\\d 'q' \"r\""}).status == 200
    for term in ("100%s", "sure!n", "a_b", ":\\d", "'q'", '"r"', "100*now", "a?b"):
        assert [each["name"] for each in tables(search, description=[f"*{term}*"])["results"]] == ["low_stock"], term
        assert names(search, f"/search?query_term={urllib.parse.quote(term)}&page_index=0") == ["low_stock"], term
    assert metadata.call("PUT", path, {"description": before}).status == 200


def test_broken_json_is_refused(search: Service) -> None:
    assert search.call("POST", "/v2/search", raw=b"{").status == 400


def test_underscore_is_no_wildcard(search: Service) -> None:
    assert "customers" not in names(search, "/search?query_term=_ustomers&page_index=0")
    assert filtered(search, table=["fct_orders"]) == {"fct_orders"}
    assert filtered(search, table=["fct?orders"]) == {"fct_orders"}
    assert filtered(search, table=["f_t_orders"]) == set()


def test_term_with_an_ampersand(search: Service, metadata: Service) -> None:
    """The frontend 3.13.0 does not quote it."""
    path = "/table/postgres://shop.marts/low_stock/description"
    before = metadata.get(path).json["description"]
    assert metadata.call("PUT", path, {"description": "For R&D only."}).status == 200
    assert names(search, "/search?query_term=R&D&page_index=0") == ["low_stock"]
    assert names(search, "/search?query_term=R%26D&page_index=0") == ["low_stock"]
    assert search.get("/search?query_term=low_stock&index=table_search_index&page_index=0").json["total_results"] == 1
    assert metadata.call("PUT", path, {"description": before}).status == 200


def test_an_edit_is_found_at_once(search: Service, metadata: Service) -> None:
    """With the frontend's write-back, which has nothing left to do."""
    table = "postgres://shop.raw/web_events"
    assert metadata.call("PUT", f"/table/{table}/tag/telemetry").status == 200
    (found,) = tables(search, key=[table])["results"]
    assert search.call("PUT", "/document_table", {"data": {name: value for name, value in found.items() if value is not None}}).status == 200
    assert filtered(search, tag=["telemetry"]) == {"web_events"}
    assert names(search, "/search?query_term=telemetry&page_index=0") == ["web_events"]
    assert metadata.call("DELETE", f"/table/{table}/tag/telemetry").status == 200
    assert filtered(search, tag=["telemetry"]) == set()


def test_users(search: Service) -> None:
    answer = search.get("/search_user?query_term=okafor ada&page_index=0").json
    assert answer["total_results"] == 1
    user = answer["results"][0]
    assert (user["email"], user["display_name"], user["is_active"]) == ("ada@example.com", "Ada Okafor", True)
    assert search.get("/search_user?query_term=demo@amundsen.test&page_index=0").json["total_results"] == 1
    ben = search.get("/search_user?query_term=lindqvist&page_index=0").json["results"][0]
    assert (ben["manager_fullname"], ben["manager_email"]) == ("Ada Okafor", "ada@example.com")


def test_dashboards(search: Service) -> None:
    assert names(search, "/search_dashboard?query_term=revenue&page_index=0") == ["Revenue"]
    assert names(search, "/search_dashboard?query_term=orders by day&page_index=0") == ["Revenue"]  # a chart
    filters = {"product": ["super*"], "group_name": ["finance"], "name": ["Rev*"], "tag": ["sales"]}
    found = search.call("POST", "/search_dashboard_filter", {"page_index": 0, "query_term": "", "search_request": {"filters": filters}}).json
    assert [each["uri"] for each in found["results"]] == ["superset_dashboard://shop.Finance/Revenue"]
    assert found["results"][0]["last_successful_run_timestamp"] > 0
    filters["product"] = ["mode"]
    assert search.call("POST", "/search_dashboard_filter", {"query_term": "", "search_request": {"filters": filters}}).json["total_results"] == 0


def test_features_are_none(search: Service) -> None:
    assert search.get("/search_feature?query_term=x&page_index=0").json == {"total_results": 0, "results": []}
    body = {"page_index": 0, "query_term": "", "search_request": {"filters": {"entity": ["x"]}}}
    assert search.call("POST", "/search_feature_filter", body).json["total_results"] == 0


def v2(service: Service, **body: Any) -> Any:
    answer = service.call("POST", "/v2/search", {"query_term": "", "page_index": 0, "results_per_page": 10, "filters": [], "highlight_options": {}, **body})
    assert answer.status == 200, answer.text
    return answer.json["results"]


def test_v2(search: Service) -> None:
    found = v2(search, query_term="revenue", resource_types=["table", "dashboard", "user", "feature"], results_per_page=2)
    assert found["table"]["total_results"] == 3 and len(found["table"]["results"]) == 2
    assert found["dashboard"]["results"][0]["uri"] == "superset_dashboard://shop.Finance/Revenue"
    assert found["user"]["total_results"] == found["feature"]["total_results"] == 0
    every = [{"name": "tag", "values": ["orders", "sales"], "operation": "AND"}]
    assert {each["name"] for each in v2(search, resource_types=["table"], filters=every)["table"]["results"]} == {"orders", "fct_orders"}
    assert v2(search)["table"]["total_results"] == 12
    assert search.call("POST", "/v2/search", {"query_term": "x", "filters": [{"name": "tag", "values": ["x"], "operation": "NOT"}]}).status == 400
    edit = {"resource_key": FACTS, "resource_type": "table", "field": "tag", "value": "x", "operation": "add"}
    assert search.call("POST", "/v2/document", edit).status == 200


def test_search_may_only_read(catalog: Database) -> None:
    assert [grant for grant in catalog.execute("SHOW GRANTS FOR amundsen_ro@'127.0.0.1'") if "amundsen" in grant][-1].startswith("GRANT SELECT ON `amundsen`.*")
