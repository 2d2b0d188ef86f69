# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wanted of the source role, in one value. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Wanted"]


@dataclass(frozen=True)
class Wanted:
    """What the tree is to be.

    Attributes:
        kind: git, bundle, archive or path.
        url: where it comes from, as the user named it.
        version: full commit id or tag; of git and bundle.
        checksum: sha256 of an archive or a bundle, in lower case.
        file: the archive or bundle, where it is on this host already.
        branch: name of the local branch.
        patches: name and text of each patch, in their order.
        submodules: paths of those that are fetched too.
    """

    kind: str
    url: str
    version: str = ""
    checksum: str = ""
    file: Path | None = None
    branch: str = "main"
    patches: list[tuple[str, str]] = field(default_factory=list)
    submodules: list[str] = field(default_factory=list)

    @property
    def commit(self) -> str:
        """The commit's id, where that is what was given."""
        return self.version if self.kind != "archive" and re.fullmatch(r"[0-9a-f]{40}", self.version) else ""

    @property
    def pin(self) -> str:
        """What a tree is pinned to; two that are the same need no look at where it comes from."""
        return f"archive {self.checksum}" if self.kind == "archive" else self.commit or f"{self.version} of {self.url}"

    @property
    def patch_set(self) -> str:
        """The patches' names and texts, as one digest."""
        return hashlib.sha256(repr(self.patches).encode()).hexdigest() if self.patches else "none"
