"""A tree from a repository: pinned, and nothing that the user did to it is ever lost."""

from __future__ import annotations

import pytest
import source_tree
from ansible_collections.datacatalog.amundsen.plugins.module_utils._network import script
from source_tree import git
from sources import BRANCH, SETUP, patch


def own_commit(tree, line="mine", path="own"):
    with (tree / path).open("a") as file:
        file.write(f"# {line}\n")
    return source_tree.commit_all(tree, f"My {line}")


def test_a_new_tree_is_on_the_branch_at_the_pin(run, upstream, tree):
    ran = run()
    assert (ran.changed, ran.id, ran.answer["tree"]) == (True, upstream.pins[0], str(tree))
    assert git(tree, "symbolic-ref", "--short", "HEAD") == BRANCH
    assert "# two" not in (tree / SETUP).read_text()
    assert git(tree, "rev-list", "--count", "--all") == "1", "one commit is enough"
    again = run()
    assert (again.changed, again.id) == (False, upstream.pins[0])
    assert sorted(path.name for path in tree.parent.iterdir()) == [".lock", "amundsen"]


def test_a_mirror_is_asked_in_place_of_the_public_host(run, upstream, tmp_path):
    network = tmp_path / "network.sh"
    network.write_text(script({"mirrors": {"git": f"file://{upstream.folder.parent}"}}))
    ran = run(url=f"https://github.com/{upstream.folder.name}", network_script=str(network))
    assert ran.id == upstream.pins[0], ran.said


def test_check_mode_changes_nothing_and_says_what_would(run, upstream, root, tree):
    assert (run(check=True).changed, run(check=True).id) == (True, upstream.pins[0])
    assert not root.exists()
    run()
    ran = run(check=True, version=upstream.pins[1])
    assert (ran.changed, ran.id) == (True, upstream.pins[1])
    assert git(tree, "rev-parse", "HEAD") == upstream.pins[0]
    assert f"commit {upstream.pins[0]}" in ran.answer["diff"]["before"] and f"commit {upstream.pins[1]}" in ran.answer["diff"]["after"]


def test_check_mode_names_the_very_commit_where_all_is_at_hand(run, upstream, tree):
    run()
    own_commit(tree)
    patches = [patch("a.patch", tree, "patched")]
    promised = run(check=True, patches=patches)
    assert promised.changed and git(tree, "rev-list", "--count", "HEAD") == "2"
    ran = run(patches=patches)
    assert ran.id == promised.id, ran.said


def test_a_moved_pin_moves_the_branch(run, upstream, tree):
    run()
    ran = run(version=upstream.pins[1])
    assert (ran.changed, ran.id) == (True, upstream.pins[1])
    assert "# two" in (tree / SETUP).read_text()
    assert run(version=upstream.pins[0]).id == upstream.pins[0]


def test_nothing_is_asked_of_the_remote_where_nothing_changes(run, upstream):
    upstream.git("tag", "v1", upstream.pins[0])
    for version in (upstream.pins[0], "v1"):
        first = run(version=version)
        assert first.ok, first.said
        upstream.folder.rename(upstream.folder.with_name("away"))
        again = run(version=version)
        assert (again.changed, again.id) == (False, upstream.pins[0]), again.said
        upstream.folder.with_name("away").rename(upstream.folder)


def test_own_commits_are_built_and_kept_when_the_pin_moves(run, upstream, tree):
    run()
    own = own_commit(tree)
    assert (run().changed, run().id) == (False, own)
    ran = run(version=upstream.pins[1])
    assert (ran.changed, ran.id) == (True, git(tree, "rev-parse", "HEAD"))
    assert git(tree, "rev-parse", "HEAD~1") == upstream.pins[1]
    assert (tree / "own").read_text() == "# mine\n"
    assert git(tree, "log", "-1", "--format=%an %s") == "user My mine"


def test_own_commits_that_do_not_fit_are_named_and_stay(run, upstream, tree):
    run()
    own = own_commit(tree, path=SETUP)
    ran = run(version=upstream.pins[1])
    assert not ran.ok
    assert f"My mine does not fit on the new version. In conflict:\n  {SETUP}\n" in ran.said
    assert git(tree, "rev-parse", BRANCH) == own
    assert git(tree, "status", "--porcelain") == ""
    assert run().id == own, "the old version still stands"

    # What the message says to do works.
    words = ran.said.rsplit("rebase ", 1)[1].split()
    with pytest.raises(source_tree.subprocess.CalledProcessError):
        git(tree, "rebase", *words)
    (tree / SETUP).write_text("# both\n")
    git(tree, "add", SETUP)
    git(tree, "-c", "core.editor=true", "rebase", "--continue")
    after = run(version=upstream.pins[1])
    assert after.ok and after.id == git(tree, "rev-parse", "HEAD"), after.said
    assert run(version=upstream.pins[1]).changed is False


def test_edits_stop_the_run_and_stay(run, upstream, tree):
    run()
    (tree / SETUP).write_text("edited\n")
    for version in upstream.pins:
        for check in (True, False):
            ran = run(version=version, check=check)
            assert not ran.ok and f"not committed:\n M {SETUP}\n" in ran.said
    assert (tree / SETUP).read_text() == "edited\n"


def test_a_file_that_git_ignores_stays(run, upstream, tree):
    run()
    (tree / "frontend/dist").mkdir()
    (tree / "frontend/dist/mine").touch()
    assert run(version=upstream.pins[1]).ok
    assert (tree / "frontend/dist/mine").exists()


def test_another_branch_stops_the_run(run, upstream, tree):
    run()
    git(tree, "switch", "-qc", "elsewhere")
    ran = run(version=upstream.pins[1])
    assert not ran.ok and f"is on elsewhere and not on {BRANCH}" in ran.said


def test_an_unfinished_rebase_of_the_users_stops_the_run(run, upstream, tree):
    run()
    (tree / ".git/rebase-merge").mkdir()
    ran = run(version=upstream.pins[1])
    assert not ran.ok and "A rebase of yours is not finished" in ran.said


def test_a_running_git_of_the_users_stops_the_run(run, upstream, tree):
    run()
    (tree / ".git/index.lock").touch()
    ran = run(version=upstream.pins[1])
    assert not ran.ok and "Somebody runs git" in ran.said
    assert (tree / ".git/index.lock").exists()


def test_a_folder_that_is_no_tree_is_left_alone(run, tree):
    tree.mkdir(parents=True)
    (tree / "precious").touch()
    ran = run()
    assert not ran.ok and "is no git tree" in ran.said
    assert (tree / "precious").exists()


def test_a_tag_is_as_good_as_its_commit(run, upstream):
    upstream.git("tag", "light", upstream.pins[0])
    upstream.git("tag", "-a", "-m", "annotated", "v2", upstream.pins[1])
    assert run(version="light").id == upstream.pins[0]
    assert run(version="light").changed is False
    assert run(version="v2").id == upstream.pins[1]


def test_a_tag_that_moved_is_refused(run, upstream, tree):
    upstream.git("tag", "v1", upstream.pins[0])
    run(version="v1")
    run(version=upstream.pins[1])
    upstream.git("tag", "--force", "v1", upstream.change("three"))
    ran = run(version="v1")
    assert not ran.ok and "The tag v1" in ran.said and f"it was {upstream.pins[0]}" in ran.said
    assert git(tree, "rev-parse", "HEAD") == upstream.pins[1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"version": "main"}, "'main', which moves"),
        ({"version": "2a6ba580"}, "a short one can come to mean another commit"),
        ({"version": "develop"}, "which is a branch of"),
        ({"version": "v9"}, "has no tag v9"),
        ({"version": "1" * 40}, "holds no commit 1111"),
        ({"url": "file:///nowhere"}, "could not be fetched"),
        ({"url": "https://user:word@example.com/x.git"}, "holds a password"),
        ({"branch": "two words"}, "no name for a branch"),
        ({"checksum": "0" * 64}, "has no effect where amundsen_source is 'git'"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_wrong_values_are_said_and_leave_nothing(run, upstream, root, options, said):
    upstream.git("branch", "develop")
    ran = run(**options)
    assert not ran.ok and said in ran.said, ran.said
    assert not (root / "source/amundsen").exists() and not (root / "source/amundsen.new").exists()


def test_another_projects_repository_is_refused(run, tmp_path, tree):
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    (other / "readme").touch()
    ran = run(url=str(other), version=source_tree.commit_all(other))
    assert not ran.ok and "is no source tree of Amundsen" in ran.said and "no frontend/setup.py" in ran.said
    assert not tree.exists()
