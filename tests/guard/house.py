# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amundsen's frontend under gunicorn as in its image, a metadata service that knows two answers, and a person with a browser.

The frontend is plain HTTP on loopback, as behind the proxy; the person knows it as https://catalog.test.
"""

from __future__ import annotations

import base64
import html
import itertools
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import time
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

ROOT = Path(__file__).resolve().parents[2]
VENVS = ROOT / ".cache" / "guard"
PACKAGE = ROOT / "roles" / "oidc" / "files"
PUBLIC = "https://catalog.test"
CALLBACK = "/authorization-code/callback"
PASSWORD = "correct horse"
SESSION_KEY = "a-long-session-key-that-nobody-knows-0123456789"
COOKIE = "__Host-amundsen"
LARGEST_COOKIE = 4096  # name and value; browsers drop what is larger
PUBLIC_KEY = "!-flask-oidc-secret-key"  # flaskoidc's default
GUARD = {"APP_WRAPPER": "amundsen_guard", "APP_WRAPPER_CLASS": "GuardedApp", "FRONTEND_SVC_CONFIG_MODULE_CLASS": "amundsen_guard.config.GuardConfig"}
STOCK = {"APP_WRAPPER": "flaskoidc", "APP_WRAPPER_CLASS": "FlaskOIDC", "FRONTEND_SVC_CONFIG_MODULE_CLASS": "amundsen_application.oidc_config.OidcConfig"}


APPLICATION: dict[str, Any] = {
    "login": True,
    "app_type": "regular_web",
    "callbacks": [PUBLIC + CALLBACK],
    "allowed_logout_urls": [f"{PUBLIC}/signed-out"],
    "grant_types": ["authorization_code", "refresh_token"],
    "refresh_token": {"rotation_type": "rotating", "expiration_type": "expiring", "leeway": 0},
    "token_endpoint_auth_method": "client_secret_basic",
    "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 36000},
}
"""The frontends at the tenant."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Metadata:
    """Stands for the metadata service: a list of tags, the user `known@corp.test`, and `bob@corp.test`, who has no name there."""

    def __init__(self) -> None:
        self.requests: list[dict[str, str]] = []
        self.seconds = 0.0  # until it answers for the tags
        metadata = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                metadata.requests.append({"path": self.path, **self.headers})
                user = {"user_id": "known@corp.test", "email": "known@corp.test", "display_name": "Known To Metadata", "is_active": True}
                answers: dict[str, Any] = {"/healthcheck": {}, "/tags/": {"tag_usages": [{"tag_name": "secret-tag", "tag_count": 1}]}}
                answers["/user/known@corp.test"] = user
                answers["/user/bob@corp.test"] = {"user_id": "bob@corp.test", "email": "bob@corp.test", "full_name": None, "is_active": True}
                if self.path == "/tags/":
                    time.sleep(metadata.seconds)
                status, body = (200, answers[self.path]) if self.path in answers else (404, {"message": "no such user"})
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Frontend:
    """A frontend of a source, with or without the guard. `environment` is all that it is told."""

    def __init__(self, source: str, environment: dict[str, str], log: Path, *arguments: str, config: bool = True, port: int = 0) -> None:
        self.log_path, self.port = log, port or free_port()
        gunicorn = [VENVS / source / "bin" / "gunicorn", *(["--config", "python:amundsen_guard.gunicorn_conf"] if config else ["--no-control-socket"])]
        command = [*gunicorn, "--bind", f"127.0.0.1:{self.port}", *arguments, *([] if config else ["amundsen_application.wsgi:application"])]
        told = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1", **environment}
        with log.open("ab") as output:
            self.process = subprocess.Popen(command, env=told, cwd=log.parent, stdout=output, stderr=output, start_new_session=True)

    def ready(self) -> Frontend:
        """Wait until it answers."""
        end = time.monotonic() + 40
        while True:
            assert self.process.poll() is None, self.log
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=10):
                    return self
            except ConnectionError:
                assert time.monotonic() < end, self.log
                time.sleep(0.1)

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    @property
    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8")

    @property
    def audit(self) -> list[dict[str, Any]]:
        """The guard's lines of JSON."""
        return [json.loads(line) for line in self.log.splitlines() if line.startswith('{"audit"')]


@dataclass
class Place:
    """Where frontends of one kind get what they need: a tenant's application, a database, a metadata service, files for secrets."""

    source: str
    folder: Path
    tenant: Any
    client: dict[str, Any]
    metadata: str
    _numbers: Any = field(default_factory=itertools.count)

    def secret(self, content: str) -> str:
        path = self.folder / f"secret-{next(self._numbers)}"
        path.write_text(content, encoding="utf-8")
        return str(path)

    @cached_property
    def routes(self) -> list[str]:
        """The frontend's routes, each with something in place of its variables."""
        program = "import json; from amundsen_application.wsgi import application as app; print(json.dumps([str(rule) for rule in app.url_map.iter_rules()]))"
        python = VENVS / self.source / "bin" / "python"
        environment = {"PYTHONPATH": str(PACKAGE), "PYTHONDONTWRITEBYTECODE": "1", **self.settings()}
        done = subprocess.run([python, "-c", program], env=environment, cwd=self.folder, capture_output=True, text=True, check=True, timeout=60)
        return [re.sub(r"<[^>]*>", "x", rule) for rule in json.loads(done.stdout.splitlines()[-1])]

    @property
    def provider(self) -> dict[str, str]:
        return {
            "FLASK_OIDC_PROVIDER_NAME": "auth0",
            "FLASK_OIDC_CONFIG_URL": f"{self.tenant.base_url}/.well-known/openid-configuration",
            "FLASK_OIDC_CLIENT_ID": self.client["client_id"],
            "FLASK_OIDC_SCOPES": "openid profile email offline_access",
            "FLASK_OIDC_REDIRECT_URI": CALLBACK,
            "FLASK_OIDC_USER_ID_FIELD": "email",
            "METADATASERVICE_BASE": self.metadata,
            "SEARCHSERVICE_BASE": self.metadata,
        }

    def settings(self, database: str = "", **more: str) -> dict[str, str]:
        """What the role oidc writes for a guarded frontend."""
        database = database or f"sqlite:///{self.folder}/sessions-{next(self._numbers)}.db"
        return {
            **GUARD,
            **self.provider,
            "AMUNDSEN_PUBLIC_URL": PUBLIC,
            "AMUNDSEN_CA_FILE": self.tenant.ca_path,
            "FLASK_OIDC_CLIENT_SECRET_FILE": self.secret(self.client["client_secret"]),
            "FLASK_OIDC_SECRET_KEY_FILE": self.secret(SESSION_KEY),
            "SQLALCHEMY_DATABASE_URI_FILE": self.secret(database),
            "AMUNDSEN_WORKERS": "1",
            **more,
        }

    def guarded(self, *arguments: str, database: str = "", **more: str) -> Frontend:
        return Frontend(self.source, self.settings(database, **more), self.folder / f"guarded-{next(self._numbers)}.log", *arguments)

    def stock_settings(self, database: str = "", **more: str) -> dict[str, str]:
        """Amundsen with flaskoidc, each setting right, behind TLS (FORCE_SCHEME), and the session key left at its default."""
        return {
            **STOCK,
            **self.provider,
            "FLASK_OIDC_CLIENT_SECRET": self.client["client_secret"],
            "FLASK_OIDC_FORCE_SCHEME": "https",
            "FLASK_OIDC_WHITELISTED_ENDPOINTS": "status,healthcheck,health",
            "SQLALCHEMY_DATABASE_URI": database or f"sqlite:///{self.folder}/stock-{next(self._numbers)}.db",
            "REQUESTS_CA_BUNDLE": self.tenant.ca_path,
            **more,
        }

    def stock(self, *arguments: str, database: str = "", **more: str) -> Frontend:
        return Frontend(self.source, self.stock_settings(database, **more), self.folder / f"stock-{next(self._numbers)}.log", *arguments, config=False)

    def article_settings(self) -> dict[str, str]:
        """Amundsen with the article's .env: APP_WRAPPER without APP_WRAPPER_CLASS."""
        return {
            "APP_WRAPPER": "flaskoidc",
            "FRONTEND_SVC_CONFIG_MODULE_CLASS": "amundsen_application.oidc_config.OidcConfig",
            "FLASK_OIDC_CLIENT_SECRETS": self.secret("{}"),
            "METADATASERVICE_BASE": self.metadata,
            "SEARCHSERVICE_BASE": self.metadata,
        }

    def article(self, *arguments: str) -> Frontend:
        return Frontend(self.source, self.article_settings(), self.folder / f"article-{next(self._numbers)}.log", *arguments, config=False)


class Person:
    """A browser window: cookies of its own, redirects followed one by one. Each request goes to the next of `fronts`."""

    def __init__(self, tenant: Any, *fronts: Frontend) -> None:
        self.tenant = tenant
        self.cookies: dict[str, str] = {}
        self.set_cookies: list[str] = []
        self.nonce = ""
        self.fronts, self._next = fronts, itertools.cycle(fronts)
        self._web, self._provider = requests.Session(), requests.Session()
        self._web.trust_env = self._provider.trust_env = False
        self._provider.verify = tenant.ca_path

    def ask(self, path: str, method: str = "GET", headers: dict[str, str] | None = None, **more: Any) -> requests.Response:
        """Send one request to the frontend as the proxy passes it on; follow nothing."""
        url = f"http://127.0.0.1:{next(self._next).port}"
        sent = {"Host": urlsplit(PUBLIC).netloc, "X-Forwarded-Proto": "https", **(headers or {})}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        prepared = self._web.prepare_request(requests.Request(method, url, headers=sent, **more))
        prepared.url = url + path  # as it is: requests would tidy it
        answer = self._web.send(prepared, allow_redirects=False, timeout=30)
        self._web.cookies.clear()
        for line in answer.raw.headers.getlist("Set-Cookie"):
            self.set_cookies.append(line)
            name, value = line.partition(";")[0].split("=", 1)
            if len(name + value) > LARGEST_COOKIE:
                continue
            self.cookies[name] = value
            if "Max-Age=0" in line or not value:
                del self.cookies[name]
        answer.url = PUBLIC + path
        return answer

    def open(self, url: str) -> requests.Response:
        """Open a path of the catalog or any URL, and follow redirects up to a page."""
        url = urljoin(PUBLIC, url)
        for _ in range(15):
            if url.startswith(f"{PUBLIC}/"):
                answer = self.ask(url.removeprefix(PUBLIC))
            else:
                assert url.startswith(self.tenant.base_url), f"the browser was sent to {url}"
                self.nonce = parse_qs(urlsplit(url).query).get("nonce", [self.nonce])[0]
                answer = self._provider.get(url, allow_redirects=False, timeout=30)
            if not answer.is_redirect:
                return answer
            url = urljoin(url, answer.headers["Location"])
        raise AssertionError(f"a redirect loop, at {url}")

    def submit(self, form: requests.Response, user: str, password: str = PASSWORD) -> requests.Response:
        """Fill in the provider's login form; return its answer, not followed."""
        assert "/u/login" in form.url, f"no login form at {form.url}: {form.text[:500]}"
        return self._provider.post(form.url, data={"username": user, "password": password}, allow_redirects=False, timeout=30)

    def log_in(self, user: str, path: str = "/") -> requests.Response:
        """Open a page and log in; return the page where that ends."""
        answer = self.submit(self.open(path), user)
        return self.open(urljoin(self.tenant.base_url, answer.headers["Location"]))

    def at_provider(self, url: str) -> requests.Response:
        """Open a URL of the provider's and follow it until it sends one back to the catalog."""
        while True:
            answer = self._provider.get(urljoin(self.tenant.base_url, url), allow_redirects=False, timeout=30)
            assert answer.is_redirect, f"the provider stopped at {url}: {answer.text[:300]}"
            url = answer.headers["Location"]
            if url.startswith(PUBLIC):
                return answer

    def callback(self, user: str, path: str = "/") -> str:
        """Log in up to the provider's answer; return the callback's path and query, not opened."""
        answer = self.submit(self.open(path), user)
        if not answer.headers["Location"].startswith(PUBLIC):
            answer = self.at_provider(answer.headers["Location"])
        return str(answer.headers["Location"]).removeprefix(PUBLIC)

    def tokens(self, client: dict[str, Any], nonce: str) -> dict[str, Any]:
        """Return what the provider gives another program for this person, who is logged in there."""
        uri = client["callbacks"][0]
        asked = {"response_type": "code", "client_id": client["client_id"], "redirect_uri": uri, "scope": "openid email", "nonce": nonce}
        code = query(self._provider.get(f"{self.tenant.base_url}/authorize", params=asked, allow_redirects=False, timeout=30))["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": uri}
        answer = self.tenant.call("POST", "/oauth/token", data=form, auth=(client["client_id"], client["client_secret"]))
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    def again(self, *fronts: Frontend) -> Person:
        """Return the same browser, at other frontends or in another thread."""
        twin = Person(self.tenant, *fronts)
        twin.cookies = dict(self.cookies)
        return twin

    def me(self) -> dict[str, Any] | None:
        """Return who the catalog says one is, or None where one is nobody."""
        answer = self.ask("/api/auth_user")
        if answer.status_code in (302, 401):
            return None
        assert answer.status_code == 200, f"{answer.status_code}: {answer.text[:500]}"
        return answer.json()["user"]  # type: ignore[no-any-return]

    def tags(self, **more: Any) -> bool:
        """Tell whether one gets at the catalog's data."""
        return "secret-tag" in self.ask(more.pop("path", "/api/metadata/v0/tags"), **more).text


def forged_session(key: str, content: dict[str, Any]) -> str:
    """Return a session cookie as Flask signs it, made with nothing but the key."""
    app = Flask("forger")
    app.secret_key = key
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer
    return str(serializer.dumps(content))


def cookie_content(cookie: str) -> dict[str, Any]:
    """Return what a session cookie of Flask's says; anybody can read it."""
    part = cookie.lstrip(".").partition(".")[0]
    raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    return json.loads(zlib.decompress(raw) if cookie.startswith(".") else raw)  # type: ignore[no-any-return]


def large_claims() -> dict[str, Any]:
    """Return 8 KB of claims that do not compress."""
    return {"groups": [secrets.token_hex(16) for _ in range(250)]}


def query(answer: requests.Response) -> dict[str, str]:
    """Return the query of a redirect."""
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def title(page: requests.Response) -> str:
    """Return the heading of one of the guard's pages."""
    return told(page)["title"]


def told(page: requests.Response) -> dict[str, str]:
    """Return what one of the guard's pages tells: title, text, details (mostly none), action and link."""
    form = r"<h1>(?P<title>.+?)</h1>\s*<p>(?P<text>.+?)</p>\s*(?:<code>(?P<details>.+?)</code>)?\s*<a href=\"(?P<link>/\w+|/)\">(?P<action>.+?)</a>"
    found = re.search(form, page.text, re.DOTALL)
    assert found, f"no page of the guard's: {page.status_code} {page.text[:300]}"
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert page.headers["Cache-Control"] == "no-store"
    return {name: html.unescape(value or "") for name, value in found.groupdict().items()}
