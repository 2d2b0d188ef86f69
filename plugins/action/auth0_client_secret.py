# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hides the module's result, as that of auth0_client is hidden."""

from __future__ import annotations

from ansible_collections.datacatalog.amundsen.plugins.action.auth0_client import ActionModule

__all__ = ["ActionModule"]
