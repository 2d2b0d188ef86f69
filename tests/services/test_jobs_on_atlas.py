# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loading and exporting on a real Atlas, seen through the services."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from stack import PASSWORD, Database, MariaDb, Service
from stores import Atlas, Elasticsearch, jobs_on, on_store

ME = "demo@amundsen.test"
ORDERS = "postgres://shop.core/fct_orders"
HIVE = "hive_table://shop.core/orders"
# What Atlas has no place for.
LEFT_OUT = ("table_last_updated",)
# Beside the sample catalog.
MORE = {
    "source": "db_name,cluster,schema,table_name,source\npostgres,shop,core,fct_orders,https://git.example.com/orders.sql\n",
    "application": "db_name,cluster,schema,table_name,application_url_template,application_type,application_id,description\n"
    "postgres,shop,core,fct_orders,https://jobs.example.com/7,Jobs,7,Nightly.\n",
    "column_lineage": "source_column_key,target_column_key\npostgres://shop.raw/orders/order_id,postgres://shop.core/fct_orders/order_id\n",
    "table": "database,cluster,schema,name,description\npostgres,shop,raw,odd,0815\n",
}


class Catalog:
    def __init__(self, atlas: Atlas, elasticsearch: Elasticsearch, home: Path) -> None:
        self._places = atlas, elasticsearch, home

    def jobs(self, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        return jobs_on(*self._places, *arguments, **{"AMUNDSEN_SAMPLE_USER": ME, **more})


@pytest.fixture(scope="module")
def catalog(atlas: Atlas, atlas_metadata: Service, elasticsearch: Elasticsearch, tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The sample catalog, and the tables of Hive's hook."""
    catalog = Catalog(atlas, elasticsearch, tmp_path_factory.mktemp("jobs"))
    assert outcome(catalog.jobs("sample-data")) == {"changed": True, "tables": 12}
    return catalog


def outcome(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout.splitlines()[-1])


def test_the_metadata_service_shows_the_sample(catalog: Catalog, atlas_metadata: Service) -> None:
    table = atlas_metadata.get(f"/table/{ORDERS}").json
    assert table["description"].startswith("Every paid order") and not table["is_view"]
    assert [column["name"] for column in table["columns"]][:3] == ["order_id", "customer_id", "ordered_on"]
    assert [column["sort_order"] for column in table["columns"]] == list(range(len(table["columns"])))
    assert {owner["email"] for owner in table["owners"]} == {"ada@example.com", ME}
    assert {tag["tag_name"] for tag in table["tags"]} == {"orders", "sales"}
    assert [badge["badge_name"] for badge in table["badges"]] == ["gold"]
    assert table["table_readers"][0]["read_count"] > 0
    lineage = atlas_metadata.get(f"/table/{ORDERS}/lineage").json
    assert "postgres://shop.marts/daily_revenue" in {each["key"] for each in lineage["downstream_entities"]}
    dashboard = atlas_metadata.get("/dashboard/superset_dashboard://shop.Finance/Revenue").json
    assert (dashboard["name"], dashboard["cluster"], dashboard["group_name"]) == ("Revenue", "shop", "Finance")


def test_search_finds_it_and_the_tables_of_hive(catalog: Catalog, elasticsearch: Elasticsearch, tmp_path: Path) -> None:
    with on_store("search", "elasticsearch", tmp_path, f"http://127.0.0.1:{elasticsearch.port}") as search:
        sales = {"page_index": 0, "query_term": "completeness", "search_request": {"type": "AND", "filters": {"tag": ["sales"]}}}
        assert [table["key"] for table in search.call("POST", "/search_table", sales).json["results"]] == [ORDERS]
        options = {"page_index": 0, "results_per_page": 20, "highlight_options": {}, "resource_types": ["table"], "filters": []}
        found = search.call("POST", "/v2/search", {**options, "query_term": "orders"}).json["results"]["table"]["results"]
        assert {ORDERS, HIVE} <= {table["key"] for table in found}


def test_sample_data_leaves_alone_what_people_did(catalog: Catalog, atlas_metadata: Service) -> None:
    assert atlas_metadata.call("DELETE", f"/table/{ORDERS}/tag/sales").status == 200
    assert outcome(catalog.jobs("sample-data")) == {"changed": False, "tables": 12}
    assert [tag["tag_name"] for tag in atlas_metadata.get(f"/table/{ORDERS}").json["tags"]] == ["orders"]


def test_what_people_wrote_stays(catalog: Catalog, atlas_metadata: Service, tmp_path: Path) -> None:
    for path in (f"/table/{ORDERS}/description", f"/table/{ORDERS}/column/items/description"):
        assert atlas_metadata.call("PUT", path, {"description": "Mine."}).status == 200
    file = tmp_path / "table.csv"
    head = "database,cluster,schema,name,description\n"
    file.write_text(f"{head}postgres,shop,core,fct_orders,Theirs.\npostgres,shop,raw,orders,Theirs.\n")
    outcome(catalog.jobs("load", tmp_path))
    table = atlas_metadata.get(f"/table/{ORDERS}").json
    assert table["description"] == {column["name"]: column["description"] for column in table["columns"]}["items"] == "Mine."
    assert atlas_metadata.get("/table/postgres://shop.raw/orders").json["description"] == "Theirs."


def test_tables_of_hive_are_written_by_hive(catalog: Catalog, atlas_metadata: Service, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("database,cluster,schema,name,tags\nhive_table,shop,core,orders,hive\n")
    (tmp_path / "table_owner.csv").write_text("db_name,cluster,schema,table_name,owners\nhive_table,shop,core,orders,eve@example.com\n")
    outcome(catalog.jobs("load", tmp_path))
    table = atlas_metadata.get(f"/table/{HIVE}").json
    assert [tag["tag_name"] for tag in table["tags"]] == ["hive"] and [owner["email"] for owner in table["owners"]] == ["eve@example.com"]
    (tmp_path / "table.csv").write_text("database,cluster,schema,name\nhive_table,shop,core,none\n")
    done = catalog.jobs("load", tmp_path)
    assert done.returncode == 1 and "hive_table://shop.core/none: only Hive's own hook writes such tables" in done.stderr


def test_wrong_password(catalog: Catalog, tmp_path: Path) -> None:
    done = catalog.jobs("export", tmp_path, password="wrong-word")
    assert done.returncode == 1 and done.stderr.startswith("export: Atlas refuses this user")
    assert "wrong-word" not in done.stderr and PASSWORD not in done.stderr


def test_it_exports_what_it_was_given(catalog: Catalog, atlas: Atlas, server: MariaDb, tmp_path: Path) -> None:
    """What another store exported, loaded into an empty Atlas; and what that exported, loaded again."""
    other: Database = server.database("export_to_atlas")
    assert other.run("amundsen_services.metadata.schema").returncode == 0
    outcome(other.jobs("sample-data", AMUNDSEN_SAMPLE_USER=ME))
    more = tmp_path / "more"
    more.mkdir()
    for name, text in MORE.items():
        (more / f"{name}.csv").write_text(text)
    outcome(other.jobs("load", more))
    outcome(other.jobs("export", tmp_path / "mariadb"))
    for folder, given in (("first", "mariadb"), ("second", "first")):
        atlas.empty()
        outcome(catalog.jobs("load", tmp_path / given))
        outcome(catalog.jobs("export", tmp_path / folder))
        for name in sorted(path.name for path in (tmp_path / "mariadb").glob("*.csv")):
            if name.removesuffix(".csv") not in LEFT_OUT:
                assert (tmp_path / folder / name).read_text() == (tmp_path / "mariadb" / name).read_text(), name
    assert (tmp_path / "second" / "catalog.json").read_bytes() == (tmp_path / "first" / "catalog.json").read_bytes()
