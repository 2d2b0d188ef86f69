"""A browser that trusts the deployment's authorities as a user's would, and keeps a screenshot of each step.

AMUNDSEN_ACCESS names the file with url, user, password and ca_path that a deployment leaves.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

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
    r"status of 401.*/api/": "an API call without a login, which is refused",
}


@dataclass(frozen=True)
class Access:
    """How to get in."""

    url: str
    user: str
    password: str
    ca_path: str


@dataclass
class Visit:
    """One person's browser window, and what it said."""

    page: Page
    name: str
    errors: list[str] = field(default_factory=list)
    _shots: int = 0

    def shoot(self, name: str) -> None:
        """Keep a screenshot; they are numbered in the order of the steps."""
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
    extra = os.environ.get("E2E_SWITCHES", "").split()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*SWITCHES, *extra], env={**os.environ, "HOME": str(home)})
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, request: pytest.FixtureRequest):
    """Open a window without cookies; console errors fail the test at its end."""
    context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="en-US")
    context.set_default_timeout(20_000)
    visit = Visit(context.new_page(), request.node.name.removeprefix("test_"))
    for old in SHOTS.glob(f"{visit.name}-*.png"):
        old.unlink()
    visit.page.on("console", visit.hear)
    visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
    yield visit
    visit.shoot("end")
    context.close()
    assert visit.errors == [], "the pages wrote errors to the console"
