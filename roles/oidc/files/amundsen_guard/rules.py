"""Who a person is, and whether they may enter. Pure: claims in, a decision out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .settings import Settings


def text(claims: Mapping[str, Any], name: str) -> str:
    """Return a claim that is a text, without spaces around it; anything else counts as missing."""
    value = claims.get(name)
    return value.strip() if isinstance(value, str) else ""


def user_id(claims: Mapping[str, Any], settings: Settings) -> str:
    """Return the user's id from the claims, empty where neither claim came."""
    return text(claims, settings.user_id_claim) or text(claims, settings.user_id_fallback_claim)


def refusal(claims: Mapping[str, Any], settings: Settings) -> str:
    """Return why the person may not enter, or nothing.

    Each rule that is set opens the door; with none set the provider alone decides.
    """
    if not (settings.allowed_domains or settings.allowed_emails or settings.allowed_claim):
        return ""
    if settings.allowed_claim and _holds(claims.get(settings.allowed_claim), settings.allowed_values):
        return ""
    email = text(claims, "email").lower()
    name, _at, domain = email.rpartition("@")
    if email in settings.allowed_emails or (name and domain in settings.allowed_domains):
        # An address that nobody verified could be anybody's.
        return "" if claims.get("email_verified") is True else "Your e-mail address is not verified at the login provider."
    return "Your account is not on the list of those who may use this catalog."


def _holds(held: object, wanted: tuple[str, ...]) -> bool:
    """Tell whether a claim is one of the wanted values, or a list that holds one."""
    return any(isinstance(value, str) and value in wanted for value in (held if isinstance(held, list) else [held]))
