# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Walk a real code flow by HTTP: from the application to the provider's login form and back."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urljoin, urlsplit

from ansible_collections.datacatalog.amundsen.plugins.module_utils._checks import checks_of, failed, passed, skipped
from ansible_collections.datacatalog.amundsen.plugins.module_utils._login_form import find_login_form, page_asks_for
from ansible_collections.datacatalog.amundsen.plugins.module_utils._oidc import mask_url, origin, says, status_words
from ansible_collections.datacatalog.amundsen.plugins.module_utils._web import Answer, Browser, WebError

__all__ = ["AFTER_LOGIN", "Stop", "Walk", "check_login", "walk"]

MAX_STEPS = 25
USER_PATH = "/api/auth_user"
TAGS_PATH = "/api/metadata/v0/tags"
CLAIMS_PATH = "/api/guard/claims"
LARGEST_COOKIE = 4096  # bytes of name and value; browsers drop a larger one (RFC 6265, section 6.1)
AFTER_LOGIN = checks_of("A login")[1:]

# What the frontend's page at the callback says, and the cause that it means: the guard's words, and flaskoidc's.
_CALLBACK_WORDS = {
    "available keys are": "login_no_claim",
    "your account has no": "login_no_claim",
    "you have no access to this catalog": "login_rules",
    "this login is not valid any more": "login_state",
    "mismatching_state": "login_state",
    "could not be verified": "login_unverified",
    "provider cannot be reached": "login_provider_down",
    "invalid_client": "login_client_secret",
    "unauthorized": "login_client_secret",
}


@dataclass(frozen=True)
class Walk:
    """Who logs in, where.

    ``hosts`` may receive the password: the provider's own names. ``claims`` have to arrive; where
    ``verified_email`` is set the e-mail address has to be verified.
    """

    url: str
    start: str
    username: str
    password: str
    hosts: tuple[str, ...]
    claims: tuple[str, ...] = ()
    verified_email: bool = False


@dataclass
class Stop:
    """Where a walk ended. ``cause`` is a key of the check table, "" after a login; ``seen`` holds no secret.

    ``landed`` is path and query of the page; the first ``steps`` of the browser's chain are the walk's.
    """

    stage: str
    cause: str = ""
    seen: str = ""
    url: str = ""
    values: dict[str, str] = field(default_factory=dict)
    landed: str = ""
    steps: int = 0


def walk(browser: Browser, plan: Walk) -> Stop:
    """Follow redirects and fill the login form until a page of the application comes, or something stops it."""
    stage, submitted, visits = "start", "", {}  # type: str, str, dict[tuple[str, str], int]
    try:
        answer = browser.open(urljoin(plan.url, plan.start))
        for _step in range(MAX_STEPS):
            at_app = origin(answer.url) == origin(plan.url)
            if answer.location:
                if error := _error_of(answer.location):
                    return Stop("callback", "login_denied", f"The provider says {error}", mask_url(answer.location))
                key = (mask_url(answer.url), mask_url(answer.location))
                visits[key] = visits.get(key, 0) + 1
                if visits[key] > 3:
                    return Stop(stage, "login_loop", f"{key[0]} leads to {key[1]} again and again", key[0])
                stage = "redirect" if not submitted else "callback"
                answer = browser.open(answer.location)
                continue
            form = find_login_form(answer.text, answer.url) if answer.status < 500 else None
            if form and not (at_app and submitted):
                if submitted and (submitted == "password" or not form.password_field):
                    seen = f"The provider says '{says(answer.text)}'"
                    return Stop("credentials", "login_wrong_password", seen, mask_url(answer.url))
                target = urlsplit(form.action)
                if target.scheme != "https" or (target.hostname or "").lower() not in plan.hosts:
                    return Stop("login_page", "login_foreign_host", f"The form would go to {mask_url(form.action)}", mask_url(answer.url))
                stage, submitted = "login_page", "password" if form.password_field else "identifier"
                answer = browser.open(form.action, "POST", form.filled(plan.username, plan.password), headers={"Referer": answer.url})
                continue
            return _arrival(answer, at_app, submitted)
        return Stop(stage, "login_loop", f"No page after {MAX_STEPS} steps", mask_url(answer.url))
    except WebError as error:
        if not browser.chain:
            return Stop(stage, "not_reached", str(error))
        return Stop(stage, "login_broken", f"At stage {stage}", values={"reason": str(error)})


def _error_of(location: str) -> str:
    query = dict(parse_qsl(urlsplit(location).query))
    return f"{query['error']} {query.get('error_description', '')}".strip() if "error" in query else ""


def _arrival(answer: Answer, at_app: bool, submitted: str) -> Stop:
    """Judge a page that is no login form: the application's, or one that the provider stops at."""
    where = mask_url(answer.url)
    words = f"{where} answers {status_words(answer.status)}, '{says(answer.text, 400)}'"
    if at_app and submitted:
        if answer.status < 400:
            parts = urlsplit(answer.url)
            return Stop("app", url=where, landed=f"{parts.path}?{parts.query}".rstrip("?"))
        text = says(answer.text, 2000).lower()
        return Stop("callback", next((cause for said, cause in _CALLBACK_WORDS.items() if said in text), "login_callback"), words, where)
    if at_app and answer.status in (502, 503, 504):
        return Stop("start", "not_reached", words, where)
    if at_app:
        return Stop("start", "login_no_provider", words, where)
    asked = page_asks_for(answer.text, answer.url)
    if asked:
        return Stop(asked, f"login_{asked}", f"{where} asks for it", where)
    if answer.status >= 400:
        return Stop("authorize" if not submitted else "credentials", "login_provider_error", words, where)
    return Stop("login_page", "login_no_form", words, where)


def check_login(browser: Browser, plan: Walk, expected_user: str) -> tuple[list[dict[str, str]], Stop, dict[str, object]]:
    """Log in, ask who that is, look behind the login, and log out; return the checks, the stop and the user."""
    stop = walk(browser, plan)
    stop.steps = len(browser.chain)
    if stop.cause == "not_reached":
        return [skipped("not_reached", check=check) for check in ("login", *AFTER_LOGIN)], stop, {}
    if stop.cause:
        checks = [failed(stop.cause, stop.seen, **stop.values)]
        return [*checks, *(skipped("not_logged_in", check=check) for check in AFTER_LOGIN)], stop, {}
    try:
        check_user, user = _check_user(browser, plan, expected_user)
        checks = [
            passed("login", f"{stop.steps} steps, arrived at {stop.url}"),
            _check_deep_link(stop, plan),
            check_user,
            _check_claims(browser, plan),
            _check_cookie_size(browser, plan),
            _check_metadata(browser, plan),
            _check_search(browser, plan),
            *_check_logout(browser, plan),
        ]
        return checks, stop, user
    except WebError as error:
        return [failed("login_broken", "After the login", reason=str(error))], stop, {}


def _check_deep_link(stop: Stop, plan: Walk) -> dict[str, str]:
    if urlsplit(plan.start).path in ("/", "/login"):
        return skipped("not_ours", "No page was asked for", check="deep_link")
    if stop.landed == plan.start:
        return passed("deep_link", plan.start)
    return failed("deep_link_lost", f"{plan.start} was asked for, the login ends at {stop.url}")


def _json(answer: Answer) -> dict[str, object]:
    try:
        body = json.loads(answer.text)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _check_user(browser: Browser, plan: Walk, expected: str) -> tuple[dict[str, str], dict[str, object]]:
    answer = browser.open(urljoin(plan.url, USER_PATH), headers={"Accept": "application/json"})
    user = _json(answer).get("user")
    if answer.status != 200 or not isinstance(user, dict):
        seen = f"{USER_PATH} answers {status_words(answer.status)}, '{says(answer.text)}'"
        return failed("user_missing", seen), {}
    names = {str(user.get(key) or "").lower() for key in ("user_id", "email", "display_name")} - {""}
    named = str(user.get("email") or user.get("user_id"))
    if expected.lower() not in names:
        return failed("user_differs", f"Logged in as {expected}, the catalog says {named}"), user
    return passed("login_user", named), user


def _check_metadata(browser: Browser, plan: Walk) -> dict[str, str]:
    answer = browser.open(urljoin(plan.url, TAGS_PATH), headers={"Accept": "application/json"})
    if answer.status == 200 and _json(answer):
        return passed("metadata", f"{TAGS_PATH} answers 200")
    return failed("metadata_down", f"{TAGS_PATH} answers {status_words(answer.status)}, '{says(answer.text)}'")


def _check_search(browser: Browser, plan: Walk) -> dict[str, str]:
    """Search for a table, by the API of UI 3.13 and, where that is gone, by the one of UI 4."""
    words = ""
    for path, body in (
        ("/api/search/v0/table", {"term": "test", "pageIndex": 0, "filters": {}, "searchType": "submit_search"}),
        (
            "/api/search/v1/search",
            {"searchTerm": "test", "pageIndex": 0, "resultsPerPage": 10, "resources": ["table"], "filters": {}, "searchType": "submit_search"},
        ),
    ):
        answer = browser.open(urljoin(plan.url, path), "POST", json=body, headers={"Accept": "application/json"})
        words = f"{path} answers {status_words(answer.status)}, '{says(answer.text)}'"
        if answer.status == 200 and _json(answer):
            return passed("search", f"{path} answers 200")
        if answer.status not in (404, 405):
            break
    return failed("search_down", words)


def _check_claims(browser: Browser, plan: Walk) -> dict[str, str]:
    """Look at the names of the claims: the guard tells them, and flaskoidc's cookie holds them for anybody to read."""
    answer = browser.open(urljoin(plan.url, CLAIMS_PATH), headers={"Accept": "application/json"})
    claims = _json(answer).get("claims") if answer.status == 200 else None
    if not isinstance(claims, dict):
        claims = next((found for value in _own_cookies(browser, plan).values() if (found := _claims_in(value))), None)
    if claims is None:
        return skipped("claims_unseen")
    names = ", ".join(sorted(claims))
    missing = [name for name in plan.claims if not claims.get(name)]
    if missing:
        return failed("claim_missing", f"{', '.join(missing)} did not come; these did: {names}")
    if plan.verified_email and claims.get("email_verified") is not True:
        return failed("email_unverified", "email_verified is not true")
    return passed("claims", names)


def _claims_in(cookie: str) -> dict[str, object] | None:
    """Return the user's claims out of a Flask session cookie, which is signed but not encrypted."""
    value, packed = cookie.lstrip("."), cookie.startswith(".")
    try:
        payload = base64.urlsafe_b64decode(value.split(".")[0] + "===")
        content = json.loads(zlib.decompress(payload) if packed else payload)
    except (ValueError, zlib.error):
        return None
    user = content.get("user") if isinstance(content, dict) else None
    return {name: value for name, value in user.items() if name != "__id"} if isinstance(user, dict) else None


def _check_cookie_size(browser: Browser, plan: Walk) -> dict[str, str]:
    sizes = {name: len(name) + len(value) for name, value in _own_cookies(browser, plan).items()}
    if not sizes:
        return skipped("not_ours", "The catalog set no cookie", check="cookie_size")
    name = max(sizes, key=lambda each: sizes[each])
    seen = f"{name} has {sizes[name]} bytes"
    return failed("cookie_large", seen) if sizes[name] > LARGEST_COOKIE else passed("cookie_size", seen)


def _own_cookies(browser: Browser, plan: Walk) -> dict[str, str]:
    return {cookie.name: cookie.value or "" for cookie in browser.session.cookies if _is_sent(cookie.domain, plan.url)}


def _check_logout(browser: Browser, plan: Walk) -> list[dict[str, str]]:
    """Sign out as a person does, show the old cookies again, and try to come back in without a password."""
    header = "; ".join(f"{name}={value}" for name, value in _own_cookies(browser, plan).items())
    answer = _follow(browser, urljoin(plan.url, "/logout"))
    if answer.status >= 400 and origin(answer.url) == origin(plan.url):
        refused = f"/logout leads to {mask_url(answer.url)}, which answers {status_words(answer.status)}"
        return [failed("logout_keeps", refused), skipped("not_ours", "Signing out failed", check="logout_provider")]
    again = browser.fresh().open(urljoin(plan.url, TAGS_PATH), headers={"Accept": "application/json", "Cookie": header})
    seen = f"{TAGS_PATH} answers {status_words(again.status)} to the old cookie"
    first = passed("logout", seen) if again.location or again.status in (401, 403) else failed("logout_keeps", seen)
    home = _follow(browser, urljoin(plan.url, "/"))
    where = mask_url(home.url).split("?")[0]
    if origin(home.url) == origin(plan.url) and home.status < 400:
        return [first, failed("logout_local", f"After signing out, / leads to {where} without a password")]
    return [first, passed("logout_provider", f"/ leads to {where}, which asks for a login again")]


def _follow(browser: Browser, url: str) -> Answer:
    """Open `url` and follow its redirects up to a page."""
    answer = browser.open(url)
    for _step in range(MAX_STEPS):
        if not answer.location:
            break
        answer = browser.open(answer.location)
    return answer


def _is_sent(domain: str, url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == domain.lstrip(".") or host.endswith("." + domain.lstrip("."))
