"""The role as a user runs it: the playbook, its screen, its report."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from ansible_collections.datacatalog.amundsen.plugins.module_utils._checks import checks_of
from world import PASSWORD, USER

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def verify(world, tmp_path):
    """Return a function that runs playbooks/verify.yml on `world` and returns exit code, screen and report."""

    def run(*arguments: str, **variables: object) -> tuple[int, str, dict | None]:
        given = {
            "amundsen_public_url": world.url,
            "amundsen_auth0_domain": f"localhost:{world.provider.port}",
            "amundsen_verify_username": USER,
            "amundsen_verify_password": PASSWORD,
            "amundsen_verify_address": "127.0.0.1",
            "amundsen_verify_report_dir": str(tmp_path / "report"),
            "amundsen_ca_file": str(world.ca),
            "amundsen_tls": "files",
            "amundsen_http_port": 9,
            "amundsen_verify_inside": False,
            **variables,
        }
        settings = tmp_path / "settings.json"
        settings.write_text(json.dumps(given))
        inventory = tmp_path / "inventory"
        inventory.write_text("[amundsen]\ncatalog ansible_connection=local ansible_python_interpreter='{{ ansible_playbook_python }}'\n")
        command = [PROJECT / ".venv/bin/ansible-playbook", "-i", inventory, "-e", f"@{settings}", *arguments, "playbooks/verify.yml"]
        done = subprocess.run(command, cwd=PROJECT, env=os.environ | {"ANSIBLE_NOCOLOR": "1"}, capture_output=True, text=True, check=False)
        report = tmp_path / "report" / "report.json"
        return done.returncode, done.stdout + done.stderr, json.loads(report.read_text()) if report.exists() else None

    return run


def unfolded(screen: str) -> str:
    """Return the screen without the line breaks that the callback makes in long lines."""
    return " ".join(screen.split())


def test_all_right(verify, world, tmp_path):
    code, screen, report = verify("-vvv", "--diff")
    assert code == 0, screen
    assert "changed=0" in screen and "A user can log in, and nobody gets in without a login." in unfolded(screen)
    files = {path.name: path.read_text() for path in (tmp_path / "report").iterdir()}
    assert set(files) == {"report.html", "report.json", "report.xml"}
    assert not [text for text in (screen, *files.values()) if PASSWORD in text]
    assert len(report["chain"]) >= 7 and files["report.html"].count('<g class="step ') == len(report["chain"])
    assert report["url"] == world.url
    assert datetime.fromisoformat(report["generated_at"]).utcoffset().total_seconds() == 0
    # No management login of Auth0 is given, and the inside is turned off.
    skipped = {check["id"] for check in report["checks"] if check["status"] != "pass"}
    assert skipped == {*checks_of("The application at the provider"), "anonymous_routes", "ports"}
    assert all(set(check) >= {"id", "title", "status", "detail", "fix"} for check in report["checks"])


def test_a_failed_check_fails_the_play_and_comes_first(verify, world):
    world.faults.add("bearer_header")
    code, screen, report = verify()
    assert code == 2
    assert report["checks"][0]["id"] == "bearer_header" and report["checks"][0]["status"] == "fail"
    assert [check["status"] for check in report["checks"]].count("fail") == 1
    assert "FAIL A forged bearer token in the header is refused" in unfolded(screen)
    assert "Use the guard of role oidc" in unfolded(screen)


def test_without_a_user_the_login_is_said_to_be_unproven(verify):
    code, screen, report = verify(amundsen_verify_username="", amundsen_verify_password="")
    assert code == 0, screen
    assert "THE LOGIN IS NOT PROVEN" in unfolded(screen)
    skipped = {check["id"]: check["fix"] for check in report["checks"] if check["status"] == "skip"}
    assert "amundsen_verify_username" in skipped["login"]
    assert set(skipped) == {*checks_of("A login", "The application at the provider"), "anonymous_routes", "ports"}


def test_check_mode_before_anything_is_deployed(verify):
    nowhere = {"amundsen_public_url": "https://catalog.test:9", "amundsen_auth0_domain": "localhost:9"}
    code, screen, report = verify("--check", **nowhere)
    assert code == 0, screen
    assert report is None
    assert "nothing is deployed yet" in unfolded(screen)  # "not_deployed"
    assert "Nothing was checked" in unfolded(screen) and "changed=0" in screen
    assert verify(**nowhere)[0] == 2
