"""Patches: commits with the same ids on every host, between the pinned version and the user's own."""

from __future__ import annotations

import source_tree
from source_tree import git
from sources import SETUP, patch

OTHER = "metadata/setup.py"


def test_patches_are_commits_with_the_same_ids_everywhere(run, upstream, tree, tmp_path):
    patches = [patch("1.patch", upstream.folder, "one"), patch("2.patch", upstream.folder, "other", OTHER)]
    ran = run(patches=patches)
    assert ran.ok and git(tree, "log", "--format=%s").splitlines()[:2] == ["2.patch", "1.patch"], ran.said
    assert run(patches=patches).changed is False
    elsewhere = run(patches=patches, root=str(tmp_path / "elsewhere"), url=str(upstream.folder), version=upstream.pins[0])
    assert elsewhere.id == ran.id


def test_a_change_of_the_patches_keeps_own_commits(run, upstream, tree):
    one, other = patch("1.patch", upstream.folder, "one"), patch("2.patch", upstream.folder, "other", OTHER)
    run(patches=[one])
    (tree / "own").write_text("mine\n")
    source_tree.commit_all(tree, "Mine")
    assert run(patches=[other]).ok
    assert git(tree, "log", "--format=%s").splitlines()[:2] == ["Mine", "2.patch"]
    assert "# one" not in (tree / SETUP).read_text() and "# other" in (tree / OTHER).read_text()
    assert run(patches=[]).ok
    assert git(tree, "log", "-1", "--format=%s", "HEAD~1") != "2.patch"


def test_patches_move_with_the_pin(run, upstream, tree):
    patches = [patch("1.patch", upstream.folder, "one")]
    run(patches=patches)
    assert run(patches=patches, version=upstream.pins[1]).ok
    assert "# one" in (tree / SETUP).read_text() and "# two" in (tree / SETUP).read_text()


def test_patches_that_do_not_fit_are_all_named_and_nothing_changes(run, upstream, tree):
    good = patch("1.patch", upstream.folder, "one", OTHER)
    bad = patch("2.patch", upstream.folder, "x")
    bad["text"] = bad["text"].replace("import subprocess", "import nothing")
    ran = run(patches=[good, bad, {"name": "3.patch", "text": "no patch\n"}])
    assert not ran.ok and f"2.patch: {SETUP}" in ran.said and "3.patch: " in ran.said and "1.patch" not in ran.said, ran.said
    assert not tree.exists()
    before = run().id
    for check in (True, False):
        ran = run(patches=[good, bad], check=check)
        assert not ran.ok and f"2.patch: {SETUP}" in ran.said
    assert git(tree, "rev-parse", "HEAD") == before and git(tree, "status", "--porcelain") == ""
    assert run().changed is False


def test_history_that_was_rewritten_is_not_guessed_at(run, upstream, tree):
    run(patches=[patch("1.patch", upstream.folder, "one")])
    (tree / "own").write_text("mine\n")
    git(tree, "add", "own")
    git(tree, "commit", "-q", "--amend", "-m", "Mine", **source_tree.FIRST_DAY)
    mine = git(tree, "rev-parse", "HEAD")
    assert run(patches=[patch("1.patch", upstream.folder, "one")]).id == mine
    ran = run(version=upstream.pins[1])
    assert not ran.ok and "cannot be told from it" in ran.said
    assert git(tree, "rev-parse", "HEAD") == mine


def test_the_users_git_settings_change_no_id(run, upstream, tmp_path, monkeypatch):
    patches = [patch("1.patch", upstream.folder, "one")]
    first = run(patches=patches).id
    settings = tmp_path / "gitconfig"
    settings.write_text("[user]\nname = x\n[core]\nautocrlf = true\n[commit]\ngpgSign = true\n[apply]\nwhitespace = fix\n")
    monkeypatch.setitem(source_tree.GIT, "GIT_CONFIG_GLOBAL", str(settings))
    ran = run(patches=patches, root=str(tmp_path / "elsewhere"))
    assert ran.id == first, ran.said
    assert b"\r" not in (tmp_path / "elsewhere/amundsen" / SETUP).read_bytes()
