# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OIDC as seen from outside: discovery documents, authorization requests, refusals, cookies. No I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from ansible_collections.datacatalog.amundsen.plugins.module_utils._checks import failed, passed, skipped

__all__ = [
    "REDIRECTS",
    "AuthorizeRequest",
    "DiscoveryWanted",
    "check_authorize_request",
    "check_clock",
    "check_cookies",
    "check_discovery",
    "check_keys",
    "check_redirect_uri",
    "discovery_url",
    "mask_url",
    "origin",
    "parse_cookie",
    "says",
    "status_words",
]

REDIRECTS = frozenset({301, 302, 303, 307, 308})
CLOCK_TOLERANCE = 60  # seconds
WELL_KNOWN = "/.well-known/openid-configuration"

# Query parameters that may be shown; all others (code, state, tokens ...) are secrets until proven otherwise.
SHOWN = frozenset({"client_id", "redirect_uri", "response_type", "response_mode", "scope", "audience", "prompt", "next"})
SHOWN |= {"error", "error_description", "returnTo", "post_logout_redirect_uri", "code_challenge_method", "connection"}


# Addresses


def discovery_url(issuer: str) -> str:
    """Return the address of an issuer's discovery document (OpenID Connect Discovery 1.0, section 4)."""
    return issuer.rstrip("/") + WELL_KNOWN


def origin(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of `url`, which compare as browsers do; a port that is none counts as 0."""
    parts = urlsplit(url)
    try:
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    except ValueError:
        port = 0
    return parts.scheme.lower(), (parts.hostname or "").lower(), port


def mask_url(url: str) -> str:
    """Return `url` without secrets: user info dropped, unknown query values and fragments replaced by ***."""
    if not url:
        return ""
    parts = urlsplit(url)
    query = urlencode(
        [(name, (mask_url(value) if "://" in value else value) if name in SHOWN else "***") for name, value in parse_qsl(parts.query, keep_blank_values=True)],
        safe=":/*@ ",
    )
    fragment = "***" if parts.fragment else ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, fragment))


def says(text: str, limit: int = 160) -> str:
    """Return the words of an HTML page, or of any text, on one line of at most `limit` characters."""
    text = re.sub(r"(?is)<(script|style|svg|head)\b.*?</\1\s*>", " ", text)
    words = " ".join(re.sub(r"<[^>]*>", " ", text).split())
    return words if len(words) <= limit else words[: limit - 3].rstrip() + "..."


# Discovery


@dataclass(frozen=True)
class DiscoveryWanted:
    """What the document must hold. ``issuer`` may be ""; ``hosts`` are allowed beside the issuer's own."""

    issuer: str
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    auth_method: str = "client_secret_basic"
    hosts: tuple[str, ...] = field(default=())


_REQUIRED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_OPTIONAL = ("userinfo_endpoint", "end_session_endpoint")


def check_discovery(document: dict[str, object], wanted: DiscoveryWanted, url: str) -> list[dict[str, str]]:
    """Compare the document at `url` with what a login needs; the keys are looked at by `check_keys`."""
    return [
        _check_issuer(document, wanted.issuer, url),
        _check_endpoints(document, wanted),
        _check_features(document, wanted),
        passed("discovery_logout", f"end_session_endpoint {document['end_session_endpoint']}")
        if document.get("end_session_endpoint")
        else skipped("logout_missing"),
    ]


def _check_issuer(document: dict[str, object], issuer: str, url: str) -> dict[str, str]:
    found = str(document.get("issuer", ""))
    if found == issuer or (not issuer and found and discovery_url(found) == url):
        return passed("discovery_issuer", found)
    expected = f"'{issuer}'" if issuer else f"the one that belongs to {url}"
    return failed("issuer_differs", f"The document says '{found}', expected {expected}", issuer=found)


def _check_endpoints(document: dict[str, object], wanted: DiscoveryWanted) -> dict[str, str]:
    missing = [name for name in _REQUIRED if not isinstance(document.get(name), str) or not document[name]]
    if missing:
        return failed("endpoint_missing", f"The document has no {', '.join(missing)}")
    present = {name: str(document[name]) for name in (*_REQUIRED, *_OPTIONAL) if document.get(name)}
    plain = [f"{name} {url}" for name, url in present.items() if urlsplit(url).scheme != "https"]
    if plain:
        return failed("endpoint_not_https", f"Not https: {', '.join(plain)}")
    hosts = {_host(wanted.issuer or str(document.get("issuer", ""))), *(host.lower() for host in wanted.hosts)}
    elsewhere = [f"{name} {url}" for name, url in present.items() if _host(url) not in hosts]
    if elsewhere:
        return failed("endpoint_elsewhere", f"On another host than {', '.join(sorted(hosts))}: {', '.join(elsewhere)}")
    return passed("discovery_endpoints", f"{len(present)} endpoints on {', '.join(sorted(hosts))}")


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()


def _check_features(document: dict[str, object], wanted: DiscoveryWanted) -> dict[str, str]:
    # The defaults are those of OpenID Connect Discovery 1.0, section 3, for members that are absent.
    needs = (
        ("response_types_supported", ("code",), ()),
        ("id_token_signing_alg_values_supported", ("RS256",), ()),
        ("scopes_supported", wanted.scopes, wanted.scopes),
        ("token_endpoint_auth_methods_supported", (wanted.auth_method,), ("client_secret_basic",)),
    )
    lacking = []
    for member, values, default in needs:
        listed = document.get(member)
        offered = listed if isinstance(listed, list) else list(default)
        lacking += [f"{member} lacks {value}" for value in values if value not in offered]
    if lacking:
        return failed("feature_missing", "; ".join(lacking))
    return passed("discovery_features", f"code, RS256, {wanted.auth_method}, scopes {' '.join(wanted.scopes)}")


def check_keys(jwks: object) -> dict[str, str]:
    """Check that a key set holds an RSA signing key with a key id, for RS256 (RFC 7517)."""
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list):
        return failed("keys_unusable", "The key set has no 'keys'")
    usable = [
        str(key["kid"])
        for key in keys
        if isinstance(key, dict)
        and key.get("kty") == "RSA"
        and key.get("kid")
        and key.get("n")
        and key.get("e")
        and key.get("use", "sig") == "sig"
        and key.get("alg", "RS256") == "RS256"
    ]
    if not usable:
        return failed("keys_unusable", f"None of {len(keys)} keys is an RSA signing key with a kid for RS256")
    return passed("discovery_keys", f"{len(usable)} of {len(keys)} keys usable")


def check_clock(check: str, cause: str, theirs: float, ours: float) -> dict[str, str]:
    """Compare two clocks, in seconds since the epoch; tokens allow for about a minute."""
    skew = round(theirs - ours)
    seen = f"{abs(skew)} s {'ahead of' if skew > 0 else 'behind'} the controller's"
    return failed(cause, seen) if abs(skew) > CLOCK_TOLERANCE else passed(check, f"at most {CLOCK_TOLERANCE} s apart")


# The authorization request that /login sends


@dataclass(frozen=True)
class AuthorizeRequest:
    """An authorization request (RFC 6749, section 4.1.1), as found in a redirect."""

    endpoint: str
    parameters: dict[str, str]

    @classmethod
    def of(cls, url: str) -> AuthorizeRequest | None:
        """Return the request that `url` is, or None if it is none."""
        parts = urlsplit(url)
        parameters = dict(parse_qsl(parts.query))
        if parts.scheme not in ("http", "https") or not {"client_id", "redirect_uri"} & parameters.keys():
            return None
        return cls(urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")), parameters)

    @property
    def redirect_uri(self) -> str:
        """The redirect URI, "" if there is none."""
        return self.parameters.get("redirect_uri", "")


def check_authorize_request(request: AuthorizeRequest, expected_endpoint: str = "") -> dict[str, str]:
    """Check endpoint and parameters; `expected_endpoint` is the discovery document's, "" if unknown."""
    if expected_endpoint and request.endpoint != expected_endpoint:
        return failed("login_elsewhere", f"/login leads to {request.endpoint}, the provider is {expected_endpoint}")
    problems = [f"no {name}" for name in ("client_id", "state") if not request.parameters.get(name)]
    if request.parameters.get("response_type") != "code":
        problems.append("response_type is not code")
    if "openid" not in request.parameters.get("scope", "").split():
        problems.append("scope lacks openid")
    if problems:
        return failed("login_request", f"The authorization request has {', '.join(problems)}")
    return passed("login_redirect", f"{request.endpoint}, scope {request.parameters['scope']}")


def check_redirect_uri(request: AuthorizeRequest, expected: str) -> dict[str, str]:
    """Compare the redirect URI that was sent with the `expected` one, and name the part that differs."""
    sent = request.redirect_uri
    if sent == expected:
        return passed("redirect_uri", sent)
    seen = f"/login sends {sent or 'none'}, expected {expected}"
    if origin(sent)[0] != origin(expected)[0]:
        return failed("redirect_http", seen)
    if origin(sent) != origin(expected):
        return failed("redirect_host", seen, expected=expected)
    return failed("redirect_path", seen, expected=expected)


# Cookies


def parse_cookie(header: str) -> tuple[str, str, dict[str, str]]:
    """Split a Set-Cookie header into name, value and attributes (lower case names)."""
    first, *rest = header.split(";")
    name, _equals, value = first.strip().partition("=")
    attributes = {}
    for part in rest:
        key, _equals, content = part.strip().partition("=")
        attributes[key.lower()] = content
    return name, value, attributes


def check_cookies(headers: list[str]) -> dict[str, str]:
    """Check the flags of all cookies that the site sets before a login; cookies being deleted do not count."""
    problems = []
    names = set()
    for header in headers:
        name, value, attributes = parse_cookie(header)
        if not value or attributes.get("max-age") == "0":
            continue
        names.add(name)
        lacking = [flag for flag in ("Secure", "HttpOnly") if flag.lower() not in attributes]
        if attributes.get("samesite", "").lower() not in ("lax", "strict"):
            lacking.append("SameSite=Lax")
        if lacking:
            problems.append(f"{name} lacks {', '.join(lacking)}")
    if problems:
        return failed("cookie_flags", "; ".join(sorted(set(problems))))
    return passed("cookies", f"{', '.join(sorted(names)) or 'no cookie is set before the login'}: flags are right")


def status_words(status: int) -> str:
    """Return a status with its name, for example '401 Unauthorized'."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
