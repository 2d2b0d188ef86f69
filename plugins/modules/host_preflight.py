#!/usr/bin/python
# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say everything that would stop a deployment, before anything is changed."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_preflight
short_description: Say everything that would stop a deployment
version_added: 0.1.0
description:
  - Checks declared values and the host itself, and returns every problem at once. It changes nothing and never fails because of a problem.
author: The datacatalog.amundsen authors (@datacatalog)
options:
  values:
    description: Public variables and their values, without secrets. Not checked where empty.
    type: dict
    default: {}
  given_secrets:
    description: For each secret variable, whether it has a value.
    type: dict
    default: {}
  problems:
    description: What was found already, on the controller, in values that may hold a secret.
    type: list
    elements: str
    default: []
  declared_variables:
    description: Names of all variables with the collection's prefix that the user has set.
    type: list
    elements: str
    default: []
  known_variables:
    description: Names of all public variables. Names are not checked where empty.
    type: list
    elements: str
    default: []
  memory_mb:
    description: Memory that the host needs, in MiB.
    type: int
    default: 0
  disk_mb:
    description: Free space that the engine's file system needs, in MiB.
    type: int
    default: 0
  disk_path:
    description: A path on that file system; it need not exist yet.
    type: path
    default: /var/lib/docker
  ports:
    description: Ports that must be free, or taken by one of O(projects).
    type: list
    elements: int
    default: []
  address:
    description: Address on which the ports will be bound.
    type: str
    default: 0.0.0.0
  projects:
    description: Compose projects of ours; a port that one of them publishes is not a problem.
    type: list
    elements: str
    default: []
  users:
    description: Users of ours; a port on which one of them listens is not a problem.
    type: list
    elements: str
    default: []
  python:
    description: A Python on the host that has to be of O(python_version). Not looked at where empty.
    type: path
    default: ""
  python_version:
    description: The version that it has to have, such as V(3.11).
    type: str
    default: ""
  paths:
    description: Paths that have to be there, or must not.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The path.
        type: path
        required: true
      exists:
        description: Whether it has to be there.
        type: bool
        required: true
      problem:
        description: What to say where it is otherwise.
        type: str
        required: true
  controller_time:
    description: The controller's clock, in seconds since the epoch. Not compared where 0.
    type: int
    default: 0
attributes:
  check_mode:
    description: The module only reads.
    support: full
  diff_mode:
    description: The module changes nothing.
    support: none
"""

EXAMPLES = r"""
- name: Look for problems
  datacatalog.amundsen.host_preflight:
    memory_mb: 2000
    disk_mb: 5000
    ports: [80, 443]
  register: preflight
"""

RETURN = r"""
problems:
  description: Each problem, with why it is one and what to do.
  type: list
  elements: str
  returned: always
"""

import errno
import os
import platform
import pwd
import re
import socket
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.datacatalog.amundsen.plugins.module_utils import _preflight

ARCHITECTURES = ("x86_64", "aarch64")
CLOCK_TOLERANCE = 60  # seconds; providers and libraries allow about as much when they check a token's times


def memory_problems(wanted: int) -> list[str]:
    """Compare the host's memory, in MiB, with what is wanted; 3 % are the kernel's own."""
    with open("/proc/meminfo", encoding="ascii") as handle:
        total = int(handle.readline().split()[1]) // 1024
    if total >= wanted * 0.97:
        return []
    return [
        f"This host has {total} MiB of memory, {wanted} MiB are needed: services would be killed (exit code "
        "137). Add memory, or lower amundsen_preflight_memory_mb if you know that it is enough."
    ]


def disk_problems(path: str, wanted: int) -> list[str]:
    """Compare the free space of the file system that holds path, in MiB, with what is wanted."""
    while not os.path.exists(path):
        path = os.path.dirname(path)
    status = os.statvfs(path)
    free = status.f_bavail * status.f_frsize // 2**20
    if free >= wanted:
        return []
    return [
        f"The file system of {path} has {free} MiB free, {wanted} MiB are needed for images and data. Free "
        "some, or lower amundsen_preflight_disk_mb if all images are there already."
    ]


def clock_problems(controller_time: int) -> list[str]:
    """Compare the host's clock with the controller's."""
    skew = int(time.time()) - controller_time
    if not controller_time or abs(skew) <= CLOCK_TOLERANCE:
        return []
    return [
        f"This host's clock is {abs(skew)} s {'ahead of' if skew > 0 else 'behind'} the controller's: logins "
        "would be refused as not yet or no longer valid. Set up time synchronisation (chrony or "
        "systemd-timesyncd)."
    ]


def architecture_problems() -> list[str]:
    """Tell whether the machine is of a kind that the packages exist for."""
    machine = platform.machine()
    return [] if machine in ARCHITECTURES else [f"This host is {machine}; the packages exist for {' and '.join(ARCHITECTURES)} only."]


def published_ports(module: AnsibleModule, projects: list[str]) -> set[int]:
    """Return the host ports that containers of our own projects publish."""
    docker = module.get_bin_path("docker")
    ports: set[int] = set()
    for project in projects if docker else []:
        filters = ["--filter", f"label=com.docker.compose.project={project}"]
        _rc, out, _err = module.run_command([docker, "ps", *filters, "--format", "{{.Ports}}"])
        ports.update(int(port) for port in re.findall(r":(\d+)->", out))
    return ports


def listened_ports(users: list[str]) -> set[int]:
    """Return the TCP ports on which processes of our own users listen."""
    uids = {str(entry.pw_uid) for entry in pwd.getpwall() if entry.pw_name in users}
    ports: set[int] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if uids and os.path.exists(table):
            with open(table, encoding="ascii") as handle:
                rows = [line.split() for line in handle.readlines()[1:]]
            ports.update(int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A" and row[7] in uids)
    return ports


def python_problems(module: AnsibleModule, path: str, wanted: str) -> list[str]:
    """Tell whether a Python is there and of the wanted version."""
    if not path:
        return []
    advice = f"The locked packages are for Python {wanted}. Name one in amundsen_standalone_python, such as /usr/bin/python{wanted}."
    if not os.access(path, os.X_OK):
        return [f"{path} is not there or cannot be run. {advice}"]
    _rc, out, _err = module.run_command([path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    return [] if out.strip() == wanted else [f"{path} is Python {out.strip() or '(no version)'}. {advice}"]


def path_problems(paths: list[dict[str, Any]]) -> list[str]:
    """Return the problems of the paths that are there and must not be, or the other way round."""
    return [entry["problem"] for entry in paths if os.path.exists(entry["path"]) != entry["exists"]]


def port_problems(address: str, ports: list[int], ours: set[int]) -> list[str]:
    """Try to bind each port that is not ours."""
    problems = []
    for port in [port for port in ports if port not in ours]:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    problems.append(
                        f"Port {port} on {address} is taken by another program ('ss -ltnp sport = :{port}' names it). Stop that, or choose another port."
                    )
                elif error.errno == errno.EADDRNOTAVAIL:
                    problems.append(f"{address} is not an address of this host. Set amundsen_bind_address to one that is, or to 0.0.0.0.")
                elif error.errno != errno.EACCES:
                    problems.append(f"Port {port} on {address} cannot be used: {error.strerror}.")
    return problems


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "values": {"type": "dict", "default": {}},
            "given_secrets": {"type": "dict", "default": {}, "no_log": False},
            "problems": {"type": "list", "elements": "str", "default": []},
            "declared_variables": {"type": "list", "elements": "str", "default": []},
            "known_variables": {"type": "list", "elements": "str", "default": []},
            "memory_mb": {"type": "int", "default": 0},
            "disk_mb": {"type": "int", "default": 0},
            "disk_path": {"type": "path", "default": "/var/lib/docker"},
            "ports": {"type": "list", "elements": "int", "default": []},
            "address": {"type": "str", "default": "0.0.0.0"},  # noqa: S104 (the ports of a public service)
            "projects": {"type": "list", "elements": "str", "default": []},
            "users": {"type": "list", "elements": "str", "default": []},
            "python": {"type": "path", "default": ""},
            "python_version": {"type": "str", "default": ""},
            "paths": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "path": {"type": "path", "required": True},
                    "exists": {"type": "bool", "required": True},
                    "problem": {"type": "str", "required": True},
                },
            },
            "controller_time": {"type": "int", "default": 0},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    problems = []
    if wanted["values"]:
        problems += _preflight.value_problems(wanted["values"], wanted["given_secrets"])
    problems += wanted["problems"]
    if wanted["known_variables"]:
        problems += _preflight.unknown_variables(wanted["declared_variables"], wanted["known_variables"])
    if os.geteuid() != 0:
        problems.append("The tasks do not run as root, so no engine can be installed and no service set up. Use become: true, or connect as root.")
    problems += architecture_problems()
    problems += memory_problems(wanted["memory_mb"])
    problems += disk_problems(wanted["disk_path"], wanted["disk_mb"])
    problems += clock_problems(wanted["controller_time"])
    problems += python_problems(module, wanted["python"], wanted["python_version"])
    problems += path_problems(wanted["paths"])
    problems += port_problems(wanted["address"], wanted["ports"], published_ports(module, wanted["projects"]) | listened_ports(wanted["users"]))
    module.exit_json(changed=False, problems=problems)


if __name__ == "__main__":
    main()
