"""What a login costs each request: the guard beside stock flaskoidc and beside no login at all; see scripts/bench."""

from __future__ import annotations

import argparse
import http.client
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bench import started_tenant, write
from house import APPLICATION, PUBLIC, Frontend, Metadata, Person, Place
from stack import MariaDb

ROUTE = "/static/dist/templates/index.html"  # a file: the login is most of what it costs
SOURCES = {"release": "3.13.0", "git": "4.3.0"}
SERVED = ("--workers", "1", "--worker-class", "gthread", "--threads", "8", "--keep-alive", "75", "--preload", "--forwarded-allow-ips", "*")
LIMIT = 2  # milliseconds that the guard may add to a request, in the median
ROUNDS = 5
BLOCK = 50  # requests to one frontend before it is the next one's turn, so that a busy machine disturbs all alike


@dataclass
class Measured:
    """A frontend, a browser that is logged in there where it has to be, and what its requests took in milliseconds."""

    person: Person
    frontend: Frontend
    times: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self.frontend.port, timeout=30)
        self._headers = {"Host": urlsplit(PUBLIC).netloc, "X-Forwarded-Proto": "https"}
        if self.person.cookies:
            self._headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.person.cookies.items())

    def ask(self, requests: int) -> None:
        """Send requests one after the other on one connection."""
        for _ in range(requests):
            started = time.perf_counter()
            self._connection.request("GET", ROUTE, headers=self._headers)
            answer = self._connection.getresponse()
            answer.read()
            self.times.append((time.perf_counter() - started) * 1000)
            if answer.status != 200:
                sys.exit(f"bench: {ROUTE} answered {answer.status}")

    def begin(self) -> None:
        """Begin a round."""
        self.times.clear()
        self._cpu = self._used()

    def cost(self) -> tuple[float, ...]:
        """Return median, 95th percentile and CPU of a request of this round, in milliseconds."""
        return statistics.median(self.times), statistics.quantiles(self.times, n=20)[-1], (self._used() - self._cpu) / len(self.times)

    def _used(self) -> float:
        """Return the milliseconds of processor that the frontend's processes have used so far."""
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(") ")[2].split()
            except OSError:  # it has ended meanwhile
                continue
            if int(fields[2]) == self.frontend.process.pid:  # of the frontend's process group
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK") * 1000


def measure(place: Place, server: MariaDb, requests: int) -> dict[str, tuple[float, ...]]:
    """Return what a request costs at each kind of frontend."""
    uris = {kind: server.database(f"{place.source}_{kind}").uri_file().read_text().strip() for kind in ("stock", "ours")}
    fronts = {
        "no login": place.article(*SERVED),
        "flaskoidc 1.1.2": place.stock(*SERVED, database=uris["stock"]),
        "ours": place.guarded(database=uris["ours"]),
    }
    try:
        measured = {}
        for kind, frontend in fronts.items():
            person = Person(place.tenant, frontend.ready())
            if kind != "no login":
                person.log_in("ann@corp.test")
            measured[kind] = Measured(person, frontend)
            measured[kind].ask(BLOCK * 2)  # to warm up
        costs: dict[str, tuple[float, ...]] = {}
        for _ in range(ROUNDS):
            for each in measured.values():
                each.begin()
            for _ in range(requests // BLOCK):
                for each in measured.values():
                    each.ask(BLOCK)
            # The least of each, since others on the machine disturb.
            costs = {kind: tuple(map(min, each.cost(), costs.get(kind, each.cost()))) for kind, each in measured.items()}
        return costs
    finally:
        for frontend in fronts.values():
            frontend.stop()


def table(costs: dict[str, dict[str, tuple[float, ...]]], requests: int) -> str:
    """Return what was measured, and what the login adds to the frontend without any."""
    lines = [
        f"Milliseconds of `{ROUTE}`, asked {requests} times, one after the other, of each frontend in turns; the least of {ROUNDS} rounds.",
        f"One worker of 8 threads, sessions in MariaDB, {os.cpu_count()} cores.",
        "",
        "| frontend | login | median | p95 | CPU | login's part: median | p95 | CPU |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for source, kinds in costs.items():
        for kind, cost in kinds.items():
            part = " | ".join(f"{mine - none:.2f}" for mine, none in zip(cost, kinds["no login"], strict=True)) if kind != "no login" else "- | - | -"
            lines.append(f"| {SOURCES[source]} | {kind} | {' | '.join(f'{each:.2f}' for each in cost)} | {part} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=400, help="to each frontend in each round (default: 400)")
    requests = parser.parse_args().requests
    costs = {}
    metadata = Metadata()
    # Not only this user's: the database server's user has to enter it.
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory(prefix="bench-mariadb-") as data,
        started_tenant(Path(folder) / "tenant") as tenant,
    ):
        server = MariaDb(Path(data))
        server.start()
        tenant.add_user("ann@corp.test")
        for source in SOURCES:
            place = Place(source, Path(folder), tenant, tenant.add_client(**APPLICATION), metadata.url)
            costs[source] = measure(place, server, requests)
        server.kill()
    metadata.stop()
    made = table(costs, requests)
    print(made)
    slow = [source for source, kinds in costs.items() if kinds["ours"][0] - kinds["no login"][0] > LIMIT]
    if slow:
        sys.exit(
            f"bench: the guard adds more than {LIMIT} ms to a request of {slow}. Measure again if the machine was busy. docs/performance.md is left as it was."
        )
    write("login", made)


if __name__ == "__main__":
    main()
