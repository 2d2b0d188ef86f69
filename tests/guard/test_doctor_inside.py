# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor inside a frontend: break its settings in one way, and see that cause named, and no other.

The frontend's real packages and environment, in a process that waits: what the doctor does inside needs no more of it.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from house import PACKAGE, ROOT, SESSION_KEY, STOCK, VENVS, Metadata, Place

sys.path.insert(0, str(ROOT / ".ansible" / "collections"))
from ansible_collections.datacatalog.amundsen.plugins.module_utils._checks import checks_of

Checks = list[dict[str, str]]
MODULE = "ansible_collections.datacatalog.amundsen.plugins.modules.amundsen_inside"
ALL = checks_of("Inside the frontend", "Around the frontend")


@pytest.fixture(scope="module")
def place(tenant: Any, metadata: Metadata, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The release's packages: what the doctor reads is the same in both sources."""
    return Place("release", tmp_path_factory.mktemp("inside"), tenant, tenant.add_client(login=True), metadata.url)


def run(place: Place, **options: object) -> tuple[Checks, dict[str, Any]]:
    """Run the module as Ansible does; return its checks and all that it said."""
    given = {"issuer": f"{place.tenant.base_url}/", "controller_time": time.time(), "strict": False, **options}
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / ".ansible" / "collections")}
    command = [sys.executable, "-m", MODULE]
    done = subprocess.run(command, input=json.dumps({"ANSIBLE_MODULE_ARGS": given}), env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert SESSION_KEY not in done.stdout and place.client["client_secret"] not in done.stdout and "hidden-password" not in done.stdout
    said = json.loads(done.stdout)
    return said["checks"], said


@pytest.fixture
def examine(place: Place) -> Iterator[Callable[..., tuple[Checks, dict[str, Any]]]]:
    """Return a function that examines a process with an environment; words in `command` stand on its command line."""
    started = []

    def look(environment: dict[str, str], command: str = "gunicorn", **options: object) -> tuple[Checks, dict[str, Any]]:
        told = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE), "PYTHONDONTWRITEBYTECODE": "1", **environment}
        words = [str(VENVS / "release" / "bin" / "python"), "-c", "import time; time.sleep(120)", *command.split()]
        started.append(subprocess.Popen(words, env=told, cwd=place.folder))
        return run(place, pid=started[-1].pid, **options)

    yield look
    for process in started:
        process.kill()
        process.wait()


def failures(checks: Checks) -> dict[str, str]:
    assert sorted(check["id"] for check in checks) == sorted(ALL)
    return {check["id"]: check["cause"] for check in checks if check["status"] == "fail"}


def words_of(checks: Checks) -> str:
    return " ".join(f"{check['detail']} {check['fix']}" for check in checks if check["status"] == "fail")


@pytest.fixture(scope="module")
def sick_service() -> Iterator[str]:
    """A service that answers 500."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(500)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_right_frontend(examine: Any, place: Place, metadata: Metadata) -> None:
    checks, said = examine(place.settings())
    assert failures(checks) == {}
    # Without Docker there are no containers to look at.
    assert {check["id"] for check in checks if check["status"] == "skip"} == {"services", *checks_of("Around the frontend")}
    routes = {(route["path"], route["method"]) for route in said["routes"]}
    assert {("/api/metadata/v0/tags", "GET"), ("/api/guard/claims", "GET"), ("/api/metadata/v0/update_table_tags", "PUT")} <= routes
    assert len(routes) > 40 and said["changed"] is False
    assert not list(place.folder.glob("**/sessions-*.db")), "the doctor made a session database"


# change of the environment (None takes a setting away): (check that fails, cause, words)
SETTINGS = {
    "half": ({"APP_WRAPPER_CLASS": None}, "wrapper", "wrapper_half", "open to anybody"),
    "no_wrapper": ({"APP_WRAPPER": None, "APP_WRAPPER_CLASS": None}, "wrapper", "wrapper_missing", "plain Flask"),
    "wrong_class": ({"APP_WRAPPER_CLASS": "Guard"}, "wrapper", "wrapper_broken", "amundsen_guard.Guard gives AttributeError"),
    "test_config": ({"FRONTEND_SVC_CONFIG_MODULE_CLASS": "amundsen_application.config.TestConfig"}, "settings", "config_test", "dummy user"),
    "local_config": ({"FRONTEND_SVC_CONFIG_MODULE_CLASS": "amundsen_application.config.LocalConfig"}, "settings", "config_without_user", "'NoneType'"),
    "no_config_class": ({"FRONTEND_SVC_CONFIG_MODULE_CLASS": "amundsen_guard.config.Nothing"}, "settings", "config_broken", "AttributeError"),
    "no_client": ({"FLASK_OIDC_CLIENT_ID": ""}, "settings", "setting_missing", "FLASK_OIDC_CLIENT_ID: not set"),
    "no_secret": ({"FLASK_OIDC_CLIENT_SECRET_FILE": "/nowhere"}, "settings", "setting_missing", "FLASK_OIDC_CLIENT_SECRET"),
    "no_discovery": ({"FLASK_OIDC_CONFIG_URL": None}, "settings", "setting_missing", "FLASK_OIDC_CONFIG_URL"),
    "no_public_url": ({"AMUNDSEN_PUBLIC_URL": None}, "settings", "setting_missing", "AMUNDSEN_PUBLIC_URL"),
    "article": ({"OIDC_CALLBACK_ROUTE": "/x", "SESSION_TYPE": "redis"}, "dead_settings", "setting_dead", "OIDC_CALLBACK_ROUTE by FLASK_OIDC_REDIRECT_URI"),
    "no_key": ({"FLASK_OIDC_SECRET_KEY_FILE": None}, "session_key", "key_default", "anybody can make sessions"),
    "public_key": ({"FLASK_OIDC_SECRET_KEY_FILE": None, "FLASK_OIDC_SECRET_KEY": "changeme"}, "session_key", "key_default", "public one"),
    "short_key": ({"FLASK_OIDC_SECRET_KEY_FILE": None, "FLASK_OIDC_SECRET_KEY": "quite-random-4711"}, "session_key", "key_weak", "32 characters"),
    "simple_key": ({"FLASK_OIDC_SECRET_KEY_FILE": None, "FLASK_OIDC_SECRET_KEY": "ab" * 20}, "session_key", "key_weak", "different characters"),
    "no_name": ({"FLASK_OIDC_CONFIG_URL": "https://no-such-name.invalid/"}, "inside_name", "inside_name_unknown", "does not resolve"),
    "no_authority": ({"AMUNDSEN_CA_FILE": None}, "inside_provider", "inside_untrusted", "amundsen_ca_file"),
    "no_authority_file": ({"AMUNDSEN_CA_FILE": "/nowhere.pem"}, "inside_provider", "inside_untrusted", "cannot be read"),
    "nobody_there": ({"FLASK_OIDC_CONFIG_URL": "https://127.0.0.1:9/"}, "inside_provider", "inside_unreachable", "refused"),
    "sessions_down": (
        {"SQLALCHEMY_DATABASE_URI_FILE": None, "SQLALCHEMY_DATABASE_URI": "mysql+pymysql://sessions:hidden-password@127.0.0.1:9/sessions"},
        "inside_sessions",
        "sessions_down",
        "OperationalError",
    ),
    "sessions_broken": (
        {"SQLALCHEMY_DATABASE_URI_FILE": None, "SQLALCHEMY_DATABASE_URI": "mysql+pymysql://sessions:hidden-password@127.0.0.1:port/sessions"},
        "inside_sessions",
        "sessions_down",
        "ValueError",
    ),
    "sessions_nowhere": (
        {"SQLALCHEMY_DATABASE_URI_FILE": None, "SQLALCHEMY_DATABASE_URI": "sqlite:////nowhere/sessions.db"},
        "inside_sessions",
        "sessions_read_only",
        "may not write",
    ),
    "no_metadata_name": ({"METADATASERVICE_BASE": "http://metadata.invalid:5002"}, "inside_metadata", "back_name_unknown", "is stopped"),
    "search_refuses": ({"SEARCHSERVICE_BASE": "http://127.0.0.1:9"}, "inside_search", "back_refused", "SEARCHSERVICE_BASE"),
    "no_search": ({"SEARCHSERVICE_BASE": None}, "inside_search", "setting_missing", "SEARCHSERVICE_BASE is not set"),
}


@pytest.mark.parametrize("kind", SETTINGS)
def test_a_wrong_setting_is_named_and_nothing_else(examine: Any, place: Place, kind: str) -> None:
    change, check, cause, words = SETTINGS[kind]
    environment = {name: value for name, value in (place.settings() | change).items() if value is not None}
    checks, _said = examine(environment)
    assert failures(checks) == {check: cause}, words_of(checks)
    assert words in words_of(checks)


def test_a_store_that_fails_behind_its_service(examine: Any, place: Place, sick_service: str) -> None:
    checks, _said = examine(place.settings(METADATASERVICE_BASE=sick_service))
    assert failures(checks) == {"inside_metadata": "back_error"} and "the store behind it" in words_of(checks)


def test_a_service_that_hangs(examine: Any, place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        checks, _said = examine(place.settings(SEARCHSERVICE_BASE=f"http://127.0.0.1:{silent.getsockname()[1]}"))
    assert failures(checks) == {"inside_search": "back_timeout"}


def test_flaskoidc_that_is_not_in_the_image(examine: Any, place: Place, tmp_path: Path) -> None:
    (tmp_path / "flaskoidc.py").write_text("raise ModuleNotFoundError(\"No module named 'flaskoidc'\")")
    checks, said = examine(place.settings(PYTHONPATH=f"{tmp_path}:{PACKAGE}"))
    assert failures(checks) == {"wrapper": "flaskoidc_missing"}
    assert said["routes"], "the routes need no flaskoidc"


@pytest.mark.parametrize(
    ("package", "version", "words"),
    [
        ("Flask", "2.3.3", "Install Flask 2.2.5"),
        ("Flask_SQLAlchemy", "3.1.1", "Install Flask-SQLAlchemy 3.0.5"),
        ("flaskoidc", "0.3.1", "Install flaskoidc 1.1.2"),
    ],
)
def test_versions_that_do_not_fit(examine: Any, place: Place, tmp_path: Path, package: str, version: str, words: str) -> None:
    folder = tmp_path / f"{package}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package.replace('_', '-')}\nVersion: {version}\n")
    checks, _said = examine(place.settings(PYTHONPATH=f"{tmp_path}:{PACKAGE}"))
    assert failures(checks) == {"versions": "versions_misfit"} and words in words_of(checks)


def test_another_provider_than_the_expected_one(examine: Any, place: Place) -> None:
    checks, _said = examine(place.settings(), issuer="https://acme.eu.auth0.com/")
    assert failures(checks) == {"inside_provider": "inside_other"}


def test_a_clock_that_is_off(examine: Any, place: Place) -> None:
    checks, _said = examine(place.settings(), controller_time=time.time() - 300)
    assert failures(checks) == {"inside_clock": "clock_off"} and "ahead of" in words_of(checks)


def test_the_development_server(examine: Any, place: Place) -> None:
    checks, _said = examine(place.settings(), "amundsen_application/wsgi.py")
    assert failures(checks) == {"server": "development_server"}


def test_the_articles_frontend(examine: Any, place: Place) -> None:
    """The .env of the usual how-to, with nothing added."""
    environment = {
        "APP_WRAPPER": "flaskoidc",
        "FRONTEND_SVC_CONFIG_MODULE_CLASS": "amundsen_application.oidc_config.OidcConfig",
        "FLASK_OIDC_CLIENT_SECRETS": "/client_secrets.json",
        "OIDC_CALLBACK_ROUTE": "/authorization-code/callback",
        "OIDC_DEBUG": "True",
        "SESSION_TYPE": "filesystem",
        "METADATASERVICE_BASE": place.metadata,
        "SEARCHSERVICE_BASE": place.metadata,
    }
    checks, _said = examine(environment, "python3 amundsen_application/wsgi.py")
    assert failures(checks) == {
        "server": "development_server",
        "wrapper": "wrapper_half",
        "settings": "setting_missing",
        "dead_settings": "setting_dead",
        "session_key": "key_default",
    }


def test_stock_flaskoidc_with_each_setting_right_but_the_scheme(examine: Any, place: Place) -> None:
    environment = {
        **place.provider,
        **STOCK,
        "FLASK_OIDC_CLIENT_SECRET": "a-secret",
        "FLASK_OIDC_SECRET_KEY": SESSION_KEY,
        "REQUESTS_CA_BUNDLE": place.tenant.ca_path,
    }
    checks, _said = examine(environment)
    assert failures(checks) == {"wrapper": "wrapper_stock", "settings": "scheme_http"}
    assert "Callback URL mismatch" in words_of(checks)


def test_a_process_that_is_gone(place: Place) -> None:
    checks, _said = run(place, pid=2**22)
    assert failures(checks) == {"frontend": "frontend_missing"}
    assert {check["cause"] for check in checks if check["status"] == "skip"} == {"not_ours", "not_looked_into"}


def test_a_process_that_is_no_python(place: Place) -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        checks, _said = run(place, pid=process.pid)
        process.kill()
    assert failures(checks) == {"frontend": "no_python"}


def test_an_engine_that_does_not_answer(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    client = tmp_path / "docker"
    client.write_text("#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2; exit 1\n")
    client.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    checks, _said = run(place)
    assert failures(checks) == {"frontend": "no_engine"} and "Cannot connect" in words_of(checks)


def test_strict_fails_with_what_to_do(examine: Any, place: Place) -> None:
    _checks, said = examine(place.settings(SESSION_TYPE="redis"), strict=True)
    assert said["failed"] and "SESSION_TYPE by SQLALCHEMY_DATABASE_URI" in said["msg"]
