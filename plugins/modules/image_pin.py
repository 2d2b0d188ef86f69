#!/usr/bin/python
# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pull images that others made, and keep to what they were at first."""

from __future__ import annotations

DOCUMENTATION = r"""
module: image_pin
short_description: Pull images that others made, and keep to what they were at first
version_added: 0.1.0
description:
  - Pulls each image that the host's engine lacks, by its name with a tag, and records its digest on the host.
  - From then on the same digest is required. Where the tag means another image, nothing is kept of it, and both digests are said.
  - An image that no registry gave a digest, such as one from an archive, is known by its id.
author: The datacatalog.amundsen authors (@datacatalog)
options:
  images:
    description: The images' names, each with a tag.
    type: list
    elements: str
    required: true
  record:
    description: The file that keeps the digests, JSON with mode C(0600).
    type: path
    required: true
  accepted:
    description: For the name of an image a digest that beats the recorded one.
    type: dict
    default: {}
  pull:
    description: Pull what is missing. Without it, a missing image is an error.
    type: bool
    default: true
  mirror:
    description: A mirror of Docker Hub, as V(https://registry.example.com/hub), with a user and a password where it wants a login.
    type: str
    default: ""
  registry:
    description: The registry that O(username) logs in at; the rest of what is before a name is dropped.
    type: str
    default: ""
  username:
    description: The registry's user. Without one, the engine asks with the login that root has, if any.
    type: str
    default: ""
  password:
    description: The password of O(username).
    type: str
    default: ""
  ca_pem:
    description: Certificate authorities that sign the certificates of O(registry) and O(mirror), as PEM.
    type: str
    default: ""
attributes:
  check_mode:
    description: Nothing is pulled or recorded; C(changed) is that of a real run.
    support: full
  diff_mode:
    description: Shows the digests that would be recorded.
    support: full
"""

EXAMPLES = r"""
- name: Have a store's image
  datacatalog.amundsen.image_pin:
    images: [neo4j:4.4.38-community]
    record: /opt/amundsen/images.json
"""

RETURN = r"""
pulled:
  description: Names of the images that were missing.
  type: list
  elements: str
  returned: success
digests:
  description: For each name the digest that is required.
  type: dict
  returned: success
"""

import json
import os
import tempfile
from urllib.parse import unquote, urlsplit

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.datacatalog.amundsen.plugins.module_utils._image_pins import mirrored, other, pins
from ansible_collections.datacatalog.amundsen.plugins.module_utils._registry import Docker, RegistryError, login, trust


def read(path: str) -> dict[str, str]:
    """Return the recorded digests."""
    try:
        with open(path, encoding="utf-8") as handle:
            return dict(json.load(handle))
    except FileNotFoundError:
        return {}


def write(path: str, digests: dict[str, str]) -> None:
    """Replace the record as a whole."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".new-")  # mode 0600
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text(digests))
    os.replace(temporary, path)


def text(digests: dict[str, str]) -> str:
    """Return the record as it is written."""
    return json.dumps(digests, indent=1, sort_keys=True) + "\n" if digests else ""


def pull(docker: Docker, name: str, mirror: str, wanted: str) -> None:
    """Pull an image under its name.

    Raises:
        RegistryError: it cannot be pulled, or is another than is wanted; it has no name then.
    """
    source = mirrored(name, mirror)
    docker.run("pull", "--quiet", source, problem=f"{name} could not be pulled" + (f" as {source}" if source != name else ""))
    problem = other(name, wanted, docker.identities(source))
    if problem:
        docker.run("image", "rm", source)
        raise RegistryError(problem)
    if source != name:
        docker.run("tag", source, name)


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "images": {"type": "list", "elements": "str", "required": True},
            "record": {"type": "path", "required": True},
            "accepted": {"type": "dict", "default": {}},
            "pull": {"type": "bool", "default": True},
            "mirror": {"type": "str", "default": "", "no_log": True},
            "registry": {"type": "str", "default": ""},
            "username": {"type": "str", "default": ""},
            "password": {"type": "str", "default": "", "no_log": True},
            "ca_pem": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    mirror = urlsplit(wanted["mirror"])
    mirror_host = mirror.netloc.rpartition("@")[2]
    registry = wanted["registry"].partition("/")[0]
    accounts = {
        registry: (wanted["username"], wanted["password"]),
        mirror_host: (unquote(mirror.username or ""), unquote(mirror.password or "")),
    }
    recorded = read(wanted["record"])
    lacking: list[str] = []
    found: dict[str, list[str]] = {}
    try:
        for host in (registry, mirror_host) if wanted["ca_pem"] else ():
            if host:
                trust(host, wanted["ca_pem"])
        with login(accounts) as config:
            docker = Docker(module, config if any(user for user, _password in accounts.values()) else "")
            for name in wanted["images"]:
                required = wanted["accepted"].get(name) or recorded.get(name, "")
                if not docker.identities(name):
                    lacking.append(name)
                    if not wanted["pull"] and not module.check_mode:
                        raise RegistryError(f"There is no image {name} on this host. Name it as the archive of amundsen_images_archive does")
                    if not module.check_mode:
                        pull(docker, name, mirror_host + mirror.path.rstrip("/"), required)
                # A registry's digest first; for an archive, which has none, the id.
                identities = docker.identities(name)[:: 1 if wanted["pull"] else -1]
                problem = other(name, required, identities) if identities else ""
                if problem:
                    raise RegistryError(problem)
                if identities:
                    found[name] = identities
    except RegistryError as error:
        module.fail_json(
            msg=f"{str(error).rstrip('.')}. Nothing that runs was touched. Where it could not be pulled, check the name, the engine's way to the registry "
            "(amundsen_mirrors, amundsen_https_proxy), its certificate (amundsen_ca_file) and the login (amundsen_registry_username)."
        )
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}. Nothing that runs was touched.")
    digests = pins(recorded, wanted["accepted"], found)
    changed = bool(lacking) or digests != recorded
    if digests != recorded and not module.check_mode:
        write(wanted["record"], digests)
    module.exit_json(
        changed=changed,
        pulled=lacking,
        digests={name: digests[name] for name in found},
        diff={"before": text(recorded), "after": text(digests)},
    )


if __name__ == "__main__":
    main()
