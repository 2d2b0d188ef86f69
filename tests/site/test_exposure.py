"""Only the proxy is reachable, and containers can do no more than they need."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit

from conftest import command


def by_service(site) -> dict[str, dict]:
    return {container["Config"]["Labels"]["com.docker.compose.service"]: container for container in site.containers()}


def test_only_proxy_and_tenant_publish_ports_and_on_loopback(site):
    published = {}
    for service, container in by_service(site).items():
        bindings = [binding for bound in (container["HostConfig"]["PortBindings"] or {}).values() for binding in bound]
        if bindings:
            published[service] = {binding["HostIp"] for binding in bindings}
    assert published.pop("proxy") == {"127.0.0.1"}
    assert all(addresses == {"127.0.0.1"} for addresses in published.values())
    assert set(published) <= {"tenant", "dev-tenant", "dev_tenant"}


def test_stores_and_services_have_no_way_out(site):
    for service in ("mariadb", "metadata", "search"):
        networks = list(by_service(site)[service]["NetworkSettings"]["Networks"])
        assert networks == [f"{site.project}_internal"]
    assert command("docker", "network", "inspect", f"{site.project}_internal", "--format", "{{.Internal}}").strip() == "true"


def test_containers_are_hardened(site):
    for service, container in by_service(site).items():
        host = container["HostConfig"]
        assert host["ReadonlyRootfs"], service
        assert host["CapDrop"] == ["ALL"], service
        assert not host["CapAdd"], service
        assert "no-new-privileges:true" in host["SecurityOpt"], service
        assert host["Memory"] > 0 and host["PidsLimit"] > 0, service
        user = command("docker", "exec", container["Id"], "id", "-u").strip()
        assert int(user) >= 10001, f"{service} runs as {user}"


def test_the_stack_needs_at_most_1_gb(site):
    names = [container["Name"].lstrip("/") for service, container in by_service(site).items() if "tenant" not in service]
    figures = command("docker", "stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", *names)
    print(figures)
    units = {"KiB": 1 / 1024, "MiB": 1, "GiB": 1024}
    used = [float(number) * units[unit] for number, unit in re.findall(r" ([\d.]+)(KiB|MiB|GiB) /", figures)]
    assert len(used) == len(names) == 5
    assert sum(used) <= 1024, figures


def test_another_host_name_is_sent_to_the_canonical_one(site):
    url = urlsplit(site.access["url"])
    words = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code} %{redirect_url}"]
    through_https = command(*words, "--cacert", site.access["ca_path"], "--header", "Host: evil.example.com", f"{site.access['url']}/x?y=1")
    assert through_https == f"308 {site.access['url']}/x?y=1"
    assert url.hostname and socket.gethostbyname(url.hostname) == "127.0.0.1"


def test_only_the_health_check_for_the_outside_is_served(site):
    words = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--cacert", site.access["ca_path"]]
    codes = {path: command(*words, f"{site.access['url']}{path}") for path in ("/healthcheck/live", "/healthcheck/ready", "/healthcheck")}
    assert codes == {"/healthcheck/live": "200", "/healthcheck/ready": "404", "/healthcheck": "404"}
