#!/usr/bin/python
# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log a test user in by HTTP, through the provider's login page, and say where it stops."""

from __future__ import annotations

DOCUMENTATION = r"""
module: oidc_login
short_description: Walk a real OIDC login at Amundsen by HTTP
version_added: 0.1.0
description:
  - Starts at the catalog, follows the redirects to the provider, fills in its login form, and comes back with a session.
    Then it asks the catalog who that is, looks whether metadata and search answer, and signs out.
  - Fits Auth0's universal login, on one page or identifier first, and any plain form with one password field.
  - The password is sent only over https, and only to O(provider_hosts).
extends_documentation_fragment: datacatalog.amundsen.web
options:
  url:
    description: Public address of the catalog.
    type: str
    required: true
  start:
    description: Path to begin with, C(/login) or any page of the catalog; whether that is kept through the login is a check.
    type: str
    default: /login
  claims:
    description: Claims that have to arrive.
    type: list
    elements: str
    default: []
  verified_email:
    description: Whether the user's e-mail address has to be verified, because rules on it say who may enter.
    type: bool
    default: false
  username:
    description: The test user's name at the provider. Without it, or without O(password), the checks are skipped.
    type: str
    default: ""
  password:
    description: The test user's password.
    type: str
    default: ""
  expected_user:
    description: Name, id or e-mail that the catalog must show after the login. O(username) if empty.
    type: str
    default: ""
  provider_hosts:
    description: Hosts that may receive the password.
    type: list
    elements: str
    required: true
  address:
    description: Address to use for the catalog's host instead of DNS.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Prove that a user can log in
  datacatalog.amundsen.oidc_login:
    url: https://catalog.example.com
    username: test@example.com
    password: "{{ vault_test_password }}"
    provider_hosts: [acme.eu.auth0.com]
  register: login
  delegate_to: localhost
  become: false
"""

RETURN = r"""
ok:
  description: Whether no check failed.
  type: bool
  returned: always
logged_in:
  description: Whether the login succeeded.
  type: bool
  returned: always
stage:
  description: Where it ended, V(app) after a login.
  type: str
  returned: always
  sample: credentials
reason:
  description: What was seen where it stopped, empty after a login.
  type: str
  returned: always
chain:
  description: Each request of the login and its answer, secrets replaced by V(***).
  type: list
  elements: dict
  returned: always
  sample: [{method: GET, url: "https://catalog.example.com/login", status: 302, location: "https://acme.eu.auth0.com/authorize?client_id=a&state=***"}]
user:
  description: The user as C(/api/auth_user) shows it.
  type: dict
  returned: always
checks:
  description: One entry per check.
  type: list
  elements: dict
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.datacatalog.amundsen.plugins.module_utils._checks import skipped
from ansible_collections.datacatalog.amundsen.plugins.module_utils._web_module import (
    WEB_OPTIONS,
    browser_of,
    finish,
    require_https,
)


def main() -> None:
    """Log in and return what was found."""
    module = AnsibleModule(
        argument_spec={
            **WEB_OPTIONS,
            "url": {"type": "str", "required": True},
            "start": {"type": "str", "default": "/login"},
            "claims": {"type": "list", "elements": "str", "default": []},
            "verified_email": {"type": "bool", "default": False},
            "username": {"type": "str", "default": ""},
            "password": {"type": "str", "default": "", "no_log": True},
            "expected_user": {"type": "str", "default": ""},
            "provider_hosts": {"type": "list", "elements": "str", "required": True},
            "address": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    given = module.params
    url = require_https(module, "url")
    browser = browser_of(module, url, given["address"])

    from ansible_collections.datacatalog.amundsen.plugins.module_utils._login import AFTER_LOGIN, Walk, check_login

    if not (given["username"] and given["password"]):
        checks = [skipped("no_test_user"), *(skipped("not_logged_in", check=name) for name in AFTER_LOGIN)]
        finish(module, checks, logged_in=False, stage="start", reason="no test user", chain=[], user={})

    hosts = tuple(host.lower() for host in given["provider_hosts"])
    plan = Walk(url, given["start"], given["username"], given["password"], hosts, tuple(given["claims"]), given["verified_email"])
    checks, stop, user = check_login(browser, plan, given["expected_user"] or given["username"])
    finish(module, checks, logged_in=not stop.cause, stage=stop.stage, reason=stop.seen, chain=browser.chain[: stop.steps], user=user)


if __name__ == "__main__":
    main()
