# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The metadata service on a real Apache Atlas, over HTTP as the frontends call it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from stack import PASSWORD, Service, wait_for
from stores import Atlas, Elasticsearch, gate, on_store

ORDERS = "hive_table://shop.core/orders"


def load(atlas: Atlas) -> None:
    """Load two tables as Atlas' own hook for Hive writes them, and a process between them."""
    database = {"guid": "-1", "typeName": "hive_db"}
    entities: list[dict[str, object]] = [{**database, "attributes": {"qualifiedName": "core@shop", "name": "core", "clusterName": "shop"}}]
    for guid, name in ((-2, "orders"), (-3, "revenue")):
        table = {"guid": str(guid), "typeName": "hive_table"}
        entities += [
            {**table, "attributes": {"qualifiedName": f"core.{name}@shop", "name": name, "db": database}},
            {"guid": str(guid * 10), "typeName": "hive_column", "attributes": {
                "qualifiedName": f"core.{name}.id@shop", "name": "id", "type": "bigint", "position": 1, "table": table}},
        ]  # fmt: skip
    ends = {"inputs": [{"guid": "-2", "typeName": "hive_table"}], "outputs": [{"guid": "-3", "typeName": "hive_table"}]}
    entities.append({"guid": "-4", "typeName": "Process", "attributes": {"qualifiedName": "load@shop", "name": "load", **ends}})
    atlas.call("POST", "/entity/bulk", {"entities": entities})


@pytest.fixture(scope="module")
def atlas(elasticsearch: Elasticsearch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Atlas]:
    if not Atlas.configuration.exists():
        pytest.skip(f"{Atlas.configuration} has no base types for Atlas: set ATLAS_CONFIGURATION")
    server = Atlas(tmp_path_factory.mktemp("atlas"), elasticsearch, PASSWORD)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def metadata(atlas: Atlas, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = on_store("metadata", "atlas", tmp_path_factory.mktemp("metadata"), f"http://127.0.0.1:{atlas.port}", "admin", PASSWORD)
    wait_for(lambda: service.get("/healthcheck").status == 200, "Amundsen's types in Atlas", 60)
    load(atlas)
    yield service
    service.stop()


def test_types_are_made_once(atlas: Atlas, metadata: Service) -> None:
    """Another service finds them, and changes nothing."""

    def types() -> dict[str, tuple[int, set[str]]]:
        return {each["name"]: (each["version"], set(each["superTypes"])) for each in atlas.call("GET", "/types/typedefs")["entityDefs"]}

    before = types()
    assert before["Table"][1] == {"DataSet"} and before["hive_table"][1] == {"DataSet", "Table"} and before["hive_column"][1] == {"DataSet", "Column"}
    with Service("metadata", metadata.uri_file, metadata.home, metadata.more) as another:
        assert another.get("/healthcheck").status == 200
    assert types() == before


def test_table_and_lineage(metadata: Service) -> None:
    assert metadata.get("/healthcheck").json == {"status": "ok", "checks": {"atlas": {"status": "ok"}}}
    table = metadata.get(f"/table/{ORDERS}").json
    assert (table["database"], table["schema"], table["name"], [column["name"] for column in table["columns"]]) == ("hive_table", "core", "orders", ["id"])
    lineage = metadata.get(f"/table/{ORDERS}/lineage").json
    assert [(each["key"], each["level"]) for each in lineage["downstream_entities"]] == [("hive_table://shop.core/revenue", 1)]


def test_description_and_tag(metadata: Service) -> None:
    assert metadata.call("PUT", f"/table/{ORDERS}/description", {"description": "Ünïcode, 🙂"}).status == 200
    assert metadata.get(f"/table/{ORDERS}").json["description"] == "Ünïcode, 🙂"
    assert metadata.call("PUT", f"/table/{ORDERS}/column/id/description", {"description": "A key."}).status == 200
    assert metadata.get(f"/table/{ORDERS}/column/id/description").json["description"] == "A key."
    assert metadata.call("PUT", f"/table/{ORDERS}/tag/fresh").status == 200
    assert metadata.get(f"/table/{ORDERS}").json["tags"] == [{"tag_name": "fresh", "tag_type": "default"}]
    wait_for(lambda: "fresh" in metadata.get("/tags/").text, "the tag in the list of all tags")
    assert metadata.call("DELETE", f"/table/{ORDERS}/tag/fresh").status == 200
    assert metadata.get(f"/table/{ORDERS}").json["tags"] == []


def test_user_owner_and_bookmark(metadata: Service) -> None:
    assert metadata.get("/user/nobody@example.com").status == 404
    assert metadata.call("PUT", "/user", {"email": "ada@example.com", "user_id": "ada@example.com"}).status in (200, 201)
    assert metadata.get("/user/ada@example.com").json["email"] == "ada@example.com"
    assert metadata.call("PUT", f"/table/{ORDERS}/owner/ada@example.com").status == 200
    assert [owner["email"] for owner in metadata.get(f"/table/{ORDERS}").json["owners"]] == ["ada@example.com"]
    assert [table["name"] for table in metadata.get("/user/ada@example.com/own/").json["table"]] == ["orders"]
    assert metadata.call("DELETE", f"/table/{ORDERS}/owner/ada@example.com").status == 200
    assert metadata.get(f"/table/{ORDERS}").json["owners"] == []
    assert metadata.call("PUT", f"/user/ada@example.com/follow/table/{ORDERS}").status == 200
    wait_for(lambda: "orders" in metadata.get("/user/ada@example.com/follow/").text, "the bookmark")
    assert metadata.call("DELETE", f"/user/ada@example.com/follow/table/{ORDERS}").status == 200


def test_popular_tables(metadata: Service) -> None:
    wait_for(lambda: {"orders", "revenue"} == {table["name"] for table in metadata.get("/popular_tables/").json["popular_tables"]}, "the tables")
    assert len(metadata.get("/popular_resources/?types=table").json["Table"]) == 2


@pytest.mark.parametrize("key", ["hive_table://shop.core/none", "postgres://shop.core/none", "nonsense"])
def test_unknown_table_is_404(metadata: Service, key: str) -> None:
    assert metadata.get(f"/table/{key}").status == 404
    assert metadata.call("PUT", f"/table/{key}/description", {"description": "x"}).status == 404


def test_wrong_password(atlas: Atlas, tmp_path: Path) -> None:
    with on_store("metadata", "atlas", tmp_path, f"http://127.0.0.1:{atlas.port}", "admin", "wrong-word") as wrong:
        for path in ("/healthcheck", f"/table/{ORDERS}", "/popular_tables/"):
            answer = wrong.get(path)
            assert answer.status == 503 and "Atlas refuses this user" in answer.text
        assert "wrong-word" not in answer.text + wrong.log.read_text()


def test_tls_with_a_private_authority(atlas: Atlas, tmp_path: Path) -> None:
    with gate(atlas.port, "admin", PASSWORD, tmp_path) as (url, authority):
        with on_store("metadata", "atlas", tmp_path, url, "admin", PASSWORD) as unknown:
            assert "a certificate that is not trusted" in unknown.get("/healthcheck").text
        with on_store("metadata", "atlas", tmp_path, url, "admin", PASSWORD, AMUNDSEN_CA_FILE=authority) as known:
            assert known.get("/healthcheck").status == 200


def test_gone(atlas: Atlas, metadata: Service) -> None:
    """What is asked then gets 503, not 404. How a killed one comes back is tried with its container (tests/stores)."""
    assert metadata.get(f"/table/{ORDERS}").status == 200
    atlas.kill()
    for call in (("GET", "/healthcheck"), ("GET", f"/table/{ORDERS}"), ("GET", "/user/ada@example.com"), ("PUT", f"/table/{ORDERS}/tag/x")):
        answer = metadata.call(*call)
        assert answer.status == 503 and "Atlas does not answer" in answer.text
    log = metadata.log.read_text()
    assert "[ERROR] metadata_service.proxy.atlas_proxy: Bookmark not found" in log
    assert PASSWORD not in log and "DEBUG" not in log
