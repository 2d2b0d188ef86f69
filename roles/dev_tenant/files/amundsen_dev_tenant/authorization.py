"""The authorization server: Authlib's, with Auth0's rules and words."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Request
from authlib.oauth2 import OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import ClientMixin, errors, grants
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from authlib.oidc.core.grants.code import OpenIDToken
from flask import Flask, Request, Response, jsonify
from joserfc.jwk import OctKey

from . import clients
from .tenant import Tenant

KNOWN_SCOPES = ("openid", "profile", "email", "offline_access", "address", "phone")
_STANDARD_CLAIMS = {"sub": "openid", "email": "email", "email_verified": "email"} | dict.fromkeys(
    ("name", "nickname", "given_name", "family_name", "picture", "updated_at"), "profile"
)
_GRANT_DOCS = "https://auth0.com/docs/clients/client-grant-types"


class Refused(OAuth2Error):
    """An error answer of the token endpoint."""

    def __init__(self, status: int, error: str, description: str, uri: str | None = None) -> None:
        super().__init__(uri=uri, status_code=status)
        self.error, self.description = error, description  # Authlib's own check refuses the quotes in Auth0's texts


class StoredRequest(FlaskOAuth2Request):
    """A request whose parameters come from elsewhere: JSON, or an authorization request kept during a login."""

    def __init__(self, request: Request, parameters: dict[str, Any]) -> None:
        super().__init__(request)
        self.parameters = parameters
        self.payload = BasicOAuth2Payload(parameters)

    @property
    def args(self) -> dict[str, Any]:
        """What Authlib reads as the query."""
        return self.parameters

    @property
    def form(self) -> dict[str, Any]:
        """What Authlib reads as the body."""
        return self.parameters


class RegisteredClient(ClientMixin):
    """An application as Authlib wants to see it."""

    def __init__(self, tenant: Tenant, record: clients.Client) -> None:
        self.tenant, self.record = tenant, record
        self.client_id: str = record["client_id"]

    @property
    def auth_methods(self) -> set[str]:
        """How the application may prove itself: as told; else by no secret for public kinds, and by either form for others."""
        told = self.record.get("token_endpoint_auth_method")
        if told:
            return {told}
        return {"none"} if self.record.get("app_type") in ("spa", "native") else {"client_secret_basic", "client_secret_post"}

    @property
    def id_token_signed_response_alg(self) -> str:
        """The algorithm of ID tokens; HS256 if none was set (recorded)."""
        return str(self.record.get("jwt_configuration", {}).get("alg", "HS256"))

    def get_client_id(self) -> str:
        """Return the identifier."""
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        """Return the first callback."""
        return next(iter(self.record.get("callbacks", ())), None)

    def get_allowed_scope(self, scope: str | None) -> str:
        """Return the scopes of a request that exist; Auth0 drops the others silently."""
        return " ".join(each for each in (scope or "").split() if each in KNOWN_SCOPES)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Say whether an address is registered, byte for byte; a `*` stands for one label."""
        return any(_same_uri(redirect_uri, each) for each in self.record.get("callbacks", ()))

    def check_client_secret(self, client_secret: str) -> bool:
        """Say whether the secret is right."""
        return clients.secret_matches(self.record, client_secret, self.tenant.now())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Say whether the application may prove itself this way."""
        return method in self.auth_methods

    def check_response_type(self, response_type: str) -> bool:
        """Say whether the application may use the code flow."""
        return response_type == "code" and "authorization_code" in self.record["grant_types"]

    def check_grant_type(self, grant_type: str) -> bool:
        """Say whether the application has the grant type."""
        return grant_type in self.record["grant_types"]


def _same_uri(asked: str, registered: str) -> bool:
    if "*" not in registered:
        return asked == registered
    try:
        one, other = urlsplit(asked), urlsplit(registered)
        label, _dot, rest = (one.hostname or "").partition(".")
        return bool(label) and registered.replace("*", label, 1) == asked and rest == (other.hostname or "").partition(".")[2]
    except ValueError:
        return False


class Kept:
    """A stored code or refresh token as Authlib wants to see it."""

    def __init__(self, record: dict[str, Any]) -> None:
        self.record = record
        self.code_challenge = record.get("challenge")
        self.code_challenge_method = record.get("challenge_method")

    def get_redirect_uri(self) -> str | None:
        """Return the address of the authorization request."""
        return self.record.get("redirect_uri")

    def get_scope(self) -> str:
        """Return the granted scopes."""
        return str(self.record["scope"])

    def check_client(self, client: RegisteredClient) -> bool:
        """Say whether it was given to this application."""
        return bool(self.record["client_id"] == client.client_id)

    def get_nonce(self) -> str | None:
        """Return the nonce of the authorization request."""
        return self.record.get("nonce")

    def get_auth_time(self) -> int | None:
        """Return when the user logged in, if the request asked for a maximal age."""
        return self.record.get("auth_time")

    def get_acr(self) -> None:
        """Return nothing: no such claim at Auth0 by default."""

    def get_amr(self) -> None:
        """Return nothing: no such claim at Auth0 by default."""


class _AuthorizationCode(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "none"]
    server: Server

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        data, tenant = request.payload.data, self.server.tenant
        session = request.user["session"]
        tenant.store.put(
            "code",
            code,
            {
                "id": code,
                "family": clients.new_id(),
                "client_id": request.client.client_id,
                "redirect_uri": request.payload.redirect_uri,
                "scope": request.scope,
                "user_id": request.user["id"],
                "sid": session["id"],
                "nonce": data.get("nonce"),
                "auth_time": int(session["at"]) if data.get("max_age") else None,
                "challenge": data.get("code_challenge"),
                "challenge_method": data.get("code_challenge_method"),
                "expires": tenant.now() + tenant.options.code_lifetime,
                "used": False,
            },
        )

    def query_authorization_code(self, code: str, client: RegisteredClient) -> Kept:
        tenant = self.server.tenant
        record = tenant.store.get("code", code)
        if not record or record["client_id"] != client.client_id or record["expires"] <= tenant.now():
            raise Refused(403, "invalid_grant", "Invalid authorization code")
        if record["used"]:
            self.server.revoke_family(record["family"])
            raise Refused(403, "invalid_grant", "Invalid authorization code")
        asked = self.request.payload.redirect_uri
        if record["redirect_uri"] and record["redirect_uri"] != asked:
            raise Refused(403, "invalid_grant", f"The redirect URI is wrong. You sent {_origin(asked)}, and we expected {_origin(record['redirect_uri'])}")
        return Kept(record)

    def delete_authorization_code(self, authorization_code: Kept) -> None:
        self.server.tenant.store.put("code", authorization_code.record["id"], {**authorization_code.record, "used": True})

    def authenticate_user(self, authorization_code: Kept) -> dict[str, Any] | None:
        return self.server.tenant.store.get("user", authorization_code.record["user_id"])

    def generate_token(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        kwargs["include_refresh_token"] = kwargs.get("include_refresh_token") and "offline_access" in kwargs["scope"].split()
        return super().generate_token(*args, **kwargs)  # type: ignore[no-any-return]


def _origin(uri: str | None) -> str:
    parts = urlsplit(uri or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else str(uri)


class _RefreshToken(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "none"]
    server: Server

    def authenticate_refresh_token(self, refresh_token: str) -> Kept:
        tenant = self.server.tenant
        record = tenant.store.get("refresh", refresh_token)
        if record and record.get("replaced_at") is not None:
            leeway = self.request.client.record["refresh_token"]["leeway"]
            if tenant.now() > record["replaced_at"] + leeway:
                self.server.revoke_family(record["family"])
                record = None
        if not record or record["client_id"] != self.request.client.client_id or record["expires"] <= tenant.now():
            raise Refused(403, "invalid_grant", "Unknown or invalid refresh token.")
        return Kept(record)

    def authenticate_user(self, refresh_token: Kept) -> dict[str, Any] | None:
        return self.server.tenant.store.get("user", refresh_token.record["user_id"])

    @property
    def rotating(self) -> bool:
        """Whether the application's refresh tokens are good for one use."""
        return bool(self.request.client.record["refresh_token"]["rotation_type"] == "rotating")

    def issue_token(self, user: dict[str, Any], refresh_token: Kept) -> dict[str, Any]:
        scope = self.request.payload.scope or refresh_token.get_scope()
        return self.generate_token(user=user, scope=scope, include_refresh_token=self.rotating)  # type: ignore[no-any-return]

    def revoke_old_credential(self, refresh_token: Kept) -> None:
        if self.rotating:
            record = {**refresh_token.record, "replaced_at": self.server.tenant.now()}
            self.server.tenant.store.put("refresh", record["id"], record)


class _ClientCredentials(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]
    server: Server

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        tenant, client_id = self.server.tenant, self.request.client.client_id
        data = self.request.payload.data
        audience = data.get("audience")
        if not audience:
            raise Refused(403, "access_denied", "No audience parameter was provided, and no default audience has been configured")
        if audience != tenant.settings.audience:
            raise Refused(403, "access_denied", f"Service not found: {audience}")
        grant = next((each for each in tenant.store.all("grant") if each["client_id"] == client_id and each["audience"] == audience), None)
        if not grant:
            raise Refused(
                403,
                "access_denied",
                f'Client is not authorized to access "{audience}". You need to create a "client-grant" associated to this API. '
                "See: https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants",
            )
        asked = data.get("scope", "").split()
        scope = " ".join(each for each in grant.get("scope") or () if not asked or each in asked)
        token, lifetime = tenant.management_token(client_id, scope)
        return 200, {"access_token": token, "scope": scope, "expires_in": lifetime, "token_type": "Bearer"}, self.TOKEN_RESPONSE_HEADER


class _IdToken(OpenIDToken):
    """ID tokens as Auth0 makes them, at login and at refresh."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant

    def get_compatible_claims(self, request: OAuth2Request) -> dict[str, Any]:
        now = int(self.tenant.now())
        kept = request.authorization_code or request.refresh_token
        lifetime = request.client.record["jwt_configuration"]["lifetime_in_seconds"]
        return {"iss": self.tenant.settings.issuer, "aud": request.client.client_id, "iat": now, "exp": now + lifetime, "sid": kept.record["sid"]}

    def get_encode_header(self, client: RegisteredClient) -> dict[str, Any]:
        header = {"alg": client.id_token_signed_response_alg, "typ": "JWT"}
        return header if header["alg"] == "HS256" else {**header, "kid": self.tenant.signing_key().kid}

    def resolve_client_private_key(self, client: RegisteredClient) -> Any:
        if client.id_token_signed_response_alg == "HS256":  # noqa: S105 - an algorithm
            return OctKey.import_key(client.record["client_secret"])
        return self.tenant.signing_key()

    def generate_user_info(self, user: dict[str, Any], scope: str) -> dict[str, Any]:
        return user_claims(user, scope)


class _IdTokenOfCode(_IdToken, OpenIDCode):
    def __init__(self, tenant: Tenant) -> None:
        _IdToken.__init__(self, tenant)
        self.require_nonce = False

    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
        return False


def user_claims(user: dict[str, Any], scope: str) -> dict[str, Any]:
    """Return the claims that the scopes ask for; those of the tenant's own (groups, namespaced) come always, as from an Action."""
    scopes = set(scope.split())
    return {name: value for name, value in user["claims"].items() if _STANDARD_CLAIMS.get(name, "openid") in scopes}


class Server(AuthorizationServer):
    """Authlib's server on the tenant's store."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(query_client=self.find_client, save_token=self.keep_token)
        self.tenant = tenant

    def init_app(self, app: Flask, query_client: Any = None, save_token: Any = None) -> None:
        """Register grants and how tokens are made."""
        app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = True
        super().init_app(app)
        self._token_generators["default"].expires_generator = lambda *_: int(self.tenant.options.token_lifetime)
        self.register_grant(_AuthorizationCode, [CodeChallenge(required=True), _IdTokenOfCode(self.tenant)])
        self.register_grant(_RefreshToken, [_IdToken(self.tenant)])
        self.register_grant(_ClientCredentials)

    def find_client(self, client_id: str) -> RegisteredClient | None:
        """Return an application, or None."""
        record = self.tenant.store.get("client", client_id)
        return RegisteredClient(self.tenant, record) if record else None

    def keep_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        """Remember the tokens of a login, so that they can be revoked together."""
        if "access_token" not in token or not request.user:
            return
        kept = request.authorization_code or request.refresh_token
        now = self.tenant.now()
        common = {
            "family": kept.record["family"],
            "sid": kept.record["sid"],
            "client_id": request.client.client_id,
            "user_id": request.user["id"],
            "scope": token.get("scope", ""),
        }
        self.tenant.store.put("access", token["access_token"], {**common, "id": token["access_token"], "expires": now + token["expires_in"]})
        if "refresh_token" in token:
            lifetime = request.client.record["refresh_token"]["token_lifetime"]
            self.tenant.store.put("refresh", token["refresh_token"], {**common, "id": token["refresh_token"], "expires": now + lifetime})

    def revoke_family(self, family: str) -> None:
        """Revoke all tokens that came from one login."""
        for kind in ("access", "refresh"):
            for record in self.tenant.store.all(kind):
                if record["family"] == family:
                    self.tenant.store.delete(kind, record["id"])

    def create_oauth2_request(self, request: Any) -> OAuth2Request:
        """Take a request that is ready, or the current one."""
        return request if isinstance(request, OAuth2Request) else super().create_oauth2_request(request)

    def handle_error_response(self, request: OAuth2Request, error: OAuth2Error) -> Response:
        """Answer an error: to the application if its address is known, else as the token endpoint does, in Auth0's words."""
        if getattr(error, "redirect_uri", None):
            return super().handle_error_response(request, error)  # type: ignore[no-any-return]
        response = jsonify(_token_error(request, error))
        response.status_code = _status(request.payload.grant_type, error)
        response.headers["Cache-Control"] = "no-store"
        return response


def _status(grant_type: str | None, error: OAuth2Error) -> int:
    if isinstance(error, Refused):
        return int(error.status_code)
    if isinstance(error, errors.InvalidClientError):
        return 401
    if not grant_type:
        return 400
    refused = (errors.InvalidGrantError, errors.UnauthorizedClientError, errors.UnsupportedGrantTypeError, errors.InvalidScopeError)
    return 403 if isinstance(error, refused) else 400


def _token_error(request: OAuth2Request, error: OAuth2Error) -> dict[str, str]:
    grant_type = request.payload.grant_type
    if isinstance(error, errors.InvalidClientError):
        return {"error": "access_denied", "error_description": "Unauthorized"}
    if isinstance(error, errors.UnauthorizedClientError):
        text = f"Grant type '{grant_type}' not allowed for the client."
        return {"error": "unauthorized_client", "error_description": text, "error_uri": _GRANT_DOCS}
    if isinstance(error, errors.UnsupportedGrantTypeError):
        if not grant_type:
            return {"error": "invalid_request", "error_description": "Missing required parameter: grant_type"}
        return {"error": "unsupported_grant_type", "error_description": f"Unsupported grant type: {grant_type}"}
    if error.description == "Code challenge failed.":
        return {"error": "invalid_grant", "error_description": "Failed to verify code verifier"}
    for name in ("code_verifier", "code", "refresh_token"):
        if error.description and f"Missing '{name}'" in error.description:
            return {"error": "invalid_request", "error_description": f"Missing required parameter: {name}"}
    return {"error": error.error, "error_description": error.description or error.error}
