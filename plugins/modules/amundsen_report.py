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
    M(datacatalog.amundsen.oidc_login) return, writes C(report.json), C(report.xml) (JUnit) and C(report.html), and returns what to show.
  - Each file is written as a whole or not at all. C(report.html) is one page without scripts that loads nothing, so that it can be mailed.
  - What looks like a code, state, token, password or cookie is replaced by V(***) in all that is written and returned.
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
  chain:
    description: The requests of the test login, as M(datacatalog.amundsen.oidc_login) returns them.
    type: list
    elements: dict
    default: []
  secrets:
    description: Values that must not be in the report, whatever the checks say, for example the test user's password.
    type: list
    elements: str
    default: []
  directory:
    description: Directory for the files. Made if missing.
    type: path
    required: true
  templates:
    description:
      - Directory with the templates of C(report.html), which role P(datacatalog.amundsen.verify#role) brings. Without it that file is not written.
      - Needs Jinja2 where the module runs, as it is where Ansible itself runs.
    type: path
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
    chain: "{{ login.chain }}"
    directory: /var/tmp/amundsen-report
  delegate_to: localhost
  become: false
"""

RETURN = r"""
files:
  description: The files.
  type: list
  elements: str
  returned: always
  sample: [/var/tmp/amundsen-report/report.json, /var/tmp/amundsen-report/report.xml]
screen:
  description: A table of the checks, failures first, and the summary; in lines for a terminal of 100 columns.
  type: str
  returned: always
summary:
  description: The numbers, and what they prove.
  type: str
  returned: always
failed_checks:
  description: The titles of the checks that failed.
  type: list
  elements: str
  returned: always
"""

import json
import os
import tempfile
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.datacatalog.amundsen.plugins.module_utils._report import Report, as_json, gather, summary
from ansible_collections.datacatalog.amundsen.plugins.module_utils._report_html import page
from ansible_collections.datacatalog.amundsen.plugins.module_utils._report_text import table
from ansible_collections.datacatalog.amundsen.plugins.module_utils._report_xml import junit


def html(module: AnsibleModule, report: Report) -> str:
    """Return the HTML page made of the templates that the module was given."""
    if find_spec("jinja2") is None:
        module.fail_json(msg=f"{missing_required_lib('jinja2')} Run the module with the interpreter of ansible-playbook: ansible_playbook_python.")
    try:
        templates = {path.name: path.read_text(encoding="utf-8") for path in Path(module.params["templates"]).iterdir()}
    except OSError as error:
        module.fail_json(msg=f"The templates cannot be read: {error}. Name the directory of role verify: templates.")
    return page(report, templates)


def write(module: AnsibleModule, path: str, content: str) -> None:
    """Write `content` to `path`, as a whole or not at all."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=module.tmpdir)
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(content)
        module.atomic_move(temporary, path)
    except OSError as error:
        module.fail_json(msg=f"The report cannot be written: {error}. Choose another directory: amundsen_verify_report_dir.")


def main() -> None:
    """Write the report and return what to show of it."""
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str", "required": True},
            "checks": {"type": "list", "elements": "dict", "required": True},
            "chain": {"type": "list", "elements": "dict", "default": []},
            "secrets": {"type": "list", "elements": "str", "default": [], "no_log": True},
            "directory": {"type": "path", "required": True},
            "templates": {"type": "path"},
        },
        supports_check_mode=True,
    )
    given = module.params
    report = gather(given["url"], datetime.now(UTC), given["checks"], given["chain"], given["secrets"])
    contents = {"report.json": json.dumps(as_json(report), indent=2, ensure_ascii=False) + "\n", "report.xml": junit(report)}
    if given["templates"]:
        contents["report.html"] = html(module, report)
    paths = {name: os.path.join(given["directory"], name) for name in contents}
    proven = summary(report.url, report.checks)
    screen = [table(report), proven]
    if not module.check_mode:
        for name, content in contents.items():
            write(module, paths[name], content)
        screen.insert(1, f"All of it is in {', '.join(sorted(contents))} in {given['directory']}")
    module.exit_json(
        files=list(paths.values()),
        screen="\n\n".join(screen),
        summary=proven,
        failed_checks=[check["title"] for check in report.of("fail")],
    )


if __name__ == "__main__":
    main()
