# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be wrong with the declared values. Pure: no I/O, no Ansible.

Every rule returns sentences that say what is wrong, why, and what to do.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.datacatalog.amundsen.plugins.module_utils import _stores, _ui

REGISTRY = re.compile(r"(localhost|[a-z0-9.-]*[.:][a-z0-9.:-]*)(/[a-z0-9]+([._-]+[a-z0-9]+)*)*")
HOST_NAME = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*")

CHOICES: dict[str, tuple[str, ...]] = {
    "amundsen_provider": ("auth0", "oidc"),
    "amundsen_source": ("git", "archive", "bundle", "release", "path"),
    "amundsen_base_image_source": ("registry", "bootstrap"),
    "amundsen_images": ("build", "registry", "archive"),
    "amundsen_image_delivery": ("transfer", "registry", "build"),
    "amundsen_stores": ("embedded", "neo4j", "atlas"),
    "amundsen_tls": ("internal", "files", "acme"),
    "amundsen_node_version": ("20", "22"),
    "amundsen_standalone_tls": ("proxy", "files"),
}

# What a variable of former versions is called now.
RENAMED: dict[str, str] = {
    "amundsen_debian_mirror": "apt of amundsen_mirrors",
    "amundsen_debian_security_mirror": "apt_security of amundsen_mirrors",
    "amundsen_git_url": "amundsen_source_url",
    "amundsen_git_commit": "amundsen_source_version",
    "amundsen_git_branch": "amundsen_source_branch",
}

MIRROR_SCHEMES: dict[str, tuple[str, ...]] = {"git": ("https", "http", "ssh", "file")}

# What a provider needs to be told, unless a client was registered by hand.
REQUIRED_BY_PROVIDER: dict[str, dict[str, str]] = {
    "auth0": {
        "amundsen_auth0_domain": "the tenant's domain, such as acme.eu.auth0.com",
        "amundsen_auth0_management_client_id": "the client id of a machine-to-machine application that may call the Management API",
        "amundsen_auth0_management_client_secret": "the secret of that machine-to-machine application, from your vault",
    },
    "oidc": {
        "amundsen_oidc_discovery_url": "the provider's https://.../.well-known/openid-configuration",
        "amundsen_oidc_client_id": "the client that you registered at the provider",
        "amundsen_oidc_client_secret": "the secret of that client, from your vault",
    },
}

# For each variable of the source the ways that it means something to.
SOURCE_WAYS: dict[str, tuple[str, ...]] = {
    "amundsen_source_checksum": ("archive", "bundle"),
    "amundsen_source_patches": ("git", "archive", "bundle"),
    "amundsen_source_submodules": ("git",),
}


def public_url_problems(url: str) -> list[str]:
    """Return what is wrong with the public URL."""
    name, example = "amundsen_public_url", "Write it as https://catalog.example.com"
    if not url:
        return [f"{name} is not set: it is the address that people open, and all redirect URIs follow from it. {example}."]
    if url != url.strip() or any(character.isspace() for character in url):
        return [f"{name} is {url!r}: it holds blanks. Remove them."]
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname if ":" in (parts.hostname or "") else (parts.hostname or "").encode("idna").decode()
    except ValueError as error:
        return [f"{name} is no URL ({error}). {example}."]
    shown = repr(url.replace(parts.netloc, f"...@{parts.netloc.rpartition('@')[2]}") if "@" in parts.netloc else url)
    problems = []
    if parts.scheme == "http":
        problems.append(f"{name} is {shown}: over http anybody on the way can take over a session, and the provider refuses an http login URI. Use https://.")
    elif parts.scheme != "https":
        problems.append(f"{name} is {shown}: it does not start with https://. {example}.")
    elif not host:
        problems.append(f"{name} is {shown}: it has no host. {example}.")
    elif ":" not in host and not HOST_NAME.fullmatch(host):
        problems.append(f"{name} is {shown}: {host!r} is no host name. {example}.")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        problems.append(f"{name} is {shown}: Amundsen serves a whole host, not a path of it. Leave only scheme and host: {example}.")
    if "@" in parts.netloc:
        problems.append(f"{name} holds a user or a password; browsers drop these. Remove the part before the @.")
    if host == "localhost":
        problems.append(f"{name} is {shown}: the provider refuses localhost as a login URI. Use a real name, if need be from the hosts file.")
    if port == 0:
        problems.append(f"{name} is {shown}: 0 is no port. Leave the port out for 443.")
    return problems


def domain_problems(name: str, domain: str) -> list[str]:
    """Return what is wrong with a tenant domain, host or host:port."""
    if "://" in domain or "/" in domain:
        host = urlsplit(domain if "://" in domain else f"//{domain}").netloc
        return [f"{name} is {domain!r}: it takes the domain alone, without scheme or path. Write {host or 'acme.eu.auth0.com'!r}."]
    if domain != domain.strip() or " " in domain:
        return [f"{name} is {domain!r}: it holds blanks. Remove them."]
    return []


def credential_problems(values: Mapping[str, Any], given_secrets: Mapping[str, bool]) -> list[str]:
    """Return which values the chosen provider lacks.

    Args:
        values: the public variables; secrets are left out of them.
        given_secrets: whether each secret has a value.
    """
    provider = values.get("amundsen_provider")
    given = {name: bool(str(value or "").strip()) for name, value in values.items()} | dict(given_secrets)
    by_hand = [given.get("amundsen_oidc_client_id", False), given.get("amundsen_oidc_client_secret", False)]
    problems = []
    if provider == "auth0" and any(by_hand):
        if not all(by_hand):
            missing = "amundsen_oidc_client_secret" if by_hand[0] else "amundsen_oidc_client_id"
            problems.append(
                f"{missing} is empty, but its partner is set: a client registered by hand needs both. Set {missing}, "
                "or neither to have the application registered for you."
            )
        required = {"amundsen_auth0_domain": REQUIRED_BY_PROVIDER["auth0"]["amundsen_auth0_domain"]}
    else:
        required = REQUIRED_BY_PROVIDER.get(str(provider), {})
    for name, meaning in required.items():
        if not given.get(name):
            problems.append(f"{name} is empty or not set: provider {provider!r} needs it. Set it to {meaning}.")
    return problems


def choice_problems(values: Mapping[str, Any]) -> list[str]:
    """Return the values that are not among the ways that exist."""
    return [
        f"{name} is {values[name]!r}, which is not one of: {', '.join(choices)}."
        for name, choices in CHOICES.items()
        if name in values and values[name] not in choices
    ]


def tls_problems(values: Mapping[str, Any]) -> list[str]:
    """Return what the chosen certificate way lacks."""
    problems = []
    if values.get("amundsen_tls") == "files":
        for name in ("amundsen_tls_certificate_file", "amundsen_tls_key_file"):
            if not values.get(name):
                problems.append(f"{name} is empty: amundsen_tls is 'files'. Set it to the path of a PEM file on the controller.")
    if values.get("amundsen_tls") == "acme" and not values.get("amundsen_acme_email"):
        problems.append("amundsen_acme_email is empty: amundsen_tls is 'acme', and the certificate authority writes there before a certificate ends. Set it.")
    return problems


def build_problems(values: Mapping[str, Any]) -> list[str]:
    """Return what cannot be had of the UI's own configuration."""
    problems = []
    if values.get("amundsen_source") == "release":
        problems += [
            f"{name} is set, but amundsen_source is 'release', whose UI was built by others: it would have no effect. "
            f"Build from a tree (amundsen_source: git), or leave {name} empty."
            for name in ("amundsen_frontend_config", "amundsen_frontend_assets")
            if values.get(name)
        ]
    if values.get("amundsen_frontend_assets") and not values.get("amundsen_frontend_assets_is_folder", True):
        folder = values["amundsen_frontend_assets"]
        problems.append(f"amundsen_frontend_assets is {folder!r}, and the controller has no such folder. Give the path of a folder there.")
    return problems


def network_problems(values: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with addresses and ports."""
    problems = []
    for name in ("amundsen_http_port", "amundsen_https_port"):
        port = values.get(name)
        if port is not None and not (str(port).isdigit() and 0 < int(port) < 65536):
            problems.append(f"{name} is {port!r}: a port is a number from 1 to 65535.")
    if values.get("amundsen_http_port") is not None and values.get("amundsen_http_port") == values.get("amundsen_https_port"):
        problems.append("amundsen_http_port and amundsen_https_port are the same: the proxy listens on both. Give them different ports.")
    for network in values.get("amundsen_trusted_proxies") or []:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            problems.append(f"amundsen_trusted_proxies holds {network!r}: {error}. Give addresses or networks such as 10.0.0.0/24.")
    return problems


def source_version_problems(version: str) -> list[str]:
    """Return why a version may mean another commit tomorrow."""
    name, example = "amundsen_source_version", "Give the full id of a commit, 40 digits, or a tag"
    if re.fullmatch(r"[0-9a-f]{40}", version):
        return []
    if not version:
        return [f"{name} is empty: what is built would change with every day. {example}."]
    if re.fullmatch(r"[0-9a-fA-F]{4,40}", version):
        return [f"{name} is {version!r}, which is no full id in lower case: a short one can come to mean another commit. {example} (git rev-parse {version})."]
    if version in ("HEAD", "FETCH_HEAD", "main", "master", "latest") or version.startswith(("refs/heads/", "origin/")):
        return [f"{name} is {version!r}, which moves: it means another commit tomorrow. {example}."]
    return [] if is_git_name(version) else [f"{name} is {version!r}, which is no name that git takes. {example}."]


def is_git_name(name: str) -> bool:
    """Tell whether git takes it for the name of a branch or a tag."""
    parts = name.split("/")
    return not re.search(r"[\\\s~^:?*\[\x00-\x1f\x7f]|\.\.|@\{|^-|^@$|\.$", name) and all(
        part and not part.startswith(".") and not part.endswith(".lock") for part in parts
    )


def source_problems(values: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with where Amundsen comes from; values that are not there are not judged."""
    way, url = values.get("amundsen_source"), str(values.get("amundsen_source_url") or "")
    checksum = str(values.get("amundsen_source_checksum") or "")
    problems = []
    for name, ways in SOURCE_WAYS.items():
        if values.get(name) and way not in ways:
            problems.append(f"{name} is set, and has no effect where amundsen_source is {way!r}. Remove it, or choose one of: {', '.join(ways)}.")
    if way == "release" or not url:
        return problems
    if way in ("git", "bundle"):
        problems += source_version_problems(str(values.get("amundsen_source_version") or ""))
    if re.search(r"://[^/@]*:[^/@]*@", url):
        problems.append(
            "amundsen_source_url holds a password, which process lists and logs would show. Take it out, and give it to git's credential store on the host."
        )
    if way in ("archive", "bundle") and url.endswith(".git"):
        problems.append(
            f"amundsen_source_url is {url!r}, a git repository, and amundsen_source is {way!r}. Set it to the file on the controller, or to its URL."
        )
    if way == "path" and not url.startswith("/"):
        problems.append(f"amundsen_source_url is {url!r}: where amundsen_source is 'path' it is a folder on the host. Write its whole path, from /.")
    if checksum and not re.fullmatch(r"[0-9a-fA-F]{64}", checksum):
        problems.append(f"amundsen_source_checksum is {checksum!r}: a sha256 has 64 hexadecimal digits. Write what sha256sum prints.")
    elif not checksum and (way == "archive" or (way == "bundle" and "://" in url)):
        problems.append(
            f"amundsen_source_checksum is empty: without it nobody could tell a changed {way} from the right one. Set it to its sha256 (sha256sum prints it)."
        )
    branch = values.get("amundsen_source_branch")
    if branch and not is_git_name(str(branch)):
        problems.append(f"amundsen_source_branch is {branch!r}, which is no name for a branch. Write one such as feature/add-auth0-oidc.")
    return problems


def delivery_problems(values: Mapping[str, Any], given_secrets: Mapping[str, bool]) -> list[str]:
    """Return what is wrong with where images are built and how they come to the other hosts.

    Args:
        values: the public variables, and as `inventory_hosts` the names of all hosts.
        given_secrets: whether each secret has a value.
    """
    builder, registry, problems = values.get("amundsen_build_host"), str(values.get("amundsen_registry") or ""), []
    if builder and builder not in [*values.get("inventory_hosts", []), "localhost"]:
        problems.append(
            f"amundsen_build_host is {builder!r}, which is no host of the inventory: images are built there. Name one as the inventory does, or 'localhost'."
        )
    if registry and not REGISTRY.fullmatch(registry):
        problems.append(
            f"amundsen_registry is {registry!r}: the engine takes a host with a dot or a port, then lower-case names, without a scheme. "
            "Write it as 'registry.example.com:5000/team'."
        )
    if values.get("amundsen_image_delivery") == "registry" and not registry:
        problems.append("amundsen_registry is empty: amundsen_image_delivery is 'registry'. Set it to host[:port]/prefix, or choose 'transfer'.")
    if bool(values.get("amundsen_registry_username")) != given_secrets.get("amundsen_registry_password", False):
        problems.append("Only one of amundsen_registry_username and amundsen_registry_password is set: a login needs both. Set both, or neither.")
    return problems


def _shown(url: str) -> str:
    """Return a URL as a message may show it, without user and password."""
    return repr(re.sub(r"^(.*://)?.*@", r"\1...@", url))


def _url_problem(url: str, schemes: tuple[str, ...], port: bool) -> str:
    """Return what is wrong with a URL, "" where nothing is."""
    if not url.isascii() or not url.isprintable() or any(character in url for character in " '\"\\"):
        return "it holds blanks, quotes or letters beyond ASCII; write such a letter of a password in percent form, as %40 for @"
    try:
        parts = urlsplit(url)
        given = parts.port
    except ValueError as error:
        return f"it is no URL ({error})"
    if parts.scheme not in schemes:
        return f"it does not start with {' or '.join(f'{scheme}://' for scheme in schemes)}"
    if parts.scheme != "file" and not parts.hostname:
        return "it has no host"
    if port and given is None:
        return "it has no port, and tools differ in what they take then"
    return "" if not (parts.query or parts.fragment) else "it has a part after ? or #"


def way_out_problems(values: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with proxy, mirrors and authorities, without a password in any sentence.

    Args:
        values: `http_proxy`, `https_proxy`, `no_proxy`, `mirrors`, `ca_file` (a path on the controller) and `authorities` (its text).
    """
    problems = []
    for name in ("http_proxy", "https_proxy"):
        url = str(values.get(name) or "")
        wrong = _url_problem(url, ("http", "https"), port=True) if url else ""
        if wrong and not (name == "https_proxy" and url == values.get("http_proxy")):
            problems.append(f"amundsen_{name} is not a proxy URL: {_shown(url)}, {wrong}. Write it as http://proxy.example.com:3128.")
    if any(character.isspace() or character in "'\"" for character in str(values.get("no_proxy") or "")):
        problems.append("amundsen_no_proxy holds spaces or quotes. Separate names with commas alone.")
    mirrors = values.get("mirrors") or {}
    for name, url in mirrors.items():
        wrong = _url_problem(str(url), MIRROR_SCHEMES.get(name, ("https", "http")), port=False) if url else ""
        if wrong:
            problems.append(f"{name} of amundsen_mirrors is {_shown(str(url))}: {wrong}. Write it as https://mirror.example.com/{name}.")
    if mirrors.get("apt_security") and not mirrors.get("apt"):
        problems.append("amundsen_mirrors has apt_security without apt: the base image needs both kinds of packages. Set apt too.")
    if values.get("ca_file") and "-----BEGIN CERTIFICATE-----" not in str(values.get("authorities") or ""):
        problems.append(
            f"amundsen_ca_file is {values['ca_file']!r}, where the controller finds no certificate that it can read. "
            "Name a PEM file on the controller by its whole path."
        )
    return problems


def standalone_problems(values: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the values of the frontend without Docker."""
    problems = []
    services = {name: str(values.get(name) or "") for name in ("amundsen_standalone_metadata_url", "amundsen_standalone_search_url")}
    for name, url in services.items():
        if url and not re.fullmatch(r"https?://[^\s/@?#]+", url):
            problems.append(f"{name} is not the address of a service (http or https, host, port, nothing else). Write it as http://10.0.0.5:5002.")
        elif not url and any(services.values()):
            problems.append(f"{name} is empty, but the other service's address is set. Set both, or neither to use the site's own on this host.")
    ports = ["amundsen_standalone_port", "amundsen_standalone_metadata_port", "amundsen_standalone_search_port"]
    for name in ports:
        if not (str(values.get(name)).isdigit() and 1024 <= int(values[name]) < 65536):
            problems.append(f"{name} is {values.get(name)!r}: give a port from 1024 to 65535; below that only root can listen.")
    if len({str(values.get(name)) for name in ports}) < len(ports):
        problems.append(f"{', '.join(ports)} are not all different. Each needs a port of its own.")
    if values.get("amundsen_standalone_tls") == "files":
        for name in ("amundsen_tls_certificate_file", "amundsen_tls_key_file"):
            if not values.get(name):
                problems.append(f"{name} is empty: amundsen_standalone_tls is 'files'. Set it to the path of a PEM file on the controller.")
    else:
        if any(services.values()):
            problems.append("The services' addresses are set, so no site on this host is used, and no proxy of one. Set amundsen_standalone_tls to files.")
        own, site = values.get("amundsen_standalone_public_url"), values.get("amundsen_public_url")
        if own and site and str(own).rstrip("/") != str(site).rstrip("/"):
            problems.append(
                f"amundsen_standalone_public_url is {own!r}: behind the site's proxy the address is the site's, {site!r}. "
                "Leave it out, or set amundsen_standalone_tls to files."
            )
    root, inside = str(values.get("amundsen_standalone_root") or ""), str(values.get("amundsen_root") or "")
    if root == inside or root.startswith(f"{inside}/"):
        problems.append(
            f"amundsen_standalone_root is {root!r}: {inside} is root's alone, so the frontend could not read its files there. Choose a folder beside it."
        )
    return problems


def unknown_variables(declared: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return the variables with our prefix that no role knows, with the nearest right name."""
    known, prefix = sorted(set(known)), "amundsen_"  # the prefix alone would make any two names alike
    problems = []
    for name in sorted(set(declared) - set(known)):
        if name in RENAMED:
            problems.append(f"{name} is now {RENAMED[name]}, so it has no effect. Rename it.")
            continue
        near = difflib.get_close_matches(name.removeprefix(prefix), [name.removeprefix(prefix) for name in known], n=1, cutoff=0.6)
        problems.append(f"{name} is not a variable of this collection, so it has no effect. " + (f"Did you mean {prefix}{near[0]}?" if near else "Remove it."))
    return problems


def value_problems(values: Mapping[str, Any], given_secrets: Mapping[str, bool]) -> list[str]:
    """Return everything that is wrong with the values, in the order a reader would look."""
    problems = public_url_problems(str(values.get("amundsen_public_url") or ""))
    problems += choice_problems(values)
    problems += source_problems(values)
    if values.get("amundsen_auth0_domain"):
        problems += domain_problems("amundsen_auth0_domain", str(values["amundsen_auth0_domain"]))
    problems += credential_problems(values, given_secrets)
    problems += tls_problems(values)
    problems += build_problems(values)
    problems += _ui.problems(values)
    problems += network_problems(values)
    problems += delivery_problems(values, given_secrets)
    problems += _stores.problems(values.get("stores") or {}, values.get("store_secrets") or {})
    if "amundsen_standalone_tls" in values:
        problems += standalone_problems(values)
    return problems
