#!/usr/bin/python
# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read connections at Auth0, and whom they let in."""

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_connection_info
short_description: Read connections at Auth0, and whom they let in
version_added: 0.1.0
description:
  - Returns the connections of an Auth0 tenant, or those of some names, and says of each whether anybody can sign up with it.
  - It never returns their options, which hold keys and secrets.
options:
  names:
    description:
      - The connections to return. It is an error if one of them does not exist, and one that runs on Auth0's developer keys is warned of.
    type: list
    elements: str
attributes:
  diff_mode:
    description: Nothing is changed.
    support: none
extends_documentation_fragment:
  - datacatalog.amundsen.auth0
notes:
  - 'Scope of the machine-to-machine application: C(read:connections).'
seealso:
  - module: datacatalog.amundsen.auth0_client
"""

EXAMPLES = r"""
- name: Read all connections
  datacatalog.amundsen.auth0_connection_info:
    auth0_domain: acme.eu.auth0.com
    auth0_client_id: "{{ vault_auth0_id }}"
    auth0_client_secret: "{{ vault_auth0_secret }}"
  register: all

- name: List those with which anybody can sign up
  ansible.builtin.debug:
    msg: "{{ all.connections | selectattr('open_sign_up') | map(attribute='name') }}"
"""

RETURN = r"""
connections:
  description: The connections, sorted by name.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The id.
      type: str
      sample: con_76k5EANnYQnFAxqr
    name:
      description: The name.
      type: str
      sample: Username-Password-Authentication
    strategy:
      description: The kind, such as V(auth0) for a database, V(google-oauth2), V(samlp).
      type: str
    open_sign_up:
      description:
        - Whether people whom nobody invited can get in. A database lets anybody register unless C(disable_signup) is set,
          and a social connection lets in everybody who has an account there. Only enterprise connections are known to be closed.
      type: bool
    developer_keys:
      description: Whether a social connection runs on Auth0's own keys, which are for tests only.
      type: bool
"""

from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_module import Auth0Module
from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_plan import PlanError, connection_shown

OPTIONS = {"names": {"type": "list", "elements": "str"}}


def look(module: Auth0Module) -> None:
    """Read the connections that are meant."""
    from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_apply import list_connections

    module.tenant.need({"read:connections"})
    views = {connection["name"]: connection_shown(connection) for connection in list_connections(module.tenant, "options")}
    wanted = module.params["names"] if module.params["names"] is not None else list(views)
    if missing := sorted(set(wanted) - set(views)):
        raise PlanError(f"The tenant has no connection named {', '.join(missing)}. It has: {', '.join(sorted(views)) or 'none'}.")
    module.result["connections"] = [views[name] for name in sorted(set(wanted))]
    for view in module.result["connections"]:
        if view["developer_keys"] and module.params["names"] is not None:
            module.warn(f"The connection {view['name']} runs on Auth0's developer keys, which are for tests only. Give it keys of your own.")


def main() -> None:
    """Run the module."""
    Auth0Module(OPTIONS).run(look)


if __name__ == "__main__":
    main()
