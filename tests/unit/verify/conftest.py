"""The world to look at."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(PROJECT / ".ansible" / "collections"), str(Path(__file__).parent)]

from world import World


@pytest.fixture(scope="session")
def lasting_world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("world"))
    yield world
    world.stop()


@pytest.fixture
def world(lasting_world):
    """A world in which nothing is broken yet."""
    lasting_world.reset()
    return lasting_world


@pytest.fixture
def old_world(tmp_path):
    """A world whose certificate ends in three days."""
    world = World(tmp_path, left=timedelta(days=3))
    yield world
    world.stop()
