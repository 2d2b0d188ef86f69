"""A site with wrong values stops with one list of all of them, before anything is changed."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]


def run_site(tmp_path: Path, *values: str, tags: str = "all") -> subprocess.CompletedProcess[str]:
    inventory = tmp_path / "inventory.yml"
    host = f"{{ansible_connection: local, ansible_python_interpreter: {sys.executable}}}"
    inventory.write_text(f"amundsen: {{hosts: {{one: {host}, two: {host}}}}}")
    extra = [word for value in values for word in ("-e", value)]
    command = ["ansible-playbook", "-i", str(inventory), "playbooks/site.yml", "-e", f"amundsen_root={tmp_path}/root", "--tags", tags, *extra]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, env=os.environ | {"ANSIBLE_FORCE_COLOR": "0"})


def test_all_problems_in_one_list_and_nothing_changed(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_site(
            tmp_path,
            "amundsen_public_url=http://catalog.example.com",
            "amundsen_provider=auth0",
            "amundsen_auth0_domain=https://acme.eu.auth0.com",
            "amundsen_auth0_management_client_id=abc",
            "amundsen_auth0_management_client_secret=",
            "amundsen_bind_address=127.0.0.1",
            f"amundsen_https_port={port}",
            "amundsen_preflight_memory_mb=99999999",
            "amundsen_preflight_disk_mb=99999999",
            "amundsen_sample_date=true",
        )
    assert done.returncode != 0
    message = done.stdout + done.stderr
    for words in (
        "nothing was changed",
        "amundsen_public_url is 'http://catalog.example.com'",
        "Write 'acme.eu.auth0.com'",
        "amundsen_auth0_management_client_secret is empty",
        f"Port {port} on 127.0.0.1 is taken",
        "MiB of memory, 99999999 MiB are needed",
        "MiB free, 99999999 MiB are needed",
        "Did you mean amundsen_sample_data?",
    ):
        assert words in message, message
    assert set(re.findall(r"changed=(\d+)", message)) == {"0"}
    assert not (tmp_path / "root").exists()


def test_missing_values_are_named(tmp_path):
    done = run_site(tmp_path)
    message = done.stdout + done.stderr
    assert done.returncode != 0
    for name in ("amundsen_public_url is not set", "amundsen_auth0_domain is empty", "amundsen_auth0_management_client_id is empty"):
        assert name in message, message


def test_an_unknown_provider_is_named_with_those_that_exist(tmp_path):
    done = run_site(tmp_path, "amundsen_provider=autho", "amundsen_public_url=https://catalog.example.com")
    assert "amundsen_provider is 'autho', which is not one of: auth0, oidc" in done.stdout + done.stderr


def test_a_wrong_management_secret_stops_before_anything_is_changed(tenant, tmp_path):
    done = run_site(
        tmp_path,
        "amundsen_public_url=https://catalog.example.com",
        f"amundsen_auth0_domain={tenant.domain}",
        f"amundsen_auth0_management_client_id={tenant.client_id}",
        "amundsen_auth0_management_client_secret=not-the-secret",
        f"amundsen_ca_file={tenant.ca_path}",
        "amundsen_preflight_memory_mb=1",
        "amundsen_preflight_disk_mb=1",
        "amundsen_http_port=27080",
        "amundsen_https_port=27443",
    )
    message = done.stdout + done.stderr
    assert done.returncode != 0
    assert "Ask the provider before anything is changed" in message
    assert "auth0_client_id and auth0_client_secret do not belong together" in " ".join(message.replace("\n", " ").split()), message
    assert set(re.findall(r"changed=(\d+)", message)) == {"0"}
    assert "TASK [datacatalog.amundsen.docker" not in message


def test_stores_that_do_not_fit_are_all_named(tmp_path):
    done = run_site(
        tmp_path,
        "amundsen_stores=neo4j",
        "amundsen_neo4j_image=neo4j:5.26-community",
        "amundsen_elasticsearch_image=elasticsearch:8.0.0",
        "amundsen_session_store_url=postgresql://db.example.com/sessions",
        "amundsen_session_store_user=frontend",
        "amundsen_session_store_password=a-secret-that-no-message-shows",
        "amundsen_preflight_disk_mb=1",
    )
    message = " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0
    for words in ("amundsen_neo4j_image is 'neo4j:5.26-community'", "amundsen_elasticsearch_image is 'elasticsearch:8.0.0'"):
        assert words in message, message
    assert "amundsen_session_store" not in message
    assert "a-secret-that-no-message-shows" not in message
    assert set(re.findall(r"changed=(\d+)", message)) == {"0"}
