"""The doctor says which store is not well, in the words of the health check."""

from __future__ import annotations

from typing import Any

from ansible_collections.datacatalog.amundsen.plugins.module_utils._inside import Container, around


def told(service: str, *, ours: bool = True, health: str = "healthy", output: str = "") -> dict[str, Any]:
    labels = {"com.docker.compose.service": service, "com.docker.compose.project": "p"} | ({"datacatalog.amundsen.project": "p"} if ours else {})
    state = {"Status": "running", "ExitCode": 0, "Health": {"Status": health, "Log": [{"Output": "older"}, {"Output": output}]}}
    return {"Name": f"/p-{service}-1", "Config": {"Labels": labels, "Env": []}, "State": state, "HostConfig": {}, "NetworkSettings": {}}


def services(*containers: dict[str, Any]) -> dict[str, str]:
    found = [Container.of(each) for each in containers]
    return next(check for check in around(found, found[0], {}, []) if check["id"] == "services")


def test_the_store_that_refuses_a_password_is_named():
    said = '\n{"status": "fail", "why": "Neo4j refuses this user"}\n\n'
    check = services(told("frontend"), told("metadata", health="unhealthy", output=said), told("neo4j"))
    assert (check["status"], check["cause"]) == ("fail", "service_unhealthy")
    assert "p-metadata-1: unhealthy, its check says: " in check["seen"] and "Neo4j refuses this user" in check["seen"]


def test_what_others_health_checks_say_is_not_shown():
    check = services(told("frontend", ours=False), told("metadata", ours=False, health="unhealthy", output="password=hunter2"))
    assert check["seen"] == "p-metadata-1: unhealthy"


def test_a_health_check_that_says_nothing():
    assert services(told("frontend"), told("neo4j", health="unhealthy", output=" \n"))["seen"] == "p-neo4j-1: unhealthy"
    assert services(told("frontend"), told("neo4j"))["status"] == "pass"
