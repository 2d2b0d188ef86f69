# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard does not start where it would not be safe, and says all that is wrong at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from amundsen_guard.settings import Settings, SettingsError, load
from house import PUBLIC_KEY, SESSION_KEY, Frontend, Place


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The least that is needed."""

    def secret(name: str, content: str) -> str:
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return str(path)

    return {
        "AMUNDSEN_PUBLIC_URL": "https://catalog.test",
        "FLASK_OIDC_CONFIG_URL": "https://acme.eu.auth0.com/.well-known/openid-configuration",
        "FLASK_OIDC_CLIENT_ID": "client",
        "FLASK_OIDC_CLIENT_SECRET_FILE": secret("client", "client-secret\n"),
        "FLASK_OIDC_SECRET_KEY_FILE": secret("key", SESSION_KEY),
        "SQLALCHEMY_DATABASE_URI_FILE": secret("database", "sqlite:////data/sessions.db\n"),
    }


def test_the_least_that_is_needed(environment: dict[str, str]) -> None:
    settings = load(environment)
    assert settings.redirect_uri == "https://catalog.test/authorization-code/callback"
    assert settings.client_secret == "client-secret" and not settings.api_tokens
    assert not any(secret in repr(settings) for secret in ("client-secret", SESSION_KEY, "sqlite"))


def test_a_port_and_a_slash_in_the_public_url(environment: dict[str, str]) -> None:
    assert load(environment | {"AMUNDSEN_PUBLIC_URL": "https://catalog.test:8443/"}).signed_out_uri == "https://catalog.test:8443/signed-out"


BAD_URLS = ["", "http://catalog.test", "catalog.test", "https://", "https://catalog.test/path", "https://catalog.test?x", "https://a@catalog.test"]
BAD_URLS += ["https://[::1", "https://catalog.test:x", "https://catalog.test:99999", "https://catalog test", "https://catalog.test\n", "https://catälog.test"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("AMUNDSEN_PUBLIC_URL", value) for value in BAD_URLS),
        ("FLASK_OIDC_CONFIG_URL", ""),
        ("FLASK_OIDC_CONFIG_URL", "http://acme.eu.auth0.com/.well-known/openid-configuration"),
        ("FLASK_OIDC_CLIENT_ID", ""),
        ("FLASK_OIDC_CLIENT_ID", " "),
        ("FLASK_OIDC_CLIENT_SECRET_FILE", ""),
        ("FLASK_OIDC_CLIENT_SECRET_FILE", "/nowhere"),
        ("FLASK_OIDC_SECRET_KEY_FILE", ""),
        ("FLASK_OIDC_REDIRECT_URI", "https://catalog.test/callback"),
        ("FLASK_OIDC_REDIRECT_URI", "callback"),
        ("AMUNDSEN_ALLOWED_CLAIM", "groups=data"),
        ("AMUNDSEN_ALLOWED_CLAIM", '{"name": "groups", "values": []}'),
    ],
)
def test_one_bad_setting_is_named(environment: dict[str, str], name: str, value: str) -> None:
    with pytest.raises(SettingsError) as stopped:
        load(environment | {name: value})
    lines = str(stopped.value).splitlines()
    assert len(lines) == 2 and lines[1].startswith(f"- {name}"), lines


@pytest.mark.parametrize(
    ("key", "words"), [(PUBLIC_KEY, "public default"), ("short", "has 5 characters"), ("", "is empty"), (" \n", "is empty"), ("k" * 31, "has 31 characters")]
)
def test_a_bad_session_key_is_named(environment: dict[str, str], tmp_path: Path, key: str, words: str) -> None:
    (tmp_path / "key").write_text(key, encoding="utf-8")
    with pytest.raises(SettingsError, match=words) as stopped:
        load(environment)
    assert len(str(stopped.value).splitlines()) == 2


def test_tokens_need_an_audience(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="AMUNDSEN_API_AUDIENCE is empty"):
        load(environment | {"AMUNDSEN_API_TOKENS": "true"})


def test_a_rule_on_a_claim_that_is_missing_opens_to_nobody(environment: dict[str, str]) -> None:
    from amundsen_guard import rules

    settings: Settings = load(environment | {"AMUNDSEN_ALLOWED_CLAIM": '{"name": "groups", "values": ["None", "null", ""]}'})
    assert rules.refusal({}, settings)
    assert rules.refusal({"groups": []}, settings)
    assert not rules.refusal({"groups": [""]}, settings)


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
        assert f"- {problem}" in log or problem in log
    assert place.client["client_secret"] not in log and PUBLIC_KEY not in log


@pytest.mark.parametrize("missing", ["APP_WRAPPER", "APP_WRAPPER_CLASS"])
def test_the_frontend_ends_where_it_would_be_open(place: Place, missing: str) -> None:
    """As with the article's .env: Amundsen would start as plain Flask."""
    log = ended(place.guarded(**{missing: "", "FRONTEND_SVC_CONFIG_MODULE_CLASS": "amundsen_application.config.LocalConfig"}))
    assert "Amundsen started without its login guard. Set APP_WRAPPER=amundsen_guard" in log
