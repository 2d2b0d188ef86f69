# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what a host has of Docker and say what is left to do. Changes nothing.

Runs on the target, as ``python - SETTINGS``, SETTINGS being JSON (see ``Settings``), and prints JSON:
``problems`` (list of str), ``engine`` (what is there), ``offer`` (all that a bare
host like this one gets) and ``todo`` (what to do, every item falsy where nothing is).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, TypedDict

COMPOSE_FLOOR = (2, 18)
PACKAGES: dict[str, dict[str, list[str]]] = {
    "vendor": {
        "engine": ["docker-ce", "containerd.io"],
        "client": ["docker-ce-cli"],
        "compose": ["docker-compose-plugin"],
        "buildx": ["docker-buildx-plugin"],
    },
    # Its own Compose is 1.29, and its client is part of the engine's package.
    "debian-12": {"engine": ["docker.io"], "client": ["docker.io"]},
    "debian": {
        "engine": ["docker.io"],
        "client": ["docker-cli"],
        "compose": ["docker-compose"],
        "buildx": ["docker-buildx"],
    },
    "ubuntu": {
        "engine": ["docker.io"],
        "client": ["docker.io"],
        "compose": ["docker-compose-v2"],
        "buildx": ["docker-buildx"],
    },
}
SUPPORTED = "Debian 12 and 13, Ubuntu 22.04 and later"


class Settings(TypedDict):
    """What the role asks for."""

    state: str  # root-only folder that marks an engine as the role's own
    vendor: bool  # packages come from Docker's own repository
    daemon: dict[str, Any]  # wanted keys of daemon.json
    proxy: bool  # proxy settings are given
    max_map_count: int  # wanted least vm.max_map_count, 0 to leave it


def run(*command: str) -> str:
    """Return the output of a command, "" where it fails, hangs for 20 seconds, or is not there."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def read(path: Path) -> str:
    """Return the text of a file, "" where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def load(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file, {} where there is none or only a part of one."""
    try:
        return dict(json.loads(read(path)))
    except ValueError:
        return {}


def numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version: "v2.26.1-4" gives (2, 26, 1)."""
    found = re.search(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def merge(existing: dict[str, Any], wanted: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """Return daemon.json with the wanted keys, keeping every key that the role did not write itself.

    ``ours`` is what the role wrote before. Log options belong to a log driver, so both or neither are set.
    """
    theirs = {key: value for key, value in existing.items() if ours.get(key) != value}
    if "log-driver" in theirs or "log-opts" in theirs:
        wanted = {key: value for key, value in wanted.items() if not key.startswith("log-")}
    return {**wanted, **theirs}


def package_family(os_release: str, vendor: bool) -> str:
    """Return the key of PACKAGES for an os-release text, "" for an unsupported system."""
    fields = dict(line.split("=", 1) for line in os_release.splitlines() if "=" in line)
    name, version = (fields.get(key, "").strip('"') for key in ("ID", "VERSION_ID"))
    if (name == "debian" and numbers(version) < (12,)) or (name == "ubuntu" and numbers(version) < (22, 4)):
        return ""
    if name not in ("debian", "ubuntu"):
        return ""
    if vendor:
        return "vendor"
    return "debian-12" if name == "debian" and numbers(version)[0] == 12 else name


def runs_as_ours(pidfile: Path) -> bool:
    """Tell whether the engine that the role started without an init is alive; a reused process id is not taken for it."""
    pid = read(pidfile).strip()
    return pid.isdigit() and f"--pidfile={pidfile}" in read(Path("/proc", pid, "cmdline")).split("\0")


def interrupted() -> bool:
    """Tell whether a package installation was cut off; apt refuses to go on, or an engine lies there half installed."""
    states = run("dpkg-query", "--show", "--showformat", "${db:Status-Status}\\n").split()
    return bool(set(states) - {"installed", "config-files", "not-installed"}) or any(Path("/var/lib/dpkg/updates").glob("[0-9]*"))


def survey(settings: Settings) -> dict[str, Any]:
    """Return problems, engine and todo, as the module's text describes them."""
    state = Path(settings["state"])
    systemd = Path("/run/systemd/system").is_dir()
    client = shutil.which("docker") or ""
    installed = bool(shutil.which("dockerd"))
    version = run("docker", "version", "--format", "{{.Server.Version}}")
    compose = run("docker", "compose", "version", "--short")
    buildx = run("docker", "buildx", "version")
    compose, buildx = (".".join(map(str, numbers(text))) for text in (compose, buildx))

    wanted = {"daemon": settings["daemon"]}
    marked, applied = load(state / "wanted.json"), load(state / "applied.json")
    # One that does not answer is brought up, and so becomes the role's own.
    ours = not version or (bool(marked) and (systemd or runs_as_ours(state / "dockerd.pid")))

    problems: list[str] = []
    if os.geteuid() != 0:
        problems.append("The user is not root. Run the play with become: true.")
    machine = os.uname().machine
    if machine not in ("x86_64", "aarch64"):
        problems.append(f"The architecture is {machine}. Use a host with x86_64 or aarch64.")
    family = package_family(read(Path("/etc/os-release")), settings["vendor"])
    parts = [] if installed or version else ["engine"]
    parts += [name for name, there in (("client", client), ("compose", compose), ("buildx", buildx)) if not there]
    if parts and not (family and shutil.which("apt-get")):
        problems.append(f"{', '.join(parts)} must be installed, which the role can do on {SUPPORTED}. Install Docker by hand.")
    if compose and numbers(compose) < COMPOSE_FLOOR:
        problems.append(f"The Compose plugin is {compose}, and at least 2.18 is needed. Upgrade it, or remove it to get one.")

    known = PACKAGES.get(family, {})
    packages = sorted({package for part in parts for package in known.get(part, [])})
    if "engine" in parts and read(Path("/sys/module/apparmor/parameters/enabled")).startswith("Y"):
        packages.append("apparmor")  # where the kernel has it on, an engine without its parser starts no container
    plugins = [part for part in parts if part in ("compose", "buildx") and part not in known] if family else []

    daemon: dict[str, Any] = {}
    text = read(Path("/etc/docker/daemon.json"))
    if ours:
        try:
            existing = json.loads(text or "{}")
            merged = merge(existing, settings["daemon"], {**applied.get("daemon", {}), **marked.get("daemon", {})})
            daemon = {} if merged == existing else merged
        except (ValueError, AttributeError) as error:
            problems.append(f"/etc/docker/daemon.json is not a JSON object ({error}). Correct it.")

    proxy = read(state / "proxy.env")
    stale = applied != wanted or proxy != read(state / "proxy.applied")

    maps = Path("/proc/sys/vm/max_map_count")
    low = int(read(maps) or 0) < settings["max_map_count"]
    if low and os.geteuid() == 0 and not os.access(maps, os.W_OK):
        problems.append(
            f"vm.max_map_count is {read(maps).strip()} and cannot be changed from inside this container. On the machine"
            f" that carries it, run: sysctl -w vm.max_map_count={settings['max_map_count']}"
        )
    return {
        "problems": problems,
        "engine": {"version": version, "compose": compose, "buildx": buildx, "ours": ours and bool(version)},
        "systemd": systemd,
        "offer": {
            "packages": sorted({package for group in known.values() for package in group}),
            "plugins": [part for part in ("compose", "buildx") if part not in known],
        },
        "todo": {
            "repair": bool(marked) and not version and interrupted(),
            "packages": packages,
            "plugins": plugins,
            "daemon": daemon,
            "proxy": ours and (settings["proxy"] or bool(proxy)),
            "mark": ours and marked != wanted,
            "max_map_count": settings["max_map_count"] if low else 0,
            "engine": "start" if not version else "restart" if ours and stale else "",
        },
    }


if __name__ == "__main__":
    print(json.dumps(survey(json.loads(sys.argv[1]))))
