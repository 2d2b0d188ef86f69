"""Who gets through: a session, a verified token where those are allowed, and nobody else."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from authlib.integrations.base_client.errors import OAuthError
from flask import Response, current_app, g, redirect, request, session

from . import audit, pages, rules, tokens
from .paths import asked_path

if TYPE_CHECKING:
    from .app import GuardedApp

OPEN_ENDPOINTS = frozenset({"login", "auth", "logout", "signed_out", "guard_live", "guard_ready", "healthcheck"})
RETRY_SECONDS = 60  # how long a session goes on before an unreachable provider is asked again
_LOG = logging.getLogger(__name__)
_SCRIPT = b'<script src="/guard.js" defer></script></body>'


def register(app: GuardedApp) -> None:
    """Put our script into Amundsen's page, and keep what is behind the login out of caches."""
    app.after_request(_finish)


def _finish(response: Response) -> Response:
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if request.endpoint not in ("static", "guard_script", "guard_ui"):
        response.headers.setdefault("Cache-Control", "no-store")
    if request.endpoint == "index" and response.mimetype == "text/html" and not response.is_streamed:
        app: Any = current_app
        page = response.get_data().replace(b"</body>", _SCRIPT, 1)
        response.set_data(page.replace(b"<head>", b"<head>" + app.ui_script, 1))
    return response


def check() -> Any:
    """Let the request through with its claims in `g`, or return a refusal."""
    if request.endpoint in OPEN_ENDPOINTS:
        return None
    app: Any = current_app
    claims = _claims_of_session() or _claims_of_token()
    if claims:
        g.guard_claims = claims
        reason = rules.refusal(claims, app.guard)  # at each request: the rules may be newer than the session
        return _refused(reason) if reason else None
    if request.path == "/favicon.ico":  # browsers ask for it beside any page, and write an error to the console if it is refused
        return Response(status=204)
    if not pages.wants_page():
        return pages.refuse_call("Log in first.", login="/login")
    wanted = asked_path(request.environ)
    return redirect("/login" if wanted == "/" else f"/login?next={quote(wanted, safe='/')}")


def _refused(reason: str) -> Response:
    audit.log("refused", user=g.guard_claims.get("email"), reason=reason)
    if not pages.wants_page():
        return pages.refuse_call(reason, 403)
    return pages.page(403, "You have no access to this catalog", reason, action="Use another account", link="/logout")


def _claims_of_token() -> dict[str, Any] | None:
    """Return the claims of a bearer token in the header, where tokens are allowed and it is one of this issuer's."""
    app: Any = current_app
    scheme, _space, value = request.headers.get("Authorization", "").partition(" ")
    if not app.guard.api_tokens or scheme.lower() != "bearer":
        return None
    return tokens.verify(value.strip(), app.auth_client, app.guard)


def _claims_of_session() -> dict[str, Any] | None:
    """Return the claims of the browser's session, with its token renewed where that has ended."""
    app: Any = current_app
    session_id = session.get("sid")
    if not isinstance(session_id, str):
        return None
    content = app.sessions.get(session_id)
    if content is None:
        session.pop("sid", None)
        return None
    if content["renew_at"] <= time.time():
        content = app.sessions.change(session_id, _renewed)
        if content is None:
            session.pop("sid", None)
            return None
    claims: dict[str, Any] = content["claims"]
    return claims


def _renewed(content: dict[str, Any]) -> dict[str, Any] | None:
    """Return the session with a new token, or None where the provider does not give one any more."""
    now = time.time()
    if content["renew_at"] > now:  # another request was faster
        return content
    if not content.get("refresh_token"):
        audit.log("expired", user=content["user"])
        return None
    client: Any = current_app.auth_client  # type: ignore[attr-defined]
    claims = content["claims"]
    try:
        token = client.fetch_access_token(refresh_token=content["refresh_token"], grant_type="refresh_token")
        if token.get("id_token"):  # with the groups that the person has by now
            claims = tokens.id_claims(client, token, nonce=None)
        if claims["sub"] != content["claims"]["sub"]:
            raise OAuthError("another user's token")
    except OAuthError as error:
        audit.log("expired", user=content["user"], reason=error.error)
        return None
    except Exception as error:  # the provider cannot be reached: that is not the user's fault
        _LOG.warning("The provider did not renew a token: %s", type(error).__name__)
        return content | {"renew_at": now + RETRY_SECONDS}
    return content | {
        "claims": claims,
        "refresh_token": token.get("refresh_token") or content["refresh_token"],
        "renew_at": token.get("expires_at") or now + token.get("expires_in", 3600),
    }
