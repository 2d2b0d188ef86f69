# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three hosts in containers, each with an engine of its own; the collection reaches them as any hosts.

scripts/test-delivery makes their image and names it in ENGINE_IMAGE.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PREFIX = os.environ.get("AMUNDSEN_TEST_PROJECT", "amundsen-delivery")
CAPABILITIES = ["SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE", "SYSLOG", "DAC_READ_SEARCH", "IPC_LOCK", "LINUX_IMMUTABLE", "SYS_NICE", "LEASE", "NET_BROADCAST"]
SECURITY = ["--cgroupns=private", "--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined"]
ROOM = ["--tmpfs=/run", "--tmpfs=/tmp:exec", "--volume=/var/lib/docker", "--volume=/var/lib/containerd"]


def command(*words: str, check: bool = True, stdin: str | None = None) -> str:
    """Return what a command prints."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, input=stdin)
    assert done.returncode == 0 or not check, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


class Host:
    """A host in a container."""

    def __init__(self, name: str) -> None:
        self.name = f"{PREFIX}-{name}"

    def start(self) -> None:
        capabilities = [f"--cap-add={each}" for each in CAPABILITIES]
        command(
            "docker",
            "run",
            "--detach",
            "--name",
            self.name,
            "--hostname",
            self.name,
            "--network",
            PREFIX,
            *capabilities,
            *SECURITY,
            *ROOM,
            os.environ["ENGINE_IMAGE"],
        )

    def run(self, script: str, check: bool = True) -> str:
        """Run a shell script in it, and return what it prints."""
        return command("docker", "exec", "--interactive", self.name, "sh", "-s", stdin=script, check=check)

    def wait(self) -> None:
        """Wait until the engine answers."""
        self.run("for _ in $(seq 100); do docker version >/dev/null 2>&1 && exit; sleep 0.2; done; exit 1")

    def images(self) -> dict[str, str]:
        """Return name with tag -> id of our images."""
        lines = self.run("docker image ls --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' --filter label=datacatalog.amundsen.image")
        return {name: identity for name, identity in (line.split() for line in lines.splitlines()) if name.startswith("amundsen/")}

    def left_over(self) -> str:
        """Return paths that a delivery may have left."""
        return self.run(
            "find / -xdev \\( -name 'amundsen-images*' -o -name 'amundsen-registry-*' -o -path '/opt/amundsen/build/images*' \\) -print; find /tmp -mindepth 1"
        )


class Run:
    """One run of ansible."""

    def __init__(self, code: int, output: str) -> None:
        self.code, self.output = code, output
        self.words = " ".join(output.split())

    def changed(self) -> dict[str, int]:
        """Return how many tasks changed something, by host."""
        return {host.removeprefix(f"{PREFIX}-"): int(count) for host, count in re.findall(r"^(\S+) +: .*changed=(\d+)", self.output, re.MULTILINE)}

    def tasks(self) -> list[str]:
        """Return the names of the tasks."""
        return re.findall(r"^TASK \[(?:.* : )?(.*?)\]", self.output, re.MULTILINE)


class Site:
    """The hosts, and how ansible is run on them."""

    def __init__(self, folder: Path) -> None:
        self.builder, self.one, self.two = self.hosts = [Host(name) for name in ("builder", "one", "two")]
        self.folder = folder
        self.temporary = folder / "controller"
        self.inventory = folder / "inventory.yml"
        common = {"ansible_connection": "community.docker.docker", "ansible_python_interpreter": "/usr/bin/python3"}
        self.inventory.write_text(json.dumps({"amundsen": {"hosts": {host.name: {} for host in self.hosts}, "vars": common}}))

    def start(self, *words: str, playbook: str = "play.yml", **values: Any) -> subprocess.Popen[str]:
        """Start a play, in a process group of its own."""
        return self._start("ansible-playbook", str(PROJECT / "tests/delivery" / playbook), *words, "--extra-vars", json.dumps(values))

    def play(self, *words: str, playbook: str = "play.yml", **values: Any) -> Run:
        """Run a play to its end."""
        return self._finish(self.start(*words, playbook=playbook, **values))

    def module(self, host: Host, name: str, **arguments: Any) -> Run:
        """Run one module on one host."""
        return self._finish(self._start("ansible", host.name, "-m", f"datacatalog.amundsen.{name}", "-a", json.dumps(arguments)))

    def _start(self, program: str, *words: str) -> subprocess.Popen[str]:
        self.temporary.mkdir(exist_ok=True)
        settings = {
            "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / ".ansible/collections"),
            "ANSIBLE_LOCAL_TEMP": str(self.temporary),
            "ANSIBLE_PIPELINING": "true",
            "ANSIBLE_FORCE_COLOR": "false",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
        }
        return subprocess.Popen(
            [program, "--inventory", str(self.inventory), *words],
            cwd=PROJECT, env=os.environ | settings, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    @staticmethod
    def _finish(process: subprocess.Popen[str]) -> Run:
        output, _ = process.communicate(timeout=300)
        return Run(process.returncode, output)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"))

    def remove() -> None:
        command("docker", "rm", "--force", "--volumes", *[host.name for host in site.hosts], check=False)
        command("docker", "network", "rm", PREFIX, check=False)

    remove()
    command("docker", "network", "create", PREFIX)
    try:
        for host in site.hosts:
            host.start()
        for host in site.hosts:
            host.wait()
        # An image with a shell in it stands for Debian; all that is wanted of it is a name and a layer.
        site.builder.run("mkdir -p /root/base/bin && cp /bin/busybox /root/base/bin && ln -s busybox /root/base/bin/sh && ln -s busybox /root/base/bin/dd")
        yield site
    finally:
        remove()


@pytest.fixture(scope="session")
def registry(site: Site) -> Iterator[dict[str, str]]:
    """A registry on the builder, with TLS and a login; not yet running."""
    script = f"""
        mkdir -p /srv/registry && cd /srv/registry
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=registry -addext subjectAltName=DNS:{site.builder.name} \
            -keyout key.pem -out cert.pem 2>/dev/null
        htpasswd -Bbn user correct-horse-battery > users
        cat > config.yml <<'CONFIG'
version: 0.1
storage: {{filesystem: {{rootdirectory: /srv/registry/data}}}}
http: {{addr: ":5000", tls: {{certificate: /srv/registry/cert.pem, key: /srv/registry/key.pem}}}}
auth: {{htpasswd: {{realm: test, path: /srv/registry/users}}}}
CONFIG
        cat cert.pem"""
    authority = site.folder / "ca.pem"
    authority.write_text(site.builder.run(script) + "\n")
    yield {
        "amundsen_registry": f"{site.builder.name}:5000/team/amundsen",
        "amundsen_registry_username": "user",
        "amundsen_registry_password": "correct-horse-battery",
        "amundsen_ca_file": str(authority),
    }


def start_registry(site: Site) -> None:
    """Start the registry and wait until it listens."""
    site.builder.run(
        "setsid docker-registry serve /srv/registry/config.yml >/dev/null 2>&1 &\nfor _ in $(seq 50); do ss -ltn | grep :5000 && exit; sleep 0.1; done; exit 1"
    )
