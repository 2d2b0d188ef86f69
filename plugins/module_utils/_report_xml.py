# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as JUnit XML, which CI servers read. No I/O."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from ansible_collections.datacatalog.amundsen.plugins.module_utils._report import Report, summary

__all__ = ["junit"]

# XML 1.0, section 2.2: all other characters are not allowed, not even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report) -> str:
    """Return a document with a testcase for each check; a failure tells cause and fix, a skipped one its reason."""
    counts = {"tests": len(report.checks), "failures": len(report.of("fail")), "errors": 0, "skipped": len(report.of("skip"))}
    numbers = {name: str(count) for name, count in counts.items()} | {"time": "0"}
    root = ElementTree.Element("testsuites", {"name": "amundsen verify", **numbers})
    # The format has times without a zone; this one is in UTC.
    suite = ElementTree.SubElement(root, "testsuite", {"name": report.url, "timestamp": f"{report.generated_at:%Y-%m-%dT%H:%M:%S}", **numbers})
    for check in report.checks:
        group = f".{check['group']}" if check["group"] else ""
        case = ElementTree.SubElement(suite, "testcase", {"classname": f"verify{group}", "name": check["title"], "time": "0"})
        text = "\n".join(f"{word}: {check[key]}" for word, key in (("Seen", "seen"), ("Why", "why"), ("What to do", "fix")) if check[key])
        if check["status"] == "fail":
            failure = ElementTree.SubElement(case, "failure", {"type": check["cause"] or check["id"], "message": check["detail"]})
            failure.text = text
        elif check["status"] == "skip":
            skipped = ElementTree.SubElement(case, "skipped", {"message": check["detail"]})
            skipped.text = text
        else:
            ElementTree.SubElement(case, "system-out").text = check["detail"]
    ElementTree.SubElement(suite, "system-out").text = summary(report.url, report.checks)
    for element in root.iter():
        element.text = _NO_XML.sub("?", element.text) if element.text else None
        element.attrib = {name: _NO_XML.sub("?", value) for name, value in element.attrib.items()}
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"
