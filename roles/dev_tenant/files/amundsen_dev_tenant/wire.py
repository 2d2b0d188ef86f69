"""What happens between the application and the wire: the request log and the faults on demand."""

from __future__ import annotations

import errno
import io
import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

Environ = dict[str, Any]

ACTIONS = ("status", "reset", "truncate", "slow", "drip", "html")
_REASONS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 429: "Too Many Requests"}
_REASONS |= {500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout"}
_HTML = "<!DOCTYPE html><html><head><title>{0} {1}</title></head><body><h1>{0} {1}</h1><p>cloudfront</p></body></html>"
_LOG_SIZE = 10000
ADMIN = "/__admin"


@dataclass
class Fault:
    """One thing that goes wrong.

    `path` is exact or a prefix that ends in `*`; `method` may be `*`. `when` is before or after the request was carried out.
    The first `skip` matches pass, the next `times` fail (0: all that follow). `delay` is in seconds.
    """

    path: str
    method: str = "*"
    when: str = "before"
    action: str = "status"
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    delay: float = 0
    times: int = 1
    skip: int = 0

    def __post_init__(self) -> None:
        if self.action not in ACTIONS or self.when not in ("before", "after"):
            raise ValueError(f"A fault's action is one of {', '.join(ACTIONS)}, and its `when` is before or after")

    def matches(self, method: str, path: str) -> bool:
        """Say whether a request is meant."""
        if self.method not in ("*", method):
            return False
        return path.startswith(self.path[:-1]) if self.path.endswith("*") else path == self.path


@dataclass
class Answer:
    """An answer, whole."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


class Wire:
    """The WSGI application around the tenant's own: logs requests, and breaks answers when told to."""

    def __init__(self, inner: Any, log_answers: bool = False) -> None:
        self.inner, self.log_answers = inner, log_answers
        self.log: deque[dict[str, Any]] = deque(maxlen=_LOG_SIZE)
        self.faults: list[Fault] = []
        self.resets = 0
        self._lock = threading.Lock()

    def reset(self) -> None:
        """Forget the log and the faults."""
        with self._lock:
            self.log.clear()
            self.faults.clear()
            self.resets += 1

    def add_fault(self, fault: Fault) -> None:
        """Break an answer to come."""
        with self._lock:
            self.faults.append(fault)

    def _take_fault(self, method: str, path: str) -> Fault | None:
        with self._lock:
            for fault in self.faults:
                if not fault.matches(method, path):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                if fault.times == 1:
                    self.faults.remove(fault)
                elif fault.times:
                    fault.times -= 1
                return fault
        return None

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if path.startswith(ADMIN):
            return self.inner(environ, start_response)  # type: ignore[no-any-return]
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        resets, fault = self.resets, self._take_fault(method, path)
        answer = None
        if fault is None or fault.when == "after" or fault.action in ("slow", "drip"):
            if fault and fault.when == "before" and fault.action == "slow":
                time.sleep(fault.delay)
                if self.resets != resets:  # its caller gave up long ago, and a test that came after it must not see it
                    raise ConnectionResetError(errno.ECONNRESET, "from before the reset")
            answer = self._run(environ)
        if fault:
            answer = _damage(fault, answer)
        self._write_log(environ, body, answer, fault is not None)
        if fault:
            if fault.action == "slow" and fault.when == "after":
                time.sleep(fault.delay)
            _break_connection(fault, answer, environ["gunicorn.socket"])
        assert answer  # noqa: S101 - a fault without an answer has raised
        start_response(answer.status, answer.headers)
        return [answer.body]

    def _run(self, environ: Environ) -> Answer:
        caught: list[Any] = []

        def catch(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            caught[:] = [status, headers]

        parts = self.inner(environ, catch)
        try:
            return Answer(body=b"".join(parts), status=caught[0], headers=caught[1])
        finally:
            if hasattr(parts, "close"):
                parts.close()

    def _write_log(self, environ: Environ, body: bytes, answer: Answer | None, faulty: bool) -> None:
        entry = {
            "method": environ["REQUEST_METHOD"],
            "path": environ["PATH_INFO"],
            "query": environ.get("QUERY_STRING", ""),
            "body": _readable(environ, body),
            "status": int(answer.status.split()[0]) if answer else None,
            "at": time.time(),
            "user_agent": environ.get("HTTP_USER_AGENT", ""),
        }
        if self.log_answers and answer and not faulty:
            kind = dict(answer.headers).get("Content-Type", "")
            entry["answer"] = json.loads(answer.body) if "json" in kind and answer.body else None
        with self._lock:
            self.log.append(entry)


def _readable(environ: Environ, body: bytes) -> Any:
    """Return a body as the log shows it; what a person typed as a password is not kept."""
    if not body:
        return None
    text = body.decode(errors="replace")
    if "json" in environ.get("CONTENT_TYPE", ""):
        try:
            return json.loads(text)
        except ValueError:
            return text
    if "form-urlencoded" in environ.get("CONTENT_TYPE", ""):
        return {name: "***" if name == "password" else value for name, value in parse_qsl(text, keep_blank_values=True)}
    return text


def _damage(fault: Fault, answer: Answer | None) -> Answer | None:
    """Return what is sent instead of an answer; None if nothing is."""
    if fault.action == "reset":
        return None
    if fault.action in ("slow", "drip") or (fault.action == "truncate" and answer):
        return answer
    reason = _REASONS.get(fault.status, "Error")
    if fault.action == "html":
        status = fault.status
        content, kind = (fault.body if fault.body is not None else _HTML.format(status, reason)), "text/html; charset=utf-8"
    else:
        usual = json.dumps({"statusCode": fault.status, "error": reason, "message": reason})
        content, kind = (fault.body if fault.body is not None else usual), "application/json; charset=utf-8"
        status = 200 if fault.action == "truncate" else fault.status
    body = content.encode()
    headers = {"Content-Type": kind, "Content-Length": str(len(body)), **fault.headers}
    return Answer(f"{status} {_REASONS.get(status, 'OK')}", list(headers.items()), body)


def _break_connection(fault: Fault, answer: Answer | None, connection: socket.socket) -> None:
    """Do what only the connection can show: a reset, a body cut short, a body that drips."""
    if fault.action == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    elif fault.action in ("truncate", "drip") and answer:
        head = "".join(f"{name}: {value}\r\n" for name, value in answer.headers)
        connection.sendall(f"HTTP/1.1 {answer.status}\r\n{head}Connection: close\r\n\r\n".encode())
        if fault.action == "truncate":
            connection.sendall(answer.body[: len(answer.body) // 2])
        else:
            for byte in answer.body:
                connection.sendall(bytes([byte]))
                time.sleep(fault.delay / len(answer.body))
    else:
        return
    raise ConnectionResetError(errno.ECONNRESET, "broken on demand")  # gunicorn closes the connection and says nothing
