#!/usr/bin/python
# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read or rotate the secret of an application at Auth0."""

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_client_secret
short_description: Read or rotate the secret of an application at Auth0
version_added: 0.1.0
description:
  - Returns the secret of an application, and makes a new one only if asked to.
  - The result of the task is hidden as with C(no_log), which you should set all the same.
options:
  client_id:
    description: The id of the application.
    type: str
    required: true
  rotate:
    description:
      - Makes a new secret. Without O(old_secret) each run makes another.
      - For up to 30 seconds Auth0 may still take the old secret, or not yet the new one.
    type: bool
    default: false
  old_secret:
    description: Makes a new secret only while the application still has this one, so that the task can be run again.
    type: str
attributes:
  diff_mode:
    description: Says that the secret changes, never which it is.
    support: full
extends_documentation_fragment:
  - datacatalog.amundsen.auth0
notes:
  - 'Scopes of the machine-to-machine application: C(read:clients), C(read:client_keys), to rotate also C(update:client_keys).'
seealso:
  - module: datacatalog.amundsen.auth0_client
"""

EXAMPLES = r"""
- name: Read the secret
  datacatalog.amundsen.auth0_client_secret:
    auth0_domain: acme.eu.auth0.com
    auth0_client_id: "{{ vault_auth0_id }}"
    auth0_client_secret: "{{ vault_auth0_secret }}"
    client_id: AaiyAPdpYdesoKnqjj8HJqRn4T5titww
  register: catalog
  no_log: true

- name: Replace a secret that leaked, once
  datacatalog.amundsen.auth0_client_secret:
    auth0_domain: acme.eu.auth0.com
    auth0_client_id: "{{ vault_auth0_id }}"
    auth0_client_secret: "{{ vault_auth0_secret }}"
    client_id: AaiyAPdpYdesoKnqjj8HJqRn4T5titww
    rotate: true
    old_secret: "{{ leaked }}"
  register: catalog
  no_log: true
"""

RETURN = r"""
client_id:
  description: The id of the application.
  returned: success
  type: str
client_secret:
  description: The secret; after a rotation the new one, in check mode the old one.
  returned: success
  type: str
"""

from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_module import Auth0Module

OPTIONS = {
    "client_id": {"type": "str", "required": True},
    "rotate": {"type": "bool", "default": False},
    "old_secret": {"type": "str", "no_log": True},
}
OVERLAP = "For up to 30 seconds Auth0 may still take the old secret, or not yet the new one."


def keep_or_rotate(module: Auth0Module) -> None:
    """Read the secret, and rotate it if that is asked for and due."""
    from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_apply import read, rotate_secret, secret_of

    params = {**module.params, "return_secret": True}
    with module.lock("id", params["client_id"]):
        secret = secret_of(read(module.tenant, params))
        changed = params["rotate"] and params["old_secret"] in (None, secret)
        if changed:
            module.tenant.need({"update:client_keys"})
            module.warn(OVERLAP)
        after = rotate_secret(module.tenant, params["client_id"], secret) if changed and not module.check_mode else secret
    words = ["the secret that the application has", "a new secret"]
    module.result.update(changed=changed, client_id=params["client_id"], client_secret=after, diff={"before": words[0], "after": words[changed]})


def main() -> None:
    """Run the module."""
    Auth0Module(OPTIONS).run(keep_or_rotate)


if __name__ == "__main__":
    main()
