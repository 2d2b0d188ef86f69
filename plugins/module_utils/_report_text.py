# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as a table on a screen. No I/O."""

from __future__ import annotations

from itertools import zip_longest
from textwrap import wrap

from ansible_collections.datacatalog.amundsen.plugins.module_utils._report import Report, by_reason

__all__ = ["WIDTH", "table"]

# Ansible's default callback sets the text in by 8; together they fit in a terminal of 100 columns.
WIDTH = 92
_MARGIN = " " * 8
_CHECK = 46
_SEEN = WIDTH - len(_MARGIN) - _CHECK - 2


def table(report: Report) -> str:
    """Return the checks as lines of at most `WIDTH` characters: failures first, with all that was seen, why and what to do.

    What was seen of a check that passed is cut off where it is long; the files have it all.
    """
    parts = [_block("FAIL", [check]) for check in report.of("fail")]
    parts += [_block("skip", checks) for checks in by_reason(report.of("skip"))]
    if passed := report.of("pass"):
        parts.append([f"STATUS  {'CHECK':{_CHECK}}  SEEN", *_passed(passed)])
    return "\n\n".join("\n".join(lines) for lines in parts)


def _block(status: str, checks: list[dict[str, str]]) -> list[str]:
    lines = [_MARGIN + check["title"] for check in checks]
    lines[0] = f"{status:{len(_MARGIN)}}{lines[0].lstrip()}"
    for word, text in (("seen", checks[0]["seen"]), ("why", checks[0]["why"]), ("do", checks[0]["fix"])):
        lines += wrap(text, WIDTH, initial_indent=f"{_MARGIN}{word:6}", subsequent_indent=_MARGIN + " " * 6, break_on_hyphens=False)
    return lines


def _passed(checks: list[dict[str, str]]) -> list[str]:
    lines, heading = [], ""
    for check in checks:
        if check["group"] != heading:
            heading = check["group"]
            lines += ["", f"{_MARGIN}{heading.upper()}"]
        titles = wrap(check["title"], _CHECK, subsequent_indent="  ")
        seen = _cut(wrap(check["seen"].replace("https://", ""), _SEEN, break_on_hyphens=False), len(titles))
        lines += [f"{status:{len(_MARGIN)}}{title:{_CHECK}}  {words}".rstrip() for status, title, words in zip_longest(["pass"], titles, seen, fillvalue="")]
    return lines


def _cut(lines: list[str], most: int) -> list[str]:
    return lines if len(lines) <= most else [*lines[: most - 1], f"{lines[most - 1][: _SEEN - 4]} ..."]
