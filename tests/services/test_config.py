# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a service learns where its store is: it says what is wrong with that, and never shows a secret."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from stack import VENVS, service_environment

PROGRAM = """
import sys
from flask import Flask
config = Flask("x").config
config.from_object("amundsen_services." + sys.argv[1])
print(config)
print(config.get("PROXY_HOST") or config["STORE"].url)
"""


def configure(name: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [VENVS / name.split(".", maxsplit=1)[0] / "bin" / "python", "-c", PROGRAM, name]
    return subprocess.run(command, env=service_environment(Path("none"), **environment), capture_output=True, text=True)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("bolt://neo4j:7687", "holds no {"),
        ("[]", "holds no {"),
        ('{"url": "http://neo4j:7474", "password": "hidden-word"}', "with one of the schemes bolt, bolt+s"),
        ('{"url": "bolt://neo4j:hidden-word@neo4j:7687"}', "holds no {"),
        ('{"url": "bolt://"}', "holds no {"),
    ],
)
def test_wrong_store_file(tmp_path: Path, content: str, says: str) -> None:
    file = tmp_path / "store.json"
    file.write_text(content)
    done = configure("metadata.config.Neo4jConfig", AMUNDSEN_STORE_FILE=str(file))
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"amundsen_services.settings.SettingError: {file} (AMUNDSEN_STORE_FILE)") and says in last
    assert "hidden-word" not in done.stdout + done.stderr


def test_no_store_file(tmp_path: Path) -> None:
    assert "AMUNDSEN_STORE_FILE is not set" in configure("search.config.ElasticsearchConfig").stderr
    done = configure("search.config.ElasticsearchConfig", AMUNDSEN_STORE_FILE=str(tmp_path / "none"))
    assert "which cannot be read: No such file" in done.stderr


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("metadata.config.Neo4jConfig", "neo4j+s://graph.example.com:7687"),
        ("metadata.config.AtlasConfig", "https://atlas.example.com:21443"),
        ("metadata.config.NeptuneConfig", "wss://neptune.example.com:8182/gremlin"),
        ("search.config.ElasticsearchConfig", "https://search.example.com"),
    ],
)
def test_configuration_shows_no_password(tmp_path: Path, name: str, url: str) -> None:
    """It reads no file of a database, which there is none of."""
    file = tmp_path / "store.json"
    file.write_text(json.dumps({"url": url, "user": "someone", "password": "hidden-word"}))
    done = configure(name, AMUNDSEN_STORE_FILE=str(file))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == url
    assert "hidden-word" not in done.stdout
