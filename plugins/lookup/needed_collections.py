# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find a collection and all that it depends on."""

from __future__ import annotations

DOCUMENTATION = r"""
name: needed_collections
short_description: Collections with all that they depend on, and where they are
version_added: 0.2.0
author: The datacatalog.amundsen authors (@datacatalog)
description:
  - Finds collections as this run of Ansible does, and those that they depend on.
options:
  _terms:
    description: Names of collections.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show them
  ansible.builtin.debug:
    msg: "{{ q('datacatalog.amundsen.needed_collections', 'datacatalog.amundsen') }}"
"""

RETURN = r"""
_raw:
  description: For each collection its C(name), C(version) and C(path), sorted by name.
  type: list
  elements: dict
"""

import importlib
import json
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase


def described(name: str) -> tuple[Path, dict[str, Any]]:
    """Return where a collection is, and what it says of itself.

    Raises:
        AnsibleLookupError: it is not installed.
    """
    try:
        path = Path(next(iter(importlib.import_module(f"ansible_collections.{name}").__path__)))
    except ImportError as error:
        raise AnsibleLookupError(f"the collection {name} is not installed: ansible-galaxy collection install {name}") from error
    if (path / "MANIFEST.json").is_file():
        return path, json.loads((path / "MANIFEST.json").read_text(encoding="utf-8"))["collection_info"]
    return path, yaml.safe_load((path / "galaxy.yml").read_text(encoding="utf-8"))


class LookupModule(LookupBase):  # type: ignore[misc]
    """The lookup."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[dict[str, str]]:
        """Return the collections.

        Raises:
            AnsibleLookupError: one is not installed.
        """
        found: dict[str, dict[str, str]] = {}
        wanted = list(terms)
        while wanted:
            name = wanted.pop()
            if name not in found:
                path, says = described(name)
                found[name] = {"name": name, "version": str(says["version"]), "path": str(path)}
                wanted += says.get("dependencies") or {}
        return [found[name] for name in sorted(found)]
