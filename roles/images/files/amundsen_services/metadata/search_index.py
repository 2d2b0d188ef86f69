# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where search is a second copy of the catalog: a description edited here is found by its new words at once.

The frontends write a tag to the search service themselves, and a description not at all.
"""

from __future__ import annotations

import json
import logging
import os
import urllib.request
from typing import Any

SEARCH_URL = "AMUNDSEN_SEARCH_URL"
SECONDS = 5

_LOG = logging.getLogger(__name__)


def overwrite(resource_type: str, key: str, field: str, value: str) -> None:
    """Change a field of a resource in the search service's index, if AMUNDSEN_SEARCH_URL names one.

    The edit is in the catalog by then: a search service that is down costs a line in the log, not the edit.
    """
    base = os.environ.get(SEARCH_URL, "")
    if not base:
        return
    body = {"resource_key": key, "resource_type": resource_type, "field": field, "value": value, "operation": "overwrite"}
    request = urllib.request.Request(f"{base.rstrip('/')}/v2/document", json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(request, timeout=SECONDS).close()
    except (OSError, ValueError) as error:
        _LOG.warning("search does not have the new %s of %s until it is indexed again: %s", field, key, error)


class DescriptionsInSearch:
    """Goes before one of upstream's proxies."""

    def put_table_description(self, *, table_uri: str, description: str, **more: Any) -> None:
        """Change a table's description, in the search service too."""
        super().put_table_description(table_uri=table_uri, description=description, **more)  # type: ignore[misc]
        overwrite("table", table_uri, "description", description)

    def put_dashboard_description(self, *, id: str, description: str, **more: Any) -> None:
        """Change a dashboard's description, in the search service too."""
        super().put_dashboard_description(id=id, description=description, **more)  # type: ignore[misc]
        overwrite("dashboard", id, "description", description)
