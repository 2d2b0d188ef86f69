"""A real ansible-playbook run, -vvv --diff, by somebody who forgot no_log: no secret on the screen."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_http import Auth0Error, Login, Tenant

PLAY = """
- hosts: localhost
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  module_defaults:
    group/datacatalog.amundsen.auth0:
      auth0_domain: "{{ tenant.domain }}"
      auth0_client_id: "{{ tenant.client_id }}"
      auth0_client_secret: "{{ tenant.client_secret }}"
      ca_path: "{{ tenant.ca_path }}"
  tasks:
    - datacatalog.amundsen.auth0_client: {name: Amundsen, callbacks: ["https://a.example.com/cb"], return_secret: true}
      register: made
    - datacatalog.amundsen.auth0_client: {client_id: "{{ made.client_id }}", description: shown, client_metadata: {team: data}}
    - datacatalog.amundsen.auth0_client: {client_id: "{{ made.client_id }}", description: hidden, return_secret: true}
    - datacatalog.amundsen.auth0_client_info: {name: Amundsen, with_connections: true}
    - datacatalog.amundsen.auth0_connection_info:
    - datacatalog.amundsen.auth0_client_secret: {client_id: "{{ made.client_id }}"}
    - datacatalog.amundsen.auth0_client_secret: {client_id: "{{ made.client_id }}", rotate: true, old_secret: "{{ made.client_secret }}"}
      register: rotated
    - datacatalog.amundsen.auth0_client_secret: {client_id: "{{ made.client_id }}", rotate: true, old_secret: "{{ made.client_secret }}"}
    - ansible.builtin.assert:
        that: [made.client_secret | length > 40, rotated.client_secret | length > 40, made.client_secret != rotated.client_secret]
    - ansible.builtin.copy: {dest: "{{ kept }}", content: "{{ [made.client_secret, rotated.client_secret] | to_json }}"}
      no_log: true
    - datacatalog.amundsen.auth0_client: {client_id: "{{ made.client_id }}", return_secret: true, connections: [missing]}
      register: failed
      failed_when: not failed.msg is search('no connection named missing')
    - datacatalog.amundsen.auth0_client: {client_id: "{{ made.client_id }}", state: absent}
"""


def test_a_whole_run_shows_no_secret(auth0, tmp_path):
    (tmp_path / "play.yml").write_text(PLAY)
    known = {"domain": auth0.tenant.domain, "client_id": auth0.tenant.client_id, "client_secret": auth0.tenant.client_secret, "ca_path": auth0.tenant.ca_path}
    (tmp_path / "known.json").write_text(json.dumps({"tenant": known, "kept": str(tmp_path / "kept")}))
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-vvv", "--diff", "-e", f"@{tmp_path}/known.json", str(tmp_path / "play.yml")]
    environment = auth0.environment | {"ANSIBLE_COLLECTIONS_PATH": auth0.environment["PYTHONPATH"], "ANSIBLE_NOCOLOR": "1"}
    run = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    output = run.stdout + run.stderr
    assert run.returncode == 0, output
    secrets = [auth0.tenant.client_secret, *json.loads((tmp_path / "kept").read_text())]
    assert len(set(secrets)) == 3
    for secret in secrets:
        assert secret not in output
    assert "eyJ" not in output, "a token"
    assert "https://a.example.com/cb" in output, "the rest is shown"
    assert re.search(r"^\+.*description.*shown", output, re.MULTILINE), "so is the difference"


def test_a_secret_that_stands_where_none_belongs_is_not_shown(auth0):
    made = auth0.tenant.add_client("Amundsen")
    auth0.tenant.change_client(made["client_id"], description=f"the secret is {made['client_secret']}")
    run = auth0.client(client_id=made["client_id"], callbacks=["https://a.example.com/cb"])
    assert made["client_secret"] not in run.output
    assert run["existing"]["description"].startswith("the secret is ")


@pytest.mark.parametrize("form", ['{{"message": "no {}"}}', '{{"client_secret": "{}"', "<h1>{}</h1>"])
def test_errors_hold_no_secret_whoever_shows_them(auth0, form):
    """The errors themselves, not only what the module makes of them."""
    tenant = Tenant(Login(auth0.tenant.base_url, auth0.tenant.client_id, auth0.tenant.client_secret, ca_path=auth0.tenant.ca_path))
    auth0.tenant.fault(method="GET", path="/api/v2/clients", action="status", status=400, body=form.format(auth0.tenant.client_secret))
    with pytest.raises(Auth0Error) as raised:
        tenant.get("/clients")
    assert auth0.tenant.client_secret not in str(raised.value)
    assert "***" in str(raised.value)


def test_a_password_in_netrc_does_not_replace_the_token(auth0):
    (auth0.home / ".netrc").write_text("machine 127.0.0.1 login somebody password hush-hush-hush\n")
    (auth0.home / ".netrc").chmod(0o600)
    assert auth0.client(name="Amundsen")["changed"]
