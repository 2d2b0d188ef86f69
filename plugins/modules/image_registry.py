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

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.datacatalog.amundsen.plugins.module_utils._registry import ADVICE, Docker, RegistryError, login, trust


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
    try:
        if wanted["ca_pem"]:
            trust(wanted["registry"], wanted["ca_pem"])
        with login({wanted["registry"].partition("/")[0]: (wanted["username"], wanted["password"])}) as config:
            docker = Docker(module, config)
            digests = {name: docker.push(wanted["registry"], service, name) for service, name in wanted["push"].items()}
            for name, image in wanted["pull"].items():
                docker.pull(name, image["reference"], image["id"])
    except RegistryError as error:
        module.fail_json(msg=f"{str(error).rstrip('.')}. {ADVICE}")
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}. {ADVICE}")
    module.exit_json(changed=changed, digests=digests, pulled=list(wanted["pull"]))


if __name__ == "__main__":
    main()
