"""A directory becomes a list of files that depends on nothing but the files."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import lookup_loader


@pytest.fixture(scope="session")
def tree():
    lookup = lookup_loader.get("datacatalog.amundsen.tree", loader=DataLoader())
    return lambda *terms, **options: lookup.run([str(term) for term in terms], {}, **options)


@pytest.fixture
def folder(tmp_path):
    for path, content in {"b.py": "b\n", "a/c.py": "ü\n", "run": "#!/bin/sh\n"}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(content, encoding="utf-8")
    (tmp_path / "run").chmod(0o755)
    return tmp_path


def test_all_files_are_read_in_order(tree, folder):
    assert tree(folder, prefix="p/") == [
        {"path": "p/a/c.py", "content": "ü\n", "mode": "0644"},
        {"path": "p/b.py", "content": "b\n", "mode": "0644"},
        {"path": "p/run", "content": "#!/bin/sh\n", "mode": "0755"},
    ]


@pytest.mark.parametrize("left", ["__pycache__/b.cpython-311.pyc", "a/b.pyc", ".b.py.swp", ".cache/x"])
def test_what_tools_leave_behind_does_not_count(tree, folder, left):
    before = tree(folder)
    (folder / left).parent.mkdir(exist_ok=True)
    (folder / left).write_bytes(b"\xff")
    assert tree(folder) == before


def test_the_umask_of_a_checkout_does_not_count(tree, folder):
    before = tree(folder)
    (folder / "b.py").chmod(0o600)
    (folder / "run").chmod(0o700)
    assert tree(folder) == before


def test_a_missing_folder_is_named(tree, folder):
    with pytest.raises(AnsibleError, match="nowhere"):
        tree(folder / "nowhere")


def test_a_file_that_is_no_text_is_named(tree, folder):
    (folder / "image.png").write_bytes(b"\x89PNG\xff")
    with pytest.raises(AnsibleError, match=r"image\.png"):
        tree(folder)


def test_such_a_file_can_be_asked_for_and_text_stays_text(tree, folder):
    (folder / "image.png").write_bytes(b"\x89PNG\xff")
    found = {file["path"]: file for file in tree(folder, binary=True)}
    assert found["image.png"] == {"path": "image.png", "mode": "0644", "content": "iVBOR/8=", "encoding": "base64"}
    assert found["b.py"] == {"path": "b.py", "mode": "0644", "content": "b\n"}
