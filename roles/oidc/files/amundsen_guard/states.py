"""Logins that were begun. Nothing is kept of them: `state` carries the page asked for, signed for one browser.

So any number of them can be unfinished, at any of several frontends, and the cookie stays small.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeTimedSerializer

from .paths import safe_path

LIFETIME = 3600  # seconds


@dataclass(frozen=True)
class Begun:
    """A login that was begun: the page to go on to, and what the provider's answer must fit."""

    path: str
    nonce: str
    verifier: str


def new_browser() -> str:
    """Return what tells one browser from all others; it is kept in its cookie."""
    return secrets.token_urlsafe(18)


def begin(key: str, browser: str, path: str) -> tuple[str, Begun]:
    """Return `state` for a new login, and the login.

    Args:
        key: The frontends' session key.
        browser: The browser's mark.
        path: The page to go on to.
    """
    login = secrets.token_urlsafe(12)
    proof = _derived(key, "browser", browser, login)
    return _serializer(key).dumps([login, proof, path]), _begun(key, browser, login, path)


def find(key: str, browser: str, state: str) -> Begun | None:
    """Return the login that a `state` belongs to; None where it is another browser's, too old, or made up."""
    login, proof, path = _read(key, state)
    if not login or not hmac.compare_digest(proof, _derived(key, "browser", browser, login)):
        return None
    return _begun(key, browser, login, path)


def page_of(key: str, state: str) -> str:
    """Return the page that a `state` goes on to, whichever browser it was begun in; empty where it is too old or made up."""
    login, _proof, path = _read(key, state)
    return safe_path(path) if login else ""


def _read(key: str, state: str) -> tuple[str, str, str]:
    try:
        login, proof, path = _serializer(key).loads(state, max_age=LIFETIME)
    except (BadSignature, ValueError, TypeError):
        return "", "", ""
    return login, proof, path


def _serializer(key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt="amundsen-guard-login", signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256})


def _begun(key: str, browser: str, login: str, path: str) -> Begun:
    return Begun(safe_path(path), _derived(key, "nonce", browser, login), _derived(key, "verifier", browser, login))


def _derived(key: str, purpose: str, browser: str, login: str) -> str:
    digest = hmac.digest(key.encode(), f"{purpose}:{browser}:{login}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
