"""What the docker role reads of a host, and what it plans from that."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[3] / "roles/docker/files/survey.py"
spec = importlib.util.spec_from_file_location("survey", SOURCE)
survey = importlib.util.module_from_spec(spec)
spec.loader.exec_module(survey)

LOGS = {"log-driver": "json-file", "log-opts": {"max-size": "10m", "max-file": "3"}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("v2.26.1-4", (2, 26, 1)), ("2.18", (2, 18)), ("github.com/docker/buildx 0.13.1+ds1", (0, 13, 1)), ("", ())],
)
def test_numbers_of_a_version(text, expected):
    assert survey.numbers(text) == expected


def test_a_later_version_counts_as_later():
    assert survey.numbers("2.5.0") < survey.COMPOSE_FLOOR < survey.numbers("10.0")


@pytest.mark.parametrize(
    ("system", "vendor", "family"),
    [
        ('ID=debian\nVERSION_ID="11"', False, ""),
        ('ID=debian\nVERSION_ID="12"', False, "debian-12"),
        ('ID=debian\nVERSION_ID="12"', True, "vendor"),
        ('ID=debian\nVERSION_ID="13"', False, "debian"),
        ('ID=ubuntu\nVERSION_ID="20.04"', True, ""),
        ('ID=ubuntu\nVERSION_ID="24.04"', False, "ubuntu"),
        ('ID="rocky"\nVERSION_ID="9.4"\nID_LIKE="rhel"', True, ""),
        ("", False, ""),
    ],
)
def test_package_family(system, vendor, family):
    assert survey.package_family(system, vendor) == family


def test_debian_testing_names_no_version_and_is_refused():
    assert survey.package_family("ID=debian\nVERSION_CODENAME=forky", False) == ""


def test_the_users_keys_stay():
    assert survey.merge({"data-root": "/data"}, LOGS, {}) == {**LOGS, "data-root": "/data"}
    assert survey.merge({"debug": True}, {"debug": False}, {}) == {"debug": True}


@pytest.mark.parametrize("theirs", [{"log-driver": "journald"}, {"log-opts": {"max-size": "1g"}}])
def test_the_users_log_settings_are_not_mixed_with_others(theirs):
    assert survey.merge(theirs, LOGS, {}) == theirs


def test_what_the_role_wrote_it_changes():
    old = {"log-driver": "json-file", "log-opts": {"max-size": "1m", "max-file": "1"}}
    assert survey.merge({**old, "debug": True}, LOGS, old) == {**LOGS, "debug": True}


def test_what_the_role_wrote_and_the_user_changed_stays_the_users():
    changed = {"log-driver": "json-file", "log-opts": {"max-size": "1g", "max-file": "3"}}
    assert survey.merge(changed, LOGS, LOGS)["log-opts"]["max-size"] == "1g"


def test_only_the_roles_own_process_counts_as_started_by_it(tmp_path):
    pidfile = tmp_path / "dockerd.pid"
    assert not survey.runs_as_ours(pidfile)
    wait = [sys.executable, "-c", "import time; time.sleep(60)"]
    own, other = subprocess.Popen([*wait, f"--pidfile={pidfile}"]), subprocess.Popen(wait)
    try:
        pidfile.write_text(f"{own.pid}\n")
        assert survey.runs_as_ours(pidfile)
        pidfile.write_text(f"{other.pid}\n")
        assert not survey.runs_as_ours(pidfile)
    finally:
        for process in (own, other):
            process.kill()
            process.wait()
    pidfile.write_text(f"{own.pid}\n")
    assert not survey.runs_as_ours(pidfile)


def test_a_half_written_file_is_as_good_as_none(tmp_path):
    (tmp_path / "applied.json").write_text('{"daemon": {"log-')
    assert survey.load(tmp_path / "applied.json") == {}


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A host whose docker command answers as told; what it does not know, it refuses."""
    state = tmp_path / "state"
    state.mkdir()

    def look(max_map_count: int = 0, **answers: str) -> dict:
        lines = [f'"{command}"*) echo "{answer}" ;;' for command, answer in answers.items() if answer]
        for name in ("docker", "dockerd", "apt-get"):
            stub = tmp_path / "bin" / name
            stub.parent.mkdir(exist_ok=True)
            stub.write_text("\n".join(["#!/bin/sh", 'case "$*" in', *lines, "*) exit 1 ;;", "esac"]))
            stub.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        return survey.survey({"state": str(state), "vendor": False, "daemon": LOGS, "proxy": True, "max_map_count": max_map_count})

    return look


ANSWERS = {"version": "20.10.24", "compose": "2.26.1-4", "buildx": "github.com/docker/buildx 0.13.1"}


def test_an_engine_of_somebody_elses_is_left_alone(host):
    found = host(**ANSWERS)
    assert found["engine"] == {"version": "20.10.24", "compose": "2.26.1", "buildx": "0.13.1", "ours": False}
    assert not any(found["todo"].values()), found["todo"]


def test_a_missing_plugin_is_all_that_it_gets(host, monkeypatch):
    monkeypatch.setattr(survey, "package_family", lambda *_: "debian-12")
    todo = host(**ANSWERS | {"compose": ""})["todo"]
    assert {name: value for name, value in todo.items() if value} == {"plugins": ["compose"]}
    monkeypatch.setattr(survey, "package_family", lambda *_: "debian")
    assert host(**ANSWERS | {"compose": ""})["todo"]["packages"] == ["docker-compose"]


def test_an_old_compose_is_said(host):
    problems = host(**ANSWERS | {"compose": "2.17.3"})["problems"]
    assert any("2.17.3" in problem and "2.18" in problem for problem in problems)


def test_an_engine_that_does_not_answer_is_started_and_becomes_the_roles_own(host):
    todo = host(**ANSWERS | {"version": ""})["todo"]
    assert todo["engine"] == "start" and todo["mark"] and todo["packages"] == []


def test_an_unknown_system_is_said_only_where_something_is_missing(host, monkeypatch):
    monkeypatch.setattr(survey, "package_family", lambda *_: "")
    assert not [problem for problem in host(**ANSWERS)["problems"] if "Debian" in problem]
    assert [problem for problem in host(**ANSWERS | {"buildx": ""})["problems"] if "buildx must be installed" in problem]


def test_it_prints_json_as_a_script():
    settings = {"state": "/nonexistent", "vendor": False, "daemon": LOGS, "proxy": False, "max_map_count": 0}
    python = shutil.which("python3") or sys.executable
    run = [python, "-", json.dumps(settings)]
    printed = subprocess.run(run, input=SOURCE.read_text(), capture_output=True, text=True, check=True)
    assert set(json.loads(printed.stdout)) == {"problems", "engine", "systemd", "offer", "todo"}
