# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search service's configurations, one per store, named by SEARCH_SVC_CONFIG_MODULE_CLASS."""

from __future__ import annotations

from search_service.config import LocalConfig

from amundsen_services.database import database_uri, engine_options
from amundsen_services.settings import Setting
from amundsen_services.stores import read_store


class _Quiet(LocalConfig):  # type: ignore[misc]  # untyped
    SWAGGER_ENABLED = False
    PROXY_ENDPOINT = PROXY_USER = PROXY_PASSWORD = ""


class MariaDbConfig(_Quiet):
    """One MariaDB through PyMySQL, which a user that may only SELECT is enough for."""

    # Upstream's name for the setting, whatever the engine is.
    ES_PROXY_CLIENT = "amundsen_services.search.proxy.MariaDbSearchProxy"
    SQLALCHEMY_DATABASE_URI = Setting(database_uri)
    SQLALCHEMY_ENGINE_OPTIONS = Setting(engine_options)
    STORE_MODULE = "amundsen_services.database"


class ElasticsearchConfig(_Quiet):
    """Elasticsearch 7, or OpenSearch."""

    ES_PROXY_CLIENT = "amundsen_services.search.elasticsearch.ElasticsearchProxy"
    STORE_MODULE = "amundsen_services.stores.elasticsearch"
    STORE = Setting(lambda: read_store("http", "https"))
