"""A repository for each test, and a run of the module on it."""

from __future__ import annotations

from typing import Any

import pytest
from sources import Ran, Upstream, start


@pytest.fixture
def upstream(tmp_path):
    return Upstream(tmp_path / "upstream")


@pytest.fixture
def root(tmp_path):
    return tmp_path / "root"


@pytest.fixture
def tree(root):
    return root / "source/amundsen"


@pytest.fixture
def run(root, upstream):
    """Return a function that runs the module; by default for the repository's first commit."""

    def run_module(check: bool = False, **given: Any) -> Ran:
        process = start(root, check=check, **({"url": f"file://{upstream.folder}", "version": upstream.pins[0]} | given))
        assert process.stdout
        output = process.stdout.read()
        return Ran(process.wait(), output)

    return run_module
