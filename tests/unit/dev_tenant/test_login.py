"""Logins by HTTP: the pages, the code flow, its checks and errors, refresh and logout."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey

CALLBACK = "https://catalog.amundsen.test/auth"
HOME = "https://catalog.amundsen.test/"
USER = "ada@amundsen.test"
PASSWORD = "correct horse"


class Browser:
    """A browser with its cookies, in front of one application."""

    def __init__(self, tenant: Any, **fields: Any) -> None:
        self.tenant = tenant
        wanted = {
            "app_type": "regular_web",
            "callbacks": [CALLBACK],
            "allowed_logout_urls": [HOME],
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "client_secret_basic",
            "oidc_conformant": True,
            "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 3600},
        }
        self.client = tenant.add_client("Catalog", login=True, **{name: value for name, value in {**wanted, **fields}.items() if value is not None})
        self.id, self.secret = self.client["client_id"], self.client["client_secret"]
        self.session = requests.Session()
        self.session.trust_env, self.session.verify = False, tenant.ca_path

    def get(self, path: str, **query: Any) -> requests.Response:
        """Open a page of the tenant."""
        return self.session.get(f"{self.tenant.base_url}{path}", params=query, allow_redirects=False, timeout=20)

    def authorize(self, **query: Any) -> requests.Response:
        """Open the authorization page."""
        asked = {"response_type": "code", "client_id": self.id, "redirect_uri": CALLBACK, "scope": "openid profile email", "state": "s 1", **query}
        return self.get("/authorize", **{name: value for name, value in asked.items() if value is not None})

    def submit(self, page: requests.Response, **fields: str) -> requests.Response:
        """Fill in the form of a page, as it is, and send it; follow the tenant's own redirects."""
        values = {}
        for tag in re.findall(r"<input[^>]*>", page.text):
            value = re.search(r'value="([^"]*)"', tag)
            values[re.search(r'name="([^"]*)"', tag)[1]] = value[1] if value else ""  # type: ignore[index]
        answer = self.session.post(page.url, data={**values, **fields}, allow_redirects=False, timeout=20)
        return self.follow(answer)

    def follow(self, answer: requests.Response) -> requests.Response:
        """Follow redirects as long as they stay at the tenant."""
        while answer.is_redirect and answer.headers["Location"].startswith("/"):
            answer = self.session.get(self.tenant.base_url + answer.headers["Location"], allow_redirects=False, timeout=20)
        return answer

    def login(self, user: str = USER, password: str = PASSWORD, **query: Any) -> requests.Response:
        """Open the authorization page and log in."""
        return self.submit(self.follow(self.authorize(**query)), username=user, password=password)

    def code(self, **query: Any) -> str:
        """Log in and return the code."""
        return back(self.login(**query))["code"]

    def token(self, auth: tuple[str, str] | None = None, **fields: Any) -> requests.Response:
        """Ask the token endpoint, with the application's secret in the header unless told otherwise."""
        auth = (self.id, self.secret) if auth is None else (auth or None)
        body = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, **fields}
        return self.tenant.call("POST", "/oauth/token", auth=auth, data={name: value for name, value in body.items() if value is not None})

    def tokens(self, **query: Any) -> dict[str, Any]:
        """Log in and return the tokens."""
        answer = self.token(code=self.code(**query))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def claims(self, tokens: dict[str, Any]) -> dict[str, Any]:
        """Return the claims of the ID token, its signature checked against the published keys."""
        keys = KeySet.import_key_set(self.tenant.call("GET", "/.well-known/jwks.json").json())
        return jwt.decode(tokens["id_token"], keys, algorithms=["RS256"]).claims


def back(answer: requests.Response) -> dict[str, str]:
    """Return what a redirect to the application says."""
    assert answer.status_code == 302, answer.text
    target = urlsplit(answer.headers["Location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == CALLBACK
    return {name: value[0] for name, value in parse_qs(target.query).items()}


@pytest.fixture
def browser(tenant: Any) -> Browser:
    """Give a browser, an application and a user."""
    tenant.add_user(USER, PASSWORD)
    return Browser(tenant)


# the straight way


def test_login_page_has_auth0s_fields_and_says_what_it_is(browser: Browser) -> None:
    page = browser.follow(browser.authorize(login_hint="<b>"))
    assert page.status_code == 200
    for part in ('id="username"', 'id="password"', 'type="submit"', "development tenant - not for production", "Catalog", 'value="&lt;b&gt;"'):
        assert part in page.text
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_code_flow(browser: Browser) -> None:
    answer = back(browser.login(nonce="n-1"))
    assert answer.keys() == {"code", "state"}
    assert answer["state"] == "s 1"
    tokens = browser.token(code=answer["code"]).json()
    assert tokens.keys() == {"access_token", "id_token", "scope", "expires_in", "token_type"}
    claims = browser.claims(tokens)
    assert claims["iss"] == f"{browser.tenant.base_url}/"
    assert claims["aud"] == browser.id
    assert claims["nonce"] == "n-1"
    assert claims["exp"] - claims["iat"] == 3600
    assert (claims["email"], claims["email_verified"], claims["nickname"]) == (USER, True, "ada")
    assert claims["sub"].startswith("auth0|")
    info = browser.tenant.call("GET", "/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}).json()
    assert info == {name: claims[name] for name in info}
    assert {"sub", "email", "name", "picture"} <= info.keys()


def test_two_pages(browser: Browser) -> None:
    browser.tenant.options(login_pages=2)
    first = browser.follow(browser.authorize())
    assert 'id="username"' in first.text
    assert 'id="password"' not in first.text
    second = browser.submit(first, username=USER)
    assert 'id="password"' in second.text
    assert 'id="username"' not in second.text
    assert "Wrong email or password" in browser.submit(second, password="wrong").text
    assert "code" in back(browser.submit(second, password=PASSWORD))


def test_wrong_password_stays_on_the_page(browser: Browser) -> None:
    page = browser.follow(browser.authorize())
    for user, password in ((USER, "wrong"), ("nobody", PASSWORD), (USER, "")):
        answer = browser.submit(page, username=user, password=password)
        assert answer.status_code == 400
        assert "Wrong email or password." in answer.text
    assert "code" in back(browser.submit(page, username=USER.upper(), password=PASSWORD))


def test_session_answers_at_once(browser: Browser) -> None:
    browser.login()
    assert "code" in back(browser.authorize())
    assert "code" in back(browser.authorize(prompt="none"))
    for query in ({"prompt": "login"}, {"prompt": "select_account"}, {"max_age": "0"}):
        browser.tenant.options(clock_skew=1)
        assert browser.authorize(**query).headers["Location"].startswith("/u/login?")
    assert "auth_time" in browser.claims(browser.tokens(prompt="login", max_age="60"))


def test_prompt_none_without_a_session(browser: Browser) -> None:
    for scope in ("openid", "profile"):
        answer = back(browser.authorize(prompt="none", scope=scope))
        assert answer == {"error": "login_required", "error_description": "Login required", "state": "s 1"}


def test_form_post(browser: Browser) -> None:
    answer = browser.login(response_mode="form_post")
    assert answer.status_code == 200
    assert f'action="{CALLBACK}"' in answer.text
    assert 'name="code"' in answer.text
    assert 'name="state" value="s 1"' in answer.text


# what is refused


@pytest.mark.parametrize(
    "uri",
    [f"{CALLBACK}/", f"{CALLBACK}?x=1", CALLBACK.replace("https", "http"), CALLBACK.replace("test/", "test:443/"), CALLBACK.upper(), "https://evil.example"],
)
def test_callback_must_match_byte_for_byte(browser: Browser, uri: str) -> None:
    answer = browser.authorize(redirect_uri=uri)
    assert answer.status_code == 403
    assert "Callback URL mismatch." in answer.text
    assert "Location" not in answer.headers


def test_callback_with_a_wildcard_stands_for_one_label(browser: Browser) -> None:
    browser.tenant.change_client(browser.id, callbacks=["https://*.amundsen.test/auth"])
    assert browser.authorize().status_code == 302
    for uri in ("https://a.b.amundsen.test/auth", "https://amundsen.test/auth", "https://x.evil/.amundsen.test/auth", "https://a.amundsen.test/auth/"):
        assert browser.authorize(redirect_uri=uri).status_code == 403


def test_bad_authorization_requests(browser: Browser) -> None:
    assert "Missing required parameter: client_id" in browser.authorize(client_id=None).text
    assert "Unknown client: nobody" in browser.authorize(client_id="nobody").text
    assert back(browser.authorize(response_type=None))["error_description"] == "Missing required parameter: response_type"
    assert back(browser.authorize(response_type="token"))["error"] == "unsupported_response_type"
    assert back(browser.authorize(audience="https://no/api"))["error_description"] == "Service not found: https://no/api"
    browser.tenant.change_client(browser.id, grant_types=["refresh_token"])
    assert back(browser.authorize())["error"] == "unauthorized_client"


def test_application_without_a_connection(browser: Browser) -> None:
    other = browser.tenant.add_client("Other", callbacks=[CALLBACK])
    answer = browser.authorize(client_id=other["client_id"])
    assert answer.status_code == 400
    assert "no connections enabled for the client" in answer.text


def test_access_denied(browser: Browser) -> None:
    browser.tenant.add_user("eve@amundsen.test", denied=True)
    answer = back(browser.login("eve@amundsen.test"))
    assert (answer["error"], answer["state"]) == ("access_denied", "s 1")
    assert back(browser.authorize(prompt="none"))["error"] == "login_required"


def test_login_page_without_a_login(browser: Browser) -> None:
    for path in ("/u/login", "/u/login/password", "/authorize/resume"):
        assert browser.get(path, state="nonsense").status_code == 400


def _refused(answer: requests.Response) -> tuple[int, str, str]:
    return answer.status_code, answer.json()["error"], answer.json()["error_description"]


INVALID_CODE = (403, "invalid_grant", "Invalid authorization code")


def test_used_code_is_refused_and_revokes(browser: Browser) -> None:
    code = browser.code(scope="openid offline_access")
    tokens = browser.token(code=code).json()
    assert _refused(browser.token(code=code)) == INVALID_CODE
    assert browser.tenant.call("GET", "/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}).status_code == 401
    refused = _refused(browser.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]))
    assert refused == (403, "invalid_grant", "Unknown or invalid refresh token.")


def test_code_that_is_over_or_not_ours(browser: Browser) -> None:
    browser.tenant.options(code_lifetime=0)
    assert _refused(browser.token(code=browser.code())) == INVALID_CODE
    assert _refused(browser.token(code="nonsense")) == INVALID_CODE
    browser.tenant.options(code_lifetime=60)
    other = Browser(browser.tenant)
    assert _refused(other.token(code=browser.code(prompt="login"))) == INVALID_CODE
    assert _refused(browser.token())[:2] == (400, "invalid_request")


def test_redirect_uri_of_the_token_request(browser: Browser) -> None:
    text = "The redirect URI is wrong. You sent https://evil.example, and we expected https://catalog.amundsen.test"
    assert _refused(browser.token(code=browser.code(), redirect_uri="https://evil.example/x")) == (403, "invalid_grant", text)


def test_client_authentication_is_enforced(browser: Browser) -> None:
    unauthorized = (401, "access_denied", "Unauthorized")
    code = browser.code()
    assert _refused(browser.token((browser.id, "wrong"), code=code)) == unauthorized
    assert _refused(browser.token((), code=code, client_id=browser.id)) == unauthorized
    assert _refused(browser.token((), code=code, client_id=browser.id, client_secret=browser.secret)) == unauthorized
    assert browser.token(code=code).status_code == 200
    browser.tenant.change_client(browser.id, token_endpoint_auth_method="client_secret_post")
    code = back(browser.authorize())["code"]
    assert _refused(browser.token(code=code)) == unauthorized
    assert browser.token((), code=code, client_id=browser.id, client_secret=browser.secret).status_code == 200


@pytest.mark.parametrize("app_type", ["spa", "native"])
def test_public_application_with_a_secret_is_refused(tenant: Any, app_type: str) -> None:
    tenant.add_user(USER, PASSWORD)
    browser = Browser(tenant, app_type=app_type, token_endpoint_auth_method=None)
    assert _refused(browser.token(code=browser.code())) == (401, "access_denied", "Unauthorized")


def test_pkce(browser: Browser) -> None:
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {"code_challenge": challenge, "code_challenge_method": "S256"}
    assert browser.token(code=browser.code(**asked), code_verifier=verifier).status_code == 200
    code = back(browser.authorize(**asked))["code"]
    assert _refused(browser.token(code=code, code_verifier="x" * 64)) == (403, "invalid_grant", "Failed to verify code verifier")
    assert _refused(browser.token(code=code)) == (400, "invalid_request", "Missing required parameter: code_verifier")
    public = Browser(browser.tenant, app_type="spa", token_endpoint_auth_method="none")
    assert public.token((), client_id=public.id, code=public.code(**asked), code_verifier=verifier).status_code == 200
    assert public.token((), client_id=public.id, code=back(public.authorize())["code"]).status_code == 400


@pytest.mark.parametrize("uri", ["http://localhost:5000/auth", "com.app://auth"])
def test_address_that_nobody_can_verify_is_confirmed(browser: Browser, uri: str) -> None:
    browser.tenant.change_client(browser.id, callbacks=[uri])
    page = browser.login(redirect_uri=uri)
    assert page.status_code == 200
    assert uri in page.text
    assert browser.submit(page, action="accept").headers["Location"].startswith(f"{uri}?code=")
    assert "error=interaction_required" in browser.authorize(redirect_uri=uri, prompt="none").headers["Location"]
    assert browser.follow(browser.authorize(redirect_uri=uri)).status_code == 200
    browser.tenant.change_client(browser.id, skip_non_verifiable_callback_uri_confirmation_prompt=True)
    assert "code=" in browser.authorize(redirect_uri=uri).headers["Location"]


# tokens


def test_refresh_without_rotation(browser: Browser) -> None:
    assert "refresh_token" not in browser.tokens()
    first = browser.tokens(prompt="login", scope="openid email offline_access")
    for _ in range(2):
        again = browser.token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
        assert "refresh_token" not in again
        assert browser.claims(again)["email"] == USER


def test_refresh_with_rotation(browser: Browser) -> None:
    settings = {"rotation_type": "rotating", "expiration_type": "expiring", "leeway": 0}
    browser.tenant.change_client(browser.id, refresh_token=settings)
    first = browser.tokens(scope="openid offline_access")
    second = browser.token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    third = browser.token(grant_type="refresh_token", refresh_token=second["refresh_token"]).json()
    for used in (first, third):  # an old one that comes back revokes the newest too
        assert browser.token(grant_type="refresh_token", refresh_token=used["refresh_token"]).status_code == 403


def test_revocation(browser: Browser) -> None:
    tokens = browser.tokens(scope="openid offline_access")
    answer = browser.tenant.call("POST", "/oauth/revoke", auth=(browser.id, browser.secret), data={"token": tokens["refresh_token"]})
    assert answer.status_code == 200
    assert browser.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).status_code == 403
    assert browser.tenant.call("POST", "/oauth/revoke", auth=(browser.id, "wrong"), data={"token": "x"}).status_code == 401


def test_access_token_ends(browser: Browser) -> None:
    tokens = browser.tokens()
    browser.tenant.options(clock_skew=86401)
    answer = browser.tenant.call("GET", "/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert answer.status_code == 401
    assert "invalid_token" in answer.headers["WWW-Authenticate"]


def test_algorithm_is_hs256_unless_told(tenant: Any) -> None:
    tenant.add_user(USER, PASSWORD)
    browser = Browser(tenant, jwt_configuration=None)
    token = browser.tokens()["id_token"]
    assert jwt.decode(token, OctKey.import_key(browser.secret), algorithms=["HS256"]).claims["aud"] == browser.id


def test_claims_by_scope_and_user(browser: Browser) -> None:
    assert browser.claims(browser.tokens(scope="openid")).keys().isdisjoint({"email", "name"})
    browser.tenant.add_user("no@mail", PASSWORD, claims={"email": None, "email_verified": None, "https://x/groups": ["a"], "big": "x" * 20000})
    claims = Browser(browser.tenant).tokens
    tokens = claims(user="no@mail")
    held = browser.claims(tokens)
    assert "email" not in held
    assert "email_verified" not in held
    assert held["https://x/groups"] == ["a"]
    assert len(held["big"]) == 20000
    browser.tenant.add_user(USER, PASSWORD, claims={"email_verified": False})
    assert browser.claims(browser.tokens(prompt="login"))["email_verified"] is False


# logout


def test_v2_logout(browser: Browser) -> None:
    browser.login()
    answer = browser.get("/v2/logout", client_id=browser.id, returnTo=f"{HOME}?x=1#y")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{HOME}?x=1#y")
    assert back(browser.authorize(prompt="none"))["error"] == "login_required"
    for query in ({"returnTo": HOME}, {"client_id": browser.id, "returnTo": f"{HOME}other"}, {"client_id": "nobody", "returnTo": HOME}):
        answer = browser.get("/v2/logout", **query)
        assert answer.status_code == 400
        assert "is not defined as a valid URL" in answer.text
    assert browser.get("/v2/logout", client_id=browser.id).headers["Location"] == HOME
    assert browser.get("/v2/logout").text == "OK"


def test_oidc_logout(browser: Browser) -> None:
    tokens = browser.tokens()
    answer = browser.get("/oidc/logout", id_token_hint=tokens["id_token"], post_logout_redirect_uri=HOME, state="x y")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{HOME}?{urlencode({'state': 'x y'})}")
    assert back(browser.authorize(prompt="none"))["error"] == "login_required"
    assert browser.get("/oidc/logout", id_token_hint="nonsense").status_code == 400
    assert browser.get("/oidc/logout", id_token_hint=tokens["id_token"], client_id="other").status_code == 400
    assert browser.get("/oidc/logout", id_token_hint=tokens["id_token"], post_logout_redirect_uri=f"{HOME}x").status_code == 400


def test_oidc_logout_asks_without_a_hint(browser: Browser) -> None:
    browser.login()
    page = browser.get("/oidc/logout", client_id=browser.id, post_logout_redirect_uri=HOME)
    assert "Do you want to log out?" in page.text
    assert "code" in back(browser.authorize(prompt="none"))
    assert browser.submit(page, action="accept").headers["Location"] == HOME
    assert back(browser.authorize(prompt="none"))["error"] == "login_required"


# what the tenant says about itself


def test_discovery(tenant: Any) -> None:
    document = tenant.call("GET", "/.well-known/openid-configuration").json()
    assert document["issuer"] == f"{tenant.base_url}/"
    for name, value in document.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            assert value.startswith(f"{tenant.base_url}/"), name
    assert "RS256" in document["id_token_signing_alg_values_supported"]
    assert {"client_secret_basic", "client_secret_post"} <= set(document["token_endpoint_auth_methods_supported"])
    tenant.options(discovery={"issuer": "https://other/", "end_session_endpoint": None})
    changed = tenant.call("GET", "/.well-known/openid-configuration").json()
    assert changed["issuer"] == "https://other/"
    assert "end_session_endpoint" not in changed


def test_keys(tenant: Any) -> None:
    (key,) = tenant.call("GET", "/.well-known/jwks.json").json()["keys"]
    assert key.keys() == {"kty", "use", "n", "e", "kid", "x5t", "x5c", "alg"}
    assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")
