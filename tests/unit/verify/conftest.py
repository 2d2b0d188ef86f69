"""The world to look at, and the checks as functions."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(PROJECT / ".ansible" / "collections"), str(Path(__file__).parent)]

from ansible_collections.datacatalog.amundsen.plugins.module_utils import _login, _oidc, _probe, _web
from ansible_collections.datacatalog.amundsen.plugins.modules import oidc_discovery_info
from world import CALLBACK, PASSWORD, USER, World


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


def browser(world, ca=True):
    context = _web.trust(str(world.ca) if ca else "")
    return _web.Browser(context, {"catalog.test": "127.0.0.1"}, timeout=5)


def probe(world, ca=True):
    site = _probe.Site(world.url, world.url + CALLBACK, f"{world.issuer}authorize", USER)
    return _probe.probe(browser(world, ca), site)


def login(world, password=PASSWORD, start="/login"):
    plan = _login.Walk(world.url, start, USER, password, ("localhost",))
    used = browser(world)
    checks, stop, user = _login.check_login(used, plan, USER)
    return checks, stop, user, used.chain


def discover(world, **wanted):
    used = browser(world)
    wanted = _oidc.DiscoveryWanted(**{"issuer": world.issuer, **wanted})
    return oidc_discovery_info.examine(used, _oidc.discovery_url(world.issuer), wanted, False)


def named(checks, status="fail"):
    return {check["id"] for check in checks if check["status"] == status}
