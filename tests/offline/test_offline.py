"""An installation out of the bundle, with no network at all: a real one, with an engine of its own and a login."""

from __future__ import annotations

import json
import re


def test_one_that_another_signed_is_refused_before_anything_is_changed(controller):
    said = controller.play("demo", "-e", "amundsen_bundle_public_key=/srv/keys/another.pem", check=False)
    assert "was not signed by the partner of amundsen_bundle_public_key /srv/keys/another.pem" in " ".join(said.split()), said[-3000:]
    assert controller.run("command -v docker || echo none; ls -d /opt/amundsen* || echo none").split() == ["none", "none"]


def test_the_catalog_is_up_and_a_user_logs_in(offline):
    report = json.loads(offline.run("cat /root/demo/report/report.json"))
    results = {check["id"]: check["status"] for check in report["checks"]}
    assert len(results) >= 20
    assert results["login"] == results["login_user"] == results["anonymous_home"] == "pass"
    assert "fail" not in results.values(), results


def test_nothing_asked_for_the_network(offline):
    assert offline.sent() == 0


def test_the_counter_would_have_told(offline):
    before = offline.sent()
    offline.run("python3 -c 'import socket; s = socket.socket(); s.settimeout(1); s.connect((\"198.51.100.7\", 443))'", check=False)
    assert offline.sent() > before


def test_a_second_run_changes_nothing(offline):
    said = offline.play("demo")
    assert set(re.findall(r"changed=(\d+)", said)) == {"0"}, said[-3000:]
