# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/security.md claims has a test."""

from __future__ import annotations

import re
from pathlib import Path

from house import ROOT


def test_each_test_that_the_security_page_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "security.md").read_text(encoding="utf-8")))
    here = Path(__file__).parent
    files = {*here.glob("test_*.py"), *(ROOT / "tests" / "unit" / "guard").glob("test_*.py")}
    there = {path: set(re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)) for path in files}
    attacks = there[here / "test_attacks.py"]
    assert named - set().union(*there.values()) == set(), "no such test"
    assert attacks - named == {"test_what_is_open_says_nothing"}, "an attack that the page does not list"
