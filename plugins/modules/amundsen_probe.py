#!/usr/bin/python
# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Knock at an Amundsen site without a login: everything must be refused."""

from __future__ import annotations

DOCUMENTATION = r"""
module: amundsen_probe
short_description: Prove that nobody gets into Amundsen without a login
version_added: 0.1.0
description:
  - Asks for pages and data without a login, with forged bearer tokens, and with sessions forged with publicly known keys.
  - Asks C(/login) for the redirect URI that it sends, and the provider whether it accepts it.
  - Looks at certificate and cookie flags. All in one run, about thirty requests, changing nothing.
extends_documentation_fragment: datacatalog.amundsen.web
options:
  url:
    description: Public address of the catalog.
    type: str
    required: true
  redirect_uri:
    description: The redirect URI that is registered at the provider.
    type: str
    required: true
  authorization_endpoint:
    description: The provider's authorization endpoint, from its discovery document. Not compared if empty.
    type: str
    default: ""
  user:
    description: User who is named in forged sessions; best one who has logged in before.
    type: str
    default: admin@example.com
  certificate_days:
    description: Days that the certificate must be valid for, or a tenth of its lifetime if that is less.
    type: int
    default: 14
  address:
    description: Address to use for the catalog's host instead of DNS.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Prove that nobody gets in without a login
  datacatalog.amundsen.amundsen_probe:
    url: https://catalog.example.com
    redirect_uri: https://catalog.example.com/authorization-code/callback
  register: probe
  delegate_to: localhost
  become: false
"""

RETURN = r"""
ok:
  description: Whether no check failed.
  type: bool
  returned: always
reachable:
  description: Whether the site answered at all.
  type: bool
  returned: always
checks:
  description: One entry per check.
  type: list
  elements: dict
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.datacatalog.amundsen.plugins.module_utils._web_module import (
    WEB_OPTIONS,
    browser_of,
    finish,
    require_https,
)


def main() -> None:
    """Knock and return what was found."""
    module = AnsibleModule(
        argument_spec={
            **WEB_OPTIONS,
            "url": {"type": "str", "required": True},
            "redirect_uri": {"type": "str", "required": True},
            "authorization_endpoint": {"type": "str", "default": ""},
            "user": {"type": "str", "default": "admin@example.com"},
            "certificate_days": {"type": "int", "default": 14},
            "address": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    given = module.params
    url = require_https(module, "url")
    browser = browser_of(module, url, given["address"])

    from ansible_collections.datacatalog.amundsen.plugins.module_utils._checks import skipped
    from ansible_collections.datacatalog.amundsen.plugins.module_utils._probe import CHECKS, Site, probe

    site = Site(url, given["redirect_uri"], given["authorization_endpoint"], given["user"], given["certificate_days"])
    checks, reachable = probe(browser, site)
    if module.check_mode and not reachable:
        checks = [skipped("not_deployed", checks[0]["detail"], check=CHECKS[0])]
    finish(module, checks, reachable=reachable)


if __name__ == "__main__":
    main()
