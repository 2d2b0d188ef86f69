# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetches the submodules that are asked for. What the images are built from needs none of them."""

from __future__ import annotations

from ansible_collections.datacatalog.amundsen.plugins.module_utils._source_git import Repository, failure

__all__ = ["fetch_submodules"]


def fetch_submodules(tree: Repository, paths: list[str], check: bool) -> bool:
    """Check out submodules at the commits that the tree names, and tell whether one was not.

    Raises:
        SourceError: there is no such submodule, or it cannot be fetched.
    """
    if not paths:
        return False
    behind = [line for line in tree.do("submodule", "status", "--", *paths).splitlines() if line[:1] != " "]
    if behind and not check:
        update = ["submodule", "--quiet", "update", "--init"]
        done = tree.run(*update, "--depth", "1", "--", *paths)
        if done.returncode:
            done = tree.run(*update, "--", *paths)
        if done.returncode:
            raise failure(
                f"The submodules {', '.join(paths)} of {tree.folder} could not be fetched (git config url.MIRROR.insteadOf names a mirror)", done.stderr
            )
    return bool(behind)
