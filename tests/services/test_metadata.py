# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The metadata service over HTTP, called as the frontends call it. Most of these fail with upstream's own classes."""

from __future__ import annotations

import pytest
from stack import Database, Service

ORDERS = "postgres://shop.raw/orders"
FACTS = "postgres://shop.core/fct_orders"


def test_table(metadata: Service) -> None:
    table = metadata.get(f"/table/{FACTS}").json
    assert (table["schema"], table["name"], table["is_view"]) == ("core", "fct_orders", False)
    assert [column["name"] for column in table["columns"]] == ["order_id", "customer_id", "ordered_on", "items", "revenue_eur"]
    assert [(owner["email"], owner["full_name"]) for owner in table["owners"]] == [("ada@example.com", "Ada Okafor"), ("demo@amundsen.test", "Demo User")]
    assert [(reader["user"]["email"].split("@")[0], reader["read_count"]) for reader in table["table_readers"]] == [
        ("ben", 61), ("ada", 25), ("chiara", 19), ("emil", 12), ("demo", 9)]  # fmt: skip
    assert metadata.get("/table/postgres://shop.raw/none").status == 404


def test_tag_without_a_content_type(metadata: Service) -> None:
    assert metadata.call("PUT", f"/table/{ORDERS}/tag/fresh").status == 200
    assert {"tag_name": "fresh", "tag_type": "default"} in metadata.get(f"/table/{ORDERS}").json["tags"]
    assert metadata.call("DELETE", f"/table/{ORDERS}/tag/fresh").status == 200
    assert "fresh" not in metadata.get(f"/table/{ORDERS}").text
    assert metadata.get(f"/table/{ORDERS}/lineage").status == 200


def test_user_is_made_and_changed(metadata: Service, catalog: Database) -> None:
    assert metadata.call("PUT", "/user", {}).status == 400
    assert metadata.call("PUT", "/user", {"email": "new@example.com", "full_name": "New"}).status == 201
    assert metadata.call("PUT", "/user", {"email": "new@example.com", "full_name": "Newer"}).status == 200
    assert metadata.get("/user/new@example.com").json["full_name"] == "Newer"
    catalog.execute("DELETE FROM users WHERE rk = 'new@example.com'")


@pytest.mark.parametrize("text", ["Plain words.", "Ünïcode, 日本語, 🙂", "'; DROP TABLE users; -- \\ \" % _", ""])
def test_description(metadata: Service, text: str) -> None:
    assert metadata.call("PUT", f"/table/{ORDERS}/description", {"description": text}).status == 200
    assert metadata.get(f"/table/{ORDERS}").json["description"] == text
    assert metadata.call("PUT", f"/table/{ORDERS}/column/status/description", {"description": text}).status == 200
    assert metadata.get(f"/table/{ORDERS}/column/status/description").json["description"] == text


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/user/nobody@example.com", None),
        ("GET", "/user/0", None),
        ("GET", "/feature/group/name/1", None),
        ("GET", "/dashboard/superset_dashboard://shop.Finance/None", None),
        ("PUT", "/table/postgres://shop.raw/none/description", {"description": "x"}),
        ("PUT", "/table/postgres://shop.raw/none/tag/x", None),
    ],
)
def test_what_is_not_there_is_404(metadata: Service, method: str, path: str, body: object) -> None:
    answer = metadata.call(method, path, body)
    assert answer.status == 404
    assert "does not exist" in answer.text or "No dashboard exist" in answer.text or "is not added" in answer.text


def test_what_the_catalog_cannot_hold_is_400(metadata: Service) -> None:
    assert metadata.call("PUT", f"/table/{ORDERS}/tag/日本").status == 400
    assert metadata.call("PUT", f"/table/{ORDERS}/tag/{'x' * 200}").status == 400


def test_popular_tables(metadata: Service) -> None:
    popular = metadata.get("/popular_resources/?limit=4&types=table,dashboard").json
    assert [table["name"] for table in popular["Table"]] == ["fct_orders", "dim_customers", "daily_revenue", "orders"]
    assert [dashboard["name"] for dashboard in popular["Dashboard"]] == ["Revenue"]
    mine = metadata.get("/popular_resources/demo@amundsen.test?limit=4&types=table").json
    assert [table["name"] for table in mine["Table"]] == ["fct_orders", "dim_customers"]


def test_tags_count_each_resource_once(metadata: Service, catalog: Database) -> None:
    """With `sales` on four tables and two dashboards upstream counts 4 x 2 twice."""
    catalog.execute(
        "INSERT INTO dashboard SELECT 'b_dashboard://b.b/b', name, created_timestamp, dashboard_url, dashboard_group_rk, published_tag, "
        "publisher_last_updated_epoch_ms FROM dashboard; INSERT INTO dashboard_tag (dashboard_rk, tag_rk) VALUES ('b_dashboard://b.b/b', 'sales')"
    )
    counts = {tag["tag_name"]: tag["tag_count"] for tag in metadata.get("/tags/").json["tag_usages"]}
    catalog.execute("DELETE FROM dashboard WHERE rk = 'b_dashboard://b.b/b'")
    assert (counts["sales"], counts["finance"], counts["customers"]) == (6, 2, 2)


def test_owner_becomes_a_user(metadata: Service, catalog: Database) -> None:
    assert metadata.call("PUT", f"/table/{ORDERS}/owner/owner@example.com").status == 200
    assert metadata.get("/user/owner@example.com").json["is_active"] is True
    assert [table["name"] for table in metadata.get("/user/owner@example.com/own/").json["table"]] == ["orders"]
    assert metadata.call("DELETE", f"/table/{ORDERS}/owner/owner@example.com").status == 200
    catalog.execute("DELETE FROM users WHERE rk = 'owner@example.com'")


def test_bookmark(metadata: Service) -> None:
    path = f"/user/emil@example.com/follow/table/{ORDERS}"
    assert metadata.call("PUT", path).status == 200
    assert [table["name"] for table in metadata.get("/user/emil@example.com/follow/").json["table"]] == ["orders"]
    assert metadata.call("DELETE", path).status == 200
    assert metadata.get("/user/emil@example.com/follow/").json["table"] == []


def test_lineage(metadata: Service) -> None:
    lineage = metadata.get(f"/table/{FACTS}/lineage?depth=2&direction=both").json
    assert {table["key"] for table in lineage["upstream_entities"] if table["level"] == 1} == {
        ORDERS, "postgres://shop.raw/order_items", "postgres://shop.core/dim_customers"}  # fmt: skip
    assert {table["key"].rpartition("/")[2] for table in lineage["downstream_entities"]} == {"daily_revenue", "campaign_results", "low_stock"}
