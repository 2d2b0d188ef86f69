"""Who a person is, and whether they may enter. Pure: claims in, a decision out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .settings import Settings


def user_id(claims: Mapping[str, Any], settings: Settings) -> str:
    """Return the user's id from the claims, empty where neither claim came."""
    for name in (settings.user_id_claim, settings.user_id_fallback_claim):
        if name and claims.get(name):
            return str(claims[name])
    return ""


def refusal(claims: Mapping[str, Any], settings: Settings) -> str:
    """Return why the person may not enter, or nothing.

    Each rule that is set opens the door; with none set the provider alone decides.
    """
    rule = settings.allowed_claim
    if not (settings.allowed_domains or settings.allowed_emails or rule):
        return ""
    if rule:
        held = claims.get(str(rule["name"]), [])
        values = {str(value) for value in (held if isinstance(held, list) else [held])}
        wanted = rule["values"]
        if isinstance(wanted, list) and values & set(wanted):
            return ""
    email = str(claims.get("email", "")).lower()
    listed = email in settings.allowed_emails or email.rpartition("@")[2] in settings.allowed_domains
    if email and listed:
        # An address that nobody verified could be anybody's.
        return "" if claims.get("email_verified") is True else "Your e-mail address is not verified at the login provider."
    return "Your account is not on the list of those who may use this catalog."
