# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A site on Neo4j and Elasticsearch: hardened, with passwords in force, and nothing lost when containers end."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from conftest import Site, command

STORES = ("neo4j", "elasticsearch", "mariadb")


def user(number: int) -> dict[str, object]:
    address = f"person{number}@amundsen.test"
    return {"user_id": address, "email": address, "first_name": "Person", "last_name": str(number), "is_active": True}


@pytest.mark.parametrize("service", [*STORES, "metadata", "search"])
def test_a_container_can_do_no_more_than_it_needs(site: Site, service: str) -> None:
    container = site.container(service)
    host = container["HostConfig"]
    assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and not host["CapAdd"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["Memory"] > 0 and host["PidsLimit"] > 0
    assert host["LogConfig"]["Config"] == {"max-file": "3", "max-size": "10m"}
    assert not host["PortBindings"]
    assert list(container["NetworkSettings"]["Networks"]) == [f"{site.project}_internal"]
    assert command("docker", "exec", container["Id"], "id", "-u").strip() != "0"


def test_heaps_fit_into_their_containers(site: Site) -> None:
    assert "-Xmx512m" in command("docker", "top", f"{site.project}-neo4j-1")
    assert "-Xmx512m" in command("docker", "top", f"{site.project}-elasticsearch-1")
    assert site.container("neo4j")["HostConfig"]["Memory"] == (512 + 128 + 384) * 2**20


def test_no_password_is_seen_outside_its_files(site: Site) -> None:
    secrets = {name: value for name, value in site.secrets().items() if name.startswith(("store_", "db_"))}
    assert {"store_neo4j", "db_frontend"} <= set(secrets)
    texts = {"logs": site.logs(), "compose.yaml": (site.root / "compose.yaml").read_text()}
    texts |= {service: json.dumps(site.container(service)) for service in (*STORES, "metadata", "search", "frontend")}
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                texts[f"{process}/{name}"] = (process / name).read_bytes().decode(errors="replace")
            except OSError:
                continue
    assert len(texts) > 50
    assert [(where, name) for where, text in texts.items() for name, value in secrets.items() if value in text] == []
    for path, owner in (("neo4j/password", 7474), ("metadata/store", 10002)):
        status = (site.root / "secrets" / path).stat()
        assert (status.st_mode & 0o777, status.st_uid) == (0o600, owner)


@pytest.mark.parametrize("login", ["neo4j:neo4j", "neo4j:test", ""])
def test_neo4j_lets_nobody_in_without_its_password(site: Site, login: str) -> None:
    program = (
        "import sys, urllib.error, urllib.request\nimport base64\n"
        "request = urllib.request.Request('http://neo4j:7474/db/neo4j/tx/commit', b'{}', {'Content-Type': 'application/json'})\n"
        "if sys.argv[1]: request.add_header('Authorization', 'Basic ' + base64.b64encode(sys.argv[1].encode()).decode())\n"
        "try: print(urllib.request.urlopen(request, timeout=20).status)\n"
        "except urllib.error.HTTPError as error: print(error.code)\n"
    )
    assert site.compose("exec", "-T", "metadata", "python", "-", login, stdin=program).strip() == "401"


def test_what_was_written_outlives_a_restart_of_every_container(site: Site) -> None:
    status, text = site.ask("PUT", "/user", user(0))
    assert status in (200, 201), text
    site.compose("restart", "--timeout", "30")
    site.wait(*STORES, "metadata", "search", "frontend")
    status, text = site.ask("GET", "/user/person0@amundsen.test")
    assert status == 200 and json.loads(text)["last_name"] == "0"


def test_acknowledged_writes_outlive_the_stores_sudden_end(site: Site) -> None:
    kept = [number for number in range(1, 6) if site.ask("PUT", "/user", user(number))[0] in (200, 201)]
    assert kept == list(range(1, 6))
    ended = ("neo4j", "elasticsearch")
    before = [site.container(store)["State"] for store in ended]
    for state in before:
        os.kill(state["Pid"], signal.SIGKILL)
    # Health is what the last check saw, which may have been before the end.
    site.until(lambda: all(site.container(store)["State"]["StartedAt"] != state["StartedAt"] for store, state in zip(ended, before, strict=True)))
    site.wait(*ended)
    site.until(lambda: site.ask("GET", "/healthcheck")[0] == 200)
    assert [number for number in kept if site.ask("GET", f"/user/person{number}@amundsen.test")[0] == 200] == kept


def test_a_wrong_password_at_a_store_is_said_by_the_services_own_check(site: Site) -> None:
    secret = site.root / "secrets/metadata/store"
    right = secret.read_text()
    secret.write_text(json.dumps({**json.loads(right), "password": "not-the-password-that-is-in-force"}))
    try:
        site.compose("restart", "metadata")
        site.until(lambda: "Neo4j refuses this user" in site.unwell())
        assert "metadata is " in site.unwell() and "not-the-password" not in site.unwell()
        assert site.ask("GET", "/healthcheck")[0] == 503
    finally:
        secret.write_text(right)
        site.compose("restart", "metadata")
    site.until(lambda: site.ask("GET", "/healthcheck")[0] == 200)
    assert site.ask("GET", "/user/person1@amundsen.test")[0] == 200


def test_a_wrong_password_of_a_store_itself_is_said_by_its_own_check(site: Site) -> None:
    secret = site.root / "secrets/neo4j/password"
    right = secret.read_text()
    secret.write_text("not-the-password-that-is-in-force")
    try:
        site.compose("restart", "neo4j")
        site.until(lambda: "neo4j is starting: The store says: HTTP/1.1 401" in site.unwell())
        assert "not-the-password" not in site.unwell()
    finally:
        secret.write_text(right)
    site.wait("neo4j")
