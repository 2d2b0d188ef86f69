"""The module that writes a role's files."""

from __future__ import annotations

import os
import stat

import pytest

SECRET = "correct-horse-battery-staple"


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def arguments(root, secret=SECRET):
    return {
        "root": str(root),
        "files": [{"path": "config/service.env", "content": "A=1\n", "mode": "0644"}],
        "secrets": [{"path": "secrets/service/password", "content": secret, "owner": os.getuid()}],
    }


def test_check_real_check_again_real_again(run, tmp_path):
    root = tmp_path / "root"
    predicted = run("host_files", check=True, **arguments(root)).result
    assert not root.exists()
    real = run("host_files", **arguments(root)).result
    assert predicted["changed"] and real["changed"]
    assert predicted["diff"] == real["diff"]
    assert (root / "config/service.env").read_text() == "A=1\n"
    assert (root / "secrets/service/password").read_text() == SECRET
    for again in (run("host_files", check=True, **arguments(root)), run("host_files", **arguments(root))):
        assert not again.result["changed"]
        assert again.result["diff"] == []
        assert again.result["digests"] == real["digests"]


@pytest.fixture
def no_umask():
    """Let this process keep nobody out of its files, for one test."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_secrets_are_private_whatever_the_umask(run, tmp_path, no_umask):
    root = tmp_path / "root"
    run("host_files", **arguments(root))
    assert mode(root / "secrets/service/password") == 0o600
    assert mode(root / "config/service.env") == 0o644
    assert [mode(path) for path in (root, root / "secrets", root / "secrets/service")] == [0o700] * 3


def test_a_wrong_mode_is_mended(run, tmp_path):
    run("host_files", **arguments(tmp_path / "root"))
    password = tmp_path / "root/secrets/service/password"
    password.chmod(0o644)
    assert run("host_files", **arguments(tmp_path / "root")).result["changed_paths"] == ["secrets/service/password"]
    assert mode(password) == 0o600


def test_no_secret_in_the_output(run, tmp_path):
    first = run("host_files", **arguments(tmp_path / "root"))
    second = run("host_files", **arguments(tmp_path / "root", "another-secret-value"))
    for output in (first.output, second.output):
        assert SECRET not in output
        assert "another-secret-value" not in output
    assert second.result["diff"][0]["after"] == "(new secret)\n"


def test_a_digest_tells_change_but_not_content(run, tmp_path):
    one = run("host_files", **arguments(tmp_path / "one")).result["digests"]
    other_host = run("host_files", **arguments(tmp_path / "two")).result["digests"]
    changed = run("host_files", **arguments(tmp_path / "one", "another-secret-value")).result["digests"]
    path = "secrets/service/password"
    assert one[path] != other_host[path]
    assert one[path] != changed[path]
    assert one["config/service.env"] == changed["config/service.env"]


def test_nothing_is_left_of_a_failed_write(run, tmp_path):
    root = tmp_path / "root"
    (root / "secrets/service/password").mkdir(parents=True)
    failed = run("host_files", **arguments(root)).result
    assert failed["failed"] and "Is a directory" in failed["msg"]
    assert [path.name for path in (root / "secrets/service").iterdir()] == ["password"]


def test_a_file_that_is_no_text_comes_through_as_it_is(run, tmp_path):
    files = [{"path": "logo.png", "content": "iVBOR/8=", "encoding": "base64"}]
    assert run("host_files", root=str(tmp_path), files=files).result["changed"]
    assert (tmp_path / "logo.png").read_bytes() == b"\x89PNG\xff"
    assert not run("host_files", root=str(tmp_path), files=files).result["changed"]
