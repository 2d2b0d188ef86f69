"""On a Python without the libraries, modules say which one they miss, and nothing else happens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
MODULES = "ansible_collections.datacatalog.amundsen.plugins.modules"


@pytest.mark.parametrize(
    ("module", "library", "arguments"),
    [
        ("auth0_client_info", "requests", {"auth0_domain": "127.0.0.1:1"}),
        ("oidc_discovery_info", "requests", {"url": "https://127.0.0.1:1/"}),
        ("amundsen_report", "jinja2", {"url": "https://catalog.example.com", "checks": [], "directory": "/nowhere", "templates": "/nowhere"}),
    ],
)
def test_the_missing_library_is_named(module, library, arguments, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(f"import sys\n\nsys.modules[{library!r}] = None  # as if it were not installed\n")
    path = os.pathsep.join([str(tmp_path), str(PROJECT / ".ansible/collections")])
    done = subprocess.run(
        [sys.executable, "-m", f"{MODULES}.{module}"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments | {"_ansible_remote_tmp": str(tmp_path)}}),
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": path},
        cwd="/",
    )
    result = json.loads(done.stdout)
    assert result["failed"], result
    assert f"({library})" in result["msg"] or f" {library} " in result["msg"], result
    assert "required Python library" in result["msg"], result
