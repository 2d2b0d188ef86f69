#!/usr/bin/python
# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep a source tree at a pinned version, with patches and the user's own commits."""

from __future__ import annotations

DOCUMENTATION = r"""
module: source_tree
short_description: Keep a source tree at a pinned version
version_added: 0.1.0
description:
  - Makes a git tree out of a repository, a bundle or an archive, on a local branch, with patches and the user's own commits on top of the pinned version.
  - Or takes a folder as it is, in a repository of its own, and changes nothing in the folder.
  - Edits that are not committed stop the module; commits are kept and rebased. Nothing is ever overwritten.
  - An interrupted run is finished by the next one.
author: The datacatalog.amundsen authors (@datacatalog)
options:
  kind:
    description: What O(url) is.
    type: str
    choices: [git, bundle, archive, path]
    required: true
  url:
    description:
      - For V(git) a repository, as a URL or a path on the host. For V(bundle) and V(archive) a URL, or a file on the controller.
      - For V(path) a folder on the host.
    type: str
    required: true
  version:
    description: The full id of a commit, or a tag. For V(git) and V(bundle).
    type: str
    default: ""
  checksum:
    description: The sha256 of the archive or bundle.
    type: str
    default: ""
  branch:
    description: The local branch.
    type: str
    default: main
  patches:
    description: Patches that are committed on the branch, in this order; or, as one entry, a folder on the controller with C(*.patch) files, or such files.
    type: list
    elements: raw
    default: []
  submodules:
    description: Paths of the submodules to fetch.
    type: list
    elements: str
    default: []
  root:
    description: Folder of the host that the tree is kept in.
    type: path
    required: true
  network_script:
    description:
      - A shell script on the host that sets how to reach the outside, as P(datacatalog.amundsen.network_script#filter) makes it.
      - It is not read where it does not exist, as in the check mode of a bare host.
    type: path
  file:
    description: The archive or bundle where it is on the host already; the action plugin sets it.
    type: path
attributes:
  check_mode:
    description:
      - Nothing is fetched or written. The id is that of a real run wherever all that it is made of is on the host; else it is that of the pinned commit.
    support: full
  diff_mode:
    description: Shows the commit, the patches, the number of own commits and the branch.
    support: full
"""

EXAMPLES = r"""
- name: Keep Amundsen at a commit
  datacatalog.amundsen.source_tree:
    kind: git
    url: https://github.com/amundsen-io/amundsen.git
    version: 2a6ba5803e4849e570bf8106b45495cb02c28483
    branch: feature/own
    patches: [patches/]
    root: /opt/amundsen/source
"""

RETURN = r"""
id:
  description: The commit to build from, such as by C(git archive).
  type: str
  returned: success
tree:
  description: The repository that holds it.
  type: str
  returned: success
notes:
  description: What a person should know.
  type: list
  elements: str
  returned: success
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.datacatalog.amundsen.plugins.module_utils._preflight import source_problems
from ansible_collections.datacatalog.amundsen.plugins.module_utils._source_fetch import FileNeeded
from ansible_collections.datacatalog.amundsen.plugins.module_utils._source_git import Repository, SourceError
from ansible_collections.datacatalog.amundsen.plugins.module_utils._source_snapshot import snapshot
from ansible_collections.datacatalog.amundsen.plugins.module_utils._source_submodules import fetch_submodules
from ansible_collections.datacatalog.amundsen.plugins.module_utils._source_tree import Kept, keep
from ansible_collections.datacatalog.amundsen.plugins.module_utils._source_wanted import Wanted

LOCK_SECONDS = 600


@contextmanager
def only_run(root: Path, check: bool) -> Iterator[int | None]:
    """Hold the lock of a root; git processes hold it too, so none that outlived a killed run is at work.

    Raises:
        SourceError: another run holds it for too long.
    """
    if check:
        yield None
        return
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (root / ".lock").open("w", encoding="ascii") as lock:
        until = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise SourceError(f"Another run has been at work in {root} for {LOCK_SECONDS} s. Wait for its end and run again.") from None
                time.sleep(0.2)
        yield lock.fileno()


def install_git() -> None:
    """Install git.

    Raises:
        SourceError: it cannot be installed.
    """
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", "git", "ca-certificates"]):
        if not shutil.which("apt-get") or subprocess.run(["apt-get", *words], env=environment, capture_output=True, check=False).returncode:
            raise SourceError("git is missing on this host and could not be installed. Install it and run again.")


def read_way_out(script: Path) -> None:
    """Take over what a shell script sets in its environment, for git, apt and downloads.

    Raises:
        SourceError: the script fails.
    """
    done = subprocess.run(["sh", "-ec", '. "$1"; exec env -0', "sh", str(script)], capture_output=True, check=False)
    if done.returncode:
        raise SourceError(f"{script} cannot be read: {done.stderr.decode(errors='replace').strip()}")
    os.environ.update({name: value for name, equals, value in (entry.partition("=") for entry in done.stdout.decode().split("\0")) if equals})


def run(wanted: Wanted, root: Path, check: bool) -> tuple[Kept, Path]:
    """Do what is wanted, and return what came of it with the repository that holds it.

    Raises:
        SourceError: it cannot be done.
        FileNeeded: the controller has to send the archive or bundle.
    """
    tree, store = root / "amundsen", root / "snapshot.git"
    if not shutil.which("git"):
        if check:
            return Kept(True, wanted.commit or wanted.pin, "", f"git\n{wanted.pin}\n"), tree
        install_git()
    with only_run(root, check) as lock, tempfile.TemporaryDirectory(prefix="amundsen-source-") as temporary:
        scratch = Path(temporary) if check else root / "work"
        if wanted.kind == "path":
            return snapshot(Path(wanted.url), store, scratch if check else None, lock), store
        kept = keep(tree, wanted, scratch, check, lock)
        fetched = tree.is_dir() and fetch_submodules(Repository(tree, lock), wanted.submodules, check)
        return Kept(kept.changed or fetched, kept.id, kept.before, kept.after, kept.notes), tree


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "kind": {"type": "str", "required": True, "choices": ["git", "bundle", "archive", "path"]},
            "url": {"type": "str", "required": True},
            "version": {"type": "str", "default": ""},
            "checksum": {"type": "str", "default": ""},
            "branch": {"type": "str", "default": "main"},
            "patches": {"type": "list", "elements": "raw", "default": []},
            "submodules": {"type": "list", "elements": "str", "default": []},
            "root": {"type": "path", "required": True},
            "network_script": {"type": "path"},
            "file": {"type": "path"},
        },
        supports_check_mode=True,
    )
    given = dict(module.params)
    problems = source_problems({f"amundsen_source_{name}": value for name, value in given.items()} | {"amundsen_source": given["kind"]})
    if problems:
        module.fail_json(msg="\n".join(problems))
    os.umask(0o077)
    wanted = Wanted(
        given["kind"],
        given["url"],
        given["version"],
        given["checksum"].lower(),
        Path(given["file"]) if given["file"] else None,
        given["branch"],
        [(patch["name"], patch["text"]) for patch in given["patches"]],
        given["submodules"],
    )
    try:
        if given["network_script"] and Path(given["network_script"]).exists():
            read_way_out(Path(given["network_script"]))
        kept, tree = run(wanted, Path(given["root"]), module.check_mode)
    except FileNeeded:
        module.exit_json(changed=True, needs_file=True)
    except SourceError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"{error.filename or given['root']}: {error.strerror}. Nothing half-made is used; mend this and run again.")
    diff = {"before": kept.before, "after": kept.after or kept.before}
    module.exit_json(changed=kept.changed, id=kept.id, tree=str(tree), notes=list(kept.notes), diff=diff)


if __name__ == "__main__":
    main()
