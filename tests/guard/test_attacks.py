# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks on three frontends: `article` is the article's .env, `stock` is flaskoidc with each setting right, `guarded` is ours.

docs/security.md lists them. Where an attack works, the test shows that it does.
"""

from __future__ import annotations

import base64
import json
import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from house import CALLBACK, COOKIE, LARGEST_COOKIE, PUBLIC, PUBLIC_KEY, SESSION_KEY, Frontend, Person, Place, forged_session, large_claims, query, told

Visitor = Callable[[str], Person]
FORGED = json.dumps({"access_token": "made-up", "expires_at": time.time() + 3600})
ALL_OPEN = pytest.mark.parametrize(("kind", "works"), [("article", True), ("stock", True), ("guarded", False)])
STOCK_OPEN = pytest.mark.parametrize(("kind", "works"), [("stock", True), ("guarded", False)])


@pytest.mark.parametrize(("kind", "works"), [("article", True), ("stock", False), ("guarded", False)])
def test_anonymous_calls(visitor: Visitor, kind: str, works: bool) -> None:
    assert visitor(kind).tags() == works


@ALL_OPEN
def test_forged_bearer_in_the_header(visitor: Visitor, kind: str, works: bool) -> None:
    assert visitor(kind).tags(headers={"Authorization": f"Bearer {FORGED}"}) == works


@ALL_OPEN
def test_forged_bearer_in_the_query(visitor: Visitor, kind: str, works: bool) -> None:
    token = json.dumps({"expires_at": 9999999999}).replace('"', "%22").replace(" ", "")
    assert visitor(kind).tags(path=f"/api/metadata/v0/tags?access_token={token}") == works


@ALL_OPEN
def test_forged_bearer_in_a_form(visitor: Visitor, kind: str, works: bool) -> None:
    assert visitor(kind).tags(data={"access_token": FORGED}) == works


@STOCK_OPEN
def test_session_forged_with_the_public_key(visitor: Visitor, kind: str, works: bool) -> None:
    visitor(kind).log_in("ann@corp.test")
    thief = visitor(kind)
    cookie = forged_session(PUBLIC_KEY, {"user": {"__id": "ann@corp.test", "email": "ann@corp.test"}})
    thief.cookies = {"session": cookie, COOKIE: cookie}
    assert thief.tags() == works


def test_the_session_key_alone_opens_nothing(visitor: Visitor) -> None:
    visitor("guarded").log_in("ann@corp.test")
    for content in ({"user": {"__id": "ann@corp.test"}}, {"sid": "ann@corp.test"}, {"sid": ""}, {"sid": None}, {"sid": ["x"]}, {"sid": {"a": 1}}):
        thief = visitor("guarded")
        thief.cookies = {COOKIE: forged_session(SESSION_KEY, content)}
        assert thief.me() is None and not thief.tags()


@STOCK_OPEN
def test_redirect_uri_from_the_host_header(visitor: Visitor, kind: str, works: bool) -> None:
    sent = query(visitor(kind).ask("/login", headers={"Host": "evil.test"}))["redirect_uri"]
    assert sent == (f"https://evil.test{CALLBACK}" if works else PUBLIC + CALLBACK)


@STOCK_OPEN
def test_back_in_without_a_password_after_a_logout(visitor: Visitor, kind: str, works: bool) -> None:
    person = visitor(kind)
    person.log_in("ann@corp.test")
    person.open("/logout")
    assert ("/u/login" not in person.open("/").url) == works


@STOCK_OPEN
def test_old_cookie_after_a_logout_and_the_next_login(visitor: Visitor, kind: str, works: bool) -> None:
    person = visitor(kind)
    person.log_in("ann@corp.test")
    thief = person.again(*person.fronts)
    person.ask("/logout")
    assert not thief.tags()
    visitor(kind).log_in("ann@corp.test")
    assert thief.tags() == works


@STOCK_OPEN
def test_one_logout_ends_all_of_the_users_sessions(visitor: Visitor, kind: str, works: bool) -> None:
    here, there = visitor(kind), visitor(kind)
    here.log_in("ann@corp.test")
    there.log_in("ann@corp.test")
    here.ask("/logout")
    assert (not there.tags()) == works


@STOCK_OPEN
def test_cookie_over_plain_http_or_from_other_sites(visitor: Visitor, kind: str, works: bool) -> None:
    person = visitor(kind)
    person.log_in("ann@corp.test")
    flags = set(person.set_cookies[-1].split("; "))
    assert (not flags & {"Secure", "SameSite=Lax"}) == works
    assert {"Secure", "SameSite=Lax"} <= flags or works


@STOCK_OPEN
def test_claims_too_large_for_a_cookie_shut_a_user_out(visitor: Visitor, kind: str, works: bool) -> None:
    person = visitor(kind)
    person.tenant.add_user("large@corp.test", claims=large_claims())
    try:
        person.log_in("large@corp.test")
    except AssertionError as error:
        assert works and "redirect loop" in str(error)
    assert person.tags() != works


@STOCK_OPEN
def test_unfinished_logins_fill_the_cookie(visitor: Visitor, kind: str, works: bool) -> None:
    person = visitor(kind)
    for _ in range(60):
        person.ask("/login")
    line = person.set_cookies[-1].partition(";")[0]
    assert (len(line) > LARGEST_COOKIE) == works


@STOCK_OPEN
def test_the_page_asked_for_is_lost(visitor: Visitor, kind: str, works: bool) -> None:
    assert (visitor(kind).log_in("ann@corp.test", "/table_detail/a/b/c/d").url == f"{PUBLIC}/") == works


@STOCK_OPEN
def test_a_callback_without_a_login_breaks_the_frontend(visitor: Visitor, kind: str, works: bool) -> None:
    assert (visitor(kind).ask(f"{CALLBACK}?code=x&state=y").status_code == 500) == works


@STOCK_OPEN
def test_people_and_tokens_read_from_the_session_database(visitor: Visitor, place: Place, kind: str, works: bool) -> None:
    visitor(kind).log_in("ann@corp.test")
    (file,) = place.folder.glob("stock-*.db" if kind == "stock" else "shared.db")
    with closing(sqlite3.connect(file)) as database:
        dump = "\n".join(database.iterdump())
    encoded = re.findall(r"[A-Za-z0-9+/]{80,}={0,2}", dump)
    assert "INSERT INTO" in dump and (encoded or works)
    seen = dump + "".join(base64.b64decode(each + "==").decode("latin-1") for each in encoded)
    assert ("ann@corp.test" in seen) == works


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_every_route_is_closed(person: Person, place: Place, method: str) -> None:
    paths = [
        "/",
        "/static/dist/index.html",
        "/guard.js",
        "/nothing",
        "/api/nothing",
        "//",
        "/login/",
        "/logout/",
        "/healthcheck/ready/../../api/metadata/v0/tags",
    ]
    paths += [rule for rule in place.routes if rule not in OPEN]
    assert len(paths) > 40
    for path in paths:
        answer = person.ask(path, method)
        login = answer.status_code in (302, 308) and answer.headers["Location"].startswith("/login")
        assert answer.status_code == 401 or login, f"{method} {path}: {answer.status_code}"


OPEN = {"/login", CALLBACK, "/logout", "/signed-out", "/healthcheck", "/healthcheck/live", "/healthcheck/ready"}


def test_what_is_open_says_nothing(person: Person) -> None:
    for path in OPEN - {"/login", "/logout"}:
        assert "secret-tag" not in person.ask(path).text


def test_an_id_token_for_another_application(person: Person, place: Place, guarded: Frontend) -> None:
    """The provider's token endpoint answers with a token of this user, this nonce and this issuer, made for another application."""
    other = {"callbacks": [f"{PUBLIC}/other"], "grant_types": ["authorization_code"], "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 600}}
    client = person.tenant.add_client(login=True, **other)
    end = person.callback("ann@corp.test")
    answer_with(person, person.tokens(client, person.nonce))
    page = person.ask(end)
    assert page.status_code == 400 and "does not verify" in page.text
    assert guarded.audit[-1]["reason"] == "token" and person.me() is None


def test_an_id_token_of_another_login(person: Person, place: Place) -> None:
    end = person.callback("ann@corp.test")
    answer_with(person, person.tokens(place.client, "another-nonce"))
    assert person.ask(end).status_code == 400 and person.me() is None


def test_an_answer_without_an_id_token(person: Person) -> None:
    end = person.callback("ann@corp.test")
    answer_with(person, {"access_token": "x", "token_type": "Bearer", "expires_in": 60})
    assert person.ask(end).status_code == 400 and person.me() is None


def answer_with(person: Person, token: dict[str, Any]) -> None:
    """Let the provider's token endpoint answer this, once."""
    headers = {"Content-Type": "application/json"}
    person.tenant.fault(path="/oauth/token", action="status", status=200, body=json.dumps(token), headers=headers, times=1)


def test_rules_made_after_the_login_hold_at_once(person: Person, fronts: dict[str, Frontend]) -> None:
    person.log_in("ann@corp.test")
    later = person.again(fronts["ruled"].ready())
    page = later.ask("/")
    assert (page.status_code, told(page)["title"], told(page)["link"]) == (403, "You have no access to this catalog", "/logout")
    assert later.ask("/api/metadata/v0/tags").status_code == 403
    assert fronts["ruled"].audit[-1]["user"] == "ann@corp.test"
