#!/usr/bin/python
# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Push images to a registry, or pull them by digest."""

from __future__ import annotations

DOCUMENTATION = r"""
module: image_registry
short_description: Push images to a registry, or pull them by digest
version_added: 0.1.0
description:
  - Pushes images of the host's engine to a registry and returns the digest of each, or pulls images by digest and gives them their names.
  - Only layers that are missing at the other end travel.
  - The login is kept in a file of mode C(0600) in a folder of mode C(0700) while the module runs, and in no other place.
author: The datacatalog.amundsen authors (@datacatalog)
options:
  registry:
    description: The registry and the first part of the images' names there, as V(registry.example.com:5000/team).
    type: str
    required: true
  push:
    description: For each service the name of its image, which ends in a tag. Returned as RV(digests).
    type: dict
    default: {}
  pull:
    description: For each name that an image gets the C(reference) to pull, which ends in a digest, and the image's C(id) on the host that pushed it.
    type: dict
    default: {}
  username:
    description: The registry's user. Without one, the engine asks without a login.
    type: str
    default: ""
  password:
    description: The password of O(username).
    type: str
    default: ""
  ca_pem:
    description: Certificate authorities that sign the registry's certificate, as PEM. Kept for the engine in C(/etc/docker/certs.d).
    type: str
    default: ""
attributes:
  check_mode:
    description: Nothing is pushed or pulled.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Push an image
  datacatalog.amundsen.image_registry:
    registry: registry.example.com:5000/team
    push:
      proxy: amundsen/proxy:c7266b560569
  register: pushed

- name: Pull it on other hosts
  datacatalog.amundsen.image_registry:
    registry: registry.example.com:5000/team
    pull: "{{ pushed.digests }}"
"""

RETURN = r"""
digests:
  description: For each name that was pushed its C(reference), which ends in a digest, and its C(id).
  type: dict
  returned: success
pulled:
  description: Names of the images that were pulled.
  type: list
  elements: str
  returned: success
"""

import base64
import json
import os
import re
import shutil
import tempfile

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
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(pem)
        os.fchmod(stream.fileno(), 0o644)
    os.replace(temporary, path)
    return True


class Docker:
    """The host's engine, with a login of its own.

    Args:
        module: the module, which runs commands.
        config: folder that holds the login.
    """

    def __init__(self, module: AnsibleModule, config: str) -> None:
        self._module = module
        self._command = [module.get_bin_path("docker", required=True), "--config", config]

    def run(self, *arguments: str, problem: str = "The engine refused") -> str:
        """Run a command of docker and return what it prints.

        Raises:
            RegistryError: it failed.
        """
        code, out, err = self._module.run_command([*self._command, *arguments])
        if code != 0:
            raise RegistryError(f"{problem}: {' '.join((err or out).strip().splitlines()[-2:])}")
        return out.strip()

    def identity(self, name: str) -> str:
        """Return the id of an image."""
        return self.run("image", "inspect", "--format", "{{.Id}}", name)

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


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "registry": {"type": "str", "required": True},
            "push": {"type": "dict", "default": {}},
            "pull": {"type": "dict", "default": {}},
            "username": {"type": "str", "default": ""},
            "password": {"type": "str", "default": "", "no_log": True},
            "ca_pem": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    changed = bool(wanted["push"] or wanted["pull"])
    if module.check_mode:
        module.exit_json(changed=changed, digests={}, pulled=[])
    os.umask(0o077)
    config = tempfile.mkdtemp(prefix="amundsen-registry-")
    docker = Docker(module, config)
    try:
        if wanted["ca_pem"]:
            trust(wanted["registry"], wanted["ca_pem"])
        if wanted["username"]:
            login = base64.b64encode(f"{wanted['username']}:{wanted['password']}".encode()).decode()
            with open(os.path.join(config, "config.json"), "w", encoding="utf-8") as handle:
                json.dump({"auths": {wanted["registry"].partition("/")[0]: {"auth": login}}}, handle)
        digests = {name: docker.push(wanted["registry"], service, name) for service, name in wanted["push"].items()}
        for name, image in wanted["pull"].items():
            docker.pull(name, image["reference"], image["id"])
    except RegistryError as error:
        module.fail_json(msg=f"{str(error).rstrip('.')}. {ADVICE}")
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}. {ADVICE}")
    finally:
        shutil.rmtree(config, ignore_errors=True)
    module.exit_json(changed=changed, digests=digests, pulled=list(wanted["pull"]))


if __name__ == "__main__":
    main()
