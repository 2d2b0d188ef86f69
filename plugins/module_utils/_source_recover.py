# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finishes what a killed run left in a tree, and tells that from what the user did."""

from __future__ import annotations

import os
from pathlib import Path

from ansible_collections.datacatalog.amundsen.plugins.module_utils._source_git import BUSY, Repository

__all__ = ["finish"]


def _content(path: Path) -> bytes | None:
    """Return a file's content, a link's target, or None where there is neither."""
    try:
        return os.fsencode(os.readlink(path)) if path.is_symlink() else path.read_bytes()
    except OSError:
        return None


def _is_ours(tree: Repository, path: str, old: str, new: str) -> bool:
    """Tell whether a file is as the move from one commit to another leaves it: old, new, gone, or new up to where git was killed."""
    shown = [tree.run("cat-file", "blob", f"{commit}:{path}") for commit in (old, new)]
    before, after = (done.stdout if done.returncode == 0 else None for done in shown)
    found = _content(tree.folder / path)
    return before != after and (found is None or found == before or (after is not None and after.startswith(found)))


def _clear_locks(tree: Repository) -> None:
    """Remove git's own locks: the last process that held the run's lock is gone, so they are nobody's."""
    for path in [*tree.dot_git.glob("*.lock"), *(tree.dot_git / "refs").rglob("*.lock")]:
        path.unlink(missing_ok=True)


def finish(tree: Repository) -> None:
    """Finish the move that a killed run was in, where nothing else happened to the tree since.

    Whatever cannot be told to be ours is left, and found by the next look at the tree.
    """
    mark = tree.dot_git / BUSY
    if not mark.exists():
        return
    _clear_locks(tree)
    old, _blank, new = mark.read_text(encoding="ascii").partition(" ")
    if new and tree.tell("rev-parse", "HEAD") in (old, new):
        states = [line for line in tree.do("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all").split("\0") if line]
        if all(_is_ours(tree, state[3:], old, new) for state in states):
            tree.do("reset", "--quiet", "--hard", new)
    mark.unlink()
