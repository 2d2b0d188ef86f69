"""A folder of the user's: taken as it is, named by its content, and not touched."""

from __future__ import annotations

import pytest
import source_tree
from source_tree import git
from sources import SETUP


@pytest.fixture
def folder(tmp_path):
    source_tree.write(tmp_path / "mine")
    return tmp_path / "mine"


@pytest.fixture
def take(run, folder):
    return lambda **given: run(kind="path", url=str(folder), version="", **given)


def exported(answer, path):
    return git(answer["tree"], "archive", "--format=tar", answer["id"], "--", path)


def test_a_folder_without_git_is_taken(take, folder):
    before = {path: path.lstat().st_ctime_ns for path in folder.rglob("*")}
    ran = take()
    assert ran.ok and ran.changed, ran.said
    assert "amundsen-frontend" in exported(ran.answer, SETUP)
    assert (take().changed, take().id) == (False, ran.id)
    assert {path: path.lstat().st_ctime_ns for path in folder.rglob("*")} == before


def test_the_id_follows_from_the_content_alone(take, folder, tmp_path, run):
    first = take().id
    source_tree.repository(tmp_path / "twin")
    twin = run(kind="path", url=str(tmp_path / "twin"), version="", root=str(tmp_path / "elsewhere"))
    assert twin.id == first and twin.answer["notes"] == []
    (folder / SETUP).chmod(0o755)
    changed = take()
    assert changed.changed and changed.id != first


def test_edits_are_allowed_and_said(take, folder):
    git(folder, "init", "-q")
    source_tree.commit_all(folder)
    clean = take()
    assert clean.answer["notes"] == []
    (folder / SETUP).write_text("# edited\n")
    (folder / "frontend/new.py").write_text("# new\n")
    index = (folder / ".git/index").read_bytes()
    ran = take()
    assert ran.changed and ran.id != clean.id
    assert f"M {SETUP}" in ran.answer["notes"][0] and "?? frontend/new.py" in ran.answer["notes"][0]
    assert "# new" in exported(ran.answer, "frontend/new.py")
    assert (folder / ".git/index").read_bytes() == index


def test_what_git_ignores_is_left_out_unless_it_is_known(take, folder):
    git(folder, "init", "-q")
    (folder / "frontend/dist").mkdir()
    (folder / "frontend/dist/left").write_text("out")
    (folder / "frontend/dist/known").write_text("in")
    (folder / "node_modules").mkdir()
    (folder / "node_modules/large.js").touch()
    git(folder, "add", "--force", "frontend/dist/known")
    source_tree.commit_all(folder)
    ran = take()
    names = git(ran.answer["tree"], "ls-tree", "-r", "--name-only", ran.id)
    assert "frontend/dist/known" in names and "frontend/dist/left" not in names and "node_modules" not in names


def test_bytes_are_taken_as_they_are(take, folder):
    (folder / ".gitattributes").write_text("* text=auto\n")
    (folder / "frontend/dos.txt").write_bytes(b"a\r\nb\r\n")
    ran = take()
    assert git(ran.answer["tree"], "cat-file", "-s", f"{ran.id}:frontend/dos.txt") == "6"


def test_check_mode_names_the_very_id_and_writes_nothing(take, root):
    promised = take(check=True)
    assert promised.changed and not root.exists()
    assert take().id == promised.id
    assert take(check=True).changed is False


def test_a_folder_that_is_not_there_is_said(take, folder):
    folder.rename(folder.with_name("away"))
    ran = take()
    assert not ran.ok and "there is no such folder on this host" in ran.said


def test_a_folder_of_something_else_is_refused(take, folder):
    (folder / SETUP).unlink()
    ran = take()
    assert not ran.ok and "no frontend/setup.py" in ran.said


def test_patches_have_no_effect_and_that_is_said(take):
    ran = take(patches=[{"name": "a.patch", "text": "x"}])
    assert not ran.ok and "amundsen_source_patches is set, and has no effect where amundsen_source is 'path'" in ran.said
