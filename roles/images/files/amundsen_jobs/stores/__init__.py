# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalog's stores, each with the same few abilities. The environment names which of them is this catalog's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from amundsen_services.settings import SettingError
from amundsen_services.stores import read_store
from databuilder.loader.base_loader import Loader
from databuilder.publisher.base_publisher import Publisher

from amundsen_jobs.format import Resource, Rows

_SCHEMES = ("bolt", "bolt+s", "neo4j", "neo4j+s", "http", "https")


class StoreError(RuntimeError):
    """The store does not do what it is asked; the message says why and what to do. It never holds a secret."""


class Store(Protocol):
    """A metadata store."""

    name: str

    def check(self) -> None:
        """Raise StoreError unless the store answers and can be written to."""

    def loader(self) -> Loader:
        """Give databuilder's loader for this store."""

    def publisher(self) -> Publisher:
        """Give databuilder's publisher for this store; it keeps what people edited."""

    def settings(self, folder: Path, tag: str) -> dict[str, Any]:
        """Give the settings of both, for an empty folder between them and a tag that the published records bear."""

    def present(self, resources: set[Resource]) -> set[Resource]:
        """Give those of the resources that are in the catalog."""

    def rows(self) -> Rows:
        """Read the whole catalog."""

    def describe(self, error: Exception) -> str | None:
        """Say in words what the store's error means, or None if it is none of the store's."""


def open_store() -> Store:
    """Open the metadata store that the environment names.

    Raises:
        SettingError: it names none.
    """
    if os.environ.get("SQLALCHEMY_DATABASE_URI_FILE"):
        from amundsen_jobs.stores.mariadb import MariaDb

        return MariaDb()
    if os.environ.get("AMUNDSEN_STORE_FILE"):
        if urlsplit(read_store(*_SCHEMES).url).scheme in ("http", "https"):
            from amundsen_jobs.stores.atlas import Atlas

            return Atlas()
        from amundsen_jobs.stores.neo4j import Neo4j

        return Neo4j()
    raise SettingError("no metadata store is named: set SQLALCHEMY_DATABASE_URI_FILE (MariaDB) or AMUNDSEN_STORE_FILE (Neo4j, Atlas)")
