"""Access tokens of this issuer, for programs; only where the operator allows them."""

from __future__ import annotations

import logging
import time
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from .settings import Settings

_LOG = logging.getLogger(__name__)
_LEEWAY = 60  # seconds


def verify(value: str, client: Any, settings: Settings) -> dict[str, Any] | None:
    """Return the claims of an access token, or None where it is not signed by the issuer, not for us, or over.

    Args:
        value: The token as it came.
        client: Authlib's client; gives the issuer's metadata and keys.
        settings: Names the audience.
    """
    try:
        metadata = client.load_server_metadata()
        try:
            token = jwt.decode(value, KeySet.import_key_set(client.fetch_jwk_set()), algorithms=["RS256"])
        except InvalidKeyIdError:  # the provider has new keys
            token = jwt.decode(value, KeySet.import_key_set(client.fetch_jwk_set(force=True)), algorithms=["RS256"])
        claims = dict(token.claims)
        jwt.JWTClaimsRegistry(
            now=int(time.time()),
            leeway=_LEEWAY,
            iss={"essential": True, "value": metadata["issuer"]},
            aud={"essential": True, "value": settings.api_audience},
            exp={"essential": True},
            sub={"essential": True},
        ).validate(claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        _LOG.info("A bearer token was refused: %s", type(error).__name__)
        return None
    except Exception as error:  # the provider's keys cannot be had: nobody is let in without them
        _LOG.warning("A bearer token could not be checked: %s", type(error).__name__)
        return None
    return claims
