# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules that look at a site from outside share: options, and the browser made of them."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

if TYPE_CHECKING:
    from ansible_collections.datacatalog.amundsen.plugins.module_utils._web import Browser

__all__ = ["WEB_OPTIONS", "browser_of", "finish", "problems_of", "require_https"]

# Described in the doc fragment `web`.
WEB_OPTIONS: dict[str, dict[str, Any]] = {
    "ca_path": {"type": "path", "default": ""},
    "ca_pem": {"type": "str", "default": ""},
    "timeout": {"type": "float", "default": 15.0},
    "strict": {"type": "bool", "default": True},
}


def browser_of(module: AnsibleModule, url: str = "", address: str = "") -> Browser:
    """Make the browser that a module's options describe; `address` replaces DNS for the host of `url`."""
    if find_spec("requests") is None:
        module.fail_json(msg=missing_required_lib("requests"))
    from ansible_collections.datacatalog.amundsen.plugins.module_utils._web import Browser, trust

    try:
        context = trust(module.params["ca_path"], module.params["ca_pem"])
    except ValueError as error:
        module.fail_json(msg=f"{error}. Name a readable file of PEM certificates.")
    pins = {urlsplit(url).hostname or "": address} if address else {}
    return Browser(context, pins, module.params["timeout"])


def require_https(module: AnsibleModule, option: str) -> str:
    """Return the https address that `option` holds; anything else fails the module."""
    url = str(module.params[option])
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        module.fail_json(msg=f"{option} is '{url}'. It must be an https address, for example https://catalog.example.com")
    return url


def problems_of(checks: list[dict[str, str]]) -> str:
    """Return what failed, each with cause and what to do, "" where nothing did."""
    return "\n".join(f"{check['title']}: NO. {check['detail']}. {check['fix']}" for check in checks if check["status"] == "fail")


def finish(module: AnsibleModule, checks: list[dict[str, str]], **results: Any) -> None:
    """End the module with its checks; where it is strict, a failed check fails it with all causes and fixes."""
    problems = problems_of(checks)
    if problems and module.params["strict"]:
        module.fail_json(msg=problems, ok=False, checks=checks, **results)
    module.exit_json(changed=False, ok=not problems, checks=checks, **results)
