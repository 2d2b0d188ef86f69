"""Break one thing at the deployed site, or beside it, and see `make verify` fail and name it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from conftest import PROJECT, Site, command

sys.path.insert(0, str(PROJECT / ".ansible" / "collections"))

MODULE = "ansible_collections.datacatalog.amundsen.plugins.modules.amundsen_inside"
Failures = dict[str, str]


def failures(checks: list[dict[str, str]]) -> Failures:
    return {check["id"]: check["cause"] for check in checks if check["status"] == "fail"}


# All of it, as a user runs it


@pytest.fixture
def verify(site: Site, tmp_path: Path) -> Callable[[], tuple[Failures, str]]:
    """Return a function that runs the doctor and returns what failed and the screen. The site's own report stays as it is."""

    def run() -> tuple[Failures, str]:
        command = ["scripts/demo", "verify", "-e", "@tests/site/values.yml", "-e", f"amundsen_verify_report_dir={tmp_path}"]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
        found = failures(json.loads((tmp_path / "report.json").read_text())["checks"])
        assert (done.returncode != 0) == bool(found), done.stdout[-3000:]
        return found, done.stdout

    return run


@contextmanager
def stopped(site: Site, service: str) -> Iterator[None]:
    """Stop a service, and start it again."""
    compose = ["docker", "compose", "--file", str(site.root / "compose.yaml")]
    subprocess.run([*compose, "stop", service], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run([*compose, "up", "--detach", "--wait"], check=True, capture_output=True)


def test_a_stopped_search_service(site: Site, verify: Any) -> None:
    with stopped(site, "search"):
        found, screen = verify()
    assert found == {"services": "service_stopped", "inside_search": "back_name_unknown", "search": "search_down"}
    assert "amundsen-test-search-1 is exited" in " ".join(screen.split())


def test_a_stopped_database(site: Site, verify: Any) -> None:
    with stopped(site, "mariadb"):
        found, _screen = verify()
    assert found["services"] == "service_stopped" and found["inside_sessions"] == "sessions_down"


def test_a_stopped_frontend(site: Site, verify: Any) -> None:
    with stopped(site, "frontend"):
        found, _screen = verify()
    assert found == {"frontend": "frontend_stopped", "reachable": "proxy_cannot_reach"}


class Tenant:
    """The site's tenant, by its Management API."""

    def __init__(self, site: Site) -> None:
        told = site.tenant
        self.url = f"https://{told['domain']}"
        self._session = requests.Session()
        self._session.trust_env = False  # or REQUESTS_CA_BUNDLE would count for more
        self._session.verify = site.access["ca_path"]
        login = {"client_id": told["management_client_id"], "client_secret": told["management_client_secret"]}
        body = login | {"grant_type": "client_credentials", "audience": f"{self.url}/api/v2/"}
        token = self._session.post(f"{self.url}/oauth/token", json=body, timeout=20).json()["access_token"]
        self._session.headers["Authorization"] = f"Bearer {token}"
        (self.client,) = [each for each in self._session.get(f"{self.url}/api/v2/clients", timeout=20).json() if each.get("app_type") == "regular_web"]

    @contextmanager
    def changed(self, **fields: Any) -> Iterator[None]:
        """Change the catalog's application, as somebody in the dashboard would, and change it back."""
        address = f"{self.url}/api/v2/clients/{self.client['client_id']}"
        before = {name: self.client[name] for name in fields}
        self._session.patch(address, json=fields, timeout=20).raise_for_status()
        try:
            yield
        finally:
            self._session.patch(address, json=before, timeout=20).raise_for_status()


def test_a_redirect_uri_that_was_taken_from_the_list(site: Site, verify: Any) -> None:
    with Tenant(site).changed(callbacks=["https://elsewhere.test/callback"]):
        found, screen = verify()
    assert found == {
        "callback_listed": "callback_not_listed",
        # The login URI is the catalog's all the same.
        "redirect_registered": "redirect_not_registered",
        "login": "login_provider_error",
    }
    assert f"{site.access['url']}/authorization-code/callback" in screen


def test_id_tokens_that_are_signed_with_hs256(site: Site, verify: Any) -> None:
    with Tenant(site).changed(jwt_configuration={"alg": "HS256", "lifetime_in_seconds": 36000}):
        found, _screen = verify()
    assert found == {"application": "application_hs256", "login": "login_unverified"}


# What takes containers of its own beside the site


def look(**options: object) -> Failures:
    """Run the module that looks inside, as Ansible does."""
    given = {"project": "amundsen-test", "controller_time": time.time(), "allowed_ports": [18080, 18443], "strict": False, **options}
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT / ".ansible" / "collections")}
    done = subprocess.run(
        [sys.executable, "-m", MODULE],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": given}),
        env=environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return failures(json.loads(done.stdout)["checks"])


@pytest.fixture(scope="module")
def base(site: Site) -> str:
    """An image that is there anyway."""
    return command("docker", "image", "ls", "--filter", "label=datacatalog.amundsen.image=base", "--format", "{{.Repository}}:{{.Tag}}").split()[0]


@pytest.fixture
def beside(base: str) -> Iterator[Callable[..., str]]:
    """Return a function that runs a container on the site's network; it is removed after the test."""
    names: list[str] = []

    def run(*options: str, network: str = "amundsen-test_internal") -> str:
        names.append(f"amundsen-test-doctor-{len(names)}")
        command("docker", "run", "--detach", "--init", "--name", names[-1], "--network", network, *options, base, "sleep", "300")
        return names[-1]

    yield run
    for name in names:
        command("docker", "rm", "--force", "--volumes", name, check=False)


def test_the_site_as_it_is(site: Site) -> None:
    assert look() == {}


@pytest.mark.parametrize(("signal", "cause"), [("KILL", "service_killed"), ("TERM", "service_stopped")])
def test_a_service_beside_it_that_ended(beside: Any, signal: str, cause: str) -> None:
    command("docker", "kill", f"--signal={signal}", beside("--restart", "unless-stopped"))
    time.sleep(1)
    assert look() == {"services": cause}


def test_a_service_beside_it_that_is_sick(beside: Any) -> None:
    name = beside("--health-cmd", "false", "--health-interval", "1s", "--health-retries", "1")
    for _ in range(60):
        if "unhealthy" in command("docker", "inspect", "--format", "{{.State.Health.Status}}", name):
            break
        time.sleep(0.5)
    assert look() == {"services": "service_unhealthy"}


def test_a_store_with_a_public_password_and_a_port_for_everybody(beside: Any) -> None:
    beside("--env", "NEO4J_AUTH=neo4j/test", "--publish", "17687:7687", network="amundsen-test_edge")
    assert look() == {"store_passwords": "password_public", "published": "port_published"}


def test_a_port_on_loopback_is_not_published(beside: Any) -> None:
    beside("--publish", "127.0.0.1:17687:7687", network="amundsen-test_edge")
    assert look() == {}


def test_a_store_without_a_login(beside: Any, tmp_path: Any) -> None:
    beside("--env", "NEO4J_dbms_security_auth__enabled=false")
    assert look() == {"store_passwords": "store_open"}


def test_a_store_whose_mounted_settings_turn_the_login_off(beside: Any, tmp_path: Any) -> None:
    settings = tmp_path / "neo4j.conf"
    settings.write_text("# upstream's\ndbms.security.auth_enabled=false\n")
    beside("--env", "NEO4J_AUTH=neo4j/a-long-random-one", "--volume", f"{settings}:/var/lib/neo4j/conf/neo4j.conf:ro")
    assert look() == {"store_passwords": "store_open"}


def test_a_container_with_the_engines_socket(beside: Any) -> None:
    beside("--volume", "/var/run/docker.sock:/var/run/docker.sock")
    assert look() == {"engine_socket": "socket_mounted"}


def test_a_session_database_that_is_the_catalogs(beside: Any) -> None:
    beside("--env", "SQLALCHEMY_DATABASE_URI=mysql+pymysql://other:a-long-random-one@mariadb:3306/sessions?charset=utf8mb4")
    assert look() == {"inside_sessions": "sessions_in_catalog"}


def test_a_frontend_by_name(beside: Any) -> None:
    name = beside()
    # No frontend at all is in there: its Python has none of the packages.
    assert look(container=name)["wrapper"] == "wrapper_missing"
    command("docker", "kill", name)
    assert look(container=name)["frontend"] == "frontend_killed"
    assert look(container="no-such-container") == {"frontend": "frontend_missing"}


def test_a_frontend_that_is_sick(beside: Any) -> None:
    name = beside("--health-cmd", "false", "--health-interval", "1s", "--health-retries", "1")
    time.sleep(4)
    assert look(container=name)["frontend"] == "frontend_unhealthy"
