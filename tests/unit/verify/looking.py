"""The checks as functions of a world."""

from __future__ import annotations

from ansible_collections.datacatalog.amundsen.plugins.module_utils import _login, _oidc, _probe, _web
from ansible_collections.datacatalog.amundsen.plugins.modules import oidc_discovery_info
from world import CALLBACK, PASSWORD, USER


def browser(world, ca=True, timeout=5):
    context = _web.trust(str(world.ca) if ca else "", world.provider_ca)
    return _web.Browser(context, {"catalog.test": "127.0.0.1"}, timeout)


ROUTES = (_probe.Route("/"), _probe.Route("/api/metadata/v0/badges"), _probe.Route("/api/metadata/v0/owner", "PUT"))


def probe(world, ca=True, timeout=5, **more):
    """Return the checks, and whether the site could be reached."""
    given = {"routes": ROUTES, "address": "127.0.0.1", "http_port": 9, **more}
    site = _probe.Site(world.url, world.url + CALLBACK, f"{world.issuer}authorize", USER, **given)
    checks, reachable, client_id = _probe.probe(browser(world, ca, timeout), site)
    assert client_id in ("", world.client)
    return checks, reachable


def login(world, password=PASSWORD, start="/search?term=test", hosts=("localhost",), claims=("email",), verified_email=True):
    plan = _login.Walk(world.url, start, USER, password, hosts, claims, verified_email)
    used = browser(world)
    checks, stop, user = _login.check_login(used, plan, USER)
    return checks, stop, user, used.chain


def discover(world, **wanted):
    used = browser(world)
    wanted = _oidc.DiscoveryWanted(**{"issuer": world.issuer, **wanted})
    return oidc_discovery_info.examine(used, _oidc.discovery_url(world.issuer), wanted, False)


def named(checks, status="fail"):
    return {check["id"] for check in checks if check["status"] == status}
