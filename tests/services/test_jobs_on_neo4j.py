# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loading and exporting on a real Neo4j, and the search index on a real Elasticsearch."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stack import PACKAGES, PASSWORD, VENVS, Database, MariaDb
from stores import Elasticsearch, Neo4j, on_store

ME = "demo@amundsen.test"
ORDERS = "postgres://shop.core/fct_orders"
RAW = "postgres://shop.raw/web_events"
KINDS = ("table", "dashboard", "user")


class Catalog:
    """A catalog on both servers, and the jobs on it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.neo4j = Neo4j(directory / "neo4j", PASSWORD)
        self.elasticsearch = Elasticsearch(directory / "elasticsearch")

    def store_file(self, name: str, url: str, user: str = "", password: str = "") -> Path:
        file = self.directory / f"{name}.json"
        file.write_text(json.dumps({"url": url, "user": user, "password": password}))
        return file

    def jobs(self, *arguments: str | Path, password: str = PASSWORD, search_port: int | None = None) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PACKAGES),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AMUNDSEN_SAMPLE_USER": ME,
            "AMUNDSEN_STORE_FILE": str(self.store_file("neo4j", f"bolt://127.0.0.1:{self.neo4j.bolt}", "neo4j", password)),
            "AMUNDSEN_SEARCH_STORE_FILE": str(self.store_file("search", f"http://127.0.0.1:{search_port or self.elasticsearch.port}")),
        }
        command = [VENVS / "databuilder" / "bin" / "python", "-m", "amundsen_jobs", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)

    def empty(self) -> None:
        self.neo4j.execute("MATCH (n) DETACH DELETE n")

    def graph(self) -> Any:
        """Everything but when it was loaded."""
        nodes = self.neo4j.execute("MATCH (n) WHERE NOT n:Updatedtimestamp RETURN labels(n), properties(n)")
        relations = self.neo4j.execute("MATCH (a)-[r]->(b) RETURN a.key, type(r), b.key, properties(r)")
        for *_, properties in [*nodes, *relations]:
            properties.pop("published_tag", None)
            properties.pop("publisher_last_updated_epoch_ms", None)
        return sorted(map(json.dumps, nodes)), sorted(map(json.dumps, relations))

    def indices(self) -> set[str]:
        """The indices that are searched."""
        return {name for name, index in self.elasticsearch.call("GET", "/_alias").items() if index["aliases"]}

    def found(self, index: str, **query: Any) -> list[str]:
        answer = self.elasticsearch.call("POST", f"/{index}/_search", {"query": query, "size": 100})
        return sorted(hit["_source"]["key"] for hit in answer["hits"]["hits"])


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    catalog = Catalog(tmp_path_factory.mktemp("stores"))
    for server in (catalog.neo4j, catalog.elasticsearch):
        server.start()
    yield catalog
    for server in (catalog.neo4j, catalog.elasticsearch):
        server.kill()


@pytest.fixture(scope="module")
def sampled(servers: Catalog) -> Catalog:
    """The sample catalog and its index. What a test changes is nothing that another one looks at."""
    assert outcome(servers.jobs("sample-data")) == {"changed": True, "tables": 12}
    return servers


def outcome(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_search_service_finds_it_by_both_apis(sampled: Catalog, tmp_path: Path) -> None:
    search = on_store("search", "elasticsearch", tmp_path, f"http://127.0.0.1:{sampled.elasticsearch.port}")
    try:
        old = search.call(
            "POST", "/search_table", {"page_index": 0, "query_term": "completeness", "search_request": {"type": "AND", "filters": {"tag": ["sales"]}}}
        )
        assert [table["key"] for table in old.json["results"]] == [ORDERS]
        assert [user["email"] for user in search.get("/search_user?query_term=okafor&page_index=0").json["results"]] == ["ada@example.com"]
        tag = {"name": "tag", "values": ["sales"], "operation": "AND"}
        options = {"query_term": "", "page_index": 0, "results_per_page": 20, "highlight_options": {}, "resource_types": ["table", "dashboard", "user"]}
        new = search.call("POST", "/v2/search", {**options, "query_term": "completeness", "filters": [tag]}).json["results"]
        assert [table["key"] for table in new["table"]["results"]] == [ORDERS]
        new = search.call("POST", "/v2/search", {**options, "query_term": "revenue", "filters": []}).json["results"]
        assert [dashboard["uri"] for dashboard in new["dashboard"]["results"]] == ["superset_dashboard://shop.Finance/Revenue"]
        new = search.call("POST", "/v2/search", {**options, "query_term": "okafor", "filters": []}).json["results"]
        assert [user["email"] for user in new["user"]["results"]] == ["ada@example.com"]
    finally:
        search.stop()
    document = sampled.elasticsearch.call("POST", "/table_search_index_v2_1/_search", {"query": {"term": {"key.keyword": ORDERS}}})["hits"]["hits"][0][
        "_source"
    ]
    assert document["usage"] == {"total_usage": 126, "unique_usage": 5}


def test_reindex_puts_a_new_index_in_the_old_ones_place(sampled: Catalog) -> None:
    before = sampled.indices()
    sampled.neo4j.execute("MATCH (:Table {key: $key})-[:DESCRIPTION]->(d) SET d.description = 'Zebras.'", key=RAW)
    assert outcome(sampled.jobs("reindex")) == {"changed": True}
    after = sampled.indices()
    assert len(before) == len(after) == 2 * len(KINDS) and not before & after
    assert {each["index"] for each in sampled.elasticsearch.call("GET", "/_cat/indices?format=json&h=index")} == after
    assert sampled.found("table_search_index", match={"description": "zebras"}) == [RAW]


def test_reindex_removes_what_one_left_that_was_ended_by_force(sampled: Catalog) -> None:
    """But for a young one, which may be under way, and for what is searched or of others."""
    made = int(time.time())
    left, young, searched, of_others = f"table_v1_{made - 90000}_0a", f"table_v1_{made - 60}_0b", f"user_v2_{made - 90000}_0c", f"sales_v1_{made - 90000}_0d"
    for index in (left, young, searched, of_others):
        sampled.elasticsearch.call("PUT", f"/{index}", {"aliases": {"people": {}}} if index == searched else {})
    try:
        assert outcome(sampled.jobs("reindex")) == {"changed": True}
        there = {each["index"] for each in sampled.elasticsearch.call("GET", "/_cat/indices?format=json&h=index")}
        assert there & {left, young, searched, of_others} == {young, searched, of_others}
    finally:
        sampled.elasticsearch.call("DELETE", f"/{young},{searched},{of_others}")


def test_a_document_that_is_refused_leaves_the_old_index(sampled: Catalog) -> None:
    before = sampled.indices()
    name = "MATCH (c:Column {key: $key}) SET c.name = $name"
    sampled.neo4j.execute(name, key=f"{RAW}/path", name="x" * 40000)
    done = sampled.jobs("reindex")
    assert done.returncode == 1 and "Elasticsearch refuses" in done.stderr and "the old search index is as it was" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert {each["index"] for each in sampled.elasticsearch.call("GET", "/_cat/indices?format=json&h=index")} == sampled.indices() == before
    sampled.neo4j.execute(name, key=f"{RAW}/path", name="path")


def test_sample_data_leaves_alone_what_people_did(sampled: Catalog) -> None:
    before = sampled.graph()
    assert outcome(sampled.jobs("sample-data")) == {"changed": False, "tables": 12}
    assert sampled.graph() == before
    sampled.neo4j.execute("MATCH (:Table {key: $key})-[r]-(:Tag) DELETE r", key=ORDERS)
    sampled.neo4j.execute("MATCH (:Table {key: $key})-[:DESCRIPTION]->(d) SET d.description = 'Mine.'", key=ORDERS)
    sampled.neo4j.execute("MATCH (n) WHERE n.key ENDS WITH '/low_stock' OR n.key CONTAINS '/low_stock/' DETACH DELETE n")
    assert outcome(sampled.jobs("sample-data")) == {"changed": True, "tables": 12}
    assert sampled.neo4j.execute("MATCH (t:Table {key: $key})-[:DESCRIPTION]->(d) RETURN d.description, size((t)-[:TAGGED_BY]->())", key=ORDERS) == [
        ["Mine.", 0]
    ]
    assert sampled.neo4j.execute("MATCH (t:Table {name: 'low_stock'})-[:COLUMN]->(c) RETURN t.is_view, count(c)") == [[True, 2]]


def test_both_stores_export_the_same(sampled: Catalog, server: MariaDb, tmp_path: Path) -> None:
    """And what one exports, the other loads."""
    other: Database = server.database("export_to_neo4j")
    assert other.run("amundsen_services.metadata.schema").returncode == 0
    outcome(other.jobs("sample-data", AMUNDSEN_SAMPLE_USER=ME))
    # Each was made at its own time.
    other.execute("UPDATE table_timestamp SET timestamp = 5, last_updated_timestamp = 5; UPDATE dashboard_timestamp SET timestamp = 5")
    other.execute("UPDATE dashboard_execution SET timestamp = 5; UPDATE dashboard SET created_timestamp = 5")
    other.execute("UPDATE table_description SET description = '0815' WHERE rk LIKE '%low_stock%'")
    outcome(other.jobs("export", tmp_path / "mariadb"))
    sampled.empty()
    outcome(sampled.jobs("load", tmp_path / "mariadb"))
    outcome(sampled.jobs("export", tmp_path / "neo4j"))
    names = sorted(path.name for path in (tmp_path / "mariadb").iterdir())
    assert len(names) == 26
    for name in names:
        assert (tmp_path / "neo4j" / name).read_text() == (tmp_path / "mariadb" / name).read_text(), name
    before = sampled.graph()
    outcome(sampled.jobs("load", tmp_path / "neo4j"))
    assert sampled.graph() == before


def test_what_people_wrote_stays(sampled: Catalog, tmp_path: Path) -> None:
    outcome(sampled.jobs("export", tmp_path / "out"))
    metadata = on_store("metadata", "neo4j", tmp_path, f"bolt://127.0.0.1:{sampled.neo4j.bolt}", "neo4j", PASSWORD)
    try:
        assert metadata.call("PUT", f"/table/{ORDERS}/description", {"description": "Mine."}).status == 200
        assert metadata.call("PUT", f"/table/{ORDERS}/column/items/description", {"description": "Mine too."}).status == 200
        outcome(sampled.jobs("load", tmp_path / "out"))
        table = metadata.get(f"/table/{ORDERS}").json
    finally:
        metadata.stop()
    assert table["description"] == "Mine." and {column["name"]: column["description"] for column in table["columns"]}["items"] == "Mine too."
    assert {tag["tag_name"] for tag in table["tags"]} == {"orders", "sales"} and len(table["owners"]) == 2


def test_stores_that_refuse(servers: Catalog, tmp_path: Path) -> None:
    done = servers.jobs("export", tmp_path, password="wrong")
    assert done.returncode == 1 and done.stderr.startswith("export: Neo4j refuses this user")
    assert "wrong" not in done.stderr
    done = servers.jobs("reindex", search_port=1)
    assert done.returncode == 1 and "Elasticsearch does not answer" in done.stderr
