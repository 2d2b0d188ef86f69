"""The file of a bundle: written whole, checked part by part, and refused where anything of it is other."""

from __future__ import annotations

import gzip
import hashlib
import io
import resource
import subprocess
import tarfile

import pytest
from ansible_collections.datacatalog.amundsen.plugins.module_utils import _bundle, _bundle_file
from hypothesis import given, settings
from hypothesis import strategies as some

MANIFEST = {
    "format": 1,
    "collection": {"name": "datacatalog.amundsen", "version": "0.1.0"},
    "architecture": "x86_64",
    "distribution": {"id": "Debian", "version": "12"},
    "source": {"kind": "git", "id": "1234", "asked": {"amundsen_source": "git", "amundsen_source_version": "1234"}},
    "images": {"base": "amundsen/base:1"},
    "packages": {"names": ["docker.io"], "plugins": ["compose"]},
}
IMAGES = bytes(range(256)) * 3000


@pytest.fixture
def parts(tmp_path):
    contents = {"images.tar.gz": gzip.compress(IMAGES, mtime=0), "packages.tar": b"packages" * 999, "controller/wheels/a+b-1~2.whl": b"wheel"}
    files = {}
    for number, (name, content) in enumerate(contents.items()):
        files[name] = str(tmp_path / f"part-{number}")
        (tmp_path / f"part-{number}").write_bytes(content)
    return files


@pytest.fixture
def keys(tmp_path):
    """A pair of keys, by the tool that the messages name."""
    private, public = tmp_path / "key.pem", tmp_path / "public.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
    return str(private), str(public)


@pytest.fixture
def bundle(parts, tmp_path):
    path = tmp_path / "out" / "bundle.tar"
    _bundle_file.write(str(path), parts, MANIFEST)
    return path


def members(path):
    with tarfile.open(path) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}


def rewrite(path, contents):
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def refusal(path, key=""):
    with pytest.raises(_bundle_file.BundleError) as raised:
        _bundle_file.check(str(path), key)
    return str(raised.value)


def test_it_is_read_as_it_was_written_and_leaves_nothing_beside_it(bundle, parts, tmp_path):
    found = _bundle_file.check(str(bundle))
    assert found["manifest"]["images"] == MANIFEST["images"]
    assert {name: part["sha256"] for name, part in found["manifest"]["parts"].items()} == {name: _bundle_file.digest(file) for name, file in parts.items()}
    assert [path.name for path in bundle.parent.iterdir()] == ["bundle.tar"]
    _bundle_file.extract(str(bundle), "images.tar.gz", found["digests"]["images.tar.gz"], str(tmp_path / "images.tar"))
    assert (tmp_path / "images.tar").read_bytes() == IMAGES
    assert (tmp_path / "images.tar").stat().st_mode & 0o777 == 0o600


def test_the_same_parts_give_the_same_bytes(bundle, parts, tmp_path):
    again = tmp_path / "again.tar"
    _bundle_file.write(str(again), dict(reversed(parts.items())), MANIFEST)
    assert again.read_bytes() == bundle.read_bytes()


def test_a_person_checks_it_without_ansible(parts, keys, tmp_path):
    path = tmp_path / "bundle.tar"
    _bundle_file.write(str(path), parts, MANIFEST, keys[0])
    folder = tmp_path / "unpacked"
    folder.mkdir()
    subprocess.run(["tar", "-xf", path], cwd=folder, check=True)
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=True)
    verify = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", keys[1], "-rawin", "-in", "SHA256SUMS", "-sigfile", "SHA256SUMS.sig"]
    subprocess.run(verify, cwd=folder, check=True)


@pytest.mark.parametrize("name", ["images.tar.gz", "packages.tar", "controller/wheels/a+b-1~2.whl", "manifest.json"])
def test_a_changed_part_is_named(bundle, name):
    contents = members(bundle)
    changed = bytearray(contents[name])
    changed[len(changed) // 2] ^= 1
    rewrite(bundle, contents | {name: bytes(changed)})
    assert f"{name} has another checksum" in refusal(bundle)


def test_all_that_is_wrong_is_said_at_once(bundle):
    contents = members(bundle)
    del contents["packages.tar"]
    rewrite(bundle, contents | {"images.tar.gz": b"", "more": b"more"})
    message = refusal(bundle)
    for words in ("images.tar.gz has another checksum", "packages.tar is missing", "more does not belong into it", "Copy it again"):
        assert words in message


@settings(max_examples=40, deadline=None)
@given(cut=some.floats(0, 1, exclude_max=True))
def test_a_bundle_that_is_cut_off_anywhere_is_refused(tmp_path_factory, cut):
    folder = tmp_path_factory.mktemp("cut")
    (folder / "part").write_bytes(b"content" * 5000)
    path = folder / "bundle.tar"
    _bundle_file.write(str(path), {"one": str(folder / "part"), "two": str(folder / "part")}, MANIFEST)
    content = path.read_bytes()
    end = content.rindex(b"content") + len(b"content")  # the padding after it is no part
    path.write_bytes(content[: int(end * cut)])
    assert refusal(path)


def test_the_part_in_which_it_was_cut_off_is_named(bundle):
    content = bundle.read_bytes()
    bundle.write_bytes(content[: content.index(b"packages" * 9) + 5000])
    assert "it ends in packages.tar" in refusal(bundle)


def test_no_name_leads_out_of_it():
    for name in ("../x", "/etc/passwd", "a/../b", "a//b", ".hidden", "a b"):
        with pytest.raises(ValueError, match="is no line of SHA256SUMS"):
            _bundle.parse_sums(f"{'0' * 64}  {name}\n")


def test_a_wanted_signature_is_checked_before_anything_else(parts, keys, tmp_path):
    path = tmp_path / "bundle.tar"
    _bundle_file.write(str(path), parts, MANIFEST)
    assert "is not signed" in refusal(path, keys[1])
    _bundle_file.write(str(path), parts, MANIFEST, keys[0])
    assert _bundle_file.check(str(path), keys[1])["signed"]

    contents = members(path)
    other = contents["images.tar.gz"] + b"more"
    sums = _bundle.parse_sums(contents["SHA256SUMS"].decode()) | {"images.tar.gz": hashlib.sha256(other).hexdigest()}
    rewrite(path, contents | {"SHA256SUMS": _bundle.sums_text(sums).encode(), "images.tar.gz": other})
    _bundle_file.check(str(path))  # who changes a part can change its checksum too
    assert "was not signed by the partner" in refusal(path, keys[1])


def test_another_pair_of_keys_is_refused(parts, keys, tmp_path):
    path = tmp_path / "bundle.tar"
    _bundle_file.write(str(path), parts, MANIFEST, keys[0])
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", tmp_path / "other.pem"], check=True)
    subprocess.run(["openssl", "pkey", "-in", tmp_path / "other.pem", "-pubout", "-out", tmp_path / "other-public.pem"], check=True)
    assert "was not signed by the partner" in refusal(path, str(tmp_path / "other-public.pem"))


def test_a_key_of_another_kind_is_refused_and_nothing_is_written(parts, tmp_path):
    key = tmp_path / "rsa.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "rsa", "-out", key], check=True, capture_output=True)
    for file, why in ((key, "is no Ed25519 key"), (tmp_path / "none.pem", "cannot be read")):
        with pytest.raises(_bundle_file.BundleError, match=why):
            _bundle_file.write(str(tmp_path / "new" / "bundle.tar"), parts, MANIFEST, str(file))
    assert not list((tmp_path / "new").rglob("*"))


def test_a_full_disk_leaves_the_old_bundle_and_nothing_beside_it(bundle, parts):
    before = bundle.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (9000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            _bundle_file.write(str(bundle), parts, {**MANIFEST, "architecture": "aarch64"})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert bundle.read_bytes() == before
    assert [path.name for path in bundle.parent.iterdir()] == ["bundle.tar"]


def test_a_bundle_that_was_exchanged_after_the_check_is_refused(bundle, tmp_path):
    digests = _bundle_file.check(str(bundle))["digests"]
    rewrite(bundle, members(bundle) | {"packages.tar": b"other"})
    with pytest.raises(_bundle_file.BundleError, match=r"packages\.tar is another"):
        _bundle_file.extract(str(bundle), "packages.tar", digests["packages.tar"], str(tmp_path / "packages.tar"))


def test_what_is_no_bundle_is_said(tmp_path):
    assert "cannot be read" in refusal(tmp_path / "none.tar")
    (tmp_path / "text").write_text("no tar" * 900)
    assert "cannot be read" in refusal(tmp_path / "text")
    rewrite(tmp_path / "other.tar", {"readme": b"hello"})
    assert "does not begin with SHA256SUMS" in refusal(tmp_path / "other.tar")
