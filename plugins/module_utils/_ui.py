# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The UI's own settings, in the form of upstream's `AppConfig`. Pure: no I/O, no Ansible."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# What AppConfig calls each kind of resource; tables are always on.
SWITCHES = {"dashboards": "indexDashboards", "users": "indexUsers", "features": "indexFeatures"}
RESOURCES = ("tables", *SWITCHES)

LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
LOGO_BYTES = 200_000

# A path of the catalog itself, or an address of another place; no script.
_HREF = re.compile(r"/(?!/)\S*|https?://\S+|mailto:\S+")


def app_config(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return what differs from the built settings.

    Args:
        wanted: `title`, `logo` (a data URL or ""), `links` (dictionaries with `label` and `href`), `resources` and `config` (laid over all).
    """
    links = [{"label": "Browse", "href": "/browse", "id": "nav::browse", "use_router": True}]
    for number, link in enumerate(wanted["links"], 1):
        inside = link["href"].startswith("/")
        links.append({"label": link["label"], "href": link["href"], "id": f"nav::own-{number}", "use_router": inside, "target": "" if inside else "_blank"})
    made: dict[str, Any] = {"logoTitle": wanted["title"], "documentTitle": wanted["title"], "navLinks": links}
    if wanted["logo"]:
        made["logoPath"] = wanted["logo"]
    made |= {key: {"enabled": kind in wanted["resources"]} for kind, key in SWITCHES.items()}
    return made | dict(wanted["config"])


def script(wanted: Mapping[str, Any]) -> str:
    """Return the script that hands the settings to the UI; for `wanted` see `app_config`."""
    return f"globalThis.configExternal = {json.dumps(app_config(wanted), indent=1, sort_keys=True)};\n"


def problems(values: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the `amundsen_ui_*` values.

    Args:
        values: the public variables, and as `amundsen_ui_logo_size` the logo's size in bytes, -1 where the controller has no such file.
    """
    found = []
    unknown = [str(each) for each in values.get("amundsen_ui_resources") or [] if each not in RESOURCES]
    if unknown:
        found.append(f"amundsen_ui_resources holds {', '.join(map(repr, unknown))}: the UI has no such kind. Choose of: {', '.join(RESOURCES)}.")
    for link in values.get("amundsen_ui_links") or []:
        if not isinstance(link, Mapping) or set(link) != {"label", "href"} or not str(link["label"]).strip():
            found.append("amundsen_ui_links holds an entry that is not a label and an href. Write each as {label: Help, href: https://help.example.com}.")
        elif not _HREF.fullmatch(str(link["href"])):
            found.append(
                f"amundsen_ui_links: the href of {link['label']!r} is {link['href']!r}, neither a path of the catalog nor an address. "
                "Write it as /browse, https://... or mailto:..."
            )
    if not isinstance(values.get("amundsen_ui_config") or {}, Mapping):
        found.append("amundsen_ui_config is no mapping: it is laid over the UI's settings. Write it as {navTheme: light}.")
    logo, size = str(values.get("amundsen_ui_logo_file") or ""), int(values.get("amundsen_ui_logo_size", 0))
    if logo:
        if not any(logo.lower().endswith(ending) for ending in LOGO_TYPES):
            found.append(f"amundsen_ui_logo_file is {logo!r}, no picture that the UI is tried with. Give a file that ends in {', '.join(LOGO_TYPES)}.")
        if size < 0:
            found.append(f"amundsen_ui_logo_file is {logo!r}, and the controller has no such file. Give the path of a file there.")
        elif size > LOGO_BYTES:
            found.append(f"amundsen_ui_logo_file has {size} bytes; each page would load them before anything else. Give a picture of at most {LOGO_BYTES}.")
    return found
