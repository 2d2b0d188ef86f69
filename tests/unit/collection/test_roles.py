"""Every role keeps to the house's form."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[3]
ROLES = sorted(path.parent for path in (PROJECT / "roles").glob("*/tasks"))


def load(path: Path) -> dict:
    return yaml.safe_load(path.read_text()) or {}


def options(role: Path) -> dict:
    specs = load(role / "meta/argument_specs.yml")["argument_specs"]
    return {name: option for entry in specs.values() for name, option in entry.get("options", {}).items()}


def own_defaults(role: Path) -> dict:
    """Return the role's public defaults, without those that it links to."""
    folder = role / "defaults"
    files = [path for path in folder.rglob("*.yml") if not path.is_symlink()]
    values: dict = {}
    for path in files:
        values |= load(path)
    return {name: value for name, value in values.items() if not name.startswith("_")}


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_defaults_and_specs_agree(role):
    documented = options(role)
    defaults = own_defaults(role)
    assert sorted(set(defaults) - set(documented)) == [], "defaults without documentation"
    for name, option in documented.items():
        if name not in defaults:
            assert "default" not in option, f"{name}: the specification promises a default that is not set"
        elif "{{" not in str(defaults[name]):
            assert option.get("default") == defaults[name], f"{name}: the specification promises another default"
        assert not (option.get("required") and name in defaults), f"{name}: a default satisfies 'required'"


def test_all_roles_are_looked_at():
    assert len(ROLES) == 14


def test_each_variable_is_documented_once():
    owners: dict[str, list[str]] = {}
    for role in ROLES:
        for name in options(role):
            owners.setdefault(name, []).append(role.name)
    assert {name: roles for name, roles in owners.items() if len(roles) > 1} == {}


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_a_role_has_its_rooms(role):
    for name in ("README.md", "meta/argument_specs.yml", "meta/main.yml", "tasks/main.yml", "tasks/remove.yml"):
        assert (role / name).is_file(), name
    assert len((role / "tasks/main.yml").read_text().splitlines()) <= 60, "tasks/main.yml is a table of contents"


@pytest.mark.parametrize("path", sorted((PROJECT / "roles").rglob("*.j2")), ids=lambda path: path.name)
def test_each_template_parses(path):
    jinja2.Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"]).parse(path.read_text())  # noqa: S701 (nothing is rendered)


def test_site_is_the_list_of_roles():
    (play,) = yaml.safe_load((PROJECT / "playbooks/site.yml").read_text())
    assert set(play) == {"name", "hosts", "become", "gather_subset", "roles"}
    names = [entry["role"].removeprefix("datacatalog.amundsen.") for entry in play["roles"]]
    assert names == ["preflight", "docker", "base_image", "source", "identity", "oidc", "images", "frontend", "stack", "catalog", "proxy", "verify"]


def test_a_make_target_is_one_line():
    lines = (PROJECT / "Makefile").read_text().splitlines()
    assert [line for line in lines if line.startswith("\t")] == []
