# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a verification: its order, its lines on the screen, its summary. No I/O."""

from __future__ import annotations

from collections import Counter

from ansible_collections.datacatalog.amundsen.plugins.module_utils._checks import TITLES

__all__ = ["REPORT_KEYS", "lines", "ordered", "report", "summary"]

REPORT_KEYS = ("id", "title", "status", "detail", "fix")
_ORDER = {"fail": 0, "skip": 1, "pass": 2}
_PLACE = {check: place for place, check in enumerate(TITLES)}


def ordered(checks: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return the checks, failures first, then what was skipped, else in the order of the check table."""
    return sorted(checks, key=lambda check: (_ORDER[check["status"]], _PLACE.get(check["id"], len(_PLACE))))


def report(url: str, generated_at: str, checks: list[dict[str, str]]) -> dict[str, object]:
    """Return the content of report.json; `generated_at` is ISO 8601 in UTC."""
    kept = [{key: check[key] for key in REPORT_KEYS} for check in ordered(checks)]
    return {"url": url, "generated_at": generated_at, "checks": kept}


def lines(checks: list[dict[str, str]]) -> list[str]:
    """Return a line for each check, with what to do behind it unless it passed.

    Checks that were skipped for one reason share a line. No ": ", which YAML would quote.
    """
    groups: dict[str, list[dict[str, str]]] = {}
    for check in ordered(checks):
        groups.setdefault(check["detail"] if check["status"] == "skip" else check["id"], []).append(check)
    return [_line(group) for group in groups.values()]


def _line(group: list[dict[str, str]]) -> str:
    first = group[0]
    titles = "; ".join(check["title"] for check in group)
    parts = (f"{first['status'].upper()}  {titles}", first["detail"], first["fix"])
    return " - ".join(part for part in parts if part).replace(": ", ", ")


def summary(url: str, checks: list[dict[str, str]]) -> str:
    """Return one line: the numbers, and what they prove."""
    count = Counter(check["status"] for check in checks)
    numbers = f"{url} - {count['pass']} passed, {count['fail']} failed, {count['skip']} skipped."
    login = next((check["status"] for check in checks if check["id"] == "login"), "skip")
    if not count["pass"] and not count["fail"]:
        return f"{numbers} Nothing was checked."
    if count["fail"]:
        return f"{numbers} Do not let users in before the failures are mended."
    if login == "pass":
        return f"{numbers} A user can log in, and nobody gets in without a login."
    anonymous = [check["status"] for check in checks if check["id"].startswith(("anonymous", "bearer", "session"))]
    if not anonymous or "skip" in anonymous:
        return f"{numbers} NEITHER THE LOGIN NOR THAT NOBODY GETS IN WITHOUT ONE IS PROVEN."
    return f"{numbers} Nobody gets in without a login, but THE LOGIN IS NOT PROVEN."
