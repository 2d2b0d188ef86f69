# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which stores stand behind the services, how large they are, and which pairs do not work. Pure: no I/O, no Ansible.

A store is ours (a container) or external (a URL). The kinds are the servers that Amundsen's services know.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

TLS = "+tls"
SYSTEM_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"


@dataclass(frozen=True)
class Kind:
    """A kind of server.

    Attributes:
        schemes: of the URLs of external ones.
        port: where it listens by default.
        url: of the container of ours, "" where there is none of this kind.
        user: in that container.
        versions: (first, below) versions that work with the services' drivers, as numbers.
        why: why others do not.
    """

    schemes: tuple[str, ...]
    port: int
    url: str = ""
    user: str = ""
    versions: tuple[tuple[int, ...], tuple[int, ...]] = ((0,), (9999,))
    why: str = ""


KINDS: dict[str, Kind] = {
    "mariadb": Kind(("mysql", "mariadb", f"mysql{TLS}", f"mariadb{TLS}"), 3306, "mysql://mariadb:3306"),
    "postgresql": Kind(("postgresql", f"postgresql{TLS}"), 5432),
    "neo4j": Kind(
        ("bolt", "bolt+s", "neo4j", "neo4j+s"),
        7687,
        "bolt://neo4j:7687",
        "neo4j",
        ((3, 5), (5,)),
        "metadata 3.13.0 asks with the driver 4.4 and in words that Neo4j 5 dropped, such as exists(node.property). Use 4.4",
    ),
    "neptune": Kind(("wss",), 8182),
    "atlas": Kind(
        ("http", "https"),
        21000,
        "http://atlas:21000",
        "admin",
        ((2, 0), (3,)),
        "metadata 3.13.0 speaks Atlas' API v2 by apache-atlas 0.0.11. Use 2.1, or a later 2",
    ),
    "elasticsearch": Kind(
        ("http", "https"),
        9200,
        "http://elasticsearch:9200",
        "elastic",
        ((7, 0), (8,)),
        "search 4.2.0 asks with the client 7.13, which is not made for servers of version 8, nor for indices of version 6. Use 7.17",
    ),
}

# For each choice the kinds that may hold the catalog and the search index; the first is the container of ours.
CHOICES: dict[str, dict[str, tuple[str, ...]]] = {
    "embedded": {"metadata": ("mariadb",), "search": ()},
    "neo4j": {"metadata": ("neo4j", "neptune"), "search": ("elasticsearch",)},
    "atlas": {"metadata": ("atlas",), "search": ("elasticsearch",)},
}
SESSIONS = ("mariadb", "postgresql")
METADATA_CLASSES = {"mariadb": "MariaDbConfig", "neo4j": "Neo4jConfig", "neptune": "NeptuneConfig", "atlas": "AtlasConfig"}
SEARCH_CLASSES = {"mariadb": "MariaDbConfig", "elasticsearch": "ElasticsearchConfig"}

# Those that the jobs of the role catalog load and export.
LOADED = ("mariadb", "neo4j", "atlas")

# Started in this order; a store's image is pulled or loaded, or built from Debian's packages.
CONTAINERS = ("mariadb", "elasticsearch", "neo4j", "atlas")
BUILT = ("mariadb", "proxy")
IMAGES = ("neo4j", "elasticsearch", "atlas")

# MiB. What the services and the system beside the stores need, and for each store the least heap, and what a Java server takes beside it.
_BESIDE = {"embedded": 2000, "neo4j": 2600, "atlas": 2600}
_LEAST_HEAP = {"neo4j": 512, "neo4j_pagecache": 128, "elasticsearch": 512, "atlas": 768}
_MOST_HEAP = {"neo4j": 8192, "neo4j_pagecache": 8192, "elasticsearch": 8192, "atlas": 4096}
_OVERHEAD = {"neo4j": 384, "elasticsearch": 512, "atlas": 640}
_SHARE = 8  # each heap takes one part of so many of the host's memory


def kind_of(url: str, kinds: tuple[str, ...]) -> str:
    """Return which of the kinds a URL is of, "" where it is of none."""
    scheme = url.partition("://")[0].lower() if "://" in url else ""
    return next((kind for kind in kinds if scheme in KINDS[kind].schemes), "")


def plan(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return which stores stand behind the services.

    Args:
        values: `stores`, `metadata_url`, `search_url` and `session_url`, the last three empty where the store is a container of ours.

    Returns:
        `containers` (services of ours, in the order they start) and for `metadata`, `search` and `sessions` each: `kind`, `url`, `user`
        (of the container), `external`, `service` (the container, "" where external); `class` names the services' configuration.
    """
    choice = CHOICES.get(str(values.get("stores")), CHOICES["embedded"])
    found = {
        "metadata": _store(str(values.get("metadata_url") or ""), choice["metadata"]),
        "sessions": _store(str(values.get("session_url") or ""), SESSIONS),
    }
    # The embedded search reads the catalog's own tables.
    found["search"] = _store(str(values.get("search_url") or ""), choice["search"]) if choice["search"] else dict(found["metadata"])
    found["metadata"]["class"] = f"amundsen_services.metadata.config.{METADATA_CLASSES[found['metadata']['kind']]}"
    found["search"]["class"] = f"amundsen_services.search.config.{SEARCH_CLASSES[found['search']['kind']]}"
    services = {store["service"] for store in found.values()}
    if found["metadata"]["service"] == "atlas":  # its own index
        services.add("elasticsearch")
    return {**found, "containers": [service for service in CONTAINERS if service in services]}


def _store(url: str, kinds: tuple[str, ...]) -> dict[str, Any]:
    if url:
        return {"kind": kind_of(url, kinds) or kinds[0], "url": url, "user": "", "external": True, "service": ""}
    own = KINDS[kinds[0]]
    return {"kind": kinds[0], "url": own.url, "user": own.user, "external": False, "service": kinds[0]}


def sql_uri(url: str, user: str, password: str, database: str, authorities: str = "") -> str:
    """Return the URI by which SQLAlchemy reaches a database.

    Args:
        url: as the variables give it; a database in its path beats the one given.
        user: of the database.
        password: in clear.
        database: its name.
        authorities: file with the authorities that sign the server's certificate, used where the scheme asks for TLS.
    """
    parts = urlsplit(url)
    _name, _plus, tls = parts.scheme.partition("+")
    kind = kind_of(url, SESSIONS)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    address = f"{quote(user, safe='')}:{quote(password, safe='')}@{host}:{parts.port or KINDS[kind].port}/{parts.path.strip('/') or database}"
    if kind == "postgresql":
        return f"postgresql+pg8000://{address}" + (f"?sslrootcert={authorities or SYSTEM_AUTHORITIES}" if tls else "")
    return f"mysql+pymysql://{address}?charset=utf8mb4" + (f"&ssl_ca={authorities or SYSTEM_AUTHORITIES}" if tls else "")


def sizes(memory_mb: int, given: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Return `heap` and `limit` of the stores in MiB, by the host's memory.

    Args:
        memory_mb: of the host.
        given: heaps that the user wants instead.
    """
    heap = {name: int(given.get(name) or min(max(memory_mb // _SHARE, least), _MOST_HEAP[name])) for name, least in _LEAST_HEAP.items()}
    limit = {service: heap[service] + overhead for service, overhead in _OVERHEAD.items()}
    limit["neo4j"] += heap["neo4j_pagecache"]
    return {"heap": heap, "limit": limit}


def least_memory(values: Mapping[str, Any]) -> int:
    """Return the memory in MiB that a host with these stores needs."""
    stores = str(values.get("stores"))
    least = sizes(0, values.get("heap_mb") or {})["limit"]
    return _BESIDE.get(stores, _BESIDE["embedded"]) + sum(least.get(service, 0) for service in plan(values)["containers"])


# What does not work


def problems(values: Mapping[str, Any], given_secrets: Mapping[str, bool]) -> list[str]:
    """Return what is wrong with the choice of stores.

    Args:
        values: as `plan` takes them, and `images` (build, registry or archive), `archive`, `image_names` (service to name), `heap_mb`,
            `metadata_user`, `search_user` and `session_user`, `sample_data`.
        given_secrets: whether each of `metadata`, `search` and `session` has a password.
    """
    stores = str(values.get("stores"))
    if stores not in CHOICES:
        return []  # said with the other choices
    found = _url_problems(values, stores)
    found += _login_problems(values, given_secrets)
    found += _heap_problems(values.get("heap_mb") or {})
    found += _job_problems(values)
    return found + ([] if found else _image_problems(values))


def _kinds(stores: str) -> dict[str, tuple[str, ...]]:
    return {"metadata": CHOICES[stores]["metadata"], "search": CHOICES[stores]["search"], "session": SESSIONS}


def _url_problems(values: Mapping[str, Any], stores: str) -> list[str]:
    found = []
    for part, kinds in _kinds(stores).items():
        name, url = f"amundsen_{part}_store_url", str(values.get(f"{part}_url") or "")
        if not url:
            continue
        shown = repr(re.sub(r"//.*@", "//...@", url))
        if not kinds:
            found.append(
                f"{name} is set, but amundsen_stores is 'embedded', where search reads the catalog's own tables. Leave it empty, or choose neo4j or atlas."
            )
            continue
        schemes = [scheme for kind in kinds for scheme in KINDS[kind].schemes]
        example = f"{schemes[0]}://{part}.example.com:{KINDS[kinds[0]].port}"
        try:
            parts = urlsplit(url)
            parts.port  # noqa: B018 (it raises)
        except ValueError as error:
            found.append(f"{name} is {shown}, which is no URL ({error}). Write it as {example}.")
            continue
        if "@" in parts.netloc:
            found.append(f"{name} holds a user or a password, which logs would show. Give them in amundsen_{part}_store_user and _password.")
        if not kind_of(url, kinds):
            others = [kind for kind in KINDS if kind not in kinds and kind_of(url, (kind,))]
            reason = f"that is {others[0]}, and amundsen_stores is '{stores}'" if others else f"it starts with none of {', '.join(schemes)}"
            found.append(f"{name} is {shown}: {reason}. Write it as {example}.")
        elif not parts.hostname:
            found.append(f"{name} is {shown}: it has no host. Write it as {example}.")
        elif parts.query or parts.fragment or (parts.path.strip("/") and kind_of(url, kinds) not in (*SESSIONS, "neptune")):
            found.append(f"{name} is {shown}: it has more than scheme, host and port. Write it as {example}.")
    return found


def _login_problems(values: Mapping[str, Any], given_secrets: Mapping[str, bool]) -> list[str]:
    found = []
    for part, kinds in _kinds(str(values.get("stores"))).items():
        url, user, password = values.get(f"{part}_url"), bool(values.get(f"{part}_user")), bool(given_secrets.get(part))
        names = f"amundsen_{part}_store_user", f"amundsen_{part}_store_password"
        if not url and (user or password):
            found.append(f"{names[0 if user else 1]} is set, but amundsen_{part}_store_url is empty: the store is ours, with a password made here. Remove it.")
        elif url and user != password:
            found.append(f"Only one of {names[0]} and {names[1]} is set: a login needs both. Set both, or neither where the store asks for none.")
        elif url and not user and kind_of(str(url), kinds) in SESSIONS:
            found.append(f"{names[0]} is empty: a database asks who comes. Set it, and {names[1]}.")
    return found


def _job_problems(values: Mapping[str, Any]) -> list[str]:
    kind = plan(values)["metadata"]["kind"]
    if not values.get("sample_data") or kind in LOADED:
        return []
    return [f"amundsen_sample_data is true, but the jobs load catalogs on {', '.join(LOADED)} only, and this one is on {kind}. Set it to false."]


def _heap_problems(heaps: Mapping[str, Any]) -> list[str]:
    found = [f"amundsen_store_heap_mb has {name!r}, which is none of: {', '.join(_LEAST_HEAP)}." for name in heaps if name not in _LEAST_HEAP]
    return found + [
        f"{name} of amundsen_store_heap_mb is {heaps[name]!r}: it takes at least {least} MiB."
        for name, least in _LEAST_HEAP.items()
        if name in heaps and (not str(heaps[name]).isdigit() or int(heaps[name]) < least)
    ]


def _image_problems(values: Mapping[str, Any]) -> list[str]:
    """Judge where the images come from, and the versions that their names tell."""
    found, names, way = [], values.get("image_names") or {}, values.get("images")
    wanted = [service for service in plan(values)["containers"] if service in IMAGES]
    if wanted and way == "build":
        servers = " and ".join(wanted)
        found.append(
            f"amundsen_images is 'build', but {servers} cannot be built from Debian's packages. Set amundsen_images to registry (pulled by tag, digest kept) "
            "or archive (a file on the controller), or give the store's URL."
        )
    if way == "archive" and not values.get("archive"):
        found.append("amundsen_images_archive is empty: amundsen_images is 'archive'. Set it to a file on the controller that docker save wrote.")
    if way != "archive" and values.get("archive"):
        found.append(f"amundsen_images_archive is set, and has no effect where amundsen_images is {way!r}. Remove it, or set amundsen_images to archive.")
    for service in BUILT:
        if names.get(service) and way == "build":
            found.append(f"amundsen_{service}_image is set, and has no effect where amundsen_images is 'build'. Remove it, or choose registry or archive.")
    for service in [*wanted, *(service for service in BUILT if names.get(service))] if way != "build" else []:
        found += _name_problems(service, str(names.get(service) or ""))
    return found


def _name_problems(service: str, name: str) -> list[str]:
    variable, kind = f"amundsen_{service}_image", KINDS.get(service)
    if not name:
        return [
            f"{variable} is empty, and there is no image of {service} that its makers keep. Name one that holds Apache Atlas under /opt/apache-atlas "
            "(docs/stores.md says what it needs), or set amundsen_metadata_store_url."
        ]
    tag = name.rpartition("/")[2].partition("@")[0].partition(":")[2]
    if not tag or tag == "latest":
        return [f"{variable} is {name!r}: without a tag, or with 'latest', it means another version tomorrow. Give a tag with the whole version."]
    if service == "neo4j" and "enterprise" in tag:
        return [f"{variable} is {name!r}: the enterprise edition asks for a licence. Use community, or run it yourself (amundsen_metadata_store_url)."]
    if service == "elasticsearch" and "opensearch" in name:
        return [f"{variable} is {name!r}: OpenSearch takes other settings than Elasticsearch. Run it yourself (amundsen_search_store_url)."]
    numbers = tuple(int(number) for number in re.findall(r"\d+", tag.partition("-")[0])[:3])
    if kind and kind.why and numbers and not kind.versions[0] <= numbers < kind.versions[1]:
        return [f"{variable} is {name!r}: {kind.why}."]
    return []
