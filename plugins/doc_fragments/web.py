# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules that look at a site from outside."""

from __future__ import annotations


class ModuleDocFragment:
    """Shared by oidc_discovery_info, oidc_login and amundsen_probe."""

    DOCUMENTATION = r"""
options:
  ca_path:
    description: File of PEM certificates on the machine that runs the module; trusted beside the system's own.
    type: path
    default: ""
  ca_pem:
    description: PEM certificates as text, trusted too.
    type: str
    default: ""
  timeout:
    description: Seconds to wait for a connection, and for each part of an answer.
    type: float
    default: 15.0
  strict:
    description:
      - Whether a failed check fails the module, with all causes and what to do about them.
      - V(false) where the checks go into a report.
    type: bool
    default: true
attributes:
  check_mode:
    description: Nothing is changed in either mode.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
requirements:
  - requests
author:
  - The datacatalog.amundsen authors (@datacatalog)
"""
