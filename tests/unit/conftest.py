"""Fixtures of all unit tests: a development tenant, real, over TLS on loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import contract
import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
TENANT_PACKAGE = ROOT / "roles" / "dev_tenant" / "files"
DATABASE_CONNECTION = "Username-Password-Authentication"


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker of tests that need Auth0's own document and recordings."""
    config.addinivalue_line("markers", "contract: needs Auth0's OpenAPI document and recordings (AUTH0_CONTRACT_DIR)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip these tests where the folder is missing; where it exists none is skipped."""
    if not contract.FOLDER.is_dir():
        for item in items:
            if item.get_closest_marker("contract"):
                item.add_marker(pytest.mark.skip(reason=f"no Auth0 contract in {contract.FOLDER}"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many contract tests did not run."""
    skipped = [each for each in terminalreporter.stats.get("skipped", []) if "no Auth0 contract in" in str(each.longrepr)]
    terminalreporter.write_line(f"contract tests that did not run: {len(skipped)}")


class TenantProcess:
    """A tenant that runs, and what a test may do to it behind everybody's back (none of it is in the log).

    Attributes:
        base_url: `https://127.0.0.1:PORT`
        domain: `127.0.0.1:PORT`
        client_id: the machine-to-machine application with all scopes
        client_secret: its secret
        ca_path: the PEM file of the authority that signed the tenant's certificate
    """

    def __init__(self, announced: dict[str, str]) -> None:
        self.base_url = announced["base_url"]
        self.domain = self.base_url.removeprefix("https://")
        self.client_id, self.client_secret = announced["client_id"], announced["client_secret"]
        self.ca_path = announced["ca_path"]
        self._session = requests.Session()
        self._session.trust_env = False

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        """Send any request to the tenant, trusting its authority only; redirects are not followed."""
        return self._session.request(method, self.base_url + path, **{"verify": self.ca_path, "allow_redirects": False, "timeout": 20, **more})

    def admin(self, method: str, path: str, json: Any = None) -> Any:
        """Call the admin API."""
        answer = self.call(method, f"/__admin{path}", json=json)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def reset(self) -> None:
        """Make the tenant as it was at its start."""
        self.admin("POST", "/reset")

    def fault(self, **fault: Any) -> None:
        """Break an answer to come: method, path, when, action, status, headers, body, delay, times, skip."""
        self.admin("POST", "/faults", fault)

    def clear_faults(self) -> None:
        """Forget the faults."""
        self.admin("DELETE", "/faults")

    def log(self) -> list[dict[str, Any]]:
        """Return the requests so far: method, path, query, body, status, at, user_agent."""
        return self.admin("GET", "/log")  # type: ignore[no-any-return]

    def clear_log(self) -> None:
        """Forget the requests so far."""
        self.admin("DELETE", "/log")

    def options(self, **options: Any) -> dict[str, Any]:
        """Change options: rate_limit, clock_skew, code_lifetime, token_lifetime, login_pages, entity_limit, discovery, rotate_signing_key."""
        return self.admin("POST", "/options", options)  # type: ignore[no-any-return]

    def add_user(self, username: str, password: str = "correct horse", **more: Any) -> dict[str, Any]:  # noqa: S107
        """Make a user; `claims` (null leaves one out), `denied`."""
        return self.admin("POST", "/users", {"username": username, "password": password, **more})  # type: ignore[no-any-return]

    def add_client(self, name: str = "Catalog", *, login: bool = False, **fields: Any) -> dict[str, Any]:
        """Make an application; with `login` the database connection is enabled for it. Returns it with its id and secret."""
        return self.admin("POST", "/clients", {"name": name, "login": login, **fields})  # type: ignore[no-any-return]

    def change_client(self, client_id: str, **fields: Any) -> dict[str, Any]:
        """Change an application, as somebody else would."""
        return self.admin("PATCH", f"/clients/{client_id}", fields)  # type: ignore[no-any-return]

    def delete_client(self, client_id: str) -> None:
        """Remove an application, as somebody else would."""
        self.admin("DELETE", f"/clients/{client_id}")

    def clients(self, name: str | None = None) -> list[dict[str, Any]]:
        """Return the applications as the tenant keeps them, those of one name if it is given."""
        return [each for each in self.admin("GET", "/clients") if name in (None, each["name"])]

    def add_connection(self, name: str, strategy: str = "auth0", **more: Any) -> dict[str, Any]:
        """Make a connection."""
        return self.admin("POST", "/connections", {"name": name, "strategy": strategy, **more})  # type: ignore[no-any-return]

    def connections(self) -> list[dict[str, Any]]:
        """Return the connections as the tenant keeps them; `_clients` are those enabled."""
        return self.admin("GET", "/connections")  # type: ignore[no-any-return]

    def token(self, scope: str | None = None) -> str:
        """Get a token for the Management API (this is in the log)."""
        body = {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.client_secret, "audience": f"{self.base_url}/api/v2/"}
        answer = self.call("POST", "/oauth/token", json=body | ({"scope": scope} if scope else {}))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])


@pytest.fixture(scope="session")
def tenant_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TenantProcess]:
    """Start one tenant for this process of the test run."""
    data = tmp_path_factory.mktemp("tenant") / "data"
    environment = {**os.environ, "PYTHONPATH": str(TENANT_PACKAGE), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "amundsen_dev_tenant", "--data", str(data), "--announce", "--log-answers"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        assert line, "the development tenant did not start: see its errors above"
        yield TenantProcess(json.loads(line))
        process.send_signal(signal.SIGINT)  # gunicorn's quick end
        process.wait(10)


@pytest.fixture
def tenant(tenant_process: TenantProcess) -> Iterator[TenantProcess]:
    """Give a test the tenant as it was at its start; then hold what was asked and answered against Auth0's own document."""
    tenant_process.reset()
    yield tenant_process
    if contract.FOLDER.is_dir():
        assert [problem for entry in tenant_process.log() for problem in contract.check_exchange(entry)] == []
