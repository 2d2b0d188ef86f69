"""The example inventories pass the preflight of values, and the survey asks for variables that exist."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from test_every_variable import options

PROJECT = Path(__file__).resolve().parents[3]
EXAMPLES = sorted((PROJECT / "examples").glob("*.yml"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_inventory_passes_preflight(example, tenant, tmp_path):
    """On this machine in place of the hosts, with the tenant in place of the provider; all other values are the example's."""
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "amundsen_root": str(tmp_path / "root")}
    room = {"amundsen_preflight_memory_mb": 1, "amundsen_preflight_disk_mb": 1, "amundsen_http_port": 27380, "amundsen_https_port": 27843}
    vault = dict.fromkeys(["vault_oidc_secret", "vault_graph_password", "vault_search_password", "vault_session_password"], "of a vault")
    provider = {"amundsen_auth0_domain": tenant.domain, "vault_auth0_id": tenant.client_id, "vault_auth0_secret": tenant.client_secret}
    values = here | room | vault | provider | {"amundsen_ca_file": tenant.ca_path, "amundsen_source": "release"}
    given, play = tmp_path / "values.json", tmp_path / "play.yml"
    given.write_text(json.dumps(values))
    play.write_text(yaml.safe_dump([{"hosts": "amundsen", "gather_subset": ["!all", "min"], "roles": ["datacatalog.amundsen.preflight"]}]))
    command = ["ansible-playbook", "-i", str(example), "-e", f"@{given}", str(play)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, env=os.environ | {"ANSIBLE_NOCOLOR": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    subprocess.run(["ansible-playbook", "-i", str(example), "playbooks/site.yml", "--syntax-check"], cwd=PROJECT, check=True, capture_output=True)


def test_the_survey_asks_for_variables_that_exist():
    known = options()
    for question in json.loads((PROJECT / "examples/awx-survey.json").read_text())["spec"]:
        option = known[question["variable"]]
        assert (question["type"] == "password") == question["variable"].endswith("_secret")
        if "choices" in option:
            assert question["choices"] == option["choices"]


def test_the_execution_environment_has_what_the_controller_needs():
    wanted = {line for line in (PROJECT / "requirements/controller.in").read_text().splitlines() if line and not line.startswith("#")}
    dependencies = yaml.safe_load((PROJECT / "meta/execution-environment.yml").read_text())["dependencies"]
    assert {dependencies["ansible_core"]["package_pip"], *dependencies["python"]} == wanted
    assert (PROJECT / "meta" / dependencies["galaxy"]).resolve() == PROJECT / "requirements/collections.yml"
