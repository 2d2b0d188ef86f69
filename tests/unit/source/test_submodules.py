"""Submodules that are asked for are at the commits that the tree names, and the others stay away."""

from __future__ import annotations

import pytest
import source_tree
from source_tree import git
from sources import Upstream


@pytest.fixture
def parts(tmp_path, upstream, monkeypatch) -> Upstream:
    """A repository that upstream has twice as a submodule, as `wanted` and as `other`; a machine whose git fetches submodules from files."""
    settings = tmp_path / "gitconfig"
    settings.write_text('[protocol "file"]\n    allow = always\n', encoding="utf-8")
    monkeypatch.setitem(source_tree.GIT, "GIT_CONFIG_GLOBAL", str(settings))
    parts = Upstream(tmp_path / "parts")
    for path in ("wanted", "other"):
        git(upstream.folder, "submodule", "--quiet", "add", f"file://{parts.folder}", path)
    git(upstream.folder / "wanted", "checkout", "-q", parts.pins[0])
    upstream.pins.append(source_tree.commit_all(upstream.folder, "With submodules"))
    return parts


def test_only_those_that_are_asked_for_are_fetched(run, upstream, parts, tree):
    given = {"version": upstream.pins[2], "submodules": ["wanted"]}
    first = run(**given)
    assert first.changed, first.said
    assert git(tree / "wanted", "rev-parse", "HEAD") == parts.pins[0]
    assert not list((tree / "other").iterdir())
    assert run(**given).changed is False


def test_check_mode_says_so_and_fetches_none(run, upstream, parts, tree):
    assert run(version=upstream.pins[2]).changed
    assert run(check=True, version=upstream.pins[2], submodules=["wanted"]).changed
    assert not list((tree / "wanted").iterdir())


def test_a_moved_one_is_moved(run, upstream, parts, tree):
    assert run(version=upstream.pins[2], submodules=["wanted"]).changed
    git(upstream.folder / "wanted", "checkout", "-q", parts.pins[1])
    moved = source_tree.commit_all(upstream.folder, "A later part")
    ran = run(version=moved, submodules=["wanted"])
    assert ran.changed, ran.said
    assert git(tree / "wanted", "rev-parse", "HEAD") == parts.pins[1]


def test_one_that_cannot_be_had_is_named(run, upstream, parts, tree):
    parts.folder.rename(parts.folder.with_name("away"))
    ran = run(version=upstream.pins[2], submodules=["wanted"])
    assert not ran.ok
    assert f"The submodules wanted of {tree} could not be fetched (git config url.MIRROR.insteadOf names a mirror)" in ran.said
    parts.folder.with_name("away").rename(parts.folder)
    assert run(version=upstream.pins[2], submodules=["wanted"]).changed


def test_one_that_is_not_there_is_named(run, upstream, parts):
    ran = run(version=upstream.pins[2], submodules=["none-such"])
    assert not ran.ok and "none-such" in ran.said
