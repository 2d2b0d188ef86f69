# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare an application at Auth0, as its Management API shows it, with what the catalog needs. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_plan import connection_shown
from ansible_collections.datacatalog.amundsen.plugins.module_utils._checks import checks_of, failed, passed, skipped
from ansible_collections.datacatalog.amundsen.plugins.module_utils._oidc import origin

__all__ = ["REGISTRATION", "Wanted", "check_application", "unreadable"]

REGISTRATION = checks_of("The application at the provider")
_REST = REGISTRATION[1:]


@dataclass(frozen=True)
class Wanted:
    """What the catalog needs of the application. ``closed`` is set where rules of the catalog say who may enter."""

    redirect_uri: str
    logout_uri: str
    login_uri: str
    closed: bool = False


def unreadable(cause: str, seen: str, **values: str) -> list[dict[str, str]]:
    """Return the checks where the application cannot be read."""
    return [failed(cause, seen, **values), *(skipped("no_application", check=check) for check in _REST)]


def check_application(client: Mapping[str, Any], connections: Iterable[Mapping[str, Any]], wanted: Wanted) -> list[dict[str, str]]:
    """Judge an application and the connections that are on for it."""
    callbacks, logouts = client.get("callbacks") or [], client.get("allowed_logout_urls") or []
    shown = [connection_shown(connection) for connection in connections]
    return [
        _check_kind(client),
        _check_callback(callbacks, wanted.redirect_uri),
        passed("logout_listed", wanted.logout_uri)
        if wanted.logout_uri in logouts
        else failed("logout_not_listed", _listed("Allowed Logout URLs", logouts), logout_uri=wanted.logout_uri),
        _check_login_uri(client.get("initiate_login_uri") or "", callbacks, wanted),
        _check_connections(shown),
        _check_sign_up(shown, wanted),
    ]


def _listed(name: str, values: list[str]) -> str:
    return f"{name}: {', '.join(values) or 'none'}"


def _check_kind(client: Mapping[str, Any]) -> dict[str, str]:
    kind = client.get("app_type") or "not set"
    method = client.get("token_endpoint_auth_method") or "client_secret_post"
    # What Auth0 takes where a field is not set.
    algorithm = (client.get("jwt_configuration") or {}).get("alg") or "HS256"
    if kind in ("spa", "native") or method == "none":
        return failed("application_public", f"{client['client_id']}: app_type is {kind}, authentication method {method}")
    if method != "client_secret_basic":
        return failed("application_auth_method", f"{client['client_id']}: the authentication method is {method}")
    if "authorization_code" not in (client.get("grant_types") or []):
        return failed("application_grant", f"{client['client_id']}: the grants are {', '.join(client.get('grant_types') or []) or 'none'}")
    if algorithm != "RS256":
        return failed("application_hs256", f"{client['client_id']}: ID tokens are signed with {algorithm}")
    return passed("application", f"{client['client_id']}: {kind}, {method}, RS256")


def _check_callback(callbacks: list[str], redirect_uri: str) -> dict[str, str]:
    if redirect_uri in callbacks:
        return passed("callback_listed", redirect_uri)
    seen = _listed("Allowed Callback URLs", callbacks)
    near = next((each for each in callbacks if _bare(each) == _bare(redirect_uri)), "")
    if near:
        return failed("callback_near_miss", seen, near=near, redirect_uri=redirect_uri)
    return failed("callback_not_listed", seen, redirect_uri=redirect_uri)


def _bare(uri: str) -> tuple[str, str]:
    """Return host and path, without what people get wrong: scheme, port, upper case, the slash at the end."""
    parts = urlsplit(uri)
    return (parts.hostname or "").lower(), parts.path.rstrip("/").lower()


def _check_login_uri(login_uri: str, callbacks: list[str], wanted: Wanted) -> dict[str, str]:
    if not login_uri:
        return passed("login_uri", "none, which is allowed")
    seen = f"Application Login URI is {login_uri}"
    if urlsplit(login_uri).scheme != "https":
        return failed("login_uri_http", seen, login_uri=wanted.login_uri)
    # One application can serve several catalogs.
    if origin(login_uri) not in {origin(each) for each in (*callbacks, wanted.login_uri)}:
        return failed("login_uri_elsewhere", seen, login_uri=wanted.login_uri)
    return passed("login_uri", login_uri)


def _check_connections(shown: list[dict[str, Any]]) -> dict[str, str]:
    names = ", ".join(sorted(each["name"] for each in shown))
    if not shown:
        return failed("connection_missing", "No connection is on for the application")
    if lent := sorted(each["name"] for each in shown if each["developer_keys"]):
        return failed("developer_keys", f"Without keys of its own: {', '.join(lent)}", connections=", ".join(lent))
    return passed("connections", names)


def _check_sign_up(shown: list[dict[str, Any]], wanted: Wanted) -> dict[str, str]:
    opened = sorted(each["name"] for each in shown if each["open_sign_up"])
    if not opened:
        return passed("sign_up", "every connection is closed")
    if wanted.closed:
        return passed("sign_up", f"anybody can sign up with {', '.join(opened)}, and the catalog's rules say who enters")
    return failed("open_sign_up", f"Anybody can sign up with {', '.join(opened)}")
