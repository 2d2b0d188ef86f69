#!/usr/bin/python
# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generate secrets once and keep them on the host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_secrets
short_description: Generate secrets once and keep them on the host
version_added: 0.1.0
description:
  - Makes a random secret for each name that the file does not hold yet, and returns all that were asked for.
  - The file is JSON with mode C(0600); names that are not asked for stay in it.
  - The returned values are secrets, so the task needs C(no_log=true).
author: The datacatalog.amundsen authors (@datacatalog)
options:
  path:
    description: The file that keeps the secrets. Its directory is made with mode C(0700) if missing.
    type: path
    required: true
  names:
    description: Names of the secrets.
    type: list
    elements: str
    required: true
  bytes:
    description: Random bytes of a new secret; its text has four characters for every three of them.
    type: int
    default: 36
attributes:
  check_mode:
    description: Nothing is written; secrets that do not exist yet are returned as random values that are not kept.
    support: full
  diff_mode:
    description: Names the secrets that would be made, never a value.
    support: full
"""

EXAMPLES = r"""
- name: Keep the database passwords
  datacatalog.amundsen.host_secrets:
    path: /opt/amundsen/secrets/kept.json
    names: [metadata, search]
  register: passwords
  no_log: true
"""

RETURN = r"""
secrets:
  description: The secrets asked for, by name. URL-safe text.
  type: dict
  returned: always
"""

import json
import os
import secrets
import tempfile
from typing import Any

from ansible.module_utils.basic import AnsibleModule


def load(path: str) -> dict[str, Any]:
    """Return the kept secrets.

    Raises:
        ValueError: the file is not the JSON object that this module wrote.
    """
    try:
        with open(path, encoding="utf-8") as handle:
            kept = json.load(handle)
    except FileNotFoundError:
        return {}
    if not isinstance(kept, dict):
        raise ValueError("not a JSON object")
    return kept


def save(path: str, kept: dict[str, Any]) -> None:
    """Replace the file as a whole."""
    directory = os.path.dirname(path)
    os.makedirs(directory, mode=0o700, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=directory, prefix=".new-")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(kept, stream, indent=1, sort_keys=True)
    os.replace(temporary, path)


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "names": {"type": "list", "elements": "str", "required": True},
            "bytes": {"type": "int", "default": 36},
        },
        supports_check_mode=True,
    )
    os.umask(0o077)
    path, names = module.params["path"], module.params["names"]
    try:
        kept = load(path)
    except ValueError as error:
        module.fail_json(
            msg=f"{path} is damaged ({error}). Restore it from a backup; without it the services' passwords are lost. "
            "To start anew with new passwords, move it away."
        )
    missing = [name for name in names if name not in kept]
    kept.update({name: secrets.token_urlsafe(module.params["bytes"]) for name in missing})
    if missing and not module.check_mode:
        save(path, kept)
    module.exit_json(
        changed=bool(missing),
        secrets={name: kept[name] for name in names},
        diff={"before": "", "after": "".join(f"new secret: {name}\n" for name in missing)},
    )


if __name__ == "__main__":
    main()
