"""The Management API: `/api/v2`, its paths, answers and errors."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, current_app, g, jsonify, request

from . import clients, schemas
from .tenant import Tenant
from .validation import Invalid, Schema, check

api = Blueprint("management", __name__, url_prefix="/api/v2")

_REASONS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 429: "Too Many Requests"}
_CONNECTION_ALWAYS = frozenset({"id", "is_domain_connection", "authentication", "connected_accounts"})
_MAX_PAGED = 1000


class ApiError(Exception):
    """An answer in Auth0's error form."""

    def __init__(self, status: int, message: str, code: str | None = None, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers or {}
        self.body: dict[str, Any] = {"statusCode": status, "error": _REASONS[status], "message": message}
        if code:
            self.body["errorCode"] = code


@api.errorhandler(ApiError)
def _answer_error(error: ApiError) -> tuple[Response, int, dict[str, str]]:
    return jsonify(error.body), error.status, error.headers


def _tenant() -> Tenant:
    return current_app.extensions["tenant"]  # type: ignore[no-any-return]


class RateLimiter:
    """A bucket of `burst` tokens that fills at `per_second`."""

    def __init__(self) -> None:
        self._left, self._at = math.inf, 0.0

    def take(self, per_second: float, burst: float) -> tuple[bool, dict[str, str]]:
        """Take one token; return whether there was one, and Auth0's headers."""
        now = time.monotonic()
        self._left = min(burst, self._left + (now - self._at) * per_second)
        self._at = now
        allowed = self._left >= 1
        if allowed:
            self._left -= 1
        wait = max(0.0, (1 - self._left) / per_second)
        headers = {
            "x-ratelimit-limit": str(int(burst)),
            "x-ratelimit-remaining": str(int(self._left)),
            "x-ratelimit-reset": str(math.ceil(_tenant().now() + wait)),
        }
        return allowed, headers


@api.before_request
def _limit_rate() -> None:
    limit = _tenant().options.rate_limit
    if not limit:
        return
    limiter = current_app.extensions.setdefault("rate_limiter", RateLimiter())
    with _tenant().store.transaction():
        allowed, g.rate_headers = limiter.take(limit["per_second"], limit["burst"])
    if not allowed:
        raise ApiError(429, "Global limit has been reached", "too_many_requests", g.rate_headers)


@api.after_request
def _rate_headers(response: Response) -> Response:
    response.headers.update(g.get("rate_headers", {}))
    return response


def _authenticate() -> set[str]:
    header = request.headers.get("Authorization", "")
    if not header.lower().startswith("bearer "):
        raise ApiError(401, "Missing authentication")
    tenant = _tenant()
    claims = tenant.read_token(header[7:].strip())
    if claims is None:
        raise ApiError(401, "Invalid token", "invalid_token")
    if claims["exp"] <= tenant.now():
        raise ApiError(401, "Expired token received for JSON Web Token validation", "invalid_token")
    if claims["aud"] != tenant.settings.audience:
        raise ApiError(401, f"Bad audience: {claims['aud']}", "invalid_token")
    return set(claims["scope"].split())


def needs(*wanted: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a path be called only with one of these scopes; `g.scopes` holds the token's."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            g.scopes = _authenticate()
            if not g.scopes & set(wanted):
                raise ApiError(403, f"Insufficient scope, expected any of: {','.join(wanted)}", "insufficient_scope")
            with _tenant().store.transaction():
                return view(*args, **kwargs)

        return wrapped

    return decorate


def _body(schema: Schema) -> Any:
    body = request.get_json(silent=True)
    if body is None:
        raise ApiError(400, "Invalid request payload JSON format")
    try:
        check(body, schema)
    except Invalid as error:
        raise ApiError(400, f"Payload validation error: {error}", "invalid_body") from error
    return body


_QUERY_SCHEMAS: dict[str, Schema] = {
    "page": {"type": "integer", "minimum": 0},
    "per_page": {"type": "integer", "minimum": 0, "maximum": 100},
    "take": {"type": "integer", "minimum": 1, "maximum": 100},
    "include_totals": {"type": "boolean"},
    "include_fields": {"type": "boolean"},
    "is_global": {"type": "boolean"},
    "is_first_party": {"type": "boolean"},
}


def _query(*known: str) -> dict[str, Any]:
    """Return the query's values in their types; refuse what Auth0 refuses."""
    values: dict[str, Any] = {}
    for name, text in request.args.items():
        schema = _QUERY_SCHEMAS.get(name, schemas.TEXT)
        value: Any = text
        if schema["type"] == "integer" and text.isdigit():
            value = int(text)
        elif schema["type"] == "boolean" and text in ("true", "false"):
            value = text == "true"
        try:
            check({name: value}, {"type": "object", "additional": False, "properties": dict.fromkeys(known, schema)})
        except Invalid as error:
            raise ApiError(400, f"Query validation error: {error}", "invalid_query_string") from error
        values[name] = value
    return values


def _page(records: list[dict[str, Any]], query: dict[str, Any], key: str) -> Any:
    """Return a list in the form that the query asks for: plain, with totals, or by checkpoints."""
    if "take" in query or "from" in query:
        start, take = int(query.get("from", "0") or 0), query.get("take", 50)
        answer: dict[str, Any] = {key: records[start : start + take]}
        if start + take < len(records):
            answer["next"] = str(start + take)
        return answer
    size = query.get("per_page", 50)
    start = query.get("page", 0) * size
    if start + size > _MAX_PAGED and len(records) > _MAX_PAGED:
        raise ApiError(400, "You can only page through the first 1000 records. See https://auth0.com/docs/product-lifecycle", "invalid_paging")
    chosen = records[start : start + size]
    if not query.get("include_totals"):
        return chosen
    return {"total": len(records), "start": start, "limit": size, key: chosen}


# applications


def _client(client_id: str) -> clients.Client:
    client = _tenant().store.get("client", client_id)
    if not client:
        raise ApiError(404, "The client does not exist", "inexistent_client")
    return client


def _shown(client: clients.Client) -> clients.Client:
    return clients.show(client, g.scopes, _tenant().options.omit_client_fields)


def _check_aliases(client_id: str | None, body: dict[str, Any]) -> None:
    wanted = set(body.get("client_aliases", ()))
    if any(wanted & set(each.get("client_aliases", ())) for each in _tenant().store.all("client") if each["client_id"] != client_id):
        raise ApiError(409, "A client with the same alias already exists", "alias_already_exists")


def _global_client() -> clients.Client:
    """Return the application `All Applications`, which every tenant lists."""
    tenant = _tenant()
    return {
        "name": "All Applications",
        "client_id": "AllApplicationsOfThisTenant00000",
        "global": True,
        "is_first_party": True,
        "signing_keys": [{"cert": tenant.certificate()}],
    }


_READ_CLIENTS = ("read:clients", "read:client_keys", "read:client_credentials", "read:client_summary")


@api.get("/clients")
@needs(*_READ_CLIENTS)
def list_clients() -> Any:
    """List applications, page by page."""
    query = _query("fields", "include_fields", "page", "per_page", "include_totals", "from", "take", "is_global", "is_first_party", "app_type", "q")
    found = [*_tenant().store.all("client"), _global_client()]
    if "is_global" in query:
        found = [each for each in found if each.get("global", False) == query["is_global"]]
    if "is_first_party" in query:
        found = [each for each in found if each["is_first_party"] == query["is_first_party"]]
    if "app_type" in query:
        found = [each for each in found if each.get("app_type") in query["app_type"].split(",")]
    shown = [clients.pick(_shown(each), query.get("fields"), query.get("include_fields", True)) for each in found]
    return jsonify(_page(shown, query, "clients"))


@api.post("/clients")
@needs("create:clients")
def create_client() -> Any:
    """Make an application; names need not be unique."""
    tenant = _tenant()
    body = _body(schemas.CREATE_CLIENT)
    _check_aliases(None, body)
    limit = tenant.options.entity_limit
    if limit is not None and len(tenant.store.all("client")) >= limit:
        raise ApiError(403, "You reached the limit of entities of this type for this tenant.", "too_many_entities")
    client = clients.create(body, tenant.certificate())
    tenant.store.put("client", client["client_id"], client)
    return jsonify(_shown(client)), 201


@api.get("/clients/<client_id>")
@needs(*_READ_CLIENTS)
def get_client(client_id: str) -> Any:
    """Show one application."""
    query = _query("fields", "include_fields")
    return jsonify(clients.pick(_shown(_client(client_id)), query.get("fields"), query.get("include_fields", True)))


@api.patch("/clients/<client_id>")
@needs("update:clients", "update:client_keys", "update:client_credentials")
def update_client(client_id: str) -> Any:
    """Change the named fields of an application."""
    body = _body(schemas.UPDATE_CLIENT)
    before = _client(client_id)
    _check_aliases(client_id, body)
    after = clients.update(before, body)
    if len(after.get("client_metadata", {})) > 10:
        raise ApiError(400, "Payload validation error: 'Too many properties defined (11), maximum 10' on property client_metadata.", "invalid_body")
    _tenant().store.put("client", client_id, after)
    return jsonify(_shown(after))


@api.delete("/clients/<client_id>")
@needs("delete:clients")
def delete_client(client_id: str) -> Any:
    """Remove an application; one that is not there is removed already."""
    store = _tenant().store
    store.delete("client", client_id)
    for connection in store.all("connection"):
        if client_id in connection["_clients"]:
            store.put("connection", connection["id"], {**connection, "_clients": [each for each in connection["_clients"] if each != client_id]})
    for grant in store.all("grant"):
        if grant["client_id"] == client_id:
            store.delete("grant", grant["id"])
    return "", 204


@api.post("/clients/<client_id>/rotate-secret")
@needs("update:client_keys")
def rotate_secret(client_id: str) -> Any:
    """Give an application a new secret."""
    tenant = _tenant()
    after = clients.rotate(_client(client_id), tenant.now())
    tenant.store.put("client", client_id, after)
    return jsonify(clients.show(after, g.scopes | {"read:client_keys"}, tenant.options.omit_client_fields))


@api.get("/clients/<client_id>/credentials")
@needs("read:client_credentials")
def list_credentials(client_id: str) -> Any:
    """List the keys of an application; this tenant keeps none."""
    _client(client_id)
    return jsonify([])


@api.get("/clients/<client_id>/connections")
@needs("read:connections", "read:clients", "read:client_summary")
def list_client_connections(client_id: str) -> Any:
    """List the connections that an application has enabled."""
    query = {"take": 50, **_query("strategy", "from", "take", "fields", "include_fields")}
    _client(client_id)
    found = [each for each in _tenant().store.all("connection") if client_id in each["_clients"]]
    return jsonify(_page([_connection_in_list(each, query) for each in _by_strategy(found)], query, "connections"))


# connections


def _connection(connection_id: str) -> dict[str, Any]:
    connection = _tenant().store.get("connection", connection_id)
    if not connection:
        raise ApiError(404, "The connection does not exist", "inexistent_connection")
    return connection


def _connection_shown(connection: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in connection.items() if not name.startswith("_")}
    return {**shown, "enabled_clients": connection["_clients"]}


def _connection_in_list(connection: dict[str, Any], query: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in connection.items() if not name.startswith("_")}
    return clients.pick(shown, query.get("fields"), query.get("include_fields", True), _CONNECTION_ALWAYS)


def _by_strategy(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    wanted = request.args.getlist("strategy")
    return [each for each in found if each["strategy"] in wanted] if wanted else found


@api.get("/connections")
@needs("read:connections")
def list_connections() -> Any:
    """List connections, page by page."""
    query = _query("per_page", "page", "include_totals", "from", "take", "strategy", "name", "fields", "include_fields")
    found = [each for each in _tenant().store.all("connection") if query.get("name") in (None, each["name"])]
    return jsonify(_page([_connection_in_list(each, query) for each in _by_strategy(found)], query, "connections"))


@api.post("/connections")
@needs("create:connections")
def create_connection() -> Any:
    """Make a connection; its name is unique."""
    tenant = _tenant()
    body = _body(schemas.CREATE_CONNECTION)
    if tenant.connection_by_name(body["name"]):
        raise ApiError(409, "A connection with the same name already exists", "connection_name_already_exists")
    return jsonify(_connection_shown(tenant.add_connection(**body))), 201


@api.get("/connections/<connection_id>")
@needs("read:connections")
def get_connection(connection_id: str) -> Any:
    """Show one connection."""
    query = _query("fields", "include_fields")
    return jsonify(clients.pick(_connection_shown(_connection(connection_id)), query.get("fields"), query.get("include_fields", True), _CONNECTION_ALWAYS))


@api.patch("/connections/<connection_id>")
@needs("update:connections")
def update_connection(connection_id: str) -> Any:
    """Change a connection; `options` are replaced whole."""
    body = _body(schemas.UPDATE_CONNECTION)
    after = {**_connection(connection_id), **body}
    _tenant().store.put("connection", connection_id, after)
    return jsonify(_connection_shown(after))


@api.delete("/connections/<connection_id>")
@needs("delete:connections")
def delete_connection(connection_id: str) -> Any:
    """Remove a connection: 202 with the time, or 204 if there is none."""
    if not _tenant().store.delete("connection", connection_id):
        return "", 204
    now = _tenant().now()
    return jsonify({"deleted_at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z"}), 202


@api.get("/connections/<connection_id>/clients")
@needs("read:connections")
def list_connection_clients(connection_id: str) -> Any:
    """List the applications that a connection is enabled for."""
    query = {"take": 50, **_query("take", "from")}
    return jsonify(_page([{"client_id": each} for each in _connection(connection_id)["_clients"]], query, "clients"))


@api.patch("/connections/<connection_id>/clients")
@needs("update:connections")
def update_connection_clients(connection_id: str) -> Any:
    """Enable or disable a connection for the named applications only."""
    body = _body(schemas.UPDATE_CONNECTION_CLIENTS)
    connection = _connection(connection_id)
    enabled = list(connection["_clients"])
    for change in body:
        if not _tenant().store.get("client", change["client_id"]):
            raise ApiError(404, "The client does not exist", "inexistent_client")
        if change["status"] and change["client_id"] not in enabled:
            enabled.append(change["client_id"])
        elif not change["status"] and change["client_id"] in enabled:
            enabled.remove(change["client_id"])
    _tenant().store.put("connection", connection_id, {**connection, "_clients": enabled})
    return "", 204


# grants: which application may call which API


@api.get("/client-grants")
@needs("read:client_grants")
def list_grants() -> Any:
    """List grants."""
    query = _query("per_page", "page", "include_totals", "from", "take", "audience", "client_id", "subject_type")
    found = [each for each in _tenant().store.all("grant") if all(each[name] == query[name] for name in ("audience", "client_id") if name in query)]
    return jsonify(_page(found, query, "client_grants"))


@api.post("/client-grants")
@needs("create:client_grants")
def create_grant() -> Any:
    """Let an application call an API with some scopes."""
    body = _body(schemas.CREATE_GRANT)
    store = _tenant().store
    _client(body.get("client_id", ""))
    if any(each["client_id"] == body["client_id"] and each["audience"] == body["audience"] for each in store.all("grant")):
        raise ApiError(409, "A resource server with the same identifier and client already exists", "client_grant_already_exists")
    grant = {"id": f"cgr_{clients.new_id(16)}", "subject_type": "client", "scope": [], **body}
    store.put("grant", grant["id"], grant)
    return jsonify(grant), 201


def _grant(grant_id: str) -> dict[str, Any]:
    grant = _tenant().store.get("grant", grant_id)
    if not grant:
        raise ApiError(404, "The client grant does not exist", "inexistent_client_grant")
    return grant


@api.get("/client-grants/<grant_id>")
@needs("read:client_grants")
def get_grant(grant_id: str) -> Any:
    """Show one grant."""
    return jsonify(_grant(grant_id))


@api.patch("/client-grants/<grant_id>")
@needs("update:client_grants")
def update_grant(grant_id: str) -> Any:
    """Change the scopes of a grant."""
    after = {**_grant(grant_id), **_body(schemas.UPDATE_GRANT)}
    _tenant().store.put("grant", grant_id, after)
    return jsonify(after)


@api.delete("/client-grants/<grant_id>")
@needs("delete:client_grants")
def delete_grant(grant_id: str) -> Any:
    """Remove a grant."""
    _tenant().store.delete("grant", grant_id)
    return "", 204


@api.route("/", defaults={"path": ""}, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
@api.route("/<path:path>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def not_found(path: str) -> Any:
    """Answer what this tenant does not have, as Auth0 answers what nobody has."""
    raise ApiError(404, "Not Found")
