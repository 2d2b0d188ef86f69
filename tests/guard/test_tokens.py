# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access tokens of programs, where AMUNDSEN_API_TOKENS lets them in; and what is thrown at the guard at random."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from amundsen_guard.paths import asked_path, safe_path
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from house import CALLBACK, COOKIE, PUBLIC, SESSION_KEY, Person, forged_session
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as some
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

Visitor = Callable[[str], Person]
fuzz = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def payload(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))  # type: ignore[no-any-return]


def encoded(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def test_an_access_token_of_this_issuer_and_audience(visitor: Visitor, person: Person) -> None:
    program, token = visitor("tokens"), person.tenant.token()
    answer = program.ask("/api/auth_user", headers=bearer(token))
    assert answer.status_code == 200 and answer.json()["user"]["user_id"].endswith("@clients")
    assert program.tags(headers={"Authorization": f"bearer  {token}"})
    assert program.set_cookies == [], "a token must not begin a session"


@pytest.mark.parametrize("how", ["not allowed", "query", "form", "basic"])
def test_a_true_token_in_the_wrong_place(visitor: Visitor, person: Person, how: str) -> None:
    token = person.tenant.token()
    if how == "not allowed":
        assert not person.tags(headers=bearer(token))
    elif how == "query":
        assert not visitor("tokens").tags(path=f"/api/metadata/v0/tags?access_token={token}")
    elif how == "form":
        assert not visitor("tokens").tags(data={"access_token": token})
    else:
        assert not visitor("tokens").tags(headers={"Authorization": f"Basic {token}"})


@pytest.mark.parametrize("fault", ["over", "tampered", "no signature", "public key as secret", "own key", "id token", "issuer", "stock forgery"])
def test_a_token_that_is_not_the_issuers(visitor: Visitor, person: Person, place: Any, fronts: Any, fault: str) -> None:
    tenant = person.tenant
    good = tenant.token()
    head, body, signature = good.split(".")
    claims = payload(good)
    own = RSAKey.generate_key(2048, {"kid": json.loads(base64.urlsafe_b64decode(head + "=="))["kid"]})
    if fault == "over":
        tenant.options(token_lifetime=-120)
        token = tenant.token()
    elif fault == "tampered":
        token = f"{head}.{encoded({**claims, 'sub': 'admin'})}.{signature}"
    elif fault == "no signature":
        token = f"{encoded({'alg': 'none'})}.{body}."
    elif fault == "public key as secret":
        key = x509.load_der_x509_certificate(base64.b64decode(tenant.call("GET", "/.well-known/jwks.json").json()["keys"][0]["x5c"][0])).public_key()
        pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        token = jwt.encode({"alg": "HS256", "kid": own.kid}, claims, OctKey.import_key(base64.urlsafe_b64encode(pem).decode()), algorithms=["HS256"])
    elif fault == "own key":
        token = jwt.encode({"alg": "RS256", "kid": own.kid}, claims, own)
    elif fault == "id token":
        person.log_in("ann@corp.test")
        token = person.tokens(place.client, "nonce")["id_token"]
    elif fault == "issuer":
        token = jwt.encode({"alg": "RS256", "kid": "other"}, {**claims, "iss": "https://evil.test/"}, own)
    else:
        token = json.dumps({"access_token": "x", "expires_at": time.time() + 3600})
    program = visitor("tokens")
    assert program.ask("/api/auth_user", headers=bearer(token)).status_code == 401
    assert fronts["tokens"].audit[-1]["reason"] == "bearer token"
    assert program.tags(headers=bearer(good)), "the good token must still be good"


def test_made_up_keys_do_not_make_us_flood_the_provider(visitor: Visitor, person: Person) -> None:
    tenant, program = person.tenant, visitor("tokens")
    claims, own = payload(tenant.token()), RSAKey.generate_key(2048)
    tenant.clear_log()
    for number in range(20):
        assert not program.tags(headers=bearer(jwt.encode({"alg": "RS256", "kid": f"key-{number}"}, claims, own)))
    asked = [entry["path"] for entry in tenant.log()]
    assert asked.count("/.well-known/jwks.json") <= 2


def test_tokens_while_the_provider_is_down(person: Person, place: Any) -> None:
    token = person.tenant.token()
    cold = place.guarded(AMUNDSEN_API_TOKENS="true", AMUNDSEN_API_AUDIENCE=f"{person.tenant.base_url}/api/v2/").ready()
    try:
        person.tenant.fault(path="/.well-known/*", action="status", status=500, times=0)
        program = Person(person.tenant, cold)
        assert program.ask("/api/auth_user", headers=bearer(token)).status_code == 401
        person.tenant.clear_faults()
        assert program.tags(headers=bearer(token))
    finally:
        cold.stop()


# At random: never an error of the server's, never in, never elsewhere.

HEADER = some.text(some.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=200)
URL = some.text(some.sampled_from("abcXYZ0189-_.~!$&'()*+,;=:@/?%\\\"<>^`{|}[]"), max_size=80)


@fuzz
@given(value=some.one_of(HEADER, HEADER.map("Bearer {}".format), some.binary(max_size=60).map(lambda raw: f"Bearer {base64.b64encode(raw).decode()}")))
@example(value="Bearer " + "a." * 4000)
@example(value="Bearer " + "e30." * 4 + "e30")
@example(value='Bearer {"expires_at": 9999999999}')
@example(value="Bearer bnVsbA.bnVsbA.bnVsbA")
@example(value="Bearer eyJhbGciOlsiUlMyNTYiXX0.e30.e30")
def test_random_authorization(visitor: Visitor, value: str) -> None:
    assert visitor("tokens").ask("/api/metadata/v0/tags", headers={"Authorization": value.strip()}).status_code == 401


@fuzz
@given(where=some.integers(0, 5000), what=some.sampled_from("AZaz09-_.= "))
def test_random_changes_of_a_true_token(visitor: Visitor, person: Person, where: int, what: str) -> None:
    token = person.tenant.token()
    end = token.rindex(".") - 1  # the last letters of a signature hold bits that nobody reads
    changed = token[: where % end] + what + token[where % end + 1 :]
    let_in = visitor("tokens").tags(headers=bearer(changed))
    assert let_in == (changed == token)


@fuzz
@given(content=some.recursive(some.none() | some.booleans() | some.integers() | some.text(max_size=20), lambda inner: some.lists(inner, max_size=3)))
def test_random_sessions_signed_with_the_true_key(visitor: Visitor, content: Any) -> None:
    thief = visitor("guarded")
    thief.cookies = {COOKIE: forged_session(SESSION_KEY, {"sid": content, "provider_session": content})}
    assert thief.ask("/api/metadata/v0/tags").status_code == 401
    assert thief.ask("/logout").status_code == 302


@fuzz
@given(value=HEADER)
def test_random_cookies(visitor: Visitor, value: str) -> None:
    assert visitor("guarded").ask("/api/metadata/v0/tags", headers={"Cookie": f"{COOKIE}={value}".strip()}).status_code == 401


@fuzz
@given(path=URL)
@example(path="/evil.test")
@example(path="\\evil.test")
def test_random_paths(visitor: Visitor, path: str) -> None:
    answer = visitor("guarded").ask(f"/{path}")
    if f"/{path}".partition("?")[0].rstrip("/") in ("/login", "/logout", "/signed-out", CALLBACK):
        return
    assert answer.status_code in (302, 308, 401), f"{answer.status_code} for /{path}"
    if answer.is_redirect:
        assert re.fullmatch(r"/login(\?next=/[^/\\].*)?", answer.headers["Location"])


@fuzz
@given(query=URL, kind=some.sampled_from(["code", "state", "error", "error_description", "iss"]))
def test_random_callbacks(visitor: Visitor, query: str, kind: str) -> None:
    answer = visitor("guarded").ask(f"{CALLBACK}?{kind}=Call-0900{query}")
    assert answer.status_code == 400 and "0900" not in answer.text


@fuzz
@given(where=some.integers(0, 5000), what=some.sampled_from("AZaz09-_."))
def test_random_changes_of_a_true_state(begun: tuple[Person, str, str], where: int, what: str) -> None:
    """In the browser that began the login, with the provider's true code."""
    person, code, state = begun
    where %= len(state) - 1  # the last letter holds bits that nobody reads
    assume(state[where] != what)
    changed = state[:where] + what + state[where + 1 :]
    assert person.ask(f"{CALLBACK}?code={code}&state={changed}").status_code == 400
    assert person.me() is None


@pytest.fixture(scope="module")
def begun(tenant: Any, fronts: Any) -> tuple[Person, str, str]:
    """A login up to the provider's answer: who began it, the code and the state."""
    person = Person(tenant, fronts["guarded"].ready())
    answer = dict(part.split("=") for part in person.callback("ann@corp.test").partition("?")[2].split("&"))
    return person, answer["code"], answer["state"]


@settings(fuzz, max_examples=40)
@given(wanted=some.one_of(URL, some.lists(some.sampled_from(["/", "\\", "%5c", "%2f", "//", "%09", "%0a", "evil.test", "https:", "@", ".", "x"])).map("".join)))
@example(wanted="/%09/evil.test")
@example(wanted="/%5cevil.test")
def test_a_login_with_a_random_next_ends_here(logged_in: Person, wanted: str) -> None:
    """Through the provider and back, as from a link of somebody else's."""
    answer = logged_in.ask(f"/login?next={wanted}")
    answer = logged_in.at_provider(answer.headers["Location"])
    answer = logged_in.ask(answer.headers["Location"].removeprefix(PUBLIC))
    assert answer.status_code == 302 and answer.headers["Location"].startswith("/") and not leaves(answer.headers["Location"])


@settings(fuzz, max_examples=60)
@given(where=some.integers(0, 5000), what=some.sampled_from("AZaz09-_."))
def test_random_changes_of_a_true_cookie(logged_in: Person, where: int, what: str) -> None:
    cookie = logged_in.cookies[COOKIE]
    where %= len(cookie) - 1
    assume(cookie[where] != what)
    changed = cookie[:where] + what + cookie[where + 1 :]
    thief = logged_in.again(*logged_in.fronts)
    thief.cookies = {COOKIE: changed}
    assert thief.me() is None
    assert logged_in.me()


@pytest.fixture(scope="module")
def logged_in(tenant: Any, fronts: Any) -> Person:
    person = Person(tenant, fronts["guarded"].ready())
    person.log_in("ann@corp.test")
    return person


@settings(max_examples=1000, deadline=None, database=None)
@given(wanted=some.one_of(some.text(max_size=60), some.text(some.sampled_from("/\\.:@?#%\t\n\r \x00ehtps"), max_size=12)))
@example(wanted="/\t/evil.test")
@example(wanted="/\n\\evil.test")
@example(wanted=" //evil.test")
def test_a_safe_path_is_one_on_this_host(wanted: str) -> None:
    path = safe_path(wanted)
    assert path in ("/", wanted)
    assert not leaves(path)


def leaves(url: str) -> bool:
    """Tell whether a browser reads a redirect's target as another host (WHATWG's URL standard, for http)."""
    seen = re.sub(r"[\t\n\r]", "", url.strip("".join(map(chr, range(0x21))))).replace("\\", "/")
    return seen.startswith("//") or bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", seen))


def test_the_asked_path_is_what_the_browser_wrote() -> None:
    assert asked_path({"RAW_URI": "/a%20b?c=%2F", "PATH_INFO": "/a b", "QUERY_STRING": "c=%2F"}) == "/a%20b?c=%2F"
    assert asked_path({"PATH_INFO": "/a b", "QUERY_STRING": "c=%2F"}) == "/a%20b?c=%2F"
    assert asked_path({"RAW_URI": "https://evil.test/"}) == "/"
