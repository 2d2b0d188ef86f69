# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an attacker would send: forged bearer tokens and forged Flask sessions. No I/O.

Only keys that are public anyway are used. The formats are those of flaskoidc 1.1.2 (a bearer token is read as
JSON) and of Flask's signed cookies (itsdangerous: HMAC-SHA1, salt 'cookie-session').
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

__all__ = ["PUBLIC_KEYS", "forged_session", "forged_tokens", "signed_with"]

# flaskoidc's default, and what tutorials and examples use.
PUBLIC_KEYS = ("!-flask-oidc-secret-key", "SomethingNotEntirelySecret", "secret", "secret_key", "dev", "changeme", "change-me")


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forged_tokens() -> dict[str, str]:
    """Return bearer tokens that nobody issued: flaskoidc's JSON form, and an unsigned JWT."""
    later = int(time.time()) + 3600
    claims = {"sub": "forged", "email": "forged@example.com", "exp": later}
    parts = [_encode(json.dumps(part).encode()) for part in ({"alg": "none", "typ": "JWT"}, claims)]
    return {
        "JSON": json.dumps({"access_token": "forged", "token_type": "Bearer", "expires_at": later}),
        "JWT": ".".join([*parts, ""]),
    }


def _signature(key: str, value: str) -> str:
    derived = hmac.new(key.encode(), b"cookie-session", hashlib.sha1).digest()
    return _encode(hmac.new(derived, value.encode(), hashlib.sha1).digest())


def forged_session(key: str, user: str) -> str:
    """Return the value of a Flask session cookie that names `user`, signed with `key`."""
    content = {"user": {"__id": user, "email": user, "name": user, "sub": user}}
    stamp = int(time.time())
    value = _encode(json.dumps(content, separators=(",", ":")).encode())
    value += "." + _encode(stamp.to_bytes((stamp.bit_length() + 7) // 8, "big"))
    return f"{value}.{_signature(key, value)}"


def signed_with(cookie: str) -> str:
    """Return the public key that the Flask session `cookie` is signed with, "" if it is none of them."""
    value, _dot, signature = cookie.rpartition(".")
    if "." not in value:
        return ""
    return next((key for key in PUBLIC_KEYS if hmac.compare_digest(_signature(key, value), signature)), "")
