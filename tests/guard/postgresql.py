# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PostgreSQL server as a process of this machine. It takes TLS alone, and a password."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

PASSWORD = "a pass/word: with signs"
CERTIFICATE = ["-days", "2", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]


def programs() -> str:
    """Return a search path with PostgreSQL's programs, which Debian keeps apart by their version."""
    folders = sorted(str(path) for path in Path("/usr/lib/postgresql").glob("*/bin"))
    return ":".join([*folders[-1:], os.environ["PATH"]])


class PostgreSql:
    """A server in a directory of its own, with a database `sessions` and a user of that name.

    Attributes:
        authority: PEM file with what signed its certificate.
    """

    def __init__(self, directory: Path, port: int) -> None:
        self.directory, self.port = directory, port
        self.authority = directory / "certificate.pem"
        self._environment = {"PATH": programs(), "PGPASSWORD": PASSWORD, "LC_ALL": "C.UTF-8"}
        # The server refuses to run as root.
        self._user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
        self._process: subprocess.Popen[bytes] | None = None
        if self._user:
            shutil.chown(directory, "nobody", "nogroup")
        key = directory / "key.pem"
        names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(self.authority)]
        self._run("openssl", "req", "-x509", *CERTIFICATE, *names)
        key.chmod(0o600)
        (directory / "password").write_text(PASSWORD)
        self._run("initdb", "--auth=scram-sha-256", "--username=sessions", f"--pwfile={directory / 'password'}", f"--pgdata={directory / 'data'}")
        (directory / "data" / "pg_hba.conf").write_text("hostssl all all all scram-sha-256\n")

    def _run(self, *words: str) -> str:
        return subprocess.run(words, env=self._environment, capture_output=True, text=True, check=True, **self._user).stdout

    def start(self) -> None:
        settings = {"port": self.port, "listen_addresses": "localhost", "unix_socket_directories": "", "ssl": "on", "fsync": "off"}
        settings |= {"ssl_cert_file": self.authority, "ssl_key_file": self.directory / "key.pem"}
        log = (self.directory / "log").open("ab")
        command = ["postgres", "-D", str(self.directory / "data"), *(f"--{name}={value}" for name, value in settings.items())]
        self._process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log, **self._user)
        end = time.monotonic() + 30
        while True:
            try:
                self.execute("SELECT 1", "postgres")
                break
            except subprocess.CalledProcessError:
                assert time.monotonic() < end and self._process.poll() is None, (self.directory / "log").read_text()
                time.sleep(0.2)
        if not self.execute("SELECT 1 FROM pg_database WHERE datname = 'sessions'", "postgres"):
            self.execute("CREATE DATABASE sessions", "postgres")

    def kill(self) -> None:
        """End it at once, as a container's end does."""
        assert self._process
        self._process.kill()
        self._process.wait()
        end = time.monotonic() + 10
        while self._listens() and time.monotonic() < end:  # its children end after it
            time.sleep(0.1)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def execute(self, sql: str, database: str = "sessions") -> list[str]:
        """Run SQL; give the lines of the answer."""
        address = f"host=localhost port={self.port} dbname={database} user=sessions sslmode=require"
        return self._run("psql", "--no-psqlrc", "--tuples-only", "--no-align", "--command", sql, address).splitlines()
