#!/usr/bin/python
# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read applications at Auth0."""

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_client_info
short_description: Read applications at Auth0
version_added: 0.1.0
description:
  - Returns one application of an Auth0 tenant by its id, those of one name, or all.
  - It never returns a secret; see M(datacatalog.amundsen.auth0_client_secret).
options:
  client_id:
    description: The application's id. It is no error if there is none.
    type: str
  name:
    description: The applications' name. Names are not unique at Auth0.
    type: str
  with_connections:
    description: Returns the connections of each application too, with one more call for each.
    type: bool
    default: false
attributes:
  diff_mode:
    description: Nothing is changed.
    support: none
extends_documentation_fragment:
  - datacatalog.amundsen.auth0
notes:
  - 'Scopes of the machine-to-machine application: C(read:clients), with O(with_connections) also C(read:connections).'
seealso:
  - module: datacatalog.amundsen.auth0_client
"""

EXAMPLES = r"""
- name: Read one application
  datacatalog.amundsen.auth0_client_info:
    auth0_domain: acme.eu.auth0.com
    auth0_client_id: "{{ vault_auth0_id }}"
    auth0_client_secret: "{{ vault_auth0_secret }}"
    name: Amundsen
    with_connections: true
  register: catalog

- name: Look for a callback
  ansible.builtin.assert:
    that: "'https://catalog.example.com/authorization-code/callback' in catalog.clients[0].callbacks"
"""

RETURN = r"""
clients:
  description: The applications, sorted by name and id. Fields that Auth0 has not set are missing.
  returned: success
  type: list
  elements: dict
  contains:
    client_id:
      description: The id.
      type: str
    name:
      description: The name.
      type: str
    callbacks:
      description: Where Auth0 may send people after a login.
      type: list
      elements: str
    client_metadata:
      description: Texts of the application's owner.
      type: dict
    connections:
      description: Names of the connections that are enabled.
      type: list
      elements: str
      returned: if O(with_connections=true)
  sample: [{"client_id": "AaiyAPdpYdesoKnqjj8HJqRn4T5titww", "name": "Amundsen", "app_type": "regular_web"}]
"""

from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_module import Auth0Module
from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_plan import shown

OPTIONS = {"client_id": {"type": "str"}, "name": {"type": "str"}, "with_connections": {"type": "bool", "default": False}}


def look(module: Auth0Module) -> None:
    """Read the applications that are meant."""
    from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_apply import find_clients

    states = find_clients(module.tenant, module.params["client_id"], module.params["name"], module.params["with_connections"])
    views = [shown(state, {"client_metadata": (state.client or {}).get("client_metadata")}) for state in states]
    module.result["clients"] = sorted(views, key=lambda view: (view["name"], view["client_id"]))


def main() -> None:
    """Run the module."""
    Auth0Module(OPTIONS, mutually_exclusive=[("client_id", "name")]).run(look)


if __name__ == "__main__":
    main()
