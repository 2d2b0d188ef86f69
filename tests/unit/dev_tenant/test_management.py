"""The Management API: what it makes, changes, shows and refuses. Each exchange is held against Auth0's own document."""

from __future__ import annotations

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from caller import Caller

ALWAYS_IN_LISTS = 2  # the management application and "All Applications"


def _error(status: int, name: str, message: str, code: str | None = None) -> tuple[int, dict[str, Any]]:
    return status, {"statusCode": status, "error": name, "message": message} | ({"errorCode": code} if code else {})


# tokens


def _ask(tenant: Any, **changes: Any) -> Any:
    body = {
        "grant_type": "client_credentials",
        "client_id": tenant.client_id,
        "client_secret": tenant.client_secret,
        "audience": f"{tenant.base_url}/api/v2/",
        **changes,
    }
    return tenant.call("POST", "/oauth/token", json={name: value for name, value in body.items() if value is not None})


def test_token_says_its_scopes(tenant: Any) -> None:
    answer = _ask(tenant).json()
    assert answer.keys() == {"access_token", "scope", "expires_in", "token_type"}
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 86400)
    claims = json.loads(base64.urlsafe_b64decode(answer["access_token"].split(".")[1] + "=="))
    assert claims["aud"] == f"{tenant.base_url}/api/v2/"
    assert claims["iss"] == f"{tenant.base_url}/"
    assert claims["sub"] == f"{tenant.client_id}@clients"
    assert claims["scope"] == answer["scope"]
    assert {"read:clients", "read:client_keys", "create:clients", "update:clients", "read:connections", "update:connections"} <= set(answer["scope"].split())
    assert _ask(tenant, scope="read:clients no:such").json()["scope"] == "read:clients"


@pytest.mark.parametrize(
    ("changes", "status", "error", "text"),
    [
        ({"client_secret": "wrong"}, 401, "access_denied", "Unauthorized"),
        ({"client_secret": None}, 401, "access_denied", "Unauthorized"),
        ({"client_id": "nobody"}, 401, "access_denied", "Unauthorized"),
        ({"audience": None}, 403, "access_denied", "No audience parameter was provided, and no default audience has been configured"),
        ({"audience": "https://other/api/v2/"}, 403, "access_denied", "Service not found: https://other/api/v2/"),
        ({"grant_type": "password"}, 403, "unsupported_grant_type", "Unsupported grant type: password"),
        ({"grant_type": None}, 400, "invalid_request", "Missing required parameter: grant_type"),
    ],
)
def test_token_is_refused_in_auth0s_words(tenant: Any, changes: dict[str, Any], status: int, error: str, text: str) -> None:
    answer = _ask(tenant, **changes)
    assert (answer.status_code, answer.json()) == (status, {"error": error, "error_description": text})


def test_token_needs_a_grant_and_the_grant_type(tenant: Any) -> None:
    other = tenant.add_client("Other", token_endpoint_auth_method="client_secret_post")
    answer = _ask(tenant, client_id=other["client_id"], client_secret=other["client_secret"])
    assert answer.status_code == 403
    assert answer.json()["error_description"].startswith(f'Client is not authorized to access "{tenant.base_url}/api/v2/". You need to create a "client-grant"')
    tenant.change_client(other["client_id"], grant_types=["authorization_code"])
    answer = _ask(tenant, client_id=other["client_id"], client_secret=other["client_secret"])
    assert (answer.status_code, answer.json()["error"]) == (403, "unauthorized_client")
    assert answer.json()["error_description"] == "Grant type 'client_credentials' not allowed for the client."


def test_calls_without_a_good_token_are_refused(tenant: Any, api: Any) -> None:
    api.headers = {}
    assert api("GET", "/clients") == _error(401, "Unauthorized", "Missing authentication")
    api.headers = {"Authorization": "Bearer nonsense"}
    assert api("GET", "/clients") == _error(401, "Unauthorized", "Invalid token", "invalid_token")
    token = tenant.token()
    head, _, signature = token.split(".")
    forged = f"{head}.{base64.urlsafe_b64encode(json.dumps({'scope': 'read:clients'}).encode()).decode().rstrip('=')}.{signature}"
    api.headers = {"Authorization": f"Bearer {forged}"}
    assert api("GET", "/clients")[0] == 401
    tenant.options(clock_skew=86401)
    api.headers = {"Authorization": f"Bearer {token}"}
    assert api("GET", "/clients") == _error(401, "Unauthorized", "Expired token received for JSON Web Token validation", "invalid_token")


def test_old_signing_key_is_good_until_the_next(tenant: Any, api: Any) -> None:
    tenant.options(rotate_signing_key=True)
    assert len(tenant.call("GET", "/.well-known/jwks.json").json()["keys"]) == 2
    api("GET", "/clients", status=200)
    tenant.options(rotate_signing_key=True)
    assert api("GET", "/clients")[0] == 401


def test_scopes_are_needed(tenant: Any) -> None:
    api = Caller(tenant, "read:connections")
    assert api("POST", "/clients", {"name": "x"}) == _error(403, "Forbidden", "Insufficient scope, expected any of: create:clients", "insufficient_scope")
    assert api("GET", "/connections")[0] == 200


# applications


def test_secrets_are_silently_missing_without_the_scope(tenant: Any) -> None:
    made = tenant.add_client("Catalog")
    shown = Caller(tenant, "read:clients")("GET", f"/clients/{made['client_id']}", status=200)
    assert shown.keys().isdisjoint({"client_secret", "signing_keys", "encryption_key"})
    for scope in ("read:client_keys", "read:client_credentials"):
        shown = Caller(tenant, f"read:clients {scope}")("GET", f"/clients/{made['client_id']}", status=200)
        assert shown["client_secret"] == made["client_secret"]
    assert "client_secret" not in Caller(tenant, "create:clients")("POST", "/clients", {"name": "x"}, 201)


def test_names_are_not_unique(api: Any) -> None:
    ids = {api("POST", "/clients", {"name": "Twin"}, 201)["client_id"] for _ in range(2)}
    assert len(ids) == 2


def test_patch_replaces_arrays_and_merges_metadata(api: Any) -> None:
    made = api("POST", "/clients", {"name": "x", "callbacks": ["https://a/1", "https://a/2"], "client_metadata": {"a": "1", "b": "2"}}, 201)
    after = api("PATCH", f"/clients/{made['client_id']}", {"callbacks": ["https://a/3"], "client_metadata": {"b": None, "c": "3"}}, 200)
    assert after["callbacks"] == ["https://a/3"]
    assert after["client_metadata"] == {"a": "1", "c": "3"}
    changed = {name for name in after if after[name] != made.get(name)}
    assert changed == {"callbacks", "client_metadata"}
    assert api("PATCH", f"/clients/{made['client_id']}", {"callbacks": []}, 200)["callbacks"] == []


def test_unset_fields_are_absent_and_the_login_uri_is_cleared_by_an_empty_text(api: Any) -> None:
    made = api("POST", "/clients", {"name": "x", "initiate_login_uri": "https://a/login"}, 201)
    assert made.keys().isdisjoint({"app_type", "token_endpoint_auth_method", "callbacks", "description", "client_metadata"})
    assert "alg" not in made["jwt_configuration"]
    after = api("PATCH", f"/clients/{made['client_id']}", {"initiate_login_uri": ""}, 200)
    assert "initiate_login_uri" not in after
    after = api("PATCH", f"/clients/{made['client_id']}", {"token_endpoint_auth_method": None}, 200)
    assert "token_endpoint_auth_method" not in after


def test_unknown_application(api: Any) -> None:
    missing = _error(404, "Not Found", "The client does not exist", "inexistent_client")
    assert api("GET", "/clients/nobody") == missing
    assert api("PATCH", "/clients/nobody", {"name": "x"}) == missing
    assert api("POST", "/clients/nobody/rotate-secret") == missing
    assert api("GET", "/clients/nobody/connections") == missing
    assert api("DELETE", "/clients/nobody") == (204, None)
    assert api("GET", "/no/such/path") == _error(404, "Not Found", "Not Found")


def test_deleted_application_is_gone_everywhere(tenant: Any, api: Any) -> None:
    made = tenant.add_client("x", login=True)
    api("DELETE", f"/clients/{made['client_id']}", status=204)
    assert api("GET", f"/clients/{made['client_id']}")[0] == 404
    assert all(made["client_id"] not in each["_clients"] for each in tenant.connections())


def test_pages(tenant: Any, api: Any) -> None:
    for number in range(120):
        tenant.add_client(f"App {number}")
    total = 120 + ALWAYS_IN_LISTS
    assert len(api("GET", "/clients", status=200)) == 50
    assert len(api("GET", "/clients?per_page=100&page=1", status=200)) == total - 100
    assert api("GET", "/clients?per_page=100&page=7", status=200) == []
    page = api("GET", "/clients?per_page=10&page=2&include_totals=true&fields=client_id,name&include_fields=true", status=200)
    assert {name: page[name] for name in ("total", "start", "limit")} == {"total": total, "start": 20, "limit": 10}
    assert all(each.keys() == {"client_id", "name", "signing_keys"} for each in page["clients"])
    seen, query = [], "take=50"
    while query:
        page = api("GET", f"/clients?{query}", status=200)
        seen += [each["client_id"] for each in page["clients"]]
        query = f"take=50&from={page['next']}" if "next" in page else ""
    assert len(seen) == len(set(seen)) == total


def test_filters(tenant: Any, api: Any) -> None:
    tenant.add_client("Web", app_type="regular_web")
    assert [each["name"] for each in api("GET", "/clients?app_type=regular_web,spa", status=200)] == ["Web"]
    assert all("global" not in each for each in api("GET", "/clients?is_global=false", status=200))
    assert [each["name"] for each in api("GET", "/clients?is_global=true", status=200)] == ["All Applications"]
    without = api("GET", "/clients?fields=callbacks,name&include_fields=false", status=200)
    assert all("name" not in each and "client_id" in each for each in without)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("per_page=101", "'Value 101 is greater than maximum 100' on property per_page"),
        ("page=x", "'Expected type integer but found type string' on property page"),
        ("nonsense=1", "'Additional properties not allowed: nonsense'"),
        ("name=Web", "'Additional properties not allowed: name'"),
    ],
)
def test_bad_queries(api: Any, query: str, text: str) -> None:
    assert api("GET", f"/clients?{query}") == _error(400, "Bad Request", f"Query validation error: {text}.", "invalid_query_string")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "'Missing required property: name'."),
        ({"name": "x", "nonsense": 1}, "'Additional properties not allowed: nonsense'."),
        ({"name": 7}, "'Expected type string but found type integer' on property name ("),
        ({"name": "<x>"}, "'String does not match pattern ^[^<>]+$: <x>' on property name ("),
        ({"name": "x", "description": "d" * 141}, "'String is too long (141 chars), maximum 140' on property description ("),
        ({"name": "x", "app_type": "web"}, "'No enum match for: web' on property app_type"),
        ({"name": "x", "callbacks": ["https://a", "b/c"]}, "'Object didn't pass validation for format callback-url: b/c' on property callbacks[1]"),
        ({"name": "x", "callbacks": [""]}, "'Object didn't pass validation for format callback-url: ' on property callbacks[0]"),
        ({"name": "x", "callbacks": ["https://a,https://b"]}, "'Object didn't pass validation for format callback-url: https://a,https://b'"),
        ({"name": "x", "callbacks": ["https://*.com"]}, "'Object didn't pass validation for format callback-url: https://*.com'"),
        ({"name": "x", "callbacks": ["app://*.a.b"]}, "'Object didn't pass validation for format callback-url: app://*.a.b'"),
        ({"name": "x", "web_origins": ["a.example"]}, "'Object didn't pass validation for format url-with-placeholders: a.example' on property web_origins[0]"),
        ({"name": "x", "logo_uri": "logo"}, "'Object didn't pass validation for format absolute-uri-or-empty: logo' on property logo_uri ("),
        ({"name": "x", "client_metadata": {str(number): "" for number in range(11)}}, "'Too many properties defined (11), maximum 10'"),
        ({"name": "x", "client_metadata": {"a": "b" * 256}}, "'String is too long (256 chars), maximum 255' on property client_metadata.a"),
        ({"name": "x", "refresh_token": {"rotation_type": "rotating"}}, "'Missing required property: expiration_type' on property refresh_token"),
    ],
)
def test_bad_bodies_are_refused_in_auth0s_words(tenant: Any, api: Any, body: dict[str, Any], text: str) -> None:
    before = len(tenant.clients())
    status, answer = api("POST", "/clients", body)
    assert (status, answer["error"], answer["errorCode"]) == (400, "Bad Request", "invalid_body")
    assert answer["message"].startswith(f"Payload validation error: {text}")
    assert len(tenant.clients()) == before


@pytest.mark.parametrize("uri", ["http://a/login", "https://localhost/login", "https://localhost:5000/login", "login", "https://a/#x"])
def test_bad_login_uri(api: Any, uri: str) -> None:
    message = (
        f"Payload validation error: 'Object didn't pass validation for format absolute-https-uri-with-placeholders-or-empty: {uri}' "
        "on property initiate_login_uri (Initiate login uri, must be https)."
    )
    assert api("POST", "/clients", {"name": "x", "initiate_login_uri": uri}) == _error(400, "Bad Request", message, "invalid_body")


@pytest.mark.parametrize("uri", ["https://127.0.0.1/login", "https://{organization_name}.a.example/login", "https://a.example:8443/login?x=1"])
def test_good_login_uri(api: Any, uri: str) -> None:
    assert api("POST", "/clients", {"name": "x", "initiate_login_uri": uri}, 201)["initiate_login_uri"] == uri


@pytest.mark.parametrize("uri", ["http://localhost:5000/cb", "http://192.168.0.1/cb", "https://*.a.example/cb", "com.app://callback", "http://[::1]:1/x"])
def test_good_callbacks(api: Any, uri: str) -> None:
    assert api("POST", "/clients", {"name": "x", "callbacks": [uri]}, 201)["callbacks"] == [uri]


def test_empty_patch_is_refused(tenant: Any, api: Any) -> None:
    made = tenant.add_client("x")
    message = "Payload validation error: 'Too few properties defined (0), minimum 1'."
    assert api("PATCH", f"/clients/{made['client_id']}", {}) == _error(400, "Bad Request", message, "invalid_body")
    answer = tenant.call("PATCH", f"/api/v2/clients/{made['client_id']}", data="{", headers={**api.headers, "Content-Type": "application/json"})
    assert answer.status_code == 400


def test_metadata_over_ten_keys_by_merging(tenant: Any, api: Any) -> None:
    made = tenant.add_client("x", client_metadata={str(number): "" for number in range(10)})
    assert api("PATCH", f"/clients/{made['client_id']}", {"client_metadata": {"more": "x"}})[0] == 400


def test_alias_clash_is_the_only_conflict(api: Any) -> None:
    api("POST", "/clients", {"name": "x", "client_aliases": ["one"]}, 201)
    assert api("POST", "/clients", {"name": "x", "client_aliases": ["one"]})[0] == 409


def test_entity_limit(tenant: Any, api: Any) -> None:
    tenant.options(entity_limit=2)
    api("POST", "/clients", {"name": "x"}, 201)
    text = "You reached the limit of entities of this type for this tenant."
    assert api("POST", "/clients", {"name": "y"}) == _error(403, "Forbidden", text, "too_many_entities")


def test_rotation_leaves_the_old_secret_for_thirty_seconds(tenant: Any, api: Any) -> None:
    before = tenant.client_secret
    after = api("POST", f"/clients/{tenant.client_id}/rotate-secret", status=200)["client_secret"]
    assert after != before
    assert [_ask(tenant, client_secret=secret).status_code for secret in (before, after)] == [200, 200]
    tenant.options(clock_skew=31)
    assert [_ask(tenant, client_secret=secret).status_code for secret in (before, after)] == [401, 200]


def test_parallel_patches_lose_nothing_in_metadata(tenant: Any, api: Any) -> None:
    made = tenant.add_client("x")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: api("PATCH", f"/clients/{made['client_id']}", {"client_metadata": {str(number): "x"}}, 200), range(8)))
    assert tenant.clients("x")[0]["client_metadata"].keys() == {str(number) for number in range(8)}


# connections


def test_database_connection_is_there_and_closed_to_sign_up(api: Any) -> None:
    (connection,) = api("GET", "/connections?name=Username-Password-Authentication&strategy=auth0", status=200)
    assert connection["options"]["disable_signup"] is True
    assert "enabled_clients" not in connection
    assert api("GET", "/connections?strategy=oidc", status=200) == []
    assert api("GET", "/connections?include_totals=true", status=200)["total"] == 1
    assert api("GET", "/connections?take=1", status=200)["connections"][0]["id"] == connection["id"]


def test_connection_clients_are_a_delta(tenant: Any, api: Any) -> None:
    one, two = (tenant.add_client(name)["client_id"] for name in ("one", "two"))
    path = f"/connections/{tenant.connections()[0]['id']}/clients"
    api("PATCH", path, [{"client_id": one, "status": True}, {"client_id": two, "status": True}], 204)
    api("PATCH", path, [{"client_id": one, "status": False}], 204)
    assert api("GET", path, status=200) == {"clients": [{"client_id": two}]}
    (connection,) = api("GET", f"/clients/{two}/connections", status=200)["connections"]
    assert connection["name"] == "Username-Password-Authentication"
    assert "enabled_clients" not in connection
    assert api("GET", f"/clients/{one}/connections", status=200) == {"connections": []}


def test_connection_clients_bounds(tenant: Any, api: Any) -> None:
    path = f"/connections/{tenant.connections()[0]['id']}/clients"
    assert api("PATCH", path, [])[0] == 400
    assert api("PATCH", path, [{"client_id": "x", "status": True}] * 51)[0] == 400
    assert api("PATCH", path, [{"client_id": "x"}])[0] == 400
    assert api("PATCH", path, [{"client_id": "nobody", "status": True}])[0] == 404
    assert api("GET", "/connections/con_0/clients")[1]["errorCode"] == "inexistent_connection"


def test_enabled_clients_of_a_connection_are_refused_since_july_2026(tenant: Any, api: Any) -> None:
    body = {"name": "x", "strategy": "auth0", "enabled_clients": []}
    assert api("POST", "/connections", body)[1]["message"] == "Payload validation error: 'Additional properties not allowed: enabled_clients'."
    assert api("PATCH", f"/connections/{tenant.connections()[0]['id']}", {"enabled_clients": []})[0] == 400


def test_connections_are_made_changed_and_removed(api: Any) -> None:
    made = api("POST", "/connections", {"name": "google", "strategy": "google-oauth2", "options": {"email": True}}, 201)
    assert api("POST", "/connections", {"name": "google", "strategy": "google-oauth2"})[0] == 409
    assert api("PATCH", f"/connections/{made['id']}", {"options": {"profile": True}}, 200)["options"] == {"profile": True}
    assert api("DELETE", f"/connections/{made['id']}")[0] == 202
    assert api("DELETE", f"/connections/{made['id']}") == (204, None)


# grants and limits


def test_grants_decide_what_a_token_may(tenant: Any, api: Any) -> None:
    other = tenant.add_client("Other", token_endpoint_auth_method="client_secret_post")
    body = {"client_id": other["client_id"], "audience": f"{tenant.base_url}/api/v2/", "scope": ["read:clients"]}
    grant = api("POST", "/client-grants", body, 201)
    assert api("POST", "/client-grants", body)[0] == 409
    assert _ask(tenant, client_id=other["client_id"], client_secret=other["client_secret"]).json()["scope"] == "read:clients"
    api("PATCH", f"/client-grants/{grant['id']}", {"scope": ["read:clients", "create:clients"]}, 200)
    assert api("GET", f"/client-grants?client_id={other['client_id']}", status=200)[0]["scope"] == ["read:clients", "create:clients"]
    api("DELETE", f"/client-grants/{grant['id']}", status=204)
    assert api("GET", f"/client-grants/{grant['id']}")[0] == 404


def test_rate_limit(tenant: Any, api: Any) -> None:
    tenant.options(rate_limit={"per_second": 2, "burst": 2})
    answers = [tenant.call("GET", "/api/v2/clients", headers=api.headers) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[2].json() == _error(429, "Too Many Requests", "Global limit has been reached", "too_many_requests")[1]
    headers = answers[2].headers
    assert (headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]) == ("2", "0")
    assert 0 <= int(headers["x-ratelimit-reset"]) - time.time() <= 1.5
    time.sleep(max(0, int(headers["x-ratelimit-reset"]) - time.time()))
    assert tenant.call("GET", "/api/v2/clients", headers=api.headers).status_code == 200
    tenant.options(rate_limit=None)
    assert "x-ratelimit-limit" not in tenant.call("GET", "/api/v2/clients", headers=api.headers).headers
