# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a host reaches the outside: the company's proxy, its mirrors and its certificate authority. Pure: no I/O, no Ansible.

All of it becomes one shell script, which whatever goes out reads first: on the host, and in image builds as a
secret that leaves no trace in a layer.
"""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

GIT_HOST = "https://github.com/"  # what the mirror for git stands for
SYSTEM_AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
BUILD_FOLDER = "/dev/shm/amundsen-network"  # noqa: S108 (in a build a file system in memory, of that step alone)
HEADER = "# How to reach the outside; written by datacatalog.amundsen. It may hold passwords.\n"
END = "END_OF_AMUNDSEN_FILE"


def without_password(url: str) -> tuple[str, str, str]:
    """Return a URL without user and password, then the two, decoded; "" where there are none."""
    parts = urlsplit(url)
    user, _colon, password = parts.netloc.rpartition("@")[0].partition(":")
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl(), unquote(user), unquote(password)


def _basic(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def _proxy(values: Mapping[str, Any], exports: dict[str, str]) -> None:
    given = {name: values.get(name) for name in ("http_proxy", "https_proxy")}
    if any(given.values()):
        given["no_proxy"] = values.get("no_proxy")
    for name, value in given.items():
        if value:
            exports[name] = exports[name.upper()] = str(value)


def _authorities(authorities: str, folder: str, files: dict[str, str], exports: dict[str, str]) -> None:
    if authorities:
        files["private.pem"] = authorities
        for name in ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "NODE_EXTRA_CA_CERTS"):
            exports[name] = f"{folder}/ca.pem"


def _git(mirror: str, exports: dict[str, str]) -> None:
    """Rewrite addresses; the password goes by a header, since git puts addresses into process lists."""
    if not mirror:
        return
    address, user, password = without_password(mirror.rstrip("/") + "/")
    settings = {f"url.{address}.insteadOf": GIT_HOST}
    if user:
        settings[f"http.{address}.extraHeader"] = f"Authorization: Basic {_basic(user, password)}"
    exports["GIT_CONFIG_COUNT"] = str(len(settings))
    for number, (key, value) in enumerate(settings.items()):
        exports[f"GIT_CONFIG_KEY_{number}"], exports[f"GIT_CONFIG_VALUE_{number}"] = key, value


def _pip(mirror: str, exports: dict[str, str]) -> None:
    if mirror:
        exports["PIP_INDEX_URL"] = mirror
        if mirror.startswith("http:"):  # the hashes of the locks say what is right, not the way there
            exports["PIP_TRUSTED_HOST"] = urlsplit(mirror).netloc.rpartition("@")[2]


def _npm(mirror: str, folder: str, files: dict[str, str], exports: dict[str, str]) -> None:
    if mirror:
        address, user, password = without_password(mirror.rstrip("/") + "/")
        exports["NPM_CONFIG_REGISTRY"] = address
        if user:
            files["npmrc"] = f"//{urlsplit(address).netloc}/:_auth={_basic(user, password)}\n"
            exports["NPM_CONFIG_USERCONFIG"] = f"{folder}/npmrc"


def _sources(mirror: str, security: str) -> str:
    """Return apt's sources; the shell fills in the suite."""
    fields = "Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
    suites = {mirror: "$VERSION_CODENAME $VERSION_CODENAME-updates", security: "$VERSION_CODENAME-security"}
    return "\n".join(f"Types: deb\nURIs: {address}\nSuites: {names}\n{fields}" for address, names in suites.items())


def _apt(mirrors: Mapping[str, str], private: bool, folder: str, build: bool, files: dict[str, str], exports: dict[str, str]) -> dict[str, str]:
    """Set up apt, and return the mirrors' addresses for the scripts that make a Debian root."""
    settings, names = [], {}
    if private:
        settings.append(f'Acquire::https::CAInfo "{folder}/ca.pem";')
        if not build:  # its own user could not read that file in a folder that is root's alone
            settings.append('APT::Sandbox::User "root";')
    if mirrors.get("apt"):
        address, user, password = without_password(mirrors["apt"].rstrip("/"))
        security, its_user, its_password = without_password((mirrors.get("apt_security") or mirrors["apt"].rstrip("/") + "-security").rstrip("/"))
        names = {"amundsen_apt_mirror": address, "amundsen_apt_security": security}
        logins = [(url, who, secret) for url, who, secret in ((address, user, password), (security, its_user, its_password)) if who]
        if logins:
            settings.append(f'Dir::Etc::netrc "{folder}/netrc";')
            files["netrc"] = "".join(f"machine {url} login {who} password {secret}\n" for url, who, secret in logins)
            if user:
                files["wgetrc"] = f"http_user = {user}\nhttp_password = {password}\n"
        if build:
            settings += ['Dir::Etc::sourcelist "/dev/null";', f'Dir::Etc::sourceparts "{folder}/apt";']
            files["apt/mirror.sources"] = _sources(address, security)
    if private:
        files["wgetrc"] = files.get("wgetrc", "") + f"ca_certificate = {folder}/ca.pem\n"
    if "wgetrc" in files:
        exports["WGETRC"] = f"{folder}/wgetrc"
    if settings:
        files["apt.conf"] = "\n".join(settings) + "\n"
        exports["APT_CONFIG"] = f"{folder}/apt.conf"
    return names


def _images(mirror: str, folder: str, files: dict[str, str]) -> dict[str, str]:
    """Return the registry's name for the script that pulls, and where the login for it is."""
    if not mirror:
        return {}
    address, user, password = without_password(mirror.rstrip("/"))
    name = address.partition("://")[2]
    if user:
        files["docker/config.json"] = json.dumps({"auths": {name.partition("/")[0]: {"auth": _basic(user, password)}}}) + "\n"
    return {"amundsen_image_mirror": name} | ({"amundsen_image_login": f"{folder}/docker"} if user else {})


def _written(files: Mapping[str, str], folder: str, private: bool) -> list[str]:
    """Return the lines that write the files, each readable by root alone but for the authorities, which apt's own user reads too."""
    if not files:
        return []
    folder = shlex.quote(folder)
    lines = ["(", "umask 077", f"mkdir -p {' '.join(sorted({f'{folder}/{name}'.rpartition('/')[0] for name in files}))}"]
    for name, content in files.items():
        quoted = END if name.endswith(".sources") else f"'{END}'"
        lines += [f"cat >{folder}/{name} <<{quoted}", content.rstrip("\n"), END]
    if private:
        lines += [f"{{ cat {SYSTEM_AUTHORITIES} 2>/dev/null; cat {folder}/private.pem; }} >{folder}/ca.pem", f"chmod 644 {folder}/*.pem"]
    return [*lines, f"chmod 711 {folder} {folder}/apt" if "apt/mirror.sources" in files else f"chmod 711 {folder}", ")"]


def script(values: Mapping[str, Any], folder: str = "") -> str:
    """Return the shell script that lets git, pip, npm, apt, debootstrap and Python go out as the values say.

    Args:
        values: `http_proxy`, `https_proxy`, `no_proxy`, `authorities` (PEM text) and `mirrors` (`git`, `npm`, `pip`,
            `apt`, `apt_security`, `images`); each may be missing or empty.
        folder: where on a host the script may write files for tools that read no environment; "" is an image build,
            where apt's sources are the mirror's alone.
    """
    mirrors = {name: str(url) for name, url in (values.get("mirrors") or {}).items() if url}
    files: dict[str, str] = {}
    exports: dict[str, str] = {}
    build, folder = not folder, folder or BUILD_FOLDER
    authorities = str(values.get("authorities") or "")
    _proxy(values, exports)
    _authorities(authorities, folder, files, exports)
    _git(mirrors.get("git", ""), exports)
    _pip(mirrors.get("pip", ""), exports)
    _npm(mirrors.get("npm", ""), folder, files, exports)
    names = _apt(mirrors, bool(authorities), folder, build, files, exports)
    names |= _images(mirrors.get("images", ""), folder, files)
    lines = [] if build else [f"rm -rf {shlex.quote(folder)}"]  # what it wrote for other values
    lines += [". /etc/os-release"] if "apt/mirror.sources" in files else []
    lines += _written(files, folder, bool(authorities))
    lines += [f"{name}={shlex.quote(value)}" for name, value in names.items()]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in exports.items()]
    return HEADER + "".join(f"{line}\n" for line in lines)
