# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The metadata service's configurations, one per store, named by METADATA_SVC_CONFIG_MODULE_CLASS.

What tells where the store is, is read for the one that is used.
"""

from __future__ import annotations

import os

from boto3.session import Session
from metadata_service.config import PROXY_CLIENTS, LocalConfig, MySQLConfig
from metadata_service.config import AtlasConfig as UpstreamAtlasConfig

from amundsen_services.database import database_uri, engine_options
from amundsen_services.settings import Setting, integer
from amundsen_services.stores import read_store
from amundsen_services.stores.log import import_quietly


class _Quiet:
    """No debugger, no queries in the log, no upstream's defaults for the store."""

    DEBUG = False
    LOG_LEVEL = "INFO"
    SWAGGER_ENABLED = False
    PROXY_HOST = PROXY_PORT = PROXY_USER = PROXY_PASSWORD = None
    # Upstream asks for 10 readers, which leaves the home page of a small catalog empty.
    POPULAR_RESOURCES_MINIMUM_READER_COUNT = integer("AMUNDSEN_POPULAR_MINIMUM_READERS", 1)


class MariaDbConfig(_Quiet, MySQLConfig):  # type: ignore[misc]  # untyped
    """One MariaDB through PyMySQL."""

    PROXY_CLIENT = "amundsen_services.metadata.proxy.MariaDbProxy"
    PROXY_CLIENT_KWARGS = Setting(engine_options)
    SQLALCHEMY_DATABASE_URI = Setting(database_uri)
    STORE_MODULE = "amundsen_services.database"
    BEFORE_START = "amundsen_services.metadata.schema"


class Neo4jConfig(_Quiet, LocalConfig):  # type: ignore[misc]  # untyped
    """Neo4j 3.5 to 4.4, over bolt."""

    PROXY_CLIENT = "amundsen_services.metadata.neo4j.Neo4jProxy"
    STORE_MODULE = "amundsen_services.stores.neo4j"
    STORE = Setting(lambda: read_store("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc"))


class AtlasConfig(_Quiet, UpstreamAtlasConfig):  # type: ignore[misc]  # untyped
    """Apache Atlas 2."""

    PROXY_CLIENT = "amundsen_services.metadata.atlas.AtlasProxy"
    INIT_CUSTOM_EXT_AND_ROUTES = staticmethod(lambda app: import_quietly("apache_atlas"))
    STORE_MODULE = "amundsen_services.stores.atlas"
    STORE = Setting(lambda: read_store("http", "https"))


class NeptuneConfig(_Quiet, LocalConfig):  # type: ignore[misc]  # untyped
    """Amazon Neptune, by upstream's own proxy. A configuration only: it was never run, and no lock has its packages (amundsen-metadata[gremlin]).

    The login is AWS's own: a role, or its usual variables. AWS_REGION, S3_BUCKET_NAME and STS_ENDPOINT are as upstream has them.
    """

    PROXY_CLIENT = PROXY_CLIENTS["NEPTUNE"]
    PROXY_HOST = Setting(lambda: read_store("wss").url)
    PROXY_PASSWORD = Setting(lambda: Session(region_name=os.environ.get("AWS_REGION", "us-east-1")))
    PROXY_CLIENT_KWARGS = {
        "neptune_bulk_loader_s3_bucket_name": os.environ.get("S3_BUCKET_NAME"),
        "ignore_neptune_shard": True,
        "sts_endpoint": os.environ.get("STS_ENDPOINT"),
    }
    STORE_MODULE = "amundsen_services.stores"
