# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an offline bundle says of itself, and whether it fits. Pure: no I/O, no Ansible.

Every rule returns sentences that say what is wrong, why, and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

FORMAT = 1
SUMS = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.sig"
MANIFEST = "manifest.json"
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+~%:-]*(/[A-Za-z0-9_][A-Za-z0-9._+~%:-]*)*")
REMAKE = "Make the bundle anew (playbook datacatalog.amundsen.bundle)"


def sums_text(digests: Mapping[str, str]) -> str:
    """Return the text of SHA256SUMS, as sha256sum writes and checks it, sorted by name."""
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))


def parse_sums(text: str) -> dict[str, str]:
    """Return for each name its digest.

    Raises:
        ValueError: a line is none of sha256sum's, a name leads out of the bundle, or comes twice.
    """
    digests: dict[str, str] = {}
    for line in text.splitlines():
        digest, separator, name = line.partition("  ")
        if not separator or not re.fullmatch("[0-9a-f]{64}", digest) or not NAME.fullmatch(name) or name in digests:
            raise ValueError(f"{line!r} is no line of {SUMS}")
        digests[name] = digest
    return digests


def manifest_problems(manifest: Any) -> list[str]:
    """Return why a manifest cannot be used: another format, or not what this collection writes."""
    if not isinstance(manifest, dict) or "format" not in manifest:
        return [f"{MANIFEST} is none of this collection's. {REMAKE}."]
    if manifest["format"] != FORMAT:
        return [f"The bundle has format {manifest['format']}, this collection reads {FORMAT}: it was made by another version ({_maker(manifest)}). {REMAKE}."]
    shape = {"collection": dict, "architecture": str, "distribution": dict, "source": dict, "images": dict, "packages": dict}
    wrong = [name for name, kind in shape.items() if not isinstance(manifest.get(name), kind)]
    return [f"{MANIFEST} lacks {', '.join(wrong)}. {REMAKE}."] if wrong else []


def fit_problems(manifest: Mapping[str, Any], host: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    """Return what keeps a host from being set up out of a bundle.

    Args:
        manifest: what the bundle says of itself.
        host: architecture, distribution and version (the major one on Debian) of the host.
        wanted: for each service the name of the image that this configuration needs.
    """
    problems = []
    if manifest["architecture"] != host["architecture"]:
        problems.append(
            f"The bundle was made on {manifest['architecture']} and this host is {host['architecture']}: its programs do not run here."
            f" Make one on a host with {host['architecture']}."
        )
    made_for = manifest["distribution"]
    if (made_for["id"], made_for["version"]) != (host["distribution"], host["version"]):
        problems.append(
            f"The bundle holds packages of {made_for['id']} {made_for['version']} and this host is {host['distribution']} {host['version']}:"
            f" they do not fit together. Make one on a host with {host['distribution']} {host['version']}."
        )
    images = manifest["images"]
    for service, name in sorted(wanted.items()):
        if images.get(service) != name:
            problems.append(
                f"The bundle holds {images.get(service) or 'no image'} for {service}, and this configuration needs {name}, which is built from"
                f" something else: another version of this collection, another source, or other values. The bundle was made by"
                f" {_maker(manifest)} from the source {manifest['source'].get('id')}. Use those, or make the bundle with these."
            )
    return problems


def source_problems(manifest: Mapping[str, Any], asked: Mapping[str, str]) -> list[str]:
    """Return whether the source that is asked for is another than the bundle's.

    Args:
        manifest: what the bundle says of itself.
        asked: the public variables that say where Amundsen comes from; what is empty is not asked for.
    """
    held = manifest["source"].get("asked") or {}
    return [
        f"{name} is {value!r} and the bundle was made with {held.get(name)!r}: what runs would be another Amundsen."
        f" Set {name}: {held.get(name)}, or make the bundle with this."
        for name, value in sorted(asked.items())
        if value and value != held.get(name)
    ]


def package_problems(manifest: Mapping[str, Any], packages: Iterable[str], plugins: Iterable[str]) -> list[str]:
    """Return which parts of Docker a host lacks and the bundle has not."""
    held = manifest["packages"]
    missing = sorted(set(packages) - set(held["names"])) + sorted(f"the plugin {name}" for name in set(plugins) - set(held["plugins"]))
    if not missing:
        return []
    return [f"This host needs {', '.join(missing)}, and the bundle holds {', '.join([*held['names'], *held['plugins']])}. {REMAKE} on a host like this one."]


def _maker(manifest: Mapping[str, Any]) -> str:
    collection = manifest.get("collection") or {}
    return f"{collection.get('name', 'datacatalog.amundsen')} {collection.get('version', '?')}"
