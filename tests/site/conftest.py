"""A deployed site: the demo's playbooks with other names and ports, so that a running demo survives.

scripts/test deploys it before these tests; SITE_OUTPUT is the folder that the deployment left.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]


def command(*words: str, check: bool = True) -> str:
    """Return the standard output of a command."""
    return subprocess.run(words, capture_output=True, text=True, check=check, cwd=PROJECT).stdout


class Site:
    """The deployment under test."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.logs = output.parent
        self.access: dict[str, str] = json.loads((output / "access.json").read_text())
        self.tenant: dict[str, str] = json.loads((output / "tenant.json").read_text())
        self.project = "amundsen-test"
        self.root = Path("/opt") / self.project

    def containers(self) -> list[dict[str, Any]]:
        """Return what the engine tells of each of the site's containers."""
        names = command("docker", "ps", "--all", "--quiet", "--filter", f"label=datacatalog.amundsen.project={self.project}").split()
        return json.loads(command("docker", "inspect", *names))

    def secret_files(self) -> list[Path]:
        """Return the files on the host that hold secrets."""
        return [path for path in (self.root / "secrets").rglob("*") if path.is_file()]

    def secrets(self) -> dict[str, str]:
        """Return every secret of the site by a name for messages."""
        found = {f"kept {name}": value for name, value in json.loads((self.root / "secrets/kept.json").read_text()).items()}
        found["client secret"] = (self.root / "secrets/frontend/oidc_client_secret").read_text()
        found["management secret"] = self.tenant["management_client_secret"]
        found["password"] = self.access["password"]
        assert all(len(value) >= 12 for value in found.values()), "a secret is too short to search for"
        return found


@pytest.fixture(scope="session")
def site() -> Site:
    """Return the deployment under test."""
    return Site(Path(os.environ["SITE_OUTPUT"]))
