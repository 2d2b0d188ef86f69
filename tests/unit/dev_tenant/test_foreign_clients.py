"""Clients that others wrote work on the tenant unchanged."""

from __future__ import annotations

from typing import Any

import pytest
from auth0.management import ManagementClient
from auth0.management.core.api_error import ApiError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet
from test_login import CALLBACK, PASSWORD, USER, Browser


@pytest.fixture
def auth0(tenant: Any, monkeypatch: pytest.MonkeyPatch) -> ManagementClient:
    """Give the client of the package auth0-python, which gets its token by itself."""
    monkeypatch.setenv("SSL_CERT_FILE", tenant.ca_path)
    return ManagementClient(domain=tenant.domain, client_id=tenant.client_id, client_secret=tenant.client_secret)


def test_auth0_python(tenant: Any, auth0: ManagementClient) -> None:
    made = auth0.clients.create(
        name="Catalog",
        app_type="regular_web",
        callbacks=[CALLBACK],
        grant_types=["authorization_code", "refresh_token"],
        token_endpoint_auth_method="client_secret_basic",
        jwt_configuration={"alg": "RS256", "lifetime_in_seconds": 3600},
    )
    assert tenant.clients("Catalog")[0]["client_secret"] == made.client_secret
    assert auth0.clients.get(made.client_id).callbacks == [CALLBACK]
    changed = auth0.clients.update(made.client_id, callbacks=[CALLBACK, f"{CALLBACK}2"], client_metadata={"a": "b"})
    assert (changed.callbacks, changed.client_metadata) == ([CALLBACK, f"{CALLBACK}2"], {"a": "b"})
    assert made.client_id in {each.client_id for each in auth0.clients.list(per_page=1)}
    (connection,) = list(auth0.connections.list(name="Username-Password-Authentication"))
    auth0.connections.clients.update(connection.id, request=[{"client_id": made.client_id, "status": True}])
    assert [each.client_id for each in auth0.connections.clients.get(connection.id)] == [made.client_id]
    assert [each.id for each in auth0.clients.connections.get(made.client_id)] == [connection.id]
    assert auth0.clients.rotate_secret(made.client_id).client_secret != made.client_secret
    auth0.clients.delete(made.client_id)
    with pytest.raises(ApiError) as caught:
        auth0.clients.get(made.client_id)
    assert caught.value.status_code == 404
    with pytest.raises(ApiError) as caught:
        auth0.clients.create(name="Catalog", initiate_login_uri="http://x")
    assert (caught.value.status_code, caught.value.body["errorCode"]) == (400, "invalid_body")


def test_authlib_client(tenant: Any) -> None:
    tenant.add_user(USER, PASSWORD)
    browser = Browser(tenant)
    found = tenant.call("GET", "/.well-known/openid-configuration").json()
    with OAuth2Session(browser.id, browser.secret, scope="openid email offline_access", redirect_uri=CALLBACK, code_challenge_method="S256") as client:
        client.verify, client.trust_env = tenant.ca_path, False
        verifier = "v" * 64
        url, state = client.create_authorization_url(found["authorization_endpoint"], code_verifier=verifier, nonce="n")
        page = browser.follow(browser.session.get(url, allow_redirects=False))
        landed = browser.submit(page, username=USER, password=PASSWORD).headers["Location"]
        token = client.fetch_token(found["token_endpoint"], authorization_response=landed, state=state, code_verifier=verifier)
        keys = KeySet.import_key_set(client.get(found["jwks_uri"]).json())
        claims = jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims
        jwt.JWTClaimsRegistry(iss={"essential": True, "value": found["issuer"]}, aud={"essential": True, "value": browser.id}).validate(claims)
        assert claims["nonce"] == "n"
        assert client.get(found["userinfo_endpoint"]).json()["email"] == USER
        assert client.refresh_token(found["token_endpoint"])["access_token"] != token["access_token"]
