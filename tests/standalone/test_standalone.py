# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frontend without Docker under systemd: it works, it is alone, it comes back, and it goes without a trace. In this order."""

from __future__ import annotations

import json
import re

import requests
from conftest import SERVICE, changed, eventually

ROOT = "/opt/amundsen-standalone"
MOST_EXPOSED = 1.5  # of 10, by systemd's own measure; a plain service has 9.6


def test_the_login_is_proven_and_docker_is_not_there(host):
    report = json.loads((host.folder / "report.json").read_text())
    found = {check["title"]: check["status"] for check in report["checks"]}
    assert found["The test user logs in"] == "pass" and "fail" not in found.values(), found
    assert host.run("sh", "-c", "command -v docker dockerd containerd || true") == ""


def test_a_second_run_changes_nothing(host):
    assert changed(host.runs["first"]) > 5
    assert changed(host.runs["again"]) == 0
    assert host.runs["pid"] == str(host.pid())


def test_anonymous_is_refused(host):
    assert host.get("/api/metadata/v0/tags").status_code == 401
    assert host.get("/").headers["Location"] == "/login"
    login = host.get("/login")
    assert f"redirect_uri=https%3A%2F%2F{host.address}%3A5000%2Fauthorization-code%2Fcallback" in login.headers["Location"]


def test_a_client_cannot_name_its_address_in_the_audit_log(host):
    host.get("/authorization-code/callback?state=made-up&code=x", headers={"X-Forwarded-For": "203.0.113.9"})
    log = host.run("journalctl", "--unit", SERVICE, "--output", "cat", "--no-pager")
    assert '"audit": "refused"' in log and "203.0.113.9" not in log


def test_the_unit_can_do_little(host):
    exposure = host.run("systemd-analyze", "security", "--no-pager", SERVICE, check=False)
    (figure,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", exposure)
    print(figure)
    assert float(figure) <= MOST_EXPOSED, exposure
    status = host.run("cat", f"/proc/{host.pid()}/status")
    for line in ("NoNewPrivs:\t1", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "Seccomp:\t2"):
        assert line in status, line
    assert int(re.findall(r"Uid:\t(\d+)", status)[0]) != 0


def test_secrets_are_its_own_and_nowhere_else(host):
    files = host.run("sh", "-c", f"stat -c '%a %U %n' {ROOT}/secrets/frontend/*").splitlines()
    assert len(files) >= 5 and all(line.startswith(f"600 {SERVICE} ") for line in files), files
    held = {host.run("cat", f"{ROOT}/secrets/frontend/{name}") for name in ("oidc_client_secret", "session_key", "key.pem")}
    readable = f"/proc/[0-9]*/environ /proc/[0-9]*/cmdline {ROOT}/config/frontend.env /etc/systemd/system/{SERVICE}.service"
    seen = host.run("sh", "-c", f"cat {readable} | tr '\\0' '\\n'")
    assert "FLASK_OIDC_CLIENT_ID" in seen
    for secret in held:
        assert len(secret) > 20
        assert secret not in seen and secret not in host.runs["first"]


def test_its_code_is_not_its_own(host):
    assert host.run("find", f"{ROOT}/venvs", "!", "-user", "root", "-o", "!", "-type", "l", "-perm", "/022") == ""


def test_it_comes_back_when_it_is_killed(host):
    before = host.pid()
    host.run("kill", "-9", str(before))
    eventually(lambda: host.pid() not in (0, before) and answers(host))


def answers(host) -> bool:
    try:
        return host.get("/healthcheck/live").status_code == 200
    except requests.ConnectionError:
        return False


def test_another_port_reaches_the_service_and_the_provider(host):
    assert changed(host.play("standalone", "--check", port=5443)) > 0
    assert host.get("/healthcheck/live").status_code == 200, "check mode changed something"
    assert changed(host.play("standalone", port=5443)) > 0
    assert host.get("/healthcheck/live", port=5443).status_code == 200
    (client,) = host.tenant_clients()
    callback = "/authorization-code/callback"
    assert set(client["callbacks"]) == {f"https://{host.address}:5443{callback}", f"https://{host.address}{callback}"}


def test_it_goes_without_a_trace(host):
    assert changed(host.play("standalone_remove", port=5443)) > 0
    assert host.run("sh", "-c", "getent passwd; ls /opt /etc/systemd/system") == host.runs["before"]
    (client,) = host.tenant_clients()
    assert client["callbacks"] == [f"https://{host.address}/authorization-code/callback"]
    assert changed(host.play("standalone_remove", port=5443)) == 0
