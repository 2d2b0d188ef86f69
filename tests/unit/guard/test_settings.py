# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unsafe settings are refused, all named at once; tests/guard/test_start.py shows that the frontend ends with them."""

from __future__ import annotations

import pytest
from amundsen_guard.settings import SettingsError, load

KEY = "kG0m2vQz81LxT5rYb7WnUe93HsAdPfJc"
PUBLIC_KEY = "!-flask-oidc-secret-key"  # flaskoidc's default


@pytest.fixture
def least(tmp_path):
    """The least that is needed."""
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
    return str(caught.value).splitlines()[1:]


def test_the_least_that_is_needed(least):
    settings = load(least)
    assert settings.redirect_uri == "https://catalog.amundsen.test/authorization-code/callback"
    assert settings.client_secret == "hush-hush"
    assert not settings.api_tokens
    assert not any(secret in repr(settings) for secret in ("hush", KEY, "mysql"))


def test_a_port_and_a_slash_in_the_public_url(least):
    assert load(least | {"AMUNDSEN_PUBLIC_URL": "https://catalog.test:8443/"}).signed_out_uri == "https://catalog.test:8443/signed-out"


URLS = ["", "http://catalog.test", "catalog.test", "https://", "https://catalog.test/path", "https://catalog.test?x", "https://a@catalog.test"]
URLS += ["https://[::1", "https://catalog.test:x", "https://catalog.test:99999", "https://catalog test", "https://catalog.test\n", "https://catälog.test"]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        *(("AMUNDSEN_PUBLIC_URL", url, "has to be https:// and a host") for url in URLS),
        ("FLASK_OIDC_CONFIG_URL", "", "discovery document"),
        ("FLASK_OIDC_CONFIG_URL", "http://p.example/x", "discovery document"),
        ("FLASK_OIDC_CLIENT_ID", "", "nobody can log in"),
        ("FLASK_OIDC_CLIENT_ID", " ", "nobody can log in"),
        ("FLASK_OIDC_SCOPES", "email", "without openid"),
        ("FLASK_OIDC_REDIRECT_URI", "callback", "path of its own"),
        ("FLASK_OIDC_REDIRECT_URI", "/login", "path of its own"),
        ("FLASK_OIDC_REDIRECT_URI", "https://catalog.test/callback", "path of its own"),
        ("FLASK_OIDC_SECRET_KEY_FILE", "", "is not set"),
        ("FLASK_OIDC_CLIENT_SECRET_FILE", "", "is not set"),
        ("FLASK_OIDC_CLIENT_SECRET_FILE", "/nowhere", "/nowhere, which cannot be read"),
        ("FLASK_OIDC_CLIENT_SECRET_FILE", "/dev/null", "is empty"),
        ("SQLALCHEMY_DATABASE_URI_FILE", "", "is not set"),
        ("AMUNDSEN_CA_FILE", "/nowhere", "/nowhere, which cannot be read"),
        ("AMUNDSEN_CA_FILE", "/dev/null", "no certificate"),
        ("AMUNDSEN_ALLOWED_CLAIM", "groups=data", "not of the form"),
        ("AMUNDSEN_ALLOWED_CLAIM", '{"name": "groups", "values": []}', "not of the form"),
        ("AMUNDSEN_API_TOKENS", "true", "AMUNDSEN_API_AUDIENCE is empty"),
    ],
)
def test_one_bad_setting_is_named(least, name, value, words):
    (problem,) = problems(least | {name: value})
    assert problem.startswith(f"- {name}")
    assert words in problem


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (PUBLIC_KEY, "public default"),
        ("short", "has 5 characters"),
        ("kG0m2vQz81LxT5rYb7WnUe93HsAdPfJ", "has 31 characters"),
        ("ab" * 32, "only 2 different characters"),
        ("", "is empty"),
        (" \n", "is empty"),
    ],
)
def test_a_bad_session_key_is_named(least, tmp_path, key, words):
    (tmp_path / "FLASK_OIDC_SECRET_KEY").write_text(key)
    (problem,) = problems(least)
    assert words in problem
    assert key.strip() not in problem or not key.strip()


def test_all_problems_at_once(least):
    found = problems(least | {"AMUNDSEN_PUBLIC_URL": "http://x", "FLASK_OIDC_CLIENT_ID": "", "FLASK_OIDC_CONFIG_URL": ""})
    assert [problem.split()[1] for problem in found] == ["AMUNDSEN_PUBLIC_URL", "FLASK_OIDC_CONFIG_URL", "FLASK_OIDC_CLIENT_ID"]
