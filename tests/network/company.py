"""A company's network: a host whose engine reaches the outside by a real proxy alone, and mirrors behind it.

The host is a network namespace with an engine of its own, without any route; its one neighbour is tinyproxy, which wants a
password. The mirrors want one too, and their certificate is of a private authority.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tarfile
import threading
import time
import urllib.error
import urllib.request
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
PROXY_PASSWORD = "proxy-password-of-the-test"
MIRROR_PASSWORD = "mirror%2Fpassword-of-the-test"
SECRETS = (PROXY_PASSWORD, MIRROR_PASSWORD, "mirror/password-of-the-test")
MIRROR_HOST = "127.0.0.2"  # of the proxy's side: the host's own loopback has nothing there


def run(*words: str | Path, **more: Any) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, f"{words}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout


def certificates(folder: Path, address: str) -> None:
    """Make a private authority (ca.pem) and the certificate of its server at an address (server.pem, server.key)."""
    here = {"cwd": folder}
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    run(*new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Private authority", "-addext", "keyUsage=critical,keyCertSign", **here)
    # npm takes a server that it reaches by a proxy, and by its address, for localhost.
    of_server = ["-subj", f"/CN={address}", "-addext", f"subjectAltName=IP:{address},DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"]
    run(*new, "-CA", "ca.pem", "-CAkey", "ca.key", "-keyout", "server.key", "-out", "server.pem", *of_server, **here)


def debian_mirrors() -> list[str]:
    """Return the addresses of this machine's own sources of Debian and of its security updates."""
    words = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Identifier: Packages", "Origin: Debian", "Component: main"]
    return [run(*words, f"Label: {label}").split()[0].rstrip("/") for label in ("Debian", "Debian-Security")]


def wheel(name: str) -> bytes:
    """Return a wheel with one empty module."""
    content, info = io.BytesIO(), f"{name}-1.0.dist-info"
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return content.getvalue()


def tarball(name: str) -> bytes:
    """Return an npm package with nothing but its description."""
    content, text = io.BytesIO(), json.dumps({"name": name, "version": "1.0.0"}).encode()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        entry = tarfile.TarInfo("package/package.json")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    return content.getvalue()


def integrity(content: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


class Mirrors:
    """All mirrors on one https server; `asked` are the paths that were asked for with the password, `refused` those without."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        self.refused: list[str] = []
        self.folder = folder
        self.wheel, self.tarball = wheel("amundsen_probe"), tarball("amundsen-probe")
        self.ca = folder / "ca.pem"
        certificates(folder, MIRROR_HOST)
        self._repository()
        debian, security = debian_mirrors()
        mirrors, login = self, "Basic " + base64.b64encode(b"user:mirror/password-of-the-test").decode()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_arguments: Any) -> None:
                pass

            def answer(self, status: int, content: bytes, **headers: str) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                if self.headers.get("Authorization") != login:
                    mirrors.refused.append(path)
                    return self.answer(401, b"", WWW_Authenticate='Basic realm="mirrors"')
                mirrors.asked.append(path)
                try:
                    content = mirrors.content(path, {"/debian-security/": security, "/debian/": debian})
                    return self.answer(200, content, Content_Type="text/html" if path.endswith("/") else "application/octet-stream")
                except (FileNotFoundError, IsADirectoryError, urllib.error.HTTPError):
                    return self.answer(404, b"")

        self.server = ThreadingHTTPServer((MIRROR_HOST, 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"https://user:{MIRROR_PASSWORD}@{MIRROR_HOST}:{self.server.server_port}"

    def content(self, path: str, debian: dict[str, str]) -> bytes:
        if path == "/pip/simple/amundsen-probe/":
            return b'<a href="/pip/amundsen_probe-1.0-py3-none-any.whl">amundsen_probe-1.0-py3-none-any.whl</a>'
        if path == "/pip/amundsen_probe-1.0-py3-none-any.whl":
            return self.wheel
        if path == "/npm/amundsen-probe":
            address = f"https://{MIRROR_HOST}:{self.server.server_port}/npm/amundsen-probe/-/amundsen-probe-1.0.0.tgz"
            version = {"name": "amundsen-probe", "version": "1.0.0", "dist": {"tarball": address, "integrity": integrity(self.tarball)}}
            return json.dumps({"name": "amundsen-probe", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}).encode()
        if path == "/npm/amundsen-probe/-/amundsen-probe-1.0.0.tgz":
            return self.tarball
        for prefix, address in debian.items():
            if path.startswith(prefix):
                with urllib.request.urlopen(f"{address}/{path.removeprefix(prefix)}", timeout=60) as answer:  # noqa: S310 (this machine's own sources)
                    return answer.read()
        return (self.folder / path.lstrip("/")).read_bytes()

    def _repository(self) -> None:
        """Make git/acme/x.git, which any server of files can serve."""
        work, bare = self.folder / "work", self.folder / "git/acme/x.git"
        identity = {"GIT_CONFIG_NOSYSTEM": "1", **{f"GIT_{who}_{what}": "user@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}}
        run("git", "init", "-q", "-b", "main", work)
        run("git", "-C", work, "commit", "-q", "--allow-empty", "-m", "one", env=os.environ | identity)
        run("git", "clone", "-q", "--bare", work, bare)
        run("git", "-C", bare, "update-server-info")
        self.commit = run("git", "-C", work, "rev-parse", "HEAD").strip()


class Company:
    """The host, its neighbour the proxy, and the mirrors; `close` takes all away."""

    def __init__(self, folder: Path, tinyproxy: Path) -> None:
        number = os.getpid()
        self.folder, self.name, network = folder, f"amundsen-net-{number}", f"10.213.{number % 256}"
        self.namespace = ["nsenter", f"--net=/run/netns/{self.name}"]
        self.engine = f"unix://{folder}/docker.sock"
        self._near, self._far = f"am{number}a", f"am{number}b"
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", self._near, "type", "veth", "peer", "name", self._far, "netns", self.name)
        run("ip", "address", "add", f"{network}.1/30", "dev", self._near)
        run("ip", "link", "set", self._near, "up")
        for words in (["address", "add", f"{network}.2/30", "dev", self._far], ["link", "set", self._far, "up"], ["link", "set", "lo", "up"]):
            run("ip", "-n", self.name, *words)
        (folder / "mirrors").mkdir()
        self.mirrors = Mirrors(folder / "mirrors")
        self.proxy = f"http://user:{PROXY_PASSWORD}@{network}.1:3128"
        self._proxy = self._start_proxy(tinyproxy, f"{network}.1")
        self._engine = self._start_engine()

    def _start_proxy(self, program: Path, address: str) -> subprocess.Popen[bytes]:
        self._proxy_log = self.folder / "proxy.log"
        lines = [
            f"Listen {address}",
            "Port 3128",
            "Timeout 60",
            "LogLevel Info",
            f'LogFile "{self._proxy_log}"',
            "Allow 10.213.0.0/16",
            f"BasicAuth user {PROXY_PASSWORD}",
        ]
        # This machine may itself reach the outside by a proxy alone.
        upstream = os.environ.get("https_proxy") or os.environ.get("HTTPS_PROXY")
        if upstream:
            lines += [f"Upstream http {upstream.partition('://')[2].rstrip('/')}", f'Upstream none "{MIRROR_HOST}"']
        configuration = self.folder / "tinyproxy.conf"
        configuration.write_text("\n".join(lines) + "\n")
        return subprocess.Popen([program, "-d", "-c", configuration], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _start_engine(self) -> subprocess.Popen[bytes]:
        (self.folder / "daemon.json").write_text("{}")
        places = ["--data-root", "data", "--exec-root", "exec", "--pidfile", "dockerd.pid", "--config-file", "daemon.json", "--host", self.engine]
        places = [str(self.folder / word) if not word.startswith(("--", "unix:")) else word for word in places]
        with (self.folder / "dockerd.log").open("wb") as log:
            engine = subprocess.Popen([*self.namespace, "dockerd", *places], stdout=log, stderr=log)
        for _ in range(240):
            if subprocess.run(["docker", "version"], env=self.environment, capture_output=True, check=False).returncode == 0:
                return engine
            time.sleep(0.25)
        raise AssertionError((self.folder / "dockerd.log").read_text()[-3000:])

    @property
    def environment(self) -> dict[str, str]:
        """The environment of what runs on the host; this machine's own way out is none of it."""
        own = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        return own | {"DOCKER_HOST": self.engine}

    def on_host(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the shell on the host."""
        return subprocess.run([*self.namespace, "sh", "-c", command], env=self.environment, capture_output=True, text=True, check=False)

    def docker(self, *words: str) -> str:
        return run("docker", *words, env=self.environment)

    def passed(self) -> list[str]:
        """Return what the proxy passed on, each as host:port or an address, and forget it."""
        lines = self._proxy_log.read_text().splitlines() if self._proxy_log.exists() else []
        self._proxy_log.write_text("")
        requests = [found.group(1) for line in lines if (found := re.search(r"Request \(file descriptor \d+\): [A-Z]+ (\S+)", line))]
        return requests

    def load_base(self) -> str:
        """Give the host the base image of this machine's engine, and return its name."""
        words = ["docker", "image", "ls", "--filter", "label=datacatalog.amundsen.image=base", "--format", "{{.Repository}}:{{.Tag}}"]
        names = [name for name in run(*words).split() if "/base:" in name]
        assert names, "this machine has no base image; the phase site makes one (scripts/test site network)"
        save = subprocess.Popen(["docker", "save", names[0]], stdout=subprocess.PIPE)
        run("docker", "load", "--quiet", stdin=save.stdout, env=self.environment)
        assert save.wait() == 0
        return names[0]

    def build(self, base: str, context: list[dict[str, str]], values: dict[str, Any]) -> tuple[subprocess.CompletedProcess[str], str]:
        """Build an image by the role, with every detail on the screen, and return the run and the image's name."""
        extra = self.folder / "values.json"
        context = [{"mode": "0644", **file} for file in context]
        extra.write_text(
            json.dumps(
                {
                    "base": base,
                    "context": context,
                    "amundsen_root": str(self.folder / "root"),
                    "amundsen_image_prefix": "probe",
                    "ansible_python_interpreter": sys.executable,
                    **values,
                }
            )
        )
        words = [*self.namespace, "ansible-playbook", "-i", "localhost,", "-c", "local", "-vvv", "--diff", "tests/network/build.yml", "-e", f"@{extra}"]
        done = subprocess.run(words, cwd=PROJECT, env=self.environment, capture_output=True, text=True, check=False)
        names = self.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "probe/probe").split()
        return done, (names or [""])[0]

    def close(self) -> None:
        self.mirrors.server.shutdown()
        for process in (self._engine, self._proxy):
            process.terminate()
            process.wait(30)
        run("ip", "netns", "delete", self.name)
        subprocess.run(["ip", "link", "delete", self._near], capture_output=True, check=False)  # it went with the namespace
        shutil.rmtree(self.folder, ignore_errors=True)
