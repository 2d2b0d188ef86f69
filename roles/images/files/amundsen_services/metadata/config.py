# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The metadata service's configuration, named by METADATA_SVC_CONFIG_MODULE_CLASS."""

from __future__ import annotations

from metadata_service.config import MySQLConfig

from amundsen_services.database import database_uri, engine_options
from amundsen_services.settings import integer


class MariaDbConfig(MySQLConfig):  # type: ignore[misc]  # untyped
    """One MariaDB through PyMySQL; no debugger, no queries in the log."""

    DEBUG = False
    LOG_LEVEL = "INFO"
    SWAGGER_ENABLED = False
    PROXY_CLIENT = "amundsen_services.metadata.proxy.MariaDbProxy"
    PROXY_CLIENT_KWARGS = engine_options()
    SQLALCHEMY_DATABASE_URI = database_uri()
    # Upstream asks for 10 readers, which leaves the home page of a small catalog empty.
    POPULAR_RESOURCES_MINIMUM_READER_COUNT = integer("AMUNDSEN_POPULAR_MINIMUM_READERS", 1)
