"""How the tenant starts, what it keeps, and what it keeps to itself."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import contract
import pytest
import requests

PACKAGE = contract.ROOT / "roles" / "dev_tenant" / "files"


@contextmanager
def _running(data: Path, *arguments: str, command: list[str] | None = None, stderr: Any = None) -> Iterator[dict[str, Any]]:
    command = command or [sys.executable, "-m", "amundsen_dev_tenant", "--data", str(data), "--announce"]
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), "TENANT_DATA": str(data)}
    with subprocess.Popen([*command, *arguments], env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True) as process:
        assert process.stdout
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(10)


def _token(at: dict[str, Any], **changes: str) -> requests.Response:
    body = {name: at[name] for name in ("client_id", "client_secret")} | {"grant_type": "client_credentials", "audience": f"{at['base_url']}/api/v2/"}
    with requests.Session() as session:
        session.trust_env = False
        return session.post(f"{at['base_url']}/oauth/token", json=body | changes, verify=at["ca_path"], timeout=10)


def test_alone_it_starts_fast_and_says_one_line(tmp_path: Path) -> None:
    begun = time.monotonic()
    with _running(tmp_path / "data", command=[str(contract.ROOT / "scripts" / "tenant")]) as at:
        assert time.monotonic() - begun < 10  # 1.2 s where nothing else runs
        assert at.keys() == {"base_url", "client_id", "client_secret", "ca_path"}
        assert at["base_url"].startswith("https://127.0.0.1:")
        assert _token(at).status_code == 200
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(at["base_url"], timeout=10)


def test_files_are_its_owners_only(tmp_path: Path) -> None:
    with _running(tmp_path / "data"):
        assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").iterdir()} == {0o600}


def test_restart_keeps_what_was_made_and_takes_new_settings(tmp_path: Path) -> None:
    given = tmp_path / "management.json"
    given.write_text(json.dumps({"client_id": "manager", "client_secret": "one"}))
    users = tmp_path / "users.json"
    users.write_text(json.dumps([{"username": "ada", "password": "old"}]))
    arguments = ("--management-client", str(given), "--users", str(users))
    with _running(tmp_path / "data", *arguments) as first:
        token = _token(first).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        made = requests.post(f"{first['base_url']}/api/v2/clients", json={"name": "kept"}, headers=headers, verify=first["ca_path"], timeout=10).json()
        keys = requests.get(f"{first['base_url']}/.well-known/jwks.json", verify=first["ca_path"], timeout=10).json()
    authority = Path(first["ca_path"]).read_text()
    given.write_text(json.dumps({"client_id": "manager", "client_secret": "two"}))
    with _running(tmp_path / "data", *arguments, "--name", "localhost") as second:
        assert second["base_url"].startswith("https://localhost:")
        assert _token(second, client_secret="one").status_code == 401
        answer = _token(second)
        assert answer.status_code == 200
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        url = f"{second['base_url']}/api/v2/clients/{made['client_id']}"
        assert requests.get(url, headers=headers, verify=second["ca_path"], timeout=10).json() == made
        assert requests.get(f"{second['base_url']}/.well-known/jwks.json", verify=second["ca_path"], timeout=10).json() == keys
        assert Path(second["ca_path"]).read_text() == authority


def test_certificate_names_the_tenant_and_the_loopback(tmp_path: Path) -> None:
    with _running(tmp_path / "data", "--name", "tenant.amundsen.test") as at:
        port = int(at["base_url"].rsplit(":", 1)[1])
        assert at["base_url"].startswith("https://tenant.amundsen.test:")
        context = ssl.create_default_context(cafile=at["ca_path"])
        for name in ("tenant.amundsen.test", "localhost", "127.0.0.1"):
            with socket.create_connection(("127.0.0.1", port), 10) as plain, context.wrap_socket(plain, server_hostname=name) as connection:
                connection.do_handshake()
        with pytest.raises(ssl.SSLCertVerificationError), socket.create_connection(("127.0.0.1", port), 10) as plain:
            context.wrap_socket(plain, server_hostname="other.test")


def test_its_own_output_holds_no_secret(tmp_path: Path) -> None:
    data, errors = tmp_path / "data", tmp_path / "errors"
    with errors.open("w") as stderr, _running(data, stderr=stderr) as at:
        _token(at)
        _token(at, client_secret="wrong-secret")
        for path in ("/authorize?code=secret-code", "/u/login?state=secret-state", "/api/v2/clients", "/nowhere"):
            requests.post(at["base_url"] + path, data={"password": "secret-word"}, verify=at["ca_path"], timeout=10)
    assert "secret" not in errors.read_text()
    assert at["client_secret"] not in errors.read_text()
