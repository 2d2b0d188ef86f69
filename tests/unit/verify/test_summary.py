"""The summary claims no more than the checks prove."""

from __future__ import annotations

import pytest
from ansible_collections.datacatalog.amundsen.plugins.module_utils import _report


def check(name: str, status: str) -> dict[str, str]:
    return {"id": name, "title": name, "status": status, "detail": "", "fix": ""}


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        ({"login": "pass", "anonymous_home": "pass"}, "A user can log in, and nobody gets in without a login."),
        ({"login": "skip", "anonymous_home": "pass", "bearer_header": "pass"}, "but THE LOGIN IS NOT PROVEN."),
        ({"login": "skip", "anonymous_home": "skip", "discovery": "pass"}, "NEITHER THE LOGIN NOR"),
        ({"login": "skip", "discovery": "pass"}, "NEITHER THE LOGIN NOR"),
        ({"login": "pass", "anonymous_home": "fail"}, "Do not let users in"),
    ],
)
def test_what_was_not_tried_is_not_claimed(checks, words):
    assert words in _report.summary("https://c", [check(name, status) for name, status in checks.items()])
