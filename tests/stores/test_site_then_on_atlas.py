# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same site on Apache Atlas, over HTTP. It takes the place of Neo4j, whose data stay."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator

import pytest
from conftest import PROJECT, Site, command

CONFIGURATION = os.environ.get("ATLAS_CONFIGURATION", str(PROJECT.parent / "shared" / "atlas"))


@pytest.fixture(scope="module")
def atlas(site: Site) -> Iterator[Site]:
    if not os.path.isdir(f"{CONFIGURATION}/models"):
        pytest.skip(f"{CONFIGURATION} has no base types of Atlas; set ATLAS_CONFIGURATION")
    subprocess.run(["scripts/store-images", "atlas"], cwd=PROJECT, check=True, env=os.environ | {"ATLAS_CONFIGURATION": CONFIGURATION})
    done = site.deploy("-e", json.dumps({"amundsen_stores": "atlas", "amundsen_sample_data": True}))
    assert done.returncode == 0, done.stdout[-4000:]
    yield site


def test_each_of_its_services_is_well_and_neo4j_is_gone(atlas: Site) -> None:
    atlas.wait("atlas", "elasticsearch", "mariadb", "metadata", "search", "frontend")
    assert f"{atlas.project}-neo4j-1" not in command("docker", "ps", "--all", "--format", "{{.Names}}").split()
    assert f"{atlas.project}_neo4j" in command("docker", "volume", "ls", "--format", "{{.Name}}").split()


def test_atlas_can_do_no_more_than_it_needs(atlas: Site) -> None:
    host = atlas.container("atlas")["HostConfig"]
    assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and not host["PortBindings"]
    assert host["Memory"] == (768 + 640) * 2**20


@pytest.mark.parametrize(("login", "status"), [("admin:admin", "401"), ("", "401")])
def test_it_lets_nobody_in_without_its_password(atlas: Site, login: str, status: str) -> None:
    program = (
        "import sys, urllib.error, urllib.request\nimport base64\n"
        "request = urllib.request.Request('http://atlas:21000/api/atlas/v2/search/basic?typeName=Referenceable')\n"
        "if sys.argv[1]: request.add_header('Authorization', 'Basic ' + base64.b64encode(sys.argv[1].encode()).decode())\n"
        "try: print(urllib.request.urlopen(request, timeout=20).status)\n"
        "except urllib.error.HTTPError as error: print(error.code)\n"
    )
    assert atlas.compose("exec", "-T", "metadata", "python", "-", login, stdin=program).strip() == status


def test_the_metadata_service_answers_from_it(atlas: Site) -> None:
    status, text = atlas.ask("GET", "/healthcheck")
    assert status == 200, text
    assert atlas.ask("GET", "/tags/")[0] == 200


def test_the_sample_catalog_is_there_and_search_finds_it(atlas: Site) -> None:
    status, text = atlas.ask("GET", "/table/postgres://shop.core/fct_orders")
    assert status == 200 and "gold" in text and "ada@example.com" in text, text
    search = {"page_index": 0, "query_term": "completeness", "search_request": {"type": "AND", "filters": {"tag": ["sales"]}}}
    program = (
        "import sys, urllib.request\n"
        "request = urllib.request.Request('http://127.0.0.1:5001/search_table', sys.argv[1].encode(), {'Content-Type': 'application/json'})\n"
        "print(urllib.request.urlopen(request, timeout=20).read().decode())\n"
    )
    found = json.loads(atlas.compose("exec", "-T", "search", "python", "-", json.dumps(search), stdin=program))
    assert [table["key"] for table in found["results"]] == ["postgres://shop.core/fct_orders"]


def test_acknowledged_writes_outlive_its_sudden_end(atlas: Site) -> None:
    """Its embedded Kafka refuses the first start after that, and Atlas with it; `atlas-start` has it started once more."""
    user = "ada@amundsen.test"
    status, text = atlas.ask("PUT", "/user", {"email": user, "user_id": user})
    assert status in (200, 201), text
    before = atlas.container("atlas")["State"]
    os.kill(before["Pid"], signal.SIGKILL)
    atlas.until(lambda: atlas.container("atlas")["State"]["StartedAt"] != before["StartedAt"])
    atlas.wait("atlas")
    atlas.until(lambda: atlas.ask("GET", "/healthcheck")[0] == 200)
    assert json.loads(atlas.ask("GET", f"/user/{user}")[1])["email"] == user
