"""The role, run by ansible-playbook against a development tenant."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[3]
URLS = {"one": "https://One.example.com/", "two": "https://two.example.com:8443", "three": "https://one.example.com", "four": "https://four.example.com"}
CALLBACKS = [f"https://{host}/authorization-code/callback" for host in ("four.example.com", "one.example.com", "two.example.com:8443")]
DATABASE = "Username-Password-Authentication"
LEFT = "__amundsen_identity | dict2items | selectattr('key', 'in', ['client_id', 'client_secret', 'domain', 'issuer', 'discovery_url']) | items2dict"


class Site:
    """An inventory of four hosts, and playbooks that run the role on them."""

    def __init__(self, tenant, path):
        self.tenant, self.path = tenant, path
        values = {
            "ansible_connection": "local",
            "ansible_python_interpreter": "/usr/bin/python3",
            "amundsen_ca_file": tenant.ca_path,
            "amundsen_auth0_domain": tenant.domain,
            "amundsen_auth0_management_client_id": tenant.client_id,
            "amundsen_auth0_management_client_secret": tenant.client_secret,
        }
        hosts = {host: {"amundsen_public_url": url} for host, url in URLS.items()}
        (path / "inventory.yml").write_text(
            yaml.safe_dump({"amundsen": {"hosts": hosts, "vars": values}, "other": {"hosts": {"elsewhere": None}}}, sort_keys=False)
        )

    def run(self, *arguments, play=None, code=0, **values):
        """Run the role; return the output."""
        keep = {"ansible.builtin.copy": {"dest": f"{self.path}/{{{{ inventory_hostname }}}}.json", "content": f"{{{{ {LEFT} | to_json }}}}"}, "no_log": True}
        usual = {"roles": ["datacatalog.amundsen.identity"], "tasks": [{**keep, "check_mode": False}]}
        text = yaml.safe_dump([{"hosts": "amundsen", "gather_facts": False, **(play or usual)}])
        (self.path / "play.yml").write_text(text)
        command = [
            Path(sys.executable).parent / "ansible-playbook",
            "-i",
            self.path / "inventory.yml",
            "-e",
            json.dumps(values),
            *arguments,
            self.path / "play.yml",
        ]
        environment = os.environ | {"ANSIBLE_COLLECTIONS_PATH": str(PROJECT / ".ansible/collections"), "ANSIBLE_NOCOLOR": "1", "HOME": str(self.path)}
        run = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=self.path, check=False)
        assert run.returncode == code, run.stdout + run.stderr
        assert self.tenant.client_secret not in run.stdout + run.stderr
        return run.stdout + run.stderr

    def left(self, host):
        """Return what the role left on a host."""
        return json.loads((self.path / f"{host}.json").read_text())

    def writes(self):
        return [call for call in self.tenant.log() if call["method"] != "GET" and call["path"] != "/oauth/token"]


@pytest.fixture
def site(tenant, tmp_path):
    return Site(tenant, tmp_path)


def test_all_hosts_are_registered_at_once_and_a_rerun_changes_nothing(site):
    checked = site.run("--check", "--diff")
    assert "changed: [one -> localhost]" in checked
    assert site.writes() == []
    assert site.left("two")["client_id"] == site.left("two")["client_secret"] == "(known after creation)"
    assert "four.example.com/authorization-code/callback" in checked, "the plan is shown"

    output = site.run("-vvv", "--diff")
    (client,) = site.tenant.clients("Amundsen")
    assert client["client_secret"] not in output
    wanted = {
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        "domain": site.tenant.domain,
        "issuer": f"{site.tenant.base_url}/",
        "discovery_url": f"{site.tenant.base_url}/.well-known/openid-configuration",
    }
    assert [site.left(host) for host in URLS] == [wanted] * 4
    assert sorted(client["callbacks"]) == CALLBACKS
    assert sorted(client["allowed_logout_urls"]) == [uri.replace("authorization-code/callback", "signed-out") for uri in CALLBACKS]
    assert sorted(client["web_origins"]) == [uri.removesuffix("/authorization-code/callback") for uri in CALLBACKS]
    assert client["initiate_login_uri"].endswith(".example.com/login")
    assert (client["app_type"], client["token_endpoint_auth_method"]) == ("regular_web", "client_secret_basic")
    assert (client["jwt_configuration"]["alg"], client["refresh_token"]["rotation_type"]) == ("RS256", "non-rotating")
    assert [each["name"] for each in site.tenant.connections() if client["client_id"] in each["_clients"]] == [DATABASE]

    site.tenant.clear_log()
    register = "Make the application what the catalog needs] ***"
    for arguments in (["--check", "--diff"], []):
        assert "changed: " not in site.run(*arguments).partition(register)[2].partition("TASK")[0]
    assert site.writes() == []


@pytest.mark.parametrize("way", ["limit", "serial"])
def test_hosts_that_are_left_out_keep_their_uris(site, way):
    play = {"serial": 1, "roles": ["datacatalog.amundsen.identity"]} if way == "serial" else None
    site.run(*(["--limit", "two"] if way == "limit" else []), play=play)
    (client,) = site.tenant.clients("Amundsen")
    assert sorted(client["callbacks"]) == CALLBACKS
    assert len([call for call in site.writes() if call["path"].startswith("/api/v2/clients")]) == 1


def test_open_sign_up_stops_before_any_write(site):
    site.tenant.add_connection("open", "auth0")
    output = site.run(code=2, amundsen_auth0_connections=["open"])
    for words in ("Anybody can sign up", "open", "amundsen_allowed_email_domains", "amundsen_allow_open_signup"):
        assert words in output
    assert site.writes() == []
    site.run(amundsen_auth0_connections=["open"], amundsen_allowed_email_domains=["example.com"])
    site.run(amundsen_auth0_connections=["open"], amundsen_allow_open_signup=True)
    (client,) = site.tenant.clients("Amundsen")
    assert [each["name"] for each in site.tenant.connections() if client["client_id"] in each["_clients"]] == ["open"]


def test_a_client_registered_by_hand_needs_no_call(site):
    output = site.run(amundsen_oidc_client_id="mine", amundsen_oidc_client_secret="hush-hush-hush")
    assert site.tenant.log() == []
    for callback in CALLBACKS:
        assert callback in output
    assert "hush-hush-hush" not in output
    assert site.left("one") == {
        "client_id": "mine",
        "client_secret": "hush-hush-hush",
        "domain": site.tenant.domain,
        "issuer": f"{site.tenant.base_url}/",
        "discovery_url": f"{site.tenant.base_url}/.well-known/openid-configuration",
    }


def test_another_provider_is_registered_by_hand(site):
    url = "https://id.example.com/.well-known/openid-configuration"
    output = site.run(code=2, amundsen_provider="oidc")
    assert "amundsen_oidc_discovery_url" in output
    site.run(amundsen_provider="oidc", amundsen_oidc_client_id="mine", amundsen_oidc_client_secret="hush", amundsen_oidc_discovery_url=url)
    assert site.left("one")["discovery_url"] == url
    assert site.tenant.log() == []


def test_the_application_is_removed_only_if_that_is_asked_for(site):
    site.run()
    remove = {"tasks": [{"ansible.builtin.include_role": {"name": "datacatalog.amundsen.identity", "tasks_from": "remove"}}]}
    assert "stays" in site.run(play=remove)
    assert len(site.tenant.clients("Amundsen")) == 1
    site.run("-e", "amundsen_identity_remove_application=false", play=remove)
    assert len(site.tenant.clients("Amundsen")) == 1
    site.run("-e", "amundsen_identity_remove_application=true", play=remove)
    assert site.tenant.clients("Amundsen") == []
