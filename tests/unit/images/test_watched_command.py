"""A command that takes long: what is shown while it runs, what it ends with, and that nobody runs it twice at once."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]


def run(folder: Path, script: str, log: str = "log", *options: str) -> subprocess.Popen[str]:
    """Start a play that watches a shell script."""
    task = {"datacatalog.amundsen.watched_command": {"argv": ["sh", "-c", script], "log": str(folder / log), "title": "the build"}}
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]
    book = folder / f"{time.monotonic_ns()}.yml"
    book.write_text(json.dumps(play))
    environment = os.environ | {"ANSIBLE_FORCE_COLOR": "0"}
    return subprocess.Popen(
        ["ansible-playbook", "-v", str(book), *options], cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_the_log_is_named_and_each_step_is_shown_before_it_ends(tmp_path):
    process = run(tmp_path, "umask 022; echo '#1 [ui 1/1] RUN npm ci'; until [ -e go ]; do sleep 0.2; done; echo rest".replace("go", f"{tmp_path}/go"))
    for line in process.stdout:
        if "RUN npm ci" in line:
            break
    assert line.strip() == "localhost: the build: [ui 1/1] RUN npm ci"
    (tmp_path / "go").touch()
    assert "changed: [localhost]" in process.communicate(timeout=60)[0]
    assert (tmp_path / "log").read_text().endswith("rest\n")
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600


def test_a_failure_is_told_with_its_words_and_cause(tmp_path):
    output, _ = run(tmp_path, "echo '#1 0.1 the words'; echo '#1 ERROR: exit code: 137'; exit 4").communicate(timeout=60)
    assert "rc: 4" in output and "the words" in output and "the build failed with exit status 4. It ran out of memory" in output


def test_check_mode_runs_nothing(tmp_path):
    output, _ = run(tmp_path, f"touch {tmp_path}/ran", "log", "--check").communicate(timeout=60)
    assert "failed=0" in output and not (tmp_path / "ran").exists() and not (tmp_path / "log").exists()


def test_a_second_one_waits_for_the_first(tmp_path):
    first = run(tmp_path, f"until [ -e {tmp_path}/go ]; do sleep 0.2; done; echo first >> {tmp_path}/order")
    while not (tmp_path / "log.asked").exists():
        time.sleep(0.1)
    second = run(tmp_path, f"echo second >> {tmp_path}/order")
    for line in second.stdout:
        if "waiting for another run" in line:
            break
    (tmp_path / "go").touch()
    first.communicate(timeout=60)
    second.communicate(timeout=60)
    assert (tmp_path / "order").read_text() == "first\nsecond\n"


def test_one_that_waits_does_not_take_the_end_from_the_first(tmp_path):
    """It gets the lock at once when that is free, and starts as a run does; the first asks every two seconds."""
    first = run(tmp_path, f"until [ -e {tmp_path}/go ]; do sleep 0.2; done")
    while not (tmp_path / "log.asked").exists():
        time.sleep(0.1)
    waiting = subprocess.Popen(["flock", tmp_path / "log.lock", "rm", "-f", tmp_path / "log.status"])
    (tmp_path / "go").touch()
    assert "rc: 0" in first.communicate(timeout=30)[0]
    assert waiting.wait(timeout=10) == 0


def test_what_cannot_be_logged_is_not_run(tmp_path):
    (tmp_path / "file").write_text("")
    output, _ = run(tmp_path, f"touch {tmp_path}/ran", "file/log").communicate(timeout=60)
    assert "could not be started" in output and "make that a place with room" in output and not (tmp_path / "ran").exists()


def test_a_command_is_ended_when_the_run_that_started_it_has_gone(tmp_path):
    process = run(tmp_path, f"trap 'touch {tmp_path}/ended' TERM; while :; do sleep 0.2; done")
    while not (tmp_path / "log.asked").exists():
        time.sleep(0.1)
    process.kill()
    process.communicate(timeout=60)
    # As if half a minute had gone by.
    os.utime(tmp_path / "log.asked", (time.time() - 40, time.time() - 40))
    deadline = time.monotonic() + 40
    while not (tmp_path / "log.status").exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert (tmp_path / "ended").exists() and "Ended: the run that started it has gone." in (tmp_path / "log").read_text()
    assert (tmp_path / "log.status").exists()
