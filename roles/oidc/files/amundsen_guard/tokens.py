"""What the issuer's tokens have to say, and access tokens for programs, where the operator allows those."""

from __future__ import annotations

import logging
import time
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from . import audit
from .settings import Settings

_LOG = logging.getLogger(__name__)
ALGORITHMS = ["RS256", "PS256", "ES256"]  # of key pairs: what the provider publishes cannot sign
_LEEWAY = 60  # seconds
_NEW_KEYS = 30  # seconds between two looks for new keys, however many tokens with made-up keys come


def id_claims(client: Any, token: dict[str, Any], nonce: str | None) -> dict[str, Any]:
    """Return the claims of the ID token in the token endpoint's answer.

    Args:
        client: Authlib's client; gives the issuer's metadata and keys, and asks for new ones when the key is unknown.
        token: The token endpoint's answer.
        nonce: What this login sent along; None for a renewed token, which has none.

    Raises:
        Exception: Authlib's and joserfc's, where the token does not verify.
    """
    metadata = client.load_server_metadata()
    metadata["id_token_signing_alg_values_supported"] = ALGORITHMS
    options = {"iss": {"essential": True, "value": metadata["issuer"]}, "aud": {"essential": True, "value": client.client_id}}
    claims = client.parse_id_token(token, nonce=nonce, claims_options=options, leeway=_LEEWAY)
    if not claims or (nonce and claims.get("nonce") != nonce):
        raise ValueError("The provider sent no ID token of this login.")
    return dict(claims)


def verify(value: str, client: Any, settings: Settings) -> dict[str, Any] | None:
    """Return the claims of an access token, or None where it is not signed by the issuer, not for us, or over.

    Args:
        value: The token as it came.
        client: Authlib's client; gives the issuer's metadata and keys.
        settings: Names the audience.
    """
    try:
        metadata = client.load_server_metadata()
        claims = _decoded(value, client)
        jwt.JWTClaimsRegistry(
            now=int(time.time()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": metadata["issuer"]},
            aud={"essential": True, "value": settings.api_audience},
            exp={"essential": True},
            sub={"essential": True},
        ).validate(claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        audit.log("refused", reason="bearer token", kind=type(error).__name__)
        return None
    except Exception as error:  # the provider's keys cannot be had: nobody is let in without them
        _LOG.warning("A bearer token could not be checked: %s", type(error).__name__)
        return None
    return claims


def _decoded(value: str, client: Any) -> dict[str, Any]:
    try:
        return dict(jwt.decode(value, KeySet.import_key_set(client.fetch_jwk_set()), algorithms=ALGORITHMS).claims)
    except InvalidKeyIdError:  # the provider has new keys, or somebody made one up
        last, now = getattr(client, "guard_looked_for_keys", -_NEW_KEYS), time.monotonic()
        if now - last < _NEW_KEYS:
            raise
        client.guard_looked_for_keys = now
        return dict(jwt.decode(value, KeySet.import_key_set(client.fetch_jwk_set(force=True)), algorithms=ALGORITHMS).claims)
