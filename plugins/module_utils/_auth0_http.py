# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Talks to Auth0's Management API: token, retries, rate limits, paging. The only file of the auth0 modules that does.

It decides nothing about applications and knows nothing of Ansible; what fails is raised as `Auth0Error`.
"""

from __future__ import annotations

import base64
import binascii
import email.utils
import json
import os
import random
import re
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from ansible_collections.datacatalog.amundsen.plugins.module_utils._oidc import REDIRECTS, discovery_url, says
from ansible_collections.datacatalog.amundsen.plugins.module_utils._web import OwnTrust, trust

try:
    import requests
    import urllib3.exceptions
    from requests.utils import DEFAULT_CA_BUNDLE_PATH
except ImportError:
    pass  # _auth0_module says so before anything here is used

__all__ = ["Auth0Error", "Login", "Tenant", "UnknownResult", "segment"]

MAX_BYTES = 4_000_000
PER_PAGE = 100
PAGED = 1000  # longer listings go from checkpoint to checkpoint
# Answers that Auth0, or something before it, gives when trying again may help.
PASSING = frozenset({500, 502, 503, 504})
TRIES = 4
LISTINGS = 3


class Auth0Error(Exception):
    """A call failed. ``status`` is 0 where no answer came, ``code`` is Auth0's errorCode.

    ``client_id`` is that of an application on which work had begun.
    """

    def __init__(self, message: str, status: int = 0, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.client_id = ""


class UnknownResult(Auth0Error):
    """A POST may have been carried out or not; it is for the caller to look before it asks again."""


@dataclass(frozen=True)
class Login:
    """How to reach and enter a tenant.

    Attributes:
        base_url: scheme, host and port of the tenant, without a slash at the end.
        client_id: of the machine-to-machine application.
        client_secret: of the same.
        token: a token that somebody else got; then neither id nor secret is used.
        ca_path: file of PEM certificates, trusted beside the system's.
        validate_certs: whether the tenant's certificate is checked.
        timeout: seconds to wait for a connection and for each part of an answer.
        deadline: seconds that retries and rate limits may take altogether.
    """

    base_url: str
    client_id: str = ""
    client_secret: str = ""
    token: str = ""
    ca_path: str = ""
    validate_certs: bool = True
    timeout: float = 15.0
    deadline: float = 120.0

    @property
    def audience(self) -> str:
        """The Management API's identifier."""
        return f"{self.base_url}/api/v2/"

    @property
    def domain(self) -> str:
        """Host and port."""
        return urlsplit(self.base_url).netloc

    @property
    def issuer(self) -> str:
        """The issuer of the tenant's tokens, with its slash."""
        return f"{self.base_url}/"

    @property
    def discovery_url(self) -> str:
        """The address of the tenant's OIDC discovery document."""
        return discovery_url(self.issuer)


@dataclass(frozen=True)
class _Answer:
    """One HTTP answer, or why none came: then ``status`` is 0 and ``text`` says it."""

    status: int
    headers: Mapping[str, str]
    text: str
    sent: bool = True

    @property
    def json(self) -> Any:
        """The JSON value, None for an empty body; raises ValueError for anything else."""
        return json.loads(self.text) if self.text.strip() else None

    @property
    def fields(self) -> dict[str, Any]:
        """The JSON object, {} where there is none."""
        try:
            value = self.json
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def reset_in(self) -> float | None:
        """Seconds until the rate limit lets go, by the tenant's own clock where it tells; None where it does not say."""
        reset = self.headers.get("x-ratelimit-reset", "")
        if not (reset.isascii() and reset.isdigit()):
            return None
        date = email.utils.parsedate_tz(self.headers.get("Date", ""))
        seconds = int(reset) - (email.utils.mktime_tz(date) if date else time.time())
        return seconds if seconds >= 0 else None


class Tenant:
    """The Management API of one tenant. Its clock starts with the first call.

    ``secrets`` grows by every secret that was sent or came, ``warnings`` by what the user should know.
    """

    def __init__(self, login: Login) -> None:
        self.login = login
        self.secrets = {secret for secret in (login.client_secret, login.token) if secret}
        self.warnings: list[str] = []
        self._token = login.token
        self.scopes = _scopes_in(login.token) if login.token else None
        self._host = login.domain
        self._until = 0.0
        self._session = requests.Session()
        self._session.headers["User-Agent"] = "datacatalog.amundsen-auth0"
        # Keeps requests from replacing the token by a password out of ~/.netrc.
        self._session.auth = lambda request: request
        if login.validate_certs:
            try:
                self._session.mount("https://", OwnTrust(trust(login.ca_path)))
            except ValueError as error:
                raise Auth0Error(f"{error}. Set ca_path to a readable file of PEM certificates.") from error
        else:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
            self.warnings.append(f"validate_certs is false: anybody on the way to {self._host} can read the secrets. Use ca_path for a private CA instead.")

    # Calls

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON at `path` of the Management API."""
        return self._call("GET", path, query=query)

    def patch(self, path: str, body: Any) -> Any:
        """Change what is at `path`; it is repeated where the answer is lost, since the same PATCH twice is one."""
        return self._call("PATCH", path, body=body)

    def delete(self, path: str) -> None:
        """Delete what is at `path`; what is gone already is fine, as it is for Auth0."""
        self._call("DELETE", path)

    def post(self, path: str, body: Any = None) -> Any:
        """Make something at `path`. Raises UnknownResult, after the due pause, where it may or may not have been made."""
        return self._call("POST", path, body=body)

    def pages(self, path: str, key: str, identity: str, **query: Any) -> list[dict[str, Any]]:
        """Return all entries of a listing, page by page.

        Where entries come or go in the meantime, one may slip from a page not yet read to one that was: then all is read again.

        Args:
            path: the listing.
            key: the field of an answer that holds the entries.
            identity: the field that tells entries apart.
            query: more parameters.
        """
        for _listing in range(LISTINGS):
            found: dict[str, dict[str, Any]] = {}
            totals = set()
            for page in range(MAX_BYTES):
                answer = self.get(path, page=page, per_page=PER_PAGE, include_totals="true", **query)
                if not isinstance(answer, dict) or not isinstance(answer.get(key), list) or not isinstance(answer.get("total"), int):
                    raise Auth0Error(f"GET {path}: the listing has no {key} or no total, so it cannot be told whether it is whole.")
                totals.add(answer["total"])
                if answer["total"] > PAGED:
                    return self._from_checkpoints(path, key, **query)
                before = len(found)
                found |= {entry[identity]: entry for entry in answer[key]}
                if len(found) >= answer["total"] or len(found) == before:
                    break
            if totals == {len(found)}:
                return list(found.values())
        raise Auth0Error(f"GET {path}: the listing changed each of the {LISTINGS} times it was read ({len(found)} of {sorted(totals)} entries). Run again.")

    def _from_checkpoints(self, path: str, key: str, **query: Any) -> list[dict[str, Any]]:
        """Return all entries of a listing that is too long for page numbers."""
        found, checkpoints = [], [""]
        while True:
            answer = self.get(path, take=PER_PAGE, **({"from": checkpoints[-1]} if checkpoints[-1] else {}), **query)
            found += answer[key]
            if not answer.get("next"):
                return found
            if answer["next"] in checkpoints:
                raise Auth0Error(f"GET {path}: the listing goes round in circles.")
            checkpoints.append(answer["next"])

    # Token and scopes

    def need(self, scopes: Iterable[str]) -> None:
        """Raise Auth0Error if the token is known not to have all of `scopes`."""
        self._start()
        if self.scopes is None:
            return
        if missing := sorted(set(scopes) - self.scopes):
            raise Auth0Error(
                f"The token lacks what this task needs: {', '.join(missing)}. In Auth0's dashboard open Applications, APIs, Auth0 Management API, "
                f"Machine to Machine Applications, and tick them for the application {self.login.client_id or 'that got the token'}.",
                code="insufficient_scope",
            )

    def _start(self) -> None:
        if not self._until:
            self._until = time.monotonic() + self.login.deadline
        if not self._token:
            self._get_token()

    def _get_token(self) -> None:
        """Get a token; asking twice does no harm, so it is repeated where that may help."""
        body = {
            "grant_type": "client_credentials",
            "client_id": self.login.client_id,
            "client_secret": self.login.client_secret,
            "audience": self.login.audience,
        }
        tries = refusals = 0
        while True:
            answer = self._send("POST", "/oauth/token", body=body)
            fields = answer.fields
            if answer.status == 200 and isinstance(fields.get("access_token"), str):
                self._token = fields["access_token"]
                self.secrets.add(self._token)
                self.scopes = frozenset(fields["scope"].split()) if isinstance(fields.get("scope"), str) else None
                return
            # The rate limit of this endpoint may come as a 500, so that one is repeated whatever it says.
            if answer.status not in (0, 200, 429) and answer.status not in PASSING:
                raise Auth0Error(self._token_trouble(answer.status, fields), answer.status, str(fields.get("error", "")))
            tries, refusals = (tries, refusals + 1) if answer.status == 429 else (tries + 1, refusals)
            if tries == TRIES:
                raise Auth0Error(f"No token after {TRIES} tries. {self._trouble('POST', '/oauth/token', answer)}", answer.status)
            self._pause(answer, tries + refusals)

    def _token_trouble(self, status: int, fields: Mapping[str, Any]) -> str:
        """Say why no token was given, and what to do."""
        words = self._mask(f"{fields.get('error', '')}: {fields.get('error_description', '')}")
        said = f"{self._host} gave no token ({status} {words})."
        if "client-grant" in words or "not authorized to access" in words:
            return (
                f"{said} The application {self.login.client_id} may not use the Management API. In Auth0's dashboard open Applications, APIs, "
                "Auth0 Management API, Machine to Machine Applications, and authorize it."
            )
        if "Service not" in words or "audience" in words.lower() or "resource server" in words.lower():
            return (
                f"{said} {self.login.audience} is not this tenant's Management API: with a custom domain, auth0_domain must be the tenant's own domain, "
                "such as acme.eu.auth0.com, all the same."
            )
        if status == 404:
            return f"{said} There is no tenant at {self._host}. Check auth0_domain: it is the tenant's own domain, such as acme.eu.auth0.com."
        if "grant" in words.lower():
            return f"{said} The application {self.login.client_id} needs the grant type Client Credentials: make it a machine-to-machine application."
        return f"{said} auth0_client_id and auth0_client_secret do not belong together, or not to this tenant. Check both in Auth0's dashboard."

    # One call, with its retries

    def _call(self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        """Make one call; all but POST are repeated where that may help and can do no harm."""
        self._start()
        tries = refusals = 0
        renewed = bool(self.login.token)
        while True:
            answer = self._send(method, f"/api/v2{path}", query, body)
            trouble = self._trouble(method, path, answer)
            if 200 <= answer.status < 300:
                try:
                    return self._remember(answer.json)
                except ValueError:
                    trouble = f"{method} {path}: {self._host} answered {answer.status}, but not with JSON: {self._excerpt(answer.text)}"
            elif answer.status == 401 and not renewed:
                renewed = True
                self._get_token()
                if method == "POST":
                    raise UnknownResult(trouble, answer.status, str(answer.fields.get("errorCode", "")))
                continue
            elif answer.status not in (0, 409, 429) and answer.status not in PASSING:
                raise Auth0Error(trouble, answer.status, str(answer.fields.get("errorCode", "")))
            tries, refusals = (tries, refusals + 1) if answer.status == 429 else (tries + 1, refusals)
            again = tries < TRIES and answer.status != 409
            if again:
                self._pause(answer, tries + refusals)
            if method == "POST" and answer.sent:
                raise UnknownResult(trouble, answer.status, str(answer.fields.get("errorCode", "")))
            if not again:
                raise Auth0Error(f"{trouble} Tried {tries} times." if tries > 1 else trouble, answer.status, str(answer.fields.get("errorCode", "")))

    def _pause(self, answer: _Answer, turn: int) -> None:
        """Wait as long as the rate limit says, or ever longer by our own count; raise Auth0Error if that is past the deadline."""
        own = 0.25 * 2 ** min(turn, 7) * random.uniform(0.8, 1.2)  # noqa: S311
        wait = own
        if answer.status == 429:
            # Those who were refused together come back apart.
            wait = max(own, 1.0) if answer.reset_in is None else answer.reset_in + random.uniform(0.05, 0.5)  # noqa: S311
        left = self._until - time.monotonic()
        if wait > left:
            limit = f"Its rate limit of {answer.headers.get('x-ratelimit-limit', '?')} calls lets go" if answer.status == 429 else "The next try would be"
            raise Auth0Error(
                f"{self._host} answered {answer.status or 'nothing'}. {limit} in {wait:.0f} s, but of the deadline of {self.login.deadline:.0f} s "
                f"only {max(left, 0):.0f} s are left. Raise deadline, or run again later.",
                answer.status,
            )
        time.sleep(wait)

    def _send(self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None) -> _Answer:
        """Send one request, once. Raises Auth0Error where trying again cannot help: certificate, redirect, size."""
        headers = {"Accept": "application/json"}
        if path.startswith("/api/"):
            headers["Authorization"] = f"Bearer {self._token}"
        verify: bool | str = (self.login.ca_path or DEFAULT_CA_BUNDLE_PATH) if self.login.validate_certs else False
        try:
            response = self._session.request(
                method,
                self.login.base_url + path,
                params=query,
                json=body,
                headers=headers,
                timeout=self.login.timeout,
                verify=verify,
                allow_redirects=False,
                stream=True,
            )
            with response:
                answer = _Answer(response.status_code, response.headers, self._read(response))
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            causes = list(_causes(error))
            if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
                raise Auth0Error(self._certificate_trouble(error)) from error
            unsent = (requests.ConnectTimeout, urllib3.exceptions.NewConnectionError)
            return _Answer(0, {}, _reason(error), sent=not any(isinstance(cause, unsent) for cause in causes))
        except OSError as error:
            raise Auth0Error(f"{error}. Set ca_path, or REQUESTS_CA_BUNDLE, to a readable file of PEM certificates.") from error
        if answer.status in REDIRECTS:
            target = urlsplit(answer.headers.get("Location", "")).netloc or "nowhere"
            raise Auth0Error(
                f"{method} {path}: {self._host} sends on to {target}. "
                "Redirects are refused, or the token would leak. Set auth0_domain to the tenant's own domain.",
                answer.status,
            )
        return answer

    def _read(self, response: requests.Response) -> str:
        """Return the text of an answer; too much of it is an error, too slow as good as none."""
        until = time.monotonic() + 4 * self.login.timeout
        # read1 gives what has come; read, all there is before urllib3 2.1, waits for a whole block.
        read = getattr(response.raw, "read1", response.raw.read)
        body = b""
        while block := read(65536, decode_content=True):
            body += block
            if len(body) > MAX_BYTES:
                raise Auth0Error(
                    f"{self._host} answered {response.status_code} with more than {MAX_BYTES} bytes: {self._excerpt(body.decode('utf-8', 'replace'))}"
                )
            if time.monotonic() > until:
                raise requests.ReadTimeout(f"the answer took more than {4 * self.login.timeout:.0f} s")
        return body.decode("utf-8", "replace")

    # Words

    def _trouble(self, method: str, path: str, answer: _Answer) -> str:
        """Say what went wrong with one call, in Auth0's own words where there are any."""
        if not answer.status:
            return f"{method} {path}: no answer from {self._host}: {answer.text}."
        fields = answer.fields
        if "message" not in fields:
            return f"{method} {path}: {self._host} answered {answer.status}: {self._excerpt(answer.text)}"
        words = self._mask(f"{fields.get('error', '')}: {fields['message']}")
        code = f" (errorCode {fields['errorCode']})" if fields.get("errorCode") else ""
        ended = " The token given as auth0_token is not, or no longer, valid. Get a new one." if answer.status == 401 and self.login.token else ""
        return f"{method} {path}: Auth0 answered {answer.status} {words}{code}.{ended}"

    def _certificate_trouble(self, error: Exception) -> str:
        system = ssl.get_default_verify_paths()
        bundle = os.environ.get("REQUESTS_CA_BUNDLE") or DEFAULT_CA_BUNDLE_PATH
        own = f"ca_path {self.login.ca_path}" if self.login.ca_path else "no ca_path"
        return (
            f"The certificate of {self._host} is not trusted: {_reason(error)}. "
            f"Trusted are the system's bundle ({system.cafile or system.capath}), that of requests ({bundle}) and {own}. "
            "For a private CA set ca_path to its PEM file; if there should be none, somebody else answers there."
        )

    def _excerpt(self, text: str) -> str:
        """Return the beginning of an answer that was not understood, without what may be a secret."""
        return repr(
            re.sub(r"[\w.~+/=-]{20,}", "***", re.sub(r'("\w*(?:secret|token|key|cert)\w*"\s*:\s*)"[^"]*"?', r'\1"***"', self._mask(says(text[:2000], 1000))))
        )[:200]

    def _mask(self, text: str) -> str:
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text

    def _remember(self, value: Any) -> Any:
        """Note the secrets in an answer."""
        if isinstance(value, dict):
            if isinstance(value.get("client_secret"), str) and value["client_secret"]:
                self.secrets.add(value["client_secret"])
            for entry in value.get("clients") or []:
                self._remember(entry)
        return value


def segment(value: str) -> str:
    """Return `value` as one segment of a path."""
    return quote(value, safe="")


def _scopes_in(token: str) -> frozenset[str] | None:
    """Return the scopes that a token says it has; None if it does not say."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return frozenset(claims["scope"].split())
    except (IndexError, KeyError, TypeError, AttributeError, ValueError, binascii.Error):
        return None


def _causes(error: BaseException | None) -> Iterable[BaseException]:
    """Yield `error` and what it was raised from, outermost first."""
    while error is not None:
        yield error
        inner = getattr(error, "reason", None) or (error.args[0] if error.args else None)
        error = inner if isinstance(inner, BaseException) else error.__cause__ or error.__context__


def _reason(error: BaseException) -> str:
    """Return the innermost words of an error of requests."""
    innermost = list(_causes(error))[-1]
    return re.sub(r"<[^>]*>:? ?", "", str(innermost)).strip(". ") or type(innermost).__name__
