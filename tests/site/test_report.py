"""What the deployment proved, and that a rerun changes nothing."""

from __future__ import annotations

import json
import re

from conftest import PROJECT


def test_every_check_passed_and_none_was_skipped(site):
    report = json.loads((site.output / "report/report.json").read_text())
    assert report["url"] == site.access["url"]
    assert len(report["checks"]) >= 8
    assert {check["status"] for check in report["checks"]} == {"pass"}, report


def test_the_report_is_there_for_each_reader_and_holds_no_secret(site):
    files = {path.name: path.read_text() for path in (site.output / "report").iterdir()}
    assert set(files) == {"report.html", "report.json", "report.xml"}
    for name, text in files.items():
        assert site.access["url"] in text and "The test user logs in" in text
        assert not [secret for secret, value in site.secrets().items() if value in text], name
        # The login's codes and states are new each time, so they are known by where they stand.
        assert set(re.findall(r"[?&;](?:code|state|nonce|id_token_hint)=([^&'\"<\s:]*)", text.replace("&amp;", "&"))) <= {"***"}, name
    assert "/authorization-code/callback?code=***" in files["report.json"]
    assert files["report.html"].count('<g class="step ') == len(json.loads(files["report.json"])["chain"]) >= 7


def test_the_demo_ends_with_where_the_report_is(site):
    _output, _, ending = (site.logs / "again.log").read_text().partition("\ndemo up:")
    for name in ("report.html", "report.json"):
        assert str((site.output / "report" / name).relative_to(PROJECT)) in ending


def test_the_second_run_changed_nothing(site):
    recap = re.findall(r"changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", (site.logs / "again.log").read_text())
    assert recap == [("0", "0", "0")]


def test_check_mode_before_the_deployment_told_of_changes(site):
    (recap,) = re.findall(r"changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", (site.logs / "bare-check.txt").read_text())
    assert int(recap[0]) >= 8 and recap[1:] == ("0", "0")


def test_the_interrupted_run_was_cut_off(site):
    assert "PLAY RECAP" not in (site.logs / "interrupted.txt").read_text()


def test_check_mode_on_a_running_site_reports_no_change(site):
    recap = re.findall(r"changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", (site.logs / "check.txt").read_text())
    assert recap == [("0", "0", "0")]
