"""A tag runs its phase as a whole, with what the phase needs, and nothing of the others."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import yaml
from test_preflight_play import run_site

PROJECT = Path(__file__).resolve().parents[3]
BUILD = {"base_image", "source", "images", "frontend"}
PHASES = {
    "preflight": {"preflight"},
    "engine": {"docker"},
    "login": {"identity", "oidc"},
    "images": BUILD,
    "services": BUILD | {"identity", "oidc", "stack", "catalog"},
    "proxy": {"proxy"},
    "verify": {"verify"},
}


def listed(*arguments: str) -> list[tuple[str, str]]:
    """Return role and task of what site would run, as far as it can be told before a run."""
    command = ["ansible-playbook", "-i", "localhost,", "-e", "amundsen_hosts=localhost", "playbooks/site.yml", "--list-tasks", *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True, env=os.environ | {"ANSIBLE_NOCOLOR": "1"})
    # Ansible checks the arguments of every role whatever the tags are.
    return re.findall(r"^ +datacatalog\.amundsen\.(\w+) : (?!Validating arguments)(.*?)\tTAGS:", done.stdout, re.MULTILINE)


def test_a_phase_is_run_whole_and_preflight_before_it():
    everything = listed()
    # The checks must trust the proxy's own authority.
    authority = [("proxy", task["name"]) for task in yaml.safe_load((PROJECT / "roles/proxy/tasks/authority.yml").read_text())]
    for phase, roles in PHASES.items():
        needed = authority if phase == "verify" else []
        assert listed("--tags", phase) == [entry for entry in everything if entry[0] in roles | {"preflight"} or entry in needed], phase


def test_what_is_included_during_the_run_is_not_left_out(tenant, tmp_path):
    """Each of the roles of this phase includes its tasks as it runs."""
    root = tmp_path / "root"
    values = {
        "amundsen_public_url": "https://tags.example.com",
        "amundsen_auth0_domain": tenant.domain,
        "amundsen_auth0_management_client_id": tenant.client_id,
        "amundsen_auth0_management_client_secret": tenant.client_secret,
        "amundsen_ca_file": tenant.ca_path,
        "amundsen_source": "release",
        "amundsen_root": str(root),
        "amundsen_preflight_memory_mb": 1,
        "amundsen_preflight_disk_mb": 1,
        "amundsen_http_port": 27280,
        "amundsen_https_port": 27743,
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
    }
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(yaml.safe_dump({"amundsen": {"hosts": {"one": values}}}))
    command = ["ansible-playbook", "-i", str(inventory), "playbooks/site.yml", "--tags", "login"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, env=os.environ | {"ANSIBLE_NOCOLOR": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    (application,) = tenant.clients("Amundsen")
    assert application["callbacks"] == ["https://tags.example.com/authorization-code/callback"]
    assert sorted(str(path.relative_to(root)) for path in root.rglob("frontend.env")) == ["config/frontend.env"]
    assert not (root / "compose.yaml").exists()


def test_wrong_values_stop_every_phase(tmp_path):
    done = run_site(tmp_path, "amundsen_public_url=http://catalog.example.com", tags="proxy")
    message = done.stdout + done.stderr
    assert done.returncode != 0
    assert "amundsen_public_url is 'http://catalog.example.com'" in message
    assert set(re.findall(r"changed=(\d+)", message)) == {"0"}
