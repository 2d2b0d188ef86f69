# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps a tree's branch at the wanted commit, with the patches and then the user's own commits on top."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.datacatalog.amundsen.plugins.module_utils import _source_recover as recover
from ansible_collections.datacatalog.amundsen.plugins.module_utils._source_fetch import Unreachable, fetch, named_commit
from ansible_collections.datacatalog.amundsen.plugins.module_utils._source_git import BUSY, Repository, SourceError, last_words
from ansible_collections.datacatalog.amundsen.plugins.module_utils._source_wanted import Wanted

__all__ = ["NEEDED", "Kept", "check_layout", "keep"]

# Without these a tree is not one of Amundsen's.
NEEDED = ("frontend/setup.py", "metadata/setup.py", "search/setup.py")


@dataclass(frozen=True)
class Kept:
    """What a run made of a tree.

    Attributes:
        changed: whether anything is other than before.
        id: the commit to build from; in check mode a name for it where it cannot be known without fetching.
        before: what the tree was pinned to, for a diff.
        after: what it is pinned to now.
        notes: what a person should know.
    """

    changed: bool
    id: str
    before: str = ""
    after: str = ""
    notes: tuple[str, ...] = ()


@contextmanager
def _busy(tree: Repository, move: str = "") -> Iterator[None]:
    """Mark a tree while it is being changed; the mark outlives a kill, and where a move failed half-way."""
    mark = tree.dot_git / BUSY
    mark.write_text(move, encoding="ascii")
    try:
        yield
    except SourceError:
        if not move:
            mark.unlink()
        raise
    mark.unlink()


def check_layout(repository: Repository, commit: str, url: str) -> None:
    """See that a commit is one of Amundsen's source.

    Raises:
        SourceError: it lacks what every one has.
    """
    missing = [path for path in NEEDED if repository.run("cat-file", "-e", f"{commit}:{path}").returncode]
    if missing:
        raise SourceError(f"{url} is no source tree of Amundsen at {commit[:12]}: it has no {', no '.join(missing)}. Name one in amundsen_source_url.")


def _scratch(tree: Repository, folder: Path) -> Repository:
    """Make an empty repository that borrows the objects of another."""
    shutil.rmtree(folder, ignore_errors=True)
    work = Repository(folder, tree.lock)
    work.init()
    (work.dot_git / "objects/info/alternates").write_text(f"{tree.dot_git}/objects\n", encoding="utf-8")
    if (tree.dot_git / "shallow").exists():
        shutil.copy(tree.dot_git / "shallow", work.dot_git / "shallow")
    return work


def _apply(work: Repository, patches: list[tuple[str, str]], version: str) -> None:
    """Commit each patch on top of what is checked out. The commits' ids follow from the patches and what they are put on.

    Raises:
        SourceError: some do not apply; all of these are named.
    """
    failed = []
    for name, text in patches:
        done = work.run("apply", "--index", input=text.encode())
        if done.returncode:
            said = done.stderr.decode(errors="replace")
            files = sorted(set(re.findall(r"^error: (?:patch failed: )?(.*?)(?::\d+$|: (?:patch does not apply|does not exist|already exists))", said, re.M)))
            failed.append(f"{name}: {', '.join(files) or last_words(said)}")
        else:
            work.do("commit", "--quiet", "--allow-empty", "--message", name)
    if failed:
        raise SourceError(
            f"These patches of amundsen_source_patches do not fit on {version} (patch: files):\n  "
            + "\n  ".join(failed)
            + "\nThey were made for another version, or an earlier patch is in their way. Make them anew against this one (git diff), or take them out. "
            "Nothing was changed."
        )


def _rebase(tree: Repository, work: Repository, own: tuple[str, str]) -> str:
    """Put the commits between two others on top of what is checked out, and return the last one's id.

    Raises:
        SourceError: they do not fit; the files are named.
    """
    base, head = own
    onto = work.do("rev-parse", "HEAD")
    work.do("checkout", "--quiet", "--detach", head)
    done = work.run("rebase", "--quiet", "--committer-date-is-author-date", "--onto", onto, base)
    if done.returncode:
        files = work.tell("diff", "--name-only", "--diff-filter=U").splitlines()
        subject = work.tell("log", "-1", "--format=%h %s", "REBASE_HEAD")
        with _busy(tree):
            tree.do("fetch", "--quiet", "--no-tags", str(work.folder), f"+{onto}:refs/amundsen/next")
        raise SourceError(
            f"Your commit {subject} does not fit on the new version. In conflict:\n  "
            + "\n  ".join(files or [last_words(done.stderr.decode(errors="replace"))])
            + f"\nNothing was changed. Rebase your commits yourself and run again: git -C {tree.folder} rebase --onto refs/amundsen/next refs/amundsen/base"
        )
    return work.do("rev-parse", "HEAD")


def _build(work: Repository, pin: str, wanted: Wanted) -> str:
    """Check out the pin with the patches on it, and return the commit."""
    work.do("checkout", "--quiet", "--detach", pin)
    _apply(work, wanted.patches, wanted.version or wanted.url)
    return work.do("rev-parse", "HEAD")


def _remember(tree: Repository, wanted: Wanted, pin: str, base: str) -> None:
    """Keep what the branch was put on: the last step, so that a run before it is done again."""
    tree.do("update-ref", "refs/amundsen/pin", pin)
    tree.do("update-ref", "refs/amundsen/base", base)
    if wanted.version and not wanted.commit:
        tree.note(**{f"{wanted.version}.tag": pin})
    tree.note(patches=wanted.patch_set, pinned=wanted.pin)


def _known_pin(tree: Repository, wanted: Wanted) -> str:
    """Return the wanted commit where it is in the tree already, else nothing."""
    if wanted.commit:
        return wanted.commit if tree.has(wanted.commit) else ""
    return tree.ref("pin") if tree.noted("pinned") == wanted.pin else ""


def _refuse_moved_tag(tree: Repository, wanted: Wanted, pin: str) -> None:
    """Stop where a tag names another commit than it did.

    Raises:
        SourceError: it does.
    """
    before = tree.noted(f"{wanted.version}.tag") if wanted.version and not wanted.commit else ""
    if before and before != pin:
        raise SourceError(
            f"The tag {wanted.version} of {wanted.url} was moved: it was {before} and is {pin} now, so somebody changed what it means. Nothing was changed. "
            "Set amundsen_source_version to the id of the commit that you want."
        )


def describe(pin: str, patches: int | str, own: int, branch: str) -> str:
    """Return what a diff shows of a tree."""
    return f"commit {pin}\npatches {patches}\nown commits {own}\nbranch {branch}\n"


def _create(tree: Repository, wanted: Wanted, scratch: Path, check: bool) -> Kept:
    """Make a tree; it gets its name only when it is whole."""
    if tree.folder.exists():
        raise SourceError(f"{tree.folder} is no git tree, and what is in it is not this role's. Move it away and run again.")
    if check:
        expected = wanted.commit or wanted.pin
        if wanted.kind == "git" and not wanted.commit:
            asking = Repository(scratch, tree.lock)
            asking.init()
            # A bare host may not know yet how to reach the outside.
            with suppress(Unreachable):
                expected = named_commit(asking, wanted, wanted.url)
        return Kept(True, expected, "", describe(expected, len(wanted.patches), 0, wanted.branch))
    new = Repository(tree.folder.with_name(f"{tree.folder.name}.new"), tree.lock)
    shutil.rmtree(new.folder, ignore_errors=True)
    try:
        new.init(wanted.branch)
        pin = fetch(new, wanted, new.dot_git)
        check_layout(new, pin, wanted.url)
        base = _build(new, pin, wanted)
        new.do("checkout", "--quiet", "-b", wanted.branch)
        _remember(new, wanted, pin, base)
        new.folder.rename(tree.folder)
    finally:
        shutil.rmtree(new.folder, ignore_errors=True)
    return Kept(True, base, "", describe(pin, len(wanted.patches), 0, wanted.branch))


def _refuse_edits(tree: Repository, wanted: Wanted) -> None:
    """Stop where somebody is at work in the tree.

    Raises:
        SourceError: it has edits, or is on another branch, or git is being run in it.
    """
    locks = [name for name in ("index.lock", "HEAD.lock", "shallow.lock") if (tree.dot_git / name).exists()]
    if locks:
        raise SourceError(
            f"Somebody runs git in {tree.folder} ({', '.join(locks)} is there). Wait for its end; if none runs, remove {tree.dot_git}/{locks[0]}."
        )
    if (tree.dot_git / "rebase-merge").exists() or (tree.dot_git / "rebase-apply").exists():
        raise SourceError(f"A rebase of yours is not finished in {tree.folder}. Finish it (git -C {tree.folder} rebase --continue, or --abort) and run again.")
    edits = tree.do("status", "--porcelain")
    if edits:
        raise SourceError(
            f"The tree {tree.folder} has edits that are not committed:\n{edits}\nThey would be neither built nor safe. Nothing was touched. Commit them "
            f"(git -C {tree.folder} add --all; git -C {tree.folder} commit), and they are built and kept; or put them away (git -C {tree.folder} stash --all)."
        )
    branch = tree.tell("symbolic-ref", "--quiet", "--short", "HEAD") or "no branch"
    if branch != wanted.branch:
        raise SourceError(
            f"The tree {tree.folder} is on {branch} and not on {wanted.branch}. Nothing was touched. Go back (git -C {tree.folder} switch {wanted.branch}), "
            "or set amundsen_source_branch to what you want built."
        )


def _update(tree: Repository, wanted: Wanted, scratch: Path, check: bool) -> Kept:
    """Move the branch of a tree that exists."""
    _refuse_edits(tree, wanted)
    head, base = tree.do("rev-parse", "HEAD"), tree.ref("base")
    if tree.noted("pinned") == wanted.pin and tree.noted("patches") == wanted.patch_set:
        return Kept(False, head)
    own = len(tree.tell("rev-list", f"{base}..{head}").splitlines())
    before = describe(tree.ref("pin"), tree.noted("patches")[:12], own, wanted.branch)

    pin = _known_pin(tree, wanted)
    if not pin and check:
        if wanted.kind == "git":
            pin = named_commit(tree, wanted, wanted.url)
            _refuse_moved_tag(tree, wanted, pin)
        expected = pin or wanted.commit or wanted.pin
        return Kept(True, expected, before, describe(expected, wanted.patch_set[:12], own, wanted.branch))
    if not pin:
        with _busy(tree):
            pin = fetch(tree, wanted, tree.dot_git)
    _refuse_moved_tag(tree, wanted, pin)
    check_layout(tree, pin, wanted.url)

    work = _scratch(tree, scratch)
    try:
        new_base = _build(work, pin, wanted)
        undone = tree.is_ancestor(new_base, base) and tree.is_ancestor(base, head)  # it was under the old base too
        if new_base == base or (tree.is_ancestor(new_base, head) and not undone):  # as it is, or rebased by the user
            new_head = head
        elif head == base:
            new_head = new_base
        elif tree.is_ancestor(base, head):
            new_head = _rebase(tree, work, (base, head))
        else:
            raise SourceError(
                f"The branch {wanted.branch} of {tree.folder} no longer holds {base[:12]}, which this role put there, so your commits cannot be told from it. "
                f"Nothing was changed. Put your commits on it (git -C {tree.folder} rebase --onto refs/amundsen/base FIRST_COMMIT_OF_YOURS~), and run again."
            )
        after = describe(pin, wanted.patch_set[:12], own, wanted.branch)
        if check:
            return Kept(True, new_head, before, after)
        with _busy(tree):
            tree.do("fetch", "--quiet", "--no-tags", str(work.folder), f"+{new_base}:refs/amundsen/next", f"+{new_head}:refs/amundsen/head")
        if new_head != head:
            with _busy(tree, f"{head} {new_head}"):
                tree.run("update-index", "-q", "--refresh")
                tree.do("reset", "--quiet", "--keep", new_head)
        _remember(tree, wanted, pin, new_base)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return Kept(new_head != head, new_head, before, after)


def keep(folder: Path, wanted: Wanted, scratch: Path, check: bool, lock: int | None = None) -> Kept:
    """Make a tree be as it is wanted; what the user did to it is kept or stops the run.

    Args:
        folder: of the tree, which need not exist.
        wanted: what it is to be.
        scratch: a folder to work in, on the same file system; it is removed.
        check: only say what would change.
        lock: see `Repository`.

    Raises:
        SourceError: it cannot be; nothing was changed.
    """
    tree = Repository(folder, lock)
    if not tree.exists():
        return _create(tree, wanted, scratch, check)
    if not check:
        recover.finish(tree)
    return _update(tree, wanted, scratch, check)
