"""The frontend's configuration class, named by FRONTEND_SVC_CONFIG_MODULE_CLASS."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from amundsen_application.config import LocalConfig

from . import health, user

if TYPE_CHECKING:
    from flask import Flask


def no_headers(_app: Flask) -> dict[str, str]:
    """Send nothing of the user's to metadata and search: they check nothing, and could only leak it."""
    return {}


def take_over(app: Flask) -> None:
    """Replace two of Amundsen's own answers once its routes are there, and add one of ours."""
    app.view_functions["main.current_user"] = user.current_user
    app.view_functions["healthcheck"] = health.ready
    app.add_url_rule("/api/guard/claims", "guard_claims", user.claims)


class GuardConfig(LocalConfig):  # type: ignore[misc]
    """Amundsen's settings, with the user taken from the guard."""

    LOG_LEVEL = os.environ.get("AMUNDSEN_LOG_LEVEL", "INFO")
    FRONTEND_BASE = os.environ.get("AMUNDSEN_PUBLIC_URL", "").rstrip("/")
    AUTH_USER_METHOD = staticmethod(user.auth_user)
    REQUEST_HEADERS_METHOD = staticmethod(no_headers)
    INIT_CUSTOM_ROUTES = staticmethod(take_over)
    # Neo4j plans the first queries after its start for longer than upstream's 3 s, and the person read "Something went wrong".
    REQUEST_SESSION_TIMEOUT_SEC = 10
