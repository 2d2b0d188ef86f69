# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say why a host cannot be set up out of an offline bundle."""

from __future__ import annotations

DOCUMENTATION = r"""
name: offline_problems
short_description: Why a host cannot be set up out of an offline bundle
version_added: 0.2.0
author: The datacatalog.amundsen authors (@datacatalog)
description:
  - Compares what a bundle says of itself with a host and with a configuration.
positional: host, images, source
options:
  _input:
    description: The manifest that M(datacatalog.amundsen.offline_bundle_info) returned.
    type: dict
    required: true
  host:
    description: The host's C(architecture), C(distribution) and C(version).
    type: dict
    required: true
  images:
    description: For each service the name of the image that is needed.
    type: dict
    required: true
  source:
    description: The public variables that say where Amundsen is to come from, such as O(ignore:amundsen_source).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ bundle.manifest | datacatalog.amundsen.offline_problems(host, images, {'amundsen_source': 'git'}) }}"
"""

RETURN = r"""
_value:
  description: Each problem, with why it is one and what to do.
  type: list
  elements: str
"""

from typing import Any

from ansible_collections.datacatalog.amundsen.plugins.module_utils import _bundle


def offline_problems(manifest: dict[str, Any], host: dict[str, str], images: dict[str, str], source: dict[str, str]) -> list[str]:
    """Return every problem."""
    other = _bundle.source_problems(manifest, source)
    return other + _bundle.fit_problems(manifest, host, {} if other else images)


def offline_package_problems(manifest: dict[str, Any], packages: list[str], plugins: list[str]) -> list[str]:
    """Return which parts of Docker a host lacks and the bundle has not."""
    return _bundle.package_problems(manifest, packages, plugins)


class FilterModule:
    """The filters."""

    def filters(self) -> dict[str, Any]:
        """Return the filters by their names."""
        return {"offline_problems": offline_problems, "offline_package_problems": offline_package_problems}
