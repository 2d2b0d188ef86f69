# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the URI by which a service reaches a database."""

from __future__ import annotations

DOCUMENTATION = r"""
name: sql_uri
short_description: The URI by which SQLAlchemy reaches a database
version_added: 0.1.0
author: The datacatalog.amundsen authors (@datacatalog)
description:
  - Adds driver, login and database to the URL of a MariaDB, MySQL or PostgreSQL server. It holds the password.
positional: user, password, database, authorities
options:
  _input:
    description: The server's URL, such as V(mysql://db.example.com:3306) or V(postgresql+tls://db.example.com). A database in its path beats O(database).
    type: str
    required: true
  user:
    description: User of the database.
    type: str
    required: true
  password:
    description: Password of the user.
    type: str
    required: true
  database:
    description: Name of the database.
    type: str
    required: true
  authorities:
    description: Where the service sees a PEM file with the authorities of the server's certificate. By default the system's.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show a URI
  ansible.builtin.debug:
    msg: "{{ 'mysql://db.example.com' | datacatalog.amundsen.sql_uri('frontend', 'example', 'sessions') }}"
"""

RETURN = r"""
_value:
  description: The URI.
  type: str
"""

from typing import Any

from ansible_collections.datacatalog.amundsen.plugins.module_utils._stores import sql_uri


class FilterModule:
    """The filter."""

    def filters(self) -> dict[str, Any]:
        """Return the filter by its name."""
        return {"sql_uri": sql_uri}
