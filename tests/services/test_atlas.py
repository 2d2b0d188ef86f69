# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The metadata service on a real Apache Atlas, over HTTP as the frontends call it."""

from __future__ import annotations

from pathlib import Path

import pytest
from stack import PASSWORD, Service, wait_for
from stores import Atlas, gate, on_store

ORDERS = "hive_table://shop.core/orders"


@pytest.fixture
def metadata(atlas_metadata: Service) -> Service:
    return atlas_metadata


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
    assert "[ERROR] metadata_service.proxy.atlas_proxy: Bookmark not found" in metadata.log.read_text()
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
