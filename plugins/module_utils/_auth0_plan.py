# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides what is to be done with an application at Auth0. Pure: no I/O, no Ansible.

`check` judges the values alone, `compute` compares them with what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_rules import MARK, MAX_METADATA, PUBLIC_TYPES, URI_LISTS, problems_of

__all__ = ["Plan", "PlanError", "State", "check", "compute", "connection_shown", "shown"]

MARK_SHOWN = "made by datacatalog.amundsen.auth0_client"
HIDDEN = "********"

# What the module sets, and in this order shows. Nothing else of an application is ever shown: it holds secrets and keys.
FIELDS = (
    "name",
    "description",
    "app_type",
    *URI_LISTS,
    "initiate_login_uri",
    "logo_uri",
    "grant_types",
    "token_endpoint_auth_method",
    "oidc_conformant",
    "jwt_configuration",
    "refresh_token",
    "client_metadata",
)
REFRESH_TOKEN_FIELDS = (
    "rotation_type",
    "expiration_type",
    "leeway",
    "token_lifetime",
    "idle_token_lifetime",
    "infinite_token_lifetime",
    "infinite_idle_token_lifetime",
)

# Auth0's own defaults break flaskoidc: tokens signed with HS256, four grants, refresh tokens that it would lose if they rotated.
CREATE_DEFAULTS: dict[str, Any] = {
    "app_type": "regular_web",
    "oidc_conformant": True,
    "grant_types": ["authorization_code", "refresh_token"],
    "token_endpoint_auth_method": "client_secret_basic",
    "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 36000},
    "refresh_token": {"rotation_type": "non-rotating", "expiration_type": "non-expiring"},
}

# Connections to a company's own directory; all others let in whoever has, or makes, an account.
ENTERPRISE = frozenset(
    {"ad", "adfs", "auth0-adldap", "auth0-oidc", "google-apps", "ip", "office365", "oidc", "okta", "pingfederate", "samlp", "sharepoint", "waad"}
)
OWN_USERS = frozenset({"auth0", "custom", "email", "sms"})


class PlanError(ValueError):
    """The values cannot be had, alone or with what is there; the message holds every problem."""


@dataclass(frozen=True)
class State:
    """What is there: the application as Auth0 gave it (None: there is none), and its connections as name -> id (None: not read)."""

    client: Mapping[str, Any] | None = None
    connections: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Attributes:
        action: none, create, update or delete; connections may change with any of the first three.
        body: what is sent to create or update the application; nothing else is.
        enable: names of connections to enable.
        disable: names of connections to disable.
        existing: the application as it is, as far as it may be shown; {} if there is none.
        proposed: the same after the plan is carried out.
    """

    action: str = "none"
    body: Mapping[str, Any] = field(default_factory=dict)
    enable: Sequence[str] = ()
    disable: Sequence[str] = ()
    existing: Mapping[str, Any] = field(default_factory=dict)
    proposed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether anything is to be written."""
        return self.action != "none" or bool(self.enable or self.disable)

    @property
    def scopes(self) -> set[str]:
        """The scopes that carrying it out needs."""
        scopes = {"create": {"create:clients"}, "update": {"update:clients"}, "delete": {"delete:clients"}}.get(self.action, set())
        return scopes | ({"update:connections"} if self.enable or self.disable else set())


def check(params: Mapping[str, Any]) -> None:
    """Raise PlanError, with all problems of the values in one message."""
    if problems := problems_of(params):
        raise PlanError("\n".join(problems))


def compute(before: State, params: Mapping[str, Any], nonce: str = "") -> Plan:
    """Return what makes `before` what `params` declare.

    Args:
        before: what is there.
        params: the module's options; those that are None are not named and never touched.
        nonce: value of the mark on an application to be created.

    Raises:
        PlanError: the declared values contradict what is there.
    """
    existing = shown(before, params)
    if params["state"] == "absent":
        if before.client is None:
            return Plan()
        if not params.get("client_id") and MARK not in (before.client.get("client_metadata") or {}):
            raise PlanError(
                f"The application {before.client['client_id']} named {params['name']!r} was not made by this module, and a name alone never deletes "
                f"somebody else's application. If it is the right one, say so: client_id: {before.client['client_id']}"
            )
        return Plan("delete", existing=existing)
    if before.client is None and params["uris_mode"] == "remove":
        return Plan()
    enable, disable = _connection_changes(before.connections or {}, params)
    if before.client is None:
        body, action = _creation(params, nonce), "create"
    else:
        body = _changes(before.client, params)
        action = "update" if body else "none"
    after = _merged(before.client or {}, body)
    if problems := _conflicts(after, params):
        raise PlanError("\n".join(problems))
    connections = None if params.get("connections") is None else dict.fromkeys(sorted((set(before.connections or {}) | set(enable)) - set(disable)), "")
    return Plan(action, body, enable, disable, existing, shown(State(after, connections), params))


def shown(state: State, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of an application that may be shown. Of its metadata, only values that the task names are."""
    if state.client is None:
        return {}
    named = params.get("client_metadata") or {}
    view: dict[str, Any] = {}
    for name in ("client_id", *FIELDS):
        value = state.client.get(name)
        if name == "jwt_configuration" and value:
            value = {key: value[key] for key in ("alg", "lifetime_in_seconds") if key in value}
        if name == "refresh_token" and value:
            value = {key: value[key] for key in REFRESH_TOKEN_FIELDS if key in value}
        if name == "client_metadata" and value:
            value = {key: MARK_SHOWN if key == MARK else text if key in named else HIDDEN for key, text in sorted(value.items())}
        if value not in (None, "", [], {}):
            view[name] = value
    if state.connections is not None:
        view["connections"] = sorted(state.connections)
    return view


def connection_shown(connection: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a connection that may be shown, and whom it lets in. Its options hold keys and secrets."""
    strategy, options = connection.get("strategy", ""), connection.get("options") or {}
    return {
        "id": connection["id"],
        "name": connection["name"],
        "strategy": strategy,
        "open_sign_up": strategy not in ENTERPRISE and not (strategy in OWN_USERS and options.get("disable_signup") is True),
        "developer_keys": strategy not in ENTERPRISE | OWN_USERS and not options.get("client_id"),
    }


def _creation(params: Mapping[str, Any], nonce: str) -> dict[str, Any]:
    """Return the body that creates the application: defaults, what is named, and our mark."""
    defaults = dict(CREATE_DEFAULTS)
    if params.get("app_type") in PUBLIC_TYPES:
        defaults["token_endpoint_auth_method"] = "none"  # noqa: S105
    if params.get("app_type") == "non_interactive":
        defaults["grant_types"] = ["client_credentials"]
    body = {name: _given(value) for name, value in (defaults | _named(params)).items()}
    body = {name: value for name, value in body.items() if value not in ("", []) or name == "grant_types"}
    return body | {"client_metadata": {**body.get("client_metadata", {}), MARK: nonce}}


def _changes(client: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body that changes only what is named and differs. Auth0 replaces arrays whole and merges metadata."""
    body: dict[str, Any] = {}
    for name, wanted in _named(params).items():
        old = client.get(name)
        if name in URI_LISTS:
            wanted = _combined(old or [], wanted, params["uris_mode"])
        if isinstance(wanted, list):
            if set(wanted) != set(old or []):
                body[name] = _once(wanted)
        elif name == "client_metadata":
            if changes := {key: value for key, value in wanted.items() if (old or {}).get(key) != value}:
                body[name] = changes
        elif isinstance(wanted, Mapping):
            # The rest of the object goes back as it came: Auth0 does not say whether it merges objects or replaces them.
            if any((old or {}).get(key) != value for key, value in _given(wanted).items()):
                body[name] = {**(old or {}), **_given(wanted)}
        elif (old or type(wanted)()) != wanted:
            body[name] = wanted
    return body


def _combined(old: Sequence[str], wanted: Sequence[str], mode: str) -> list[str]:
    """Return the list that merging with, replacing or removing `wanted` leaves; what is kept keeps its order."""
    if mode == "remove":
        return [entry for entry in old if entry not in wanted]
    return _once([*old, *wanted]) if mode == "merge" else _once(wanted)


def _connection_changes(enabled: Mapping[str, str], params: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return the names of the connections to enable, and to disable."""
    if params.get("connections") is None:
        return [], []
    wanted, mode = _once(params["connections"]), params["connections_mode"]
    if mode == "remove":
        return [], [name for name in wanted if name in enabled]
    return [name for name in wanted if name not in enabled], sorted(set(enabled) - set(wanted)) if mode == "exact" else []


def _conflicts(after: Mapping[str, Any], params: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the application as it would be, where the values alone do not tell."""
    problems = []
    kind, method = after.get("app_type"), after.get("token_endpoint_auth_method")
    if kind in PUBLIC_TYPES and (params.get("return_secret") or (params.get("token_endpoint_auth_method") or "none") != "none"):
        problems.append(
            f"app_type is {kind!r} at Auth0, a public application, which has no use for a secret: its logins end with 'access_denied: Unauthorized'. "
            "Write app_type: regular_web"
        )
    if params.get("return_secret") and method == "none" and kind not in PUBLIC_TYPES:
        problems.append("token_endpoint_auth_method is 'none' at Auth0, so the secret is of no use. Write token_endpoint_auth_method: client_secret_basic")
    metadata = after.get("client_metadata") or {}
    if params.get("client_metadata") and len(metadata) > MAX_METADATA:
        problems.append(
            f"client_metadata would have {len(metadata)} keys ({', '.join(sorted(metadata))}); Auth0 takes {MAX_METADATA}. Remove some by setting them to null."
        )
    return problems


def _merged(client: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the application as it is after `body` was sent."""
    metadata = {**(client.get("client_metadata") or {}), **body.get("client_metadata", {})}
    return {**client, **body, "client_metadata": {key: value for key, value in metadata.items() if value is not None}}


def _named(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that the task names."""
    return {name: params[name] for name in FIELDS if params.get(name) is not None}


def _given(value: Any) -> Any:
    """Return a list without repetitions, an object without what is null, anything else as it is."""
    if isinstance(value, list):
        return _once(value)
    return {key: part for key, part in value.items() if part is not None} if isinstance(value, Mapping) else value


def _once(values: Iterable[str]) -> list[str]:
    """Return the values without repetitions, in their order."""
    return list(dict.fromkeys(values))
