"""Login, callback and logout."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from authlib.common.urls import add_params_to_uri
from authlib.integrations.base_client.errors import OAuthError
from flask import redirect, request, session

from . import audit, pages, rules, states, tokens
from .paths import safe_path
from .settings import OWN_PATHS

if TYPE_CHECKING:
    from .app import GuardedApp

LONGEST_HINT = 2000  # of an ID token in a URL; servers refuse longer ones
HERE_ONLY = "/signed-out?only=here"
_LOG = logging.getLogger(__name__)


def register(app: GuardedApp) -> None:
    """Take the place of flaskoidc's routes, which trust the Host header, lose the page asked for, and log out halfway."""

    def login() -> Any:
        return _start(app)

    def callback() -> Any:
        return _finish(app)

    def logout() -> Any:
        return _end(app)

    app.view_functions |= {"login": login, "auth": callback, "logout": logout}
    app.add_url_rule("/signed-out", "signed_out", _signed_out)


def _provider_down(error: Exception) -> Any:
    audit.log("error", reason="provider unreachable", kind=type(error).__name__)
    _LOG.error("The login provider did not answer as it should: %s", type(error).__name__)
    text = "The login provider does not answer, so nobody can sign in just now. Try again in a minute; if that does not help, tell your administrator."
    return pages.page(503, "The login provider cannot be reached", text, action="Try again")


def _start(app: GuardedApp) -> Any:
    """Send the browser to the provider."""
    browser = session.get("browser")
    if not isinstance(browser, str):
        browser = session["browser"] = states.new_browser()
    state, begun = states.begin(app.guard.session_key, browser, _page_after(app))
    try:
        started = app.auth_client.create_authorization_url(app.guard.redirect_uri, state=state, nonce=begun.nonce, code_verifier=begun.verifier)
    except (requests.RequestException, ValueError, KeyError, RuntimeError) as error:
        return _provider_down(error)
    return redirect(started["url"])


def _page_after(app: GuardedApp) -> str:
    """Return the page that was asked for; none of the login's own, or it would go round in circles."""
    wanted = safe_path(request.args.get("next"))
    return "/" if urlsplit(wanted).path in (*OWN_PATHS, app.guard.callback_path) else wanted


def _finish(app: GuardedApp) -> Any:
    """Take the provider's answer, and begin a session or say why not."""
    client, settings = app.auth_client, app.guard
    state = request.args.get("state", "")
    begun = states.find(settings.session_key, str(session.get("browser")), state)
    if not begun:  # nothing in such a request, not even an error's words, is the provider's
        audit.log("refused", reason="state")
        page = states.page_of(settings.session_key, state)
        if page and "browser" in session:  # two tabs of a browser without a cookie: the later one's mark took the place of this one's
            return redirect(add_params_to_uri("/login", {"next": page}))
        return pages.page(400, "This login is not valid any more", "It was started too long ago, or in another browser. Start it again.")
    try:
        if "error" in request.args:
            raise OAuthError(request.args["error"], request.args.get("error_description", ""))
        token = client.fetch_access_token(settings.redirect_uri, code=request.args.get("code", ""), code_verifier=begun.verifier)
        claims = tokens.id_claims(client, token, begun.nonce)
    except OAuthError as error:
        return _refused_by_provider(error)
    except requests.RequestException as error:
        return _provider_down(error)
    except Exception as error:  # a token that does not verify, whatever is wrong with it
        audit.log("refused", reason="token", kind=type(error).__name__)
        return pages.page(
            400,
            "The login could not be verified",
            "The provider's answer does not verify. Start again; if that does not help, tell your administrator.",
            type(error).__name__,
        )

    session["provider_session"] = str(claims.get("sid", ""))[:128]
    user = rules.user_id(claims, settings)
    if not user:
        audit.log("refused", reason="no user id", claims=sorted(claims))
        text = f"The login provider did not say who you are: the claim '{settings.user_id_claim}' is missing. Your administrator can name another claim."
        title = "Your account has no e-mail address" if settings.user_id_claim == "email" else "Your account has no user id"
        return pages.page(403, title, text, f"Claims that came: {', '.join(sorted(claims))}", "Use another account", "/logout")
    reason = rules.refusal(claims, settings)
    if reason:
        audit.log("refused", user=user, reason=reason)
        return pages.page(403, "You have no access to this catalog", reason, f"Signed in as {user}", "Use another account", "/logout")

    before = session.get("sid")
    if isinstance(before, str):
        app.sessions.end(before)
    content = {
        "user": user,
        "claims": claims,
        "id_token": token["id_token"],
        "refresh_token": token.get("refresh_token"),
        "renew_at": token.get("expires_at") or time.time() + token.get("expires_in", 3600),
    }
    session["sid"] = app.sessions.begin(content)
    session.pop("provider_session")  # it is in the session's claims
    audit.log("login", user=user)
    return redirect(begun.path)


def _refused_by_provider(error: OAuthError) -> Any:
    audit.log("refused", reason=error.error)
    if error.error == "access_denied":
        return pages.page(
            403,
            "The login was refused",
            "The login provider refused the login, or you cancelled it.",
            error.description or "",
            "Use another account",
            "/logout",
        )
    text = "The login provider did not accept the last step; codes are valid only once and for a short time. Start again."
    return pages.page(400, "The login could not be finished", text, f"{error.error}: {error.description}" if error.description else str(error.error))


def _end(app: GuardedApp) -> Any:
    """End the session here and at the provider."""
    session_id, hint = session.get("sid"), {"logout_hint": str(session.get("provider_session", ""))}
    if isinstance(session_id, str):
        content = app.sessions.get(session_id)
        app.sessions.end(session_id)
        if content:
            hint["logout_hint"] = str(content["claims"].get("sid", ""))
            if len(content["id_token"]) <= LONGEST_HINT:
                hint = {"id_token_hint": content["id_token"]}
            audit.log("logout", user=content["user"])
    session.clear()
    return redirect(_provider_logout(app, hint))


def _provider_logout(app: GuardedApp, hint: dict[str, str]) -> str:
    """Return where the provider ends its own session, or our page where it cannot.

    Args:
        app: The application.
        hint: Parameters that tell the provider which session; without them it asks the person.
    """
    settings = app.guard
    try:
        metadata = app.auth_client.load_server_metadata()
    except Exception as error:  # the session here is over already; that must not fail because of the provider
        _LOG.warning("The provider could not be told of a logout: %s", type(error).__name__)
        return HERE_ONLY
    endpoint = metadata.get("end_session_endpoint")
    if endpoint:
        query = {"post_logout_redirect_uri": settings.signed_out_uri, "client_id": settings.client_id}
        query |= {name: value for name, value in hint.items() if value}
        return str(add_params_to_uri(endpoint, query))
    if settings.provider == "auth0":
        host = urlsplit(settings.discovery_url).netloc
        return str(add_params_to_uri(f"https://{host}/v2/logout", {"client_id": settings.client_id, "returnTo": settings.signed_out_uri}))
    return HERE_ONLY


def _signed_out() -> Any:
    if request.args.get("only") != "here":
        return pages.page(200, "You are signed out", "You are signed out of Amundsen and of the login provider.", action="Sign in again")
    text = "The login provider could not be told, so it may let you in again without a password. Close the browser if others use it."
    return pages.page(200, "You are signed out of Amundsen", text, action="Sign in again")
