"""Whatever cuts a run off, nothing half-made is used, nothing of the user's is lost, and the next run finishes."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import threading
import time

import pytest
import source_tree
from source_tree import git
from sources import SETUP, Upstream, start

BUSY = "amundsen-busy"


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A repository whose second commit brings many files of 4 MB together, which cannot be compressed; do not change it."""
    upstream = Upstream(tmp_path_factory.mktemp("large") / "upstream")
    chance = random.Random(1)  # noqa: S311
    for number in range(400):
        (upstream.folder / f"metadata/file{number}").write_bytes(chance.randbytes(10_000))
    upstream.pins.append(source_tree.commit_all(upstream.folder))
    return upstream


@pytest.fixture
def take(run, large):
    return lambda pin=2, **given: run(**({"url": f"file://{large.folder}", "version": large.pins[pin]} | given))


def is_whole(tree, ran):
    files = sorted(path.name for path in tree.parent.iterdir())
    return ran.ok and git(tree, "rev-parse", "HEAD") == ran.id and git(tree, "status", "--porcelain") == "" and files == [".lock", "amundsen"]


def first(root, tree):
    """Moments in the making of a new tree."""
    yield lambda: (root / "source/amundsen.new/.git").exists()
    yield lambda: any((root / "source/amundsen.new/.git/objects").rglob("*.pack"))
    yield lambda: (root / "source/amundsen.new/metadata").exists()


def later(root, tree):
    """Moments in the move of one."""
    yield lambda: (tree / f".git/{BUSY}").exists()
    yield lambda: (root / "source" / "work/.git/HEAD").exists()
    yield lambda: (root / "source" / "work/metadata/file1").exists()
    yield lambda: (tree / ".git/index.lock").exists() and (tree / "metadata/file1").exists()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["kill -9", "Ctrl-C"])
@pytest.mark.parametrize(("moments", "moment"), [(first, 0), (first, 1), (first, 2), (later, 0), (later, 1), (later, 2), (later, 3)])
def test_a_run_that_was_cut_off_is_finished_by_the_next(take, large, root, tree, how, moments, moment):
    if moments is later:
        assert take(0).ok
    reached = list(moments(root, tree))[moment]
    with start(root, group=True, url=f"file://{large.folder}", version=large.pins[2]) as process:
        until = time.monotonic() + 30
        while not reached() and process.poll() is None and time.monotonic() < until:
            time.sleep(0.0005)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
    ran = take()
    assert is_whole(tree, ran), (ran.said, git(tree, "status"))
    assert take().changed is False


def half_moved(tree, large):
    """Leave a tree as a kill in the midst of its move does; returns a file of the new commit."""
    old, new = large.pins[0], large.pins[2]
    git(tree, "fetch", "-q", str(large.folder), new)
    (tree / ".git" / BUSY).write_text(f"{old} {new}")
    (tree / ".git/index.lock").touch()
    (tree / SETUP).write_bytes((large.folder / SETUP).read_bytes()[:-3])
    (tree / "metadata/file7").write_bytes((large.folder / "metadata/file7").read_bytes()[:5000])
    (tree / "metadata/file8").write_bytes((large.folder / "metadata/file8").read_bytes())


def test_a_half_written_tree_is_finished(take, large, tree):
    take(0)
    half_moved(tree, large)
    ran = take()
    assert is_whole(tree, ran), ran.said
    assert not (tree / ".git" / BUSY).exists()


@pytest.mark.parametrize("path", [SETUP, "metadata/setup.py", "metadata/file9", "mine"])
def test_what_the_user_did_to_a_half_written_tree_is_kept(take, large, tree, path):
    take(0)
    half_moved(tree, large)
    (tree / path).write_text("mine\n")
    ran = take()
    assert not ran.ok and "not committed" in ran.said and path in ran.said, ran.said
    assert (tree / path).read_text() == "mine\n"


def test_the_next_run_waits_for_a_git_that_outlived_its_own(take, large, root, tree):
    take(0)
    with start(root, url=f"file://{large.folder}", version=large.pins[2]) as process:
        while not (tree / f".git/{BUSY}").exists() and process.poll() is None:
            time.sleep(0.0005)
        process.kill()
    assert is_whole(tree, take())


@pytest.fixture
def small_disk(root):
    """A file system of 3 MB for the tree; yields a function that makes it larger."""
    root.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m,mode=0700", "tmpfs", root], check=True)
    yield lambda: subprocess.run(["mount", "-o", "remount,size=64m", root], check=True)
    subprocess.run(["umount", root], check=True)


@pytest.mark.parametrize("before", [False, True], ids=["new tree", "move"])
def test_a_full_disk_is_said_and_survived(take, large, tree, small_disk, before):
    if before:
        assert take(0).ok
    ran = take()
    assert not ran.ok and "The disk is full. Free some space there and run again" in ran.said, ran.said
    if before:
        again = take(0)
        assert (again.changed, again.id) == (False, large.pins[0]), again.said
    else:
        assert not tree.exists()
    small_disk()
    ran = take()
    assert is_whole(tree, ran), ran.said


@contextlib.contextmanager
def relay(port, limit):
    """Pass connections on to a port, each cut after so many bytes of the answer; yields its own port."""

    def serve(near):
        with near, socket.create_connection(("127.0.0.1", port)) as far:
            threading.Thread(target=pass_on, args=(near, far, None), daemon=True).start()
            pass_on(far, near, limit)

    def pass_on(source, target, left):
        with contextlib.suppress(OSError):
            while data := source.recv(min(65536, left or 65536)):
                target.sendall(data)
                if left is not None and (left := left - len(data)) <= 0:
                    break
            for end in (source, target):
                end.shutdown(socket.SHUT_RDWR)

    def accept(server):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, args=(server,), daemon=True).start()
        yield server.getsockname()[1]


@pytest.fixture(scope="module")
def daemon(large):
    """Serve the large repository as a git server does; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = [f"--port={port}", "--listen=127.0.0.1", "--reuseaddr", "--export-all", f"--base-path={large.folder.parent}"]
    with subprocess.Popen(["git", "daemon", *options], stderr=subprocess.DEVNULL, start_new_session=True) as process:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.02)
        yield port
        os.killpg(process.pid, signal.SIGTERM)


@pytest.mark.parametrize("before", [False, True], ids=["new tree", "move"])
def test_a_remote_that_goes_down_in_mid_clone_is_said(take, large, tree, daemon, before):
    if before:
        take(0)
    with relay(daemon, 1_000_000) as port:
        ran = take(url=f"git://127.0.0.1:{port}/upstream")
    assert not ran.ok and "could not be fetched" in ran.said and "or name a mirror" in ran.said, ran.said
    assert git(tree, "rev-parse", "HEAD") == large.pins[0] if before else not tree.exists()
    ran = take(url=f"git://127.0.0.1:{daemon}/upstream")
    assert is_whole(tree, ran), ran.said
