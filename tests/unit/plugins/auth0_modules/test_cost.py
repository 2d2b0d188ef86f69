"""How many calls, how much processor time and memory; and that runs beside each other lose nothing."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys

import pytest
from ansible_collections.datacatalog.amundsen.plugins.modules import auth0_client

CALLBACK = "https://catalog.example.com/authorization-code/callback"
DATABASE, OTHER = "Username-Password-Authentication", "acme-saml"


def declared(auth0):
    auth0.tenant.add_connection(OTHER, "samlp")
    return {"callbacks": [CALLBACK], "connections": [DATABASE, OTHER]}


def paths(auth0):
    return [f"{call['method']} {call['path'].split('/')[-1]}" for call in auth0.calls()]


def test_unchanged_by_id_is_three_calls(auth0):
    options = declared(auth0)
    made = auth0.client(name="Amundsen", **options)
    auth0.tenant.clear_log()
    assert not auth0.client(client_id=made["client_id"], **options)["changed"]
    assert paths(auth0) == ["POST token", f"GET {made['client_id']}", "GET connections"]
    assert auth0.writes() == []


def test_unchanged_by_name_on_152_applications_is_four_calls(auth0):
    options = declared(auth0)
    auth0.client(name="Amundsen", **options)
    for number in range(152 - len(auth0.tenant.clients())):
        auth0.tenant.add_client(f"Other {number}")
    auth0.tenant.clear_log()
    assert not auth0.client(name="Amundsen", **options)["changed"]
    assert paths(auth0) == ["POST token", "GET clients", "GET clients", "GET connections"]


@pytest.mark.parametrize(("others", "calls"), [(0, 6), (101, 7)])
def test_creation_with_two_connections(auth0, others, calls):
    options = declared(auth0)
    for number in range(others):
        auth0.tenant.add_client(f"Other {number}")
    assert auth0.client(name="Amundsen", **options)["changed"]
    assert len(auth0.calls()) == calls


MEASURED = """
import atexit, resource, runpy, sys
def tell():
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]
    print(used.ru_utime + used.ru_stime, int(peak) / 1024, file=sys.stderr)
atexit.register(tell)
"""
EMPTY = "import requests\nfrom ansible.module_utils.basic import AnsibleModule\nAnsibleModule({}).exit_json()"
OURS = f"runpy.run_module({auth0_client.__name__!r}, run_name='__main__')"


def usage(auth0, program, arguments):
    """Return processor seconds and the most MiB that a module took."""
    command = [sys.executable, "-c", MEASURED + program]
    run = subprocess.run(
        command, input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}), capture_output=True, text=True, env=auth0.environment, cwd="/", check=True
    )
    seconds, memory = run.stderr.split()[-2:]
    return float(seconds), float(memory)


def test_processor_and_memory(auth0):
    """The least of a few runs, since others on the machine disturb."""
    made = auth0.client(name="Amundsen", callbacks=[CALLBACK])
    login = {"auth0_domain": auth0.tenant.domain, "auth0_client_id": auth0.tenant.client_id, "auth0_client_secret": auth0.tenant.client_secret}
    arguments = {**login, "ca_path": auth0.tenant.ca_path, "client_id": made["client_id"], "callbacks": [CALLBACK]}
    runs = [(usage(auth0, EMPTY, {}), usage(auth0, OURS, arguments)) for _ in range(5)]
    floor, seconds = (min(run[which][0] for run in runs) for which in (0, 1))
    assert seconds - floor <= 0.1, f"{seconds:.2f} s, an empty module takes {floor:.2f} s"
    assert max(ours[1] for _, ours in runs) <= 40


def test_twenty_runs_that_add_one_callback_each_end_with_all_twenty(auth0):
    made = auth0.tenant.add_client("Amundsen")
    callbacks = [f"https://host{number}.example.com/cb" for number in range(20)]
    by = [{"client_id": made["client_id"]}, {"name": "Amundsen"}]
    runs = [auth0.start("auth0_client", **by[number % 2], callbacks=[callback]) for number, callback in enumerate(callbacks)]
    assert all(auth0.finish(run)["changed"] for run in runs)
    (client,) = auth0.tenant.clients("Amundsen")
    assert sorted(client["callbacks"]) == sorted(callbacks)
    assert len(auth0.calls("PATCH")) == 20, "none had to write twice"


def test_runs_that_create_the_same_application_create_one(auth0):
    runs = [auth0.start("auth0_client", name="Amundsen", callbacks=[f"https://host{number}.example.com/cb"]) for number in range(6)]
    ids = {auth0.finish(run)["client_id"] for run in runs}
    (client,) = auth0.tenant.clients("Amundsen")
    assert ids == {client["client_id"]}
    assert len(client["callbacks"]) == 6


def test_a_lock_that_is_held_too_long_is_named(auth0):
    made = auth0.tenant.add_client("Amundsen")
    options = {"client_id": made["client_id"], "description": "x"}
    auth0.client(check=True, **options)
    (lock,) = (auth0.home / ".ansible/locks").iterdir()
    assert lock.parent.stat().st_mode & 0o777 == 0o700
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        run = auth0.client(deadline=1, **options)
    assert run.failed
    assert "longer than the deadline of 1 s" in run.message
    assert auth0.writes() == []
    assert auth0.client(**options)["changed"]


def test_home_that_cannot_be_written(auth0, tmp_path):
    (tmp_path / "file").write_text("")
    auth0.environment["HOME"] = str(tmp_path / "file")
    run = auth0.client(name="Amundsen")
    assert run.failed
    assert "Set HOME" in run.message
