"""A proxy whose certificate comes from a real ACME server with a private authority: Let's Encrypt's own test server, pebble."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from network.company import PROJECT, certificates, run

HERE = Path(__file__).parent
NAME, HOST = "amundsen-acme", "catalog-acme.amundsen.test"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Acme:
    """pebble, a name server that leads every name to this machine, and a network of the engine from which pebble is reached."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self.http, self.https, self._port, management, names = (free_port() for _ in range(5))
        run("docker", "network", "create", f"{NAME}_edge")
        (gateway,) = run("docker", "network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", f"{NAME}_edge").split()
        certificates(folder, gateway)
        self.directory = f"https://{gateway}:{self._port}/dir"
        self._roots = f"https://localhost:{management}/roots/0"
        pebble = {
            "listenAddress": f"0.0.0.0:{self._port}",
            "managementListenAddress": f"127.0.0.1:{management}",
            "certificate": str(folder / "server.pem"),
            "privateKey": str(folder / "server.key"),
            "httpPort": self.http,
            "tlsPort": self.https,
        }
        (folder / "pebble.json").write_text(json.dumps({"pebble": pebble}))
        self.log = folder / "log"
        no_others = [word for name in ("http01", "https01", "tlsalpn01") for word in (f"-{name}", "")]
        self._processes = [
            self._start(programs / "pebble-challtestsrv", *no_others, "-management", f"127.0.0.1:{free_port()}", "-dns01", f"127.0.0.1:{names}",
                        "-defaultIPv4", "127.0.0.1", "-defaultIPv6", ""),
            self._start(programs / "pebble", "-config", folder / "pebble.json", "-dnsserver", f"127.0.0.1:{names}"),
        ]  # fmt: skip

    def _start(self, *words: str | Path) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(words, stdout=log, stderr=log, env=os.environ | {"PEBBLE_VA_NOSLEEP": "1"})

    def root(self) -> str:
        """Return the certificate of the authority that signs what is ordered; pebble makes a new one at each start."""
        trust = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        with urllib.request.urlopen(self._roots, context=trust, timeout=10) as answer:  # noqa: S310
            return answer.read().decode()

    def orders(self) -> int:
        """Return how many certificates were ordered."""
        return self.log.read_text().count("Issued certificate serial")

    def deploy(self, *words: str) -> str:
        """Run the role on this host, and return what it says."""
        given = {
            "amundsen_project": NAME,
            "amundsen_root": str(self.folder / "root"),
            "amundsen_public_url": f"https://{HOST}:{self.https}",
            "amundsen_bind_address": "127.0.0.1",
            "amundsen_http_port": self.http,
            "amundsen_https_port": self.https,
            "amundsen_image_names": {"proxy": run("docker", "image", "ls", "amundsen/proxy", "--format", "{{.Repository}}:{{.Tag}}").split()[0]},
            "amundsen_tls": "acme",
            "amundsen_acme_email": "ops@amundsen.test",
            "amundsen_acme_directory": self.directory,
            "amundsen_ca_file": str(self.folder / "ca.pem"),
            "ansible_python_interpreter": sys.executable,
        }
        return run("ansible-playbook", HERE / "proxy.yml", "-e", json.dumps(given), *words, cwd=PROJECT, env=os.environ | {"ANSIBLE_FORCE_COLOR": "0"})

    def compose(self, *words: str) -> str:
        return run("docker", "compose", "--file", self.folder / "root/proxy.yaml", *words)

    def certificate(self) -> dict[str, Any]:
        """Return the certificate that the proxy shows, as one who trusts the authority and asks for the site's name gets it."""
        trust = ssl.create_default_context(cadata=self.root())
        with socket.create_connection(("127.0.0.1", self.https), 5) as plain, trust.wrap_socket(plain, server_hostname=HOST) as secure:
            return dict(secure.getpeercert() or {})

    def close(self) -> None:
        if (self.folder / "root/proxy.yaml").exists():
            self.compose("down", "--volumes", "--timeout", "2")
        run("docker", "network", "rm", f"{NAME}_edge")
        for process in self._processes:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Acme]:
    made = Acme(tmp_path_factory.mktemp("acme"), Path(os.environ["PEBBLE"]).parent)
    try:
        made.deploy()
        yield made
    finally:
        made.close()


def test_the_authority_gives_the_certificate_of_the_site(acme: Acme) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            found = acme.certificate()
        except (OSError, ssl.SSLError):
            assert time.monotonic() < end, acme.compose("logs", "--no-color")[-3000:] + acme.log.read_text()[-3000:]
            time.sleep(0.5)
        else:
            break
    assert found["subjectAltName"] == (("DNS", HOST),)
    assert "Pebble Intermediate" in str(found["issuer"])


def test_it_is_kept(acme: Acme) -> None:
    """An authority that is asked at each start refuses after some: Let's Encrypt after five in a week."""
    serial, orders = acme.certificate()["serialNumber"], acme.orders()
    assert orders == 1
    acme.compose("down", "--timeout", "2")
    assert "changed=1 " in acme.deploy()
    assert acme.certificate()["serialNumber"] == serial
    assert acme.orders() == orders


def test_a_second_run_changes_nothing(acme: Acme) -> None:
    assert "changed=0 " in acme.deploy()
    assert "changed=0 " in acme.deploy("--check")
