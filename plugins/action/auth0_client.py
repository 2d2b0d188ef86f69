# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hides a result that holds a secret, as no_log would; it can still be registered. A module cannot do that itself."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action.normal import ActionModule as Normal


class ActionModule(Normal):  # type: ignore[misc]
    """Runs the module of the same name."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's result, marked where it holds a secret."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        if result.get("client_secret"):
            result["_ansible_no_log"] = True
        return result
