"""Who is logged in, for Amundsen's own code and for its page."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from amundsen_application.api.metadata.v0 import USER_ENDPOINT
from amundsen_application.api.utils.request_utils import request_metadata
from amundsen_application.models.user import dump_user, load_user
from flask import Flask, Response, current_app, g, jsonify

from . import rules

_LOG = logging.getLogger(__name__)
_NAMES = ("first_name", "last_name", "full_name", "display_name")


def from_claims(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return Amundsen's user data for a person that only the provider knows."""
    guard = current_app.guard  # type: ignore[attr-defined]
    identity = rules.user_id(claims, guard) or rules.text(claims, "sub")
    email = rules.text(claims, "email") or identity
    name = rules.text(claims, "name") or email
    return {
        "user_id": identity,
        "email": email,
        "first_name": rules.text(claims, "given_name"),
        "last_name": rules.text(claims, "family_name"),
        "full_name": name,
        "display_name": name,
        "is_active": True,
    }


def auth_user(_app: Flask) -> Any:
    """Return the user of this request, as Amundsen's `AUTH_USER_METHOD`."""
    return load_user(from_claims(g.guard_claims))


def current_user() -> Response:
    """Answer `/api/auth_user`: from metadata, else from the claims, where metadata does not know the user or is down."""
    known = from_claims(g.guard_claims)
    url = f"{current_app.config['METADATASERVICE_BASE']}{USER_ENDPOINT}/{quote(known['user_id'], safe='@')}"
    try:
        answer = request_metadata(url=url)
        if answer.status_code == 200:
            user = answer.json()
            # Whoever bookmarks or owns something is known to metadata by an address alone.
            named = any(user.get(name) for name in _NAMES)
            return jsonify({"msg": "Success", "user": dump_user(load_user(user if named else user | {name: known[name] for name in _NAMES}))})
    except Exception as error:  # a catalog without its metadata service still knows who is logged in
        _LOG.warning("metadata did not tell about a user: %s", type(error).__name__)
    return jsonify({"msg": "Success", "user": dump_user(load_user(known))})


def claims() -> Response:
    """Answer `/api/guard/claims`: which claims came for this user, and whether each holds something; no values."""
    return jsonify({"claims": {name: bool(value) for name, value in g.guard_claims.items()}})
