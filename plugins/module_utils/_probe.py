# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Knock at a site without a login, and with forged ones: everything must be refused."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

from ansible_collections.datacatalog.amundsen.plugins.module_utils._checks import checks_of, failed, passed, skipped
from ansible_collections.datacatalog.amundsen.plugins.module_utils._forged import (
    PUBLIC_KEYS,
    forged_session,
    forged_tokens,
    signed_with,
)
from ansible_collections.datacatalog.amundsen.plugins.module_utils._login_form import find_login_form
from ansible_collections.datacatalog.amundsen.plugins.module_utils._oidc import (
    AuthorizeRequest,
    check_authorize_request,
    check_cookies,
    check_redirect_uri,
    mask_url,
    origin,
    parse_cookie,
    says,
    status_words,
)
from ansible_collections.datacatalog.amundsen.plugins.module_utils._web import Answer, Browser, Certificate, WebError

__all__ = ["PROBE_CHECKS", "Route", "Site", "probe"]

PROBE_CHECKS = checks_of("The public address", "Nobody without a login", "The way to the provider")
MAX_REDIRECTS = 8
PORT_TIMEOUT = 2.0  # seconds
# What must not be reached from outside, by the ports of Amundsen's own Compose files and of the engine.
PORTS = {
    2375: "The engine",
    2376: "The engine",
    3306: "MariaDB",
    5000: "The frontend",
    5001: "The search service",
    5002: "The metadata service",
    5432: "PostgreSQL",
    7474: "Neo4j",
    7687: "Neo4j",
    9200: "Elasticsearch",
    9300: "Elasticsearch",
    21000: "Atlas",
}
REFUSED = frozenset({401, 403})
# Flaskoidc sends those who are not logged in to either; whether /login leads on is a check of its own.
LOGIN_PATHS = ("/login", "/logout")
USER, TAGS = "/api/auth_user", "/api/metadata/v0/tags"


@dataclass(frozen=True)
class Route:
    """A route of the application, as its own URL map writes it: ``/api/x/<y>``."""

    path: str
    method: str = "GET"


@dataclass(frozen=True)
class Site:
    """What is probed.

    ``authorization_endpoint`` is the provider's, "" if unknown; ``user`` is put into forged sessions; ``routes`` are
    the application's own, none if unknown; ``address`` is one of the host's, for where the URL leads to loopback;
    ``open_ports`` may be open;
    plain http is looked for on ``http_port``.
    """

    url: str
    redirect_uri: str
    authorization_endpoint: str = ""
    user: str = "admin@example.com"
    certificate_days: int = 14
    routes: tuple[Route, ...] = ()
    address: str = ""
    open_ports: tuple[int, ...] = ()
    http_port: int = 80


@dataclass(frozen=True)
class _Refusal:
    """How a request ended. ``cause`` is "" if it was refused, else a key of the check table."""

    cause: str
    seen: str


Attempt = Callable[..., _Refusal]


def probe(browser: Browser, site: Site) -> tuple[list[dict[str, str]], bool, str]:
    """Make all checks on `site`; return them, whether it could be reached at all, and the client id that /login sends.

    Each attempt gets a browser of its own, without cookies, that shares the connections of `browser`.
    """
    checks, home = _check_reachable(browser.fresh(), site)
    checks.append(_check_ports(browser, site))
    if home is None:
        done = {check["id"] for check in checks}
        return [*checks, *(skipped("not_reached", check=name) for name in PROBE_CHECKS if name not in done)], False, ""
    checks.append(_check_plain_http(browser.fresh(), site))

    def attempt(path: str, method: str = "GET", **options: Any) -> _Refusal:
        try:
            return _attempt(browser.fresh(), site, path, method, **options)
        except WebError as error:
            return _Refusal("server_error", str(error))

    anonymous = {path: attempt(path) for path in ("/", USER, TAGS)}
    # What is open or broken for everybody tells nothing about forged logins. Not /api/auth_user: stock Amundsen lets
    # a forged token in there, and then fails for want of a user.
    closed = [path for path in ("/", TAGS) if not anonymous[path].cause]
    tries = [(path, token) for path in closed for token in forged_tokens().values()]
    checks += [
        _anonymous("anonymous_home", anonymous["/"]),
        _anonymous("anonymous_user", anonymous[USER]),
        _anonymous("anonymous_metadata", anonymous[TAGS]),
        _bearer("bearer_header", [attempt(path, headers={"Authorization": f"Bearer {token}"}) for path, token in tries]),
        _bearer("bearer_query", [attempt(path, params={"access_token": token}) for path, token in tries]),
        _bearer("bearer_form", [attempt(path, data={"access_token": token}) for path, token in tries]),
    ]
    checks.append(_check_routes(site, attempt) if closed else skipped("open_anyway", check="anonymous_routes"))
    login_checks, client_id = _check_login_request(browser.fresh(), site, attempt, closed)
    return sorted(checks + login_checks, key=lambda check: PROBE_CHECKS.index(check["id"])), True, client_id


def _check_reachable(browser: Browser, site: Site) -> tuple[list[dict[str, str]], Answer | None]:
    host = urlsplit(site.url).hostname or ""
    try:
        certificate = browser.certificate(site.url)
        home = browser.open(urljoin(site.url, "/"))
    except WebError as error:
        return [failed(error.kind, str(error), host=host)], None
    if home.status in (502, 503, 504):
        return [failed("proxy_cannot_reach", f"{site.url} answers {status_words(home.status)}")], None
    return [passed("reachable", f"{site.url} answers {status_words(home.status)}"), _check_days(certificate, site)], home


def _check_plain_http(browser: Browser, site: Site) -> dict[str, str]:
    """Look at plain http on the same host: nothing there, or a redirect to https."""
    host = urlsplit(site.url).hostname or ""
    url = f"http://{f'[{host}]' if ':' in host else host}{'' if site.http_port == 80 else f':{site.http_port}'}/"
    try:
        answer = browser.open(url)
    except WebError as error:
        return passed("plain_http", f"nothing is served there ({error})")
    if urlsplit(answer.location).scheme == "https":
        return passed("plain_http", f"{status_words(answer.status)}, sent to {mask_url(answer.location)}")
    return failed("plain_http_open", f"{url} answers {status_words(answer.status)}")


def _check_ports(browser: Browser, site: Site) -> dict[str, str]:
    """Connect to the ports that must not be reached. Whoever asks from the host itself asks at its outer address."""
    parts = urlsplit(site.url)
    host = parts.hostname or ""
    try:
        address = str(socket.getaddrinfo(browser.pins.get(host, host), 443, type=socket.SOCK_STREAM)[0][4][0])
    except OSError:
        return skipped("not_reached", check="ports")
    if ipaddress.ip_address(address).is_loopback:
        address = site.address
    if not address:
        return skipped("ports_only_inside", f"{host} is a loopback address")
    wanted = {port: name for port, name in PORTS.items() if port not in (parts.port, *site.open_ports)}
    with ThreadPoolExecutor(len(wanted)) as pool:
        answers = dict(zip(wanted, pool.map(lambda port: _is_open(address, port), wanted), strict=True))
    found = {port: wanted[port] for port, is_open in answers.items() if is_open}
    if not found:
        return passed("ports", f"{len(wanted)} ports of stores, services and engine tried at {address}")
    services = sorted(set(found.values()))
    cause = "port_engine" if "The engine" in services else "port_frontend" if services == ["The frontend"] else "port_open"
    seen = f"{', '.join(f'{port} ({name})' for port, name in found.items())} at {address}"
    return failed(cause, seen, service=", ".join(services))


def _is_open(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=PORT_TIMEOUT):
            return True
    except OSError:
        return False


def _check_days(certificate: Certificate | None, site: Site) -> dict[str, str]:
    """Short-lived certificates are renewed late: what counts is days, or a tenth of the lifetime if that is less."""
    if certificate is None:
        return passed("certificate", "accepted; its end is not seen through the controller's proxy")
    left = certificate.ends - datetime.now(UTC)
    needed = min(timedelta(days=site.certificate_days), (certificate.ends - certificate.begins) / 10)
    words = f"{left.days} days left" if left.days else f"{left.seconds // 3600} hours left"
    seen = f"{words}, until {certificate.ends:%Y-%m-%d %H:%M} UTC"
    return passed("certificate", seen) if left > needed else failed("certificate_ends", seen)


def _attempt(browser: Browser, site: Site, path: str, method: str, **options: Any) -> _Refusal:
    """Send one request and follow it on this site; refused is 401, 403 or the way to a login at the provider."""
    first = answer = browser.open(urljoin(site.url, path), method, **options)
    for _hop in range(MAX_REDIRECTS):
        if not answer.location:
            break
        if origin(answer.location) != origin(site.url):
            return _Refusal("", f"{status_words(first.status)}, sent to {mask_url(answer.location).split('?')[0]}")
        if urlsplit(answer.location).path in LOGIN_PATHS:
            return _Refusal("", f"{status_words(first.status)}, sent to {urlsplit(answer.location).path}")
        answer = browser.open(answer.location)
    else:
        return _Refusal("loop", f"{path} is redirected more than {MAX_REDIRECTS} times")
    seen = f"{path} answers {status_words(answer.status)}"
    if answer.status in REFUSED:
        return _Refusal("", seen)
    if answer.status < 300:
        return _Refusal("open", f"{seen} with {len(answer.text)} characters")
    if answer.status >= 500:
        return _Refusal("server_error", seen)
    return _Refusal("not_amundsen", seen)


def _anonymous(check: str, refusal: _Refusal) -> dict[str, str]:
    return failed(refusal.cause, refusal.seen, check) if refusal.cause else passed(check, refusal.seen)


def _check_routes(site: Site, attempt: Attempt) -> dict[str, str]:
    """Ask for every route. What changes things is asked only where nothing that reads is open, and with no content."""
    elsewhere = {urlsplit(site.redirect_uri).path, *LOGIN_PATHS, "/", USER, TAGS}
    routes = [route for route in site.routes if route.path not in elsewhere and not route.path.startswith(("/healthcheck", "/signed-out"))]
    if not routes:
        return skipped("routes_unknown")
    opened: list[str] = []
    for reads in (True, False):
        if opened:
            break
        for route in routes:
            if (route.method == "GET") == reads:
                refusal: _Refusal = attempt(re.sub(r"<[^>]*>", "x", route.path), route.method)
                if refusal.cause:
                    opened.append(f"{route.method} {refusal.seen}")
    if opened:
        return failed("route_open", f"{len(opened)} of {len(routes)} routes: {'; '.join(opened[:5])}{' ...' if len(opened) > 5 else ''}")
    return passed("anonymous_routes", f"{len(routes)} routes of the application's own URL map")


def _bearer(check: str, refusals: list[_Refusal]) -> dict[str, str]:
    """Judge attempts with a forged token: the worst counts, and 400 is a refusal too."""
    if not refusals:
        return skipped("open_anyway", check=check)
    for refusal in refusals:
        if refusal.cause == "open":
            return failed("bearer_accepted", refusal.seen, check)
    for refusal in refusals:
        if refusal.cause == "server_error":
            return failed("bearer_crash", refusal.seen, check)
        if refusal.cause and " 400 " not in refusal.seen:
            return failed(refusal.cause, refusal.seen, check)
    return passed(check, refusals[0].seen)


def _check_login_request(browser: Browser, site: Site, attempt: Attempt, closed: list[str]) -> tuple[list[dict[str, str]], str]:
    """Ask /login for its authorization request, and the provider for an answer to it; return the client id too."""
    cookies: list[str] = []
    later = ("redirect_uri", "redirect_registered")
    try:
        answer = browser.open(urljoin(site.url, "/login"))
        for _hop in range(MAX_REDIRECTS):
            cookies += answer.set_cookies
            if not answer.location or AuthorizeRequest.of(answer.location):
                break
            answer = browser.open(answer.location)
        request = AuthorizeRequest.of(answer.location)
        seen = f"/login answers {status_words(answer.status)}"
    except WebError as error:
        request, seen = None, str(error)
    session = _check_session(cookies, site, attempt, closed)
    if request is None:
        return [session, check_cookies(cookies), failed("login_stays", seen), *(skipped("no_redirect", check=c) for c in later)], ""
    checks = [
        session,
        check_cookies(cookies),
        check_authorize_request(request, site.authorization_endpoint),
        check_redirect_uri(request, site.redirect_uri),
        _check_registered(browser, answer.location, request),
    ]
    return checks, request.parameters.get("client_id", "")


def _check_session(cookies: list[str], site: Site, attempt: Attempt, closed: list[str]) -> dict[str, str]:
    """Look for a public key: in the signature of the site's own cookie, and by showing forged ones."""
    names = {"session"}
    for header in cookies:
        name, value, _attributes = parse_cookie(header)
        names.add(name)
        if signed_with(value):
            return failed("key_public", f"The site signs its cookie {name} with the key '{signed_with(value)}'")
    if not closed:
        return skipped("open_anyway", check="session_forged")
    for name in sorted(names):
        for key in PUBLIC_KEYS:
            cookie = f"{name}={forged_session(key, site.user)}"
            refusal: _Refusal = attempt(closed[0], headers={"Cookie": cookie})
            if refusal.cause == "open":
                return failed("key_public", f"{refusal.seen} to a session forged with the key '{key}'")
    return passed("session_forged", f"{len(PUBLIC_KEYS)} public keys tried")


def _check_registered(browser: Browser, url: str, request: AuthorizeRequest) -> dict[str, str]:
    """Send the browser on to the provider: its login page means yes, its error page says why not."""
    try:
        answer = browser.open(url)
        for _hop in range(MAX_REDIRECTS):
            if not answer.location or answer.location.startswith(request.redirect_uri):
                break
            answer = browser.open(answer.location)
    except WebError as error:
        return failed("authorize_unreachable", request.endpoint, reason=str(error))
    if answer.location:
        return failed("authorize_refused", f"The provider answers {mask_url(answer.location).partition('?')[2]}")
    words = says(answer.text)
    seen = f"The provider answers {status_words(answer.status)}, '{words}'"
    if answer.status < 400:
        form = "with a login form" if find_login_form(answer.text, answer.url) else "without a form"
        return passed("redirect_registered", f"{request.redirect_uri}: a login page {form}")
    text = words.lower()
    if "callback" in text or "redirect" in text:
        return failed("redirect_not_registered", seen, redirect_uri=request.redirect_uri)
    if "client" in text:
        return failed("client_unknown", seen)
    return failed("authorize_refused", seen)
