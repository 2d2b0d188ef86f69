# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The metadata service on a real Neo4j, over HTTP as the frontends call it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from stack import PASSWORD, Service, wait_for
from stores import Neo4j, on_store

ORDERS = "postgres://shop.core/orders"
CUSTOMERS = "postgres://shop.core/customers"
REFUSED = "Neo4j refuses this user"


@pytest.fixture(scope="module")
def metadata(neo4j: Neo4j, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = on_store("metadata", "neo4j", tmp_path_factory.mktemp("metadata"), f"bolt://127.0.0.1:{neo4j.bolt}", "neo4j", PASSWORD)
    yield service
    service.stop()


def test_healthy(metadata: Service) -> None:
    assert metadata.get("/healthcheck").json == {"status": "ok", "checks": {"neo4j": {"status": "ok"}}}


def test_table_and_lineage(metadata: Service) -> None:
    table = metadata.get(f"/table/{ORDERS}").json
    assert (table["name"], table["description"], [column["name"] for column in table["columns"]]) == ("orders", "Every order.", ["id"])
    assert metadata.get("/table/postgres://shop.core/none").status == 404
    lineage = metadata.get(f"/table/{ORDERS}/lineage").json
    assert [table["key"] for table in lineage["downstream_entities"]] == ["postgres://shop.core/revenue"]


def test_popular_tables(metadata: Service) -> None:
    """With two readers, and the most popular first."""
    assert [table["name"] for table in metadata.get("/popular_tables/").json["popular_tables"]] == ["orders", "customers"]
    assert [table["name"] for table in metadata.get("/popular_resources/?types=table").json["Table"]] == ["orders", "customers"]
    assert [table["name"] for table in metadata.get("/popular_resources/ada@example.com?types=table").json["Table"]] == ["orders", "customers"]
    assert [table["name"] for table in metadata.get("/popular_resources/ben@example.com?types=table").json["Table"]] == ["orders"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/user/nobody@example.com", None),
        ("PUT", "/table/postgres://shop.core/none/description", {"description": "x"}),
        ("PUT", "/table/postgres://shop.core/none/tag/x", None),
    ],
)
def test_what_is_not_there_is_404(metadata: Service, method: str, path: str, body: object) -> None:
    answer = metadata.call(method, path, body)
    assert answer.status == 404
    assert "message" in answer.json


@pytest.mark.parametrize("text", ["Ünïcode, 日本語, 🙂", "'; MATCH (n) DETACH DELETE n; // \\ \" $x"])
def test_description(metadata: Service, text: str) -> None:
    assert metadata.call("PUT", f"/table/{CUSTOMERS}/description", {"description": text}).status == 200
    assert metadata.get(f"/table/{CUSTOMERS}").json["description"] == text
    assert metadata.call("PUT", f"/table/{CUSTOMERS}/column/id/description", {"description": text}).status == 200
    assert metadata.get(f"/table/{CUSTOMERS}/column/id/description").json["description"] == text


def test_tag(metadata: Service) -> None:
    assert metadata.call("PUT", f"/table/{ORDERS}/tag/R&D").status == 200
    assert metadata.get(f"/table/{ORDERS}").json["tags"] == [{"tag_name": "R&D", "tag_type": "default"}]
    assert metadata.get("/tags/").json["tag_usages"] == [{"tag_name": "R&D", "tag_count": 1}]
    assert metadata.call("DELETE", f"/table/{ORDERS}/tag/R&D").status == 200
    assert metadata.get(f"/table/{ORDERS}").json["tags"] == []


def test_an_owner_has_a_name(metadata: Service) -> None:
    user = {"user_id": "eva@example.com", "email": "eva@example.com", "full_name": "Eva Lind", "is_active": True}
    assert metadata.call("PUT", "/user", user).status in (200, 201)
    for address in ("eva@example.com", "ben@example.com"):
        assert metadata.call("PUT", f"/table/{CUSTOMERS}/owner/{address}").status == 200
    owners = metadata.get(f"/table/{CUSTOMERS}").json["owners"]
    assert [(owner["email"], owner["full_name"]) for owner in owners] == [("ben@example.com", "ben"), ("eva@example.com", "Eva Lind")]


def test_owner_and_bookmark(metadata: Service) -> None:
    assert metadata.call("PUT", f"/table/{ORDERS}/owner/new@example.com").status == 200
    assert [table["name"] for table in metadata.get("/user/new@example.com/own/").json["table"]] == ["orders"]
    assert metadata.call("DELETE", f"/table/{ORDERS}/owner/new@example.com").status == 200
    assert metadata.get(f"/table/{ORDERS}").json["owners"] == []
    assert metadata.call("PUT", f"/user/ada@example.com/follow/table/{ORDERS}").status == 200
    assert [table["name"] for table in metadata.get("/user/ada@example.com/follow/").json["table"]] == ["orders"]
    assert metadata.call("DELETE", f"/user/ada@example.com/follow/table/{ORDERS}").status == 200


def test_user_is_made(metadata: Service) -> None:
    assert metadata.call("PUT", "/user", {"email": "made@example.com", "full_name": "Made"}).status == 201
    assert metadata.get("/user/made@example.com").json["full_name"] == "Made"


def test_wrong_password(neo4j: Neo4j, metadata: Service, tmp_path: Path) -> None:
    """It is said; and not tried so often that Neo4j locks out those with the right one."""
    with on_store("metadata", "neo4j", tmp_path, f"bolt://127.0.0.1:{neo4j.bolt}", "neo4j", "wrong-word") as wrong:
        for _ in range(8):
            answer = wrong.get("/healthcheck")
            assert answer.status == 503
            assert answer.json["checks"]["neo4j"]["message"].startswith(REFUSED)
        assert REFUSED in wrong.get(f"/table/{ORDERS}").json["message"]
        assert wrong.call("PUT", f"/table/{ORDERS}/tag/x").status == 503
        assert wrong.call("PUT", f"/user/ada@example.com/follow/table/{ORDERS}").status == 503
        assert "wrong-word" not in answer.text + wrong.log.read_text()
    with on_store("metadata", "neo4j", tmp_path, f"bolt://127.0.0.1:{neo4j.bolt}", "neo4j", PASSWORD) as right:
        assert right.get("/healthcheck").status == 200


def test_tls_with_a_private_authority(neo4j: Neo4j, tmp_path: Path) -> None:
    """The certificate is checked; with no authority, with another name and without TLS there is no connection."""
    environments: list[tuple[str, dict[str, str]]] = [
        (f"bolt+s://localhost:{neo4j.bolt}", {}),
        (f"bolt+s://127.0.0.1:{neo4j.bolt}", {"AMUNDSEN_CA_FILE": str(neo4j.authority)}),
        (f"bolt+s://localhost:{neo4j.bolt}", {"AMUNDSEN_CA_FILE": str(neo4j.authority)}),
        (f"neo4j+s://localhost:{neo4j.bolt}", {"AMUNDSEN_CA_FILE": str(neo4j.authority)}),
    ]
    answers = []
    for url, environment in environments:
        with on_store("metadata", "neo4j", tmp_path, url, "neo4j", PASSWORD, **environment) as service:
            answers.append(service.get("/healthcheck"))
    assert [answer.status for answer in answers] == [503, 503, 200, 200]
    assert all("a certificate that is not trusted" in answer.text for answer in answers[:2])


def test_killed_in_the_middle_of_writes(neo4j: Neo4j, metadata: Service) -> None:
    """What was answered with 200 is kept; the rest gets 503 soon, and no worker dies."""
    kept: list[str] = []
    failed: list[int] = []
    stop = threading.Event()

    def write(writer: int) -> None:
        for number in range(100_000):
            tag = f"w{writer}-{number}"
            if stop.is_set():
                return
            status = metadata.call("PUT", f"/table/{CUSTOMERS}/tag/{tag}").status
            kept.append(tag) if status == 200 else failed.append(status)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for writer in writers:
        writer.start()
    wait_for(lambda: len(kept) > 30, "writes")
    neo4j.kill()
    try:
        started = time.monotonic()
        for call in (("GET", f"/table/{ORDERS}"), ("PUT", f"/table/{ORDERS}/tag/x"), ("GET", "/user/ada@example.com"), ("GET", "/healthcheck")):
            answer = metadata.call(*call)
            assert answer.status == 503 and "Neo4j does not answer" in answer.text
        assert time.monotonic() - started < 20
        stop.set()
    finally:
        stop.set()
        neo4j.start()
    for writer in writers:
        writer.join()
    wait_for(lambda: metadata.get("/healthcheck").status == 200, "health")
    there = {tag["tag_name"] for tag in metadata.get(f"/table/{CUSTOMERS}").json["tags"]}
    assert set(kept) - there == set()
    assert set(failed) == {503}
    assert "WORKER TIMEOUT" not in metadata.log.read_text()


def test_nothing_secret_and_no_queries_in_the_log(metadata: Service) -> None:
    log = metadata.log.read_text()
    assert PASSWORD not in log and "MATCH" not in log and "DEBUG" not in log
