"""Options, their documentation and their defaults say the same; and where the login may come from."""

from __future__ import annotations

import ast
import re

import pytest
import yaml
from ansible_collections.datacatalog.amundsen.plugins.doc_fragments.auth0 import ModuleDocFragment
from ansible_collections.datacatalog.amundsen.plugins.module_utils import _auth0_http, _auth0_plan
from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_module import LOGIN_OPTIONS
from ansible_collections.datacatalog.amundsen.plugins.modules import (
    auth0_client,
    auth0_client_check,
    auth0_client_info,
    auth0_client_secret,
    auth0_connection_info,
)

from .conftest import PROJECT

MODULES = [auth0_client, auth0_client_check, auth0_client_info, auth0_client_secret, auth0_connection_info]


def facts(options, suboptions):
    """Return what must agree of each option: type, default, choices, elements, and the same of what is inside."""
    return {
        name: {
            **{key: option[key] for key in ("type", "default", "choices", "elements", "required") if key in option and option[key] is not False},
            "inside": facts(option.get(suboptions) or {}, suboptions),
        }
        for name, option in options.items()
    }


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_documentation_and_options_agree(module):
    documented = yaml.safe_load(module.DOCUMENTATION)
    assert documented["extends_documentation_fragment"] == ["datacatalog.amundsen.auth0"]
    assert facts(documented["options"], "suboptions") == facts(module.OPTIONS, "options")


def test_fragment_and_login_options_agree():
    documented = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    assert facts(documented, "suboptions") == facts(LOGIN_OPTIONS, "options")
    for name, option in LOGIN_OPTIONS.items():
        variables = option["fallback"][1] if "fallback" in option else []
        assert re.findall(r"E\((\w+)\)", str(documented[name]["description"])) == variables


def test_all_modules_are_in_the_group_that_gives_the_login_once():
    groups = yaml.safe_load((PROJECT / "meta/runtime.yml").read_text())["action_groups"]
    assert sorted(groups["auth0"]) == sorted(module.__name__.rpartition(".")[2] for module in MODULES)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_examples_name_options_that_exist(module):
    known = {*LOGIN_OPTIONS, *module.OPTIONS}
    name = f"datacatalog.amundsen.{module.__name__.rpartition('.')[2]}"
    tasks = yaml.safe_load(module.EXAMPLES)
    tasks += [task for block in tasks for task in block.get("block", [])]
    used = [task[name] for task in tasks if name in task]
    assert used
    for options in used:
        assert set(options) <= known
    if module is auth0_client:
        assert len(used) == 5


def test_login_from_the_environment(auth0):
    auth0.environment |= {"AUTH0_DOMAIN": auth0.tenant.domain, "AUTH0_CLIENT_ID": auth0.tenant.client_id, "AUTH0_CLIENT_SECRET": auth0.tenant.client_secret}
    nothing = {"auth0_domain": None, "auth0_client_id": None, "auth0_client_secret": None}
    assert auth0.client(name="Amundsen", **nothing)["changed"]
    token = auth0.tenant.token()
    auth0.tenant.clear_log()
    auth0.environment |= {"AUTH0_CLIENT_ID": "", "AUTH0_CLIENT_SECRET": "", "AUTH0_API_TOKEN": token}
    run = auth0.client(name="Amundsen", **nothing)
    assert not run["changed"]
    assert token not in run.output
    assert [call["path"] for call in auth0.calls()] == ["/api/v2/clients"], "a token that is given is not asked for"


def test_login_that_is_missing_is_said_at_once(auth0):
    run = auth0.client(name="Amundsen", auth0_domain=None, auth0_client_id=None, auth0_client_secret=None, timeout=0)
    assert run.failed
    for words in ("AUTH0_DOMAIN", "AUTH0_CLIENT_ID", "AUTH0_CLIENT_SECRET", "timeout is 0"):
        assert words in run.message
    assert len(run.message.splitlines()) == 4


def imported(module):
    """Return the names of the modules that a file imports."""
    tree = ast.parse((PROJECT / "plugins/module_utils" / f"{module}.py").read_text())
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {name for node in nodes for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])}


def test_one_file_talks_to_the_network_and_those_that_decide_know_neither_it_nor_ansible():
    network = {"requests", "urllib3", "urllib3.exceptions", "socket"}
    assert imported("_auth0_http") & network
    for name in ("_auth0_plan", "_auth0_rules", "_auth0_apply", "_auth0_module"):
        assert imported(name) & network == set(), name
    for name in ("_auth0_plan", "_auth0_rules", "_auth0_http", "_auth0_apply"):
        assert not [each for each in imported(name) if each.startswith("ansible.")], name
    for module in (_auth0_http, _auth0_plan):
        assert "fail_json" not in vars(module)
