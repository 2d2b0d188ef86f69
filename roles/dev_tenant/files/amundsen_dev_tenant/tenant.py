"""The tenant itself: its settings, its options, its store, its clock and its keys."""

from __future__ import annotations

import base64
import hashlib
import time
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey
from werkzeug.security import check_password_hash, generate_password_hash

from . import clients
from .certificates import make_signing_key
from .settings import Options, Settings
from .store import Store

SCOPES = [
    f"{verb}:{thing}"
    for thing in ("clients", "client_keys", "client_credentials", "connections", "client_grants")
    for verb in ("read", "create", "update", "delete")
] + ["read:client_summary"]
DATABASE_CONNECTION = "Username-Password-Authentication"
_MANAGEMENT = {
    "name": "Management (development tenant)",
    "app_type": "non_interactive",
    "grant_types": ["client_credentials"],
    "token_endpoint_auth_method": "client_secret_post",
}
_PASSWORD_HASH = "scrypt:4096:8:1"  # noqa: S105 - the name of a method


def database_options(given: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the options of a database connection with Auth0's defaults (recorded)."""
    return {
        "mfa": {"active": True, "return_enroll_settings": True},
        "passwordPolicy": "good",
        "passkey_options": {"challenge_ui": "both", "local_enrollment_enabled": True, "progressive_enrollment_enabled": True},
        "strategy_version": 2,
        "authentication_methods": {"passkey": {"enabled": False}, "password": {"enabled": True, "api_behavior": "required"}},
        "brute_force_protection": True,
        **(given or {}),
    }


class Tenant:
    """All that is not HTTP."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store
        self.options = Options()
        if not store.all("key"):
            self.rotate_key()
        self.forget_old()
        self.seed()

    def now(self) -> float:
        """Return the tenant's time in seconds since 1970; it may be wrong on purpose."""
        return time.time() + self.options.clock_skew

    # what is there from the start

    def reset(self) -> None:
        """Forget everything that was made, and make what is there from the start."""
        self.options = Options()
        with self.store.transaction():
            self.store.clear()
            self.seed()

    def seed(self) -> None:
        """Make the management application, the database connection and the users, where they are missing."""
        with self.store.transaction():
            self._seed_management()
            if not self.connection_by_name(DATABASE_CONNECTION):
                self.add_connection(DATABASE_CONNECTION, "auth0", {"disable_signup": True})
            for user in self.settings.users:
                self.add_user(user)

    def _seed_management(self) -> None:
        wanted = self.settings.management_client
        made = self.store.get("client", wanted["client_id"]) or clients.create(_MANAGEMENT, self.certificate())
        self.store.put("client", wanted["client_id"], {**made, **wanted})
        grant: dict[str, Any] = {
            "id": f"cgr_{wanted['client_id'][:16]}",
            "client_id": wanted["client_id"],
            "audience": self.settings.audience,
            "scope": SCOPES,
            "subject_type": "client",
        }
        self.store.put("grant", grant["id"], grant)

    def forget_old(self) -> None:
        """Drop what a login left and is over: sessions, codes and tokens."""
        for kind in ("transaction", "session", "code", "access", "refresh"):
            for record in self.store.all(kind):
                if record["expires"] <= self.now():
                    self.store.delete(kind, record["id"])

    def add_connection(self, name: str, strategy: str, options: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """Make a connection; return its record."""
        record = {
            "id": f"con_{clients.new_id(16)}",
            "options": database_options(options) if strategy == "auth0" else (options or {}),
            "strategy": strategy,
            "name": name,
            "is_domain_connection": False,
            "authentication": {"active": True},
            "connected_accounts": {"active": False},
            "realms": [name],
            **more,
            "_clients": [],
        }
        self.store.put("connection", record["id"], record)
        return record

    def connection_by_name(self, name: str) -> dict[str, Any] | None:
        """Return the connection of a name, or None."""
        return next((each for each in self.store.all("connection") if each["name"] == name), None)

    # users

    def add_user(self, user: dict[str, Any]) -> dict[str, Any]:
        """Make or replace a user.

        Args:
            user: `username` (what they type, mostly an e-mail address), `password`, and optionally `claims` (a value of null
                leaves a claim out, others come on top) and `denied` (the login ends with `access_denied`).
        """
        username = user["username"]
        local = username.split("@")[0]
        key = hashlib.sha256(username.lower().encode()).hexdigest()[:24]
        usual = {
            "sub": f"auth0|{key}",
            "nickname": local,
            "name": username,
            "picture": f"https://s.gravatar.com/avatar/{hashlib.sha256(username.encode()).hexdigest()}?s=480&r=pg",
            "updated_at": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(self.now())),
            "email": username,
            "email_verified": True,
        }
        claims = {name: value for name, value in {**usual, **user.get("claims", {})}.items() if value is not None}
        before = self.store.get("user", key)
        if before and check_password_hash(before["password"], user["password"]):
            password = before["password"]
        else:
            password = generate_password_hash(user["password"], _PASSWORD_HASH)
        record = {"id": key, "username": username, "password": password, "claims": claims, "denied": bool(user.get("denied"))}
        self.store.put("user", key, record)
        return record

    def check_user(self, username: str, password: str) -> dict[str, Any] | None:
        """Return the user whose password this is, or None."""
        user = self.store.get("user", hashlib.sha256(username.strip().lower().encode()).hexdigest()[:24])
        return user if user and check_password_hash(user["password"], password) else None

    # keys and tokens

    def rotate_key(self) -> None:
        """Make a new signing key; the one before stays in the key set, as at Auth0."""
        made = make_signing_key(self.settings.domain)
        before = self.store.all("key")
        with self.store.transaction():
            for old in before[:-1]:
                self.store.delete("key", str(old["kid"]))
            kid = clients.new_id(21)
            self.store.put("key", kid, {"kid": kid, **made})

    def certificate(self) -> str:
        """Return the certificate of the signing key, PEM."""
        return str(self.store.all("key")[-1]["certificate"])

    def signing_key(self) -> RSAKey:
        """Return the key that signs now."""
        record = self.store.all("key")[-1]
        return _signing_key(record["private"], record["kid"])

    def jwks(self) -> dict[str, Any]:
        """Return the public keys, the newest first, with every field of a real tenant's."""
        keys = []
        for record in reversed(self.store.all("key")):
            certificate = x509.load_pem_x509_certificate(record["certificate"].encode())
            der = certificate.public_bytes(serialization.Encoding.DER)
            public = _signing_key(record["private"], record["kid"]).as_dict(private=False)
            keys.append(
                {
                    "kty": "RSA",
                    "use": "sig",
                    "n": public["n"],
                    "e": public["e"],
                    "kid": record["kid"],
                    "x5t": _base64url(certificate.fingerprint(hashes.SHA1())),  # noqa: S303 - the field is a SHA-1
                    "x5c": [_base64(der)],
                    "alg": "RS256",
                }
            )
        return {"keys": keys}

    def management_token(self, client_id: str, scope: str) -> tuple[str, int]:
        """Return a signed token for the Management API and its lifetime in seconds."""
        now, lifetime = int(self.now()), int(self.options.token_lifetime)
        key = self.signing_key()
        claims = {
            "iss": self.settings.issuer,
            "sub": f"{client_id}@clients",
            "aud": self.settings.audience,
            "iat": now,
            "exp": now + lifetime,
            "scope": scope,
            "gty": "client-credentials",
            "azp": client_id,
        }
        return jwt.encode({"alg": "RS256", "typ": "JWT", "kid": key.kid}, claims, key), lifetime

    def read_token(self, token: str) -> dict[str, Any] | None:
        """Return the claims of a token that this tenant signed, or None; times and audience are the caller's to check."""
        keys = KeySet([_signing_key(each["private"], each["kid"]) for each in self.store.all("key")])
        try:
            return dict(jwt.decode(token, keys, algorithms=["RS256"]).claims)
        except (JoseError, ValueError):
            return None


@cache
def _signing_key(private: str, kid: str) -> RSAKey:
    """Return a key from its PEM; reading one takes longer than all the rest of a request."""
    return RSAKey.import_key(private, {"kid": kid})


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
