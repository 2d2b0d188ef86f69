# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that use Auth0's Management API."""

from __future__ import annotations


class ModuleDocFragment:
    """Shared by auth0_client, auth0_client_info, auth0_client_secret and auth0_connection_info."""

    DOCUMENTATION = r"""
options:
  auth0_domain:
    description:
      - The tenant's own domain, such as V(acme.eu.auth0.com), also where users see a custom domain. A port may follow.
      - C(https://) before it, a slash behind it and upper case are taken as what they mean; a path is refused.
      - If not given, the environment variable E(AUTH0_DOMAIN) is used.
    type: str
  auth0_client_id:
    description:
      - Client id of a machine-to-machine application that may use the Management API.
      - If not given, the environment variable E(AUTH0_CLIENT_ID) is used.
    type: str
  auth0_client_secret:
    description:
      - Secret of that application.
      - If not given, the environment variable E(AUTH0_CLIENT_SECRET) is used.
    type: str
  auth0_token:
    description:
      - A token for the Management API that you got yourself; O(auth0_client_id) and O(auth0_client_secret) are not used then.
      - It cannot be renewed when it ends.
      - If not given, the environment variable E(AUTH0_API_TOKEN) is used.
    type: str
  auth0_allow_http:
    description: Takes V(http://) in O(auth0_domain), on loopback only. For tests.
    type: bool
    default: false
  ca_path:
    description: File of PEM certificates, trusted beside those of the system and of requests.
    type: path
  validate_certs:
    description: Whether the tenant's certificate is checked. Without it, anybody on the way can read the secrets.
    type: bool
    default: true
  timeout:
    description: Seconds to wait for a connection, and for each part of an answer.
    type: float
    default: 15.0
  deadline:
    description:
      - Seconds that rate limits and repeated calls may take altogether; the module fails when the next try would be later.
      - Also the seconds to wait for another run that works on the same application.
    type: float
    default: 120.0
attributes:
  check_mode:
    description: Reads and decides as always, writes nothing.
    support: full
  action_group:
    description: Use C(group/datacatalog.amundsen.auth0) in C(module_defaults) to give the login options once.
    support: full
    membership:
      - datacatalog.amundsen.auth0
requirements:
  - requests
author:
  - The datacatalog.amundsen authors (@datacatalog)
"""
