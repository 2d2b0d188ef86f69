"""The report's four outputs: all that was found is in them, and no secret."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from ansible_collections.datacatalog.amundsen.plugins.module_utils import _checks, _report, _report_html, _report_mask, _report_text, _report_xml
from page import Page

PROJECT = Path(__file__).resolve().parents[3]
TEMPLATES = PROJECT / "roles/verify/templates"
URL = "https://catalog.example.com"
AT = datetime(2026, 11, 24, 9, 5, 7, tzinfo=UTC)

PASSED = _checks.passed("reachable", "catalog.example.com answers 302 - Found")
FAILED = _checks.failed("bearer_accepted", "/ answers 200 OK - to a forgery", "bearer_header")
NO_USER = _checks.skipped("no_test_user")
SKIPPED = [_checks.skipped("not_logged_in", check=name) for name in ("login_user", "search")]
ALL = [PASSED, *SKIPPED, FAILED, NO_USER]


def chain(steps: int) -> list[dict[str, object]]:
    """Return a login of as many steps, of which every third is at the catalog."""
    hosts = [URL, "https://acme.eu.auth0.com", "https://acme.eu.auth0.com"]
    asked = f"/authorize/resume?client_id=abcdefghijklmnopqrstuvwxyz0123456789&redirect_uri={URL}/callback&state=***"
    way = [{"method": "GET", "url": hosts[number % 3] + asked, "status": 302, "location": hosts[(number + 1) % 3] + asked} for number in range(steps)]
    if way:
        way[-1] |= {"status": 200, "location": ""}
    return way


def report(checks=ALL, steps=4, secrets=()):
    return _report.gather(URL, AT, checks, chain(steps), secrets)


def parsed(document: str | bytes) -> ElementTree.Element:
    return ElementTree.fromstring(document)  # noqa: S314 (our own)


def html(given) -> str:
    return _report_html.page(given, {path.name: path.read_text() for path in TEMPLATES.iterdir()})


def outputs(given) -> dict[str, str]:
    """Return everything that a verification leaves."""
    written = {"json": json.dumps(_report.as_json(given), ensure_ascii=False), "xml": _report_xml.junit(given), "html": html(given)}
    return written | {"screen": _report_text.table(given) + _report.summary(given.url, given.checks)}


# What is in it


def test_what_was_seen_is_told_apart_from_the_cause():
    failed, no_user, *_, passed = report().checks
    assert (failed["seen"], failed["why"]) == ("/ answers 200 OK - to a forgery", _checks.CAUSES["bearer_accepted"].why)
    assert (no_user["seen"], no_user["why"]) == ("", _checks.CAUSES["no_test_user"].why)
    assert (passed["seen"], passed["why"]) == ("catalog.example.com answers 302 - Found", "")
    by_another_module = {"id": "other", "title": "Another check", "status": "fail", "detail": "this - that"}
    assert report([by_another_module]).checks[0]["seen"] == "this - that"


def test_failures_come_first_and_groups_stay_together():
    names = ["discovery", "reachable", "discovery_keys", "login"]
    checks = [_checks.passed(name, "x") | {"group": "The provider" if "discovery" in name else ""} for name in names]
    assert [check["id"] for check in _report.ordered([*checks, NO_USER, FAILED])] == [
        "bearer_header",
        "login",
        "discovery",
        "discovery_keys",
        "reachable",
        "login",
    ]


def test_json_keeps_its_keys_and_adds_cause_and_chain():
    content = _report.as_json(report())
    assert (content["url"], content["generated_at"]) == (URL, "2026-11-24T09:05:07Z")
    assert content["checks"][0] == FAILED
    assert content["checks"][-1] == PASSED
    assert content["chain"] == chain(4)


# The screen


def test_the_table_fits_in_a_terminal_and_tells_what_to_do_under_each_failure():
    long = _checks.failed("open", "saw " + "a_very_long_word" * 20, "anonymous_home")
    grouped = [_checks.passed(name, "x" * 200) | {"group": "Without a login"} for name in ("cookies", "redirect_registered")]
    screen = _report_text.table(report([*ALL, long, *grouped]))
    assert max(len(line) for line in screen.splitlines()) <= 100 - 8, "Ansible sets it in by 8"
    words = " ".join(screen.split())
    assert f"FAIL {FAILED['title']} seen / answers 200 OK - to a forgery why {_checks.CAUSES['bearer_accepted'].why} do {FAILED['fix']}" in words
    assert words.count("no login succeeded") == 1, "checks skipped for one reason share it"
    assert re.findall(r"^(FAIL|skip|pass)", screen, re.M) == ["FAIL", "FAIL", "skip", "skip", "pass", "pass", "pass"]
    assert "WITHOUT A LOGIN pass The provider accepts" in words


# JUnit XML


def test_junit_counts_and_tells_causes_and_reasons():
    root = parsed(_report_xml.junit(report()))
    (suite,) = root
    for element in (root, suite):
        assert [element.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["5", "1", "0", "3"]
    assert suite.get("timestamp") == "2026-11-24T09:05:07"
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert len(cases) == 5 and all(case.get("classname") and float(case.get("time")) == 0 for case in cases.values())
    (failure,) = cases[FAILED["title"]]
    assert (failure.tag, failure.get("type"), failure.get("message")) == ("failure", "bearer_accepted", FAILED["detail"])
    assert FAILED["fix"] in failure.text and "/ answers 200 OK - to a forgery" in failure.text
    (skipped,) = cases[NO_USER["title"]]
    assert (skipped.tag, skipped.get("message")) == ("skipped", NO_USER["detail"])
    assert [element.tag for element in cases[PASSED["title"]]] == ["system-out"]


def test_junit_survives_characters_that_xml_has_not():
    bell = _checks.failed("open", "The page says '\x00\x07\x1b[31m\ud800 ü ]]> <b>'", "anonymous_home")
    text = _report_xml.junit(report([bell])).encode("utf-8")
    (failure,) = parsed(text).iter("failure")
    assert "??" in failure.get("message") and "ü ]]> <b>" in failure.text


# The page


def test_the_page_shows_every_check_with_cause_and_fix():
    page = Page(html(report()))
    for check in ALL:
        assert check["title"] in page.words and check["fix"] in page.words
    assert f"Seen / answers 200 OK - to a forgery Cause {_checks.CAUSES['bearer_accepted'].why} bearer_accepted What to do {FAILED['fix']}" in page.words
    assert page.words.count("no login succeeded") == 1
    assert page.words.index(FAILED["title"]) < page.words.index(NO_USER["title"]) < page.words.index(PASSED["title"])
    for words in (URL, "2026-11-24 09:05:07 UTC", "passed 1", "failed 1", "skipped 3", "Do not let users in before the failures are mended."):
        assert words in page.words


@pytest.mark.parametrize(
    ("checks", "verdict"),
    [([_checks.passed("login", "8 steps")], "Proven"), ([FAILED], "Failed"), ([PASSED, NO_USER], "Not proven")],
)
def test_the_verdict_is_in_words_and_in_the_title(checks, verdict):
    text = html(report(checks, steps=0))
    assert f"<title>{verdict}: login at catalog.example.com</title>" in text
    assert f"{verdict} " in Page(text).words


def test_the_page_needs_nothing_and_runs_nothing():
    text = html(report())
    page = Page(text)
    tags = {tag for tag, _attributes in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "form", "base", "a", "use", "foreignobject"}
    attributes = {name for _tag, given in page.elements for name in given}
    assert not [name for name in attributes if name.startswith("on") or name in ("src", "href", "xlink:href", "srcset", "style")]
    assert "url(" not in text and "@import" not in text
    assert {"http-equiv": "Content-Security-Policy", "content": "default-src 'none'; style-src 'unsafe-inline'"} in page.named("meta")


def test_the_page_has_headings_for_those_who_hear_it():
    checks = [*ALL, _checks.passed("login_redirect", "x") | {"group": "The way to the provider"}]
    page = Page(html(report(checks)))
    levels = [level for level, _said in page.headings]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels)), page.headings
    assert (3, "The way to the provider") in page.headings
    assert page.named("html") == [{"lang": "en"}]
    assert page.words.index("The way to the provider") < page.words.index("/login leads to the provider")


def test_everything_is_escaped():
    evil = "</style></svg></title><script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;{{ 7*7 }}"
    checks = [{**check, **dict.fromkeys(("id", "title", "detail", "fix", "cause", "group"), evil)} for check in (PASSED, FAILED, NO_USER)]
    way = [{"method": evil, "url": f"{URL}/{evil}", "status": 200, "location": evil}]
    given = _report.gather(evil, AT, checks, way)
    page = Page(html(given))
    assert not {"script", "img"} & {tag for tag, _attributes in page.elements}
    assert page.words.count(evil) >= 12
    assert parsed(_report_xml.junit(given))[0].get("name") == evil


# The picture


@pytest.mark.parametrize("steps", [1, 4, 15])
def test_the_picture_shows_each_step(steps):
    page = Page(html(report(steps=steps)))
    svg = parsed(page.svg())
    _left, _top, width, height = map(int, svg.get("viewBox").split())
    drawn = [element for element in svg.iter("g") if "step" in element.get("class")]
    assert len(drawn) == steps
    lanes = {element.text: float(element.get("x")) for element in svg.iter("text") if element.get("class") == "name"}
    assert list(lanes) == ["browser", "catalog", "provider"]
    lines = []
    for number, step in enumerate(drawn):
        request, answer = (next(text for text in step.iter("text") if text.get("class") == kind) for kind in ("request", "answer"))
        assert request.text.startswith("GET /authorize/resume?client_id=")
        last = number == steps - 1
        assert answer.text.startswith("200 OK" if last else "302 Found → ")
        lines += [float(text.get("y")) for text in (request, answer)]
        for text in (request, answer):
            # A letter of a monospaced font is three fifths of its size wide, which is 12.
            assert float(text.get("x")) + 7.2 * len(text.text) < lanes["catalog"]
        tip = next(path for path in step.iter("path") if path.get("class") == "tip")
        assert tip.get("d").startswith(f"M{lanes['provider' if number % 3 else 'catalog']:.0f} ")
    assert all(later - earlier >= 20 for earlier, later in pairwise(lines)), "lines of text overlap"
    assert max(lines) < height and max(lanes.values()) + 100 < width


def test_the_picture_is_said_in_words_too():
    page = Page(html(report(steps=15)))
    svg = parsed(page.svg())
    labels = {element.get("id"): element.text for element in svg.iter() if element.tag in ("title", "desc")}
    assert svg.get("role") == "img" and svg.get("aria-labelledby").split() == ["chain-title", "chain-desc"]
    assert "15 steps" in labels["chain-desc"] and "acme.eu.auth0.com" in labels["chain-desc"]
    for step in chain(15):
        assert f"{step['method']} {step['url']}" in page.words


def test_without_a_login_there_is_no_picture():
    page = Page(html(report([NO_USER], steps=0)))
    assert not page.named("svg")
    assert "No test user is given, so the login is not proven. No request was made." in page.words


# Secrets

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhdXRoMHwxIn0.c2lnbmF0dXJl-_x"
SECRETS = {
    "code": ("https://c/cb?code=SplxlOBeZQQYbYS6WxSbIA&state=***", "SplxlOBeZQQYbYS6WxSbIA"),
    "relative code": ("sent to /cb?code=SplxlOBeZQQYbYS6WxSbIA", "SplxlOBeZQQYbYS6WxSbIA"),
    "state": ("to https://c/u/login?state=hKFo2SBfR2x1TjBa.", "hKFo2SBfR2x1TjBa"),
    "unknown parameter": ("https://c/x?whatever=Tr0ub4dor", "Tr0ub4dor"),
    "fragment": ("https://c/x#access_token=Tr0ub4dor", "Tr0ub4dor"),
    "in a nested address": ("https://c/x?redirect_uri=https%3A%2F%2Fd%2Fcb%3Fcode%3DTr0ub4dor", "Tr0ub4dor"),
    "address's user": ("https://user:Tr0ub4dor@c/x", "Tr0ub4dor"),
    "JSON web token": (f"The page says '{TOKEN}'", TOKEN.split(".")[1]),
    "session": ("old cookie .eJwlzjEOwzAIAMC_MHcAG2zIZyLAWO2a.aBcDeF.Zm9vYmFy", "eJwlzjEOwzAIAMC"),
    "bearer": ("Authorization: Bearer abcdefghij0123456789", "abcdefghij0123456789"),
    "bearer in prose": ("it took Bearer abcdefghij0123456789", "abcdefghij0123456789"),
    "basic": ("authorization: Basic YTpi", "YTpi"),
    "set-cookie": ("Set-Cookie: anything=Tr0ub4dor; Secure", "Tr0ub4dor"),
    "cookie": ("Cookie: a=b; c=Tr0ub4dor", "Tr0ub4dor"),
    "host cookie": ("__Host-amundsen=Tr0ub4dor", "Tr0ub4dor"),
    "setting": ("FLASK_OIDC_CLIENT_SECRET=Tr0ub4dor in the env file", "Tr0ub4dor"),
    "session key": ("FLASK_OIDC_SECRET_KEY='Tr0ub4dor and more'", "Tr0ub4dor"),
    "form": ("username=a&password=Tr0ub4dor", "Tr0ub4dor"),
    "answer of a token endpoint": ('{"access_token": "Tr0ub4dor", "expires_in": 3}', "Tr0ub4dor"),
    "private key": ("-----BEGIN RSA PRIVATE KEY-----\nTr0ub4dor\n-----END RSA PRIVATE KEY-----", "Tr0ub4dor"),
    "known": ("The provider says 'Fitting Horse/7 is wrong'", "Fitting Horse/7"),
    "known, encoded": ("The provider says 'Fitting%20Horse%2F7 is wrong'", quote("Fitting Horse/7", safe="")),
}


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_reaches_any_output(name):
    text, secret = SECRETS[name]
    assert secret in text
    checks = [{**check, **{key: f"{check.get(key, '')} {text}" for key in ("title", "detail", "fix", "group", "seen", "why")}} for check in (*ALL, PASSED)]
    way = [{"method": "GET", "url": text, "status": 302, "location": text}, *chain(2)]
    given = _report.gather(f"{URL} {text}", AT, checks, way, ["Fitting Horse/7", ""])
    for output, content in outputs(given).items():
        assert secret not in content, f"in {output}"
        assert FAILED["title"] in content


def test_plain_words_stay_as_they_are():
    texts = [text for cause in _checks.CAUSES.values() for text in (cause.why, cause.fix)] + list(_checks.TITLES.values())
    texts += [
        "session: flags are right",
        "__Host-amundsen: flags are right",
        "The session cookie: Secure is missing",
        "code, RS256, client_secret_basic, scopes openid",
    ]
    texts += ["https://c/authorize?response_type=code&scope=openid+profile&client_id=a, scope openid", "token_endpoint_auth_method=client_secret_basic"]
    assert [text for text in texts if _report_mask.masked(text) != text] == []
    assert _report_mask.masked(chain(15)) == chain(15)


# The module


@pytest.fixture
def write(tmp_path):
    """Return a function that runs the module as Ansible does and returns its answer."""

    def run(check: bool = False, **options: object) -> dict:
        given = {"url": URL, "checks": ALL, "chain": chain(4), "directory": str(tmp_path / "new/report"), "templates": str(TEMPLATES), **options}
        arguments = {**given, "_ansible_check_mode": check, "_ansible_remote_tmp": str(tmp_path)}
        done = subprocess.run(
            [sys.executable, "-m", "ansible_collections.datacatalog.amundsen.plugins.modules.amundsen_report"],
            input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
            env=os.environ | {"PYTHONPATH": str(PROJECT / ".ansible/collections")},
            capture_output=True,
            text=True,
            check=False,
        )
        return json.loads(done.stdout.splitlines()[-1])

    return run


def test_the_module_writes_three_files(write, tmp_path):
    result = write(secrets=["Fitting Horse/7"])
    assert not result.get("failed"), result
    assert result["failed_checks"] == [FAILED["title"]]
    files = {Path(path).name: Path(path) for path in result["files"]}
    assert set(files) == {"report.json", "report.xml", "report.html"} == {path.name for path in (tmp_path / "new/report").iterdir()}
    assert not any(stat.S_IMODE(path.stat().st_mode) & ~0o644 for path in files.values())
    assert json.loads(files["report.json"].read_text())["checks"][0]["cause"] == "bearer_accepted"
    assert FAILED["title"] in Page(files["report.html"].read_text()).words
    assert len(list(parsed(files["report.xml"].read_bytes()).iter("testcase"))) == 5
    *table, where, _empty, last = result["screen"].splitlines()
    assert table and str(tmp_path / "new/report") in where and last == result["summary"]
    assert "Fitting" not in json.dumps(result)


def test_check_mode_writes_nothing(write, tmp_path):
    result = write(check=True)
    assert result["failed_checks"] == [FAILED["title"]] and result["summary"] in result["screen"]
    assert not (tmp_path / "new").exists()


def test_where_nothing_can_be_written_it_says_what_to_do(write, tmp_path):
    (tmp_path / "new").write_text("a file")
    result = write()
    assert result["failed"] and "amundsen_verify_report_dir" in result["msg"]


def test_a_page_that_cannot_be_made_leaves_no_file_at_all(write, tmp_path):
    assert write(templates=str(tmp_path / "nowhere"))["failed"]
    assert not (tmp_path / "new").exists()
