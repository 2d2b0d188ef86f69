# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apache Atlas, with the types that databuilder's models are of, through its API v2."""

from __future__ import annotations

import copy
import csv
import hashlib
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from amundsen_common.utils.atlas import AtlasTableKey
from amundsen_services.metadata import types
from amundsen_services.stores import atlas, read_store
from databuilder.loader.file_system_atlas_csv_loader import FsAtlasCSVLoader
from databuilder.models.atlas_serializable import AtlasSerializable
from databuilder.models.badge import BadgeMetadata
from databuilder.models.table_metadata import ColumnMetadata, TableMetadata
from databuilder.publisher.base_publisher import Publisher

from amundsen_jobs.format import Resource, Rows
from amundsen_jobs.stores import StoreError
from amundsen_jobs.stores.atlas_rows import Entity, rows

_NATIVE = "hive_table://"
_GLOSSARY = "amundsen_user_tags"
"""Where the metadata service puts the tags that people make."""
_LOADED = "amundsen_loaded"
"""A custom attribute of an entity: the sum of the description that a job gave it last. With another, somebody edited it."""
_TYPES = {"table": "Table", "dashboard": "Dashboard", "user": "User", "schema": "Schema"}
# An entity comes after those that it names.
_ORDER = (
    *("Cluster", "Database", "Schema", "Source", "Application", "User", "Table", "Column", "LineageProcess"),
    *("DashboardGroup", "Dashboard", "DashboardQuery", "DashboardChart", "DashboardExecution", "Reader", "Bookmark"),
)
_DESCRIBED = ("Table", "Column", "Dashboard")
# What Atlas asks for; all else is left as it is where it is empty.
_NEEDED = ("name", "type", "id", "cluster", "product", "state")
_ASKED = 50  # keys or ids in one URL
_WRITTEN = 200  # entities in one request
_READ = 1000  # of a search
_SECONDS = 60  # until what was written is found

Keys = dict[str, list[str]]
"""Keys by the type that they are of."""


class Api:
    """Atlas' API v2."""

    def __init__(self) -> None:
        self.client = atlas.connect(read_store("http", "https"))

    def call(self, method: str, path: str, body: Any = None, done: Sequence[int] = (), **parameters: Any) -> Any:
        """Call it; give the JSON of the answer, None where it says by a status of `done` that there is nothing to do.

        Raises:
            StoreError: Atlas refuses what it is given.
        """
        try:
            answer = self.client.session.request(method, f"{self.client.host}/api/atlas/v2{path}", json=body, params=parameters)
        except atlas.Absent as error:
            raise StoreError("Atlas does not have what is named here: load it first, or with this, and see that nobody removes it meanwhile") from error
        if answer.status_code in done:
            return None
        if not answer.ok:
            raise StoreError(f"Atlas refuses what it is given ({answer.json().get('errorMessage', f'HTTP {answer.status_code}')})")
        return answer.json() if answer.content else None

    def found(self, type_name: str, keys: Iterable[str]) -> dict[str, Entity]:
        """Give those entities of a type, and of those below it, that have one of the keys, without their relations."""
        entities: dict[str, Entity] = {}
        for part in _parts(sorted(set(keys)), _ASKED):
            named = {f"attr_{number}:qualifiedName": key for number, key in enumerate(part)}
            answer = self.call("GET", f"/entity/bulk/uniqueAttribute/type/{type_name}", ignoreRelationships="true", minExtInfo="true", **named)
            entities |= {entity["attributes"]["qualifiedName"]: entity for entity in answer.get("entities", ()) if entity["status"] == "ACTIVE"}
        return entities

    def all(self, type_name: str) -> tuple[list[Entity], dict[str, Entity]]:
        """Read all entities of a type, and of those below it, with their relations; and what belongs to them, by id."""
        ids: list[str] = []
        while len(ids) % _READ == 0:
            search = {"typeName": type_name, "excludeDeletedEntities": True, "limit": _READ, "offset": len(ids)}
            part = self.call("POST", "/search/basic", search).get("entities", ())
            ids += [entity["guid"] for entity in part]
            if not part:
                break
        entities: list[Entity] = []
        parts: dict[str, Entity] = {}
        for few in _parts(ids, _ASKED):
            answer = self.call("GET", "/entity/bulk", guid=few)
            entities += [entity for entity in answer["entities"] if entity["status"] == "ACTIVE"]
            parts |= answer["referredEntities"]
        return entities, parts

    def badges(self) -> dict[str, str]:
        """Give all classifications, with their descriptions: a job's hold the badge's category there."""
        answer = self.call("GET", "/types/typedefs", type="classification")
        return {each["name"]: each.get("description") or "" for each in answer["classificationDefs"]}

    def tags(self) -> dict[str, str]:
        """Give all terms of all glossaries, with their ids."""
        headers = [header for glossary in self.call("GET", "/glossary") or () for header in glossary.get("terms", ())]
        return {header["displayText"]: header["termGuid"] for header in headers}


def _parts(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]


class Loader(FsAtlasCSVLoader):  # type: ignore[misc]
    """databuilder's loader; it leaves out what databuilder has no form for Atlas of, of which upstream's dies, and has the badges of columns."""

    def load(self, csv_serializable: Any) -> None:
        """Write a record's entities and relations."""
        if isinstance(csv_serializable, AtlasSerializable):
            super().load(csv_serializable)
        if isinstance(csv_serializable, TableMetadata):
            for column in csv_serializable.columns:
                if column.badges:
                    key = f"{csv_serializable._get_table_key()}/{column.name}"  # pylint: disable=protected-access
                    super().load(BadgeMetadata(ColumnMetadata.COLUMN_NODE_LABEL, key, column.badges))


class KeepingPublisher(Publisher):  # type: ignore[misc]
    """Publishes what the loader wrote; it keeps descriptions that people edited.

    Upstream's takes an error of Atlas for done, reads `0815` as a number, overwrites a description with an empty one, and asks for the
    whole glossary with each tag.
    """

    def __init__(self, api: Api) -> None:
        super().__init__()
        self._api = api
        self._ids: dict[tuple[str, str], str] = {}

    def init(self, conf: Any) -> None:
        """Take the loader's folders."""
        self._folders = [Path(conf.get_string(name)) for name in ("entities", "relations")]

    def get_scope(self) -> str:
        """Name what the settings are under."""
        return "publisher.atlas"

    def publish_impl(self) -> None:
        """Publish entities, then relations; ends when a search finds them."""
        entities, relations = (_read(folder) for folder in self._folders)
        kinds: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
        for record in entities:
            named = kinds[record.pop("typeName")].setdefault(record["qualifiedName"], {})
            named |= {name: value for name, value in record.items() if value or (name in _NEEDED and name not in named)}
        self._refuse_native(kinds)
        badges, tags = kinds.pop("Badge", {}), kinds.pop("Tag", {})
        readers, ends = kinds.get("Reader", {}), defaultdict(list)
        for relation in relations:
            kind, key = relation["relationshipType"], relation["entityQualifiedName2"]
            if kind == "Referenceable_Readers":
                readers[key]["relationships"] = f"entity#{relation['entityType1']}#{relation['entityQualifiedName1']}"
            elif kind == "Reader_Users":
                readers[relation["entityQualifiedName1"]]["user"] = f"user#User#{key}"
            else:
                ends[kind].append(_ends(relation))
        for kind in sorted(kinds, key=_ORDER.index):
            self._write(kind, kinds[kind])
        self._add_badges(badges, ends.pop("AtlasClassification", []))
        self._add_tags(tags, ends.pop("AtlasGlossaryTerm", []))
        for kind, pairs in ends.items():
            self._relate(kind, pairs)
        self._wait()

    def _refuse_native(self, kinds: dict[str, dict[str, dict[str, str]]]) -> None:
        """Leave the tables of Hive's own hook, which are of another type, as they are."""
        named = [key for kind in kinds.values() for key in kind if key.startswith(_NATIVE)]
        for kind in kinds.values():
            for key in [key for key, record in kind.items() if _is_native(key, record)]:
                del kind[key]
        tables = {key for key in named if key.count("/") == 3}
        there = self._api.found("Table", [AtlasTableKey(key).qualified_name for key in tables])
        lost = sorted(key for key in tables if AtlasTableKey(key).qualified_name not in there)
        if lost:
            raise StoreError(f"{', '.join(lost)}: only Hive's own hook writes such tables to Atlas; nothing was loaded")

    def _write(self, kind: str, records: dict[str, dict[str, str]]) -> None:
        if kind not in _ORDER:
            raise StoreError(f"Atlas' type {kind} is not known here")
        there = self._api.found(kind, records) if kind in (*_DESCRIBED, "Schema") else {}
        entities = [_entity(kind, record, there.get(key)) for key, record in records.items()]
        for part in _parts(entities, _WRITTEN):
            answer = self._api.call("POST", "/entity/bulk", {"entities": part})
            for change, headers in (answer.get("mutatedEntities") or {}).items():
                for header in headers:
                    self._ids[header["typeName"], header["attributes"]["qualifiedName"]] = header["guid"]
                    if change == "CREATE":
                        self._last = header

    _last: Entity | None = None

    def _wait(self) -> None:
        """Wait until the last new entity is found: the index of Atlas' search comes after its store."""
        if self._last is None:
            return
        key = self._last["attributes"]["qualifiedName"]
        criterion = {"attributeName": "qualifiedName", "operator": "eq", "attributeValue": key}
        search = {"typeName": self._last["typeName"], "limit": 1, "entityFilters": {"condition": "AND", "criterion": [criterion]}}
        end = time.monotonic() + _SECONDS
        while not self._api.call("POST", "/search/basic", search).get("entities"):
            if time.monotonic() > end:
                raise StoreError(f"Atlas' search does not find what was written {_SECONDS} s ago: check the server of its index, then run it again")
            time.sleep(0.2)

    def _find(self, ends: Iterable[tuple[str, str]]) -> None:
        """Learn the ids of entities.

        Raises:
            StoreError: some are not there.
        """
        wanted: Keys = defaultdict(list)
        for kind, key in ends:
            if (kind, key) not in self._ids:
                wanted[kind].append(key)
        for kind, keys in wanted.items():
            self._ids |= {(kind, key): entity["guid"] for key, entity in self._api.found(kind, keys).items()}
            lost = sorted({key for key in keys if (kind, key) not in self._ids})
            if lost:
                raise StoreError(f"Atlas has no {kind} {', '.join(lost)}: load it first, or with this")

    def _add_badges(self, badges: dict[str, dict[str, str]], pairs: list[tuple[tuple[str, str], tuple[str, str]]]) -> None:
        """Make the classifications, and give them to those that do not bear them."""
        there = self._api.badges()
        new = [{"name": name, "description": badge["category"], "superTypes": [], "attributeDefs": []} for name, badge in badges.items() if name not in there]
        if new:
            self._api.call("POST", "/types/typedefs", {"classificationDefs": new})
        self._find(end for end, _badge in pairs)
        bearers: Keys = defaultdict(list)
        for end, (_kind, badge) in pairs:
            bearers[badge].append(self._ids[end])
        for part in _parts(sorted({end for end, _badge in pairs}), _ASKED):
            answer = self._api.call("GET", "/entity/bulk", guid=[self._ids[end] for end in part], minExtInfo="true")
            for entity in answer["entities"]:
                for badge in entity.get("classifications", ()):
                    if badge["entityGuid"] == entity["guid"] and entity["guid"] in bearers[badge["typeName"]]:
                        bearers[badge["typeName"]].remove(entity["guid"])
        for badge, ids in bearers.items():
            given = {"typeName": badge, "propagate": False}  # or what is made of a table would bear it too
            for part in _parts(ids, _WRITTEN):
                self._api.call("POST", "/entity/bulk/classification", {"classification": given, "entityGuids": part})

    def _add_tags(self, tags: dict[str, dict[str, str]], pairs: list[tuple[tuple[str, str], tuple[str, str]]]) -> None:
        """Make the terms, and give them to those that do not bear them."""
        there = self._api.tags()
        new = [name for name in tags if name not in there]
        if new:
            glossaries = {glossary["name"]: glossary["guid"] for glossary in self._api.call("GET", "/glossary") or ()}
            home = glossaries.get(_GLOSSARY) or self._api.call("POST", "/glossary", {"name": _GLOSSARY})["guid"]
            terms = [{"name": name, "anchor": {"glossaryGuid": home}} for name in new]
            there |= {term["name"]: term["guid"] for term in self._api.call("POST", "/glossary/terms", terms)}
        self._find(end for end, _tag in pairs)
        bearers: Keys = defaultdict(list)
        for end, (_kind, tag) in pairs:
            bearers[tag].append(self._ids[end])
        for tag, ids in bearers.items():
            path = f"/glossary/terms/{there[tag]}/assignedEntities"
            borne = {entity["guid"] for entity in self._api.call("GET", path, limit=-1) or () if entity.get("relationshipStatus") != "DELETED"}
            missing = [{"guid": each} for each in sorted(set(ids) - borne)]
            if missing:
                self._api.call("POST", path, missing)

    def _relate(self, kind: str, pairs: list[tuple[tuple[str, str], tuple[str, str]]]) -> None:
        self._find(end for pair in pairs for end in pair)
        for first, second in dict.fromkeys(pairs):
            name = "Dashboard_Users_Owner" if kind == "DataSet_Users_Owner" and first[0] == "Dashboard" else kind
            ends = {f"end{number}": {"guid": self._ids[end], "typeName": end[0]} for number, end in enumerate((first, second), start=1)}
            # 409: it is there already.
            self._api.call("POST", "/relationship", {"typeName": name, **ends}, done=(409,))


def _read(folder: Path) -> list[dict[str, str]]:
    found = []
    for file in sorted(folder.iterdir()):
        with file.open(encoding="utf-8", newline="") as lines:
            found += list(csv.DictReader(lines))
    return found


def _ends(relation: dict[str, str]) -> tuple[tuple[str, str], tuple[str, str]]:
    """Give both ends' types and keys; upstream takes a dashboard for a DataSet, and does not know the type of Hive's tables' names."""
    kind, key = relation["entityType1"], relation["entityQualifiedName1"]
    if kind == "DataSet" and "_dashboard://" in key:
        kind = "Dashboard"
    second, name = relation["entityType2"], relation["entityQualifiedName2"]
    if second == "AtlasGlossaryTerm":
        name = name.partition(",term=")[2]
    return (kind, _native(key)), (second, _native(name))


def _native(key: str) -> str:
    return str(AtlasTableKey(key).qualified_name) if key.startswith(_NATIVE) and key.count("/") == 3 else key


def _is_native(key: str, record: dict[str, str]) -> bool:
    """Tell whether a record is of the tables of Hive's hook, or of what those are in."""
    return (key.startswith(_NATIVE) and "/_reader/" not in key) or record.get("relationships", "").startswith(f"cluster#Cluster#{_NATIVE}")


def _entity(kind: str, record: dict[str, str], there: Entity | None) -> Entity:
    """Give an entity as Atlas takes it; of one that is there, without the description that somebody edited."""
    links = [record.get(name, "") for name in ("relationships", "user")]
    attributes = {name: value for name, value in record.items() if name not in ("operation", "relationships", "user")}
    if kind == "Schema" and (there or record["operation"] == "UPDATE"):
        attributes["name"] = record["qualifiedName"].rpartition(".")[2]  # upstream's description of it has the key here
    made: Entity = {"typeName": kind, "attributes": attributes}
    if any(links):
        made["relationshipAttributes"] = {
            name: {"typeName": end, "uniqueAttributes": {"qualifiedName": _native(key)}} for name, end, key in (link.split("#", 2) for link in links if link)
        }
    if kind in _DESCRIBED and "description" in attributes:
        custom = copy.copy((there or {}).get("customAttributes") or {})
        old = there["attributes"].get("description") if there else None
        if old and custom.get(_LOADED) != _sum(old):
            del attributes["description"]
        else:
            made["customAttributes"] = {**custom, _LOADED: _sum(attributes["description"])}
    return made


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _described() -> types.Types:
    """Give the types of databuilder's models, and the order of columns, which databuilder writes but does not describe.

    Not its relation of clusters and dashboards: it hides the dashboard's attribute of that name, which the metadata service reads.
    """
    found = copy.deepcopy(types.described("databuilder.types.atlas"))
    found["relationshipDefs"] = [each for each in found["relationshipDefs"] if each["name"] != "Cluster__Dashboards"]
    order = {"name": "position", "typeName": "int", "cardinality": "SINGLE", "isIndexable": False, "isOptional": True, "isUnique": False}
    next(each for each in found["entityDefs"] if each["name"] == "Column")["attributeDefs"].append(order)
    return found


class Atlas:
    """The store of a catalog on Atlas."""

    name = "atlas"

    def __init__(self) -> None:
        self._api = Api()

    def check(self) -> None:
        """Raise StoreError unless the server answers, lets us in, and has our types; it is given those that it lacks."""
        why = atlas.health(self._api.client, lambda client: types.complete_for_jobs(client, _described())).checks["atlas"].get("message")
        if why:
            raise StoreError(why)

    def loader(self) -> Loader:
        """Give databuilder's loader for this store."""
        return Loader()

    def publisher(self) -> KeepingPublisher:
        """Give the publisher, which keeps what people edited."""
        return KeepingPublisher(self._api)

    def settings(self, folder: Path, tag: str) -> dict[str, Any]:
        """Give the folders of both."""
        entities, relations = str(folder / "entities"), str(folder / "relations")
        return {
            "loader.filesystem_csv_atlas.entity_dir_path": entities,
            "loader.filesystem_csv_atlas.relationship_dir_path": relations,
            "publisher.atlas.entities": entities,
            "publisher.atlas.relations": relations,
        }

    def present(self, resources: set[Resource]) -> set[Resource]:
        """Give those that are in the catalog."""
        keys: Keys = defaultdict(list)
        for kind, key in resources:
            keys[kind].append(key)
        found = {("tag", tag) for tag in self._api.tags()} | {("badge", badge) for badge in self._api.badges()}
        for kind, type_name in _TYPES.items():
            names = {_native(key): key for key in keys[kind]}
            found |= {(kind, names[name]) for name in self._api.found(type_name, names)}
        return found & resources

    def rows(self) -> Rows:
        """Read the whole catalog."""
        return rows(self._api.all, self._api.badges(), self._api.tags())

    def describe(self, error: Exception) -> str | None:
        """Say in words what the server's error means, or None if it is none of its."""
        fault = atlas.fault(error)
        return f"{fault.description}; what was loaded before that stays, and running it again goes on" if fault else None
