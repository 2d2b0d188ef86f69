"""Every state and option: check, real, check again, real again."""

from __future__ import annotations

import pytest
from ansible_collections.datacatalog.amundsen.plugins.modules.auth0_client import OPTIONS

FIRST, SECOND = "https://a.example.com/cb", "https://b.example.com/cb"
DATABASE, OTHER = "Username-Password-Authentication", "acme-saml"

# What is there, what is declared, and what is sent for it: (method, body of the call that writes the application).
CREATED = {
    "app_type": "regular_web",
    "oidc_conformant": True,
    "grant_types": ["authorization_code", "refresh_token"],
    "token_endpoint_auth_method": "client_secret_basic",
    "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 36000},
    "refresh_token": {"rotation_type": "non-rotating", "expiration_type": "non-expiring"},
}
LIFETIMES = {"leeway": 5, "token_lifetime": 1000, "idle_token_lifetime": 500, "infinite_token_lifetime": False, "infinite_idle_token_lifetime": False}
BLOCKS = {
    "create": (None, {"name": "Amundsen"}, {"name": "Amundsen", **CREATED}),
    "create with everything": (
        None,
        {
            "name": "Amundsen",
            "description": "d",
            "callbacks": [FIRST, FIRST, SECOND],
            "logo_uri": "",
            "client_metadata": {"team": "data", "gone": None},
            "jwt_configuration": {"lifetime_in_seconds": 60},
            "refresh_token": {"leeway": 5},
            "connections": [DATABASE],
        },
        {
            "name": "Amundsen",
            **CREATED,
            "description": "d",
            "callbacks": [FIRST, SECOND],
            "client_metadata": {"team": "data"},
            "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 60},
            "refresh_token": {"rotation_type": "non-rotating", "expiration_type": "non-expiring", "leeway": 5},
        },
    ),
    "create public": (
        None,
        {"name": "Amundsen", "app_type": "spa"},
        {"name": "Amundsen", **CREATED, "app_type": "spa", "token_endpoint_auth_method": "none"},
    ),
    "create machine": (
        None,
        {"name": "Amundsen", "app_type": "non_interactive"},
        {"name": "Amundsen", **CREATED, "app_type": "non_interactive", "grant_types": ["client_credentials"]},
    ),
    "rename": ({}, {"name": "Catalog"}, {"name": "Catalog"}),
    "description": ({"description": "old"}, {"description": "new"}, {"description": "new"}),
    "clear description": ({"description": "old"}, {"description": ""}, {"description": ""}),
    "app_type": ({"app_type": "spa"}, {"app_type": "regular_web"}, {"app_type": "regular_web"}),
    **{
        f"{name} {mode}": ({name: old}, {name: value, "uris_mode": mode}, {name: new})
        for name in ("callbacks", "allowed_logout_urls")
        for mode, old, value, new in (
            ("merge", [FIRST], [SECOND], [FIRST, SECOND]),
            ("exact", [FIRST], [SECOND], [SECOND]),
            ("remove", [FIRST, SECOND], [FIRST], [SECOND]),
        )
    },
    "callbacks cleared": ({"callbacks": [FIRST]}, {"callbacks": [], "uris_mode": "exact"}, {"callbacks": []}),
    "web_origins": ({}, {"web_origins": ["https://a.example.com"]}, {"web_origins": ["https://a.example.com"]}),
    "allowed_origins": ({}, {"allowed_origins": ["https://a.example.com:8443"]}, {"allowed_origins": ["https://a.example.com:8443"]}),
    "initiate_login_uri": ({}, {"initiate_login_uri": "https://a.example.com/login"}, {"initiate_login_uri": "https://a.example.com/login"}),
    "clear initiate_login_uri": ({"initiate_login_uri": "https://a.example.com/login"}, {"initiate_login_uri": ""}, {"initiate_login_uri": ""}),
    "logo_uri": ({}, {"logo_uri": "https://a.example.com/logo.png"}, {"logo_uri": "https://a.example.com/logo.png"}),
    "grant_types": ({}, {"grant_types": ["authorization_code"]}, {"grant_types": ["authorization_code"]}),
    "token_endpoint_auth_method": ({}, {"token_endpoint_auth_method": "client_secret_post"}, {"token_endpoint_auth_method": "client_secret_post"}),
    "oidc_conformant": ({}, {"oidc_conformant": True}, {"oidc_conformant": True}),
    "jwt_configuration": (
        {"jwt_configuration": {"secret_encoded": True, "lifetime_in_seconds": 10}},
        {"jwt_configuration": {"alg": "RS512"}},
        {"jwt_configuration": {"secret_encoded": True, "alg": "RS512", "lifetime_in_seconds": 36000}},
    ),
    "refresh_token": (
        {"refresh_token": {"rotation_type": "rotating", "expiration_type": "expiring", "leeway": 9}},
        {"refresh_token": {"expiration_type": "expiring", **LIFETIMES}},
        {"refresh_token": {"rotation_type": "non-rotating", "expiration_type": "expiring", **LIFETIMES}},
    ),
    "client_metadata": (
        {"client_metadata": {"keep": "k", "gone": "g", "new": "old"}},
        {"client_metadata": {"gone": None, "new": "new", "more": "m"}},
        {"client_metadata": {"gone": None, "new": "new", "more": "m"}},
    ),
    "connections": ({}, {"connections": [OTHER, DATABASE, OTHER]}, None),
    "connections exact": ({"login": True}, {"connections": [OTHER], "connections_mode": "exact"}, None),
    "connections remove": ({"login": True}, {"connections": [DATABASE, OTHER], "connections_mode": "remove"}, None),
    "connections none": ({"login": True}, {"connections": [], "connections_mode": "exact"}, None),
    "absent": ({}, {"state": "absent"}, None),
}


def mark_dropped(body):
    """Return a body without the mark, which is random."""
    metadata = {key: value for key, value in body.get("client_metadata", {}).items() if key != "ansible_auth0_client"}
    rest = {name: value for name, value in body.items() if name != "client_metadata"}
    return {**rest, "client_metadata": metadata} if metadata else rest


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS.keys())
def test_check_real_check_real(auth0, block):
    there, options, sent = block
    auth0.tenant.add_connection(OTHER, "samlp")
    if there is not None:
        made = auth0.tenant.add_client("Amundsen", **there)
        options = {"client_id": made["client_id"], **options}
    before = auth0.tenant.clients()

    checked = auth0.client(check=True, **options)
    assert checked["changed"]
    assert auth0.writes() == []
    assert auth0.tenant.clients() == before

    real = auth0.client(**options)
    assert real["changed"]
    assert real["diff"] == checked["diff"]
    assert real["diff"]["before"] != real["diff"]["after"]
    assert real["existing"] == checked["existing"]
    for name, value in real["proposed"].items():
        if isinstance(value, dict):
            assert value.items() <= real["end_state"][name].items()
        else:
            assert real["end_state"][name] == value
    bodies = [mark_dropped(call["body"]) for call in auth0.calls("POST", "PATCH") if call["path"].startswith("/api/v2/clients")]
    assert bodies == ([] if sent is None else [sent])

    auth0.tenant.clear_log()
    for check in (True, False):
        again = auth0.client(check=check, **options)
        assert not again["changed"]
        assert again["diff"]["before"] == again["diff"]["after"]
        assert again["end_state"] == real["end_state"]
    assert auth0.writes() == []


def test_connections_are_changed_one_by_one(auth0):
    """As a delta: no list of applications is sent back, so none can be lost."""
    other = auth0.tenant.add_connection(OTHER, "samlp")
    made = auth0.tenant.add_client("Amundsen", login=True)
    auth0.client(client_id=made["client_id"], connections=[OTHER], connections_mode="exact")
    bodies = {call["path"]: call["body"] for call in auth0.calls("PATCH")}
    assert bodies.pop(f"/api/v2/connections/{other['id']}/clients") == [{"client_id": made["client_id"], "status": True}]
    assert list(bodies.values()) == [[{"client_id": made["client_id"], "status": False}]]


def test_absent_by_name_deletes_what_the_module_made(auth0):
    auth0.client(name="Amundsen")
    checked = auth0.client(name="Amundsen", state="absent", check=True)
    assert checked["changed"]
    assert len(auth0.tenant.clients("Amundsen")) == 1
    real = auth0.client(name="Amundsen", state="absent")
    assert real["changed"]
    assert real["diff"] == checked["diff"]
    assert auth0.tenant.clients("Amundsen") == []
    for check in (True, False):
        assert not auth0.client(name="Amundsen", state="absent", check=check)["changed"]


def test_absent_by_name_leaves_what_others_made(auth0):
    made = auth0.tenant.add_client("Amundsen")
    run = auth0.client(name="Amundsen", state="absent")
    assert run.failed
    assert f"client_id: {made['client_id']}" in run.message
    assert auth0.writes() == []


def test_remove_creates_nothing(auth0):
    run = auth0.client(name="Amundsen", callbacks=[FIRST], uris_mode="remove")
    assert not run["changed"]
    assert auth0.tenant.clients("Amundsen") == []


def test_secret_is_returned_only_if_asked_for(auth0):
    first = auth0.client(name="Amundsen", return_secret=True)
    (made,) = auth0.tenant.clients("Amundsen")
    assert first["client_secret"] == made["client_secret"]
    assert auth0.client(name="Amundsen", return_secret=True)["client_secret"] == made["client_secret"]
    assert "client_secret" not in auth0.client(name="Amundsen").result
    assert auth0.client(name="Amundsen", return_secret=True, description="x")["client_secret"] == made["client_secret"]


def test_every_option_has_its_block():
    covered = {name for _, options, _ in BLOCKS.values() for name in options}
    assert set(OPTIONS) - covered == {"client_id", "return_secret"}, "client_id is in all blocks, return_secret has a test of its own"


def test_info_shows_what_is_there(auth0):
    made = auth0.tenant.add_client("Amundsen", login=True, callbacks=[FIRST], client_metadata={"team": "data"})
    auth0.tenant.add_client("Other")
    run = auth0.run("auth0_client_info", name="Amundsen", with_connections=True)
    (seen,) = run["clients"]
    assert (seen["client_id"], seen["callbacks"], seen["client_metadata"], seen["connections"]) == (made["client_id"], [FIRST], {"team": "data"}, [DATABASE])
    assert {"client_secret", "signing_keys"} & set(seen) == set()
    assert auth0.run("auth0_client_info", client_id=made["client_id"])["clients"][0]["name"] == "Amundsen"
    assert auth0.run("auth0_client_info", client_id="nobody")["clients"] == []
    assert "Other" in [client["name"] for client in auth0.run("auth0_client_info")["clients"]]
    assert auth0.writes() == []


def test_connection_info_says_whom_they_let_in(auth0):
    auth0.tenant.add_connection("open", "auth0")
    auth0.tenant.add_connection("google", "google-oauth2")
    auth0.tenant.add_connection("github", "github", options={"client_id": "own", "client_secret": "hush-hush-hush"})
    auth0.tenant.add_connection(OTHER, "samlp", options={"signingCert": "hush-hush-hush"})
    run = auth0.run("auth0_connection_info")
    seen = {each["name"]: (each["open_sign_up"], each["developer_keys"]) for each in run["connections"]}
    assert seen == {DATABASE: (False, False), "open": (True, False), "google": (True, True), "github": (True, False), OTHER: (False, False)}
    assert "hush" not in run.output
    assert [each["name"] for each in auth0.run("auth0_connection_info", names=[OTHER])["connections"]] == [OTHER]
    assert "google runs on Auth0's developer keys" in str(auth0.run("auth0_connection_info", names=["google"])["warnings"])
    assert "warnings" not in run.result
    missing = auth0.run("auth0_connection_info", names=["nothing"])
    assert missing.failed
    assert "no connection named nothing" in missing.message
