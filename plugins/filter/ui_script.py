# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The UI's own settings as the script that its page reads first."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ui_script
short_description: The script that hands title, logo, links and resources to Amundsen's UI
version_added: 0.1.0
author: The datacatalog.amundsen authors (@datacatalog)
description:
  - Sets C(globalThis.configExternal) to the part of Amundsen's UI configuration that differs from the built one.
options:
  _input:
    description:
      - The settings, C(title), C(logo) (the path of a picture on the controller, or empty), C(links) (a list of C(label) and C(href)), C(resources) (a list)
        and C(config), which is laid over all.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the script
  ansible.builtin.debug:
    msg: "{{ {'title': 'Data at ACME', 'logo': '', 'links': [], 'resources': ['tables'], 'config': {}} | datacatalog.amundsen.ui_script }}"
"""

RETURN = r"""
_value:
  description: The script.
  type: str
"""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.datacatalog.amundsen.plugins.module_utils._ui import LOGO_TYPES, script


def ui_script(wanted: Mapping[str, Any]) -> str:
    """Return the script; the logo goes into it.

    Raises:
        AnsibleFilterError: the logo cannot be read.
    """
    logo = Path(str(wanted["logo"]))
    if not wanted["logo"]:
        return script(wanted)
    try:
        picture = base64.b64encode(logo.read_bytes()).decode()
    except OSError as error:
        raise AnsibleFilterError(f"ui_script: the logo {str(logo)!r} cannot be read: {error.strerror}.") from error
    return script({**wanted, "logo": f"data:{LOGO_TYPES[logo.suffix.lower()]};base64,{picture}"})


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"ui_script": ui_script}
