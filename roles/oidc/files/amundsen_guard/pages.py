"""The guard's own pages. They need nothing that is behind the login."""

from __future__ import annotations

import logging
from typing import Any

from flask import Response, jsonify, request
from jinja2 import Environment, PackageLoader

_PAGES = Environment(loader=PackageLoader("amundsen_guard"), autoescape=True)
_LOG = logging.getLogger(__name__)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def page(status: int, title: str, text: str, details: str = "", action: str = "Sign in again", link: str = "/login") -> Response:
    """Return a page with a way on.

    Args:
        status: HTTP status.
        title: What happened.
        text: Why, and what to do.
        details: What a person can tell their administrator.
        action: Words of the way on.
        link: Path of the way on.
    """
    body = _PAGES.get_template("page.html").render(title=title, text=text, details=details, action=action, link=link)
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
    return Response(body, status, headers, mimetype="text/html")


def wants_page() -> bool:
    """Tell whether the request is a person's who opens a page, not a call of the API or of a script."""
    return (
        request.method in ("GET", "HEAD") and not request.path.startswith(("/api/", "/static/")) and request.headers.get("X-Requested-With") != "XMLHttpRequest"
    )


def database_down(error: Exception) -> Response:
    """Return a refusal of everything, since nobody can tell who is signed in."""
    _LOG.error("The session database does not answer as it should: %s", type(error).__name__)
    if not wants_page():
        return refuse_call("The session database does not answer.", 503)
    text = "Nobody can be recognised just now, because the session database does not answer. Try again in a minute; you are still signed in."
    return page(503, "The catalog is not available", text, action="Try again", link="/")


def refuse_call(message: str, status: int = 401, **more: Any) -> Response:
    """Return a refusal that a program can read."""
    response = jsonify({"msg": message, **more})
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
