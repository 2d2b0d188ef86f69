#!/usr/bin/python
# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take one part out of an offline bundle."""

from __future__ import annotations

DOCUMENTATION = r"""
module: offline_bundle_part
short_description: Take one part out of an offline bundle
version_added: 0.2.0
description:
  - Writes one part to a file with mode C(0600), unpacked where its name ends in C(.gz), and compares its checksum on the way.
  - Runs on the controller, with the Python of Ansible.
author: The datacatalog.amundsen authors (@datacatalog)
options:
  path:
    description: The bundle.
    type: path
    required: true
  part:
    description: The part's name.
    type: str
    required: true
  sha256:
    description: The checksum that M(datacatalog.amundsen.offline_bundle_info) returned for it.
    type: str
    required: true
  dest:
    description: The file to write.
    type: path
    required: true
attributes:
  check_mode:
    description: Nothing is written.
    support: full
  diff_mode:
    description: There is no diff.
    support: none
"""

EXAMPLES = r"""
- name: Take the images out
  datacatalog.amundsen.offline_bundle_part:
    path: /srv/amundsen.tar
    part: images.tar.gz
    sha256: "{{ bundle.digests['images.tar.gz'] }}"
    dest: /tmp/work/images.tar
"""

RETURN = r"""
dest:
  description: The file.
  type: str
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.datacatalog.amundsen.plugins.module_utils import _bundle_file


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "part": {"type": "str", "required": True},
            "sha256": {"type": "str", "required": True},
            "dest": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    if not module.check_mode:
        try:
            _bundle_file.extract(wanted["path"], wanted["part"], wanted["sha256"], wanted["dest"])
        except _bundle_file.BundleError as error:
            module.fail_json(msg=str(error))
        except OSError as error:
            module.fail_json(msg=f"{wanted['part']} could not be taken out of {wanted['path']}: {error}. Mend this and run again.")
    module.exit_json(changed=True, dest=wanted["dest"])


if __name__ == "__main__":
    main()
