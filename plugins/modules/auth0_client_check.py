#!/usr/bin/python
# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare an application at Auth0 with what the catalog needs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_client_check
short_description: Compare an application at Auth0 with what Amundsen needs
version_added: 0.1.0
description:
  - Reads an application and the connections that are on for it, and compares kind, grants, signature, URIs and sign-up with what a login needs.
  - It changes nothing; M(datacatalog.amundsen.auth0_client) does.
options:
  client_id:
    description: The application's id, best the one that C(/login) really sends. Without it, or without a management login, the checks are skipped.
    type: str
    default: ""
  redirect_uri:
    description: The redirect URI that has to be on the list.
    type: str
    required: true
  logout_uri:
    description: The address after signing out that has to be on the list.
    type: str
    required: true
  login_uri:
    description: Where a login begins.
    type: str
    required: true
  closed:
    description: Whether rules of the catalog say who may enter, so that an open sign-up is no hole.
    type: bool
    default: false
  strict:
    description: Whether a failed check fails the module.
    type: bool
    default: true
attributes:
  diff_mode:
    description: There is nothing to compare.
    support: none
extends_documentation_fragment:
  - datacatalog.amundsen.auth0
notes:
  - 'Scopes of the machine-to-machine application: C(read:clients) and C(read:connections).'
"""

EXAMPLES = r"""
- name: Compare the application with what the catalog needs
  datacatalog.amundsen.auth0_client_check:
    auth0_domain: acme.eu.auth0.com
    auth0_client_id: "{{ vault_auth0_id }}"
    auth0_client_secret: "{{ vault_auth0_secret }}"
    client_id: AaiyAPdpYdesoKnqjj8HJqRn4T5titww
    redirect_uri: https://catalog.example.com/authorization-code/callback
    logout_uri: https://catalog.example.com/signed-out
    login_uri: https://catalog.example.com/login
"""

RETURN = r"""
ok:
  description: Whether no check failed.
  type: bool
  returned: always
checks:
  description: One entry per check.
  type: list
  elements: dict
  returned: always
"""

from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_module import Auth0Module
from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_plan import PlanError
from ansible_collections.datacatalog.amundsen.plugins.module_utils._checks import skipped
from ansible_collections.datacatalog.amundsen.plugins.module_utils._registration import (
    REGISTRATION,
    Wanted,
    check_application,
    unreadable,
)
from ansible_collections.datacatalog.amundsen.plugins.module_utils._web_module import problems_of

OPTIONS = {
    "client_id": {"type": "str", "default": ""},
    "redirect_uri": {"type": "str", "required": True},
    "logout_uri": {"type": "str", "required": True},
    "login_uri": {"type": "str", "required": True},
    "closed": {"type": "bool", "default": False},
    "strict": {"type": "bool", "default": True},
}


def examine(module: Auth0Module) -> list[dict[str, str]]:
    """Read the application and judge it; a tenant that does not answer is a result too."""
    from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_apply import find_clients, list_connections
    from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_http import Auth0Error

    given = module.params
    if not (given["auth0_domain"] and (given["auth0_token"] or (given["auth0_client_id"] and given["auth0_client_secret"]))):
        return [skipped("not_asked", check=check) for check in REGISTRATION]
    if not given["client_id"]:
        return [skipped("no_redirect", check=check) for check in REGISTRATION]
    try:
        module.tenant.need({"read:clients", "read:connections"})
        states = find_clients(module.tenant, given["client_id"], None, True)
        if not states:
            return unreadable("application_missing", f"The tenant has no application {given['client_id']}")
        enabled = [each for each in list_connections(module.tenant, "options") if each["name"] in (states[0].connections or {})]
    except (Auth0Error, PlanError) as error:
        return unreadable("application_unreadable", f"Application {given['client_id']}", reason=str(error))
    return check_application(states[0].client or {}, enabled, Wanted(given["redirect_uri"], given["logout_uri"], given["login_uri"], given["closed"]))


def look(module: Auth0Module) -> None:
    """Put the checks into the result; where it is strict, a failed one ends the module."""
    checks = examine(module)
    problems = problems_of(checks)
    module.result |= {"checks": checks, "ok": not problems}
    if problems and module.params["strict"]:
        raise PlanError(problems)


def main() -> None:
    """Run the module."""
    Auth0Module(OPTIONS).run(look)


if __name__ == "__main__":
    main()
