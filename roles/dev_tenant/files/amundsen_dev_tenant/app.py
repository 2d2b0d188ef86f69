"""The tenant as one WSGI application."""

from __future__ import annotations

from flask import Flask, Response, render_template
from werkzeug.exceptions import HTTPException

from .admin import admin
from .authorization import Server
from .management import api
from .oidc import oidc
from .settings import Settings
from .store import Store
from .tenant import Tenant
from .wire import Wire

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"


def create_app(settings: Settings) -> Wire:
    """Return the application for a tenant; its state is in the data folder."""
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    tenant = Tenant(settings, Store(settings.data / "tenant.db"))
    wire = Wire(app.wsgi_app, settings.log_answers)
    app.extensions |= {"tenant": tenant, "authorization": Server(tenant), "wire": wire}
    app.extensions["authorization"].init_app(app)
    for blueprint in (oidc, api, admin):
        app.register_blueprint(blueprint)

    @app.errorhandler(HTTPException)
    def answer_error(error: HTTPException) -> tuple[str, int]:
        return render_template("error.html", error=error.name, description=error.description), error.code or 500

    @app.after_request
    def protect(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.headers["Content-Security-Policy"] = _POLICY
            response.headers["Cache-Control"] = "no-store"
        return response

    return wire
