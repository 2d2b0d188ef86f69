# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search on MariaDB beside search on a real Elasticsearch, on the sample catalog: parity/queries.yml through both services."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from stack import ROOT, VENVS, Database, Service
from stores import Elasticsearch, on_store

HERE = Path(__file__).parent / "parity"
QUERIES: list[dict[str, Any]] = yaml.safe_load((HERE / "queries.yml").read_text(encoding="utf-8"))
ALIKE = 27


@pytest.fixture(scope="module")
def beside(catalog: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Search on Elasticsearch, which databuilder filled from the same catalog."""
    server = Elasticsearch(tmp_path_factory.mktemp("beside"))
    server.start()
    url = f"http://127.0.0.1:{server.port}"
    uri = catalog.uri_file("ro").read_text().strip()
    subprocess.run([VENVS / "databuilder" / "bin" / "python", HERE / "index.py", uri, url], check=True, capture_output=True, timeout=90)
    service = on_store("search", "elasticsearch", tmp_path_factory.mktemp("search"), url)
    yield service
    service.stop()
    server.kill()


def ask(service: Service, query: dict[str, Any]) -> tuple[set[str], list[int]]:
    """Give the names of all that is found, and the number on each page."""
    kinds, size = query.get("kinds", ["table"]), query.get("per_page", 100)
    filters = [{"name": name, "operation": "OR", **wanted} for name, wanted in query.get("filters", {}).items()]
    found: list[str] = []
    sizes: list[int] = []
    while not sizes or (sizes[-1] and "per_page" in query):
        body = {"query_term": query.get("term", ""), "page_index": len(sizes), "results_per_page": size, "resource_types": kinds, "filters": filters}
        answer = service.call("POST", "/v2/search", {**body, "highlight_options": {}})
        assert answer.status == 200, answer.text
        results = answer.json["results"]
        page = [hit.get("key") or hit["email"] for kind in kinds for hit in results.get(kind, {"results": []})["results"]]
        found += page
        sizes.append(len(page))
    assert len(found) == len(set(found)), f"found twice: {found}"
    assert sum(results[kind]["total_results"] for kind in results) == len(found)
    return {key.rpartition("/")[2] for key in found}, sizes


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query["name"])
def test_finds_what_elasticsearch_finds(query: dict[str, Any], search: Service, beside: Service) -> None:
    ours, theirs = ask(search, query), ask(beside, query)
    if "differs" not in query:
        assert ours == theirs
        return
    assert query["differs"]["why"]
    assert ours[0] - theirs[0] == set(query["differs"].get("more", []))
    assert theirs[0] - ours[0] == set(query["differs"].get("less", []))
    assert ours[0] != theirs[0]


def test_nearly_all_are_alike() -> None:
    assert len(QUERIES) == 30
    assert sum("differs" not in query for query in QUERIES) >= ALIKE


def test_each_difference_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "search.md").read_text(encoding="utf-8")
    for query in QUERIES:
        if "differs" in query:
            (line,) = [line for line in page.splitlines() if line.startswith(f"| `{query['term']}` |")]
            assert query["differs"]["why"] in line
            assert all(f"`{name}`" in line for names in ("more", "less") for name in query["differs"].get(names, []))


@pytest.mark.parametrize(
    ("term", "field", "marked"),
    [
        ("fct_orders", "name", ["<em>fct</em>_<em>orders</em>"]),
        ("completeness", "description", ["Every paid order, tested for <em>completeness</em> each night. Start here for anything about sales."]),
        ("email", "columns", ["<em>email</em>"]),
        ("euros", "column_descriptions", ["Revenue in <em>euros</em>, without tax and returns."]),
    ],
)
def test_highlights_as_elasticsearch(term: str, field: str, marked: list[str], search: Service, beside: Service) -> None:
    body = {"query_term": term, "page_index": 0, "results_per_page": 10, "resource_types": ["table"], "filters": []}
    for service in (search, beside):
        answer = service.call("POST", "/v2/search", {**body, "highlight_options": {"table": {"enable_highlight": True}}}).json
        assert marked in [hit["highlight"].get(field) for hit in answer["results"]["table"]["results"]]
