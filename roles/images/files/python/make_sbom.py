# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adds Debian's packages to CycloneDX documents: make_sbom.py DEBIAN.tsv DOCUMENT.cdx.json ... > SBOM.cdx.json."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from urllib.parse import quote


def debian_component(line: str) -> dict[str, str]:
    """Return the component of one package, from its name, version and architecture, separated by tabs."""
    name, version, architecture = line.split("\t")
    purl = f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={architecture}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def merge(documents: list[dict], debian: list[str]) -> dict:
    """Return one document without times and serial numbers: the first one, with the components of all in the order of their references."""
    found = {component["bom-ref"]: component for document in documents for component in document.get("components", [])}
    found |= {component["bom-ref"]: component for component in map(debian_component, debian)}
    used = {}
    for document in documents:
        used |= {entry["ref"]: entry for entry in document.get("dependencies", []) if entry["ref"] in found}
    tools = documents[0].get("metadata", {}).get("tools", {})
    return {
        "bomFormat": "CycloneDX",
        "specVersion": documents[0]["specVersion"],
        "version": 1,
        "metadata": {"tools": tools},
        "components": [found[ref] for ref in sorted(found)],
        "dependencies": [used[ref] for ref in sorted(used)],
    }


if __name__ == "__main__":
    print(json.dumps(merge([json.loads(Path(path).read_text()) for path in sys.argv[2:]], Path(sys.argv[1]).read_text().splitlines()), indent=1))
