"""The wrapper class that Amundsen starts in place of Flask."""

from __future__ import annotations

import logging
import os
import time
from typing import Any

from flask import Response
from flaskoidc import FlaskOIDC
from flaskoidc.config import BaseConfig
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from . import gate, health, login, pages, proxies, ui
from .certificates import trust
from .database import pool, reach
from .sessions import Sessions
from .settings import Settings, load

COOKIE = "__Host-amundsen"
_START_TRIES = 30  # with a second between them, for a database that is still starting


class GuardedApp(FlaskOIDC):  # type: ignore[misc]
    """Flask, with flaskoidc's client, and routes and checks of our own in place of flaskoidc's.

    Raises:
        SettingsError: the settings would not be safe.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.guard: Settings = load(os.environ)
        trust(self.guard.ca_file)
        proxies.use(self.guard.proxy_file)
        logging.getLogger("authlib").setLevel(logging.INFO)  # below that it logs the secret part of a login
        self._configure_flaskoidc()
        for attempt in range(_START_TRIES):
            try:
                super().__init__(*args, **kwargs)
                break
            except DBAPIError:  # not up yet, or another container makes the same table just now
                if attempt == _START_TRIES - 1:
                    raise
                time.sleep(1)
        self.auth_client.client_kwargs |= {"code_challenge_method": "S256", "default_timeout": 10}
        self.config.update(
            SESSION_COOKIE_NAME=COOKIE,
            SESSION_COOKIE_SECURE=True,
            SESSION_COOKIE_HTTPONLY=True,
            SESSION_COOKIE_SAMESITE="Lax",
            SESSION_COOKIE_PATH="/",
            SESSION_REFRESH_EACH_REQUEST=False,
            PREFERRED_URL_SCHEME="https",
        )
        with self.app_context():
            self.sessions = Sessions(self.db, self.guard.session_key, self.guard.session_seconds, BaseConfig.SQLALCHEMY_ENGINE_OPTIONS["connect_args"])
            self.sessions.create_table()
        login.register(self)
        health.register(self)
        self.ui_script = ui.register(self)
        gate.register(self)
        # flaskoidc's own would log the user out, at an address made of the Host header.
        self.register_error_handler(401, lambda _error: pages.refuse_call("Log in first."))
        self.register_error_handler(SQLAlchemyError, self._database_down)

    def _configure_flaskoidc(self) -> None:
        """Hand the settings over without a secret in the environment."""
        BaseConfig.SECRET_KEY = self.guard.session_key
        BaseConfig.CLIENT_ID = self.guard.client_id
        BaseConfig.CLIENT_SECRET = self.guard.client_secret
        BaseConfig.CONFIG_URL = self.guard.discovery_url
        BaseConfig.OIDC_PROVIDER = self.guard.provider
        BaseConfig.OIDC_SCOPES = self.guard.scopes
        BaseConfig.REDIRECT_URI = self.guard.callback_path
        BaseConfig.SQLALCHEMY_DATABASE_URI, arguments = reach(self.guard.database_uri)
        kept = pool(BaseConfig.SQLALCHEMY_DATABASE_URI)  # a crowd whose tokens are renewed waits for these
        BaseConfig.SQLALCHEMY_ENGINE_OPTIONS = {"pool_pre_ping": True, "hide_parameters": True, "connect_args": arguments, **kept}

    def _before_request(self) -> Any:
        """Replace flaskoidc's check, which takes any JSON with a future date for a bearer token."""
        return gate.check()

    def _database_down(self, error: SQLAlchemyError) -> Response:
        self.logger.error("The session database failed: %s", type(error).__name__)
        if not pages.wants_page():
            return pages.refuse_call("The session database does not answer.", 503)
        text = "The catalog cannot tell who is signed in, because its session database does not answer. Try again in a minute."
        return pages.page(503, "The catalog is not available", text, action="Try again", link="/")
