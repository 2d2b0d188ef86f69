# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elasticsearch or OpenSearch: the client, and what its errors mean."""

from __future__ import annotations

from typing import Any

from amundsen_common.models.api.health_check import HealthCheck
from elasticsearch import Elasticsearch
from elasticsearch.exceptions import ConnectionError as LostError
from elasticsearch.exceptions import ElasticsearchException, SSLError, TransportError
from werkzeug.exceptions import BadRequest, HTTPException, ServiceUnavailable

from amundsen_services.stores import CA_FILE, STORE_FILE, Store, causes, trust
from amundsen_services.stores import health as health_check

# Of an error inside a search for several kinds at once, which has no status of its own.
_OF_THE_REQUEST = {"illegal_argument_exception", "parse_exception", "parsing_exception", "query_shard_exception"}


def connect(store: Store) -> Elasticsearch:
    """Make a client. It connects at the first request."""
    context = trust() if store.url.startswith("https") else None
    return Elasticsearch([store.url], http_auth=store.login, ssl_context=context, timeout=10, max_retries=0)


def _reason(error: TransportError) -> set[Any]:
    info = error.info if isinstance(error.info, dict) else {}
    found = info.get("error", info)
    return {each.get("type") for each in found.get("root_cause", ())} if isinstance(found, dict) else set()


def _fault(error: BaseException) -> HTTPException | None:
    if isinstance(error, SSLError):
        return ServiceUnavailable(f"Elasticsearch offers no TLS, or a certificate that is not trusted: check {STORE_FILE} and {CA_FILE}")
    if isinstance(error, LostError):
        return ServiceUnavailable("Elasticsearch does not answer: is it running, and its host and port right?")
    if not isinstance(error, TransportError):
        return None
    if error.status_code in (401, 403):
        return ServiceUnavailable(f"Elasticsearch refuses this user: check the user and password of {STORE_FILE}")
    if error.status_code == 400 or _reason(error) & _OF_THE_REQUEST:
        return BadRequest(f"Elasticsearch cannot search for this ({error.error})")
    if error.status_code != 404:
        return ServiceUnavailable(f"Elasticsearch is not ready ({error.error})")
    return None


def fault(error: BaseException) -> HTTPException | None:
    """Give 503 if Elasticsearch is down or refuses us, 400 if it cannot understand the search."""
    return next(filter(None, map(_fault, causes(error))), None)


def health(client: Elasticsearch) -> HealthCheck:
    """Ask for the cluster's health: all but `red` will do."""
    try:
        status = client.cluster.health(request_timeout=5)["status"]
    except ElasticsearchException as error:
        found = fault(error)
        return health_check("elasticsearch", found.description if found else f"Elasticsearch answers with an error ({type(error).__name__})")
    return health_check("elasticsearch", "the cluster's health is red: an index has no primary shard" if status == "red" else None)
