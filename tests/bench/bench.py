"""Foreign clients side by side with auth0_client on a development tenant; see scripts/bench."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

from conftest import DATABASE_CONNECTION, ROOT, TENANT_PACKAGE, TenantProcess
from deploy_cli import Missing, deploy_cli

HERE = Path(__file__).parent
DOCUMENT = ROOT / "docs" / "performance.md"
APPLICATIONS, LATENCY = 152, 0.3
OURS = "ansible_collections.datacatalog.amundsen.plugins.modules.auth0_client"
EMPTY = "import requests\nfrom ansible.module_utils.basic import AnsibleModule\nAnsibleModule({}).exit_json()"
NAME = "Amundsen"
CLIENT = {
    "name": NAME,
    "app_type": "regular_web",
    "callbacks": ["https://catalog.example.com/authorization-code/callback"],
    "allowed_logout_urls": ["https://catalog.example.com/"],
    "grant_types": ["authorization_code", "refresh_token"],
    "token_endpoint_auth_method": "client_secret_basic",
    "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 36000},
}
DECLARED = {**CLIENT, "connections": [DATABASE_CONNECTION]}


@dataclass
class Cost:
    """What one run took: requests, those that may change something, seconds, seconds of processor, MB at the peak."""

    calls: int
    writes: int
    wall: float
    cpu: float
    memory: float

    def least(self, other: Cost) -> Cost:
        """Return the lesser of each, since others on the machine disturb."""
        return Cost(*(min(getattr(self, each.name), getattr(other, each.name)) for each in fields(self)))

    def row(self) -> str:
        """Return the cells of a table."""
        return f"{self.calls} | {self.writes} | {self.wall:.1f} | {self.cpu:.2f} | {self.memory:.0f}"

    def times(self, ours: Cost) -> str:
        """Return the cells of a table: how many times ours."""
        return " | ".join(f"{getattr(self, name) / getattr(ours, name):.1f}" for name in ("calls", "wall", "cpu", "memory"))


class Bench:
    """A tenant as large as a company's, and programs that run against it."""

    def __init__(self, tenant: TenantProcess, home: Path) -> None:
        self.tenant, self.home = tenant, home
        for number in range(APPLICATIONS - 1 - len(tenant.clients())):
            tenant.add_client(f"Other {number}")
        tenant.fault(path="*", action="slow", delay=LATENCY, times=0)
        self.environment = {
            **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
            "HOME": str(home),
            "PYTHONPATH": str(ROOT / ".ansible" / "collections"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AUTH0_DOMAIN": tenant.domain,
            "AUTH0_CLIENT_ID": tenant.client_id,
            "AUTH0_CLIENT_SECRET": tenant.client_secret,
            "SSL_CERT_FILE": tenant.ca_path,
            "NODE_EXTRA_CA_CERTS": tenant.ca_path,
        }

    def forget(self) -> None:
        """Remove the application that a run made."""
        for each in self.tenant.clients(NAME):
            self.tenant.delete_client(each["client_id"])

    def run(self, command: list[str], given: Any = None, **environment: str) -> Cost:
        """Run a program to its end, with some JSON on its standard input."""
        self.tenant.clear_log()
        result = self.home / "result.json"
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(HERE / "measure.py"), str(result), *command],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            env={**self.environment, **environment},
            cwd=self.home,
            timeout=300,
        )
        used = json.loads(result.read_text())
        if used.pop("status") or done.returncode:
            sys.exit(f"bench: {command[:4]} failed:\n{done.stdout}{done.stderr}")
        log = self.tenant.log()
        if log:
            self.check()
        writes = [call for call in log if call["method"] != "GET" and call["path"] != "/oauth/token"]
        return Cost(len(log), len(writes), **used)

    def check(self) -> None:
        """End where a client did not do what is compared."""
        compared = [name for name in CLIENT if name != "jwt_configuration"]  # the tenant adds to that
        made = [{name: each.get(name) for name in compared} for each in self.tenant.clients(NAME)]
        if made != [{name: CLIENT[name] for name in compared}]:
            sys.exit(f"bench: the tenant should have one application as declared, but has {made}")

    def module(self, **options: Any) -> Cost:
        """Run auth0_client as ansible does."""
        arguments = {**options, "ca_path": self.tenant.ca_path, "_ansible_remote_tmp": str(self.home)}
        return self.run([sys.executable, "-m", OURS], {"ANSIBLE_MODULE_ARGS": arguments})

    def floor(self) -> Iterator[tuple[str, Cost]]:
        """Run what any module in Python costs."""
        yield "empty module that imports requests", self.run([sys.executable, "-c", EMPTY], {"ANSIBLE_MODULE_ARGS": {}})

    def ours(self) -> Iterator[tuple[str, Cost]]:
        """Run our module."""
        yield "auth0_client, create", self.module(**DECLARED)
        yield "auth0_client, rerun by name", self.module(**DECLARED)
        (made,) = self.tenant.clients(NAME)
        yield "auth0_client, rerun by id", self.module(client_id=made["client_id"], **DECLARED)

    def auth0_python(self) -> Iterator[tuple[str, Cost]]:
        """Run a script that uses auth0-python."""
        name = f"auth0-python {version('auth0-python')} script"
        for what in ("create", "rerun"):
            yield f"{name}, {what}", self.run([sys.executable, str(HERE / "with_auth0_python.py")], DECLARED)

    def auth0_deploy_cli(self) -> Iterator[tuple[str, Cost]]:
        """Import a file that has the one application, and no other kind of thing."""
        package = deploy_cli()
        release = json.loads((package / "package.json").read_text())["version"]
        (self.home / "tenant.yaml").write_text(json.dumps({"clients": [CLIENT]}))  # JSON is YAML
        settings = {"AUTH0_INCLUDED_ONLY": '["clients"]', "AUTH0_ALLOW_DELETE": "false"}
        for what in ("create", "rerun"):
            cost = self.run(["node", str(package / "lib" / "index.js"), "import", "--input_file", "tenant.yaml"], **settings)
            yield f"auth0-deploy-cli {release}, {what}", cost


@contextmanager
def started_tenant(data: Path) -> Iterator[TenantProcess]:
    """Start a tenant, and end it."""
    environment = {**os.environ, "PYTHONPATH": str(TENANT_PACKAGE)}
    command = [sys.executable, "-m", "amundsen_dev_tenant", "--data", str(data), "--announce"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        try:
            yield TenantProcess(json.loads(line))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(10)


def table(costs: dict[str, Cost], runs: int) -> str:
    """Return the costs, and those of the foreign clients in units of ours."""
    lines = [
        f"One application on a tenant with {APPLICATIONS}, {LATENCY} s added to each answer, {os.cpu_count()} cores; the least of {runs} runs.",
        "",
        "| run | calls | writes | wall, s | CPU, s | memory, MB |",
        "|---|---|---|---|---|---|",
        *(f"| {name} | {cost.row()} |" for name, cost in costs.items()),
        "",
        "The foreign clients in units of ours (a rerun: of ours by name):",
        "",
        "| run | calls | wall | CPU | memory |",
        "|---|---|---|---|---|",
    ]
    for name, cost in costs.items():
        if name.startswith("auth0-"):
            ours = costs["auth0_client, create" if name.endswith("create") else "auth0_client, rerun by name"]
            lines.append(f"| {name} | {cost.times(ours)} |")
    return "\n".join(lines)


def write(name: str, made: str, document: Path = DOCUMENT) -> None:
    """Write a table into a document, in place of the one of this name."""
    start, end = f"<!-- table {name}: made by make bench -->", "<!-- end of the table -->"
    head, rest = document.read_text(encoding="utf-8").split(start)
    document.write_text(f"{head}{start}\n{made}\n{end}{rest.partition(end)[2]}", encoding="utf-8")


def main() -> None:
    """Measure, print, and write the table if it is whole."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="how often each is run (default: 3); the least counts")
    runs = parser.parse_args().runs
    costs: dict[str, Cost] = {}
    missing = ""
    with tempfile.TemporaryDirectory() as folder, started_tenant(Path(folder) / "tenant") as tenant:
        bench = Bench(tenant, Path(folder))
        for client in (bench.floor, bench.ours, bench.auth0_python, bench.auth0_deploy_cli):
            try:
                for _ in range(runs):
                    bench.forget()
                    for name, cost in client():
                        print(f"bench: {name}: {cost.row()}", file=sys.stderr, flush=True)
                        costs[name] = cost.least(costs.get(name, cost))
            except Missing as reason:
                missing += f"bench: {client.__name__} was not run: {reason}.\n"
    made = table(costs, runs)
    print(made)
    if missing:
        sys.stderr.write(f"{missing}bench: docs/performance.md is left as it was.\n")
        return
    write("auth0_client", made)


if __name__ == "__main__":
    main()
