"""Every public variable of the collection, set to something else than its default, is taken and reaches what is written.

The values are made from the roles' argument_specs, so a variable that is added later is in it by itself; where a value must
fit others it is named here.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import source_tree
import yaml

PROJECT = Path(__file__).resolve().parents[3]
# What checks values and what writes them; no part of it needs an engine.
PARTS = (("preflight", "main"), ("identity", "main"), ("oidc", "main"), ("stack", "configure"), ("proxy", "configure"))

IMAGES = ("frontend", "metadata", "search", "mariadb", "proxy", "neo4j", "elasticsearch", "atlas", "databuilder")
# Set in no play here, and why.
ELSEWHERE = {
    "amundsen_offline_bundle": "needs a bundle of this machine's images: tests/offline",
    "amundsen_allow_open_signup": "stands instead of the allow rules that are set here: tests/unit/identity",
}


def options() -> dict[str, dict[str, Any]]:
    """Return all options of all roles' entry points."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(PROJECT.glob("roles/*/meta/argument_specs.yml")):
        for entry in yaml.safe_load(path.read_text())["argument_specs"].values():
            found |= entry.get("options", {})
    return found


def other(option: dict[str, Any]) -> Any:
    """Return a value of the option's type that is not its default."""
    default, kind = option.get("default"), option["type"]
    if "choices" in option:
        return next(choice for choice in option["choices"] if choice != default)
    if kind == "bool":
        return not default
    if kind == "int":
        return int(default or 0) + 1
    if kind in ("list", "dict"):
        return [*(default or []), "another"] if kind == "list" else {**(default or {}), "another": "value"}
    return f"{default}-other" if default and "{{" not in default else "another"


def own_stores(folder: Path, tenant: Any) -> dict[str, Any]:
    """Return the values of a site with external stores, another provider than Auth0, and a client registered by hand."""
    return {
        "amundsen_provider": "oidc",
        "amundsen_oidc_discovery_url": f"{tenant.base_url}/.well-known/openid-configuration",
        "amundsen_oidc_client_id": "registered-by-hand",
        "amundsen_oidc_client_secret": "secret-by-hand",
        "amundsen_stores": "neo4j",
        "amundsen_metadata_store_url": "bolt+s://graph.example.com:7687",
        "amundsen_search_store_url": "https://search.example.com:9200",
        "amundsen_session_store_url": "postgresql://sessions.example.com/sessions",
        "amundsen_images": "registry",
        "amundsen_store_heap_mb": {"neo4j": 700},
        "amundsen_image_delivery": "registry",
        "amundsen_tls": "acme",
        "amundsen_acme_email": "operators@example.com",
        "amundsen_acme_directory": "https://acme.example.com/directory",
        "amundsen_source": "bundle",
        "amundsen_source_checksum": hashlib.sha256((folder / "source.bundle").read_bytes()).hexdigest(),
        "amundsen_source_patches": [str(folder / "patches")],
        "amundsen_source_url": str(folder / "source.bundle"),
    }


def at_auth0(folder: Path, tenant: Any) -> dict[str, Any]:
    """Return the values of a site registered at Auth0, with Atlas beside it and images out of an archive."""
    return {
        "amundsen_auth0_application_client_id": tenant.add_client("Found by its id")["client_id"],
        "amundsen_auth0_connections": [tenant.add_connection("another")["name"]],
        "amundsen_auth0_domain": tenant.domain,
        "amundsen_auth0_management_client_id": tenant.client_id,
        "amundsen_auth0_management_client_secret": tenant.client_secret,
        "amundsen_stores": "atlas",
        "amundsen_images": "archive",
        "amundsen_images_archive": str(folder / "images.tar"),
        "amundsen_store_heap_mb": {"atlas": 1500},
        "amundsen_image_delivery": "build",
        "amundsen_tls": "files",
        "amundsen_tls_certificate_file": tenant.ca_path,
        "amundsen_tls_key_file": tenant.ca_path,
        "amundsen_source": "git",
        "amundsen_source_submodules": ["amundsengremlin"],
        "amundsen_source_url": str(folder / "repository"),
    }


SITES = {"own_stores": own_stores, "at_auth0": at_auth0}
# Beginnings of names that have a place in one site alone: beside the values of the other they are refused, or have no effect.
ONLY = {
    "own_stores": (
        *("amundsen_sample_data", "amundsen_provider", "amundsen_oidc_discovery", "amundsen_oidc_client", "amundsen_acme"),
        *("amundsen_source_checksum", "amundsen_source_patches", "amundsen_metadata_store", "amundsen_search_store", "amundsen_session_store"),
        *("amundsen_sample_data", "amundsen_databuilder"),  # the jobs load no catalog on Atlas
    ),
    "at_auth0": ("amundsen_auth0_application_client_id", "amundsen_images_archive", "amundsen_source_submodules", "amundsen_tls_"),
}


def values_of(site: str, folder: Path, tenant: Any) -> dict[str, Any]:
    """Return a value for every variable that has a place in a site."""
    own = SITES[site](folder, tenant)
    common = {
        "amundsen_public_url": "https://every.example.com:27643",
        "amundsen_root": str(folder / f"root-{site}"),
        "amundsen_ca_file": tenant.ca_path,
        "amundsen_hosts": "catalogs",
        "amundsen_build_host": "one",
        "amundsen_registry": "registry.example.com:5000/team",
        "amundsen_source_version": source_tree.git(folder / "repository", "rev-parse", "main").strip(),
        "amundsen_source_branch": "feature/another",
        "amundsen_base_image_source": "bootstrap",
        "amundsen_base_image": "python:3.11-bookworm",
        "amundsen_neo4j_image": "neo4j:4.4.37-community",
        "amundsen_elasticsearch_image": "elasticsearch:7.17.28",
        "amundsen_atlas_image": "registry.example.com/atlas:2.2.0",
        "amundsen_mariadb_image": "mariadb:10.11.9",
        "amundsen_proxy_image": "caddy:2.8.4",
        "amundsen_image_digests": {"mariadb": f"sha256:{'1' * 64}"},
        "amundsen_image_names": dict.fromkeys(IMAGES, "registry.example.com:5000/team/image:another"),
        "amundsen_memory_limits": {"mariadb": "300m", "metadata": "210m", "search": "170m", "frontend": "330m"},
        "amundsen_frontend_assets": str(folder / "assets"),
        "amundsen_http_proxy": "http://proxy.example.com:3128",
        "amundsen_https_proxy": "http://proxy.example.com:3129",
        "amundsen_no_proxy": "localhost,127.0.0.1,::1,.example.net",
        "amundsen_mirrors": {"pip": "https://mirror.example.com/pip"},
        "amundsen_bind_address": "127.0.0.1",
        "amundsen_http_port": 27680,
        "amundsen_https_port": 27643,
        "amundsen_preflight_extra_ports": [27644],
        "amundsen_preflight_memory_mb": 1,
        "amundsen_preflight_disk_mb": 1,
        "amundsen_trusted_proxies": ["10.0.0.0/8"],
        "amundsen_start_timeout": 200,
        "amundsen_oidc_scopes": ["openid", "profile", "email"],
        "amundsen_allowed_claim": {"name": "groups", "values": ["catalog"]},
        "amundsen_allowed_email_domains": ["example.com"],
        "amundsen_ui_logo_file": str(folder / "logo.svg"),
        "amundsen_ui_links": [{"label": "Help", "href": "https://help.example.com"}],
        "amundsen_ui_resources": ["tables", "features"],
        "amundsen_ui_config": {"navTheme": "light"},
        "amundsen_verify_provider_hosts": ["127.0.0.1"],
    }
    found = {name: other(option) for name, option in options().items()} | common | own
    elsewhere = tuple(ELSEWHERE) + sum((names for other_site, names in ONLY.items() if other_site != site), ())
    return {name: value for name, value in found.items() if not name.startswith(elsewhere)}


def seen(site: str, values: dict[str, Any]) -> dict[str, str]:
    """Return words that must be in the files of a site, by the variable that they come from."""
    plain = ("public_url", "project", "user_id_claim", "user_id_fallback_claim", "api_audience", "frontend_log_level")
    plain += ("http_proxy", "https_proxy", "no_proxy", "http_port", "https_port", "bind_address")
    words = {f"amundsen_{name}": str(values[f"amundsen_{name}"]) for name in plain}
    words |= {
        "amundsen_oidc_scopes": " ".join(values["amundsen_oidc_scopes"]),
        "amundsen_allowed_email_domains": "AMUNDSEN_ALLOWED_EMAIL_DOMAINS=example.com",
        "amundsen_allowed_emails": "AMUNDSEN_ALLOWED_EMAILS=another",
        "amundsen_allowed_claim": '"groups"',
        "amundsen_api_tokens": "AMUNDSEN_API_TOKENS=true",
        "amundsen_frontend_workers": f"AMUNDSEN_WORKERS={values['amundsen_frontend_workers']}",
        "amundsen_frontend_threads": f"AMUNDSEN_THREADS={values['amundsen_frontend_threads']}",
        "amundsen_memory_limits": values["amundsen_memory_limits"]["metadata"],
        "amundsen_image_names": values["amundsen_image_names"]["frontend"],
        "amundsen_frontend_networks": "another",
        "amundsen_trusted_proxies": "10.0.0.0/8",
        "amundsen_ui_title": f'"logoTitle": "{values["amundsen_ui_title"]}"',
        "amundsen_ui_logo_file": "data:image/svg+xml;base64,PHN2Zy8+",
        "amundsen_ui_links": "https://help.example.com",
        "amundsen_ui_resources": '"indexFeatures": {\n  "enabled": true',
        "amundsen_ui_config": '"navTheme": "light"',
    }
    if site == "own_stores":
        words |= {name: values[name] for name in ("amundsen_metadata_store_user", "amundsen_acme_email", "amundsen_acme_directory")}
        words |= {"amundsen_metadata_store_url": "bolt+s://graph.example.com:7687", "amundsen_session_store_url": "sessions.example.com"}
        words |= {"amundsen_oidc_client_id": "FLASK_OIDC_CLIENT_ID=registered-by-hand", "amundsen_oidc_client_secret": "secret-by-hand"}
        words |= {"amundsen_tls": "acme_ca", "amundsen_provider": "FLASK_OIDC_PROVIDER_NAME=oidc"}
    else:
        words |= {"amundsen_tls": "tls /run/secrets/certificate.pem", "amundsen_stores": "AtlasConfig"}
    return words


def test_no_variable_is_forgotten(folder, tenant):
    documented = options()
    sites = {site: values_of(site, folder, tenant) for site in SITES}
    assert sorted(set(documented) - set().union(*sites.values()) - set(ELSEWHERE)) == [], "variables that no site sets"
    assert sorted(set().union(*sites.values()) - set(documented)) == [], "variables that are not documented"
    for name, option in documented.items():
        if name not in ELSEWHERE and "default" in option:
            assert any(name in values and values[name] != option["default"] for values in sites.values()), f"{name} has its default everywhere"


@pytest.fixture
def folder(tmp_path):
    """Lay out what the values name: a repository, a bundle of it, a patch, an archive, a folder."""
    repository = tmp_path / "repository"
    source_tree.repository(repository)
    source_tree.git(repository, "bundle", "create", "-q", str(tmp_path / "source.bundle"), "main")
    (repository / "README.md").write_text("Changed by a patch.\n")
    source_tree.git(repository, "checkout", "-q", "-b", "patched")
    source_tree.commit_all(repository, "A patch")
    source_tree.git(repository, "format-patch", "-q", "-o", str(tmp_path / "patches"), "main")
    (tmp_path / "assets").mkdir()
    (tmp_path / "images.tar").touch()
    (tmp_path / "logo.svg").write_text("<svg/>")
    return tmp_path


@pytest.mark.parametrize("site", SITES)
def test_a_site_of_other_values_everywhere(site, folder, tenant):
    values = values_of(site, folder, tenant)
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    inventory, play, given = folder / "inventory.yml", folder / "play.yml", folder / "values.yml"
    inventory.write_text(yaml.safe_dump({"catalogs": {"hosts": {"one": host}}}))
    given.write_text(yaml.safe_dump(values))
    tasks = [{"ansible.builtin.include_role": {"name": f"datacatalog.amundsen.{role}", "tasks_from": part, "public": True}} for role, part in PARTS]
    play.write_text(yaml.safe_dump([{"hosts": "{{ amundsen_hosts }}", "gather_subset": ["!all", "min"], "tasks": tasks}]))
    command = ["ansible-playbook", "-i", str(inventory), "-e", f"@{given}", "--diff", str(play)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, env=os.environ | {"ANSIBLE_NOCOLOR": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    root = Path(values["amundsen_root"])
    written = "\n".join(path.read_bytes().decode(errors="replace") for path in sorted(root.rglob("*")) if path.is_file() and ".git" not in path.parts)
    assert [name for name, words in seen(site, values).items() if words not in written] == [], written
