# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The UI's own settings reach Amundsen's page before its own scripts, and only behind the login."""

from __future__ import annotations

import re

from conftest import UI_SCRIPT
from house import VENVS, Person, Place


def test_the_page_reads_the_settings_first(person: Person) -> None:
    page = person.log_in("ann@corp.test")
    scripts = re.findall(r'<script[^>]*\bsrc="([^"]+)"', page.text)
    assert re.fullmatch(r"/config-external\.js\?[0-9a-f]{12}", scripts[0]), scripts
    answer = person.ask(scripts[0])
    assert (answer.status_code, answer.text) == (200, UI_SCRIPT)
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Cache-Control"] == "private, max-age=86400"


def test_nobody_reads_them_without_a_login(person: Person) -> None:
    assert person.ask("/config-external.js").status_code in (302, 401)


def test_the_ui_of_a_release_takes_them(place: Place) -> None:
    """Upstream's later versions do so by themselves."""
    if place.source == "release":
        (bundle,) = (VENVS / "release").glob("lib/python3*/site-packages/amundsen_application/static/dist/main.*.js")
        assert bundle.read_text(encoding="utf-8").count(",globalThis.configExternal);function ") == 1
