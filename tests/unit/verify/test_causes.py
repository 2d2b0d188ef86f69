"""Break a deployment in one way, and see that cause named, and no other."""

from __future__ import annotations

import json
import socket
import threading
from datetime import timedelta

import pytest
from ansible_collections.datacatalog.amundsen.plugins.module_utils import _causes, _checks, _probe
from flask import Flask
from looking import discover, login, named, probe
from werkzeug.serving import make_server
from world import PASSWORD, USER, World, make_chain

# fault: (checks that fail, words that the detail or fix must hold)
PROVIDER = {
    "document_html": ("discovery", "not that of an OIDC provider"),
    "issuer_without_slash": ("discovery_issuer", "byte for byte"),
    "token_endpoint_http": ("discovery_endpoints", "Not https: token_endpoint"),
    "token_endpoint_elsewhere": ("discovery_endpoints", "elsewhere.example"),
    "no_token_endpoint": ("discovery_endpoints", "no token_endpoint"),
    "keys_moved": ("discovery_keys", "/nowhere"),
    "key_without_kid": ("discovery_keys", "kid"),
    "hs256_only": ("discovery_features", "lacks RS256"),
    "no_email_scope": ("discovery_features", "lacks email"),
    "post_only": ("discovery_features", "lacks client_secret_basic"),
    "provider_clock": ("provider_clock", "behind the controller's"),
}
SITE = {
    "open": ("anonymous_home anonymous_user anonymous_metadata", "APP_WRAPPER_CLASS"),
    "metadata_open": ("anonymous_metadata anonymous_routes", "open to anybody"),
    "route_open": ("anonymous_routes", "1 of 2 routes: GET /api/metadata/v0/badges answers 200"),
    "home_fails": ("anonymous_home", "500"),
    "home_loops": ("anonymous_home", "circles"),
    "bearer_header": ("bearer_header", "without verifying"),
    "bearer_query": ("bearer_query", "without verifying"),
    "bearer_form": ("bearer_form", "without verifying"),
    "bearer_crash": ("bearer_header", "500"),
    "public_key": ("session_forged", "!-flask-oidc-secret-key"),
    "login_dead": ("login_redirect", "/login answers 500"),
    "other_provider": ("login_redirect redirect_registered", "other.example"),
    "no_openid": ("login_redirect", "scope lacks openid"),
    "redirect_http": ("redirect_uri redirect_registered", "FLASK_OIDC_FORCE_SCHEME"),
    "redirect_host": ("redirect_uri redirect_registered", "Host header"),
    "redirect_path": ("redirect_uri redirect_registered", "FLASK_OIDC_REDIRECT_URI"),
    "unregistered": ("redirect_registered", "Callback URL mismatch"),
    "client_deleted": ("redirect_registered", "client id"),
    "grant_off": ("redirect_registered", "unauthorized_client"),
    "cookie_plain": ("cookies", "lacks Secure, SameSite"),
    "bad_gateway": ("reachable", "frontend behind it"),
}
# fault: (checks that fail, the stage at which the login stops, words)
LOGIN = {
    "login_dead": ("login", "start", "does not send the browser to a provider"),
    "unregistered": ("login", "authorize", "Callback URL mismatch"),
    "script_page": ("login", "login_page", "scripts only"),
    "form_elsewhere": ("login", "login_page", "only to the provider's own hosts"),
    "second_factor": ("login", "second_factor", "more than the password"),
    "consent": ("login", "consent", "consent"),
    "denied": ("login", "callback", "access_denied Unauthorized"),
    "callback_fails": ("login", "callback", "no e-mail claim"),
    "login_loops": ("login", "callback", "circles"),
    "user_fails": ("login_user", "app", "500"),
    "dummy_user": ("login_user", "app", "dummy@example.com"),
    "metadata_down": ("metadata", "app", "logs metadata"),
    "search_down": ("search", "app", "logs search"),
    "logout_keeps": ("logout", "app", "old cookie"),
    "remembers": ("logout_provider", "app", "without a password"),
    "forgets_page": ("deep_link", "app", "start page"),
    "no_email": ("claims", "app", "email did not come; these did: email, email_verified, sub"),
    "unverified": ("claims", "app", "email_verified is not true"),
    "large_cookie": ("cookie_size", "app", "4,096"),
}


# What a text can be filled with.
FIELDS = "url reason issuer host expected redirect_uri near logout_uri login_uri connections service setting container instead".split()  # noqa: SIM905


def words_of(checks):
    return " ".join(check["detail"] + " " + check["fix"] for check in checks if check["status"] == "fail")


def test_a_right_deployment_passes_every_check(world):
    checks = discover(world)[0] + probe(world)[0] + login(world)[0]
    assert named(checks) == set() and named(checks, "skip") == set(), words_of(checks)
    groups = [group for group in _checks.CHECKS if group not in ("The application at the provider", "Inside the frontend", "Around the frontend")]
    assert sorted(check["id"] for check in checks) == sorted(_checks.checks_of(*groups))
    assert all(check["detail"] for check in checks)


@pytest.mark.parametrize("fault", PROVIDER)
def test_provider(world, fault):
    world.faults.add(fault)
    ids, words = PROVIDER[fault]
    checks, _document = discover(world)
    assert named(checks) == set(ids.split())
    assert words in words_of(checks)


@pytest.mark.parametrize("fault", SITE)
def test_site(world, fault):
    world.faults.add(fault)
    ids, words = SITE[fault]
    checks, _reachable = probe(world)
    assert named(checks) == set(ids.split()), words_of(checks)
    assert words in words_of(checks)
    assert all(check["fix"] for check in checks if check["status"] != "pass")


@pytest.mark.parametrize("fault", LOGIN)
def test_login(world, fault):
    world.faults.add(fault)
    ids, stage, words = LOGIN[fault]
    checks, stop, _user, _chain = login(world)
    assert named(checks) == set(ids.split()), words_of(checks)
    assert stop.stage == stage
    assert words in words_of(checks)


def test_a_session_forged_with_a_public_key_is_seen_by_showing_it(world, monkeypatch):
    world.faults.add("trusts_session")
    monkeypatch.setattr("ansible_collections.datacatalog.amundsen.plugins.module_utils._probe.signed_with", lambda cookie: "")
    checks, _reachable = probe(world)
    assert named(checks) == {"session_forged"}
    assert "forged with the key" in words_of(checks)


def test_what_is_open_anyway_is_not_called_refused(world):
    world.faults.add("open")
    skipped = named(probe(world)[0], "skip")
    assert skipped == {"bearer_header", "bearer_query", "bearer_form", "session_forged", "anonymous_routes"}


def test_wrong_password(world):
    checks, stop, _user, _chain = login(world, password="wrong")
    assert named(checks) == {"login"} and stop.stage == "credentials"
    assert "Wrong email or password" in words_of(checks)


def test_the_password_is_sent_once_and_to_the_provider_only(world):
    login(world)
    assert world.passwords_seen == [PASSWORD]
    world.reset()
    world.faults.add("form_elsewhere")
    login(world)
    assert world.passwords_seen == []


def test_identifier_first_and_the_later_search_api(world):
    world.faults |= {"identifier_first", "search_v1_only"}
    checks, stop, user, _chain = login(world, start="/")
    assert named(checks, "pass") == set(_checks.checks_of("A login")) - {"deep_link"}
    assert stop.stage == "app" and user["email"] == USER


def test_no_end_session_endpoint_is_skipped_not_failed(world):
    world.faults.add("no_end_session")
    checks, _document = discover(world)
    assert named(checks) == set() and named(checks, "skip") == {"discovery_logout"}


def test_endpoints_on_named_hosts_are_right(world):
    world.faults.add("token_endpoint_elsewhere")
    assert named(discover(world, hosts=("elsewhere.example",))[0]) == set()


def test_issuer_may_follow_from_the_address(world):
    assert named(discover(world, issuer="")[0]) == set()


def test_certificate_that_ends_soon(old_world):
    checks, _reachable = probe(old_world)
    assert named(checks) == {"certificate"}
    assert "2 days left" in words_of(checks)


def test_certificate_that_is_not_trusted(world):
    checks, reachable = probe(world, ca=False)
    assert named(checks) == {"reachable"} and not reachable
    assert "certificate not accepted (self-signed certificate)" in words_of(checks)
    assert "amundsen_verify_ca_file" in words_of(checks)
    assert named(checks, "pass") == {"ports"} and len(named(checks, "skip")) == len(checks) - 2


def test_nothing_listens(world, monkeypatch):
    monkeypatch.setattr(world, "url", "https://catalog.test:9")
    checks, reachable = probe(world)
    assert named(checks) == {"reachable"} and not reachable
    assert "connection refused" in words_of(checks)
    later, stop, _user, _chain = login(world)
    assert named(later) == set() and stop.cause == "not_reached"


def test_name_that_does_not_resolve(world, monkeypatch):
    monkeypatch.setattr(world, "url", "https://no-such-name.invalid")
    assert "the name does not resolve" in words_of(probe(world)[0])


def test_no_secret_in_what_is_returned(world):
    for faults in (set(), {"denied"}, {"callback_fails"}, {"dummy_user"}):
        world.reset()
        world.faults |= faults
        checks, stop, user, chain = login(world)
        text = json.dumps([checks, stop.seen, stop.url, user, chain])
        assert PASSWORD not in text
        assert not [code for code in world.codes | world.live if code in text]
    assert "code=***" in text


def test_every_cause_fits_a_check_and_its_texts_can_be_filled():
    fields = dict.fromkeys(FIELDS, "x")
    for name, cause in _causes.CAUSES.items():
        result = _checks.failed(name, "seen", cause.check or "login", **fields)
        assert result["id"] in _checks.TITLES and "{" not in result["detail"] + result["fix"]
        assert cause.fix.endswith((".", "expected}", "{connections}.", "{instead}")), name


@pytest.fixture
def listener():
    """A port of loopback on which something listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize(("service", "words"), [("Elasticsearch", "no login worth"), ("The frontend", "beside the proxy"), ("The engine", "root on the host")])
def test_a_port_that_answers_from_outside(world, listener, monkeypatch, service, words):
    monkeypatch.setitem(_probe.PORTS, listener, service)
    checks, _reachable = probe(world)
    assert named(checks) == {"ports"}
    assert f"{listener} ({service}) at 127.0.0.1" in words_of(checks) and words in words_of(checks)
    assert named(probe(world, open_ports=(listener,))[0]) == set()


def test_ports_of_a_loopback_address_say_nothing(world):
    assert named(probe(world, address="")[0], "skip") == {"ports"}


def test_plain_http_that_serves(world):
    app = Flask("plain")
    app.add_url_rule("/", view_func=lambda: "<html>Amundsen</html>")
    server = make_server("127.0.0.1", 0, app)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    checks, _reachable = probe(world, http_port=server.server_port)
    server.shutdown()
    assert named(checks) == {"plain_http"} and "answers 200" in words_of(checks)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ({"names": ("other.test",)}, "made for other names"),
        ({"left": timedelta(days=-1)}, "is over"),
        ({"chain": False}, "without those between"),
    ],
)
def test_a_certificate_that_browsers_refuse(tmp_path, kind, words):
    ca, pem = make_chain(tmp_path, **kind)
    world = World(tmp_path, pem=pem)
    world.ca = ca
    checks, reachable = probe(world)
    world.stop()
    assert named(checks) == {"reachable"} and not reachable
    assert words in words_of(checks)
