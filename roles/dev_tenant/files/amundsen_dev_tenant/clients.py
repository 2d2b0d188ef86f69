"""How Auth0 makes, changes and shows an application. Pure: no store, no HTTP."""

from __future__ import annotations

import secrets
import string
from typing import Any

Client = dict[str, Any]

_ID_CHARACTERS = string.ascii_letters + string.digits
_ALWAYS_SHOWN = {"signing_keys"}
KEY_SCOPES = {"read:client_keys", "read:client_credentials"}
_KEY_FIELDS = {"client_secret", "encryption_key", "signing_keys", "client_authentication_methods"}
_SUMMARY_FIELDS = {"client_id", "name", "app_type", "logo_uri", "is_first_party", "global"}
_JWT_DEFAULTS = {"secret_encoded": False, "lifetime_in_seconds": 36000}
_MONTH, _YEAR = 2592000, 31557600
ROTATION_GRACE = 30  # seconds in which the old secret is accepted too


def new_id(length: int = 32) -> str:
    """Return a random identifier in Auth0's form."""
    return "".join(secrets.choice(_ID_CHARACTERS) for _place in range(length))


def new_secret() -> str:
    """Return a random client secret of 64 characters."""
    return secrets.token_urlsafe(48)


def _refresh_token_defaults(given: dict[str, Any] | None, auth_method: str | None) -> dict[str, Any]:
    """Return the whole refresh token settings: an application that names a secret method gets the long lifetimes (recorded)."""
    given = given or {}
    long_lived = auth_method in ("client_secret_post", "client_secret_basic")
    rotating = given.get("rotation_type") == "rotating"
    endless = given.get("expiration_type", "non-expiring") == "non-expiring"
    return {
        "rotation_type": "rotating" if rotating else "non-rotating",
        "expiration_type": "non-expiring",
        "leeway": 0,
        "token_lifetime": _YEAR if long_lived else _MONTH,
        "infinite_token_lifetime": endless,
        "infinite_idle_token_lifetime": endless,
        "idle_token_lifetime": _MONTH if long_lived else _MONTH // 2,
        **given,
    }


def create(body: dict[str, Any], signing_certificate: str) -> Client:
    """Return the application that `POST /clients` makes from a body, with Auth0's defaults (recorded)."""
    given = {name: value for name, value in body.items() if value is not None}
    client: Client = {
        "is_first_party": True,
        "is_token_endpoint_ip_header_trusted": False,
        "oidc_conformant": False,
        "sso_disabled": False,
        "cross_origin_authentication": False,
        "grant_types": ["authorization_code", "implicit", "refresh_token", "client_credentials"],
        "custom_login_page_on": True,
        **given,
        "client_id": new_id(),
        "client_secret": new_secret(),
        "signing_keys": [{"cert": signing_certificate}],
        "jwt_configuration": {**_JWT_DEFAULTS, **given.get("jwt_configuration", {})},
        "refresh_token": _refresh_token_defaults(given.get("refresh_token"), given.get("token_endpoint_auth_method")),
    }
    if "client_metadata" in client:
        client["client_metadata"] = _merge_metadata({}, client["client_metadata"])
    if not client.get("initiate_login_uri"):
        client.pop("initiate_login_uri", None)
    return client


def _merge_metadata(before: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**before, **change}.items() if value is not None}


def update(client: Client, body: dict[str, Any]) -> Client:
    """Return the application after `PATCH`: arrays and objects are replaced whole, metadata is merged, null removes."""
    after = dict(client)
    for name, value in body.items():
        if name == "client_metadata":
            after[name] = _merge_metadata(after.get(name, {}), value)
        elif value is None or (name == "initiate_login_uri" and value == ""):
            after.pop(name, None)
        elif name == "jwt_configuration":
            after[name] = {**_JWT_DEFAULTS, **value}
        elif name == "refresh_token":
            after[name] = _refresh_token_defaults(value, after.get("token_endpoint_auth_method"))
        else:
            after[name] = value
    return after


def rotate(client: Client, now: float) -> Client:
    """Return the application with a new secret; the old one is good for 30 seconds more."""
    return {**client, "client_secret": new_secret(), "_old_secret": client["client_secret"], "_old_until": now + ROTATION_GRACE}


def secret_matches(client: Client, secret: str, now: float) -> bool:
    """Say whether a secret is the application's, or the one before in its grace period."""
    held = [client["client_secret"]]
    if now < client.get("_old_until", 0):
        held.append(client["_old_secret"])
    return any(secrets.compare_digest(secret.encode(), each.encode()) for each in held)


def show(client: Client, scopes: set[str], omit: list[str]) -> Client:
    """Return what an answer holds for a token's scopes: secrets are silently missing without the right one."""
    shown = {name: value for name, value in client.items() if not name.startswith("_") and name not in omit}
    if not scopes & KEY_SCOPES:
        shown = {name: value for name, value in shown.items() if name not in _KEY_FIELDS}
    if "read:client_summary" in scopes and not scopes & (KEY_SCOPES | {"read:clients", "create:clients", "update:clients"}):
        shown = {name: value for name, value in shown.items() if name in _SUMMARY_FIELDS}
    return shown


def pick(record: dict[str, Any], fields: str | None, include: bool, always: set[str] | frozenset[str] = frozenset(_ALWAYS_SHOWN)) -> dict[str, Any]:
    """Return a record with only the named fields, or without them; some are always there (recorded)."""
    if not fields:
        return record
    named = {name.split(".")[0] for name in fields.split(",")}
    return {name: value for name, value in record.items() if (name in named) == include or name in always}
