# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A deployed site on the big stores; scripts/test deploys it before these tests."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]

# Asks the metadata service from inside its own container: method, path, body; prints the status and the answer.
ASK = """
import json, sys, urllib.error, urllib.request
method, path, body = sys.argv[1:]
request = urllib.request.Request("http://127.0.0.1:5002" + path, body.encode() or None, {"Content-Type": "application/json"}, method=method)
try:
    with urllib.request.urlopen(request, timeout=20) as answer:
        print(answer.status, answer.read().decode())
except urllib.error.HTTPError as error:
    print(error.code, error.read().decode())
"""


def command(*words: str, check: bool = True, stdin: str | None = None) -> str:
    """Return what a command prints."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=PROJECT, input=stdin)
    assert done.returncode == 0 or not check, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


class Site:
    """The deployment under test."""

    def __init__(self) -> None:
        self.project = os.environ.get("STORES_PROJECT", "amundsen-stores")
        self.root = Path("/opt") / self.project
        self.output = Path(os.environ["STORES_OUTPUT"])

    def compose(self, *words: str, check: bool = True, stdin: str | None = None) -> str:
        """Run docker compose on the site's services."""
        return command("docker", "compose", "--file", str(self.root / "compose.yaml"), *words, check=check, stdin=stdin)

    def container(self, service: str) -> dict[str, Any]:
        """Return what the engine tells of a service's container."""
        return json.loads(command("docker", "inspect", f"{self.project}-{service}-1"))[0]

    def until(self, holds: Callable[[], bool], seconds: float = 150) -> None:
        """Wait until something holds."""
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, self.compose("ps", "--all")
            time.sleep(1)

    def wait(self, *services: str) -> None:
        """Wait until services are healthy."""
        self.until(lambda: all(self.container(service)["State"].get("Health", {}).get("Status") == "healthy" for service in services))

    def deploy(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the site's playbook as a user would."""
        play = ["scripts/demo", "site", "-e", "@tests/stores/values.yml", *words]
        return subprocess.run(play, cwd=PROJECT, capture_output=True, text=True, check=False, env=os.environ | {"DEMO_OUTPUT": str(self.output)})

    def ask(self, method: str, path: str, body: Any = "") -> tuple[int, str]:
        """Ask the metadata service."""
        out = self.compose("exec", "-T", "metadata", "python", "-", method, path, json.dumps(body) if body else "", stdin=ASK, check=False)
        status, _, text = (out.strip() or "0 ").partition(" ")
        return int(status), text

    def secrets(self) -> dict[str, str]:
        """Return the generated secrets by their names."""
        return json.loads((self.root / "secrets/kept.json").read_text())

    def unwell(self) -> str:
        """Return what the role stack says of the services that are not well."""
        return command("sh", "-s", self.project, stdin=(PROJECT / "roles/stack/files/unwell.sh").read_text())

    def logs(self) -> str:
        """Return what the services have logged."""
        return self.compose("logs", "--no-color")


@pytest.fixture(scope="session")
def site() -> Site:
    return Site()
