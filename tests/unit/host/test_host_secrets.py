"""The module that keeps generated secrets."""

from __future__ import annotations

import stat


def test_made_once_and_kept(run, tmp_path):
    path = tmp_path / "kept/secrets.json"
    predicted = run("host_secrets", check=True, path=str(path), names=["a", "b"]).result
    assert predicted["changed"] and not path.exists()
    first = run("host_secrets", path=str(path), names=["a", "b"]).result
    assert predicted["diff"] == first["diff"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert first["secrets"]["a"] != first["secrets"]["b"]
    assert len(first["secrets"]["a"]) == 48
    again = run("host_secrets", path=str(path), names=["b", "a"]).result
    assert not again["changed"]
    assert again["secrets"] == first["secrets"]


def test_a_new_name_leaves_the_others(run, tmp_path):
    path = str(tmp_path / "secrets.json")
    first = run("host_secrets", path=path, names=["a"]).result
    second = run("host_secrets", path=path, names=["c"]).result
    assert second["changed"] and list(second["secrets"]) == ["c"]
    assert run("host_secrets", path=path, names=["a"]).result["secrets"] == first["secrets"]


def test_a_damaged_file_is_never_overwritten(run, tmp_path):
    path = tmp_path / "secrets.json"
    for damage in ("{", "[]"):
        path.write_text(damage)
        failed = run("host_secrets", path=str(path), names=["a"])
        assert failed.result["failed"] and "Restore it from a backup" in failed.result["msg"]
        assert path.read_text() == damage
