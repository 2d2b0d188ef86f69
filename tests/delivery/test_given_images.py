# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images that others made come from a registry or an archive, and stay what they were at first.

The tests stand in the order in which a site would live: each starts from what the one before has left.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import Host, Run, Site, start_registry

RECORD = "/opt/amundsen/images.json"
STORES = {"amundsen_stores": "neo4j", "amundsen_search_store_url": "http://search.example.com:9200"}


def make(host: Host, name: str) -> None:
    """Make an image that no other one is equal to."""
    host.run(f"mkdir -p /root/store && head -c 4096 /dev/urandom > /root/store/server && tar -C /root/store -c . | docker import - {name}")


def recorded(host: Host) -> dict[str, str]:
    return json.loads(host.run(f"cat {RECORD}"))


@pytest.fixture(scope="module")
def given(site: Site, registry: dict[str, str]) -> dict[str, Any]:
    """The registry runs, and has neo4j:4.4.38."""
    start_registry(site)
    publish(site, registry)
    return {**registry, **STORES, "amundsen_images": "registry", "amundsen_neo4j_image": f"{registry['amundsen_registry']}/neo4j:4.4.38"}


def publish(site: Site, registry: dict[str, str]) -> None:
    """Put another image under the tag in the registry."""
    make(site.builder, "made/neo4j:4.4.38")
    login = {"username": registry["amundsen_registry_username"], "password": registry["amundsen_registry_password"]}
    pem = Path(registry["amundsen_ca_file"]).read_text()
    done = site.module(site.builder, "image_registry", registry=registry["amundsen_registry"], push={"neo4j": "made/neo4j:4.4.38"}, ca_pem=pem, **login)
    assert done.code == 0, done.output


def have(site: Site, given: dict[str, Any], *words: str, **more: Any) -> Run:
    return site.play("--limit", site.one.name, *words, playbook="given.yml", **{**given, **more})


def test_check_mode_pulls_and_records_nothing(site: Site, given: dict[str, Any]) -> None:
    done = have(site, given, "--check", "--diff")
    assert done.code == 0, done.output
    assert done.changed()["one"] == 1
    assert site.one.run(f"ls {RECORD} 2>/dev/null; docker image ls -q {given['amundsen_neo4j_image']}", check=False) == ""


def test_the_digest_of_the_first_pull_is_recorded(site: Site, given: dict[str, Any]) -> None:
    done = have(site, given, "-vvv", "--diff")
    assert done.code == 0, done.output
    assert given["amundsen_registry_password"] not in done.output
    digest = site.one.run("docker image inspect --format '{{index .RepoDigests 0}}' " + given["amundsen_neo4j_image"]).rpartition("@")[2]
    assert recorded(site.one) == {given["amundsen_neo4j_image"]: digest}
    assert site.one.run(f"stat -c %a {RECORD}") == "600"
    assert have(site, given).changed()["one"] == 0


def test_another_image_under_the_tag_is_refused_with_both_digests_and_what_to_do(site: Site, given: dict[str, Any]) -> None:
    name, before = given["amundsen_neo4j_image"], recorded(site.one)
    publish(site, given)
    assert have(site, given).changed()["one"] == 0, "an image that is there is not asked for again"
    site.one.run(f"docker image rm {name}")
    refused = have(site, given)
    assert refused.code != 0
    found = re.search(rf"{re.escape(name)} is (sha256:[0-9a-f]{{64}}) now, and was (sha256:[0-9a-f]{{64}}) before", refused.words)
    assert found and found[2] == before[name] != found[1], refused.output
    assert f"set amundsen_image_digests to {{'{name}': '{found[1]}'}}" in refused.words
    assert site.one.run(f"docker image ls -q {name}") == ""
    assert recorded(site.one) == before

    accepted = have(site, given, amundsen_image_digests={name: found[1]})
    assert accepted.code == 0, accepted.output
    assert recorded(site.one) == {name: found[1]}
    assert have(site, given).changed()["one"] == 0


def test_an_image_that_no_registry_has_is_named(site: Site, given: dict[str, Any]) -> None:
    name = f"{given['amundsen_registry']}/neo4j:4.4.99"
    done = have(site, given, amundsen_neo4j_image=name)
    assert done.code != 0
    assert f"{name} could not be pulled" in done.words and "Nothing that runs was touched" in done.words


def test_an_archive_gives_the_images_and_another_one_is_refused_before_it_is_sent(site: Site, given: dict[str, Any]) -> None:
    name, archive = "made/neo4j:4.4.38", str(site.folder / "stores.tar")
    values = {"amundsen_images": "archive", "amundsen_images_archive": archive, "amundsen_neo4j_image": name}
    assert site.module(site.builder, "image_save", images=[name], path=archive).code == 0
    done = have(site, given, **values)
    assert done.code == 0, done.output
    first = site.one.run(f"docker image inspect --format '{{{{.Id}}}}' {name}")
    assert recorded(site.one)[name] == first == site.builder.run(f"docker image inspect --format '{{{{.Id}}}}' {name}")
    assert have(site, given, **values).changed()["one"] == 0

    make(site.builder, name)
    assert site.module(site.builder, "image_save", images=[name], path=archive).code == 0
    refused = have(site, given, **values)
    assert refused.code != 0
    assert "was not sent" in refused.words and first in refused.words
    assert site.one.run(f"docker image inspect --format '{{{{.Id}}}}' {name}") == first


def test_an_archive_without_the_image_is_said(site: Site, given: dict[str, Any]) -> None:
    archive = str(site.folder / "stores.tar")
    done = have(site, given, amundsen_images="archive", amundsen_images_archive=archive, amundsen_neo4j_image="other/neo4j:4.4.1")
    assert done.code != 0
    assert "There is no image other/neo4j:4.4.1" in done.words and "amundsen_images_archive" in done.words
