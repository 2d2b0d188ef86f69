# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge the values that say how to reach the outside, on the controller: they may hold passwords."""

from __future__ import annotations

DOCUMENTATION = r"""
name: network_problems
short_description: What is wrong with the values for proxy, mirrors and certificate authorities
version_added: 0.1.0
author: The datacatalog.amundsen authors (@datacatalog)
description:
  - Returns a sentence for each problem, none of which holds a password.
options:
  _input:
    description: The values as P(datacatalog.amundsen.network_script#filter) takes them, and C(ca_file), the path of the authorities on the controller.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ {'http_proxy': 'proxy.example.com'} | datacatalog.amundsen.network_problems }}"
"""

RETURN = r"""
_value:
  description: The problems.
  type: list
  elements: str
"""

from typing import Any

from ansible_collections.datacatalog.amundsen.plugins.module_utils._preflight import way_out_problems


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"network_problems": way_out_problems}
