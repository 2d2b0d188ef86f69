"""The application at the provider, compared by the module as a user runs it, against the development tenant."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.datacatalog.amundsen.plugins.module_utils._checks import checks_of
from ansible_collections.datacatalog.amundsen.plugins.module_utils._registration import Wanted, check_application

PROJECT = Path(__file__).resolve().parents[3]
CALLBACK, SIGNED_OUT, LOGIN = (f"https://catalog.test/{path}" for path in ("authorization-code/callback", "signed-out", "login"))
RIGHT = {
    "app_type": "regular_web",
    "token_endpoint_auth_method": "client_secret_basic",
    "grant_types": ["authorization_code", "refresh_token"],
    "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 36000},
    "callbacks": [CALLBACK],
    "allowed_logout_urls": [SIGNED_OUT],
    "initiate_login_uri": LOGIN,
}
# what is wrong: (check that fails, cause, words)
WRONG = {
    "spa": ({"app_type": "spa"}, "application", "application_public", "access_denied, Unauthorized"),
    "no_client_authentication": ({"token_endpoint_auth_method": "none"}, "application", "application_public", "authentication method none"),
    "post": ({"token_endpoint_auth_method": "client_secret_post"}, "application", "application_auth_method", "client_secret_post"),
    "no_code": ({"grant_types": ["implicit"]}, "application", "application_grant", "the grants are implicit"),
    "hs256": ({"jwt_configuration": {"alg": "HS256"}}, "application", "application_hs256", "signed with HS256"),
    "algorithm_unset": ({"jwt_configuration": {}}, "application", "application_hs256", "signed with HS256"),
    "no_callback": ({"callbacks": ["https://other.test/callback"]}, "callback_listed", "callback_not_listed", f"Add {CALLBACK}"),
    "callback_http": ({"callbacks": ["http" + CALLBACK[5:]]}, "callback_listed", "callback_near_miss", "Replace http://catalog.test/"),
    "callback_slash": ({"callbacks": [CALLBACK + "/"]}, "callback_listed", "callback_near_miss", "almost the same"),
    "no_logout": ({"allowed_logout_urls": []}, "logout_listed", "logout_not_listed", f"Add {SIGNED_OUT}"),
    "login_elsewhere": ({"initiate_login_uri": "https://old.test/login"}, "login_uri", "login_uri_elsewhere", "https://old.test/login"),
}


@pytest.fixture
def compare(tenant):
    """Return a function that runs the module on an application and returns its checks and its output."""

    def run(client_id: str, **options: object) -> tuple[list[dict[str, str]], str]:
        given = {
            "auth0_domain": tenant.domain,
            "auth0_client_id": tenant.client_id,
            "auth0_client_secret": tenant.client_secret,
            "ca_path": tenant.ca_path,
            "client_id": client_id,
            "redirect_uri": CALLBACK,
            "logout_uri": SIGNED_OUT,
            "login_uri": LOGIN,
            "strict": False,
            **options,
        }
        command = [sys.executable, "-m", "ansible_collections.datacatalog.amundsen.plugins.modules.auth0_client_check"]
        environment = {"PYTHONPATH": str(PROJECT / ".ansible" / "collections"), "HOME": str(Path.home())}
        done = subprocess.run(
            command, input=json.dumps({"ANSIBLE_MODULE_ARGS": given}), env=environment, cwd=PROJECT, capture_output=True, text=True, check=False
        )
        assert given["auth0_client_secret"] not in done.stdout + done.stderr or not given["auth0_client_secret"]
        return json.loads(done.stdout).get("checks", []), done.stdout

    return run


def by_status(checks: list[dict[str, str]], status: str) -> dict[str, str]:
    return {check["id"]: check["cause"] for check in checks if check["status"] == status}


def test_what_site_yml_registers_is_right(compare, tenant):
    checks, _output = compare(tenant.add_client(login=True, **RIGHT)["client_id"])
    assert by_status(checks, "pass") == dict.fromkeys(checks_of("The application at the provider"), "")


def test_no_login_uri_and_one_of_another_catalog_of_the_same_application_are_right(compare, tenant):
    for login_uri, callbacks in (("", [CALLBACK]), ("https://second.test/login", [CALLBACK, "https://second.test/authorization-code/callback"])):
        client = tenant.add_client(login=True, **RIGHT | {"callbacks": callbacks, "initiate_login_uri": login_uri})
        assert by_status(compare(client["client_id"])[0], "fail") == {}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_named_and_nothing_else(compare, tenant, kind):
    change, check, cause, words = WRONG[kind]
    checks, output = compare(tenant.add_client(login=True, **RIGHT | change)["client_id"])
    assert by_status(checks, "fail") == {check: cause}
    assert words in output


def test_a_login_uri_over_http():
    """Auth0 refuses to keep one, so no honest tenant answers it; an older one may have it."""
    wanted = Wanted(CALLBACK, SIGNED_OUT, LOGIN)
    checks = check_application({"client_id": "a", **RIGHT, "initiate_login_uri": "http://catalog.test/login"}, [], wanted)
    assert by_status(checks, "fail")["login_uri"] == "login_uri_http"


def test_an_application_without_a_connection(compare, tenant):
    assert by_status(compare(tenant.add_client(**RIGHT)["client_id"])[0], "fail") == {"connections": "connection_missing"}


def test_open_sign_up_and_developer_keys(compare, tenant):
    client = tenant.add_client(**RIGHT)["client_id"]
    connection = tenant.add_connection("google-oauth2", "google-oauth2")["id"]
    body, headers = [{"client_id": client, "status": True}], {"Authorization": f"Bearer {tenant.token()}"}
    assert tenant.call("PATCH", f"/api/v2/connections/{connection}/clients", json=body, headers=headers).status_code == 204
    checks, _output = compare(client)
    assert by_status(checks, "fail") == {"connections": "developer_keys", "sign_up": "open_sign_up"}
    assert by_status(compare(client, closed=True)[0], "fail") == {"connections": "developer_keys"}


def test_an_application_that_the_tenant_does_not_know(compare):
    checks, _output = compare("deletedDeletedDeletedDeletedDele")
    assert by_status(checks, "fail") == {"application": "application_missing"}
    assert set(by_status(checks, "skip").values()) == {"no_application"}


def test_a_management_login_that_is_wrong(compare, tenant):
    checks, output = compare(tenant.add_client(login=True, **RIGHT)["client_id"], auth0_client_secret="wrong-secret-0123")
    assert by_status(checks, "fail") == {"application": "application_unreadable"}
    assert "auth0_client_secret" in output


def test_without_a_management_login_nothing_is_asked(compare, tenant):
    tenant.clear_log()
    checks, _output = compare("some-client", auth0_client_secret="")
    assert set(by_status(checks, "skip").values()) == {"not_asked"} and tenant.log() == []


def test_strict_fails_with_what_to_do(compare, tenant):
    _checks, output = compare(tenant.add_client(login=True, **RIGHT | {"callbacks": []})["client_id"], strict=True)
    assert json.loads(output)["failed"] and f"Add {CALLBACK}" in json.loads(output)["msg"]
