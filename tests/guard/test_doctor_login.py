# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor before real frontends, over TLS: what it says of ours, of stock flaskoidc and of the article's, and of logins that fail."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from house import CALLBACK, PASSWORD, ROOT, SESSION_KEY, Frontend, Metadata, Place, free_port

sys.path[:0] = [str(ROOT / ".ansible" / "collections"), str(ROOT / "tests" / "unit" / "verify")]
from ansible_collections.datacatalog.amundsen.plugins.module_utils import _login, _probe, _web
from ansible_collections.datacatalog.amundsen.plugins.module_utils._checks import checks_of
from world import make_authority

Checks = list[dict[str, str]]


@dataclass
class Site:
    """A frontend that serves TLS itself, at a public URL with its port."""

    place: Place
    frontend: Frontend
    url: str
    ca: str

    def browser(self) -> _web.Browser:
        trust = Path(self.ca).read_text() + Path(self.place.tenant.ca_path).read_text()
        return _web.Browser(_web.trust(ca_pem=trust), {"catalog.test": "127.0.0.1"}, timeout=20)

    def probe(self) -> Checks:
        routes = tuple(_probe.Route(path) for path in ("/api/metadata/v0/badges", "/api/announcements/v0/"))
        site = _probe.Site(self.url, self.url + CALLBACK, f"{self.place.tenant.base_url}/authorize", "ann@corp.test", routes=routes, address="", http_port=9)
        return _probe.probe(self.browser(), site)[0]

    def login(self, user: str = "ann@corp.test", password: str = PASSWORD, start: str = "/search?term=test", **wanted: Any) -> Checks:
        plan = _login.Walk(self.url, start, user, password, ("127.0.0.1",), **{"claims": ("email",), **wanted})
        return _login.check_login(self.browser(), plan, user)[0]


def failures(checks: Checks) -> dict[str, str]:
    return {check["id"]: check["cause"] for check in checks if check["status"] == "fail"}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_authority(tmp_path_factory.mktemp("authority"), timedelta(days=90), timedelta(days=60), ("catalog.test",))


Open = Callable[..., Site]


@pytest.fixture(scope="module")
def opened(tenant: Any, metadata: Metadata, tmp_path_factory: pytest.TempPathFactory, authority: Path) -> Iterator[Open]:
    """Return a function that starts a frontend of a kind: guarded, stock or article."""
    frontends: list[Frontend] = []

    def start(kind: str = "guarded", **environment: str) -> Site:
        port = free_port()
        url = f"https://catalog.test:{port}"
        client = tenant.add_client(
            login=True,
            app_type="regular_web",
            callbacks=[url + CALLBACK],
            allowed_logout_urls=[f"{url}/signed-out"],
            grant_types=["authorization_code", "refresh_token"],
            token_endpoint_auth_method="client_secret_basic",
            jwt_configuration={"alg": "RS256", "lifetime_in_seconds": 36000},
        )
        place = Place("release", tmp_path_factory.mktemp(kind), tenant, client, metadata.url)
        tls = ("--certfile", str(authority), "--keyfile", str(authority))
        if kind == "guarded":
            environment = {**place.settings(), "AMUNDSEN_PUBLIC_URL": url, **environment}
        elif kind == "stock":
            environment = {**place.stock_settings(), "FLASK_OIDC_SECRET_KEY": SESSION_KEY, **environment}
        else:
            environment = {**place.article_settings(), **environment}
        frontend = Frontend("release", environment, place.folder / "log", *tls, config=kind == "guarded", port=port)
        frontends.append(frontend)
        return Site(place, frontend.ready(), url, str(authority))

    yield start
    for frontend in frontends:
        frontend.stop()


@pytest.fixture(scope="module")
def ours(opened: Open) -> Site:
    """The guard with its defaults."""
    return opened()


def test_ours_passes(ours: Site) -> None:
    checks = [*ours.probe(), *ours.login()]
    # The metadata stand-in answers no search.
    assert failures(checks) == {"search": "search_down"}
    assert {check["id"] for check in checks if check["status"] == "pass"} >= {*checks_of("A login", "Nobody without a login")} - {"search"}


def test_stock_flaskoidc_with_each_setting_right(opened: Open) -> None:
    """What flaskoidc 1.1.2 lets through, and what it loses: a login works, and so do these."""
    site = opened("stock")
    found = failures([*site.probe(), *site.login()])
    assert (
        found.items()
        >= {
            "bearer_header": "bearer_accepted",
            "bearer_query": "bearer_accepted",
            "bearer_form": "bearer_accepted",
            "cookies": "cookie_flags",
            "deep_link": "deep_link_lost",
            "logout_provider": "logout_local",
            "logout": "logout_keeps",
        }.items()
    )
    assert not found.keys() & {"login", "claims", "anonymous_home", "anonymous_metadata", "anonymous_routes", "redirect_uri", "session_forged"}


def test_stock_flaskoidc_with_its_default_key(opened: Open) -> None:
    site = opened("stock", FLASK_OIDC_SECRET_KEY="!-flask-oidc-secret-key")
    assert failures(site.probe())["session_forged"] == "key_public"


def test_stock_flaskoidc_without_the_scheme(opened: Open) -> None:
    site = opened("stock", FLASK_OIDC_FORCE_SCHEME="http")
    assert failures(site.probe()).items() >= {"redirect_uri": "redirect_http", "redirect_registered": "redirect_not_registered"}.items()


def test_the_articles_frontend(opened: Open) -> None:
    site = opened("article")
    found = failures([*site.probe(), *site.login()])
    assert found == {
        "anonymous_home": "open",
        "anonymous_user": "server_error",
        "anonymous_metadata": "open",
        "login_redirect": "login_stays",
        "login": "login_no_provider",
    }


def test_no_email_claim(ours: Site) -> None:
    ours.place.tenant.add_user("nameless@corp.test", claims={"email": None})
    checks = ours.login("nameless@corp.test")
    assert failures(checks) == {"login": "login_no_claim"}
    assert "sub" in next(check["seen"] for check in checks if check["id"] == "login")


def test_no_email_claim_at_stock(opened: Open) -> None:
    site = opened("stock")
    site.place.tenant.add_user("nobody@corp.test", claims={"email": None})
    assert failures(site.login("nobody@corp.test")) == {"login": "login_no_claim"}


def test_rules_that_refuse_the_test_user(opened: Open) -> None:
    site = opened(AMUNDSEN_ALLOWED_EMAIL_DOMAINS="partner.test")
    assert failures(site.login()) == {"login": "login_rules"}


def test_an_address_that_is_not_verified(ours: Site) -> None:
    ours.place.tenant.add_user("unverified@corp.test", claims={"email_verified": False})
    assert failures(ours.login("unverified@corp.test", verified_email=True)) == {"claims": "email_unverified", "search": "search_down"}


def test_a_claim_that_does_not_come(ours: Site) -> None:
    assert failures(ours.login(claims=("email", "groups"))) == {"claims": "claim_missing", "search": "search_down"}


def test_a_wrong_client_secret(opened: Open, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the-secret-of-yesterday")
    assert failures(opened(FLASK_OIDC_CLIENT_SECRET_FILE=str(secret)).login()) == {"login": "login_client_secret"}


def test_tokens_signed_with_hs256(ours: Site) -> None:
    client = ours.place.client["client_id"]
    ours.place.tenant.change_client(client, jwt_configuration={"alg": "HS256", "lifetime_in_seconds": 36000})
    try:
        assert failures(ours.login()) == {"login": "login_unverified"}
    finally:
        ours.place.tenant.change_client(client, jwt_configuration={"alg": "RS256", "lifetime_in_seconds": 36000})


def test_a_provider_that_the_frontend_cannot_reach(ours: Site) -> None:
    ours.place.tenant.fault(path="/oauth/token", action="reset", times=0)
    assert failures(ours.login()) == {"login": "login_provider_down"}


def test_a_login_that_another_frontend_with_another_key_began(ours: Site, opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two frontends behind one name, which do not share the key: the callback goes to the other."""
    key = tmp_path / "key"
    key.write_text("another-long-session-key-that-nobody-knows-6789")
    other = opened(FLASK_OIDC_SECRET_KEY_FILE=str(key))
    browser = ours.browser()
    to_ours, to_other = ours.frontend.port, other.frontend.port
    walk = browser.open

    def balanced(url: str, *rest: Any, **more: Any) -> Any:
        return walk(url.replace(f":{to_ours}{CALLBACK}", f":{to_other}{CALLBACK}"), *rest, **more)

    monkeypatch.setattr(browser, "open", balanced)
    plan = _login.Walk(ours.url, "/search", "ann@corp.test", PASSWORD, ("127.0.0.1",))
    stop = _login.walk(browser, plan)
    assert "not valid any more" in stop.seen and stop.cause in ("login_state", "login_provider_error")
