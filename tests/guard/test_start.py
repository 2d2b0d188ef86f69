# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A frontend that would not be safe ends, and says all that is wrong at once. Each setting: tests/unit/guard/test_settings.py."""

from __future__ import annotations

import pytest
from house import PUBLIC_KEY, Frontend, Place


def ended(frontend: Frontend) -> str:
    """Return what a frontend wrote before it ended by itself."""
    try:
        assert frontend.process.wait(40) != 0
        return frontend.log
    finally:
        frontend.stop()


def test_the_frontend_ends_with_every_problem(place: Place) -> None:
    bad = {
        "AMUNDSEN_PUBLIC_URL": "http://catalog.test",
        "FLASK_OIDC_CLIENT_ID": "",
        "FLASK_OIDC_CONFIG_URL": "",
        "FLASK_OIDC_SECRET_KEY_FILE": place.secret(PUBLIC_KEY),
    }
    log = ended(place.guarded(**bad))
    for problem in ("AMUNDSEN_PUBLIC_URL is 'http://catalog.test'", "FLASK_OIDC_CLIENT_ID is empty", "FLASK_OIDC_CONFIG_URL is ''", "public default"):
        assert problem in log
    assert place.client["client_secret"] not in log and PUBLIC_KEY not in log


@pytest.mark.parametrize("missing", ["APP_WRAPPER", "APP_WRAPPER_CLASS"])
def test_the_frontend_ends_where_it_would_be_open(place: Place, missing: str) -> None:
    """As with the article's .env: Amundsen would start as plain Flask."""
    log = ended(place.guarded(**{missing: "", "FRONTEND_SVC_CONFIG_MODULE_CLASS": "amundsen_application.config.LocalConfig"}))
    assert "Amundsen started without its login guard. Set APP_WRAPPER=amundsen_guard" in log
