"""Which stores stand behind the services, their sizes, and the pairs that are refused."""

from __future__ import annotations

import pytest
from ansible_collections.datacatalog.amundsen.plugins.filter.store_plan import store_plan
from ansible_collections.datacatalog.amundsen.plugins.module_utils import _stores

IMAGES = {"neo4j": "neo4j:4.4.38-community", "elasticsearch": "elasticsearch:7.17.29", "atlas": "team/atlas:2.1.0"}


def problems(given_secrets=None, **values):
    return _stores.problems({"stores": "neo4j", "images": "registry", "image_names": IMAGES, **values}, given_secrets or {})


@pytest.mark.parametrize(
    ("values", "containers", "metadata", "search"),
    [
        ({"stores": "embedded"}, ["mariadb"], "MariaDbConfig", "MariaDbConfig"),
        ({"stores": "neo4j"}, ["mariadb", "elasticsearch", "neo4j"], "Neo4jConfig", "ElasticsearchConfig"),
        ({"stores": "atlas"}, ["mariadb", "elasticsearch", "atlas"], "AtlasConfig", "ElasticsearchConfig"),
        ({"stores": "embedded", "metadata_url": "mysql://db.example.com"}, ["mariadb"], "MariaDbConfig", "MariaDbConfig"),
        ({"stores": "embedded", "metadata_url": "mysql://a.example.com", "session_url": "postgresql://b.example.com"}, [], "MariaDbConfig", "MariaDbConfig"),
        ({"stores": "neo4j", "metadata_url": "bolt+s://graph.example.com:7687"}, ["mariadb", "elasticsearch"], "Neo4jConfig", "ElasticsearchConfig"),
        ({"stores": "neo4j", "metadata_url": "wss://n.example.com:8182/gremlin"}, ["mariadb", "elasticsearch"], "NeptuneConfig", "ElasticsearchConfig"),
        # Atlas keeps an index of its own in Elasticsearch, so that one stays.
        ({"stores": "atlas", "search_url": "https://os.example.com"}, ["mariadb", "elasticsearch", "atlas"], "AtlasConfig", "ElasticsearchConfig"),
        ({"stores": "atlas", "metadata_url": "http://a.example.com", "search_url": "http://b.example.com"}, ["mariadb"], "AtlasConfig", "ElasticsearchConfig"),
    ],
)
def test_only_what_is_not_external_is_a_container(values, containers, metadata, search):
    found = _stores.plan(values)
    assert found["containers"] == containers
    assert found["metadata"]["class"] == f"amundsen_services.metadata.config.{metadata}"
    assert found["search"]["class"] == f"amundsen_services.search.config.{search}"


def test_services_are_told_where_a_store_of_ours_is():
    found = _stores.plan({"stores": "neo4j", "search_url": "https://os.example.com:9200"})
    del found["metadata"]["class"]
    assert found["metadata"] == {"kind": "neo4j", "url": "bolt://neo4j:7687", "user": "neo4j", "external": False, "service": "neo4j"}
    assert (found["search"]["url"], found["search"]["external"], found["search"]["service"]) == ("https://os.example.com:9200", True, "")


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        ("mysql://db.example.com", "mysql+pymysql://u%40x:p%2F%3A@db.example.com:3306/sessions?charset=utf8mb4"),
        ("mariadb://db.example.com:3307/other", "mysql+pymysql://u%40x:p%2F%3A@db.example.com:3307/other?charset=utf8mb4"),
        ("mysql+tls://[2001:db8::1]", "mysql+pymysql://u%40x:p%2F%3A@[2001:db8::1]:3306/sessions?charset=utf8mb4&ssl_ca=/run/config/ca.pem"),
        ("postgresql://db.example.com", "postgresql+pg8000://u%40x:p%2F%3A@db.example.com:5432/sessions"),
        ("postgresql+tls://db.example.com", "postgresql+pg8000://u%40x:p%2F%3A@db.example.com:5432/sessions?sslrootcert=/run/config/ca.pem"),
    ],
)
def test_the_uri_of_a_database(url, uri):
    assert _stores.sql_uri(url, "u@x", "p/:", "sessions", "/run/config/ca.pem") == uri


def test_without_a_private_authority_the_systems_are_asked():
    assert _stores.sql_uri("mysql+tls://db", "u", "p", "d").endswith("&ssl_ca=/etc/ssl/certs/ca-certificates.crt")


@pytest.mark.parametrize(("memory", "neo4j", "elasticsearch"), [(2000, 512, 512), (16000, 2000, 2000), (256000, 8192, 8192)])
def test_heaps_follow_the_hosts_memory_within_bounds(memory, neo4j, elasticsearch):
    heap = _stores.sizes(memory, {})["heap"]
    assert (heap["neo4j"], heap["elasticsearch"]) == (neo4j, elasticsearch)


def test_a_containers_limit_has_room_for_its_heap():
    found = store_plan({"stores": "neo4j", "heap_mb": {"neo4j": 1024}}, 16000)
    assert found["heap"]["neo4j"] == 1024
    assert int(found["limit"]["neo4j"].removesuffix("m")) > 1024 + found["heap"]["neo4j_pagecache"]
    assert set(found["limit"]) == {"neo4j", "elasticsearch", "atlas"}


def test_big_stores_need_more_memory_of_the_host_and_external_ones_none():
    least = {stores: _stores.least_memory({"stores": stores}) for stores in ("embedded", "neo4j", "atlas")}
    assert least["embedded"] == 2000 < least["neo4j"] < least["atlas"]
    outside = {"stores": "neo4j", "metadata_url": "bolt://a.example.com", "search_url": "http://b.example.com"}
    assert _stores.least_memory(outside) < least["neo4j"] - 1000


def test_each_choice_works_as_it_comes():
    assert _stores.problems({"stores": "embedded", "images": "build", "image_names": IMAGES}, {}) == []
    assert problems() == []
    assert problems(stores="atlas", sample_data=True) == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"metadata_url": "wss://graph.example.com:8182", "sample_data": True}, "load catalogs on mariadb, neo4j, atlas only, and this one is on neptune"),
        ({"images": "build"}, "neo4j cannot be built from Debian's packages. Set amundsen_images to registry"),
        ({"images": "archive"}, "amundsen_images_archive is empty"),
        ({"archive": "/srv/images.tar"}, "has no effect where amundsen_images is 'registry'"),
        ({"image_names": IMAGES | {"neo4j": "neo4j:5.26-community"}}, "words that Neo4j 5 dropped"),
        ({"image_names": IMAGES | {"neo4j": "neo4j:2025.01"}}, "words that Neo4j 5 dropped"),
        ({"image_names": IMAGES | {"neo4j": "neo4j:4.4.38-enterprise"}}, "enterprise edition asks for a licence"),
        ({"image_names": IMAGES | {"neo4j": "neo4j"}}, "means another version tomorrow"),
        ({"image_names": IMAGES | {"neo4j": "registry.example.com:5000/neo4j"}}, "means another version tomorrow"),
        ({"image_names": IMAGES | {"elasticsearch": "elasticsearch:latest"}}, "means another version tomorrow"),
        ({"image_names": IMAGES | {"elasticsearch": "elasticsearch:8.0.0"}}, "the client 7.13, which is not made for servers of version 8"),
        ({"image_names": IMAGES | {"elasticsearch": "elasticsearch:6.8.13"}}, "nor for indices of version 6"),
        ({"image_names": IMAGES | {"elasticsearch": "opensearchproject/opensearch:2.11.0"}}, "OpenSearch takes other settings"),
        ({"stores": "atlas", "image_names": IMAGES | {"atlas": ""}}, "there is no image of atlas that its makers keep"),
        ({"stores": "atlas", "image_names": IMAGES | {"atlas": "team/atlas:1.2.0"}}, "Atlas' API v2"),
        ({"stores": "embedded", "search_url": "http://es.example.com"}, "search reads the catalog's own tables"),
        ({"metadata_url": "mysql://db.example.com:3306"}, "that is mariadb, and amundsen_stores is 'neo4j'"),
        ({"stores": "embedded", "metadata_url": "bolt://graph.example.com"}, "that is neo4j, and amundsen_stores is 'embedded'"),
        ({"search_url": "es.example.com:9200"}, "it starts with none of http, https"),
        ({"search_url": "http://user:secret@es.example.com"}, "holds a user or a password"),
        ({"search_url": "http://es.example.com/path"}, "it has more than scheme, host and port"),
        ({"search_url": "http://es.example.com:port"}, "is no URL"),
        ({"session_url": "postgresql://db.example.com/sessions"}, "a database asks who comes"),
        ({"search_url": "https://es.example.com", "search_user": "u"}, "Only one of amundsen_search_store_user and amundsen_search_store_password is set"),
        ({"search_user": "u"}, "a password made here"),
        ({"heap_mb": {"neo4j": 64}}, "it takes at least 512 MiB"),
        ({"heap_mb": {"solr": 64}}, "which is none of: neo4j"),
    ],
)
def test_a_bad_pair_is_refused_by_name(values, words):
    found = problems(**values)
    assert len(found) == 1, found
    assert words in found[0]
    assert "secret" not in found[0]


def test_what_builds_nothing_else_may_name_them():
    assert problems(image_names=IMAGES | {"mariadb": "registry.example.com:5000/team/mariadb:0123456789ab"}) == []
    assert "has no effect" in _stores.problems({"stores": "embedded", "images": "build", "image_names": {"proxy": "x:1"}}, {})[0]


def test_external_stores_take_their_logins():
    values = {"search_url": "https://es.example.com", "search_user": "u", "session_url": "postgresql+tls://db.example.com/s", "session_user": "v"}
    assert problems({"search": True, "session": True}, **values) == []


def test_all_problems_at_once():
    assert len(problems(metadata_url="http://x", search_url="bolt://y", session_url="nothing")) == 3
