#!/usr/bin/python
# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check an offline bundle and say what is in it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: offline_bundle_info
short_description: Check an offline bundle and say what is in it
version_added: 0.2.0
description:
  - Compares every part with its checksum, and the signature where a key is given, before anything is unpacked. What is wrong is returned, not raised.
  - Runs on the controller, with the Python of Ansible.
author: The datacatalog.amundsen authors (@datacatalog)
options:
  path:
    description: The bundle.
    type: path
    required: true
  public_key:
    description: PEM file of the Ed25519 key whose partner must have signed the bundle. Not looked at where empty.
    type: path
    default: ""
attributes:
  check_mode:
    description: The module only reads.
    support: full
  diff_mode:
    description: The module changes nothing.
    support: none
"""

EXAMPLES = r"""
- name: Look at a bundle
  datacatalog.amundsen.offline_bundle_info:
    path: /srv/amundsen.tar
"""

RETURN = r"""
problems:
  description: Why it cannot be used, each with what to do.
  type: list
  elements: str
  returned: always
manifest:
  description: What it says of itself.
  type: dict
  returned: when there is no problem
digests:
  description: The sha256 of each part.
  type: dict
  returned: when there is no problem
signed:
  description: Whether it has a signature. It was checked only if a key was given.
  type: bool
  returned: when there is no problem
exists:
  description: Whether there is such a file.
  type: bool
  returned: always
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.datacatalog.amundsen.plugins.module_utils import _bundle_file


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={"path": {"type": "path", "required": True}, "public_key": {"type": "path", "default": "", "no_log": False}},
        supports_check_mode=True,
    )
    exists = os.path.exists(module.params["path"])
    try:
        found = _bundle_file.check(module.params["path"], module.params["public_key"])
    except _bundle_file.BundleError as error:
        module.exit_json(changed=False, exists=exists, problems=[str(error)])
    module.exit_json(changed=False, exists=exists, problems=[], **found)


if __name__ == "__main__":
    main()
