# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads an application and carries a plan out. Every call goes through `Tenant`, every decision comes from `compute`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_http import Auth0Error, Tenant, UnknownResult, segment
from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_plan import FIELDS, Plan, PlanError, State, compute
from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_rules import MARK

__all__ = ["apply", "connection_ids", "find_clients", "list_connections", "read", "rotate_secret", "secret_of"]

ROUNDS = 3


def read(tenant: Tenant, params: Mapping[str, Any]) -> State:
    """Return the application that `params` mean, and its connections if they are named."""
    scopes = {"read:clients"}
    if _names_connections(params):
        scopes.add("read:connections")
    if params.get("return_secret"):
        scopes.add("read:client_keys")
    tenant.need(scopes)
    client = get_client(tenant, params["client_id"], params) if params.get("client_id") else _by_name(tenant, params["name"])
    return _with_connections(tenant, client, params)


def get_client(tenant: Tenant, client_id: str, params: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return one application; None if it does not exist, which is an error unless it shall not."""
    try:
        client: dict[str, Any] = tenant.get(f"/clients/{segment(client_id)}", fields=",".join(_fields()), include_fields="true")
    except Auth0Error as error:
        if error.status != 404:
            raise
        if params.get("state") == "absent":
            return None
        raise Auth0Error(
            f"There is no application with client_id {client_id} ({error.code or 404}). It is not created, since its id would be another. "
            "Correct client_id, or give only the name.",
            error.status,
            error.code,
        ) from error
    return client


def find_clients(tenant: Tenant, client_id: str | None, name: str | None, with_connections: bool) -> list[State]:
    """Return the application of an id, those of a name, or all."""
    tenant.need({"read:clients", "read:connections"} if with_connections else {"read:clients"})
    clients = [get_client(tenant, client_id, {"state": "absent"})] if client_id else list_clients(tenant)
    named: dict[str, Any] = {"state": "present", "connections": [] if with_connections else None}
    return [_with_connections(tenant, client, named) for client in clients if client and name in (None, client["name"])]


def rotate_secret(tenant: Tenant, client_id: str, old: str) -> str:
    """Make a new secret, once, and return it. Where the answer is lost, what the application has now tells."""
    for turn in range(ROUNDS):
        try:
            return secret_of(State(tenant.post(f"/clients/{segment(client_id)}/rotate-secret")))
        except UnknownResult as error:
            secret = secret_of(State(get_client(tenant, client_id, {})))
            if secret != old:
                return secret
            if turn == ROUNDS - 1:
                raise Auth0Error(f"{error} The application still has its old secret. Run again.", error.status, error.code) from error
    raise AssertionError


def list_clients(tenant: Tenant) -> list[dict[str, Any]]:
    """Return all applications of the tenant; Auth0 cannot look for a name."""
    return tenant.pages("/clients", "clients", "client_id", fields=",".join(_fields()), include_fields="true", is_global="false")


def list_connections(tenant: Tenant, *more: str) -> list[dict[str, Any]]:
    """Return all connections of the tenant, with `more` of their fields."""
    return tenant.pages("/connections", "connections", "id", fields=",".join(("id", "name", "strategy", *more)), include_fields="true")


def connection_ids(tenant: Tenant, before: State, plan: Plan) -> dict[str, str]:
    """Return name -> id for the connections that the plan changes. Raises Auth0Error, before any write, if one is missing."""
    known = dict(before.connections or {})
    if plan.enable:
        known |= {connection["name"]: connection["id"] for connection in list_connections(tenant)}
        if missing := [name for name in plan.enable if name not in known]:
            raise Auth0Error(f"The tenant has no connection named {', '.join(missing)}. It has: {', '.join(sorted(known)) or 'none'}. Nothing was changed.")
    return {name: known[name] for name in (*plan.enable, *plan.disable)}


def apply(tenant: Tenant, before: State, plan: Plan, params: Mapping[str, Any], ids: Mapping[str, str]) -> State:
    """Carry the plan out and return what is there then. An Auth0Error after the first write has the ``client_id``."""
    client = before.client
    client_id = client["client_id"] if client else ""
    try:
        if plan.action == "create":
            client = _create(tenant, plan.body)
            client_id = client["client_id"]
        elif plan.action == "update":
            client = _update(tenant, before, plan, params)
        elif plan.action == "delete":
            tenant.delete(f"/clients/{segment(client_id)}")
            return State()
        connections = dict(before.connections or {})
        for name in (*plan.enable, *plan.disable):
            tenant.patch(f"/connections/{segment(ids[name])}/clients", [{"client_id": client_id, "status": name in plan.enable}])
            connections[name] = ids[name]
    except Auth0Error as error:
        error.client_id = client_id
        raise
    after = {name: identity for name, identity in connections.items() if name not in plan.disable}
    return State(client, after if _names_connections(params) else None)


def secret_of(state: State) -> str:
    """Return the application's secret. Raises Auth0Error where Auth0 left it out."""
    secret = (state.client or {}).get("client_secret")
    if not secret:
        raise Auth0Error(
            "Auth0 left the secret out, which it does where the token lacks the scope read:client_keys. Give the machine-to-machine application that scope."
        )
    return str(secret)


def _create(tenant: Tenant, body: Mapping[str, Any]) -> dict[str, Any]:
    """Create the application once, whatever becomes of the answer: before asking again, look for the mark that was sent."""
    asked = 0
    while True:
        try:
            client: dict[str, Any] = tenant.post("/clients", body)
            break
        except UnknownResult as error:
            made = _by_mark(tenant, body, error)
            if made:
                return made
            asked += error.status != 429
            if error.status == 409 or asked > 1:
                raise Auth0Error(f"{error} The application was not created.", error.status, error.code) from error
    if asked:
        _by_mark(tenant, body, UnknownResult("The application was asked for twice."))
    return client


def _by_mark(tenant: Tenant, body: Mapping[str, Any], error: UnknownResult) -> dict[str, Any] | None:
    """Return the application that bears the mark of `body`, if there is one."""
    try:
        made = [client for client in list_clients(tenant) if (client.get("client_metadata") or {}).get(MARK) == body["client_metadata"][MARK]]
    except Auth0Error as later:
        raise Auth0Error(
            f"{error} Whether the application {body['name']!r} was created is not known, since looking for it failed too: {later} "
            "Run again: it will be found by its name.",
            error.status,
            error.code,
        ) from later
    if len(made) > 1:
        raise Auth0Error(f"{error} {_several(body['name'], made)}", error.status, error.code)
    return made[0] if made else None


def _update(tenant: Tenant, before: State, plan: Plan, params: Mapping[str, Any]) -> dict[str, Any]:
    """Write, read again, and write again where somebody else overwrote it meanwhile; Auth0 has no conditional write."""
    if before.client is None:
        raise TypeError("an update needs the application as it is")
    client_id = before.client["client_id"]
    by_id = {**params, "client_id": client_id}
    for turn in range(ROUNDS):
        tenant.patch(f"/clients/{segment(client_id)}", plan.body)
        client = get_client(tenant, client_id, by_id)
        plan = compute(State(client, before.connections), by_id)
        if plan.action == "none" and client:
            return client
        time.sleep(0.2 * (turn + 1))
    raise Auth0Error(
        f"{', '.join(sorted(plan.body))} of the application {client_id} did not stay as written, {ROUNDS} times: "
        "somebody else writes the same application now. Run again when that is over."
    )


def _by_name(tenant: Tenant, name: str) -> dict[str, Any] | None:
    """Return the one application of that name; names are not unique at Auth0."""
    found = [client for client in list_clients(tenant) if client.get("name") == name]
    if len(found) > 1:
        raise PlanError(_several(name, found))
    return found[0] if found else None


def _several(name: str, clients: list[dict[str, Any]]) -> str:
    ids = ", ".join(sorted(client["client_id"] for client in clients))
    return f"{len(clients)} applications are named {name!r}: {ids}. Say which one is meant with client_id, or delete the others."


def _with_connections(tenant: Tenant, client: dict[str, Any] | None, params: Mapping[str, Any]) -> State:
    if not _names_connections(params):
        return State(client)
    if client is None:
        return State(None, {})
    enabled: dict[str, str] = {}
    checkpoint: dict[str, str] = {}
    while True:
        answer = tenant.get(f"/clients/{segment(client['client_id'])}/connections", take=100, fields="id,name", include_fields="true", **checkpoint)
        enabled |= {connection["name"]: connection["id"] for connection in answer["connections"]}
        following = answer.get("next")
        if not following or checkpoint.get("from") == following:
            return State(client, enabled)
        checkpoint = {"from": following}


def _names_connections(params: Mapping[str, Any]) -> bool:
    return params.get("state") == "present" and params.get("connections") is not None


def _fields() -> tuple[str, ...]:
    return ("client_id", "client_secret", *FIELDS)
