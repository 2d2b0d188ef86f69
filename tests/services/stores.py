# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Neo4j and Elasticsearch servers as processes of this machine, on free loopback ports.

`scripts/store-packages` brings their programs. A server lives in a directory of its own; `kill` is the end of a container,
`start` after it brings the data back.
"""

from __future__ import annotations

import json
import random
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from stack import ROOT, Service, free_port, listens, wait_for

STORES = ROOT / ".cache" / "stores"
JAVA = STORES / "java" / "bin" / "java"


CONFIGURATIONS = {
    "neo4j": {"METADATA_SVC_CONFIG_MODULE_CLASS": "amundsen_services.metadata.config.Neo4jConfig"},
    "elasticsearch": {"SEARCH_SVC_CONFIG_MODULE_CLASS": "amundsen_services.search.config.ElasticsearchConfig"},
}


def on_store(service: str, store: str, home: Path, url: str, user: str = "", password: str = "", **more: str) -> Service:
    """Start a service on a store. There is no file with a database's URI."""
    file = home / f"{store}.json"
    file.write_text(json.dumps({"url": url, "user": user, "password": password}))
    return Service(service, Path("none"), home, {**CONFIGURATIONS[store], "AMUNDSEN_STORE_FILE": str(file), **more})


class Server:
    """A Java server that speaks HTTP on `port`."""

    ready = "/"
    seconds = 60

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.log = directory / "log"
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str | Path]:
        """Give the command that runs the server in the foreground."""
        raise NotImplementedError

    def start(self, wait: bool = True) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self.command(), cwd=self.directory, stdout=log, stderr=log)
        if wait:
            wait_for(self.answers, f"{type(self).__name__} (see {self.log})", self.seconds)

    def kill(self) -> None:
        assert self._process
        self._process.kill()
        self._process.wait()

    def answers(self) -> bool:
        assert self._process and self._process.poll() is None, self.log.read_text()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{self.ready}", timeout=5) as answer:
                return self.is_ready(answer.read())
        except OSError:
            return False

    def is_ready(self, answer: bytes) -> bool:
        return bool(answer)


class Neo4j(Server):
    """Neo4j community; the user neo4j has the password given here. `bolt` is the port of the driver."""

    def __init__(self, directory: Path, password: str) -> None:
        super().__init__(directory)
        self.password = password
        self.bolt = free_port()
        self._java = [JAVA, "-Xmx256m", "-XX:+UseSerialGC", "-cp", f"{STORES}/neo4j/lib/*"]
        configuration = directory / "conf"
        configuration.mkdir(parents=True)
        settings = {
            "dbms.default_listen_address": "127.0.0.1",
            "dbms.connector.bolt.listen_address": f":{self.bolt}",
            "dbms.connector.http.listen_address": f":{self.port}",
            "dbms.memory.pagecache.size": "32m",
        }
        (configuration / "neo4j.conf").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        environment = {"NEO4J_HOME": str(directory), "NEO4J_CONF": str(configuration)}
        command = [*self._java, "org.neo4j.cli.AdminTool", "set-initial-password", password]
        subprocess.run(command, env=environment, capture_output=True, check=True)

    def command(self) -> list[str | Path]:
        return [*self._java, "org.neo4j.server.CommunityEntryPoint", f"--home-dir={self.directory}", f"--config-dir={self.directory / 'conf'}"]

    def execute(self, cypher: str, **parameters: object) -> list[list[object]]:
        """Run one statement as neo4j, in a transaction of its own; give the rows."""
        login = urllib.request.HTTPPasswordMgrWithPriorAuth()
        login.add_password(None, f"http://127.0.0.1:{self.port}", "neo4j", self.password, is_authenticated=True)
        opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(login))
        body = json.dumps({"statements": [{"statement": cypher, "parameters": parameters}]}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/db/neo4j/tx/commit", body, {"Content-Type": "application/json"})
        answer = json.load(opener.open(request, timeout=60))
        if answer["errors"]:
            raise RuntimeError(answer["errors"])
        return [row["row"] for result in answer["results"] for row in result["data"]]


class Elasticsearch(Server):
    """Elasticsearch, which knows no users."""

    ready = "/_cluster/health"

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        # The program takes none from 9300 on.
        self.port = next(port for port in random.sample(range(9210, 9300), 90) if not listens(port))
        configuration = directory / "node_1" / "config"
        configuration.mkdir(parents=True)
        settings = [
            "network.host: 127.0.0.1",
            f"transport.port: {free_port()}",
            "discovery.type: single-node",
            "cluster.routing.allocation.disk.threshold_enabled: false",
        ]
        (configuration / "elasticsearch.yml").write_text("".join(f"{line}\n" for line in settings))

    def command(self) -> list[str | Path]:
        runner = "org.codelibs.elasticsearch.runner.ElasticsearchClusterRunner"
        java = [JAVA, "-Xms256m", "-Xmx256m", "-XX:+UseSerialGC", "-Djava.locale.providers=COMPAT,SPI", "-cp", f"{STORES}/elasticsearch/lib/*", runner]
        # It listens on the port after the one it is given.
        return [*java, "-basePath", self.directory, "-numOfNode", "1", "-indexStoreType", "fs", "-baseHttpPort", str(self.port - 1)]

    def is_ready(self, answer: bytes) -> bool:
        return json.loads(answer)["status"] in ("green", "yellow")

    def call(self, method: str, path: str, body: object = None) -> object:
        """Call the server with JSON."""
        return self._send(method, path, json.dumps(body).encode() if body is not None else None)

    def bulk(self, index: str, documents: list[dict[str, object]]) -> None:
        """Add documents to an index, found at once."""
        lines = "".join(f'{{"index": {{}}}}\n{json.dumps(document)}\n' for document in documents)
        answer = self._send("POST", f"/{index}/_bulk?refresh=true", lines.encode())
        assert not answer["errors"], answer

    def _send(self, method: str, path: str, data: bytes | None) -> Any:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode()) from error
