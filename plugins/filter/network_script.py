# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write down how to reach the outside, for a shell to read."""

from __future__ import annotations

DOCUMENTATION = r"""
name: network_script
short_description: A shell script that lets git, pip, npm and apt go out by a proxy and mirrors
version_added: 0.1.0
author: The datacatalog.amundsen authors (@datacatalog)
description:
  - Makes one script of a company's proxy, mirrors and certificate authorities. What goes out reads it first.
  - It holds the passwords of proxy and mirrors, so keep it as a secret.
positional: folder
options:
  _input:
    description: The values C(http_proxy), C(https_proxy), C(no_proxy), C(authorities) (PEM text) and C(mirrors).
    type: dict
    required: true
  folder:
    description: Where on a host the script may write files for tools that read no environment. Without it the script is for an image build.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show the script
  ansible.builtin.debug:
    msg: "{{ {'https_proxy': 'http://proxy.example.com:3128'} | datacatalog.amundsen.network_script }}"
"""

RETURN = r"""
_value:
  description: The script. Without any value it sets nothing.
  type: str
"""

from typing import Any

from ansible_collections.datacatalog.amundsen.plugins.module_utils._network import script


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"network_script": script}
