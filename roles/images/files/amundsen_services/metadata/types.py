# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives Atlas the types that Amundsen's metadata are of, as a package describes them: amundsenatlastypes, or for the jobs databuilder."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from apache_atlas.client.base_client import AtlasClient

from amundsen_services.settings import SettingError
from amundsen_services.stores.atlas import AtlasError

Types = dict[str, list[dict[str, Any]]]
"""Definitions by their kind: `entityDefs`, `relationshipDefs`, `structDefs`."""

_PATH = "/api/atlas/v2/types/typedefs"
_FAMILIES = {"_table": "Table", "_column": "Column"}


@cache
def described(name: str = "amundsenatlastypes") -> Types:
    """Read a package's descriptions. It is not imported: its own client is no part of the image."""
    found: Types = defaultdict(list)
    package = find_spec(name)
    if package is None or package.origin is None:
        raise SettingError(f"{name} is not installed: build the image with a lock that has it")
    for path in sorted(Path(package.origin).parent.glob("schema/**/*.json")):
        for kind, definitions in json.loads(path.read_text(encoding="utf-8")).items():
            found[kind] += definitions
    return dict(found)


def lacking(there: Types, described: Types) -> Types:
    """Give the described types that are not there. Those that are stay as they are."""
    names = {definition["name"] for definitions in there.values() for definition in definitions}
    wanted = {kind: [definition for definition in definitions if definition["name"] not in names] for kind, definitions in described.items()}
    return {kind: definitions for kind, definitions in wanted.items() if definitions}


def adopted(there: Types) -> Types:
    """Give the tables and columns of others, such as `hive_table`, that are not yet Amundsen's too, as they shall be."""
    changed = []
    for definition in there.get("entityDefs", ()):
        family = next((family for ending, family in _FAMILIES.items() if definition["name"].endswith(ending)), None)
        if family and family not in definition["superTypes"]:
            changed.append({**definition, "superTypes": [*definition["superTypes"], family]})
    return {"entityDefs": changed} if changed else {}


def extended(there: Types, described: Types) -> Types:
    """Give the types that lack some of the attributes described, with those too. Another's that has one already, such as `hive_table`, keeps its own."""
    changed = []
    wanted = {definition["name"]: definition.get("attributeDefs", []) for definition in described.get("entityDefs", ())}
    for definition in there.get("entityDefs", ()):
        names = {attribute["name"] for attribute in definition["attributeDefs"]}
        more = [attribute for attribute in wanted.get(definition["name"], ()) if attribute["name"] not in names]
        if more:
            changed.append({**definition, "attributeDefs": [*definition["attributeDefs"], *more]})
    return {"entityDefs": changed} if changed else {}


def complete(client: AtlasClient) -> None:
    """Give Atlas the types that the metadata service needs. Another that does so at the same time makes this one fail; the next finds all there.

    Raises:
        AtlasError: Atlas answered with an error.
    """
    there = _call(client, "GET")
    _change(client, (("POST", lacking(there, described())), ("PUT", adopted(there))))


def complete_for_jobs(client: AtlasClient, described: Types) -> None:
    """Give Atlas the types, and those that are there the attributes, that are described beside those of the metadata service.

    Raises:
        AtlasError: Atlas answered with an error.
    """
    complete(client)
    there = _call(client, "GET")
    _change(client, (("PUT", extended(there, described)), ("POST", lacking(there, described))))


def _change(client: AtlasClient, changes: Iterable[tuple[str, Types]]) -> None:
    for method, types in changes:
        if types:
            _call(client, method, types)


def _call(client: AtlasClient, method: str, types: Types | None = None) -> Types:
    try:
        answer = client.session.request(method, client.host + _PATH, json=types)
    except AtlasError as error:
        if types and error.status == 403:
            raise AtlasError(403, "Atlas lacks Amundsen's types, and this user may not make them: let it, or let one who may log in once") from error
        raise
    if not answer.ok:
        raise AtlasError(answer.status_code)
    found: Types = answer.json()
    return found
