"""The pages and endpoints of a login: Auth0's paths."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from authlib.oauth2 import OAuth2Error
from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from . import clients
from .authorization import Server, StoredRequest, user_claims
from .tenant import DATABASE_CONNECTION, Tenant

oidc = Blueprint("oidc", __name__)

_COOKIE = "auth0"
_SESSION_LIFETIME = 3 * 86400
_LOGIN_LIFETIME = 3600


def _tenant() -> Tenant:
    return current_app.extensions["tenant"]  # type: ignore[no-any-return]


def _server() -> Server:
    return current_app.extensions["authorization"]  # type: ignore[no-any-return]


def _error_page(status: int, error: str, description: str) -> tuple[str, int]:
    return render_template("error.html", error=error, description=description), status


# what the tenant says about itself


@oidc.get("/.well-known/openid-configuration")
def discovery() -> Response:
    """Answer the discovery document with every field of a real tenant's."""
    base = _tenant().settings.base_url
    document = {
        "issuer": _tenant().settings.issuer,
        "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{base}/oauth/token",
        "device_authorization_endpoint": f"{base}/oauth/device/code",
        "userinfo_endpoint": f"{base}/userinfo",
        "mfa_challenge_endpoint": f"{base}/mfa/challenge",
        "jwks_uri": f"{base}/.well-known/jwks.json",
        "registration_endpoint": f"{base}/oidc/register",
        "revocation_endpoint": f"{base}/oauth/revoke",
        "scopes_supported": [
            "openid",
            "profile",
            "offline_access",
            "name",
            "given_name",
            "family_name",
            "nickname",
            "email",
            "email_verified",
            "picture",
            "created_at",
            "identities",
            "phone",
            "address",
        ],
        "response_types_supported": ["code", "token", "id_token", "code token", "code id_token", "token id_token", "code token id_token"],
        "code_challenge_methods_supported": ["S256", "plain"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256", "RS384", "PS256"],
        "claims_supported": [
            "aud",
            "auth_time",
            "created_at",
            "email",
            "email_verified",
            "exp",
            "family_name",
            "given_name",
            "iat",
            "identities",
            "iss",
            "name",
            "nickname",
            "phone_number",
            "picture",
            "sub",
        ],
        "request_uri_parameter_supported": False,
        "request_parameter_supported": False,
        "id_token_signing_alg_values_supported": ["HS256", "RS256", "PS256"],
        "end_session_endpoint": f"{base}/oidc/logout",
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "backchannel_authentication_endpoint": f"{base}/bc-authorize",
        "backchannel_token_delivery_modes_supported": ["poll"],
        "global_token_revocation_endpoint": f"{base}/oauth/global-token-revocation/connection/{{connectionName}}",
        "global_token_revocation_endpoint_auth_methods_supported": ["global-token-revocation+jwt"],
        "dpop_signing_alg_values_supported": ["ES256"],
    }
    replaced = {**document, **_tenant().options.discovery}
    return jsonify({name: value for name, value in replaced.items() if value is not None})


@oidc.get("/.well-known/jwks.json")
def jwks() -> Response:
    """Answer the public keys."""
    return jsonify(_tenant().jwks())


# login


def _session() -> dict[str, Any] | None:
    session = _tenant().store.get("session", request.cookies.get(_COOKIE, ""))
    return session if session and session["expires"] > _tenant().now() else None


def _transaction() -> dict[str, Any] | None:
    """Return the authorization request that a login page belongs to."""
    record = _tenant().store.get("transaction", request.values.get("state", ""))
    return record if record and record["expires"] > _tenant().now() else None


def _user(session: dict[str, Any] | None) -> dict[str, Any] | None:
    user = _tenant().store.get("user", session["user_id"]) if session else None
    return {**user, "session": session} if user else None


def _to_application(redirect_uri: str, parameters: dict[str, Any]) -> Response:
    known = {name: value for name, value in parameters.items() if value}
    return redirect(f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(known)}", 302)  # type: ignore[return-value]


@oidc.route("/authorize", methods=["GET", "POST"])
def authorize() -> Any:
    """Start a login, or finish it at once for somebody who is logged in."""
    asked = request.values.to_dict()
    if "client_id" not in asked:
        return _error_page(400, "invalid_request", "Missing required parameter: client_id")
    client = _server().find_client(asked["client_id"])
    if not client:
        return _error_page(400, "invalid_request", f"Unknown client: {asked['client_id']}")
    redirect_uri = asked.get("redirect_uri") or client.get_default_redirect_uri()
    if not redirect_uri or not client.check_redirect_uri(redirect_uri):
        registered = "The provided redirect_uri is not in the list of allowed callback URLs."
        return _error_page(403, "Callback URL mismatch.", f"{registered} It is: {redirect_uri or '(none)'}")
    back = {"state": asked.get("state")}
    if "response_type" not in asked:
        return _to_application(redirect_uri, {"error": "invalid_request", "error_description": "Missing required parameter: response_type", **back})
    if asked.get("audience") and asked["audience"] not in (_tenant().settings.audience, f"{_tenant().settings.base_url}/userinfo"):
        return _to_application(redirect_uri, {"error": "access_denied", "error_description": f"Service not found: {asked['audience']}", **back})
    connection = _tenant().connection_by_name(DATABASE_CONNECTION)
    if not connection or client.client_id not in connection["_clients"]:
        return _error_page(400, "invalid_request", "no connections enabled for the client")
    session = _session()
    if session and "max_age" in asked and asked["max_age"].isdigit() and session["at"] + int(asked["max_age"]) < _tenant().now():
        session = None
    stored = StoredRequest(request, asked)
    try:
        grant = _server().get_consent_grant(stored, end_user=_user(session))
    except OAuth2Error as error:
        description = {"login_required": "Login required"}.get(error.error, error.description)
        return _to_application(redirect_uri, {"error": error.error, "error_description": description, **back})
    confirm = _must_be_confirmed(client.record, redirect_uri)
    if confirm and asked.get("prompt") == "none":
        return _to_application(redirect_uri, {"error": "interaction_required", "error_description": "User confirmation is required", **back})
    needs_login = not session or getattr(grant, "prompt", None) in ("login", "select_account")
    if session and not needs_login and not confirm:
        return _finish(stored, session, grant)
    if asked.get("prompt") == "none":
        return _to_application(redirect_uri, {"error": "login_required", "error_description": "Login required", **back})
    transaction = clients.new_id(48)
    record = {"id": transaction, "asked": asked, "redirect_uri": redirect_uri, "confirm": confirm, "expires": _tenant().now() + _LOGIN_LIFETIME}
    _tenant().store.put("transaction", transaction, record)
    page = "/authorize/resume" if not needs_login else "/u/login/identifier" if _tenant().options.login_pages == 2 else "/u/login"
    return redirect(f"{page}?{urlencode({'state': transaction})}", 302)


def _must_be_confirmed(client: clients.Client, redirect_uri: str) -> bool:
    """Say whether the user is asked before they are sent on: nobody can prove to be the owner of localhost or of an app's own scheme."""
    parts = urlsplit(redirect_uri)
    verifiable = parts.scheme in ("http", "https") and parts.hostname != "localhost"
    return not verifiable and not client.get("skip_non_verifiable_callback_uri_confirmation_prompt")


def _finish(stored: StoredRequest, session: dict[str, Any], grant: Any = None) -> Any:
    """Send the browser back to the application with a code."""
    grant = grant or _server().get_authorization_grant(stored)
    with _tenant().store.transaction():
        response = _server().create_authorization_response(stored, grant_user=_user(session), grant=grant)
    if stored.parameters.get("response_mode") == "form_post" and "Location" in response.headers:
        target, _mark, query = response.headers["Location"].partition("?")
        return render_template("form_post.html", target=target, fields=dict(parse_qsl(query)))
    return response


def _login_page(form: str, status: int = 200, **values: Any) -> Any:
    transaction = _transaction()
    if not transaction:
        return _error_page(400, "invalid_request", "The login page was opened without a login, or the login is over: start again at the application.")
    client = _tenant().store.get("client", transaction["asked"]["client_id"]) or {}
    hint = transaction.get("username") or transaction["asked"].get("login_hint", "")
    values = {"username": hint, "application": client.get("name", ""), "state": request.values["state"], **values}
    return render_template("login.html", form=form, **values), status


@oidc.get("/u/login")
def login() -> Any:
    """Show the login page: user and password."""
    return _login_page("both")


@oidc.get("/u/login/identifier")
def login_identifier() -> Any:
    """Show the first of two pages: user."""
    return _login_page("identifier")


@oidc.post("/u/login/identifier")
def take_identifier() -> Any:
    """Keep the user's name and go on to the password."""
    transaction = _transaction()
    username = request.form.get("username", "").strip()
    if not transaction or not username:
        return _login_page("identifier", 400, error="Enter an email address or a username." if transaction else None)
    _tenant().store.put("transaction", transaction["id"], {**transaction, "username": username})
    return redirect(f"/u/login/password?{urlencode({'state': transaction['id']})}", 302)


@oidc.get("/u/login/password")
def login_password() -> Any:
    """Show the second of two pages: password."""
    return _login_page("password")


@oidc.post("/u/login")
@oidc.post("/u/login/password")
def take_password() -> Any:
    """Check user and password."""
    tenant = _tenant()
    transaction = _transaction()
    username = request.form.get("username") or (transaction or {}).get("username", "")
    user = tenant.check_user(username, request.form.get("password", "")) if transaction else None
    if not transaction or not user:
        form = "password" if request.path.endswith("/password") else "both"
        return _login_page(form, 400, username=username, error="Wrong email or password.")
    if user["denied"]:
        tenant.store.delete("transaction", transaction["id"])
        asked = transaction["asked"]
        denied = {"error": "access_denied", "error_description": "The user may not use this application.", "state": asked.get("state")}
        return _to_application(transaction["redirect_uri"], denied)
    now = tenant.now()
    session = {"id": clients.new_id(32), "user_id": user["id"], "at": now, "expires": now + _SESSION_LIFETIME}
    tenant.store.put("session", session["id"], session)
    response = redirect(f"/authorize/resume?{urlencode({'state': transaction['id']})}", 302)
    response.set_cookie(_COOKIE, session["id"], secure=True, httponly=True, samesite="Lax")
    return response


@oidc.route("/authorize/resume", methods=["GET", "POST"])
def resume() -> Any:
    """Go on with the authorization request after the login."""
    transaction, session = _transaction(), _session()
    if not transaction or not session:
        return _error_page(400, "invalid_request", "There is no login to go on with: start again at the application.")
    if transaction["confirm"] and request.form.get("action") != "accept":
        return render_template("confirm.html", redirect_uri=transaction["redirect_uri"], state=transaction["id"])
    _tenant().store.delete("transaction", transaction["id"])
    return _finish(StoredRequest(request, transaction["asked"]), session)


# tokens


def _parameters() -> dict[str, Any]:
    body = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    return {name: value for name, value in body.items() if isinstance(value, str)} if isinstance(body, dict) else {}


@oidc.post("/oauth/token")
def token() -> Any:
    """Exchange a code, a refresh token or an application's secret for tokens; form or JSON."""
    with _tenant().store.transaction():
        return _server().create_token_response(StoredRequest(request, _parameters()))


@oidc.post("/oauth/revoke")
def revoke() -> Any:
    """Revoke a refresh token and all that came from the same login."""
    asked = StoredRequest(request, _parameters())
    try:
        client = _server().authenticate_client(asked, ["client_secret_basic", "client_secret_post", "none"])
    except OAuth2Error as error:
        return _server().handle_error_response(asked, error)
    with _tenant().store.transaction():
        record = _tenant().store.get("refresh", asked.parameters.get("token", ""))
        if record and record["client_id"] == client.client_id:
            _server().revoke_family(record["family"])
    return "", 200


@oidc.route("/userinfo", methods=["GET", "POST"])
def userinfo() -> Any:
    """Answer the claims of the user whose token this is."""
    header = request.headers.get("Authorization", "")
    record = _tenant().store.get("access", header.partition(" ")[2].strip()) if header.lower().startswith("bearer ") else None
    user = _tenant().store.get("user", record["user_id"]) if record and record["expires"] > _tenant().now() else None
    if not record or not user or "openid" not in record["scope"].split():
        return Response("Unauthorized", 401, {"WWW-Authenticate": 'Bearer error="invalid_token"'})
    return jsonify(user_claims(user, record["scope"]))


# logout


def _return_allowed(target: str, allowed: list[str]) -> bool:
    """Say whether an address is registered for the return from a logout; query and fragment do not count."""

    def bare(uri: str) -> str:
        return urlunsplit((*urlsplit(uri)[:3], "", ""))

    try:
        return bare(target) in {bare(each) for each in allowed}
    except ValueError:
        return False


def _end_session(response: Any) -> Any:
    _tenant().store.delete("session", request.cookies.get(_COOKIE, ""))
    response = current_app.make_response(response)
    response.delete_cookie(_COOKIE, secure=True, httponly=True, samesite="Lax")
    return response


@oidc.get("/v2/logout")
def logout() -> Any:
    """End the session, Auth0's way: `client_id` and `returnTo`."""
    target, client_id = request.args.get("returnTo"), request.args.get("client_id")
    client = _tenant().store.get("client", client_id or "") or {}
    allowed = client.get("allowed_logout_urls", [])
    if target and not _return_allowed(target, allowed):
        text = f'The "returnTo" querystring parameter "{target}" is not defined as a valid URL in "Allowed Logout URLs".'
        return _error_page(400, "invalid_request", text)
    if not target and client_id and allowed:
        target = allowed[0]
    return _end_session(redirect(target, 302) if target else "OK")


def _hinted_client(hint: str) -> str | None:
    """Return the application that an ID token of this tenant was made for, also if it is over; None if it is not ours."""
    claims = _tenant().read_token(hint)
    if claims is None:
        try:
            unverified = _claims_of_hs256(hint)
        except (JoseError, ValueError):
            return None
        claims = unverified
    return claims["aud"] if claims and claims.get("iss") == _tenant().settings.issuer and isinstance(claims.get("aud"), str) else None


def _claims_of_hs256(hint: str) -> dict[str, Any] | None:
    for client in _tenant().store.all("client"):
        try:
            claims = dict(jwt.decode(hint, OctKey.import_key(client["client_secret"]), algorithms=["HS256"]).claims)
        except (JoseError, ValueError):
            continue
        return claims if claims.get("aud") == client["client_id"] else None
    return None


@oidc.route("/oidc/logout", methods=["GET", "POST"])
def oidc_logout() -> Any:
    """End the session, OpenID Connect's way; without a hint the user is asked first."""
    asked = request.values
    hint, target = asked.get("id_token_hint"), asked.get("post_logout_redirect_uri")
    hinted = _hinted_client(hint) if hint else None
    if hint and not hinted:
        return _error_page(400, "invalid_request", "Invalid id_token_hint")
    if hinted and asked.get("client_id") not in (None, hinted):
        return _error_page(400, "invalid_request", "The client_id does not match the id_token_hint")
    client = _tenant().store.get("client", hinted or asked.get("client_id", "")) or {}
    if target and not _return_allowed(target, client.get("allowed_logout_urls", [])):
        text = f'The "post_logout_redirect_uri" parameter "{target}" is not defined as a valid URL in "Allowed Logout URLs".'
        return _error_page(400, "invalid_request", text)
    if not hint and not asked.get("logout_hint") and _session() and asked.get("action") != "accept":
        return render_template("logout.html", parameters=asked.to_dict())
    if target and asked.get("state"):
        target = f"{target}{'&' if '?' in target else '?'}{urlencode({'state': asked['state']})}"
    return _end_session(redirect(target, 302) if target else render_template("error.html", error="Signed out", description="You are signed out."))
