# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unsafe settings stop the start, all named at once."""

from __future__ import annotations

import pytest
from amundsen_guard.settings import SettingsError, load

KEY = "kG0m2vQz81LxT5rYb7WnUe93HsAdPfJc"


@pytest.fixture
def good(tmp_path):
    secrets = {"FLASK_OIDC_CLIENT_SECRET": "hush-hush", "FLASK_OIDC_SECRET_KEY": KEY, "SQLALCHEMY_DATABASE_URI": "mysql+pymysql://u:hush@db/sessions"}
    for name, value in secrets.items():
        (tmp_path / name).write_text(f"{value}\n")
    return {
        "AMUNDSEN_PUBLIC_URL": "https://catalog.amundsen.test",
        "FLASK_OIDC_CONFIG_URL": "https://provider.example/.well-known/openid-configuration",
        "FLASK_OIDC_CLIENT_ID": "id",
        **{f"{name}_FILE": str(tmp_path / name) for name in secrets},
    }


def problems(values):
    with pytest.raises(SettingsError) as caught:
        load(values)
    return str(caught.value)


def test_good_settings(good):
    settings = load(good)
    assert settings.redirect_uri == "https://catalog.amundsen.test/authorization-code/callback"
    assert "hush" not in repr(settings)
    assert KEY not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("AMUNDSEN_PUBLIC_URL", "http://catalog.example", "has to be https://"),
        ("AMUNDSEN_PUBLIC_URL", "", "has to be https://"),
        ("AMUNDSEN_PUBLIC_URL", "https://", "has to be https://"),
        ("AMUNDSEN_PUBLIC_URL", "https://c.example/path", "has to be https://"),
        ("AMUNDSEN_PUBLIC_URL", "https://c.example?x", "has to be https://"),
        ("AMUNDSEN_PUBLIC_URL", "https://user@c.example", "has to be https://"),
        ("AMUNDSEN_PUBLIC_URL", "https://c.example:port", "has to be https://"),
        ("FLASK_OIDC_CONFIG_URL", "", "discovery document"),
        ("FLASK_OIDC_CONFIG_URL", "http://p.example/x", "discovery document"),
        ("FLASK_OIDC_CLIENT_ID", " ", "nobody can log in"),
        ("FLASK_OIDC_SCOPES", "email", "openid"),
        ("FLASK_OIDC_REDIRECT_URI", "callback", "path of its own"),
        ("FLASK_OIDC_REDIRECT_URI", "/login", "path of its own"),
        ("FLASK_OIDC_SECRET_KEY_FILE", "", "FLASK_OIDC_SECRET_KEY_FILE is not set"),
        ("FLASK_OIDC_CLIENT_SECRET_FILE", "/nowhere", "/nowhere, which cannot be read"),
        ("FLASK_OIDC_CLIENT_SECRET_FILE", "/dev/null", "is empty"),
        ("SQLALCHEMY_DATABASE_URI_FILE", "", "SQLALCHEMY_DATABASE_URI_FILE is not set"),
        ("AMUNDSEN_CA_FILE", "/nowhere", "/nowhere, which cannot be read"),
        ("AMUNDSEN_CA_FILE", "/dev/null", "no certificate"),
        ("AMUNDSEN_ALLOWED_CLAIM", "groups", "AMUNDSEN_ALLOWED_CLAIM"),
        ("AMUNDSEN_ALLOWED_CLAIM", '{"name": "groups", "values": []}', "AMUNDSEN_ALLOWED_CLAIM"),
        ("AMUNDSEN_API_TOKENS", "true", "AMUNDSEN_API_AUDIENCE is empty"),
    ],
)
def test_unsafe_setting(good, name, value, words):
    assert words in problems(good | {name: value})


@pytest.mark.parametrize(
    ("key", "words"), [("!-flask-oidc-secret-key", "public default"), ("short", "can be guessed"), ("a" * 64, "can be guessed"), ("", "is empty")]
)
def test_session_key(good, tmp_path, key, words):
    (tmp_path / "FLASK_OIDC_SECRET_KEY").write_text(key)
    assert words in problems(good)


def test_all_problems_at_once(good):
    text = problems(good | {"AMUNDSEN_PUBLIC_URL": "http://x", "FLASK_OIDC_CLIENT_ID": "", "FLASK_OIDC_CONFIG_URL": ""})
    assert text.count("\n- ") == 3
    assert "hush-hush" not in text
    assert KEY not in text
