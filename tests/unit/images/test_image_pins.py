"""An image stays what it was at first."""

from __future__ import annotations

import pytest
from ansible_collections.datacatalog.amundsen.plugins.module_utils._image_pins import mirrored, other, pins


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("neo4j:4.4", "m.example.com/hub/library/neo4j:4.4"),
        ("team/neo4j:4.4", "m.example.com/hub/team/neo4j:4.4"),
        ("r.example.com/neo4j:4.4", "r.example.com/neo4j:4.4"),
        ("localhost:5000/neo4j:4.4", "localhost:5000/neo4j:4.4"),
    ],
)
def test_a_mirror_stands_for_docker_hub_alone(name, asked):
    assert mirrored(name, "m.example.com/hub") == asked
    assert mirrored(name, "") == name


def test_another_digest_is_said_with_both_and_how_to_accept_it():
    said = other("neo4j:4.4", "sha256:old", ["sha256:new", "sha256:id"])
    assert "sha256:old" in said and "set amundsen_image_digests to {'neo4j:4.4': 'sha256:new'}" in said
    assert other("neo4j:4.4", "sha256:id", ["sha256:new", "sha256:id"]) == other("neo4j:4.4", "", ["sha256:new"]) == ""


def test_the_first_digest_is_kept_unless_another_was_accepted():
    found = {"a:1": ["sha256:a", "sha256:ia"], "b:1": ["sha256:b2", "sha256:ib"], "c:1": ["sha256:c2", "sha256:ic"]}
    recorded = {"b:1": "sha256:b2", "c:1": "sha256:c1", "gone:1": "sha256:g"}
    assert pins(recorded, {"c:1": "sha256:c2"}, found) == {"a:1": "sha256:a", "b:1": "sha256:b2", "c:1": "sha256:c2", "gone:1": "sha256:g"}
