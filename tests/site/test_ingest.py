"""Data into a deployed site's catalog and out of it, by the playbooks, and as its user sees it."""

from __future__ import annotations

import csv
import json
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from conftest import PROJECT, Site, command

EXAMPLES = PROJECT / "playbooks" / "examples"
INVOICES = "postgres://prod.sales/invoices"


def play(site: Site, name: str, **values: object) -> subprocess.CompletedProcess[str]:
    """Run a playbook on the site, with all its details on the screen."""
    where = ["-i", "playbooks/demo/inventory.yml", "-e", "@tests/site/values.yml", "-e", f"demo_output={site.output}", "-e", json.dumps(values)]
    environment = os.environ | {"ANSIBLE_FORCE_COLOR": "0"}
    return subprocess.run(["ansible-playbook", f"playbooks/{name}.yml", "-vvv", "--diff", *where], cwd=PROJECT, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def user(site: Site) -> requests.Session:
    """The site's user, logged in."""
    web = requests.Session()
    web.trust_env, web.verify = False, site.access["ca_path"]
    form = web.get(site.access["url"] + "/browse", timeout=60)
    web.post(form.url, data={"username": site.access["user"], "password": site.access["password"]}, timeout=60)
    web.headers["Origin"] = site.access["url"]
    return web


@pytest.fixture(scope="module", autouse=True)
def only_samples(site: Site) -> Iterator[None]:
    """Take away at the end what was loaded: later tests know the sample catalog alone."""
    yield
    sql = "DELETE FROM amundsen.schema_metadata WHERE rk LIKE 'mysql://own.%' OR rk = 'postgres://prod.sales'"
    command("docker", "compose", "--file", str(site.root / "compose.yaml"), "exec", "-T", "mariadb", "mariadb", "--execute", sql)


def found(site: Site, user: requests.Session, term: str) -> list[str]:
    answer = user.post(site.access["url"] + "/api/search/v0/table", json={"term": term, "pageIndex": 0, "filters": {}}, timeout=60)
    return [table["key"] for table in answer.json()["tables"]["results"]]


def test_a_folder_is_found_by_the_user(site: Site, user: requests.Session) -> None:
    done = play(site, "ingest", amundsen_ingest=str(EXAMPLES / "catalog"))
    assert done.returncode == 0, done.stdout[-3000:]
    assert INVOICES in found(site, user, "cancelled")
    log = site.root / "log" / "ingest-catalog.log"
    assert "2 in table" in log.read_text() and stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_job_reads_a_database_with_its_secret_kept(site: Site) -> None:
    uri = (site.root / "secrets/databuilder/database_uri").read_text()
    secret = uri.partition("@")[0].rpartition(":")[2]
    done = play(
        site,
        "ingest",
        amundsen_ingest=str(EXAMPLES / "read_mariadb.py"),
        amundsen_ingest_environment={"CATALOG_CLUSTER": "own", "CATALOG_SCHEMAS": "amundsen"},
        amundsen_ingest_secrets={"source_uri": uri.partition("?")[0].removesuffix("/amundsen")},
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert len(secret) > 20 and secret not in done.stdout + done.stderr
    job = site.root / "jobs" / "read_mariadb"
    modes = {path.name: (stat.S_IMODE(path.stat().st_mode), path.stat().st_uid) for path in (job, job / "secrets", job / "secrets" / "source_uri")}
    assert modes == {"read_mariadb": (0o700, 10006), "secrets": (0o700, 10006), "source_uri": (0o600, 10006)}


def test_a_broken_job_ends_the_play_with_its_last_words(site: Site, tmp_path: Path) -> None:
    job = tmp_path / "closed.py"
    job.write_text("raise RuntimeError('the source is closed today')\n")
    done = play(site, "ingest", amundsen_ingest=str(job))
    assert done.returncode == 2
    assert "RuntimeError: the source is closed today" in done.stdout and f"{site.root}/log/ingest-closed.log" in done.stdout


def test_the_catalog_is_exported(site: Site, tmp_path: Path) -> None:
    done = play(site, "export", amundsen_export_dir=str(tmp_path))
    assert done.returncode == 0, done.stdout[-3000:]
    with (tmp_path / "table.csv").open(newline="") as text:
        assert {row["name"] for row in csv.DictReader(text)} >= {"fct_orders", "dim_customers"}
    assert len(json.loads((tmp_path / "catalog.json").read_text())["table"]) >= 12
    assert "changed=0" in play(site, "export", amundsen_export_dir=str(tmp_path)).stdout.splitlines()[-2]


def test_there_is_no_index_to_build(site: Site) -> None:
    done = play(site, "reindex")
    assert done.returncode == 0 and "There is no second copy to build again" in " ".join(done.stdout.split())
