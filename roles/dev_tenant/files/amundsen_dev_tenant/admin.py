"""The admin API: for tests, from this machine only, never part of Auth0."""

from __future__ import annotations

import ipaddress
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, request

from . import clients
from .tenant import Tenant
from .wire import ADMIN, Fault, Wire

admin = Blueprint("admin", __name__, url_prefix=ADMIN)


def _tenant() -> Tenant:
    return current_app.extensions["tenant"]  # type: ignore[no-any-return]


def _wire() -> Wire:
    return current_app.extensions["wire"]  # type: ignore[no-any-return]


@admin.before_request
def _local_only() -> None:
    """Refuse callers from elsewhere, and web pages in a browser on this machine."""
    if not ipaddress.ip_address(request.remote_addr or "0.0.0.0").is_loopback or "Origin" in request.headers:  # noqa: S104 - compared, not bound
        abort(403, "The admin API answers only the machine (or the container) it runs on.")


@admin.errorhandler(ValueError)
@admin.errorhandler(TypeError)
@admin.errorhandler(KeyError)
def _bad_request(error: Exception) -> tuple[Response, int]:
    return jsonify({"error": str(error)}), 400


@admin.post("/faults")
def add_fault() -> Any:
    """Break an answer to come; see `wire.Fault`."""
    _wire().add_fault(Fault(**request.get_json()))
    return "", 204


@admin.get("/faults")
def list_faults() -> Any:
    """List the faults that are still to come."""
    return jsonify([asdict(each) for each in _wire().faults])


@admin.delete("/faults")
def clear_faults() -> Any:
    """Forget the faults."""
    _wire().faults.clear()
    return "", 204


@admin.get("/log")
def read_log() -> Any:
    """List the requests so far."""
    return jsonify(list(_wire().log))


@admin.delete("/log")
def clear_log() -> Any:
    """Forget the requests so far."""
    _wire().log.clear()
    return "", 204


@admin.post("/reset")
def reset() -> Any:
    """Make the tenant as it was at its start."""
    current_app.extensions.pop("rate_limiter", None)
    _tenant().reset()
    _wire().reset()
    return "", 204


@admin.route("/options", methods=["GET", "POST"])
def options() -> Any:
    """Show the options, or change some; `rotate_signing_key: true` makes a new key."""
    if request.method == "POST":
        values = dict(request.get_json())
        if values.pop("rotate_signing_key", False):
            _tenant().rotate_key()
        if "rate_limit" in values:
            current_app.extensions.pop("rate_limiter", None)
        _tenant().options.change(values)
    return jsonify(asdict(_tenant().options))


@admin.route("/users", methods=["GET", "POST"])
def users() -> Any:
    """List the users without their passwords, or make one; see `Tenant.add_user`."""
    if request.method == "POST":
        made = _tenant().add_user(request.get_json())
        return jsonify({name: value for name, value in made.items() if name != "password"}), 201
    return jsonify([{name: value for name, value in each.items() if name != "password"} for each in _tenant().store.all("user")])


@admin.route("/connections", methods=["GET", "POST"])
def connections() -> Any:
    """List the connections, or make one: `name`, `strategy`, `options`."""
    if request.method == "POST":
        return jsonify(_tenant().add_connection(**request.get_json())), 201
    return jsonify(_tenant().store.all("connection"))


@admin.route("/clients", methods=["GET", "POST"])
def applications() -> Any:
    """List the applications, or make one as somebody else might have: no checks; enabled for the database connection if `login` is true."""
    tenant = _tenant()
    if request.method == "GET":
        return jsonify(tenant.store.all("client"))
    body = dict(request.get_json())
    login, record = body.pop("login", False), {}
    with tenant.store.transaction():
        fixed = {name: body.pop(name) for name in ("client_id", "client_secret") if name in body}
        record = {**clients.create(body, tenant.certificate()), **fixed}
        tenant.store.put("client", record["client_id"], record)
        if login:
            connection = tenant.connection_by_name("Username-Password-Authentication")
            assert connection  # noqa: S101 - made at the start
            tenant.store.put("connection", connection["id"], {**connection, "_clients": [*connection["_clients"], record["client_id"]]})
    return jsonify(record), 201


@admin.route("/clients/<client_id>", methods=["PATCH", "DELETE"])
def application(client_id: str) -> Any:
    """Change or remove an application behind everybody's back."""
    tenant = _tenant()
    with tenant.store.transaction():
        before = tenant.store.get("client", client_id)
        if not before:
            abort(404)
        if request.method == "DELETE":
            tenant.store.delete("client", client_id)
            return "", 204
        after = clients.update(before, request.get_json())
        tenant.store.put("client", client_id, after)
    return jsonify(after)
