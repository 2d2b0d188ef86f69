"""The collection as it is published: built, installed into an empty place, and used from there."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from functools import partial
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[3]
# As on a user's machine: nothing leads to this tree.
ELSEWHERE = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "ANSIBLE_CONFIG", "ANSIBLE_COLLECTIONS_PATH")}


@pytest.fixture(scope="module")
def artifact(tmp_path_factory):
    folder = tmp_path_factory.mktemp("artifact")
    subprocess.run(["ansible-galaxy", "collection", "build", "--output-path", str(folder)], cwd=PROJECT, check=True, capture_output=True)
    (built,) = folder.glob("datacatalog-amundsen-*.tar.gz")
    return built


@pytest.fixture(scope="module")
def installed(artifact, tmp_path_factory):
    """Install it beside the one collection that it needs; return the folder of collections."""
    folder = tmp_path_factory.mktemp("collections")
    command = ["ansible-galaxy", "collection", "install", str(artifact), "--collections-path", str(folder), "--no-deps", "--offline"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=ELSEWHERE)
    (folder / "ansible_collections/community").symlink_to(PROJECT / ".ansible/collections/ansible_collections/community")
    return folder


def test_the_artifact_holds_what_users_need_and_nothing_else(artifact):
    with tarfile.open(artifact) as archive:
        names = {member.name for member in archive if not member.isdir()}
    assert {name.split("/")[0] for name in names if "/" in name} == {"changelogs", "docs", "examples", "meta", "playbooks", "plugins", "requirements", "roles"}
    assert [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".tar.gz"))] == []
    kept = subprocess.run(["git", "ls-files", "-z", "roles", "plugins", "playbooks", "meta"], cwd=PROJECT, check=True, capture_output=True, text=True).stdout
    assert sorted(set(filter(None, kept.split("\0"))) - names) == [], "left out of the artifact"


def test_a_playbook_runs_from_the_installed_collection(installed, tenant, tmp_path):
    root = tmp_path / "root"
    values = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "amundsen_root": str(root),
        "amundsen_public_url": "https://catalog.example.com",
        "amundsen_auth0_domain": tenant.domain,
        "amundsen_auth0_management_client_id": tenant.client_id,
        "amundsen_auth0_management_client_secret": tenant.client_secret,
        "amundsen_ca_file": tenant.ca_path,
        "amundsen_http_port": 27180,
        "amundsen_https_port": 27543,
        "amundsen_preflight_memory_mb": 1,
        "amundsen_preflight_disk_mb": 1,
    }
    inventory, play = tmp_path / "inventory.yml", tmp_path / "play.yml"
    inventory.write_text(yaml.safe_dump({"amundsen": {"hosts": {"one": values}}}))
    roles = [f"datacatalog.amundsen.{name}" for name in ("preflight", "identity", "oidc")]
    play.write_text(yaml.safe_dump([{"hosts": "amundsen", "gather_subset": ["!all", "min"], "roles": roles}]))
    environment = ELSEWHERE | {"ANSIBLE_COLLECTIONS_PATH": str(installed), "ANSIBLE_INJECT_FACT_VARS": "False"}
    run = partial(subprocess.run, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)
    done = run(["ansible-playbook", "-v", "-i", str(inventory), str(play)])
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"AMUNDSEN_PUBLIC_URL={values['amundsen_public_url']}" in (root / "config/frontend.env").read_text()
    (application,) = tenant.clients("Amundsen")
    assert application["callbacks"] == ["https://catalog.example.com/authorization-code/callback"]
    site = run(["ansible-playbook", "-i", str(inventory), "datacatalog.amundsen.site", "--list-tasks"])
    assert site.returncode == 0 and "datacatalog.amundsen.verify" in site.stdout
