"""An image's tag names all that it is built from, and nothing else."""

from __future__ import annotations

import copy

import pytest
from ansible_collections.datacatalog.amundsen.plugins.filter.named_images import FilterModule

named_images = FilterModule().filters()["named_images"]
FILES = [
    {"path": "Dockerfile", "content": "FROM x\n", "mode": "0644"},
    {"path": "package/app.py", "content": "print(1)\n", "mode": "0644"},
]


def name(files=FILES, prefix="amundsen", base="base:1", user=10001):
    return named_images({"metadata": files}, prefix, base, {"metadata": user})["metadata"]["name"]


def changed(index, **values):
    files = copy.deepcopy(FILES)
    files[index].update(values)
    return files


def test_the_name_has_prefix_service_and_twelve_digits():
    image = named_images({"metadata": FILES}, "team/amundsen", "base:1", {"metadata": 10001})["metadata"]
    repository, tag = image["name"].rsplit(":", 1)
    assert repository == "team/amundsen/metadata"
    assert len(tag) == 12
    assert image["inputs"].startswith(tag)
    assert image["key"] == "metadata"


def test_the_order_of_the_files_does_not_matter():
    assert name(FILES[::-1]) == name()


@pytest.mark.parametrize(
    "other",
    [
        {"files": changed(1, content="print(2)\n")},
        {"files": changed(1, path="package/other.py")},
        {"files": changed(1, mode="0755")},
        {"files": FILES[:1]},
        {"base": "base:2"},
        {"user": 10002},
    ],
    ids=["content", "path", "mode", "file missing", "base", "user"],
)
def test_every_input_changes_the_tag(other):
    assert name(**other) != name()


def test_each_tag_has_a_folder_of_its_own():
    image = named_images({"metadata": FILES}, "amundsen", "base:1", {"metadata": 10001})["metadata"]
    assert [file["path"] for file in image["files"]] == [f"{image['folder']}/Dockerfile", f"{image['folder']}/package/app.py"]
    assert image["name"].endswith(image["folder"].removeprefix("metadata-"))
