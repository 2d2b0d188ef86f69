"""The guard's own pages. They need nothing that is behind the login."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request
from jinja2 import Environment, PackageLoader

_PAGES = Environment(loader=PackageLoader("amundsen_guard"), autoescape=True)
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
    """Tell whether the request is a person's who opens a page, not a call of the API or of a script.

    Nor a browser's for an icon: each login that it began would leave another mark in the browser's cookie, and spoil the person's own.
    """
    return (
        request.method in ("GET", "HEAD")
        and not request.path.startswith(("/api/", "/static/"))
        and request.headers.get("X-Requested-With") != "XMLHttpRequest"
        and request.headers.get("Sec-Fetch-Dest", "document") == "document"
    )


def refuse_call(message: str, status: int = 401, **more: Any) -> Response:
    """Return a refusal that a program can read."""
    response = jsonify({"msg": message, **more})
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    if status == 401:
        response.headers["X-Login"] = "/login"  # tells guard.js that the session is over
    return response
