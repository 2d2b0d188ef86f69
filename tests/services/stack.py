# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A MariaDB server and Amundsen's services on it, as processes of this machine on free loopback ports."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
VENVS = Path(os.environ.get("SERVICES_VENVS") or ROOT / ".cache" / "services")
"""The services' virtual environments; others for those of another version."""
PACKAGES = ROOT / "roles" / "images" / "files"

PASSWORD = "s3cret/p@ss w%rd#"
"""With everything that a URI must quote, so that an output that holds it, quoted or not, is found."""

ENVIRONMENT = {
    "FLASK_APP_MODULE_NAME": "amundsen_services.app",
    "FLASK_APP_CLASS_NAME": "ServiceApp",
    "METADATA_SVC_CONFIG_MODULE_CLASS": "amundsen_services.metadata.config.MariaDbConfig",
    "SEARCH_SVC_CONFIG_MODULE_CLASS": "amundsen_services.search.config.MariaDbConfig",
}


def free_port() -> int:
    """Find a TCP port of the loopback address that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def listens(port: int) -> bool:
    """Tell whether anything listens on a TCP port of the loopback address."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def wait_for(done: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Wait until `done` says so.

    Raises:
        TimeoutError: it did not, for so many seconds.
    """
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.1)


class MariaDb:
    """A server in a directory of its own, with the settings of the image. `kill` is the end of a container; `start` brings the data back."""

    def __init__(self, directory: Path, **options: object) -> None:
        self.directory = directory
        self.options = {name.replace("_", "-"): value for name, value in options.items()}
        self.port = free_port()
        self._socket = directory / "socket"
        self._client = ["mariadb", "--no-defaults", "-uroot", f"-S{self._socket}", "-N", "--default-character-set=utf8mb4"]
        self._process: subprocess.Popen[bytes] | None = None
        self._path = {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
        # The server refuses to run as root.
        self._user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        shutil.chown(directory, self._user)
        install = ["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]
        self._run([*install, f"--user={self._user}", f"--datadir={directory / 'data'}"])

    def _run(self, command: list[str], text: str | None = None) -> str:
        return subprocess.run(command, input=text, env=self._path, capture_output=True, text=True, check=True).stdout

    def start(self, wait: bool = True) -> None:
        options = {
            "user": self._user,
            "datadir": self.directory / "data",
            "socket": self._socket,
            "pid-file": self.directory / "pid",
            # One that starts removes the temporary tables of another in the same directory.
            "tmpdir": self.directory / "data",
            "bind-address": "127.0.0.1",
            "port": self.port,
            **self.options,
        }
        log = (self.directory / "log").open("ab")
        command = ["mariadbd", f"--defaults-file={PACKAGES / 'mariadb' / 'server.cnf'}", *(f"--{name}={value}" for name, value in options.items())]
        self._process = subprocess.Popen(command, env=self._path, stdout=log, stderr=log)
        if wait:
            wait_for(self.answers, "the MariaDB server")

    def kill(self) -> None:
        assert self._process
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        assert self._process
        self._process.terminate()
        self._process.wait()

    @property
    def pid(self) -> str:
        assert self._process
        return str(self._process.pid)

    def answers(self) -> bool:
        return subprocess.run([*self._client, "-e", "SELECT 1"], env=self._path, capture_output=True).returncode == 0

    def execute(self, sql: str, database: str = "") -> list[str]:
        """Run SQL as root; give the lines of the answer."""
        return self._run([*self._client, database], sql).splitlines()

    def database(self, name: str) -> Database:
        """Make a database, a user `{name}_rw` that may do all in it and `{name}_ro` that may only read."""
        self.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
        for user, grant in (("rw", "ALL"), ("ro", "SELECT")):
            self.execute(f"CREATE USER {name}_{user}@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'; GRANT {grant} ON {name}.* TO {name}_{user}@'127.0.0.1'")
        return Database(self, name)


@dataclass
class Database:
    """A database of a server, and files that hold the URIs of its two users."""

    server: MariaDb
    name: str

    def uri_file(self, user: str = "rw", password: str = PASSWORD) -> Path:
        path = self.server.directory / f"{self.name}_{user}_{abs(hash(password))}.uri"
        quoted = urllib.parse.quote(password, safe="")
        path.write_text(f"mysql+pymysql://{self.name}_{user}:{quoted}@127.0.0.1:{self.server.port}/{self.name}?charset=utf8mb4\n")
        return path

    def execute(self, sql: str) -> list[str]:
        return self.server.execute(sql, self.name)

    def jobs(self, *arguments: str | Path, uri_file: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command of amundsen_jobs in the databuilder's environment, to its end."""
        return self.run("amundsen_jobs", *arguments, service="databuilder", uri_file=uri_file, **environment)

    def run(
        self, module: str, *arguments: str | Path, service: str = "metadata", uri_file: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a module of ours in the environment of a service, to its end."""
        return subprocess.run(
            [VENVS / service / "bin" / "python", "-m", module, *arguments],
            env=service_environment(uri_file or self.uri_file(), **environment),
            capture_output=True,
            text=True,
            timeout=180,
        )


def service_environment(uri_file: Path, **more: str) -> dict[str, str]:
    return {
        **ENVIRONMENT,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PACKAGES),
        "PYTHONDONTWRITEBYTECODE": "1",
        "SQLALCHEMY_DATABASE_URI_FILE": str(uri_file),
        "AMUNDSEN_DATABASE_WAIT": "20",
        **more,
    }


@dataclass
class Answer:
    """An HTTP answer. Any status is one."""

    status: int
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Service:
    """A service under gunicorn, as its image starts it, but on a port of its own."""

    name: str
    uri_file: Path
    home: Path
    more: dict[str, str] = field(default_factory=dict)
    """More of its environment."""
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.log = self.home / f"{self.name}.log"
        gunicorn = [VENVS / self.name / "bin" / "gunicorn", "-c", f"python:amundsen_services.{self.name}.gunicorn_conf"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*gunicorn, "--bind", f"127.0.0.1:{self.port}"],
                env=service_environment(self.uri_file, HOME=str(self.home), **self.more),
                cwd=self.home,
                stdout=log,
                stderr=log,
            )
        wait_for(self._listens, f"{self.name} (see {self.log})")

    def _listens(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return listens(self.port)

    def call(self, method: str, path: str, body: Any = None, raw: bytes | None = None) -> Answer:
        """Call the service. With no body it sends no content type, as the frontends do."""
        quoted = urllib.parse.quote(path, safe="/:?&=%@#+*,.!~'()[];\"\\-_")
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{quoted}", method=method)
        if body is not None or raw is not None:
            request.data = json.dumps(body).encode() if raw is None else raw
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return Answer(answer.status, answer.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read().decode())

    def get(self, path: str) -> Answer:
        return self.call("GET", path)

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)
