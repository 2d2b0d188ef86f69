"""Runs the auth0 modules as ansible does (a process, JSON on standard input) against a development tenant over TLS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[4]
MODULES = "ansible_collections.datacatalog.amundsen.plugins.modules"
WRITES = ("POST", "PATCH", "PUT", "DELETE")


class Run:
    """What one run of a module left."""

    def __init__(self, process: subprocess.CompletedProcess[str]) -> None:
        self.output = process.stdout + process.stderr
        self.result: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
        self.failed = bool(self.result.get("failed"))
        self.message = str(self.result.get("msg", ""))
        assert self.failed == (process.returncode != 0), self.output

    def __getitem__(self, name: str) -> Any:
        """Return one value of a run that succeeded."""
        assert not self.failed, self.message
        return self.result[name]


class Auth0:
    """The modules, with the login of the tenant given."""

    def __init__(self, tenant: Any, home: Path) -> None:
        self.tenant, self.home = tenant, home
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("AUTH0_", "REQUESTS_", "CURL_", "SSL_"))}
        self.environment |= {"PYTHONPATH": str(PROJECT / ".ansible" / "collections"), "HOME": str(home)}

    def start(self, module: str, check: bool = False, **options: Any) -> subprocess.Popen[str]:
        """Start a module; options that are None are left out."""
        login = {
            "auth0_domain": self.tenant.domain,
            "auth0_client_id": self.tenant.client_id,
            "auth0_client_secret": self.tenant.client_secret,
            "ca_path": self.tenant.ca_path,
        }
        arguments = {name: value for name, value in {**login, **options}.items() if value is not None}
        arguments |= {"_ansible_check_mode": check, "_ansible_diff": True, "_ansible_verbosity": 4, "_ansible_remote_tmp": str(self.home)}
        pipe = subprocess.PIPE
        process = subprocess.Popen(
            [sys.executable, "-m", f"{MODULES}.{module}"], stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=self.environment, cwd="/"
        )
        assert process.stdin
        process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}))
        process.stdin.close()
        process.stdin = None
        return process

    def run(self, module: str, check: bool = False, **options: Any) -> Run:
        """Run a module to its end."""
        return self.finish(self.start(module, check, **options))

    def finish(self, process: subprocess.Popen[str]) -> Run:
        """Wait for a module that was started."""
        out, err = process.communicate(timeout=120)
        return Run(subprocess.CompletedProcess(process.args, process.returncode, out, err))

    def client(self, **options: Any) -> Run:
        """Run auth0_client."""
        return self.run("auth0_client", **options)

    def calls(self, *methods: str) -> list[dict[str, Any]]:
        """Return the requests that the tenant took, those of some methods if they are given; the token's count as no write."""
        return [call for call in self.tenant.log() if not methods or (call["method"] in methods and call["path"] != "/oauth/token")]

    def writes(self) -> list[tuple[str, str]]:
        """Return method and path of the calls that may change something."""
        return [(call["method"], call["path"]) for call in self.calls(*WRITES)]

    def bodies(self, method: str, path: str) -> list[Any]:
        """Return the bodies that were sent."""
        return [call["body"] for call in self.tenant.log() if (call["method"], call["path"]) == (method, path)]


@pytest.fixture
def auth0(tenant, tmp_path):
    """Return the modules, and a tenant as it was at its start."""
    return Auth0(tenant, tmp_path)
