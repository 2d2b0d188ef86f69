# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The URIs that a provider is told, made from the public URL: the one place that knows them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: oidc_uris
short_description: The URIs of a catalog that an OIDC provider is told
version_added: 0.1.0
author:
  - The datacatalog.amundsen authors (@datacatalog)
description:
  - Makes all URIs that are registered at the provider from the one address that people open.
  - Providers compare them byte for byte, so they are written as browsers send them, with the host in lower case,
    without the port where it is 443, and without a slash at the end of the address.
  - Fails, with all problems at once, for an address that no provider would take, such as one with http or with a path.
positional: _input
options:
  _input:
    description: The address that people open, such as V(https://catalog.example.com).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show where the provider sends people back to
  ansible.builtin.debug:
    msg: "{{ ('https://Catalog.example.com:8443/' | datacatalog.amundsen.oidc_uris).callback }}"
    # https://catalog.example.com:8443/authorization-code/callback

- name: Collect the callbacks of all hosts of a group
  ansible.builtin.debug:
    msg: >-
      {{ groups['amundsen'] | map('extract', hostvars, 'amundsen_public_url')
         | map('datacatalog.amundsen.oidc_uris') | map(attribute='callback') | unique | sort }}
"""

RETURN = r"""
_value:
  description: The URIs.
  type: dict
  contains:
    public_url:
      description: The address itself, written as browsers send it.
      type: str
      sample: https://catalog.example.com
    login:
      description: Where a login begins; Auth0 calls it the application login URI, C(initiate_login_uri).
      type: str
      sample: https://catalog.example.com/login
    callback:
      description: Where the provider sends people after a login; the redirect URI.
      type: str
      sample: https://catalog.example.com/authorization-code/callback
    logout:
      description: Where the provider sends people after signing out.
      type: str
      sample: https://catalog.example.com/signed-out
    web_origin:
      description: The origin that may call the provider from a browser.
      type: str
      sample: https://catalog.example.com
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from ansible.errors import AnsibleFilterError
from ansible_collections.datacatalog.amundsen.plugins.module_utils._preflight import public_url_problems


def oidc_uris(public_url: str) -> dict[str, str]:
    """Return the URIs that follow from `public_url`.

    Raises AnsibleFilterError, with all problems, if it is not the https address of a whole host.
    """
    if not isinstance(public_url, str):
        raise AnsibleFilterError(f"oidc_uris takes an address such as https://catalog.example.com, not {type(public_url).__name__} {public_url!r}.")
    if problems := public_url_problems(public_url):
        raise AnsibleFilterError("oidc_uris: " + " ".join(problems))
    parts = urlsplit(public_url)
    host = str(parts.hostname)
    host = f"[{host}]" if ":" in host else host.encode("idna").decode()
    origin = f"https://{host}" + (f":{parts.port}" if parts.port not in (None, 443) else "")
    return {
        "public_url": origin,
        "login": f"{origin}/login",
        "callback": f"{origin}/authorization-code/callback",
        "logout": f"{origin}/signed-out",
        "web_origin": origin,
    }


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[[str], dict[str, str]]]:
        """Return the filters of this file by name."""
        return {"oidc_uris": oidc_uris}
