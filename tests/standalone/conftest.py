# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bare host with systemd and without Docker, a tenant it can reach, and this collection's playbooks run on it.

Metadata and search are elsewhere, as far as the host knows: two small servers that are well.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "roles/dev_tenant/files")]
from amundsen_dev_tenant.certificates import ensure_certificates

HOST = f"{os.environ.get('AMUNDSEN_TEST_PROJECT', 'amundsen-standalone')}-host"
PLATFORM = {"name": HOST, "suite": "bookworm", "init": True}
SERVICE = "amundsen-standalone"
USER, PASSWORD = "ann@corp.test", "correct horse"
WELL = """
import http.server as s
class Well(s.BaseHTTPRequestHandler):
    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(404 if "/user/" in self.path else 200); self.end_headers()
        self.wfile.write(b'{"results": [], "total_results": 0, "tag_usages": []}')
    do_POST = do_GET
    def log_message(self, *_): pass
s.ThreadingHTTPServer(("127.0.0.1", 7000), Well).serve_forever()
"""


def command(*words: str, check: bool = True, **more: Any) -> str:
    """Return the standard output of a command."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0 or not check, f"{words}\n{done.stdout[-8000:]}\n{done.stderr[-4000:]}"
    return done.stdout.strip()


@dataclass
class Host:
    """The host, and what an operator does with it."""

    address: str
    tenant: dict[str, str]
    folder: Path
    runs: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, check: bool = True) -> str:
        """Run a command on the host."""
        return command("docker", "exec", HOST, *words, check=check)

    def play(self, book: str, *arguments: str, port: int = 5000, check: bool = True) -> str:
        """Run a playbook and return what it said."""
        values = {
            "amundsen_project": "amundsen",
            "amundsen_public_url": f"https://{self.address}",
            "amundsen_auth0_domain": self.tenant["base_url"].removeprefix("https://"),
            "amundsen_auth0_management_client_id": self.tenant["client_id"],
            "amundsen_auth0_management_client_secret": self.tenant["client_secret"],
            "amundsen_ca_file": str(self.folder / "authorities.pem"),
            "amundsen_allowed_email_domains": ["corp.test"],
            "amundsen_source": "release",
            "amundsen_standalone_tls": "files",
            "amundsen_standalone_port": port,
            "amundsen_standalone_metadata_url": "http://127.0.0.1:7000",
            "amundsen_standalone_search_url": "http://127.0.0.1:7000",
            "amundsen_tls_certificate_file": str(self.folder / "tenant.pem"),
            "amundsen_tls_key_file": str(self.folder / "tenant.key"),
            "amundsen_verify_username": USER,
            "amundsen_verify_password": PASSWORD,
            "amundsen_verify_report_dir": str(self.folder),
            "ansible_connection": "community.docker.docker",
            "ansible_python_interpreter": "/usr/bin/python3",
        }
        inventory = self.folder / "inventory.json"
        inventory.write_text(json.dumps({"amundsen": {"hosts": {HOST: values}}}))
        words = ("ansible-playbook", "-i", str(inventory), f"playbooks/{book}.yml", *arguments)
        return command(*words, check=check, cwd=ROOT, env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_PIPELINING": "1"})

    def pid(self) -> int:
        """Return the process id of the service's first process, 0 where it does not run."""
        return int(self.run("systemctl", "show", "--property", "MainPID", "--value", SERVICE))

    def get(self, path: str, port: int = 5000, **more: Any) -> requests.Response:
        """Ask the frontend, as anybody may."""
        url = f"https://{self.address}:{port}{path}"
        return requests.get(url, verify=str(self.folder / "ca.pem"), timeout=10, allow_redirects=False, **more)

    def tenant_clients(self) -> list[dict[str, Any]]:
        """Return the tenant's applications named Amundsen."""
        answer = requests.get(f"{self.tenant['admin']}/clients", verify=self.tenant["ca_path"], timeout=10)
        return [client for client in answer.json() if client["name"] == "Amundsen"]


def changed(output: str) -> int:
    """Return how many tasks changed something, of a run in which none failed."""
    (recap,) = re.findall(r"changed=(\d+) +unreachable=0 +failed=0", output)
    return int(recap)


def set_up(playbook: str) -> None:
    """Run one of molecule's playbooks for hosts in containers."""
    environment = {**os.environ, "MOLECULE_PROJECT_DIRECTORY": str(ROOT)}
    hosts = json.dumps({"molecule_yml": {"platforms": [PLATFORM]}})
    command("ansible-playbook", "-i", "localhost,", f"molecule/shared/{playbook}.yml", "-e", hosts, cwd=ROOT, env=environment)


@pytest.fixture(scope="session")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Run a tenant at the address under which a container sees this machine."""
    subnet = command("docker", "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Subnet}}")
    address = str(next(ipaddress.ip_network(subnet).hosts()))
    data = tmp_path_factory.mktemp("tenant") / "data"
    # Its admin API answers on loopback only.
    words = [sys.executable, "-m", "amundsen_dev_tenant", "--data", str(data), "--name", address, "--bind", "0.0.0.0", "--announce"]  # noqa: S104
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "roles/dev_tenant/files")}
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            announced = json.loads(process.stdout.readline())
            announced["admin"] = announced["base_url"].replace(address, "127.0.0.1") + "/__admin"
            user = {"username": USER, "password": PASSWORD, "claims": {"email": USER, "email_verified": True, "name": "Ann"}}
            requests.post(f"{announced['admin']}/users", json=user, verify=announced["ca_path"], timeout=10).raise_for_status()
            yield announced
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(10)


@pytest.fixture(scope="session")
def bare(tenant: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """Return a host on which nothing was done yet."""
    set_up("destroy")
    set_up("create")
    address = command("docker", "inspect", HOST, "--format", "{{.NetworkSettings.IPAddress}}")
    folder = tmp_path_factory.mktemp("standalone")
    ensure_certificates(folder, address)
    (folder / "authorities.pem").write_text((folder / "ca.pem").read_text() + Path(tenant["ca_path"]).read_text())
    command("docker", "exec", "--detach", HOST, "python3", "-c", WELL)
    yield Host(address, tenant, folder)
    set_up("destroy")


@pytest.fixture(scope="session")
def host(bare: Host) -> Host:
    """Return the host with the standalone frontend, deployed twice."""
    bare.runs["before"] = bare.run("sh", "-c", "getent passwd; ls /opt /etc/systemd/system")
    bare.runs["first"] = bare.play("standalone", "-vv", "--diff")
    bare.runs["pid"] = str(bare.pid())
    bare.runs["again"] = bare.play("standalone")
    return bare


def eventually(condition: Any, seconds: float = 15) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.2)
