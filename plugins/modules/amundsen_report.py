#!/usr/bin/python
# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the checks of a verification into a report."""

from __future__ import annotations

DOCUMENTATION = r"""
module: amundsen_report
short_description: Write the report of a verification
version_added: 0.1.0
description:
  - Takes the checks that M(datacatalog.amundsen.oidc_discovery_info), M(datacatalog.amundsen.amundsen_probe) and
    M(datacatalog.amundsen.oidc_login) return, writes C(report.json), and returns what to show.
  - A report is an observation with a time in it, not configuration, so RV(ignore:changed) is always false.
author:
  - The datacatalog.amundsen authors (@datacatalog)
options:
  url:
    description: Public address of the catalog.
    type: str
    required: true
  checks:
    description: The checks.
    type: list
    elements: dict
    required: true
  directory:
    description: Directory for C(report.json). Made if missing.
    type: path
    required: true
attributes:
  check_mode:
    description: Nothing is written; the return values are the same.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
"""

EXAMPLES = r"""
- name: Write the report
  datacatalog.amundsen.amundsen_report:
    url: https://catalog.example.com
    checks: "{{ discovery.checks + probe.checks + login.checks }}"
    directory: /var/tmp/amundsen-report
  delegate_to: localhost
  become: false
"""

RETURN = r"""
path:
  description: The file.
  type: str
  returned: always
lines:
  description: One line per check, failures first.
  type: list
  elements: str
  returned: always
summary:
  description: The numbers, and what they prove.
  type: str
  returned: always
failed_checks:
  description: The lines of the checks that failed.
  type: list
  elements: str
  returned: always
"""

import json
import os
import tempfile
from datetime import UTC, datetime

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.datacatalog.amundsen.plugins.module_utils._report import lines, report, summary


def write(module: AnsibleModule, path: str, content: dict[str, object]) -> None:
    """Write `content` as JSON to `path`, as a whole or not at all."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=module.tmpdir)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
        os.chmod(temporary, 0o644)
        module.atomic_move(temporary, path)
    except OSError as error:
        module.fail_json(msg=f"The report cannot be written: {error}. Choose another directory: amundsen_verify_report_dir.")


def main() -> None:
    """Write the report and return its lines."""
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str", "required": True},
            "checks": {"type": "list", "elements": "dict", "required": True},
            "directory": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    url, checks = module.params["url"], module.params["checks"]
    path = os.path.join(module.params["directory"], "report.json")
    if not module.check_mode:
        write(module, path, report(url, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", checks))
    module.exit_json(
        path=path,
        lines=lines(checks),
        summary=summary(url, checks),
        failed_checks=lines([check for check in checks if check["status"] == "fail"]),
    )


if __name__ == "__main__":
    main()
