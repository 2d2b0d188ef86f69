# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Git as the source role runs it: what the user has set may help it to reach a repository, but never changes a result."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

__all__ = ["BUSY", "IDENTITY", "Repository", "SourceError", "last_words"]

# Left in a repository while it is being changed, so that the next run knows whose the leftovers are.
BUSY = "amundsen-busy"

# The same on every host and day, and so are the ids of the commits made with it.
_DAY = "2000-01-01T00:00:00+00:00"
IDENTITY = {
    **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "amundsen"), ("EMAIL", "amundsen@localhost"))},
    **{f"GIT_{who}_DATE": _DAY for who in ("AUTHOR", "COMMITTER")},
}
_SETTINGS = {
    "advice.detachedHead": "false",
    "apply.whitespace": "nowarn",
    "commit.gpgSign": "false",
    "core.attributesFile": os.devnull,
    "core.autocrlf": "false",
    "core.excludesFile": os.devnull,
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.quotePath": "false",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "60",
    "maintenance.auto": "false",
    "rerere.enabled": "false",
    "submodule.recurse": "false",
}
_PLAIN = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]


class SourceError(Exception):
    """What is wrong, why, and what to do; nothing was changed."""


def last_words(output: str, lines: int = 3) -> str:
    """Return the last lines of what a program said, as one."""
    return " / ".join(line.strip() for line in output.strip().splitlines()[-lines:]) or "it said nothing"


class Repository:
    """One repository and, where it has one, its tree.

    Attributes:
        folder: the tree, or the bare repository.
        dot_git: where git's own files are.
    """

    def __init__(self, folder: Path, lock: int | None = None, work_tree: Path | None = None) -> None:
        """Describe a repository, which need not exist.

        Args:
            folder: the tree, or the bare repository where `work_tree` is given.
            lock: descriptor of the lock file that every git process is to hold too, so that one which outlives a killed run keeps the next one waiting.
            work_tree: a tree elsewhere, which the bare repository `folder` takes its content from.
        """
        self.folder, self.lock, self.work_tree = folder, lock, work_tree
        self.dot_git = folder if work_tree else folder / ".git"

    def exists(self) -> bool:
        """Tell whether it was made."""
        return (self.dot_git / "HEAD").is_file()

    def run(self, *arguments: str, input: bytes | None = None, **environment: str) -> subprocess.CompletedProcess[bytes]:
        """Run git here; a failure is the caller's to judge."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name.startswith(("GIT_SSH", "GIT_SSL", "GIT_CONFIG"))}
        tree = self.work_tree or self.folder
        where = {"GIT_DIR": str(self.dot_git)} | ({} if arguments[0] == "init" else {"GIT_WORK_TREE": str(tree)})
        return subprocess.run(
            ["git", *_PLAIN, *arguments],
            env=clean | IDENTITY | where | {"GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": "true", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"} | environment,
            cwd=tree if tree.is_dir() else "/",
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            pass_fds=[] if self.lock is None else [self.lock],
            check=False,
        )

    def tell(self, *arguments: str) -> str:
        """Return what git prints, or nothing where it fails."""
        done = self.run(*arguments)
        return done.stdout.decode(errors="replace").strip("\n") if done.returncode == 0 else ""

    def do(self, *arguments: str, input: bytes | None = None, **environment: str) -> str:
        """Run git and return what it prints.

        Raises:
            SourceError: git failed.
        """
        done = self.run(*arguments, input=input, **environment)
        if done.returncode:
            raise failure(f"git {arguments[0]} failed in {self.work_tree or self.folder}", done.stderr)
        return done.stdout.decode(errors="replace").strip("\n")

    def init(self, branch: str = "none") -> None:
        """Make it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.do("init", "--quiet", f"--initial-branch={branch}", *(["--bare"] if self.work_tree else []))

    def has(self, commit: str) -> bool:
        """Tell whether a commit is here, whole."""
        return self.run("cat-file", "-e", f"{commit}^{{commit}}").returncode == 0

    def ref(self, name: str) -> str:
        """Return the commit that a ref of ours names, or nothing."""
        return self.tell("rev-parse", "--verify", "--quiet", f"refs/amundsen/{name}^{{commit}}")

    def note(self, **values: str) -> None:
        """Keep values in the repository's own settings."""
        for name, value in values.items():
            self.do("config", f"amundsen.{name}", value)

    def noted(self, name: str) -> str:
        """Return a value that was kept, or nothing."""
        return self.tell("config", "--get", f"amundsen.{name}")

    def is_ancestor(self, old: str, new: str) -> bool:
        """Tell whether one commit is in the history of another."""
        return bool(old) and self.run("merge-base", "--is-ancestor", old, new).returncode == 0


def failure(what: str, stderr: bytes) -> SourceError:
    """Say why git failed, in its own last words, and what to do where the cause is known."""
    said = stderr.decode(errors="replace")
    advice = "Mend that and run again."
    if "No space left on device" in said or "Disk quota exceeded" in said:
        advice = "The disk is full. Free some space there and run again."
    elif "dubious ownership" in said:
        advice = (
            "Another user owns it, and git trusts no other user's repository until it is told to: git config --global --add safe.directory FOLDER, as root."
        )
    return SourceError(f"{what}: {last_words(said)}. {advice} Nothing half-made is used.")
