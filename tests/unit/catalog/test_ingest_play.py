# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook ingest: what it refuses, before anything is changed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]


@pytest.fixture
def ingest(tmp_path):
    """Run the playbook on this machine with values; give what it says. The root of the site stays empty."""

    def run(**values):
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "ansible_become": False}
        values = {"amundsen_root": str(tmp_path / "root"), **local, **values}
        (tmp_path / "values.json").write_text(json.dumps(values))
        command = ["ansible-playbook", "-i", "localhost,", "playbooks/ingest.yml", "-e", "amundsen_hosts=localhost", "-e", f"@{tmp_path}/values.json"]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120)
        assert not (tmp_path / "root").exists()
        assert done.returncode == 2, done.stdout + done.stderr
        return " ".join(done.stdout.split())

    return run


def test_every_problem_is_said_at_once(ingest, tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "readme.txt").write_text("Nothing to load.")
    said = ingest(amundsen_ingest=str(tmp_path / "notes"), amundsen_ingest_name="../x", amundsen_ingest_secrets={"a/b": "hidden"})
    assert "holds no CSV file" in said
    assert "use letters, digits, - and _ only" in said
    assert "amundsen_ingest_secrets has the name 'a/b'" in said
    assert "hidden" not in said


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "neither a file nor a folder on the controller"),
        ({"amundsen_ingest": "/nowhere/job.py"}, "neither a file nor a folder on the controller"),
        ({"amundsen_ingest": "README.md"}, "is no Python file"),
    ],
)
def test_what_is_no_job(ingest, values, words):
    assert words in ingest(**values)


def test_a_store_that_the_jobs_do_not_know(ingest):
    graph = {"amundsen_stores": "neo4j", "amundsen_metadata_store_url": "wss://graph.example.com:8182"}
    assert "This catalog is on neptune" in ingest(amundsen_ingest="playbooks/examples/catalog", **graph)


@pytest.mark.skipif(Path("/run/systemd/system").exists(), reason="this machine runs systemd, which is what the message is about")
def test_a_timer_without_systemd(ingest):
    said = ingest(amundsen_ingest="playbooks/examples/catalog", amundsen_ingest_schedule="daily")
    assert "runs no systemd" in said and "/root/jobs/catalog/run" in said
