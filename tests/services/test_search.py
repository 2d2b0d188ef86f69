# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search service over HTTP: v1 as the frontend 3.13.0 calls it, v2 as 4.3.0 does."""

from __future__ import annotations

import re
import urllib.parse
from typing import Any

import pytest
from stack import Database, Service

TABLES = 45  # upstream's 44, and one for the words of columns
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
    """The name that is all of the term, names with the word, then what has it elsewhere; of the alike, what is read most."""
    found = names(search, "/search?query_term=orders&page_index=0")
    assert found[:3] == ["orders", "fct_orders", "order_items"]
    assert found[3] == "daily_revenue"  # a column
    assert set(found[4:]) == {"dim_customers", "products", "fct_sessions"}  # a column's description


@pytest.mark.parametrize(
    ("term", "first", "all_of_them"),
    [
        ("FCT_ORDERS", "fct_orders", None),
        ("core.fct_sessions", "fct_sessions", None),
        ("segment", "dim_customers", {"dim_customers"}),  # a column, and a description
        ("completeness", "fct_orders", {"fct_orders"}),  # a description
        ("logs in with", "customers", None),  # a column's description
        ("marketing", "dim_customers", None),  # a description, and a tag
        ("sales night", "fct_orders", None),  # the more words, the better
        ("fct_*ers", "fct_orders", {"fct_orders"}),
        ("?im_*", "dim_customers", {"dim_customers", "dim_products"}),
        ("cust*", "dim_customers", {"customers", "dim_customers", "orders", "fct_orders"}),  # words that begin so, anywhere
        ("ordering", "fct_orders", None),  # another form of the word
        ("custmoers", "dim_customers", None),  # nearly the same
        ("in", None, set()),  # of every sentence
        ("kubernetes", None, set()),
        ("   ", None, set()),
    ],
)
def test_term(search: Service, term: str, first: str | None, all_of_them: set[str] | None) -> None:
    found = names(search, f"/search?query_term={urllib.parse.quote(term)}&page_index=0")
    assert next(iter(found), None) == first
    if all_of_them is not None:
        assert set(found) == all_of_them


def test_result_is_what_the_frontend_reads(search: Service) -> None:
    table = search.get("/search?query_term=fct_orders&page_index=0").json["results"][0]
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
    assert filtered(search, column=["customer_id"]) == filtered(search, column=["CUSTOMER?i*"]) == {"orders", "customers", "dim_customers", "fct_orders"}
    assert filtered(search, column=["id"]) == filtered(search, column=["order_id*order"]) == filtered(search, column=["order_id?customer_id"]) == set()
    assert [each["name"] for each in tables(search, "orders", schema=["core"])["results"]] == ["fct_orders", "dim_customers", "fct_sessions"]
    assert [each["name"] for each in tables(search, "orders", schema=["core"], badges=["gold"])["results"]] == ["fct_orders", "dim_customers"]


def test_pages_and_total(search: Service) -> None:
    first, second, beyond = (tables(search, page=page, cluster=["shop"]) for page in (0, 1, 10**12))
    assert [len(page["results"]) for page in (first, second, beyond)] == [10, 2, 0]
    assert {page["total_results"] for page in (first, second, beyond)} == {12}
    assert len({table["key"] for table in first["results"] + second["results"]}) == 12
    assert len(tables(search, page=-1, cluster=["shop"])["results"]) == 12


@pytest.mark.parametrize(
    "text", ["''", '"', "' OR '1'='1", "x'; DROP TABLE users; -- ", "\\", "\\'", "%", "%%", "!", "!%", "`", "日本", "\x00", "/*", "%s", "%(x)s", "+", "-gold",
             "~*", "()", "@9", ">gold<"]
)  # fmt: skip
def test_special_characters_are_no_operators(search: Service, catalog: Database, text: str) -> None:
    answer = search.call("POST", "/search_table", {"page_index": 0, "query_term": text, "search_request": {"filters": {}}})
    assert answer.status == 200
    if not re.search("[a-zA-Z0-9]", text):
        assert answer.json["total_results"] == 0
    if "gold" in text:
        assert {each["name"] for each in answer.json["results"]} >= filtered(search, badges=["gold"])
    for field in ("key", "table", "schema", "column", "tag", "badges", "database", "cluster"):
        assert tables(search, **{field: [text]})["total_results"] == 0
    assert len(catalog.execute("SHOW TABLES")) == TABLES


def test_special_characters_are_found(search: Service, metadata: Service) -> None:
    path = "/table/postgres://shop.marts/low_stock/description"
    before = metadata.get(path).json["description"]
    assert metadata.call("PUT", path, {"description": "100%sure!now a_b C:\\d 'q' \"r\""}).status == 200
    for term in ("100%s", "sure!n", "a_b", ":\\d", "'q'", '"r"', "100*now", "a?b"):
        assert [each["name"] for each in tables(search, description=[f"*{term}*"])["results"]] == ["low_stock"], term
    for term in ("100%sure", "a_b", "C:\\d"):
        assert names(search, f"/search?query_term={urllib.parse.quote(term)}&page_index=0")[:1] == ["low_stock"], term
    assert metadata.call("PUT", path, {"description": before}).status == 200


def test_broken_json_is_refused(search: Service) -> None:
    assert search.call("POST", "/v2/search", raw=b"{").status == 400


def test_underscore_is_no_wildcard(search: Service) -> None:
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
    assert names(search, "/search?query_term=stock&index=table_search_index&page_index=0") == ["low_stock"]
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
    assert found["table"]["total_results"] == 5 and len(found["table"]["results"]) == 2
    assert found["dashboard"]["results"][0]["uri"] == "superset_dashboard://shop.Finance/Revenue"
    assert found["user"]["total_results"] == found["feature"]["total_results"] == 0
    every = [{"name": "tag", "values": ["orders", "sales"], "operation": "AND"}]
    assert {each["name"] for each in v2(search, resource_types=["table"], filters=every)["table"]["results"]} == {"orders", "fct_orders"}
    assert v2(search)["table"]["total_results"] == 12
    assert search.call("POST", "/v2/search", {"query_term": "x", "filters": [{"name": "tag", "values": ["x"], "operation": "NOT"}]}).status == 400
    edit = {"resource_key": FACTS, "resource_type": "table", "field": "tag", "value": "x", "operation": "add"}
    assert search.call("POST", "/v2/document", edit).status == 200


def test_highlights(search: Service, metadata: Service) -> None:
    """The frontend 4.3.0 puts them into its page as they are."""
    path = "/table/postgres://shop.marts/low_stock/description"
    before = metadata.get(path).json["description"]
    assert metadata.call("PUT", path, {"description": "Scarce <b>goods</b> & R"}).status == 200
    asked = {"query_term": "goods", "resource_types": ["table"]}
    (marked,) = v2(search, **asked, highlight_options={"table": {"enable_highlight": True}})["table"]["results"]
    assert marked["highlight"] == {"description": ["Scarce &lt;b&gt;<em>goods</em>&lt;/b&gt; &amp; R"]}
    (plain,) = v2(search, **asked)["table"]["results"]
    assert plain["highlight"] == {}
    assert metadata.call("PUT", path, {"description": before}).status == 200


def test_search_may_only_read(catalog: Database) -> None:
    assert [grant for grant in catalog.execute("SHOW GRANTS FOR amundsen_ro@'127.0.0.1'") if "amundsen" in grant][-1].startswith("GRANT SELECT ON `amundsen`.*")
