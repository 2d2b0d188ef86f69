"""The source tree: pinned, and nothing that the user did to it is ever lost."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "roles/source/files/checkout.sh"
AUTHOR = {"GIT_AUTHOR_NAME": "user", "GIT_AUTHOR_EMAIL": "user@example.com", "GIT_COMMITTER_NAME": "user", "GIT_COMMITTER_EMAIL": "user@example.com"}
BRANCH = "feature/own"


def git(folder: Path, *arguments: str) -> str:
    environment = os.environ | AUTHOR | {"GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(["git", "-C", folder, *arguments], env=environment, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path, path: str, content: str) -> str:
    (folder / path).write_text(content)
    git(folder, "add", path)
    git(folder, "commit", "-qm", f"change {path}")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def upstream(tmp_path):
    """A repository with two commits; `pins` are their ids."""
    folder = tmp_path / "upstream"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    pins = [commit(folder, "file", "one\n"), commit(folder, "file", "two\n")]
    return folder, pins


@pytest.fixture
def tree(tmp_path):
    return tmp_path / "root" / "tree"


@pytest.fixture
def checkout(upstream, tree):
    def run(pin, *, url=f"file://{upstream[0]}", branch=BRANCH, mode="change"):
        return subprocess.run(["bash", "-s", tree, url, pin, branch, mode], input=SCRIPT.read_text(), capture_output=True, text=True, check=False)

    return run


def test_a_new_tree_is_on_the_branch_at_the_pin(checkout, upstream, tree):
    pin = upstream[1][0]
    assert checkout(pin).stdout == f"changed {pin}\n"
    assert git(tree, "symbolic-ref", "--short", "HEAD") == BRANCH
    assert (tree / "file").read_text() == "one\n"
    assert checkout(pin).stdout == f"unchanged {pin}\n"


def test_check_mode_changes_nothing(checkout, upstream, tree):
    assert checkout(upstream[1][0], mode="check").stdout == f"changed {upstream[1][0]}\n"
    assert not tree.parent.exists()
    checkout(upstream[1][0])
    assert checkout(upstream[1][1], mode="check").stdout == f"changed {upstream[1][1]}\n"
    assert git(tree, "rev-parse", "HEAD") == upstream[1][0]


def test_a_moved_pin_moves_the_branch(checkout, upstream, tree):
    checkout(upstream[1][0])
    assert checkout(upstream[1][1]).stdout == f"changed {upstream[1][1]}\n"
    assert (tree / "file").read_text() == "two\n"


def test_own_commits_are_built_and_kept_when_the_pin_moves(checkout, upstream, tree):
    checkout(upstream[1][0])
    own = commit(tree, "own", "mine\n")
    assert checkout(upstream[1][0]).stdout == f"unchanged {own}\n"
    moved = checkout(upstream[1][1]).stdout.split()
    assert moved == ["changed", git(tree, "rev-parse", "HEAD")]
    assert git(tree, "rev-parse", "HEAD~1") == upstream[1][1]
    assert (tree / "own").read_text() == "mine\n"


def test_commits_that_do_not_fit_are_named_and_stay(checkout, upstream, tree):
    checkout(upstream[1][0])
    own = commit(tree, "file", "mine\n")
    result = checkout(upstream[1][1])
    assert result.returncode == 1
    assert "in conflict:\nfile\n" in result.stderr
    assert git(tree, "rev-parse", BRANCH) == own
    assert git(tree, "status", "--porcelain") == ""


def test_edits_stop_the_run_and_stay(checkout, upstream, tree):
    checkout(upstream[1][0])
    (tree / "file").write_text("edited\n")
    for pin in upstream[1]:
        result = checkout(pin)
        assert result.returncode == 1
        assert "not committed:\n M file\n" in result.stderr
    assert (tree / "file").read_text() == "edited\n"


def test_another_branch_stops_the_run(checkout, upstream, tree):
    checkout(upstream[1][0])
    git(tree, "switch", "-qc", "elsewhere")
    result = checkout(upstream[1][1])
    assert result.returncode == 1
    assert f"is on elsewhere and not on {BRANCH}" in result.stderr


def test_an_interrupted_clone_is_begun_anew(checkout, upstream, tree):
    half = tree.with_name("tree.new")
    (half / ".git").mkdir(parents=True)
    (half / ".git/index.lock").touch()
    assert checkout(upstream[1][0]).stdout == f"changed {upstream[1][0]}\n"
    assert not half.exists()


def test_a_folder_that_is_no_tree_is_left_alone(checkout, upstream, tree):
    tree.mkdir(parents=True)
    (tree / "precious").touch()
    result = checkout(upstream[1][0])
    assert result.returncode == 1
    assert "is no git tree" in result.stderr
    assert (tree / "precious").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"pin": "main"}, "give a full commit id"),
        ({"pin": "2a6ba580"}, "give a full commit id"),
        ({"pin": "1" * 40}, "holds no commit 1111"),
        ({"url": "file:///nowhere"}, "could not be fetched. Check amundsen_git_url"),
        ({"branch": "two words"}, "no name for a branch"),
    ],
    ids=["branch as pin", "short id", "unknown commit", "no repository", "bad branch"],
)
def test_wrong_values_are_said(checkout, upstream, tree, options, said):
    result = checkout(**({"pin": upstream[1][0]} | options))
    assert result.returncode == 1
    assert said in result.stderr
    assert not tree.exists()
    assert not tree.with_name("tree.new").exists()
