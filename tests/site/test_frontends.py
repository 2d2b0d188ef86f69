"""Two containers of the frontend, as after a scale-out: the proxy sends each request to either, and no login is lost."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests
from conftest import Site, command

PEOPLE = 40
AT_ONCE = 8  # the tenant, which checks passwords, is a small program; tests/guard does it with all at once


class Browser:
    """Somebody's browser at the public address."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._web = requests.Session()
        self._web.trust_env, self._web.verify = False, site.access["ca_path"]

    def log_in(self) -> int:
        """Log in as the site's user, and return the status of the page where that ends; -1 where that is none of the catalog's."""
        form = self._web.get(self._site.access["url"] + "/browse", timeout=60)
        assert "/u/login" in form.url, f"{form.status_code} {form.url}: {form.text[:500]}"
        page = self._web.post(form.url, data={"username": self._site.access["user"], "password": self._site.access["password"]}, timeout=60)
        return page.status_code if page.url == self._site.access["url"] + "/browse" else -1

    def knows_me(self) -> bool:
        """Tell whether the catalog knows who one is, through the proxy."""
        return self._web.get(f"{self._site.access['url']}/api/auth_user", timeout=60).status_code == 200

    def at(self, address: str, path: str) -> int:
        """Ask one container past the proxy, as the proxy would; return the status."""
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._web.cookies if cookie.name == "__Host-amundsen")
        headers = {"Host": urlsplit(self._site.access["url"]).netloc, "X-Forwarded-Proto": "https", "Cookie": cookies}
        return requests.get(f"http://{address}:5000{path}", headers=headers, allow_redirects=False, timeout=60).status_code


@pytest.fixture(scope="module")
def addresses(site: Site) -> Iterator[dict[str, str]]:
    """Return the two containers' names and addresses; afterwards there is one again."""
    compose = ("docker", "compose", "--project-directory", str(site.root), "--file", str(site.root / "compose.yaml"))
    scale = ("up", "--detach", "--no-deps", "--no-recreate", "--wait", "--scale")
    command(*compose, *scale, "frontend=2", "frontend")
    try:
        found = {}
        for name in command(*compose, "ps", "--quiet", "frontend").split():
            (container,) = json.loads(command("docker", "inspect", name))
            found[container["Name"].lstrip("/")] = container["NetworkSettings"]["Networks"][f"{site.project}_edge"]["IPAddress"]
        assert len(found) == 2
        yield found
    finally:
        command(*compose, *scale, "frontend=1", "frontend")


def at_once(work: Callable[[Browser], int], browsers: list[Browser]) -> list[int]:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(work, browsers))


def test_no_login_is_lost_and_a_logout_holds_everywhere(site: Site, addresses: dict[str, str]) -> None:
    # The provider's discovery document is read at a worker's first login.
    assert {Browser(site).at(each, "/login") for each in addresses.values() for _ in range(6)} == {302}
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    browsers = [Browser(site) for _ in range(PEOPLE)]
    assert at_once(Browser.log_in, browsers) == [200] * PEOPLE
    assert all(at_once(Browser.knows_me, browsers * 3))
    logs = {name: command("docker", "logs", "--since", since, name) for name in addresses}
    logins = {name: len(re.findall(r'"audit": "login"', log)) for name, log in logs.items()}
    assert sum(logins.values()) == PEOPLE and all(logins.values()), logins

    here, there = addresses.values()
    for browser in browsers[:4]:
        assert [browser.at(each, "/api/auth_user") for each in (here, there)] == [200, 200]
        assert browser.at(here, "/logout") == 302
        assert [browser.at(each, "/api/auth_user") for each in (here, there)] == [401, 401]
        here, there = there, here
    assert all(at_once(Browser.knows_me, browsers[4:])), "a logout ended sessions of others"
