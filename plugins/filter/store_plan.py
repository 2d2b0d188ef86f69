# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say which stores stand behind the services, and how large they are."""

from __future__ import annotations

DOCUMENTATION = r"""
name: store_plan
short_description: Which stores stand behind the services
version_added: 0.1.0
author: The datacatalog.amundsen authors (@datacatalog)
description:
  - Says for the catalog, the search index and the sessions which store holds each, whether it is a container of ours, and which configuration class reads it.
positional: memory_mb
options:
  _input:
    description: C(stores), the choice; C(metadata_url), C(search_url) and C(session_url) of external ones; C(heap_mb), wanted heaps.
    type: dict
    required: true
  memory_mb:
    description: The host's memory in MiB.
    type: int
    default: 0
"""

EXAMPLES = r"""
- name: Show the containers
  ansible.builtin.debug:
    msg: "{{ ({'stores': 'neo4j'} | datacatalog.amundsen.store_plan).containers }}"
"""

RETURN = r"""
_value:
  description:
    - C(containers), the services of ours in the order they start.
    - For C(metadata), C(search) and C(sessions) each C(kind), C(url), C(user), C(external), C(service), and C(class) of the first two.
    - C(heap) of the stores and C(least_memory) of a host in MiB, and the stores' C(limit) in the form of Compose.
  type: dict
"""

from typing import Any

from ansible_collections.datacatalog.amundsen.plugins.module_utils import _stores


def store_plan(values: dict[str, Any], memory_mb: int = 0) -> dict[str, Any]:
    """Return the plan with the stores' sizes."""
    sizes = _stores.sizes(int(memory_mb), values.get("heap_mb") or {})
    limits = {service: f"{size}m" for service, size in sizes["limit"].items()}
    return {**_stores.plan(values), "heap": sizes["heap"], "limit": limits, "least_memory": _stores.least_memory(values)}


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"store_plan": store_plan}
