"""What stops a deployment before anything is changed."""

from __future__ import annotations

import os
import pwd
import socket
import sys
import time

import pytest
from ansible_collections.datacatalog.amundsen.plugins.module_utils import _preflight

GOOD = {
    "amundsen_public_url": "https://catalog.example.com",
    "amundsen_provider": "auth0",
    "amundsen_auth0_domain": "acme.eu.auth0.com",
    "amundsen_auth0_management_client_id": "abc",
    "amundsen_tls": "internal",
    "amundsen_http_port": 80,
    "amundsen_https_port": 443,
    "amundsen_source": "git",
    "amundsen_source_url": "https://github.com/amundsen-io/amundsen.git",
    "amundsen_source_version": "2a6ba5803e4849e570bf8106b45495cb02c28483",
    "amundsen_source_branch": "feature/add-auth0-oidc",
}
SECRETS = {"amundsen_auth0_management_client_secret": True, "amundsen_oidc_client_secret": False}


def problems(**changes):
    return _preflight.value_problems(GOOD | changes, SECRETS)


def test_good_values_have_no_problems():
    assert problems() == []
    assert problems(amundsen_public_url="https://catalog.example.com:8443/") == []
    assert problems(amundsen_auth0_domain="tenant.example.com:8443") == []
    assert problems(amundsen_source_version="frontend-4.3.0") == []
    assert problems(amundsen_source="bundle", amundsen_source_url="amundsen.bundle") == []
    assert problems(amundsen_source="path", amundsen_source_url="/srv/amundsen") == []
    assert problems(amundsen_source="release") == []
    # Of a play of this role alone, which knows nothing of the source.
    nothing = dict.fromkeys([f"amundsen_source_{name}" for name in ("url", "version", "checksum", "branch", "patches", "submodules")])
    assert problems(**nothing) == []
    assert problems(amundsen_registry="registry:5000/team/amundsen_1", amundsen_image_delivery="registry", amundsen_build_host="localhost") == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amundsen_public_url": ""}, "amundsen_public_url is not set"),
        ({"amundsen_public_url": "http://catalog.example.com"}, "over http anybody"),
        ({"amundsen_public_url": "catalog.example.com"}, "does not start with https://"),
        ({"amundsen_public_url": "https://"}, "has no host"),
        ({"amundsen_public_url": "https://catalog.example.com/amundsen"}, "not a path of it"),
        ({"amundsen_public_url": "https://u:p@catalog.example.com"}, "user or a password"),
        ({"amundsen_public_url": "https://localhost"}, "refuses localhost"),
        ({"amundsen_public_url": "https://catalog:99999"}, "is no URL"),
        ({"amundsen_provider": "auth1"}, "not one of: auth0, oidc"),
        ({"amundsen_auth0_domain": "https://acme.eu.auth0.com/"}, "Write 'acme.eu.auth0.com'"),
        ({"amundsen_auth0_domain": ""}, "amundsen_auth0_domain is empty"),
        ({"amundsen_auth0_management_client_id": " "}, "amundsen_auth0_management_client_id is empty"),
        ({"amundsen_oidc_client_id": "x"}, "amundsen_oidc_client_secret is empty, but its partner is set"),
        ({"amundsen_provider": "oidc"}, "amundsen_oidc_discovery_url is empty"),
        ({"amundsen_tls": "files"}, "amundsen_tls_key_file is empty"),
        ({"amundsen_tls": "acme"}, "amundsen_acme_email is empty"),
        ({"amundsen_https_port": 0}, "from 1 to 65535"),
        ({"amundsen_https_port": 80}, "are the same"),
        ({"amundsen_image_delivery": "copy"}, "not one of: transfer, registry, build"),
        ({"amundsen_image_delivery": "registry"}, "amundsen_registry is empty"),
        ({"amundsen_registry": "https://registry.example.com/team"}, "without a scheme"),
        ({"amundsen_registry": "registry/team"}, "a dot or a port"),
        ({"amundsen_registry_username": "user"}, "a login needs both"),
        ({"amundsen_build_host": "web9", "inventory_hosts": ["web1"]}, "no host of the inventory"),
        ({"amundsen_trusted_proxies": ["10.0.0.1/24"]}, "has host bits set"),
        ({"amundsen_node_version": "18"}, "not one of: 20, 22"),
        ({"amundsen_source": "release", "amundsen_frontend_config": "export default {};"}, "amundsen_frontend_config is set, but amundsen_source is 'release'"),
        ({"amundsen_source": "release", "amundsen_frontend_assets": "/srv/own"}, "amundsen_frontend_assets is set, but amundsen_source is 'release'"),
        ({"amundsen_frontend_assets": "/nowhere", "amundsen_frontend_assets_is_folder": False}, "the controller has no such folder"),
        ({"amundsen_source": "svn"}, "not one of: git, archive, bundle, release, path"),
        ({"amundsen_source_version": ""}, "amundsen_source_version is empty"),
        ({"amundsen_source_version": "main"}, "'main', which moves"),
        ({"amundsen_source_version": "origin/x"}, "'origin/x', which moves"),
        ({"amundsen_source_version": "2a6ba580"}, "no full id"),
        ({"amundsen_source_version": "A" * 40}, "no full id in lower case"),
        ({"amundsen_source_version": "a..b"}, "no name that git takes"),
        ({"amundsen_source_url": "https://me:word@example.com/a"}, "holds a password"),
        ({"amundsen_source_branch": "two words"}, "no name for a branch"),
        ({"amundsen_source_checksum": "0" * 64}, "amundsen_source_checksum is set, and has no effect where amundsen_source is 'git'"),
        ({"amundsen_source": "release", "amundsen_source_patches": ["x"]}, "amundsen_source_patches is set, and has no effect"),
        ({"amundsen_source": "path", "amundsen_source_submodules": ["x"]}, "amundsen_source_submodules is set, and has no effect"),
        ({"amundsen_source": "archive"}, "a git repository, and amundsen_source is 'archive'"),
        ({"amundsen_source": "archive", "amundsen_source_url": "a.zip"}, "amundsen_source_checksum is empty"),
        ({"amundsen_source": "archive", "amundsen_source_url": "a.zip", "amundsen_source_checksum": "abc"}, "64 hexadecimal digits"),
        ({"amundsen_source": "bundle", "amundsen_source_url": "https://example.com/a"}, "amundsen_source_checksum is empty"),
        ({"amundsen_source": "path", "amundsen_source_url": "amundsen"}, "Write its whole path"),
    ],
)
def test_each_wrong_value_is_named_with_its_fix(changes, words):
    found = problems(**changes)
    assert any(words in problem for problem in found), found


def test_an_empty_secret_is_named():
    found = _preflight.value_problems(GOOD, SECRETS | {"amundsen_auth0_management_client_secret": False})
    assert len(found) == 1 and "amundsen_auth0_management_client_secret is empty" in found[0]


def test_a_client_by_hand_needs_no_management_access():
    values = GOOD | {"amundsen_auth0_management_client_id": "", "amundsen_oidc_client_id": "x"}
    assert _preflight.value_problems(values, {"amundsen_oidc_client_secret": True}) == []


def test_misspelt_variables_are_named_with_the_right_one():
    found = _preflight.unknown_variables(["amundsen_public_uri", "amundsen_qqqqqq", "amundsen_tls"], ["amundsen_public_url", "amundsen_tls"])
    assert found == [
        "amundsen_public_uri is not a variable of this collection, so it has no effect. Did you mean amundsen_public_url?",
        "amundsen_qqqqqq is not a variable of this collection, so it has no effect. Remove it.",
    ]


def test_a_renamed_variable_is_named_with_its_new_name():
    found = _preflight.unknown_variables(["amundsen_git_url", "amundsen_git_commit", "amundsen_git_branch"], ["amundsen_source_url"])
    assert found[2] == "amundsen_git_url is now amundsen_source_url, so it has no effect. Rename it."
    assert ["amundsen_source_branch" in found[0], "amundsen_source_version" in found[1]] == [True, True]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"http_proxy": "proxy.example.com:3128"}, "amundsen_http_proxy is not a proxy URL"),
        ({"http_proxy": "http://user:hidden@proxy.example.com"}, "has no port"),
        ({"https_proxy": "socks5://proxy.example.com:1080"}, "does not start with http:// or https://"),
        ({"https_proxy": "http://user:hid/hidden@proxy.example.com:3128"}, "amundsen_https_proxy is not a proxy URL"),
        ({"no_proxy": "localhost, 127.0.0.1"}, "amundsen_no_proxy holds spaces"),
        ({"mirrors": {"pip": "user:hidden@packages.example.com/simple"}}, "pip of amundsen_mirrors is '...@packages.example.com/simple'"),
        ({"mirrors": {"npm": "https://user:hidden @packages.example.com"}}, "holds blanks"),
        ({"mirrors": {"git": "git.example.com:mirrors"}}, "does not start with https:// or http:// or ssh:// or file://"),
        ({"mirrors": {"images": "https:///hub"}}, "has no host"),
        ({"mirrors": {"apt": "https://mirror.example.com/debian?x"}}, "a part after ? or #"),
        ({"mirrors": {"apt_security": "https://mirror.example.com/debian-security"}}, "apt_security without apt"),
        ({"ca_file": "/nowhere/ca.pem", "authorities": ""}, "amundsen_ca_file is '/nowhere/ca.pem'"),
        ({"ca_file": "/etc/hostname", "authorities": "catalog"}, "finds no certificate"),
    ],
)
def test_each_wrong_way_out_is_named_without_its_password(values, words):
    found = _preflight.way_out_problems(values)
    assert len(found) == 1 and words in found[0], found
    assert "hidden" not in found[0]


def test_good_ways_out_have_no_problems():
    proxy = "http://user:p%40ss@proxy.example.com:3128"
    mirrors = {
        "git": "ssh://git@git.example.com/mirrors",
        "pip": "http://u:p@packages.example.com:8080/simple",
        "npm": "",
        "apt": "https://mirror.example.com/debian",
    }
    assert _preflight.way_out_problems({"http_proxy": proxy, "https_proxy": proxy, "no_proxy": "localhost,.example.com,10.0.0.0/8", "mirrors": mirrors}) == []


def test_a_variable_of_a_former_version_is_refused_with_its_new_name():
    (found,) = _preflight.unknown_variables(["amundsen_debian_security_mirror"], ["amundsen_mirrors"])
    assert found == "amundsen_debian_security_mirror is now apt_security of amundsen_mirrors, so it has no effect. Rename it."


def test_all_problems_come_at_once(run):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = run(
            "host_preflight",
            values=GOOD | {"amundsen_public_url": "http://x", "amundsen_provider": "none"},
            declared_variables=["amundsen_tsl"],
            known_variables=["amundsen_tls"],
            memory_mb=10**9,
            disk_mb=10**9,
            disk_path="/no/such/path/yet",
            address="127.0.0.1",
            ports=[port],
            controller_time=int(time.time()) - 1000,
        ).result
    text = "\n".join(result["problems"])
    assert not result["changed"] and not result.get("failed")
    for words in ("over http", "'none'", "Did you mean amundsen_tls", "MiB of memory", "MiB free", "clock is 100", f"Port {port} on 127.0.0.1 is taken"):
        assert words in text, text


def test_a_good_host_has_no_problems(run):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    result = run("host_preflight", memory_mb=100, disk_mb=10, address="127.0.0.1", ports=[port], controller_time=int(time.time())).result
    assert [problem for problem in result["problems"] if "root" not in problem] == []


def test_an_address_that_is_not_the_hosts_is_named(run):
    result = run("host_preflight", address="192.0.2.1", ports=[443]).result
    assert any("192.0.2.1 is not an address of this host" in problem for problem in result["problems"])


STANDALONE = GOOD | {
    "amundsen_root": "/opt/amundsen",
    "amundsen_standalone_tls": "files",
    "amundsen_tls_certificate_file": "c.pem",
    "amundsen_tls_key_file": "k.pem",
    "amundsen_standalone_root": "/opt/amundsen-standalone",
    "amundsen_standalone_port": 5000,
    "amundsen_standalone_metadata_port": 5002,
    "amundsen_standalone_search_port": 5001,
}


def test_a_good_standalone_frontend_has_no_problems():
    proxied = STANDALONE | {
        "amundsen_standalone_tls": "proxy",
        "amundsen_tls_certificate_file": "",
        "amundsen_standalone_public_url": "https://catalog.example.com/",
    }
    elsewhere = STANDALONE | {"amundsen_standalone_metadata_url": "http://10.0.0.5:5002", "amundsen_standalone_search_url": "https://search.example.com"}
    for values in (STANDALONE, proxied, elsewhere):
        assert _preflight.value_problems(values, SECRETS) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amundsen_standalone_tls": "none"}, "amundsen_standalone_tls is 'none', which is not one of: proxy, files"),
        ({"amundsen_tls_key_file": ""}, "amundsen_tls_key_file is empty: amundsen_standalone_tls is 'files'"),
        ({"amundsen_standalone_port": 443}, "only root can listen"),
        ({"amundsen_standalone_port": 5001}, "are not all different"),
        ({"amundsen_standalone_search_url": "http://10.0.0.5:5001"}, "amundsen_standalone_metadata_url is empty, but the other"),
        ({"amundsen_standalone_metadata_url": "10.0.0.5:5002", "amundsen_standalone_search_url": "http://s:1"}, "is not the address of a service"),
        ({"amundsen_standalone_tls": "proxy", "amundsen_standalone_public_url": "https://other.example.com"}, "the address is the site's"),
        (
            {"amundsen_standalone_tls": "proxy", "amundsen_standalone_metadata_url": "http://m:1", "amundsen_standalone_search_url": "http://s:1"},
            "no proxy of one",
        ),
        ({"amundsen_standalone_root": "/opt/amundsen/standalone"}, "Choose a folder beside it"),
    ],
)
def test_each_wrong_value_of_the_standalone_frontend_is_named(changes, words):
    found = _preflight.value_problems(STANDALONE | changes, SECRETS)
    assert any(words in problem for problem in found), found


def test_what_the_standalone_frontend_needs_of_a_host_is_named(run, tmp_path):
    (tmp_path / "there").touch()
    paths = [
        {"path": str(tmp_path / "there"), "exists": False, "problem": "Take it away."},
        {"path": str(tmp_path / "missing"), "exists": True, "problem": "Make it first."},
        {"path": str(tmp_path / "there"), "exists": True, "problem": "Not said."},
    ]
    found = run("host_preflight", paths=paths, python=sys.executable, python_version="2.7").result["problems"]
    assert "Take it away." in found and "Make it first." in found and "Not said." not in found
    assert any(f"{sys.executable} is Python 3." in problem and "amundsen_standalone_python" in problem for problem in found), found
    missing = run("host_preflight", python="/nowhere/python3", python_version="3.11").result["problems"]
    assert any("/nowhere/python3 is not there" in problem for problem in missing), missing
    version = "{}.{}".format(*sys.version_info[:2])
    assert not any("Python" in problem for problem in run("host_preflight", python=sys.executable, python_version=version).result["problems"])


def test_a_port_of_our_own_user_is_no_problem(run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        mine = pwd.getpwuid(os.geteuid()).pw_name
        assert any("is taken" in problem for problem in run("host_preflight", address="127.0.0.1", ports=[port], users=["nobody"]).result["problems"])
        assert not any("is taken" in problem for problem in run("host_preflight", address="127.0.0.1", ports=[port], users=[mine]).result["problems"])
