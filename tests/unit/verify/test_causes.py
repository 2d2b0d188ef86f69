"""Break a deployment in one way, and see that cause named, and no other."""

from __future__ import annotations

import json
import socket
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from ansible_collections.datacatalog.amundsen.plugins.module_utils import _causes, _checks, _probe
from flask import Flask
from looking import discover, login, named, probe
from werkzeug.serving import make_server
from world import PASSWORD, USER, World, make_chain

# fault: (checks that fail and their causes, words that the detail or fix must hold)
PROVIDER = {
    "document_html": ({"discovery": "discovery_not_json"}, "not that of an OIDC provider"),
    "issuer_without_slash": ({"discovery_issuer": "issuer_differs"}, "byte for byte"),
    "token_endpoint_http": ({"discovery_endpoints": "endpoint_not_https"}, "Not https: token_endpoint"),
    "token_endpoint_elsewhere": ({"discovery_endpoints": "endpoint_elsewhere"}, "elsewhere.example"),
    "no_token_endpoint": ({"discovery_endpoints": "endpoint_missing"}, "no token_endpoint"),
    "keys_moved": ({"discovery_keys": "keys_unreachable"}, "/nowhere"),
    "key_without_kid": ({"discovery_keys": "keys_unusable"}, "kid"),
    "hs256_only": ({"discovery_features": "feature_missing"}, "lacks RS256"),
    "no_email_scope": ({"discovery_features": "feature_missing"}, "lacks email"),
    "post_only": ({"discovery_features": "feature_missing"}, "lacks client_secret_basic"),
    "provider_clock": ({"provider_clock": "provider_clock_off"}, "behind the controller's"),
}
SITE = {
    "open": ({"anonymous_home": "open", "anonymous_user": "open", "anonymous_metadata": "open"}, "APP_WRAPPER_CLASS"),
    "metadata_open": ({"anonymous_metadata": "open", "anonymous_routes": "route_open"}, "open to anybody"),
    "route_open": ({"anonymous_routes": "route_open"}, "1 of 2 routes: GET /api/metadata/v0/badges answers 200"),
    "home_fails": ({"anonymous_home": "server_error"}, "500"),
    "home_loops": ({"anonymous_home": "loop"}, "circles"),
    "bearer_header": ({"bearer_header": "bearer_accepted"}, "without verifying"),
    "bearer_query": ({"bearer_query": "bearer_accepted"}, "without verifying"),
    "bearer_form": ({"bearer_form": "bearer_accepted"}, "without verifying"),
    "bearer_crash": ({"bearer_header": "bearer_crash"}, "500"),
    "public_key": ({"session_forged": "key_public"}, "!-flask-oidc-secret-key"),
    "login_dead": ({"login_redirect": "login_stays"}, "/login answers 500"),
    "other_provider": ({"login_redirect": "login_elsewhere", "redirect_registered": "authorize_unreachable"}, "other.example"),
    "no_openid": ({"login_redirect": "login_request"}, "scope lacks openid"),
    "redirect_http": ({"redirect_uri": "redirect_http", "redirect_registered": "redirect_not_registered"}, "FLASK_OIDC_FORCE_SCHEME"),
    "redirect_host": ({"redirect_uri": "redirect_host", "redirect_registered": "redirect_not_registered"}, "Host header"),
    "redirect_path": ({"redirect_uri": "redirect_path", "redirect_registered": "redirect_not_registered"}, "FLASK_OIDC_REDIRECT_URI"),
    "unregistered": ({"redirect_registered": "redirect_not_registered"}, "Callback URL mismatch"),
    "client_deleted": ({"redirect_registered": "client_unknown"}, "client id"),
    "grant_off": ({"redirect_registered": "authorize_refused"}, "unauthorized_client"),
    "cookie_plain": ({"cookies": "cookie_flags"}, "lacks Secure, SameSite"),
    "bad_gateway": ({"reachable": "proxy_cannot_reach"}, "frontend behind it"),
}
# fault: (checks that fail and their causes, the stage at which the login stops, words)
LOGIN = {
    "login_dead": ({"login": "login_no_provider"}, "start", "does not send the browser to a provider"),
    "unregistered": ({"login": "login_provider_error"}, "authorize", "Callback URL mismatch"),
    "script_page": ({"login": "login_no_form"}, "login_page", "scripts only"),
    "form_elsewhere": ({"login": "login_foreign_host"}, "login_page", "only to the provider's own hosts"),
    "second_factor": ({"login": "login_second_factor"}, "second_factor", "more than the password"),
    "consent": ({"login": "login_consent"}, "consent", "consent"),
    "denied": ({"login": "login_denied"}, "callback", "access_denied Unauthorized"),
    "callback_fails": ({"login": "login_callback"}, "callback", "no e-mail claim"),
    "login_loops": ({"login": "login_loop"}, "callback", "circles"),
    "user_fails": ({"login_user": "user_missing"}, "app", "500"),
    "dummy_user": ({"login_user": "user_differs"}, "app", "dummy@example.com"),
    "metadata_down": ({"metadata": "metadata_down"}, "app", "logs metadata"),
    "search_down": ({"search": "search_down"}, "app", "logs search"),
    "logout_keeps": ({"logout": "logout_keeps"}, "app", "old cookie"),
    "remembers": ({"logout_provider": "logout_local"}, "app", "without a password"),
    "forgets_page": ({"deep_link": "deep_link_lost"}, "app", "start page"),
    "no_email": ({"claims": "claim_missing"}, "app", "email did not come; these did: email, email_verified, sub"),
    "unverified": ({"claims": "email_unverified"}, "app", "email_verified is not true"),
    "large_cookie": ({"cookie_size": "cookie_large"}, "app", "4,096"),
}


# What a text can be filled with.
FIELDS = "url reason issuer host expected redirect_uri near logout_uri login_uri connections service setting container instead".split()  # noqa: SIM905


def causes_of(checks, status="fail"):
    return {check["id"]: check["cause"] for check in checks if check["status"] == status}


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
    causes, words = PROVIDER[fault]
    checks, _document = discover(world)
    assert causes_of(checks) == causes
    assert words in words_of(checks)


@pytest.mark.parametrize("fault", SITE)
def test_site(world, fault):
    world.faults.add(fault)
    causes, words = SITE[fault]
    checks, _reachable = probe(world)
    assert causes_of(checks) == causes, words_of(checks)
    assert words in words_of(checks)
    assert all(check["fix"] for check in checks if check["status"] != "pass")


@pytest.mark.parametrize("fault", LOGIN)
def test_login(world, fault):
    world.faults.add(fault)
    causes, stage, words = LOGIN[fault]
    checks, stop, _user, _chain = login(world)
    assert causes_of(checks) == causes, words_of(checks)
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
    assert set(causes_of(probe(world)[0], "skip").values()) == {"open_anyway"}


def test_wrong_password(world):
    checks, stop, _user, _chain = login(world, password="wrong")
    assert causes_of(checks) == {"login": "login_wrong_password"} and stop.stage == "credentials"
    assert set(causes_of(checks, "skip").values()) == {"not_logged_in"}
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
    assert named(checks) == set() and causes_of(checks, "skip") == {"discovery_logout": "logout_missing"}


def test_endpoints_on_named_hosts_are_right(world):
    world.faults.add("token_endpoint_elsewhere")
    assert named(discover(world, hosts=("elsewhere.example",))[0]) == set()


def test_issuer_may_follow_from_the_address(world):
    assert named(discover(world, issuer="")[0]) == set()


def test_certificate_that_ends_soon(old_world):
    checks, _reachable = probe(old_world)
    assert causes_of(checks) == {"certificate": "certificate_ends"}
    assert "2 days left" in words_of(checks)


def test_certificate_that_is_not_trusted(world):
    checks, reachable = probe(world, ca=False)
    assert causes_of(checks) == {"reachable": "certificate_untrusted"} and not reachable
    assert "certificate not accepted (self-signed certificate)" in words_of(checks)
    assert "amundsen_verify_ca_file" in words_of(checks)
    assert named(checks, "pass") == {"ports"} and len(named(checks, "skip")) == len(checks) - 2


def test_nothing_listens(world, monkeypatch):
    monkeypatch.setattr(world, "url", "https://catalog.test:9")
    checks, reachable = probe(world)
    assert causes_of(checks) == {"reachable": "refused"} and not reachable
    assert "connection refused" in words_of(checks)
    later, stop, _user, _chain = login(world)
    assert named(later) == set() and stop.cause == "not_reached"


def test_name_that_does_not_resolve(world, monkeypatch):
    monkeypatch.setattr(world, "url", "https://no-such-name.invalid")
    checks, _reachable = probe(world)
    assert causes_of(checks) == {"reachable": "name_unknown"} and "the name does not resolve" in words_of(checks)


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


@pytest.mark.parametrize(
    ("service", "cause", "words"),
    [
        ("Elasticsearch", "port_open", "no login worth"),
        ("The frontend", "port_frontend", "beside the proxy"),
        ("The engine", "port_engine", "root on the host"),
    ],
)
def test_a_port_that_answers_from_outside(world, listener, monkeypatch, service, cause, words):
    monkeypatch.setitem(_probe.PORTS, listener, service)
    checks, _reachable = probe(world)
    assert causes_of(checks) == {"ports": cause}
    assert f"{listener} ({service}) at 127.0.0.1" in words_of(checks) and words in words_of(checks)
    assert named(probe(world, open_ports=(listener,))[0]) == set()


def test_ports_of_a_loopback_address_say_nothing(world):
    assert causes_of(probe(world, address="")[0], "skip") == {"ports": "ports_only_inside"}


def test_plain_http_that_serves(world):
    app = Flask("plain")
    app.add_url_rule("/", view_func=lambda: "<html>Amundsen</html>")
    server = make_server("127.0.0.1", 0, app)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    checks, _reachable = probe(world, http_port=server.server_port)
    server.shutdown()
    assert causes_of(checks) == {"plain_http": "plain_http_open"} and "answers 200" in words_of(checks)


@pytest.mark.parametrize(
    ("kind", "cause", "words"),
    [
        ({"names": ("other.test",)}, "certificate_host", "made for other names"),
        ({"left": timedelta(days=-1)}, "certificate_expired", "is over"),
        ({"chain": False}, "certificate_chain", "without those between"),
    ],
)
def test_a_certificate_that_browsers_refuse(tmp_path, kind, cause, words):
    ca, pem = make_chain(tmp_path, **kind)
    world = World(tmp_path, pem=pem)
    world.ca = ca
    checks, reachable = probe(world)
    world.stop()
    assert causes_of(checks) == {"reachable": cause} and not reachable
    assert words in words_of(checks)


def test_routes_that_nobody_told(world):
    assert causes_of(probe(world, routes=())[0], "skip") == {"anonymous_routes": "routes_unknown"}


def test_what_cannot_be_tried_is_skipped_with_the_reason(world, monkeypatch):
    world.faults.add("login_dead")
    assert set(causes_of(probe(world)[0], "skip").values()) == {"no_redirect"}
    monkeypatch.setattr(world, "issuer", "https://localhost:9/")
    checks, _document = discover(world)
    assert causes_of(checks) == {"discovery": "discovery_unreachable"}
    assert set(causes_of(checks, "skip").values()) == {"no_document"}


def test_a_login_without_a_page_that_was_asked_for(world):
    assert causes_of(login(world, start="/login")[0], "skip") == {"deep_link": "not_ours"}


def test_claims_that_nobody_shows(world):
    world.faults.add("no_claims_page")
    assert causes_of(login(world)[0], "skip") == {"claims": "claims_unseen"}


def test_an_address_of_something_else(world):
    world.faults.add("home_missing")
    assert causes_of(probe(world)[0])["anonymous_home"] == "not_amundsen"


@pytest.mark.parametrize(("speaks", "cause"), [(False, "timeout"), (True, "no_answer")])
def test_a_host_that_is_silent_or_speaks_no_tls(world, monkeypatch, speaks, cause):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            connection, _address = server.accept()
            if speaks:
                connection.sendall(b"SSH-2.0-no-web-server\r\n" * 10)
                connection.close()
            else:
                kept.append(connection)

        kept: list[socket.socket] = []
        threading.Thread(target=answer, daemon=True).start()
        monkeypatch.setattr(world, "url", f"https://catalog.test:{server.getsockname()[1]}")
        checks, reachable = probe(world, timeout=2)
    assert causes_of(checks) == {"reachable": cause} and not reachable


def test_a_provider_that_goes_away_in_the_middle_of_a_login(world):
    world.faults.add("breaks_off")
    assert causes_of(login(world)[0]) == {"login": "login_broken"}


def test_each_cause_is_tried_by_a_test():
    """A cause that nobody has seen is a guess."""
    tests = Path(__file__).resolve().parents[2]
    text = "\n".join(path.read_text(encoding="utf-8") for path in [*tests.glob("unit/verify/test_*.py"), *tests.glob("*/test_doctor*.py")])
    assert [name for name in _causes.CAUSES if f'"{name}"' not in text] == []
