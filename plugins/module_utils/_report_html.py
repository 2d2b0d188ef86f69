# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one HTML page that needs nothing else. No I/O."""

from __future__ import annotations

from itertools import groupby
from urllib.parse import urlsplit

from ansible_collections.datacatalog.amundsen.plugins.module_utils._report import Report, by_reason, verdict
from ansible_collections.datacatalog.amundsen.plugins.module_utils._report_chain import picture

__all__ = ["page"]


def page(report: Report, templates: dict[str, str]) -> str:
    """Return the page; `templates` maps names to Jinja2 texts, and report.html.j2 is the one to begin with."""
    from jinja2 import DictLoader, Environment, StrictUndefined

    environment = Environment(loader=DictLoader(templates), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    state, sentence = verdict(report.checks)
    return environment.get_template("report.html.j2").render(
        url=report.url,
        host=urlsplit(report.url).netloc or report.url,
        time=report.generated_at,
        state=state,
        verdict=sentence,
        failed=report.of("fail"),
        skipped=by_reason(report.of("skip")),
        skipped_count=len(report.of("skip")),
        passed=[(heading, list(checks)) for heading, checks in groupby(report.of("pass"), key=lambda check: check["group"])],
        passed_count=len(report.of("pass")),
        login=next((check for check in report.checks if check["id"] == "login"), None),
        chain=picture(report.url, report.chain),
    )
