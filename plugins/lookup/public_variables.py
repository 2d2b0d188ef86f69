# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List the collection's public variables."""

from __future__ import annotations

DOCUMENTATION = r"""
name: public_variables
short_description: Names of all public variables of the collection
version_added: 0.1.0
author: The datacatalog.amundsen authors (@datacatalog)
description:
  - Reads the names of all options from the C(meta/argument_specs.yml) of the collection's roles.
"""

EXAMPLES = r"""
- name: Show what can be set
  ansible.builtin.debug:
    msg: "{{ q('datacatalog.amundsen.public_variables') }}"
"""

RETURN = r"""
_raw:
  description: The names, sorted.
  type: list
  elements: str
"""

from pathlib import Path
from typing import Any

import yaml
from ansible.plugins.lookup import LookupBase

ROLES = Path(__file__).resolve().parents[2] / "roles"


class LookupModule(LookupBase):  # type: ignore[misc]
    """The lookup; it takes no terms."""

    def run(self, terms: list[str], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[str]:
        """Return the names of the options of all entry points of all roles."""
        names: set[str] = set()
        for path in ROLES.glob("*/meta/argument_specs.yml"):
            specs = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
            for entry in specs.values():
                names.update(entry.get("options", {}))
        return sorted(names)
