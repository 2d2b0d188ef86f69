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
  - Looks at certificate and cookie flags, at plain http, and at the ports of stores, services and engine.
  - Asks for every route of the application, where O(routes) tells which there are. All in one run, changing nothing.
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
  host_address:
    description: Address of the host in its network. Its ports are tried where the name of O(url) leads to a loopback address.
    type: str
    default: ""
  http_port:
    description: Where the host answers plain http.
    type: int
    default: 80
  open_ports:
    description: Ports that may be open, for what is none of Amundsen's.
    type: list
    elements: int
    default: []
  routes:
    description:
      - Routes of the application as its own URL map writes them, from M(datacatalog.amundsen.amundsen_inside).
      - Routes that change something are asked, without content, only where none of those that read is open.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The path, variables in C(<>).
        type: str
        required: true
      method:
        description: The HTTP method.
        type: str
        default: GET
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
client_id:
  description: The client id that C(/login) sends to the provider, empty if none was seen.
  type: str
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
            "host_address": {"type": "str", "default": ""},
            "http_port": {"type": "int", "default": 80},
            "open_ports": {"type": "list", "elements": "int", "default": []},
            "routes": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {"path": {"type": "str", "required": True}, "method": {"type": "str", "default": "GET"}},
            },
        },
        supports_check_mode=True,
    )
    given = module.params
    url = require_https(module, "url")
    browser = browser_of(module, url, given["address"])

    from ansible_collections.datacatalog.amundsen.plugins.module_utils._checks import skipped
    from ansible_collections.datacatalog.amundsen.plugins.module_utils._probe import PROBE_CHECKS, Route, Site, probe

    site = Site(
        url,
        given["redirect_uri"],
        given["authorization_endpoint"],
        given["user"],
        given["certificate_days"],
        tuple(Route(**route) for route in given["routes"]),
        given["host_address"],
        tuple(given["open_ports"]),
        given["http_port"],
    )
    checks, reachable, client_id = probe(browser, site)
    if module.check_mode and not reachable:
        checks = [skipped("not_deployed", checks[0]["seen"], check=PROBE_CHECKS[0])]
    finish(module, checks, reachable=reachable, client_id=client_id)


if __name__ == "__main__":
    main()
