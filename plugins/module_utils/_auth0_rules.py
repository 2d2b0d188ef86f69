# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Auth0 takes as values of an application, judged before any call. Pure: no I/O, no Ansible.

Every problem names the field, the index, the value and the rule, and says what to write instead.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

__all__ = ["MARK", "MAX_METADATA", "PUBLIC_TYPES", "URI_LISTS", "base_url", "cautions_of", "problems_of"]

URI_LISTS = ("callbacks", "allowed_logout_urls", "web_origins", "allowed_origins")
ORIGIN_LISTS = ("web_origins", "allowed_origins")
PUBLIC_TYPES = ("spa", "native")
MAX_DESCRIPTION = 140
MAX_METADATA = 10
MAX_METADATA_LENGTH = 255
# The key of client_metadata that says "made by this module"; its value, random, tells one creation from another.
MARK = "ansible_auth0_client"

SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
# Auth0 puts an organization or a custom domain in their place.
PLACEHOLDER = re.compile(r"\{[a-zA-Z_.]+\}")
JOINED = re.compile(r",\s*([a-zA-Z][a-zA-Z0-9+.-]*://|$)")


def base_url(domain: str, allow_http: bool = False) -> tuple[str, str]:
    """Return scheme and host of a tenant from its domain, and what is wrong with the domain; one of them is empty.

    Upper case, ``https://`` before and a slash behind are taken as what they mean.
    """
    what = f"auth0_domain is {domain!r}"
    example = "Write the tenant's domain alone, such as acme.eu.auth0.com"
    if not domain.strip():
        return "", f"auth0_domain is not given. {example}, or set AUTH0_DOMAIN."
    text = domain.strip() if "://" in domain else f"https://{domain.strip()}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        return "", f"{what}, which is no host ({error}). {example}."
    if not re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:.]+", host):
        return "", f"{what}, which has no host name. {example}."
    netloc = (f"[{host}]" if ":" in host else host) + (f":{port}" if port and port != {"https": 443, "http": 80}.get(parts.scheme) else "")
    if "@" in parts.netloc:
        return "", f"auth0_domain holds a user or a password. Write {netloc}."
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        return "", f"{what}: it takes a host, no path. Write {netloc}."
    if parts.scheme == "http":
        if not _is_loopback(host):
            return "", f"{what}: over http anybody on the way reads the secrets. Write {netloc}."
        if not allow_http:
            return "", f"{what}: http is taken on loopback only, and only with auth0_allow_http: true."
    elif parts.scheme != "https":
        return "", f"{what}: the scheme {parts.scheme} is not https. Write {netloc}."
    return f"{parts.scheme}://{netloc}", ""


def problems_of(params: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the options, all at once."""
    problems: list[str] = []
    if params.get("name") is not None:
        problems += _name(params["name"])
    elif not params.get("client_id"):
        problems.append("Neither name nor client_id is given, so it is not known which application is meant. Write one of them.")
    if params.get("client_id") is not None and not params["client_id"].strip():
        problems.append("client_id is empty. Write the application's id, or leave the option out to go by name.")
    if params["state"] == "absent":
        return problems
    if len(description := params.get("description") or "") > MAX_DESCRIPTION:
        problems.append(f"description has {len(description)} characters; Auth0 takes {MAX_DESCRIPTION}. Write a shorter one.")
    for field in URI_LISTS:
        for index, value in enumerate(params.get(field) or []):
            problems += _list_entry(field, index, value)
    problems += _login_uri(params.get("initiate_login_uri"))
    problems += _logo_uri(params.get("logo_uri"))
    problems += _metadata(params.get("client_metadata"))
    problems += _kind(params)
    problems += _lifetimes(params)
    for field in ("grant_types", "connections"):
        for index, value in enumerate(params.get(field) or []):
            if not value.strip():
                problems.append(f"{field}[{index}] is empty. Remove the entry.")
    return problems


def cautions_of(params: Mapping[str, Any]) -> list[str]:
    """Return what Auth0 takes, but the user should know."""
    cautions = []
    for field in URI_LISTS:
        for index, value in enumerate(params.get(field) or []):
            if "*" in value and params["uris_mode"] != "remove":
                cautions.append(
                    f"{field}[{index}] is {value!r}: whoever controls one host below that domain receives codes of your users. Name the hosts if you can."
                )
    if (params.get("jwt_configuration") or {}).get("alg") == "HS256":
        cautions.append(
            "jwt_configuration.alg is HS256: ID tokens are signed with the client secret, which Authlib and flaskoidc refuse. RS256 is what they take."
        )
    if (params.get("refresh_token") or {}).get("rotation_type") == "rotating":
        cautions.append("refresh_token.rotation_type is rotating: flaskoidc drops rotated tokens, so people have to log in again when the first one ends.")
    return cautions


def _name(name: str) -> list[str]:
    if not name.strip():
        return ["name is empty. Write the application's name."]
    if re.search(r"[<>]", name):
        plain = re.sub("[<>]", "", name)
        return [f"name is {name!r}; Auth0 takes no < or > in it. Write {plain!r}."]
    return []


def _list_entry(field: str, index: int, value: str) -> list[str]:
    """Return what is wrong with one URI of a list."""
    what = f"{field}[{index}] is {value!r}"
    example = "https://catalog.example.com" + ("/authorization-code/callback" if field == "callbacks" else "")
    if not value.strip():
        return [f"{field}[{index}] is empty. Remove the entry."]
    if JOINED.search(value):
        entries = [part.strip() for part in value.split(",") if part.strip()]
        return [f"{what}: several URIs in one entry. Write {len(entries)} entries: {', '.join(entries)}"]
    if re.search(r"\s", value):
        return [f"{what}: it holds blanks. Write {value.strip()}" if not re.search(r"\s", value.strip()) else f"{what}: it holds blanks. Write %20 for each"]
    if not SCHEME.match(value) or ("://" not in value and re.match(r"[\w.-]+:\d+", value)):
        return [f"{what}: it has no scheme. Write https://{value.lstrip('/')}"]
    parts, problem = _split(value)
    if problem or not parts:
        return [f"{what}: it is no URI ({problem}). Write it as {example}"]
    web = parts.scheme in ("http", "https")
    if web and not parts.hostname:
        return [f"{what}: it has no host. Write it as {example}"]
    if field in ORIGIN_LISTS and (parts.path or parts.query or parts.fragment):
        origin = re.split("[/?#]", value.partition("://")[2])[0]
        return [f"{what}: an origin is scheme, host and port, without a path. Write {parts.scheme}://{origin}"]
    if field == "callbacks" and "#" in value:
        return [f"{what}: a callback takes no fragment. Write {value.partition('#')[0]}"]
    return [f"{what}: {problem}" for problem in _wildcard(value, web, parts.netloc)]


def _wildcard(value: str, web: bool, netloc: str) -> list[str]:
    """Return what is wrong with the * of a URI: one at most, as the whole left-most label of a http(s) host, above a domain."""
    if "*" not in value:
        return []
    if not web:
        return ["* is taken in http and https addresses only. Write the whole address"]
    host = netloc.rpartition("@")[2].partition(":")[0]
    if value.count("*") > 1 or not host.startswith("*."):
        return ["one * is taken, as the whole left-most label of the host. Write it as https://*.example.com"]
    if host.count(".") < 2:
        return ["* stands for all of a top-level domain. Write it as https://*.example.com"]
    return []


def _login_uri(value: str | None) -> list[str]:
    """Return what is wrong with the login URI; "" clears it."""
    if not value:
        return []
    what, example = f"initiate_login_uri is {value!r}", "Write it as https://catalog.example.com/login"
    if re.search(r"\s", value):
        return [f"{what}: it holds blanks. {example}"]
    parts, problem = _split(value)
    if problem or not parts:
        return [f"{what}: it is no URI ({problem}). {example}"]
    if parts.hostname and (parts.hostname == "localhost" or parts.hostname.endswith(".localhost")):
        return [f"{what}: Auth0 refuses localhost as login URI. Use a real name, if need be from the hosts file. {example}"]
    if parts.scheme == "http":
        return [f"{what}: Auth0 takes https only for the login URI. Write {value.replace('http://', 'https://', 1)}, once the site answers there"]
    if parts.scheme != "https" or not parts.hostname:
        return [f"{what}: Auth0 takes only a whole https address for the login URI. {example}"]
    if "*" in value:
        return [f"{what}: * is not taken in the login URI. {example}"]
    return []


def _logo_uri(value: str | None) -> list[str]:
    if not value:
        return []
    parts, problem = _split(value)
    if problem or not parts or parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", value):
        return [f"logo_uri is {value!r}: it is no whole address. Write it as https://example.com/logo.png"]
    return []


def _metadata(metadata: Mapping[str, Any] | None) -> list[str]:
    """Return what is wrong with the metadata; null deletes a key."""
    problems = []
    if len(kept := [key for key, value in (metadata or {}).items() if value is not None]) > MAX_METADATA:
        problems.append(f"client_metadata has {len(kept)} keys; Auth0 takes {MAX_METADATA}. Remove {len(kept) - MAX_METADATA}.")
    for key, value in (metadata or {}).items():
        what = f"client_metadata[{key!r}]"
        if key == MARK:
            problems.append(f"{what} is the mark by which this module knows what it made. Use another key.")
        if not 0 < len(key) <= MAX_METADATA_LENGTH:
            problems.append(f"{what}: the key has {len(key)} characters; Auth0 takes 1 to {MAX_METADATA_LENGTH}. Use a shorter key.")
        if value is not None and not isinstance(value, str):
            problems.append(f"{what} is {value!r}; Auth0 takes text only. Write '{value}', with the quotes.")
        elif value is not None and len(value) > MAX_METADATA_LENGTH:
            problems.append(f"{what} has {len(value)} characters; Auth0 takes {MAX_METADATA_LENGTH}. Write a shorter text.")
    return problems


def _kind(params: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with type and secret together."""
    problems = []
    kind, method = params.get("app_type"), params.get("token_endpoint_auth_method")
    if kind in PUBLIC_TYPES and ((method or "none") != "none" or params.get("return_secret")):
        wanted = "return_secret is true" if params.get("return_secret") else f"token_endpoint_auth_method is {method!r}"
        problems.append(
            f"app_type is {kind!r}, but {wanted}: such an application is public and has no use for a secret; a login with one ends with "
            "'access_denied: Unauthorized'. Write app_type: regular_web"
        )
    elif method == "none" and params.get("return_secret"):
        problems.append(
            "token_endpoint_auth_method is 'none', but return_secret is true: the secret is of no use. Write token_endpoint_auth_method: client_secret_basic"
        )
    return problems


def _lifetimes(params: Mapping[str, Any]) -> list[str]:
    problems = []
    lifetimes = {"jwt_configuration": ("lifetime_in_seconds",), "refresh_token": ("token_lifetime", "idle_token_lifetime")}
    for field, names in lifetimes.items():
        for name in names:
            value = (params.get(field) or {}).get(name)
            if value is not None and value < 1:
                problems.append(f"{field}.{name} is {value}; it is a number of seconds from 1 on. Write 36000 for ten hours.")
    if ((params.get("refresh_token") or {}).get("leeway") or 0) < 0:
        problems.append(f"refresh_token.leeway is {params['refresh_token']['leeway']}; it is a number of seconds from 0 on. Write 0.")
    return problems


def _split(value: str) -> tuple[Any, str]:
    """Return the parts of a URI with its placeholders filled, or why it has none."""
    try:
        parts = urlsplit(PLACEHOLDER.sub("placeholder", value))
        _port = parts.port
    except ValueError as error:
        return None, str(error)
    return parts, ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
