"""An archive of images is read, judged and made smaller; that engines load the result is proven by tests/delivery."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile

import pytest
from ansible_collections.datacatalog.amundsen.plugins.plugin_utils import _image_archive, _image_store

BASE, PYTHON, CODE, OTHER = ("sha256:" + letter * 64 for letter in "abcd")


def add(archive, name, content=b"", link=""):
    member = tarfile.TarInfo(name)
    member.size, member.linkname, member.type = len(content), link, tarfile.SYMTYPE if link else tarfile.REGTYPE
    archive.addfile(member, io.BytesIO(content))


@pytest.fixture(params=["files", "links"])
def archive(request, tmp_path):
    """Two images that share their lowest layer, as a file of both, or as a link of the second to the first's (as Docker 20.10 does)."""
    path = tmp_path / "images.tar"
    manifest = []
    with tarfile.open(path, "w") as tar:
        for name, layers in {"search": [BASE, PYTHON], "proxy": [BASE, CODE, OTHER]}.items():
            config = json.dumps({"rootfs": {"diff_ids": layers}, "config": {"Labels": {"datacatalog.amundsen.image": name}}}).encode()
            own = [f"{name}{height}/layer.tar" for height in range(len(layers))]
            if name == "proxy" and request.param == "files":
                own[0] = "search0/layer.tar"
            add(tar, f"{name}.json", config)
            for file, layer in zip(own, layers, strict=True):
                if file == "proxy0/layer.tar":
                    add(tar, file, link="../search0/layer.tar")
                elif not (name == "proxy" and file == "search0/layer.tar"):
                    add(tar, file, layer.encode())
            manifest.append({"Config": f"{name}.json", "RepoTags": [f"amundsen/{name}:1"], "Layers": own})
        add(tar, "repositories", b"{}")
        add(tar, "manifest.json", json.dumps(manifest).encode())
    return path


def reduced(archive, names, known=()):
    """Return the content of the smaller archive: path -> content, and the images in it."""
    target = archive.with_name("smaller.tar")
    with target.open("wb") as stream:
        count = _image_archive.reduced(str(archive), stream, names, set(known))
    with tarfile.open(target) as tar:
        files = {member.name: tar.extractfile(member).read().decode() for member in tar}
    return count, files, _image_archive.read(str(target))


def test_an_image_is_what_its_configuration_says(archive):
    search, proxy = _image_archive.read(str(archive))
    assert search.names == ("amundsen/search:1",)
    assert proxy.layers == (BASE, CODE, OTHER)
    assert proxy.service == "proxy"
    with tarfile.open(archive) as tar:
        assert search.id == "sha256:" + hashlib.sha256(tar.extractfile("search.json").read()).hexdigest()


def test_everything_stays_where_nothing_is_known(archive):
    count, files, images = reduced(archive, ["amundsen/search:1", "amundsen/proxy:1"])
    assert count == 4
    assert images == _image_archive.read(str(archive))
    assert sorted(files) == sorted({"manifest.json", "search.json", "proxy.json"} | {file for image in images for file in image.files})


def test_only_the_named_image_stays_and_a_link_keeps_its_file(archive):
    count, files, (image,) = reduced(archive, ["amundsen/proxy:1"])
    assert count == 3
    assert [files[file] for file in image.files] == [BASE, CODE, OTHER]
    assert "search.json" not in files


def test_a_known_layer_is_left_out_and_still_named(archive):
    count, files, (image,) = reduced(archive, ["amundsen/proxy:1"], [(BASE,), (BASE, CODE)])
    assert count == 1
    assert [files.get(file) for file in image.files] == [None, None, OTHER]
    assert image.layers == (BASE, CODE, OTHER)


def test_a_layer_is_known_by_all_below_it_only(archive):
    count, _files, _images = reduced(archive, ["amundsen/proxy:1"], [(CODE,), (BASE, PYTHON), (OTHER, BASE)])
    assert count == 3


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.9])
def test_a_cut_archive_is_named(archive, kept):
    content = archive.read_bytes().rstrip(b"\0")
    archive.write_bytes(content[: kept if isinstance(kept, int) else int(len(content) * kept)])
    with pytest.raises(_image_archive.ArchiveError, match=r"images\.tar is cut off or no archive"):
        _image_archive.read(str(archive))


def test_an_engine_answers_with_its_images(archive):
    search, proxy = _image_archive.read(str(archive))
    lines = ['[["Backing Filesystem","extfs"]]', json.dumps([search.id, ["amundsen/search:1", "x:2"], [BASE, PYTHON]]), json.dumps(["sha256:1", None, None])]
    store = _image_store.Store("\n".join(lines))
    assert store.holds("x:2", search)
    assert not store.holds("amundsen/search:1", proxy)
    assert not store.holds("amundsen/proxy:1", proxy)
    assert store.known() == {(BASE,), (BASE, PYTHON)}


def test_where_containerd_keeps_images_nothing_is_left_out(archive):
    search, proxy = _image_archive.read(str(archive))
    lines = ['[["driver-type","io.containerd.snapshotter.v1"]]', json.dumps(["sha256:" + "9" * 64, ["amundsen/search:1"], [BASE, PYTHON]])]
    store = _image_store.Store("\n".join(lines))
    assert store.known() == set()
    assert store.holds("amundsen/search:1", search)
    assert not store.holds("amundsen/search:1", proxy)
