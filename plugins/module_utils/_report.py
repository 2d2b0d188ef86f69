# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a verification: what is in it, in which order, and what it proves. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.datacatalog.amundsen.plugins.module_utils._checks import TITLES, checks_of
from ansible_collections.datacatalog.amundsen.plugins.module_utils._report_mask import masked

__all__ = ["Report", "as_json", "by_reason", "gather", "ordered", "summary", "verdict"]

KEYS = ("id", "group", "title", "status", "cause", "detail", "seen", "why", "fix")
_ORDER = {"fail": 0, "skip": 1, "pass": 2}
# The routes are asked one by one only where their list could be read.
_NOBODY = set(checks_of("Nobody without a login")) - {"anonymous_routes"}
_PLACE = {check: place for place, check in enumerate(TITLES)}


@dataclass(frozen=True)
class Report:
    """What all outputs are made of; no secret is in it.

    ``generated_at`` is in UTC. ``checks`` are in the report's order, each with all of id, title, status, detail,
    seen, why, fix, cause and group, "" where there is nothing to say. ``chain`` is the test login's way.
    """

    url: str
    generated_at: datetime
    checks: list[dict[str, str]]
    chain: list[dict[str, Any]]

    def of(self, status: str) -> list[dict[str, str]]:
        """Return the checks with this status."""
        return [check for check in self.checks if check["status"] == status]


def gather(url: str, generated_at: datetime, checks: list[dict[str, Any]], chain: list[dict[str, Any]], secrets: Iterable[str] = ()) -> Report:
    """Make the report of what modules returned, without secrets; `secrets` are values that are known to be some."""
    url, checks, chain = masked([url, checks, chain], tuple(secrets))
    return Report(url, generated_at, [_whole(check) for check in ordered(checks)], chain)


def ordered(checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the checks, failures first, then what was skipped, else in the order of the check table; groups stay together."""
    checks = sorted(checks, key=lambda check: _PLACE.get(check["id"], len(_PLACE)))
    groups = list(dict.fromkeys(check.get("group") for check in checks))
    return sorted(checks, key=lambda check: (_ORDER[check["status"]], groups.index(check.get("group"))))


def _whole(check: dict[str, Any]) -> dict[str, str]:
    """Return `check` with every key; a detail without its parts is what was seen."""
    parts = {"seen": "", "why": ""} if check.get("seen") or check.get("why") else {"seen": str(check["detail"]), "why": ""}
    return dict.fromkeys(KEYS, "") | parts | {name: str(value) for name, value in check.items() if value}


def as_json(report: Report) -> dict[str, Any]:
    """Return the content of report.json."""
    return {
        "url": report.url,
        "generated_at": f"{report.generated_at:%Y-%m-%dT%H:%M:%SZ}",
        "summary": summary(report.url, report.checks),
        "checks": [{name: check[name] for name in KEYS} for check in report.checks],
        "chain": report.chain,
    }


def by_reason(checks: list[dict[str, str]]) -> list[list[dict[str, str]]]:
    """Return skipped checks in groups that have one reason."""
    groups: dict[str, list[dict[str, str]]] = {}
    for check in checks:
        groups.setdefault(check["detail"], []).append(check)
    return list(groups.values())


def verdict(checks: list[dict[str, str]]) -> tuple[str, str]:
    """Return what the checks prove: pass, fail or skip (not proven), and a sentence."""
    statuses = {check["status"] for check in checks}
    login = next((check["status"] for check in checks if check["id"] == "login"), "skip")
    if not statuses & {"pass", "fail"}:
        return "skip", "Nothing was checked."
    if "fail" in statuses:
        return "fail", "Do not let users in before the failures are mended."
    if login == "pass":
        return "pass", "A user can log in, and nobody gets in without a login."
    nobody = [check["status"] for check in checks if check["id"] in _NOBODY]
    if not nobody or "skip" in nobody:
        return "skip", "NEITHER THE LOGIN NOR THAT NOBODY GETS IN WITHOUT ONE IS PROVEN."
    return "skip", "Nobody gets in without a login, but THE LOGIN IS NOT PROVEN."


def summary(url: str, checks: list[dict[str, str]]) -> str:
    """Return one line: the numbers, and what they prove."""
    count = Counter(check["status"] for check in checks)
    return f"{url} - {count['pass']} passed, {count['fail']} failed, {count['skip']} skipped. {verdict(checks)[1]}"
