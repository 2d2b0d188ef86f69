# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP and TLS for the checks: one small browser with cookies, a private CA and a record of its way."""

from __future__ import annotations

import os
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from ansible_collections.datacatalog.amundsen.plugins.module_utils._oidc import REDIRECTS, mask_url

try:
    import requests
    from requests.adapters import HTTPAdapter
    from requests.utils import DEFAULT_CA_BUNDLE_PATH
except ImportError:  # _web_module and _auth0_module say so before anything here is used
    HTTPAdapter = object  # type: ignore[misc,assignment]

__all__ = ["Answer", "Browser", "Certificate", "OwnTrust", "WebError", "trust"]

MAX_BYTES = 2_000_000
AGENT = "datacatalog.amundsen-verify"

# OpenSSL's words about a certificate, and the cause that they mean.
_CERTIFICATE_KINDS = {
    "ostname mismatch": "certificate_host",
    "IP address mismatch": "certificate_host",
    "has expired": "certificate_expired",
    "not yet valid": "certificate_expired",
}


class WebError(Exception):
    """No HTTP answer came. ``kind`` is a cause of the check 'reachable', such as name_unknown, refused or certificate_host."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Answer:
    """One HTTP answer.

    ``location`` is absolute, "" if it is no redirect; ``text`` holds at most `MAX_BYTES` bytes; ``date`` is the
    server's clock in seconds since the epoch, 0 if it did not say.
    """

    status: int
    url: str
    text: str
    location: str = ""
    content_type: str = ""
    set_cookies: tuple[str, ...] = ()
    date: float = 0


@dataclass(frozen=True)
class Certificate:
    """Validity of a server certificate, in UTC."""

    begins: datetime
    ends: datetime


class OwnTrust(HTTPAdapter):
    """Uses one TLS context for all connections; certificates are always verified."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)

    def cert_verify(self, conn: Any, url: str, verify: object, cert: object) -> None:
        """Leave the trust to the context: requests would load its bundle anew for each connection."""
        conn.cert_reqs = "CERT_REQUIRED"


def trust(ca_path: str = "", ca_pem: str = "") -> ssl.SSLContext:
    """Return a context that trusts private CAs (PEM, as file and as text) beside the system's and requests' own.

    Raises ValueError if one of them cannot be read.
    """
    context = ssl.create_default_context()
    bundle = os.environ.get("REQUESTS_CA_BUNDLE", "")
    context.load_verify_locations(bundle if os.path.isfile(bundle) else DEFAULT_CA_BUNDLE_PATH)
    try:
        if ca_path:
            context.load_verify_locations(cafile=ca_path)
        if ca_pem.strip():
            context.load_verify_locations(cadata=ca_pem)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"The CA {ca_path or 'given as text'} cannot be read as PEM: {error}") from error
    return context


class Browser:
    """A session with cookies which follows nothing by itself and records its way in ``chain``, without secrets.

    `pins` maps host names to addresses that are used instead of DNS; `timeout` is in seconds, for connecting
    and for each read.
    """

    def __init__(self, context: ssl.SSLContext, pins: dict[str, str] | None = None, timeout: float = 15.0) -> None:
        self.context = context
        self.pins = pins or {}
        self.timeout = timeout
        self.chain: list[dict[str, object]] = []
        self.session = requests.Session()
        self._mount(OwnTrust(context))
        self.session.headers["User-Agent"] = AGENT
        self.session.headers["Accept"] = "text/html,application/json;q=0.9,*/*;q=0.8"
        # No password out of ~/.netrc, and no other bundle than the context's. Proxies are looked up in `open`.
        self.session.trust_env = False

    def _mount(self, adapter: OwnTrust) -> None:
        self._adapter = adapter
        self.session.mount("https://", adapter)

    def fresh(self) -> Browser:
        """Return a browser without cookies that shares this one's connections."""
        other = Browser(self.context, self.pins, self.timeout)
        other._mount(self._adapter)
        return other

    def open(self, url: str, method: str = "GET", data: dict[str, str] | None = None, **options: Any) -> Answer:
        """Send one request and return its answer, redirects included; `options` go to requests.

        Raises WebError if no answer comes.
        """
        deadline = time.monotonic() + 4 * self.timeout
        options |= {"timeout": self.timeout, "allow_redirects": False, "stream": True}
        options["proxies"] = requests.utils.get_environ_proxies(url)
        try:
            with _pinned(self.pins):
                response = self.session.request(method, url, data=data, **options)
            with response:
                body = b""
                for block in response.iter_content(65536):
                    body += block
                    if len(body) >= MAX_BYTES or time.monotonic() > deadline:
                        break
        except requests.RequestException as error:
            raise WebError(*_explain(error, url)) from error
        except ValueError as error:
            raise WebError("no_answer", f"{mask_url(url)} is not an address ({error})") from error
        location = ""
        if response.status_code in REDIRECTS and "Location" in response.headers:
            location = urljoin(url, response.headers["Location"])
        self.chain.append({"method": method, "url": mask_url(url), "status": response.status_code, "location": mask_url(location)})
        return Answer(
            status=response.status_code,
            url=url,
            text=body.decode(response.encoding or "utf-8", "replace"),
            location=location,
            content_type=response.headers.get("Content-Type", ""),
            set_cookies=tuple(_set_cookies(response)),
            date=_seconds(response.headers.get("Date", "")),
        )

    def certificate(self, url: str) -> Certificate | None:
        """Return the validity of the certificate at `url`, or None where a proxy stands between.

        Raises WebError if there is no TLS connection that this browser trusts.
        """
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
        if requests.utils.get_environ_proxies(url):
            return None
        try:
            with (
                socket.create_connection((self.pins.get(host, host), port), timeout=self.timeout) as raw,
                self.context.wrap_socket(raw, server_hostname=host) as tls,
            ):
                details = tls.getpeercert() or {}
        except OSError as error:
            kind, words = _explain(error, url)
            if kind == "certificate_untrusted" and self._sends_no_chain(host, port):
                kind = "certificate_chain"
            raise WebError(kind, words) from error
        begins, ends = (ssl.cert_time_to_seconds(str(details[key])) for key in ("notBefore", "notAfter"))
        return Certificate(datetime.fromtimestamp(begins, UTC), datetime.fromtimestamp(ends, UTC))

    def _sends_no_chain(self, host: str, port: int) -> bool:
        """Tell whether a server sends one certificate that another authority signed, and not that authority's."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # only to look: nothing is sent on this connection
        try:
            with (
                socket.create_connection((self.pins.get(host, host), port), timeout=self.timeout) as raw,
                context.wrap_socket(raw, server_hostname=host) as tls,
            ):
                # Python has no public call that tells it before 3.13, and from then on only as bytes.
                sent = [each.get_info() for each in getattr(tls._sslobj, "get_unverified_chain", list)()]  # type: ignore[attr-defined]
        except OSError:
            return False
        return len(sent) == 1 and sent[0]["subject"] != sent[0]["issuer"]


def _seconds(date: str) -> float:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return 0


def _set_cookies(response: requests.Response) -> list[str]:
    headers = response.raw.headers
    return list(headers.getlist("Set-Cookie")) if hasattr(headers, "getlist") else []


@contextmanager
def _pinned(pins: dict[str, str]) -> Iterator[None]:
    if not pins:
        yield
        return
    resolve = socket.getaddrinfo

    def pinned(host: Any, *args: Any, **kwargs: Any) -> Any:
        return resolve(pins.get(host, host), *args, **kwargs)

    socket.getaddrinfo = pinned
    try:
        yield
    finally:
        socket.getaddrinfo = resolve


def _explain(error: BaseException, url: str) -> tuple[str, str]:
    """Return kind and words for a connection error, out of the chain of exceptions below it."""
    where = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}"
    text = " ".join(str(cause) for cause in _causes(error))
    if "CERTIFICATE_VERIFY_FAILED" in text:
        reason = text.rsplit("certificate verify failed: ", maxsplit=1)[-1].split(" (_ssl")[0]
        kind = next((kind for words, kind in _CERTIFICATE_KINDS.items() if words in reason), "certificate_untrusted")
        return kind, f"{where}: certificate not accepted ({reason})"
    if "NameResolutionError" in text or any(isinstance(cause, socket.gaierror) for cause in _causes(error)):
        return "name_unknown", f"{where}: the name does not resolve"
    if any(isinstance(cause, (requests.Timeout, TimeoutError)) for cause in _causes(error)):
        return "timeout", f"{where}: no answer in time"
    if "refused" in text:
        return "refused", f"{where}: connection refused"
    if any(isinstance(cause, (requests.exceptions.SSLError, ssl.SSLError)) for cause in _causes(error)):
        return "no_answer", f"{where}: no TLS ({str(error)[:200]})"
    return "no_answer", f"{where}: {type(error).__name__}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        reason = getattr(error, "reason", None)
        inner = next((arg for arg in error.args if isinstance(arg, BaseException)), None)
        error = inner or (reason if isinstance(reason, BaseException) else None) or error.__cause__ or error.__context__
