"""A browser that trusts the deployment's authorities as a user's would, and keeps a screenshot of each step.

AMUNDSEN_ACCESS names the file with url, user, password and ca_path that a deployment leaves.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

expect.set_options(timeout=20_000)
PROJECT = Path(__file__).resolve().parents[2]
SHOTS = PROJECT / "build" / "e2e"
CHROMIUM = "/usr/bin/chromium"
# None of them touches how certificates are checked.
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# What the pages may say in the console, and why.
KNOWN = {
    r"status of 400.*/u/login": "the provider's answer to a wrong password",
    r"status of 401.*/(api|static)/": "a call without a login, which is refused",
    r"status of 40[03].*/authorization-code/callback": "the page of a login that was refused",
    r"status of 501.*/api/preview/": "Amundsen asks for a preview of the data, and no preview client is configured",
}


# Chromium drops its connections when a network interface comes or goes on this machine, as containers do.
NETWORK_CHANGES: list[str] = []


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Run a test; once more, at most twice, where it failed and Chromium said that the machine's network changed."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for _attempt in range(3):
        NETWORK_CHANGES.clear()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        if not NETWORK_CHANGES or not any(report.failed for report in reports):
            break
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@dataclass(frozen=True)
class Access:
    """How to get in."""

    url: str
    user: str
    password: str = field(repr=False)  # kept out of a failure's report
    ca_path: str


@dataclass
class Visit:
    """One person's browser window, and what it said."""

    page: Page
    name: str
    errors: list[str] = field(default_factory=list)
    _shots: int = 0
    _waiting: set[Request] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", self.hear)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self._waiting.add(request))
        self.page.on("requestfinished", lambda request: self._waiting.discard(request))
        self.page.on("requestfailed", self.lose)

    def lose(self, request: Request) -> None:
        """Note a request that did not come through."""
        self._waiting.discard(request)
        if request.failure and "ERR_NETWORK_CHANGED" in request.failure:
            NETWORK_CHANGES.append(request.url)

    def settle(self) -> None:
        """Wait until the page has asked for nothing for half a second; its own state 'networkidle' comes only once."""
        quiet, deadline = 0, time.monotonic() + 20
        while quiet < 5 and time.monotonic() < deadline:
            self.page.wait_for_timeout(100)
            quiet = 0 if self._waiting else quiet + 1

    def shoot(self, name: str) -> None:
        """Keep a screenshot of the page at rest; they are numbered in the order of the steps."""
        self.settle()
        self._shots += 1
        self.page.screenshot(path=SHOTS / f"{self.name}-{self._shots:02}-{name}.png")

    def hear(self, message: ConsoleMessage) -> None:
        """Note an error in the console that is not a known one."""
        text = f"{message.text} ({message.location.get('url', '')})"
        if message.type == "error" and not any(re.search(known, text) for known in KNOWN):
            self.errors.append(text)


@pytest.fixture(scope="session")
def access() -> Access:
    """Return how to get in."""
    path = Path(os.environ.get("AMUNDSEN_ACCESS", PROJECT / "build/demo/access.json"))
    return Access(**json.loads(path.read_text(encoding="utf-8")))


class Deployment:
    """What the deployment's root can do: people at the development tenant, and the end of a session."""

    def __init__(self, output: Path, url: str) -> None:
        self.port = json.loads((output / "tenant.json").read_text(encoding="utf-8"))["domain"].rpartition(":")[2]
        self._tenant = self._container("tenant", publish=self.port)
        project = self._docker("inspect", self._tenant, "--format", '{{index .Config.Labels "datacatalog.amundsen.project"}}')
        self._mariadb, frontend = (self._container(service, label=f"datacatalog.amundsen.project={project}") for service in ("mariadb", "frontend"))
        self.has_rules = bool(self._docker("exec", frontend, "printenv", "AMUNDSEN_ALLOWED_EMAIL_DOMAINS"))
        self._url = url

    def _docker(self, *words: str, text: str | None = None) -> str:
        return subprocess.run(["docker", *words], input=text, check=True, capture_output=True, text=True).stdout.strip()

    def _container(self, service: str, **filters: str) -> str:
        """Return the id of a service's container."""
        words = [f"--filter={name}={value}" for name, value in filters.items()]
        (found,) = self._docker("ps", "--quiet", f"--filter=label=com.docker.compose.service={service}", *words).split()
        return found

    def add_user(self, username: str, **more: Any) -> Access:
        """Make somebody new at the tenant, whose admin API answers only inside its container; see `Tenant.add_user` there."""
        password = secrets.token_urlsafe(16)
        program = (
            "import ssl, sys, urllib.request as web;"
            f"ask = web.Request('https://127.0.0.1:{self.port}/__admin/users', sys.stdin.buffer.read(), {{'Content-Type': 'application/json'}});"
            "web.urlopen(ask, context=ssl.create_default_context(cafile='/data/ca.pem'), timeout=20)"
        )
        user = json.dumps({"username": username, "password": password, **more})
        self._docker("exec", "--interactive", self._tenant, "python", "-c", program, text=user)
        return Access(self._url, username, password, "")

    def expire_newest_session(self) -> None:
        """Let the time of the session that began last be over."""
        sql = "UPDATE sessions.guard_session SET expires_at = 1 ORDER BY expires_at DESC LIMIT 1"
        self._docker("exec", self._mariadb, "mariadb", "--execute", sql)


@pytest.fixture(scope="session")
def deployment(access: Access) -> Deployment:
    """Return the deployment's root's hands."""
    return Deployment(Path(os.environ.get("AMUNDSEN_ACCESS", PROJECT / "build/demo/access.json")).parent, access.url)


@pytest.fixture(scope="session")
def home(access: Access, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home directory whose NSS database holds the deployment's authorities, as a user would import them."""
    home = tmp_path_factory.mktemp("home")
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    subprocess.run(["certutil", "-d", f"sql:{database}", "-N", "--empty-password"], check=True)
    text = Path(access.ca_path).read_text(encoding="utf-8") if access.ca_path else ""
    for number, pem in enumerate(re.findall(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?", text, re.DOTALL)):
        command = ["certutil", "-d", f"sql:{database}", "-A", "-a", "-t", "C,,", "-n", f"authority {number}"]
        subprocess.run(command, input=pem, text=True, check=True)
    return home


@pytest.fixture(scope="session")
def browser(home: Path):
    """Run the browser."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES, env={**os.environ, "HOME": str(home)})
        yield browser
        browser.close()


@pytest.fixture
def visits(browser: Browser, request: pytest.FixtureRequest):
    """Open windows without cookies, each for another person; console errors fail the test at its end."""
    name = re.sub(r"\W+", "-", request.node.name.removeprefix("test_")).strip("-")
    for old in SHOTS.glob(f"{name}-*.png"):
        old.unlink()
    opened: list[Visit] = []

    def visit(who: str = "") -> Visit:
        context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="en-US")
        context.set_default_timeout(20_000)
        opened.append(Visit(context.new_page(), f"{name}-{who}" if who else name))
        return opened[-1]

    yield visit
    for each in opened:
        each.shoot("end")
        each.page.context.close()
    assert [each.errors for each in opened if each.errors] == [], "the pages wrote errors to the console"


@pytest.fixture
def visit(visits: Callable[..., Visit]) -> Visit:
    """Open one such window."""
    return visits()
