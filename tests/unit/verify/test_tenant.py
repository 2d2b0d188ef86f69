"""The checks on the development tenant: its discovery document, its login pages, its error pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from looking import discover, login, named, probe
from world import PASSWORD, USER


@pytest.fixture
def site(world, tenant, monkeypatch):
    """A catalog whose provider is the tenant, with an application and a user there."""
    application = tenant.add_client(
        login=True,
        app_type="regular_web",
        callbacks=[world.redirect_uri],
        grant_types=["authorization_code", "refresh_token"],
        token_endpoint_auth_method="client_secret_basic",
        jwt_configuration={"alg": "RS256", "lifetime_in_seconds": 36000},
    )
    tenant.add_user(USER, PASSWORD)

    def redeem(code: str) -> bool:
        body = {"grant_type": "authorization_code", "code": code, "redirect_uri": world.redirect_uri}
        return tenant.call("POST", "/oauth/token", data=body, auth=(application["client_id"], application["client_secret"])).ok

    monkeypatch.setattr(world, "issuer", f"{tenant.base_url}/")
    monkeypatch.setattr(world, "client", application["client_id"])
    monkeypatch.setattr(world, "provider_ca", Path(tenant.ca_path).read_text(encoding="utf-8"))
    monkeypatch.setattr(world, "redeem", redeem)
    return world


@pytest.mark.parametrize("pages", [1, 2])
def test_a_user_logs_in(site, tenant, pages):
    tenant.options(login_pages=pages)
    checks = discover(site)[0] + probe(site)[0]
    login_checks, stop, user, _chain = login(site, hosts=("127.0.0.1",))
    failures = [check for check in checks + login_checks if check["status"] != "pass"]
    assert failures == [] and stop.stage == "app" and user["email"] == USER


@pytest.mark.parametrize("pages", [1, 2])
def test_a_wrong_password_is_named(site, tenant, pages):
    tenant.options(login_pages=pages)
    checks, stop, _user, _chain = login(site, password="wrong", hosts=("127.0.0.1",))
    assert named(checks) == {"login"} and stop.cause == "login_wrong_password"


def test_a_redirect_uri_that_is_not_registered_is_named(site, tenant):
    tenant.change_client(site.client, callbacks=["https://elsewhere.test/callback"])
    checks, _reachable = probe(site)
    assert named(checks) == {"redirect_registered"}
    fix = next(check["fix"] for check in checks if check["status"] == "fail")
    assert site.redirect_uri in fix and "Allowed Callback URLs" in fix


def test_a_deleted_application_is_named(site, tenant):
    tenant.delete_client(site.client)
    checks, _reachable = probe(site)
    assert named(checks) == {"redirect_registered"}
    assert "client id" in next(check["detail"] for check in checks if check["status"] == "fail")
