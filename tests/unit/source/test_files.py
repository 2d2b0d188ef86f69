"""Archives and bundles: from a file or a URL, whole and the right one, or not at all."""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import threading
import zipfile

import pytest
import source_tree
from source_tree import git
from sources import SETUP, patch


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def archive(upstream):
    """Return a function that makes an archive of one of the repository's commits."""

    def make(name="a.tar.gz", pin=0, prefix="amundsen-1/"):
        path = upstream.folder.with_name(name)
        upstream.git("archive", f"--prefix={prefix}", "-o", str(path), upstream.pins[pin])
        return path

    return make


@pytest.fixture
def take(run):
    def take_archive(path, **given):
        return run(**({"kind": "archive", "url": str(path), "file": str(path), "version": "", "checksum": digest(path)} | given))

    return take_archive


@pytest.fixture
def bundle(upstream):
    path = upstream.folder.with_name("a.bundle")
    upstream.git("bundle", "create", "-q", str(path), "--all")
    return path


@pytest.fixture
def web(tmp_path):
    """Serve the test's folder over HTTP; yields its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=tmp_path)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_an_archive_becomes_a_commit_that_follows_from_its_files(take, archive, upstream, tree):
    ran = take(archive())
    assert ran.ok and ran.changed, ran.said
    assert git(tree, "rev-parse", f"{ran.id}^{{tree}}") == upstream.git("rev-parse", f"{upstream.pins[0]}^{{tree}}")
    assert (take(archive()).changed, git(tree, "status", "--porcelain")) == (False, "")
    repacked = take(archive("b.zip", prefix="other/"))
    assert (repacked.changed, repacked.id) == (False, ran.id)


def test_own_commits_and_patches_go_on_to_the_next_archive(take, archive, tree):
    take(archive())
    (tree / "own").write_text("mine\n")
    source_tree.commit_all(tree)
    ran = take(archive("b.tar", pin=1), patches=[patch("a.patch", tree, "patched")])
    assert ran.ok, ran.said
    assert "# two" in (tree / SETUP).read_text() and "# patched" in (tree / SETUP).read_text()
    assert (tree / "own").read_text() == "mine\n"
    assert git(tree, "log", "--format=%s").splitlines()[1:] == ["a.patch", "Amundsen's source, from an archive"]


def test_an_archive_is_had_from_a_url(run, archive, web, tree):
    path = archive()
    ran = run(kind="archive", url=f"{web}/{path.name}", version="", checksum=digest(path).upper())
    assert ran.ok, ran.said
    assert not (tree / ".git/archive").exists()
    gone = run(kind="archive", url=f"{web}/nothing.zip", version="", checksum="1" * 64)
    assert not gone.ok and "404" in gone.said and "Check amundsen_source_url" in gone.said


def test_a_wrong_checksum_is_refused_with_both(take, archive, root):
    path = archive()
    ran = take(path, checksum="1" * 64)
    assert not ran.ok and digest(path) in ran.said and "1" * 64 in ran.said
    assert not (root / "source/amundsen").exists()


@pytest.mark.parametrize("name", ["a.tar.gz", "a.zip", "a.tar"])
@pytest.mark.parametrize("part", [0.0, 0.5, 0.97])
def test_a_truncated_archive_is_refused(take, archive, root, name, part):
    path = archive(name)
    whole = path.read_bytes()
    # Of a tar file the last part is padding: cut where the last file is.
    path.write_bytes(whole[: int(len(whole.rstrip(b"\0")) * part)])
    ran = take(path)
    assert not ran.ok and "is cut off, or no tar or zip archive" in ran.said, ran.said
    assert not (root / "source/amundsen").exists() and not (root / "source/amundsen.new").exists()
    path.write_bytes(whole)
    assert take(path).ok


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["a/x", "b/y"], "one folder is needed there"),
        (["x"], "one folder is needed there"),
        (["a/../../x"], "would leave its folder"),
        (["/etc/x"], "would leave its folder"),
        (["a/.git/config"], "would leave its folder"),
        (["a/x"], "is no source tree of Amundsen"),
    ],
    ids=["two folders", "no folder", "upwards", "absolute", "git's own", "another project"],
)
def test_an_archive_of_something_else_is_refused(take, tmp_path, tree, names, said):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name in names:
            file.writestr(zipfile.ZipInfo(name), "x")
    path = tmp_path / "x.zip"
    path.write_bytes(content.getvalue())
    ran = take(path)
    assert not ran.ok and said in ran.said, ran.said
    assert not tree.exists()


def test_a_bundle_is_as_good_as_its_repository(run, upstream, bundle, tree):
    ran = run(kind="bundle", url="a.bundle", file=str(bundle))
    assert ran.ok and ran.id == upstream.pins[0], ran.said
    # Nothing but the file is needed, and not even that where nothing changes.
    assert run(kind="bundle", url="a.bundle").changed is False
    assert run(kind="bundle", url="a.bundle", version=upstream.pins[1]).id == upstream.pins[1]
    asked = run(kind="bundle", url="a.bundle", version="v1")
    assert asked.answer["needs_file"] is True
    assert git(tree, "rev-parse", "HEAD") == upstream.pins[1]


def test_a_bundle_knows_its_tags(run, upstream, bundle):
    upstream.git("tag", "-a", "-m", "one", "v1", upstream.pins[0])
    upstream.git("bundle", "create", "-q", str(bundle), "HEAD", "v1")
    assert run(kind="bundle", url="a.bundle", file=str(bundle), version="v1").id == upstream.pins[0]
    ran = run(kind="bundle", url="a.bundle", file=str(bundle), version="v2")
    assert not ran.ok and "has no tag v2" in ran.said


def test_a_bundle_at_a_url_needs_its_checksum(run, upstream, bundle, web):
    ran = run(kind="bundle", url=f"{web}/a.bundle")
    assert not ran.ok and "amundsen_source_checksum is empty" in ran.said
    assert run(kind="bundle", url=f"{web}/a.bundle", checksum=digest(bundle)).id == upstream.pins[0]


@pytest.mark.parametrize("part", [0.0, 0.02, 0.5, 0.99])
def test_a_truncated_bundle_is_refused(run, bundle, root, part):
    whole = bundle.read_bytes()
    bundle.write_bytes(whole[: int(len(whole) * part)])
    ran = run(kind="bundle", url="a.bundle", file=str(bundle))
    assert not ran.ok and "is cut off, or no git bundle" in ran.said, ran.said
    assert not (root / "source/amundsen").exists()


def test_a_bundle_that_is_not_whole_is_refused(run, upstream, bundle):
    upstream.git("bundle", "create", "-q", str(bundle), "main", f"^{upstream.pins[0]}")
    ran = run(kind="bundle", url="a.bundle", file=str(bundle), version=upstream.pins[1])
    assert not ran.ok and "builds on commits that it does not hold" in ran.said and "--all" in ran.said


def test_a_bundle_without_the_commit_is_refused(run, bundle):
    ran = run(kind="bundle", url="a.bundle", file=str(bundle), version="1" * 40)
    assert not ran.ok and "holds no commit 1111" in ran.said


def test_a_server_that_gives_no_single_commits_gives_all(run, upstream, web, tree):
    git(upstream.folder, "clone", "-q", "--bare", str(upstream.folder), str(upstream.folder.with_name("dumb.git")))
    git(upstream.folder.with_name("dumb.git"), "update-server-info")
    ran = run(url=f"{web}/dumb.git")
    assert ran.ok and ran.id == upstream.pins[0], ran.said
    assert git(tree, "rev-list", "--count", "--all") == "2"


def test_one_tree_goes_from_one_way_to_another(run, take, upstream, archive, bundle, tree):
    run()
    (tree / "own").write_text("mine\n")
    source_tree.commit_all(tree)
    for ran in (run(kind="bundle", url="a.bundle", file=str(bundle), version=upstream.pins[1]), take(archive()), run()):
        assert ran.ok and (tree / "own").exists(), ran.said
