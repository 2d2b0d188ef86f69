"""Start the tenant: `python -m amundsen_dev_tenant --data FOLDER`. Not for production."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import socket
import sys
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from .certificates import ensure_certificates, write_private
from .clients import new_id
from .settings import Settings


class _Server(BaseApplication):  # type: ignore[misc]
    """One gunicorn process with threads: state in memory, TLS, no access log."""

    def __init__(self, settings: Settings, listener: socket.socket, announce: bool) -> None:
        self.settings, self.listener, self.announce = settings, listener, announce
        super().__init__()

    def load_config(self) -> None:
        data = self.settings.data
        values: dict[str, Any] = {
            "bind": f"fd://{self.listener.fileno()}",
            "certfile": str(data / "tenant.pem"),
            "keyfile": str(data / "tenant.key"),
            "worker_class": "gthread",
            "workers": 1,
            "threads": 32,
            "keepalive": 5,
            "timeout": 0,
            "graceful_timeout": 1,
            "loglevel": "warning",
            "proc_name": "amundsen-dev-tenant",
            "control_socket_disable": True,
            "post_worker_init": self._say_ready,
        }
        for name, value in values.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        from .app import create_app

        return create_app(self.settings)

    def _say_ready(self, _worker: Any) -> None:
        if self.announce:
            line = {"base_url": self.settings.base_url, **self.settings.management_client, "ca_path": str(self.settings.data / "ca.pem")}
            print(json.dumps(line), flush=True)


def _read_json(path: str) -> Any:
    return json.loads(Path(path).read_text())


def _management_client(path: str | None, data: Path) -> dict[str, str]:
    """Return id and secret of the management application: given in a file, or made once and kept."""
    kept = Path(path) if path else data / "management.json"
    if not kept.exists():
        write_private(kept, json.dumps({"client_id": new_id(), "client_secret": secrets.token_urlsafe(48)}).encode())
    content = _read_json(str(kept))
    return {name: content[name] for name in ("client_id", "client_secret")}


def main() -> None:
    """Read the arguments, make what is missing, and serve."""
    parser = argparse.ArgumentParser(prog="amundsen_dev_tenant", description="An Auth0-compatible tenant for development. Not for production.")
    parser.add_argument("--data", required=True, type=Path, help="folder for certificates, keys and the database (made with mode 0700)")
    parser.add_argument("--name", default="127.0.0.1", help="host name in the issuer and in the certificate")
    parser.add_argument("--port", default=0, type=int, help="port to listen on and to name in the issuer; 0 takes a free one")
    parser.add_argument("--bind", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--management-client", help="JSON file with client_id and client_secret of the application with all scopes; made if missing")
    parser.add_argument("--users", help="JSON file with a list of users: username, password, claims, denied")
    parser.add_argument("--announce", action="store_true", help="print one line of JSON when ready: base_url, client_id, client_secret, ca_path")
    parser.add_argument(
        "--log-answers", action="store_true", help="keep the answers in the request log too, with their secrets: for tests of the tenant itself"
    )
    given = parser.parse_args()

    os.umask(0o077)
    given.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    listener = socket.create_server((given.bind, given.port), backlog=128)
    settings = Settings(
        name=given.name.lower(),
        port=listener.getsockname()[1],
        data=given.data.resolve(),
        management_client=_management_client(given.management_client, given.data),
        users=_read_json(given.users) if given.users else [],
        log_answers=given.log_answers,
    )
    ensure_certificates(settings.data, settings.name)
    sys.argv = sys.argv[:1]
    _Server(settings, listener, given.announce).run()


if __name__ == "__main__":
    main()
