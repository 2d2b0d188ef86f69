#!/usr/bin/python
# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read an OIDC provider's discovery document and check it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: oidc_discovery_info
short_description: Read and check an OIDC provider's discovery document
version_added: 0.1.0
description:
  - Fetches the discovery document and the key set of an OpenID Connect provider, and checks what a login needs.
extends_documentation_fragment: datacatalog.amundsen.web
options:
  issuer:
    description:
      - The issuer, byte for byte, for Auth0 with the slash at the end. Compared with the document.
      - Without it the document's issuer must be the one that belongs to O(url).
    type: str
    default: ""
  url:
    description: Address of the document. It follows from O(issuer) if empty; one of both is needed.
    type: str
    default: ""
  scopes:
    description: Scopes that must be offered.
    type: list
    elements: str
    default: [openid, profile, email]
  auth_method:
    description: Client authentication at the token endpoint that must be offered.
    type: str
    default: client_secret_basic
  hosts:
    description: Hosts, beside the issuer's own, on which endpoints may be.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Look at the tenant's discovery document
  datacatalog.amundsen.oidc_discovery_info:
    issuer: https://acme.eu.auth0.com/
  register: discovery
  delegate_to: localhost
  become: false
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
  sample: [{id: discovery_issuer, title: The issuer is exactly the expected one, status: pass, detail: "https://acme.eu.auth0.com/", fix: ""}]
document:
  description: The discovery document, empty if there is none.
  type: dict
  returned: always
"""

import json
import time
from typing import TYPE_CHECKING

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.datacatalog.amundsen.plugins.module_utils._checks import checks_of, failed, passed, skipped
from ansible_collections.datacatalog.amundsen.plugins.module_utils._oidc import (
    DiscoveryWanted,
    check_clock,
    check_discovery,
    check_keys,
    discovery_url,
    says,
    status_words,
)
from ansible_collections.datacatalog.amundsen.plugins.module_utils._web_module import WEB_OPTIONS, browser_of, finish

if TYPE_CHECKING:
    from ansible_collections.datacatalog.amundsen.plugins.module_utils._web import Browser


def fetch_json(browser: Browser, url: str) -> tuple[dict[str, object], float]:
    """Return the JSON object at `url` and the server's clock.

    Raises OSError with the reason if none came, ValueError if it is no JSON object.
    """
    from ansible_collections.datacatalog.amundsen.plugins.module_utils._web import WebError

    try:
        answer = browser.open(url, headers={"Accept": "application/json"})
    except WebError as error:
        raise OSError(str(error)) from error
    if answer.status != 200:
        raise OSError(f"it answers {status_words(answer.status)}, '{says(answer.text)}'")
    body = json.loads(answer.text)
    if not isinstance(body, dict):
        raise ValueError("no JSON object")
    return body, answer.date


def examine(browser: Browser, url: str, wanted: DiscoveryWanted, check_mode: bool) -> tuple[list[dict[str, str]], dict[str, object]]:
    """Return the checks and the document, empty if there is none."""
    _first, *others = checks_of("The provider")
    try:
        document, date = fetch_json(browser, url)
    except OSError as error:
        if check_mode:
            return [skipped("not_deployed", str(error), check="discovery")], {}
        first = failed("discovery_unreachable", url, reason=str(error), url=url)
        return [first, *(skipped("no_document", check=name) for name in others)], {}
    except ValueError:
        first = failed("discovery_not_json", f"{url} holds no JSON object")
        return [first, *(skipped("no_document", check=name) for name in others)], {}
    checks = [passed("discovery", url), *check_discovery(document, wanted, url)]
    if date:
        checks.append(check_clock("provider_clock", "provider_clock_off", date, time.time()))
    if document.get("jwks_uri"):
        try:
            checks.append(check_keys(fetch_json(browser, str(document["jwks_uri"]))[0]))
        except (OSError, ValueError) as error:
            checks.append(failed("keys_unreachable", f"{document['jwks_uri']}: {error}"))
    return checks, document


def main() -> None:
    """Read, check and return the document."""
    module = AnsibleModule(
        argument_spec={
            **WEB_OPTIONS,
            "issuer": {"type": "str", "default": ""},
            "url": {"type": "str", "default": ""},
            "scopes": {"type": "list", "elements": "str", "default": ["openid", "profile", "email"]},
            "auth_method": {"type": "str", "default": "client_secret_basic"},
            "hosts": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    given = module.params
    if not (given["issuer"] or given["url"]):
        module.fail_json(msg="Neither issuer nor url is given. Give the provider's issuer, or the address of its document.")
    wanted = DiscoveryWanted(given["issuer"], tuple(given["scopes"]), given["auth_method"], tuple(given["hosts"]))
    url = given["url"] or discovery_url(given["issuer"])
    checks, document = examine(browser_of(module), url, wanted, module.check_mode)
    finish(module, checks, document=document)


if __name__ == "__main__":
    main()
