# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a person gets in and out, and what they see when they do not."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from amundsen_guard.states import LIFETIME, begin
from house import CALLBACK, COOKIE, PUBLIC, SESSION_KEY, Frontend, Metadata, Person, Place, cookie_content, query, title, told
from itsdangerous import TimestampSigner

Visitor = Callable[[str], Person]
AGAIN = {"action": "Sign in again", "link": "/login"}
OTHER = {"action": "Use another account", "link": "/logout"}
RETRY = {"action": "Try again", "link": "/login"}


def test_a_login_lands_in_the_catalog_and_is_known_there(person: Person) -> None:
    page = person.log_in("ann@corp.test")
    assert (page.status_code, page.url) == (200, f"{PUBLIC}/")
    assert '<script src="/guard.js" defer></script></body>' in page.text
    me = person.me()
    assert me and (me["email"], me["display_name"]) == ("ann@corp.test", "Ann Example")
    assert person.tags()


def test_the_redirect_uri_never_comes_from_the_request(person: Person) -> None:
    headers = {"Host": "evil.test", "X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "http", "Forwarded": "host=evil.test;proto=http"}
    assert query(person.ask("/login", headers=headers))["redirect_uri"] == PUBLIC + CALLBACK
    assert person.ask("/table_detail/x", headers=headers).headers["Location"].startswith("/login?")


def test_the_authorization_request_is_bound_to_the_browser_by_state_nonce_and_pkce(person: Person) -> None:
    asked = query(person.ask("/login"))
    assert asked["code_challenge_method"] == "S256"
    assert all(len(asked[name]) >= 20 for name in ("state", "nonce", "code_challenge"))


@pytest.mark.parametrize(
    "path",
    [
        "/table_detail/gold/hive/core/users",
        "/search?term=a%20b&index=0&filters=%7B%22tag%22%3A%22x%26y%22%7D",
        "/table_detail/gold/hive/core/with%20space%2Fand%3Fmore",
        "/user/%C3%A9t%C3%A9",
    ],
)
def test_the_page_asked_for_is_kept_through_the_login(person: Person, path: str) -> None:
    assert person.log_in("ann@corp.test", path).url == PUBLIC + path


@pytest.mark.parametrize(
    "wanted", ["//evil.test", "/\\evil.test", "https://evil.test", "javascript:alert(1)", "/%09/evil.test", "/%0d%0aX: y", "evil", "/a%00b"]
)
def test_a_login_never_ends_on_another_host(person: Person, wanted: str) -> None:
    end = person.callback("ann@corp.test", f"/login?next={wanted}")
    assert person.ask(end).headers["Location"] == "/"


def test_calls_of_the_api_get_json_and_pages_get_the_login(person: Person) -> None:
    for method, path, headers in (
        ("GET", "/api/metadata/v0/tags", {}),
        ("PUT", "/api/metadata/v0/put_table_description", {}),
        ("POST", "/", {}),
        ("GET", "/", {"X-Requested-With": "XMLHttpRequest"}),
        ("GET", "/apple-touch-icon.png", {"Sec-Fetch-Dest": "image"}),  # a browser's own, beside any page
        ("OPTIONS", "/api/auth_user", {}),
        ("DELETE", "/nothing/here", {}),
    ):
        answer = person.ask(path, method, headers)
        assert (answer.status_code, answer.json()) == (401, {"msg": "Log in first.", "login": "/login"})
        assert answer.headers["Cache-Control"] == "no-store"
    for headers in ({}, {"Sec-Fetch-Dest": "document"}):
        assert person.ask("/browse", headers=headers).headers["Location"] == "/login?next=/browse"
    icon = person.ask("/favicon.ico")
    assert (icon.status_code, icon.content, person.cookies) == (204, b"", {}), "a browser shows no error, and begins no login"


def test_the_cookie_is_small_and_flagged(person: Person) -> None:
    person.log_in("ann@corp.test")
    for line in person.set_cookies:
        assert line.startswith(f"{COOKIE}=")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(line.split("; "))
        assert "Domain" not in line
    assert len(person.cookies[COOKIE]) < 200


def test_a_logout_ends_this_session_here_and_at_the_provider(person: Person, visitor: Visitor) -> None:
    other = visitor("guarded")
    person.log_in("ann@corp.test")
    other.log_in("ann@corp.test")
    old = dict(person.cookies)
    page = person.open("/logout")
    assert page.url == f"{PUBLIC}/signed-out"
    text = "You are signed out of Amundsen and of the login provider."
    assert told(page) == {"title": "You are signed out", "text": text, "details": "", **AGAIN}
    assert person.me() is None
    assert "/u/login" in person.open("/").url, "the provider still knows the user"
    assert other.me(), "the user's other session ended too"
    person.log_in("ann@corp.test")
    person.cookies = old
    assert person.me() is None, "an old cookie came back to life with the next login"


def test_a_logout_works_while_the_provider_is_down(person: Person, place: Place) -> None:
    cold = place.guarded(FLASK_OIDC_CONFIG_URL="https://127.0.0.1:1/.well-known/openid-configuration")
    try:
        alone = Person(person.tenant, cold.ready())
        page = alone.open("/logout")
        text = "The login provider could not be told, so it may let you in again without a password. Close the browser if others use it."
        assert told(page) == {"title": "You are signed out of Amundsen", "text": text, "details": "", **AGAIN}
    finally:
        cold.stop()


def test_claims_of_8_kilobytes_fit(person: Person) -> None:
    person.tenant.add_user("large@corp.test", claims={"groups": [f"group-{number:04}" for number in range(700)]})
    person.log_in("large@corp.test")
    assert person.me()
    assert max(len(line) for line in person.set_cookies) < 3000
    assert title(person.open("/logout")) == "You are signed out"


def test_200_unfinished_logins_do_not_fill_the_cookie(person: Person) -> None:
    for number in range(200):
        person.ask(f"/login?next=/{'x' * 100}{number}")
        assert len(person.cookies[COOKIE]) < 3800
    person.log_in("ann@corp.test", "/browse")
    assert person.me()


def test_a_second_login_ends_the_browsers_first_session(person: Person) -> None:
    person.log_in("ann@corp.test")
    before = dict(person.cookies)
    assert person.open("/login").status_code == 200
    assert person.me()
    person.cookies = before
    assert person.me() is None


# What a person sees when a login fails: a page that says what happened and what to do, and has a way on that works.


NOT_FINISHED = "The login provider did not accept the last step; codes are valid only once and for a short time. Start again."
NOT_VALID = {
    "title": "This login is not valid any more",
    "text": "It was started too long ago, or in another browser. Start it again.",
    "details": "",
    **AGAIN,
}
PROVIDER_DOWN = {
    "title": "The login provider cannot be reached",
    "text": "The login provider does not answer, so nobody can sign in just now. Try again in a minute; if that does not help, tell your administrator.",
    "details": "",
    **RETRY,
}


def use_another_account(person: Person, page: requests.Response) -> None:
    """Take a page's way on: out at the provider too, and in as somebody else."""
    assert title(person.open(told(page)["link"])) == "You are signed out"
    person.log_in("ann@corp.test", "/login")
    assert person.me()


def test_access_denied(person: Person) -> None:
    person.tenant.add_user("denied@corp.test", denied=True)
    page = person.log_in("denied@corp.test")
    assert page.status_code == 403
    text = "The login provider refused the login, or you cancelled it."
    assert told(page) == {"title": "The login was refused", "text": text, "details": "The user may not use this application.", **OTHER}
    use_another_account(person, page)


def test_an_error_of_the_providers(person: Person) -> None:
    """As when it is misconfigured: with the state of this login, and words of its own."""
    state = dict(part.split("=") for part in urlsplit(person.callback("ann@corp.test")).query.split("&"))["state"]
    page = person.ask(f"{CALLBACK}?error=server_error&error_description=No+%3Cb%3Econnection%3C/b%3E&state={state}")
    assert (page.status_code, "<b>" in page.text) == (400, False)
    assert told(page) == {"title": "The login could not be finished", "text": NOT_FINISHED, "details": "server_error: No <b>connection</b>", **AGAIN}


def test_a_refusal_that_nobody_asked_for_shows_no_words_of_others(person: Person) -> None:
    page = person.ask(f"{CALLBACK}?error=access_denied&error_description=Call+0900-555&state=made-up")
    assert (page.status_code, told(page)) == (400, NOT_VALID)


@pytest.mark.parametrize("change", ["state", "no state", "no cookie"])
def test_bad_state(person: Person, guarded: Frontend, change: str) -> None:
    end = person.callback("ann@corp.test")
    if change == "state":
        end = re.sub(r"state=\w+", "state=other", end)
    elif change == "no state":
        end = re.sub(r"&?state=\w+", "", end)
    else:
        person.cookies.clear()
    page = person.ask(end)
    assert (page.status_code, told(page)) == (400, NOT_VALID)
    assert guarded.audit[-1]["reason"] == "state"
    assert person.me() is None
    assert person.open(told(page)["link"]).url == f"{PUBLIC}/" and person.me(), "the way on does not lead in"


def test_two_tabs_that_are_opened_at_once(person: Person, visitor: Visitor) -> None:
    """Neither request has a cookie, so each tab's login has a mark of its own, and the browser keeps only the later one's."""
    end = person.callback("ann@corp.test", "/browse?tab=1")
    other = visitor("guarded")
    other.ask("/login")
    person.cookies = other.cookies
    assert person.open(end).url == f"{PUBLIC}/browse?tab=1"
    assert person.me()


def test_anothers_login_is_not_finished_for_them(person: Person, visitor: Visitor) -> None:
    """An attacker's link of the end of a login, which would let a person work in the attacker's account: theirs begins in its place."""
    end = visitor("guarded").callback("bob@corp.test", "/browse")
    assert told(person.ask(end)) == NOT_VALID
    person.ask("/login")
    page = person.open(end)
    assert "/u/login" in page.url and person.me() is None
    assert person.submit(page, "ann@corp.test").is_redirect


def test_a_login_that_was_begun_too_long_ago(person: Person) -> None:
    """With a state as the frontend signs it, of more than an hour ago."""
    person.ask("/login")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TimestampSigner, "get_timestamp", lambda _: int(time.time()) - LIFETIME - 60)
        state, _ = begin(SESSION_KEY, cookie_content(person.cookies[COOKIE])["browser"], "/")
    page = person.ask(f"{CALLBACK}?code=x&state={state}")
    assert (page.status_code, told(page)) == (400, NOT_VALID)


def test_expired_code(person: Person) -> None:
    person.tenant.options(code_lifetime=-1)
    page = person.log_in("ann@corp.test")
    assert page.status_code == 400
    details = "invalid_grant: Invalid authorization code"
    assert told(page) == {"title": "The login could not be finished", "text": NOT_FINISHED, "details": details, **AGAIN}
    person.tenant.options(code_lifetime=60)
    assert person.open(told(page)["link"]).url == f"{PUBLIC}/" and person.me(), "the way on does not lead in"


def test_reused_code(person: Person) -> None:
    end = person.callback("ann@corp.test")
    cookies = dict(person.cookies)
    assert person.ask(end).status_code == 302
    assert title(person.ask(end)) == "The login could not be finished"
    person.cookies = cookies  # as a thief who has the cookie of before too
    page = person.ask(end)
    assert (page.status_code, title(page)) == (400, "The login could not be finished")


@pytest.mark.parametrize(("action", "path"), [("status", "/oauth/token"), ("reset", "/oauth/token"), ("html", "/oauth/token")])
def test_provider_down_at_the_last_step(person: Person, action: str, path: str) -> None:
    person.tenant.fault(path=path, action=action, status=503, times=1)
    page = person.log_in("ann@corp.test")
    assert (page.status_code, told(page)) == (503, PROVIDER_DOWN)
    assert person.open(told(page)["link"]).url == f"{PUBLIC}/" and person.me(), "the way on does not lead in"


def test_provider_down_from_the_start_and_up_again(person: Person, place: Place) -> None:
    person.tenant.fault(path="/.well-known/openid-configuration", action="status", status=500, times=2)
    cold = place.guarded().ready()
    try:
        early = Person(person.tenant, cold)
        page = early.ask("/login")
        assert (page.status_code, told(page)) == (503, PROVIDER_DOWN)
        person.tenant.clear_faults()
        early.log_in("ann@corp.test")
        assert early.me(), "the provider is back, the frontend does not see it"
    finally:
        cold.stop()


def test_no_email_claim_names_those_that_came(person: Person, guarded: Frontend) -> None:
    person.tenant.add_user("nobody@corp.test", claims={"email": None, "email_verified": None})
    page = person.log_in("nobody@corp.test")
    assert page.status_code == 403
    page_told = told(page)
    assert page_told | {"details": ""} == {
        "title": "Your account has no e-mail address",
        "text": "The login provider did not say who you are: the claim 'email' is missing. Your administrator can name another claim.",
        "details": "",
        **OTHER,
    }
    came = page_told["details"].removeprefix("Claims that came: ").split(", ")
    assert {"sub", "nickname", "name"} <= set(came) and "email" not in came
    assert guarded.audit[-1]["reason"] == "no user id" and "nickname" in guarded.audit[-1]["claims"]
    assert person.me() is None
    use_another_account(person, page)


def test_no_email_claim_with_a_fallback(visitor: Visitor) -> None:
    someone = visitor("tokens")
    someone.tenant.add_user("nobody@corp.test", claims={"email": None, "email_verified": None})
    someone.log_in("nobody@corp.test")
    me = someone.me()
    assert me and me["user_id"] == "nobody"


# Who may enter.


NOT_LISTED = "Your account is not on the list of those who may use this catalog."
NOT_VERIFIED = "Your e-mail address is not verified at the login provider."


@pytest.mark.parametrize(
    ("user", "claims", "refused"),
    [
        ("listed@corp.test", {}, None),
        ("unlisted@corp.test", {}, NOT_LISTED),
        ("eve@partner.test", {}, None),
        ("eve@sub.partner.test", {}, NOT_LISTED),
        ("eve@partner.test.evil.test", {}, NOT_LISTED),
        ("unverified@partner.test", {"email_verified": False}, NOT_VERIFIED),
        ("unknown@partner.test", {"email_verified": None}, NOT_VERIFIED),
        ("text@partner.test", {"email_verified": "true"}, NOT_VERIFIED),
        ("group@corp.test", {"groups": ["other", "data"]}, None),
        ("single@corp.test", {"groups": "data"}, None),
        ("others@corp.test", {"groups": ["other", "database"]}, NOT_LISTED),
    ],
)
def test_rules(visitor: Visitor, fronts: dict[str, Frontend], user: str, claims: dict, refused: str | None) -> None:
    someone = visitor("ruled")
    someone.tenant.add_user(user, claims=claims)
    page = someone.log_in(user)
    last = fronts["ruled"].audit[-1]
    if refused is None:
        assert page.status_code == 200 and someone.me() and last["audit"] == "login"
    else:
        assert page.status_code == 403
        assert told(page) == {"title": "You have no access to this catalog", "text": refused, "details": f"Signed in as {user}", **OTHER}
        assert someone.me() is None and (last["audit"], last["user"], last["reason"]) == ("refused", user, refused)
        assert title(someone.open(OTHER["link"])) == "You are signed out"


# While somebody is in.


def test_an_ended_token_is_renewed_with_rotation(person: Person, guarded: Frontend) -> None:
    person.tenant.options(token_lifetime=-1)
    person.log_in("ann@corp.test")
    for _ in range(4):  # with rotation, a refresh token that was used once ends the session
        assert person.me()


def test_renewed_claims_are_the_ones_that_count(visitor: Visitor) -> None:
    someone = visitor("ruled")
    someone.tenant.options(token_lifetime=-1)
    someone.tenant.add_user("leaver@corp.test", claims={"groups": ["data"]})
    someone.log_in("leaver@corp.test")
    assert someone.me()
    someone.tenant.add_user("leaver@corp.test", claims={"groups": []})
    assert someone.ask("/api/auth_user").status_code == 403


def test_a_session_ends_when_the_provider_does_not_renew(person: Person, guarded: Frontend) -> None:
    person.tenant.options(token_lifetime=-1)
    person.log_in("ann@corp.test")
    person.tenant.fault(path="/oauth/token", action="status", status=403, body='{"error": "invalid_grant"}', times=1)
    assert person.me() is None
    expected = {"audit": "expired", "time": "", "user": "ann@corp.test", "reason": "invalid_grant", "address": "127.0.0.1"}
    assert guarded.audit[-1] | {"time": ""} == expected


def test_a_session_outlives_a_provider_that_is_down_for_a_while(person: Person) -> None:
    person.tenant.options(token_lifetime=-1)
    person.log_in("ann@corp.test")
    person.tenant.fault(path="/oauth/token", action="status", status=503, times=0)
    assert person.me()


def test_new_keys_of_the_provider_need_no_restart(person: Person, visitor: Visitor) -> None:
    person.log_in("ann@corp.test")
    person.tenant.options(rotate_signing_key=True)
    person.tenant.options(rotate_signing_key=True)  # the one before has gone too
    other = visitor("guarded")
    other.log_in("bob@corp.test")
    assert other.me() and person.me()


def test_the_user_comes_from_metadata_where_it_knows_them(person: Person) -> None:
    person.log_in("known@corp.test")
    me = person.me()
    assert me and me["display_name"] == "Known To Metadata"


def test_the_name_comes_from_the_claims_where_metadata_has_none(person: Person) -> None:
    person.log_in("bob@corp.test")
    me = person.me()
    assert me and (me["email"], me["display_name"]) == ("bob@corp.test", "Bob Example")


def test_the_user_comes_from_the_claims_where_metadata_is_down(person: Person, place: Place) -> None:
    alone = place.guarded(METADATASERVICE_BASE="http://127.0.0.1:1").ready()
    try:
        someone = Person(person.tenant, alone)
        someone.log_in("known@corp.test")
        me = someone.me()
        assert me and me["display_name"] == "Known Example"
        assert someone.ask("/healthcheck/live").json() == {"status": "live"}
        ready = someone.ask("/healthcheck/ready")
        assert (ready.status_code, ready.json()) == (503, {"down": ["metadata"], "status": "down"})
        assert someone.ask("/healthcheck").status_code == 503
    finally:
        alone.stop()


def test_metadata_may_take_longer_than_upstream_waits(person: Person, metadata: Metadata) -> None:
    """As after the start of its store: 3 s are upstream's."""
    person.log_in("ann@corp.test")
    metadata.seconds = 4
    try:
        assert person.tags()
    finally:
        metadata.seconds = 0


def test_nothing_of_the_users_is_sent_to_metadata(person: Person, metadata: Metadata) -> None:
    person.log_in("ann@corp.test")
    metadata.requests.clear()
    assert person.tags()
    assert metadata.requests and not any({"Authorization", "Cookie"} & set(asked) for asked in metadata.requests)


def test_a_person_sees_which_claims_came_and_none_of_their_values(person: Person) -> None:
    """For the doctor, and for people who wonder why a rule does not let them in."""
    assert person.ask("/api/guard/claims").status_code == 401
    person.log_in("ann@corp.test")
    answer = person.ask("/api/guard/claims")
    claims = answer.json()["claims"]
    assert claims["email"] is True and claims["sub"] is True and set(map(type, claims.values())) == {bool}
    assert "ann@corp.test" not in answer.text


def test_all_well(person: Person) -> None:
    answer = person.ask("/healthcheck/ready")
    assert (answer.status_code, answer.json()) == (200, {"down": [], "status": "ready"})


def test_the_log_tells_who_came_and_no_secret(person: Person, guarded: Frontend, place: Place) -> None:
    end = person.callback("ann@corp.test")
    person.ask(end)
    cookie = person.cookies[COOKIE]
    person.open("/logout")
    login, logout = guarded.audit[-2:]
    now = time.strftime("%Y-%m-%dT", time.gmtime())
    assert (login["audit"], login["user"]) == ("login", "ann@corp.test") and login["time"].startswith(now)
    assert (logout["audit"], logout["user"]) == ("logout", "ann@corp.test")
    secrets = {
        "code_verifier",
        place.client["client_secret"],
        "a-long-session-key",
        cookie,
        "eyJ",
        dict(part.split("=") for part in urlsplit(end).query.split("&"))["code"],
    }
    assert [secret for secret in secrets if secret in guarded.log] == []


def test_each_of_many_unfinished_logins_can_be_finished(person: Person) -> None:
    """As after a browser's restart, with a tab for each."""
    first = person.callback("ann@corp.test", "/table_detail/first")
    for number in range(200):
        person.ask(f"/login?next=/table_detail/{number}")
    assert len(person.cookies[COOKIE]) < 200
    assert person.ask(first).headers["Location"] == "/table_detail/first"


@pytest.mark.parametrize("path", ["/login", "/logout", "/signed-out", CALLBACK])
def test_a_login_never_ends_where_logins_begin_or_end(person: Person, path: str) -> None:
    end = person.callback("ann@corp.test", f"/login?next={path}")
    assert person.ask(end).headers["Location"] == "/"


def test_claims_of_another_kind_than_text(person: Person) -> None:
    person.tenant.add_user("odd@corp.test", claims={"name": ["x"], "given_name": 7, "family_name": {"a": 1}})
    person.log_in("odd@corp.test")
    me = person.me()
    assert me and me["email"] == "odd@corp.test"


def test_authorities_with_comments_in_any_encoding(place: Place, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_bytes("# Autorit\xe9\n".encode("latin-1") + Path(place.tenant.ca_path).read_bytes())
    front = place.guarded(AMUNDSEN_CA_FILE=str(bundle)).ready()
    try:
        person = Person(place.tenant, front)
        person.log_in("ann@corp.test")
        assert person.me()
    finally:
        front.stop()


def test_session_database_down(place: Place, tmp_path: Path) -> None:
    database = tmp_path / "sessions.db"
    front = place.guarded(database=f"sqlite:///{database}").ready()
    try:
        person = Person(place.tenant, front)
        person.log_in("ann@corp.test")
        database.write_bytes(b"")
        page = person.ask("/")
        assert (page.status_code, title(page)) == (503, "The catalog is not available")
        assert "SELECT" not in page.text
        assert person.ask("/api/auth_user").status_code == 503
        assert person.ask("/healthcheck/ready").json()["down"] == ["session database"]
    finally:
        front.stop()
