"""Where auth0-deploy-cli is, Auth0's own tool from npm."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


class Missing(Exception):
    """A foreign client cannot be had here."""


def deploy_cli() -> Path:
    """Return the folder of auth0-deploy-cli, installed from the lock."""
    if not (shutil.which("npm") and shutil.which("node")):
        raise Missing("npm and node are not installed")
    folder = ROOT / ".cache" / "bench"
    stamp, wanted = folder / "stamp", hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    if not (stamp.exists() and stamp.read_text() == wanted):
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        try:
            subprocess.run(
                ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, stdout=sys.stderr, check=True, timeout=300
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            raise Missing("npm could not install its packages, see above") from error
        stamp.write_text(wanted)
    return folder / "node_modules" / "auth0-deploy-cli"
