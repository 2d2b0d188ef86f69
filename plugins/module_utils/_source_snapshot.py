# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes what is in a folder of the user's, git tree or not, as one commit whose id follows from the files alone."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.datacatalog.amundsen.plugins.module_utils._source_git import Repository, SourceError
from ansible_collections.datacatalog.amundsen.plugins.module_utils._source_tree import Kept, check_layout

__all__ = ["snapshot"]

_SHOWN = 10  # lines of edits
# Bytes are taken as they are, whatever the folder's own .gitattributes say.
_ATTRIBUTES = "* -text -filter -ident -working-tree-encoding\n"
_LEFT_OUT = "node_modules/\n__pycache__/\n.venv/\n"


def _notes(theirs: Repository) -> tuple[str, ...]:
    """Say what a git tree has that is not committed."""
    edits = theirs.tell("status", "--porcelain").splitlines()
    if not edits:
        return ()
    shown = "\n  ".join(edits[:_SHOWN] + (["..."] if len(edits) > _SHOWN else []))
    return (f"{theirs.folder} has edits that are not committed; they are built too, and the id stands for them:\n  {shown}",)


def snapshot(folder: Path, store: Path, trial: Path | None, lock: int | None = None) -> Kept:
    """Commit a folder's files into a repository of our own, and nothing into the folder.

    Args:
        folder: the user's tree. What its .gitignore files name is left out, unless its own git knows the file.
        store: the bare repository.
        trial: a repository to use in place of it, where nothing is to be changed.
        lock: see `Repository`.

    Raises:
        SourceError: there is no such folder, or it is not one of Amundsen's source, or it cannot be read.
    """
    if not folder.is_dir():
        raise SourceError(f"amundsen_source_url is {folder}: there is no such folder on this host. Put the tree there, or name where it is.")
    kept, theirs = Repository(store, lock, work_tree=folder), Repository(folder, lock)
    ours = Repository(trial, lock, work_tree=folder) if trial else kept
    if not ours.exists():
        ours.init()
    for leftover in ours.folder.glob("*.lock"):
        leftover.unlink()
    (ours.folder / "info").mkdir(exist_ok=True)
    (ours.folder / "info/attributes").write_text(_ATTRIBUTES, encoding="ascii")
    (ours.folder / "info/exclude").write_text(_LEFT_OUT, encoding="ascii")

    ours.do("add", "--all", "--", ".")
    if theirs.exists():
        known = theirs.run("ls-files", "-z", "--cached", "--ignored", "--exclude-standard").stdout
        there = b"\0".join(name for name in known.split(b"\0") if name and (folder / name.decode(errors="surrogateescape")).exists())
        if there:
            ours.do("add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul", input=there)
    before = kept.ref("snapshot") if kept.exists() else ""
    commit = ours.do("commit-tree", ours.do("write-tree"), "-m", "Amundsen's source, from a folder")
    check_layout(ours, commit, str(folder))
    if commit != before and not trial:
        ours.do("update-ref", "refs/amundsen/snapshot", commit)
    notes = _notes(theirs) if theirs.exists() else ()
    return Kept(commit != before, commit, f"snapshot {before}\n" if before else "", f"snapshot {commit}\n", notes)
