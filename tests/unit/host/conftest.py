"""Run a module as ansible does: a process of its own, arguments as JSON on standard input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[3]


class Run:
    """What one run of a module left."""

    def __init__(self, process: subprocess.CompletedProcess[str]) -> None:
        self.output = process.stdout + process.stderr
        self.code = process.returncode
        self.result: dict[str, Any] = json.loads(process.stdout)


@pytest.fixture
def run():
    """Return a function that runs a module of the collection."""

    def run_module(name: str, check: bool = False, **arguments: Any) -> Run:
        arguments |= {"_ansible_check_mode": check, "_ansible_diff": True, "_ansible_remote_tmp": "/tmp"}  # noqa: S108
        environment = os.environ | {"PYTHONPATH": str(PROJECT / ".ansible" / "collections")}
        return Run(
            subprocess.run(
                [sys.executable, "-m", f"ansible_collections.datacatalog.amundsen.plugins.modules.{name}"],
                input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
                capture_output=True,
                text=True,
                env=environment,
                cwd="/",
                check=False,
            )
        )

    return run_module
