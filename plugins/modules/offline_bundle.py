#!/usr/bin/python
# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the parts of an offline bundle into one file."""

from __future__ import annotations

DOCUMENTATION = r"""
module: offline_bundle
short_description: Put the parts of an offline bundle into one file
version_added: 0.2.0
description:
  - Writes a tar with C(SHA256SUMS), its signature, C(manifest.json) and the parts, beside its name, and gives it the name when it is whole.
  - The same parts give the same bytes. Runs on the controller, with the Python of Ansible.
author: The datacatalog.amundsen authors (@datacatalog)
options:
  path:
    description: The file to write.
    type: path
    required: true
  files:
    description: For each part's name the file that it is read from.
    type: dict
    default: {}
  archives:
    description: For each part's name the tar that is compressed into it, in an order of its own and without times.
    type: dict
    default: {}
  folders:
    description: For each folder in the bundle the folder whose files come into it.
    type: dict
    default: {}
  manifest:
    description: What the bundle says of itself. Sizes and checksums of the parts are added.
    type: dict
    required: true
  signing_key:
    description: PEM file of an Ed25519 key without a passphrase that signs C(SHA256SUMS).
    type: path
    default: ""
attributes:
  check_mode:
    description: Nothing is written.
    support: full
  diff_mode:
    description: There is no diff.
    support: none
"""

EXAMPLES = r"""
- name: Write a bundle
  datacatalog.amundsen.offline_bundle:
    path: /srv/amundsen.tar
    archives:
      images.tar.gz: /tmp/work/images.tar
    folders:
      controller: /tmp/work/controller
    manifest: "{{ manifest }}"
"""

RETURN = r"""
path:
  description: The file.
  type: str
  returned: always
size:
  description: Its size in bytes.
  type: int
  returned: when it was written
sha256:
  description: Its checksum.
  type: str
  returned: when it was written
parts:
  description: How many parts it holds.
  type: int
  returned: always
"""

import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.datacatalog.amundsen.plugins.module_utils import _bundle_file


def parts(files: dict[str, str], folders: dict[str, str]) -> dict[str, str]:
    """Return for each part's name its file."""
    found = dict(files)
    for prefix, folder in folders.items():
        found.update({f"{prefix}/{path.relative_to(folder).as_posix()}": str(path) for path in Path(folder).rglob("*") if path.is_file()})
    return found


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "files": {"type": "dict", "default": {}},
            "archives": {"type": "dict", "default": {}},
            "folders": {"type": "dict", "default": {}},
            "manifest": {"type": "dict", "required": True},
            "signing_key": {"type": "path", "default": "", "no_log": False},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    result = {"changed": True, "path": wanted["path"]}
    try:
        found = parts(wanted["files"], wanted["folders"])
        result["parts"] = len(found) + len(wanted["archives"])
        if not module.check_mode:
            for name, archive in wanted["archives"].items():
                found[name] = f"{archive}.packed"
                _bundle_file.pack(archive, found[name])
            _bundle_file.write(wanted["path"], found, wanted["manifest"], wanted["signing_key"])
            result |= {"size": os.path.getsize(wanted["path"]), "sha256": _bundle_file.digest(wanted["path"])}
    except _bundle_file.BundleError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"The bundle {wanted['path']} was not written: {error}. Nothing half-made was left. Mend this and run again.")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
