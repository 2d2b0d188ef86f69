#!/usr/bin/python
# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write all files of a role in one module run."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_files
short_description: Write many configuration and secret files in one run
version_added: 0.1.0
description:
  - Writes files whose content the task gives, each with its mode and numeric owner, in one module run.
  - Every file is replaced as a whole or not at all. Missing parent directories are made with mode C(0700).
  - The content of O(secrets) never appears in the output or in a diff.
author: The datacatalog.amundsen authors (@datacatalog)
options:
  root:
    description: Directory that all paths are relative to. Made with mode C(0700) if missing.
    type: path
    required: true
  files:
    description: Files without secrets.
    type: list
    elements: dict
    default: []
    suboptions: &entry
      path:
        description: Path of the file, relative to O(root).
        type: str
        required: true
      content:
        description: The whole content.
        type: str
        required: true
      encoding:
        description: What O(files[].content) is written in; V(base64) for a file that is no text.
        type: str
        choices: [utf-8, base64]
        default: utf-8
      mode:
        description: Permissions, as octal digits.
        type: str
        default: "0600"
      owner:
        description: Numeric user and group id of the owner.
        type: int
        default: 0
  secrets:
    description: Files with secrets.
    type: list
    elements: dict
    default: []
    suboptions: *entry
attributes:
  check_mode:
    description: Nothing is written; C(changed) and the diff are those of a real run.
    support: full
  diff_mode:
    description: Shows the content of O(files), and of O(secrets) only that they change.
    support: full
"""

EXAMPLES = r"""
- name: Write a service's settings and its password
  datacatalog.amundsen.host_files:
    root: /opt/amundsen
    files:
      - path: config/service.env
        content: "LOG_LEVEL=INFO\n"
        mode: "0644"
    secrets:
      - path: secrets/service/password
        content: "{{ vault_password }}"
        owner: 10004
"""

RETURN = r"""
changed_paths:
  description: Paths of the files whose content, mode or owner changed, relative to O(root).
  type: list
  elements: str
  returned: always
digests:
  description:
    - For each path a digest of its content, keyed with a random key that is kept in O(root), so that it tells nothing about a secret.
    - Empty texts in check mode where the key does not exist yet.
  type: dict
  returned: always
"""

import base64
import hashlib
import hmac
import os
import secrets
import tempfile
from typing import Any

from ansible.module_utils.basic import AnsibleModule

KEY_FILE = ".digest-key"
ENTRY = {
    "path": {"type": "str", "required": True},
    "mode": {"type": "str", "default": "0600"},
    "owner": {"type": "int", "default": 0},
    "encoding": {"type": "str", "default": "utf-8", "choices": ["utf-8", "base64"]},
}


def read(path: str) -> bytes | None:
    """Return the content of a file, or None where there is none."""
    try:
        with open(path, "rb") as handle:
            return handle.read()
    except FileNotFoundError:
        return None


def write(path: str, content: bytes, mode: int, owner: int) -> None:
    """Replace a file as a whole; no other user sees it before its mode and owner are right."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            if os.geteuid() == 0:
                os.fchown(stream.fileno(), owner, owner)
            os.fchmod(stream.fileno(), mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def wanted(entry: dict[str, Any]) -> bytes:
    """Return the content that a file is to have."""
    return base64.b64decode(entry["content"]) if entry["encoding"] == "base64" else entry["content"].encode()


def describe(path: str, before: bytes | None, entry: dict[str, Any], secret: bool) -> dict[str, Any]:
    """Return the diff of one file; of a secret only whether it is new or other."""
    header = f"{path} (mode {entry['mode']}, owner {entry['owner']})"
    if secret:
        kept = before == wanted(entry)
        return {
            "before_header": path,
            "after_header": header,
            "before": "" if before is None else "(secret)\n",
            "after": "(secret)\n" if kept else "(new secret)\n",
        }
    return {
        "before_header": path,
        "after_header": header,
        "before": (before or b"").decode(errors="replace"),
        "after": wanted(entry).decode(errors="replace"),
    }


def has_attributes(path: str, mode: int, owner: int) -> bool:
    """Tell whether mode and owner of a file are as wanted."""
    stat = os.stat(path)
    return stat.st_mode & 0o7777 == mode and (os.geteuid() != 0 or (stat.st_uid, stat.st_gid) == (owner, owner))


def apply(root: str, entries: list[tuple[bool, dict[str, Any]]], check_mode: bool) -> dict[str, Any]:
    """Make the files be as wanted, and return what changed.

    Args:
        root: directory that the paths are relative to.
        entries: whether it is a secret, and the file, for each of them.
        check_mode: write nothing.

    Raises:
        OSError: a file cannot be read or written.
    """
    key_path = os.path.join(root, KEY_FILE)
    key = read(key_path)
    if key is None and not check_mode:
        os.makedirs(root, mode=0o700, exist_ok=True)
        key = secrets.token_bytes(32)
        write(key_path, key, 0o600, os.geteuid())

    changed, diffs, digests = [], [], {}
    for secret, entry in entries:
        path, content, mode = os.path.join(root, entry["path"]), wanted(entry), int(entry["mode"], 8)
        digests[entry["path"]] = hmac.new(key, content, hashlib.sha256).hexdigest()[:16] if key else ""
        before = read(path)
        if before == content and has_attributes(path, mode, entry["owner"]):
            continue
        changed.append(entry["path"])
        diffs.append(describe(path, before, entry, secret))
        if not check_mode:
            write(path, content, mode, entry["owner"])
    return {"changed": bool(changed), "changed_paths": changed, "diff": diffs, "digests": digests}


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "root": {"type": "path", "required": True},
            "files": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {**ENTRY, "content": {"type": "str", "required": True}},
            },
            "secrets": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "no_log": False,
                "options": {**ENTRY, "content": {"type": "str", "required": True, "no_log": True}},
            },
        },
        supports_check_mode=True,
    )
    os.umask(0o077)
    entries = [(False, entry) for entry in module.params["files"]] + [(True, entry) for entry in module.params["secrets"]]
    try:
        result = apply(module.params["root"], entries, module.check_mode)
    except OSError as error:
        module.fail_json(msg=f"{error.filename}: {error.strerror}. Nothing after it was written; mend this and run again.")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
