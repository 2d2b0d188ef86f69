# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search service's configuration, named by SEARCH_SVC_CONFIG_MODULE_CLASS."""

from __future__ import annotations

from search_service.config import LocalConfig

from amundsen_services.database import database_uri, engine_options


class MariaDbConfig(LocalConfig):  # type: ignore[misc]  # untyped
    """One MariaDB through PyMySQL, which a user that may only SELECT is enough for."""

    SWAGGER_ENABLED = False
    # Upstream's name for the setting, whatever the engine is.
    ES_PROXY_CLIENT = "amundsen_services.search.proxy.MariaDbSearchProxy"
    PROXY_ENDPOINT = PROXY_USER = PROXY_PASSWORD = ""
    SQLALCHEMY_DATABASE_URI = database_uri()
    SQLALCHEMY_ENGINE_OPTIONS = engine_options()
