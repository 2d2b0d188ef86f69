"""A repository of the small source tree, and the module that is run on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import source_tree

PROJECT = Path(__file__).resolve().parents[3]
BRANCH = "feature/own"
SETUP = "frontend/setup.py"  # a file of the tree that tests change


class Upstream:
    """A repository with the commits `pins`, each of which changes the last line of SETUP.

    Attributes:
        folder: of the repository.
        pins: ids of its commits, the oldest first.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pins = [source_tree.repository(folder)]
        self.pins.append(self.change("two"))

    def change(self, line: str, path: str = SETUP) -> str:
        with (self.folder / path).open("a") as file:
            file.write(f"# {line}\n")
        return source_tree.commit_all(self.folder, line)

    def git(self, *arguments: str) -> str:
        return source_tree.git(self.folder, *arguments)


class Ran:
    """What a run of the module left: `ok`, its answer, and all that it said."""

    def __init__(self, code: int, output: str) -> None:
        self.ok = code == 0
        self.answer: dict[str, Any] = json.loads(output)
        self.said = self.answer.get("msg", "")
        self.id = self.answer.get("id", "")
        self.changed = self.answer.get("changed")


def arguments(place: Path, check: bool = False, **given: Any) -> str:
    options = {"kind": "git", "branch": BRANCH, "root": str(place / "source"), "_ansible_check_mode": check, "_ansible_remote_tmp": "/tmp"}  # noqa: S108
    return json.dumps({"ANSIBLE_MODULE_ARGS": options | given})


def start(place: Path, group: bool = False, **given: Any) -> subprocess.Popen[str]:
    """Start the module as ansible does: a process of its own (or the first of a group), arguments as JSON on standard input."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ansible_collections.datacatalog.amundsen.plugins.modules.source_tree"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | source_tree.GIT | {"PYTHONPATH": str(PROJECT / ".ansible/collections")},
        cwd="/",
        start_new_session=group,
    )
    assert process.stdin
    process.stdin.write(arguments(place, **given))
    process.stdin.close()
    return process


def patch(name: str, folder: Path, line: str, path: str = SETUP) -> dict[str, str]:
    """Return a patch that adds a line to a file of a tree; the tree is left as it was."""
    before = (folder / path).read_text()
    (folder / path).write_text(f"# {line}\n{before}")
    text = source_tree.git(folder, "diff") + "\n"
    (folder / path).write_text(before)
    return {"name": name, "text": text}
