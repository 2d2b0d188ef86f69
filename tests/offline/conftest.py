"""A bare host without any network, which has one thing: the bundle. Its only way out is a wire that ends nowhere and counts.

scripts/test makes and signs the bundle before these tests; OFFLINE_BUNDLE names it, OFFLINE_KEYS a folder with the public key (signing.pem)
and another one (another.pem).
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
BUNDLE = Path(os.environ.get("OFFLINE_BUNDLE", "/nonexistent"))
KEYS = Path(os.environ.get("OFFLINE_KEYS", "/nonexistent"))
CAPABILITIES = ["SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE", "SYSLOG", "DAC_READ_SEARCH", "IPC_LOCK", "LINUX_IMMUTABLE", "SYS_NICE", "LEASE", "NET_BROADCAST"]
COLLECTION = "/root/.ansible/collections/ansible_collections/datacatalog/amundsen"

# A default route and a name server, so that whatever asks for the network sends something; nobody answers.
WIRE = """
set -eu
echo 127.0.1.1 $(hostname) >>/etc/hosts
echo nameserver 192.0.2.53 >/etc/resolv.conf
ip link add wire type veth peer name nowhere
for end in wire nowhere; do sysctl -q -w net.ipv6.conf.$end.disable_ipv6=1; ip link set $end up; done
ip address add 192.0.2.2/24 dev wire
for far in 192.0.2.1 192.0.2.53; do ip neighbour add $far lladdr 02:00:00:00:00:01 nud permanent dev wire; done
ip route add default via 192.0.2.1
"""

# What docs/offline.md tells a person to type.
CONTROLLER = """
set -eu
mkdir /root/offline && cd /root/offline
tar -xf /srv/bundle.tar
sha256sum --check --strict --quiet SHA256SUMS
bash controller/install_packages.sh packages.tar python3-venv ''
python3 -m venv /root/venv
/root/venv/bin/pip install --quiet --no-index --find-links controller/wheels --require-hashes -r controller/requirements.txt
/root/venv/bin/ansible-galaxy collection install --offline controller/collections/*.tar.gz
rm -rf /root/offline
"""


class Offline:
    """The host."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.output = ""

    def run(self, script: str, check: bool = True) -> str:
        """Run a script on the host and return what it prints."""
        done = subprocess.run(["docker", "exec", "--interactive", self.name, "bash"], input=script, capture_output=True, text=True, check=False)
        self.output = done.stdout + done.stderr
        assert done.returncode == 0 or not check, self.output[-6000:]
        return done.stdout

    def play(self, playbook: str, *arguments: str, check: bool = True) -> str:
        """Run a playbook of the collection that came out of the bundle, from the host on itself."""
        words = ["/root/venv/bin/ansible-playbook", "-i", f"{COLLECTION}/playbooks/demo/inventory.yml", f"{COLLECTION}/playbooks/{playbook}.yml"]
        values = {"demo_output": "/root/demo", "amundsen_offline_bundle": "/srv/bundle.tar", "amundsen_bundle_public_key": "/srv/keys/signing.pem"}
        words += [word for name, value in values.items() for word in ("-e", f"{name}={value}")] + list(arguments)
        self.run(f"cd /root && ANSIBLE_FORCE_COLOR=0 {' '.join(words)}", check)
        return self.output

    def sent(self) -> int:
        """Return how many packets left by the wire."""
        return int(self.run("cat /sys/class/net/wire/statistics/tx_packets"))

    def access(self) -> dict[str, str]:
        """Return how to get in."""
        return dict(json.loads(self.run("cat /root/demo/access.json")))


@pytest.fixture(scope="session")
def bare() -> Iterator[Offline]:
    """Return a bare host with the wire."""
    suite = subprocess.run(["sh", "-c", ". /etc/os-release; echo $VERSION_CODENAME"], capture_output=True, text=True, check=True).stdout.strip()
    image = subprocess.run([PROJECT / "scripts/host-image", suite], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    name = f"{os.environ.get('AMUNDSEN_TEST_PROJECT', 'amundsen-test')}-offline"
    command = ["docker", "run", "--detach", "--name", name, "--hostname", "offline", "--network", "none", "--cgroupns", "private"]
    command += [word for capability in CAPABILITIES for word in ("--cap-add", capability)]
    command += [word for profile in ("seccomp", "apparmor") for word in ("--security-opt", f"{profile}=unconfined")]
    command += [word for folder in ("/run", "/run/lock", "/tmp:exec") for word in ("--tmpfs", folder)]  # noqa: S108 (in the container)
    command += ["--volume", "/var/lib/docker", "--volume", "/var/lib/containerd", "--volume", f"{BUNDLE.resolve(strict=True)}:/srv/bundle.tar:ro"]
    command += ["--volume", f"{KEYS.resolve(strict=True)}:/srv/keys:ro", image]
    remove = ["docker", "rm", "--force", "--volumes", name]
    subprocess.run(remove, capture_output=True, check=False)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    try:
        host = Offline(name)
        host.run("until systemctl is-system-running | grep -qE 'running|degraded'; do sleep 0.3; done")
        host.run(WIRE)
        yield host
    finally:
        if "OFFLINE_KEEP" not in os.environ:
            subprocess.run(remove, capture_output=True, check=False)


@pytest.fixture(scope="session")
def controller(bare: Offline) -> Offline:
    """Return the host after it was made a controller out of the bundle."""
    assert bare.run("command -v docker || echo none").strip() == "none"
    started = time.monotonic()
    bare.run(CONTROLLER)
    print(f"\ncontroller: {time.monotonic() - started:.0f} s", flush=True)
    return bare


@pytest.fixture(scope="session")
def offline(controller: Offline) -> Offline:
    """Return the host after the demo was installed on it, and everything for that out of the bundle."""
    started = time.monotonic()
    controller.play("demo")
    print(f"catalog: {time.monotonic() - started:.0f} s", flush=True)
    return controller
