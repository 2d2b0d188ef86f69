# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read all files of a directory on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
name: tree
short_description: All files of a directory on the controller
version_added: 0.1.0
author: The datacatalog.amundsen authors (@datacatalog)
description:
  - Reads all files below directories of a role's C(files), in the form that M(datacatalog.amundsen.host_files) writes.
  - Two trees with the same names, contents and permissions give the same list, so a hash of it names them.
  - What Python and editors leave behind (C(__pycache__), C(*.pyc), hidden files) is left out.
options:
  _terms:
    description: The directories.
    type: list
    elements: str
    required: true
  prefix:
    description: Put before each path.
    type: str
    default: ""
  binary:
    description: Take files that are not UTF-8 text too, with their content in base64 and C(encoding=base64).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Write the context of an image
  datacatalog.amundsen.host_files:
    root: /opt/amundsen/build
    files: "{{ q('datacatalog.amundsen.tree', 'proxy', prefix='proxy/') }}"
"""

RETURN = r"""
_raw:
  description: One entry for each file, sorted by path, with C(path), C(content) and C(mode); of a binary file C(encoding) too.
  type: list
  elements: dict
"""

import base64
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase


def is_source(path: Path, root: Path) -> bool:
    """Tell whether a path below root is a file that somebody wrote."""
    parts = path.relative_to(root).parts
    return path.is_file() and path.suffix != ".pyc" and not any(part.startswith((".", "__pycache__")) for part in parts)


def entry(path: Path, root: Path, prefix: str, binary: bool = False) -> dict[str, str]:
    """Return one file with its path relative to root; executable files get 0755, others 0644.

    Raises:
        AnsibleLookupError: the file is not UTF-8 text, and binary ones are not wanted.
    """
    found = {"path": f"{prefix}{path.relative_to(root).as_posix()}", "mode": "0755" if path.stat().st_mode & 0o100 else "0644"}
    content = path.read_bytes()
    try:
        return found | {"content": content.decode()}
    except UnicodeDecodeError as error:
        if not binary:
            raise AnsibleLookupError(f"{path} is not UTF-8 text, and only text can be put into an image: {error}") from error
        return found | {"content": base64.b64encode(content).decode(), "encoding": "base64"}


class LookupModule(LookupBase):  # type: ignore[misc]
    """The lookup."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[dict[str, str]]:
        """Return the files of all directories.

        Raises:
            AnsibleLookupError: a directory is not there, or a file is not text.
        """
        self.set_options(var_options=variables, direct=kwargs)
        found = []
        for term in terms:
            root = Path(self.find_file_in_search_path(variables, "files", term, ignore_missing=True) or term)
            if not root.is_dir():
                raise AnsibleLookupError(f"there is no directory {term} among the role's files")
            paths = sorted(path for path in root.rglob("*") if is_source(path, root))
            found += [entry(path, root, self.get_option("prefix"), self.get_option("binary")) for path in paths]
        return found
