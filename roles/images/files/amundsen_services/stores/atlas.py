# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Apache Atlas: a client that gives up, and errors that say what they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from amundsen_common.models.api.health_check import HealthCheck
from apache_atlas.client.base_client import AtlasClient
from requests import RequestException, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import SSLError
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from amundsen_services.stores import CA_FILE, STORE_FILE, Store, causes, trust
from amundsen_services.stores import health as health_check

SECONDS = (3, 30)
"""For a connection, and for each wait for an answer."""

# Any user may read it, none without a login.
_HEALTH_PATH = "/api/atlas/v2/types/typedefs/headers"


class AtlasError(Exception):
    """Atlas answered with an error of its own, or refused the login."""

    def __init__(self, status: int, why: str = "") -> None:
        super().__init__(why or f"Atlas answered HTTP {status}")
        self.status, self.why = status, why


class _TrustingAdapter(HTTPAdapter):
    def init_poolmanager(self, *positional: Any, **named: Any) -> None:
        super().init_poolmanager(*positional, **named, ssl_context=trust())


class Absent(Exception):
    """What was asked for does not exist in Atlas."""


def _check(absent: type[Exception], response: Response, **_: Any) -> None:
    """Raise what an answer means; upstream's client takes 503 for an empty answer, and dies of a page that is no JSON."""
    if response.status_code == 404:
        raise absent("this does not exist in Atlas")
    if response.status_code in (401, 403) or response.status_code >= 500:
        raise AtlasError(response.status_code)


def connect(store: Store, absent: type[Exception] = Absent) -> AtlasClient:
    """Make a client, which raises `absent` where Atlas does not have a thing. It connects at the first request."""
    client = AtlasClient(store.url.rstrip("/"), store.login)
    client.session.mount("https://", _TrustingAdapter())
    # Or the account's .netrc would beat the login, and its proxy stand between.
    client.session.trust_env = False
    client.session.request = partial(client.session.request, timeout=SECONDS)
    client.session.hooks["response"].append(partial(_check, absent))
    return client


def _why(error: BaseException) -> str | None:
    if isinstance(error, SSLError):
        return f"Atlas offers no TLS, or a certificate that is not trusted: check {STORE_FILE} and {CA_FILE}"
    if isinstance(error, RequestException):
        return "Atlas does not answer: is it running, and its host and port right?"
    if isinstance(error, AtlasError):
        if error.why:
            return error.why
        if error.status in (401, 403):
            return f"Atlas refuses this user: check the user and password of {STORE_FILE}"
        return f"Atlas is not ready (HTTP {error.status})"
    return None


def fault(error: BaseException) -> HTTPException | None:
    """Give 503 if Atlas is down or refuses us."""
    why = next(filter(None, map(_why, causes(error))), None)
    return ServiceUnavailable(why) if why else None


def ask(client: AtlasClient) -> None:
    """Ask Atlas something, which only its users may."""
    client.session.get(client.host + _HEALTH_PATH)


def health(client: AtlasClient, check: Callable[[AtlasClient], None] = ask) -> HealthCheck:
    """Say whether Atlas is well enough for a check."""
    try:
        check(client)
    except Exception as error:
        found = fault(error)
        return health_check("atlas", found.description if found else f"Atlas answers with an error ({type(error).__name__})")
    return health_check("atlas", None)
