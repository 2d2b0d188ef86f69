"""The role as a play runs it: files and patches come from the controller, and later roles find the files."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import source_tree
from source_tree import git
from sources import SETUP, patch

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def play(tmp_path, root):
    """Return a function that includes the role once for each set of variables, in one play."""

    def run_play(*includes: dict, entry: str = "main") -> subprocess.CompletedProcess[str]:
        tasks: list[dict] = []
        for number, given in enumerate(includes):
            role = {"name": "datacatalog.amundsen.source", "tasks_from": entry}
            tasks.append({"ansible.builtin.include_role": role, "vars": {"amundsen_root": str(root)} | given})
            said = f"{number} {{{{ __amundsen_source_tree.changed }}}} {{{{ __amundsen_source | default({{}}) | to_json }}}}"
            tasks.append({"ansible.builtin.lineinfile": {"path": str(tmp_path / "left"), "line": said, "create": True}, "check_mode": False})
        playbook = tmp_path / "play.yml"
        playbook.write_text(json.dumps([{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}]))
        environment = os.environ | {"ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_PYTHON_INTERPRETER": sys.executable}
        return subprocess.run(["ansible-playbook", str(playbook)], cwd=PROJECT, capture_output=True, text=True, check=False, env=environment)

    return run_play


def left(tmp_path):
    for line in (tmp_path / "left").read_text().splitlines():
        _number, changed, source = line.split(" ", 2)
        yield changed == "True", json.loads(source)


def test_files_of_the_controller_reach_the_host_once(play, upstream, tmp_path, root):
    archive, bundle, patches = tmp_path / "a.tar.gz", tmp_path / "a.bundle", tmp_path / "patches"
    upstream.git("archive", "--prefix=a/", "-o", str(archive), upstream.pins[0])
    upstream.git("bundle", "create", "-q", str(bundle), "--all")
    patches.mkdir()
    (patches / "1.patch").write_text(patch("1.patch", upstream.folder, "one")["text"])
    from_archive = {
        "amundsen_source": "archive",
        "amundsen_source_url": str(archive),
        "amundsen_source_checksum": hashlib.sha256(archive.read_bytes()).hexdigest(),
        "amundsen_source_patches": [str(patches)],
    }
    from_bundle = {"amundsen_source": "bundle", "amundsen_source_url": str(bundle), "amundsen_source_version": upstream.pins[1]}
    from_path = {"amundsen_source": "path", "amundsen_source_url": str(upstream.folder)}
    done = play(from_archive, from_archive, from_bundle, from_path)
    assert done.returncode == 0, done.stdout
    found = list(left(tmp_path))
    assert [changed for changed, _source in found] == [True, False, True, True]
    assert [source["kind"] for _changed, source in found] == ["archive", "archive", "bundle", "path"]
    for _changed, source in found:
        assert "amundsen-frontend" in git(source["tree"], "archive", source["id"], "--", "frontend", ":(glob)requirements*.txt")
    assert "# one" in git(found[0][1]["tree"], "show", f"{found[0][1]['id']}:{SETUP}")
    assert found[2][1]["id"] == upstream.pins[1]


def test_what_would_stop_the_run_is_found_before_anything_is_changed(play, upstream, tmp_path, root):
    archive = tmp_path / "a.zip"
    upstream.git("archive", "--prefix=a/", "-o", str(archive), upstream.pins[0])
    given = {"amundsen_source": "archive", "amundsen_source_url": str(archive), "amundsen_source_checksum": "1" * 64}
    done = play(given, entry="preflight")
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0 and hashlib.sha256(archive.read_bytes()).hexdigest() in said and "amundsen_source_checksum is 1111" in said, said
    assert not root.exists()
    done = play({"amundsen_source_url": str(upstream.folder), "amundsen_source_patches": ["/nowhere"]}, entry="preflight")
    assert done.returncode != 0 and "amundsen_source_patches names /nowhere" in " ".join((done.stdout + done.stderr).split())


def test_edits_of_the_user_stop_the_run_before_anything_is_changed(play, upstream, root, run):
    assert run().ok
    (root / "source/amundsen" / SETUP).write_text("edited\n")
    done = play({"amundsen_source_url": str(upstream.folder), "amundsen_source_version": upstream.pins[1]}, entry="preflight")
    assert done.returncode != 0 and "has edits that are not committed" in " ".join((done.stdout + done.stderr).split())


def test_the_generated_tree_is_the_same_everywhere(tmp_path):
    assert source_tree.repository(tmp_path / "one") == source_tree.repository(tmp_path / "two")
