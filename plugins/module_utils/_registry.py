# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's engine and registries: logins that no other place keeps, authorities, push, pull and what an image is called there."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from ansible.module_utils.basic import AnsibleModule

ADVICE = (
    "Check that the registry answers there (amundsen_registry), that the host trusts its certificate (amundsen_ca_file), and the login "
    "(amundsen_registry_username). Nothing that runs was touched; run again, and what travelled already is kept."
)


class RegistryError(Exception):
    """A push or a pull that failed; the text says why."""


def trust(registry: str, pem: str) -> bool:
    """Let the engine trust the registry's authorities, and tell whether that is new. The engine reads the folder at each call."""
    path = os.path.join("/etc/docker/certs.d", registry.partition("/")[0], "amundsen.crt")
    try:
        with open(path, encoding="utf-8") as handle:
            if handle.read() == pem:
                return False
    except FileNotFoundError:
        pass
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(pem)
        os.fchmod(stream.fileno(), 0o644)
    os.replace(temporary, path)
    return True


class Docker:
    """The host's engine, with a login of its own.

    Args:
        module: the module, which runs commands.
        config: folder that holds the login; "" for the login that root has.
    """

    def __init__(self, module: AnsibleModule, config: str = "") -> None:
        self._module = module
        self._command = [module.get_bin_path("docker", required=True), *(["--config", config] if config else [])]

    def run(self, *arguments: str, problem: str = "The engine refused") -> str:
        """Run a command of docker and return what it prints.

        Raises:
            RegistryError: it failed.
        """
        code, out, err = self._module.run_command([*self._command, *arguments])
        if code != 0:
            raise RegistryError(f"{problem}: {' '.join((err or out).strip().splitlines()[-2:])}")
        return str(out).strip()

    def identity(self, name: str) -> str:
        """Return the id of an image."""
        return self.run("image", "inspect", "--format", "{{.Id}}", name)

    def identities(self, name: str) -> list[str]:
        """Return the digests that registries gave an image, then its id; nothing where there is no such image."""
        code, out, _err = self._module.run_command([*self._command, "image", "inspect", name])
        if code != 0:
            return []
        told = json.loads(out)[0]
        return [*(each.rpartition("@")[2] for each in told.get("RepoDigests") or []), told["Id"]]

    def push(self, registry: str, service: str, name: str) -> dict[str, str]:
        """Push an image under its service's name, and return its reference by digest and its id."""
        repository = f"{registry}/{service}"
        target = f"{repository}:{name.rpartition(':')[2]}"
        self.run("tag", name, target)
        out = self.run("push", target, problem=f"{name} could not be pushed as {target}")
        found = re.search(r"digest: (sha256:[0-9a-f]{64})", out)
        if not found:
            raise RegistryError(f"{name} was pushed as {target}, but the engine says no digest, by which it could be pulled")
        return {"reference": f"{repository}@{found[1]}", "id": self.identity(name)}

    def pull(self, name: str, reference: str, identity: str) -> None:
        """Pull an image by its digest, compare it and give it its name."""
        self.run("pull", "--quiet", reference, problem=f"{name} could not be pulled as {reference}")
        pulled = self.identity(reference)
        # Where containerd keeps the images, the digest itself is the id.
        if pulled != identity and reference.rpartition("@")[2] not in (pulled, identity):
            raise RegistryError(f"{reference} is {pulled} here and {identity} where it was built, so it was not named {name}")
        self.run("tag", reference, name)


@contextmanager
def login(accounts: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    """Give a folder with the logins of registries, and of no others, while it is needed.

    Args:
        accounts: for each registry user and password; those without a user are left out.
    """
    auths = {host: {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()} for host, (user, password) in accounts.items() if user}
    folder = tempfile.mkdtemp(prefix="amundsen-registry-")  # mode 0700
    try:
        if auths:
            handle = os.open(os.path.join(folder, "config.json"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump({"auths": auths}, stream)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
