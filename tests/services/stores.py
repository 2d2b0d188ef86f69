# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Neo4j, Elasticsearch and Atlas servers as processes of this machine, on free loopback ports.

`scripts/store-packages` brings their programs. A server lives in a directory of its own; `kill` is the end of a container,
`start` after it brings the data back.
"""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import os
import random
import shutil
import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stack import PACKAGES, ROOT, VENVS, Service, free_port, listens, wait_for

STORES = ROOT / ".cache" / "stores"
JAVA = STORES / "java" / "bin" / "java"
# A server lives for a minute or two, which the best compiler is not worth: it takes half of the processors.
JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


CONFIGURATIONS = {
    "neo4j": {"METADATA_SVC_CONFIG_MODULE_CLASS": "amundsen_services.metadata.config.Neo4jConfig"},
    "atlas": {"METADATA_SVC_CONFIG_MODULE_CLASS": "amundsen_services.metadata.config.AtlasConfig"},
    "elasticsearch": {"SEARCH_SVC_CONFIG_MODULE_CLASS": "amundsen_services.search.config.ElasticsearchConfig"},
}


def on_store(service: str, store: str, home: Path, url: str, user: str = "", password: str = "", **more: str) -> Service:
    """Start a service on a store. There is no file with a database's URI."""
    file = home / f"{store}.json"
    file.write_text(json.dumps({"url": url, "user": user, "password": password}))
    return Service(service, Path("none"), home, {**CONFIGURATIONS[store], "AMUNDSEN_STORE_FILE": str(file), **more})


def send(method: str, url: str, data: bytes | None, headers: dict[str, str] | None = None) -> Any:
    """Call a server; give the JSON of its answer."""
    request = urllib.request.Request(url, data, headers or {"Content-Type": "application/json"}, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        raise RuntimeError(error.read().decode()) from error


def certificate(directory: Path) -> Path:
    """Make server.key and server.crt for `localhost` in a directory; give the file of the authority that signed it."""
    for name, more in (("authority", ["-addext", "basicConstraints=critical,CA:TRUE"]), ("server", [])):
        signer = [] if name == "authority" else ["-CA", "authority.crt", "-CAkey", "authority.key", "-addext", "subjectAltName=DNS:localhost"]
        command = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            f"/CN={name}",
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.crt",
        ]
        subprocess.run([*command, *more, *signer], cwd=directory, capture_output=True, check=True)
    return directory / "authority.crt"


class _Gate(http.server.BaseHTTPRequestHandler):
    port = 0
    login = ""

    def do_GET(self) -> None:
        if self.headers["Authorization"] != self.login:
            self.send_error(401)
            return
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{self.path}", data or None, method=self.command)
        for name in ("Authorization", "Content-Type"):
            request.add_header(name, self.headers.get(name) or "application/json")
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            body = answer.read()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def gate(port: int, user: str, password: str, directory: Path) -> Iterator[tuple[str, str]]:
    """Stand with TLS before a server, and let one user in; give the URL and the file of its authority."""
    login = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    authority = certificate(directory)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "server.crt", directory / "server.key")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Gate", (_Gate,), {"port": port, "login": login}))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever).start()
    try:
        yield f"https://localhost:{server.server_port}", str(authority)
    finally:
        server.shutdown()
        server.server_close()


class Server:
    """A Java server that speaks HTTP on `port`."""

    ready = "/"
    seconds = 180

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
        if not wait:
            return
        try:
            wait_for(self.answers, f"{type(self).__name__} (see {self.log})", self.seconds)
        except BaseException:
            self.kill()
            raise

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
    """Neo4j community; the user neo4j has the password given here.

    `bolt` is the port of the driver, with TLS and without; `authority` the file of the authority that its certificate is from.
    """

    def __init__(self, directory: Path, password: str) -> None:
        super().__init__(directory)
        self.password = password
        self.bolt = free_port()
        self._java = [JAVA, "-Xmx256m", *JVM, "-cp", f"{STORES}/neo4j/lib/*"]
        configuration = directory / "conf"
        configuration.mkdir(parents=True)
        settings = {
            "dbms.default_listen_address": "127.0.0.1",
            "dbms.connector.bolt.listen_address": f":{self.bolt}",
            "dbms.connector.http.listen_address": f":{self.port}",
            "dbms.memory.pagecache.size": "32m",
            "dbms.connector.bolt.tls_level": "OPTIONAL",
            "dbms.ssl.policy.bolt.enabled": "true",
            "dbms.ssl.policy.bolt.base_directory": str(configuration),
            "dbms.ssl.policy.bolt.private_key": "server.key",
            "dbms.ssl.policy.bolt.public_certificate": "server.crt",
            "dbms.ssl.policy.bolt.client_auth": "NONE",
        }
        self.authority = certificate(configuration)
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
        java = [JAVA, "-Xms256m", "-Xmx256m", *JVM, "-Djava.locale.providers=COMPAT,SPI", "-cp", f"{STORES}/elasticsearch/lib/*", runner]
        # It listens on the port after the one it is given.
        return [*java, "-basePath", self.directory, "-numOfNode", "1", "-indexStoreType", "fs", "-baseHttpPort", str(self.port - 1)]

    def is_ready(self, answer: bytes) -> bool:
        return json.loads(answer)["status"] in ("green", "yellow")

    def call(self, method: str, path: str, body: object = None) -> object:
        """Call the server with JSON."""
        return send(method, f"http://127.0.0.1:{self.port}{path}", None if body is None else json.dumps(body).encode())

    def bulk(self, index: str, documents: list[dict[str, object]]) -> None:
        """Add documents to an index, found at once."""
        lines = "".join(f'{{"index": {{}}}}\n{json.dumps(document)}\n' for document in documents)
        answer = send("POST", f"http://127.0.0.1:{self.port}/{index}/_bulk?refresh=true", lines.encode())
        assert not answer["errors"], answer


class Atlas(Server):
    """Apache Atlas, with its index in an Elasticsearch; the user admin has the password given here."""

    seconds = 300
    configuration = Path(os.environ.get("ATLAS_CONFIGURATION") or ROOT / ".." / "shared" / "atlas")
    """The folder of its base types (`models`), its properties and its policy."""

    def __init__(self, directory: Path, elasticsearch: Elasticsearch, password: str) -> None:
        super().__init__(directory)
        self.password = password
        self._index = elasticsearch.port
        conf = directory / "conf"
        conf.mkdir(parents=True)
        shutil.copytree(self.configuration / "models", directory / "models")
        shutil.copy(self.configuration / "atlas-simple-authz-policy.json", conf)
        properties = (self.configuration / "atlas-application.properties").read_text()
        for fixed in ("9026", "9027"):
            properties = properties.replace(f"localhost:{fixed}", f"localhost:{free_port()}")
        (conf / "atlas-application.properties").write_text(properties)
        (conf / "users-credentials.properties").write_text(f"admin=ADMIN::{hashlib.sha256(password.encode()).hexdigest()}\n")
        shutil.copy(ROOT / "tests" / "images" / "atlas" / "atlas-log4j.xml", conf)

    def command(self) -> list[str | Path]:
        places = {
            "home": self.directory,
            "conf": self.directory / "conf",
            "data": self.directory / "data",
            "log.dir": self.directory / "logs",
            "port": self.port,
        }
        settings = [f"-Datlas.{name}={value}" for name, value in places.items()]
        settings += [f"-Des.port={self._index}", "-Djava.net.preferIPv4Stack=true", "-Dlog4j.configuration=atlas-log4j.xml"]
        classes = f"{self.directory}/conf:{STORES}/atlas/lib/*:{STORES}/atlas/war/WEB-INF/lib/*"
        return [
            JAVA,
            "-Xmx768m",
            *JVM,
            *settings,
            "-cp",
            classes,
            "org.apache.atlas.Atlas",
            "-app",
            STORES / "atlas" / "war",
            "-port",
            str(self.port),
        ]

    ready = "/api/atlas/admin/status"

    def is_ready(self, answer: bytes) -> bool:
        return json.loads(answer)["Status"] == "ACTIVE"

    def call(self, method: str, path: str, body: object = None, api: str = "/api/atlas/v2") -> Any:
        """Call the API as admin."""
        login = base64.b64encode(f"admin:{self.password}".encode()).decode()
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {login}"}
        return send(method, f"http://127.0.0.1:{self.port}{api}{path}", None if body is None else json.dumps(body).encode(), headers)

    def empty(self) -> None:
        """Take all entities, tags and classifications away, for good."""
        gone: list[str] = []
        for kind in ("Referenceable", "AtlasGlossaryTerm", "AtlasGlossary"):
            search = {"typeName": kind, "excludeDeletedEntities": True, "limit": 1000}
            ids = [entity["guid"] for entity in self.call("POST", "/search/basic", search).get("entities", ())]
            for start in range(0, len(ids), 50):
                self.call("DELETE", "/entity/bulk?" + "&".join(f"guid={each}" for each in ids[start : start + 50]))
            gone += ids
        self.call("PUT", "/admin/purge/", gone, api="/api/atlas")
        for each in self.call("GET", "/types/typedefs?type=classification")["classificationDefs"]:
            self.call("DELETE", f"/types/typedef/name/{each['name']}")


def jobs_on(
    atlas: Atlas, elasticsearch: Elasticsearch, home: Path, *arguments: str | Path, password: str = "", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a command of amundsen_jobs on Atlas, to its end."""
    files = {}
    places = {"AMUNDSEN_STORE_FILE": (atlas.port, "admin", password or atlas.password), "AMUNDSEN_SEARCH_STORE_FILE": (elasticsearch.port, "", "")}
    for name, (port, user, word) in places.items():
        files[name] = home / f"{name}.json"
        files[name].write_text(json.dumps({"url": f"http://127.0.0.1:{port}", "user": user, "password": word}))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGES), "PYTHONDONTWRITEBYTECODE": "1", **{name: str(file) for name, file in files.items()}}
    command = [VENVS / "databuilder" / "bin" / "python", "-m", "amundsen_jobs", *arguments]
    return subprocess.run(command, env={**environment, **more}, capture_output=True, text=True, timeout=300)


def load_hive_tables(atlas: Atlas) -> None:
    """Load what Hive's hook would write."""
    database = {"guid": "-1", "typeName": "hive_db"}
    entities: list[dict[str, object]] = [{**database, "attributes": {"qualifiedName": "core@shop", "name": "core", "clusterName": "shop"}}]
    for guid, name in ((-2, "orders"), (-3, "revenue")):
        table = {"guid": str(guid), "typeName": "hive_table"}
        entities += [
            {**table, "attributes": {"qualifiedName": f"core.{name}@shop", "name": name, "db": database}},
            {"guid": str(guid * 10), "typeName": "hive_column", "attributes": {
                "qualifiedName": f"core.{name}.id@shop", "name": "id", "type": "bigint", "position": 1, "table": table}},
        ]  # fmt: skip
    ends = {"inputs": [{"guid": "-2", "typeName": "hive_table"}], "outputs": [{"guid": "-3", "typeName": "hive_table"}]}
    entities.append({"guid": "-4", "typeName": "Process", "attributes": {"qualifiedName": "load@shop", "name": "load", **ends}})
    atlas.call("POST", "/entity/bulk", {"entities": entities})
