#!/usr/bin/python
# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look into Amundsen's frontend where it runs, and at the containers around it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: amundsen_inside
short_description: Look into Amundsen's frontend where it runs
version_added: 0.1.0
description:
  - Finds the frontend's container and runs one program with its Python, which looks at settings, versions, names, authorities, clock,
    session database and back services, and reads the application's routes. No secret leaves the container, and nothing is changed.
  - Looks at what the engine tells of the containers around it, such as published ports, public default passwords and the engine's socket.
  - Takes any deployment, this collection's or one made by hand. It runs on the host, as root or as somebody who may use the engine.
options:
  project:
    description: The Compose project whose service C(frontend) is looked into.
    type: str
    default: amundsen
  container:
    description: Name of the frontend's container, for a deployment made by hand. Without it the only container that looks like one is taken.
    type: str
    default: ""
  pid:
    description: A process of a frontend that runs without Docker. The containers are then not looked at.
    type: int
    default: 0
  issuer:
    description: The expected issuer. Not compared if empty.
    type: str
    default: ""
  allowed_ports:
    description: Ports that may be published, such as the proxy's.
    type: list
    elements: int
    default: [80, 443]
  controller_time:
    description: The controller's clock, in seconds since the epoch. Not compared where 0.
    type: float
    default: 0
  strict:
    description: Whether a failed check fails the module.
    type: bool
    default: true
attributes:
  check_mode:
    description: Nothing is changed in either mode.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
author:
  - The datacatalog.amundsen authors (@datacatalog)
"""

EXAMPLES = r"""
- name: Look into a frontend that was set up by hand
  datacatalog.amundsen.amundsen_inside:
    container: amundsenfrontend
    issuer: https://acme.eu.auth0.com/
  become: true
"""

RETURN = r"""
ok:
  description: Whether no check failed.
  type: bool
  returned: always
container:
  description: Name of the frontend's container, empty if there is none.
  type: str
  returned: always
routes:
  description: The application's routes, for M(datacatalog.amundsen.amundsen_probe).
  type: list
  elements: dict
  returned: always
  sample: [{path: /api/metadata/v0/tags, method: GET}]
host_address:
  description: Address of the host in its network, empty if there is none.
  type: str
  returned: always
checks:
  description: One entry per check.
  type: list
  elements: dict
  returned: always
"""

import inspect
import json
import os
import socket
import subprocess
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.datacatalog.amundsen.plugins.module_utils import _look_inside
from ansible_collections.datacatalog.amundsen.plugins.module_utils._checks import checks_of, failed, passed, skipped
from ansible_collections.datacatalog.amundsen.plugins.module_utils._forged import PUBLIC_KEYS
from ansible_collections.datacatalog.amundsen.plugins.module_utils._inside import (
    AROUND,
    INSIDE,
    Container,
    around,
    check_frontend,
    find_frontend,
    inside,
)
from ansible_collections.datacatalog.amundsen.plugins.module_utils._web_module import finish

LONGEST = 120  # seconds that the program inside may take
SETTINGS_FILES = ("neo4j.conf",)


class NoEngineError(Exception):
    """No engine answers."""


def engine(module: AnsibleModule, *words: str) -> str:
    """Return what the engine's client prints. Raises NoEngineError with its words."""
    docker = module.get_bin_path("docker")
    if not docker:
        raise NoEngineError("There is no docker command on this host")
    code, out, words_of_error = module.run_command([docker, *words])
    if code:
        raise NoEngineError(f"docker {words[0]} says '{words_of_error.strip()[-200:]}'")
    return str(out)


def all_containers(module: AnsibleModule) -> list[Container]:
    """Return every container of the host, stopped ones too, but for those of one command."""
    names = engine(module, "ps", "--all", "--quiet").split()
    told = json.loads(engine(module, "inspect", *names)) if names else []
    return [Container.of(each) for each in told if (each["Config"].get("Labels") or {}).get("com.docker.compose.oneoff") != "True"]


def mounted_settings(containers: list[Container]) -> dict[str, str]:
    """Return the texts of stores' settings that are mounted from the host."""
    texts = {}
    for source in {source for each in containers for source, target in each.mounts if os.path.basename(target) in SETTINGS_FILES}:
        try:
            with open(source, encoding="utf-8", errors="replace") as file:
                texts[source] = file.read(100_000)
        except OSError:
            continue
    return texts


def look(command: list[str], **options: Any) -> tuple[dict[str, Any], str]:
    """Run the program with the frontend's Python; return its answer, or the words of what went wrong."""
    try:
        done = subprocess.run(
            [*command, "-", json.dumps(PUBLIC_KEYS)],
            input=inspect.getsource(_look_inside),
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
            **options,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return {}, str(error)[:200]
    answers = [line for line in done.stdout.splitlines() if line.startswith(_look_inside.MARK)]
    if not answers:
        return {}, (done.stderr.strip().splitlines() or ["it printed nothing"])[-1][:200]
    return json.loads(answers[-1].removeprefix(_look_inside.MARK)), ""


def process(pid: int) -> tuple[list[str], str, dict[str, Any]]:
    """Return the Python of a process, its command line, and how to run that Python as it does. Raises OSError."""
    folder = f"/proc/{pid}"
    with open(f"{folder}/cmdline", "rb") as file:
        words = file.read().rstrip(b"\0").decode().split("\0")
    with open(f"{folder}/environ", "rb") as file:
        environment = dict(line.partition("=")[::2] for line in file.read().rstrip(b"\0").decode().split("\0"))
    owner = os.stat(folder)
    options: dict[str, Any] = {"env": environment, "cwd": f"{folder}/cwd"}
    if os.geteuid() == 0 and owner.st_uid:
        options |= {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    return words[:1], " ".join(words), options


def host_address() -> str:
    """Return the address that this host has towards others; no packet is sent for it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # reserved for documentation
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def not_looked_into(cause: str, checks: tuple[str, ...]) -> list[dict[str, str]]:
    """Return the checks as skipped."""
    return [skipped(cause, check=check) for check in checks]


def examine(module: AnsibleModule) -> tuple[list[dict[str, str]], list[dict[str, str]], str]:
    """Return the checks, the routes, and the container's name."""
    given = module.params
    databases: list[str] = []
    if given["pid"]:
        name, checks = "", not_looked_into("not_ours", AROUND)
        try:
            python, command, options = process(given["pid"])
        except OSError as error:
            first = failed("frontend_missing", f"There is no process {given['pid']} ({error.strerror})")
            return [first, *checks, *not_looked_into("not_looked_into", tuple(INSIDE))], [], name
        checks = [passed("frontend", f"process {given['pid']}"), *checks]
    else:
        try:
            containers = all_containers(module)
        except NoEngineError as error:
            first = failed("no_engine", str(error))
            return [first, *not_looked_into("not_looked_into", (*AROUND, *INSIDE))], [], ""
        found = find_frontend(containers, given["project"], given["container"])
        first = check_frontend(found)
        if found is None:
            first = skipped("not_deployed", first["seen"], check="frontend") if module.check_mode else first
            return [first, *not_looked_into("not_looked_into", (*AROUND, *INSIDE))], [], ""
        name, command = found.name, found.command
        checks = [first, *around(containers, found, mounted_settings(containers), given["allowed_ports"])]
        if found.status != "running":
            return [*checks, *not_looked_into("not_looked_into", tuple(INSIDE))], [], name
        databases = [uri for each in containers for uri in each.databases if each != found]
        python, options = [module.get_bin_path("docker") or "docker", "exec", "--interactive", name, "python3"], {}

    began = time.time()
    seen, problem = look(python, **options)
    if not seen:
        broken = replace_check(checks, failed("no_python", problem))
        return [*broken, *not_looked_into("not_looked_into", tuple(INSIDE))], [], name
    # The program ended some time after the controller looked at its clock.
    controller_time = given["controller_time"] and given["controller_time"] + time.time() - began
    return [*checks, *inside(seen, command, given["issuer"], controller_time, databases)], seen["routes"]["routes"], name


def replace_check(checks: list[dict[str, str]], result: dict[str, str]) -> list[dict[str, str]]:
    """Return the checks with `result` in the place of the one of its id."""
    return [result if check["id"] == result["id"] else check for check in checks]


def main() -> None:
    """Look and return what was found."""
    module = AnsibleModule(
        argument_spec={
            "project": {"type": "str", "default": "amundsen"},
            "container": {"type": "str", "default": ""},
            "pid": {"type": "int", "default": 0},
            "issuer": {"type": "str", "default": ""},
            "allowed_ports": {"type": "list", "elements": "int", "default": [80, 443]},
            "controller_time": {"type": "float", "default": 0},
            "strict": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    checks, routes, container = examine(module)
    order = checks_of("Inside the frontend", "Around the frontend")
    finish(module, sorted(checks, key=lambda check: order.index(check["id"])), routes=routes, container=container, host_address=host_address())


if __name__ == "__main__":
    main()
