"""Faults on demand are real on the wire, the log is true, and the admin API is for this machine only."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from amundsen_dev_tenant.admin import admin
from flask import Flask

PATH = "/.well-known/jwks.json"


def _raw(tenant: Any, path: str = PATH) -> Iterator[bytes]:
    """Send a GET and yield what comes, as it comes, from the bare connection.

    The TLS runs in memory: Python's TLS sockets report a reset as an ordinary end.
    """
    host, port = tenant.domain.split(":")
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.create_default_context(cafile=tenant.ca_path).wrap_bio(incoming, outgoing, server_hostname=host)
    request = f"GET {path} HTTP/1.1\r\nHost: {tenant.domain}\r\nConnection: close\r\n\r\n".encode()
    with socket.create_connection((host, int(port)), 10) as connection:
        while True:
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.do_handshake()
                tls.write(request)
                break
            connection.sendall(outgoing.read())
            incoming.write(connection.recv(65536))
        connection.sendall(outgoing.read())
        while data := connection.recv(65536):
            incoming.write(data)
            with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLZeroReturnError):
                while part := tls.read(65536):
                    yield part


def test_reset_is_a_reset(tenant: Any) -> None:
    tenant.fault(path=PATH, action="reset")
    with pytest.raises(ConnectionResetError):
        list(_raw(tenant))
    assert tenant.call("GET", PATH).status_code == 200


def test_truncated_body_is_shorter_than_it_says(tenant: Any) -> None:
    whole = tenant.call("GET", PATH).content
    tenant.fault(path=PATH, action="truncate", when="after")
    head, _, body = b"".join(_raw(tenant)).partition(b"\r\n\r\n")
    assert f"content-length: {len(whole)}".encode() in head.lower()
    assert body == whole[: len(whole) // 2]


@pytest.mark.parametrize("when", ["before", "after"])
def test_slow_answer_comes_late(tenant: Any, when: str) -> None:
    tenant.fault(path=PATH, action="slow", when=when, delay=0.5)
    begun = time.monotonic()
    assert tenant.call("GET", PATH).status_code == 200
    assert 0.5 <= time.monotonic() - begun < 5
    tenant.fault(path=PATH, action="slow", when=when, delay=5)
    with pytest.raises(requests.ReadTimeout):
        tenant.call("GET", PATH, timeout=0.2)


def test_slow_request_from_before_a_reset_does_nothing(tenant: Any, api: Any) -> None:
    tenant.fault(path="/api/v2/clients", method="POST", action="slow", delay=0.6)
    with pytest.raises(requests.ReadTimeout):
        tenant.call("POST", "/api/v2/clients", json={"name": "late"}, headers=api.headers, timeout=0.2)
    tenant.reset()
    time.sleep(0.6)
    assert tenant.clients("late") == []
    assert tenant.log() == []


def test_dripping_body_comes_byte_by_byte(tenant: Any) -> None:
    tenant.fault(path=PATH, action="drip", delay=0.5)
    begun = time.monotonic()
    parts = list(_raw(tenant))
    assert 0.5 <= time.monotonic() - begun < 5
    assert len(parts) > 20


def test_status_before_and_after_the_commit(tenant: Any, api: Any) -> None:
    for when, made in (("before", 0), ("after", 1)):
        tenant.fault(path="/api/v2/clients", method="POST", when=when, status=503, headers={"Retry-After": "1"})
        answer = tenant.call("POST", "/api/v2/clients", json={"name": f"made {when}"}, headers=api.headers)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert answer.json() == {"statusCode": 503, "error": "Service Unavailable", "message": "Service Unavailable"}
        assert len(tenant.clients(f"made {when}")) == made


def test_reset_after_the_commit(tenant: Any, api: Any) -> None:
    tenant.fault(path="/api/v2/clients", method="POST", when="after", action="reset")
    with pytest.raises(requests.ConnectionError):
        tenant.call("POST", "/api/v2/clients", json={"name": "made"}, headers=api.headers)
    assert len(tenant.clients("made")) == 1


def test_html_body(tenant: Any) -> None:
    tenant.fault(path=PATH, action="html", status=502)
    answer = tenant.call("GET", PATH)
    assert answer.status_code == 502
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<html>" in answer.text


def test_faults_are_counted_matched_and_skipped(tenant: Any) -> None:
    tenant.fault(path="/.well-known/*", method="GET", times=2, skip=1)
    tenant.fault(path="/userinfo", times=0, status=500)
    statuses = [tenant.call("GET", PATH).status_code for _ in range(4)]
    assert statuses == [200, 503, 503, 200]
    assert [tenant.call("GET", "/userinfo").status_code for _ in range(3)] == [500, 500, 500]
    tenant.clear_faults()
    assert tenant.call("GET", "/userinfo").status_code == 401
    tenant.fault(path=PATH, method="POST")
    assert tenant.call("GET", PATH).status_code == 200


def test_unknown_fault_is_refused(tenant: Any) -> None:
    assert tenant.call("POST", "/__admin/faults", json={"path": "/", "action": "explode"}).status_code == 400
    assert tenant.call("POST", "/__admin/faults", json={"pth": "/"}).status_code == 400
    assert tenant.call("POST", "/__admin/options", json={"no_such": 1}).status_code == 400


def test_log_holds_each_request_as_it_was(tenant: Any) -> None:
    begun = time.time()
    tenant.call("POST", "/oauth/token?x=1", json={"grant_type": "nothing"}, headers={"User-Agent": "tester"})
    tenant.call("POST", "/u/login", data={"username": "me", "password": "secret"})
    first, second = tenant.log()
    assert first.pop("answer") == {"error": "unsupported_grant_type", "error_description": "Unsupported grant type: nothing"}
    assert first | {"at": 0} == {
        "method": "POST",
        "path": "/oauth/token",
        "query": "x=1",
        "body": {"grant_type": "nothing"},
        "status": 403,
        "user_agent": "tester",
        "at": 0,
    }
    assert begun <= first["at"] <= time.time()
    assert second["body"] == {"username": "me", "password": "***"}
    tenant.clear_log()
    assert tenant.log() == []


def test_admin_refuses_web_pages(tenant: Any) -> None:
    assert tenant.call("GET", "/__admin/log", headers={"Origin": "https://evil.example"}).status_code == 403


def test_admin_refuses_other_machines() -> None:
    """A request whose peer is not the loopback, as behind a published port, gets nothing."""
    app = Flask(__name__)
    app.register_blueprint(admin)
    for address in ("172.17.0.1", "10.0.0.5", "2001:db8::1"):
        assert app.test_client().get("/__admin/log", environ_base={"REMOTE_ADDR": address}).status_code == 403
