# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the doctor checks, in the order in which one would mend it, and how a result is put. Pure data.

A new check is a line in ``CHECKS``; the causes that it can name are in ``_causes``.
"""

from __future__ import annotations

from ansible_collections.datacatalog.amundsen.plugins.module_utils._causes import CAUSES

__all__ = ["CHECKS", "GROUPS", "TITLES", "checks_of", "failed", "passed", "skipped"]

CHECKS: dict[str, dict[str, str]] = {
    "The provider": {
        "discovery": "The provider's discovery document can be read",
        "discovery_issuer": "The issuer is exactly the expected one",
        "discovery_endpoints": "The provider's endpoints are https and on its own hosts",
        "discovery_keys": "The provider signs with an RSA key that can be found by its id",
        "discovery_features": "The provider offers the code flow, RS256, the scopes and the client authentication",
        "discovery_logout": "The provider names a page to sign out at",
        "provider_clock": "The provider's clock and the controller's agree",
    },
    "The application at the provider": {
        "application": "The application is a confidential web application with the code flow and RS256",
        "callback_listed": "The redirect URI is on the application's list",
        "logout_listed": "The page after signing out is on the application's list",
        "login_uri": "The application's login URI is the catalog's, over https",
        "connections": "People can log in with a connection, on keys of its own",
        "sign_up": "Not everybody can sign up and get in",
    },
    "The public address": {
        "reachable": "The public URL answers over TLS",
        "certificate": "The certificate is valid for long enough",
        "plain_http": "Plain http leads to https",
        "ports": "Nothing but the proxy answers from outside",
    },
    "Nobody without a login": {
        "anonymous_home": "Nobody sees the catalog's pages without a login",
        "anonymous_user": "/api/auth_user is refused without a login",
        "anonymous_metadata": "/api/metadata/v0/tags is refused without a login",
        "anonymous_routes": "Every route of the application is refused without a login",
        "bearer_header": "A forged bearer token in the header is refused",
        "bearer_query": "A forged bearer token in the query is refused",
        "bearer_form": "A forged bearer token in a form is refused",
        "session_forged": "A session forged with a publicly known key is refused",
    },
    "The way to the provider": {
        "login_redirect": "/login leads to the provider",
        "redirect_uri": "/login sends the right redirect URI",
        "redirect_registered": "The provider accepts the redirect URI and shows its login page",
        "cookies": "The session cookie is kept from scripts, plain http and other sites",
    },
    "A login": {
        "login": "The test user logs in",
        "deep_link": "The page that was asked for is kept through the login",
        "login_user": "The catalog names the user who logged in",
        "claims": "The claims that are needed arrive",
        "cookie_size": "The session cookie is small enough for a browser",
        "metadata": "The metadata service answers behind the login",
        "search": "The search service answers behind the login",
        "logout": "A cookie is worth nothing after signing out",
        "logout_provider": "Signing out ends the provider's session too",
    },
    "Inside the frontend": {
        "frontend": "The frontend runs, and can be looked into",
        "services": "All services of the project run",
        "server": "A server for production serves the frontend",
        "wrapper": "The application is started with its login",
        "settings": "The settings say what is needed for a login, over https",
        "dead_settings": "No setting is one that nothing reads",
        "session_key": "The session key is random and long",
        "versions": "The versions of the packages fit together",
        "inside_name": "The provider's name resolves inside the container",
        "inside_provider": "The container trusts and reaches the provider",
        "inside_clock": "The host's clock and the controller's agree",
        "inside_sessions": "The session database answers, and is one for sessions",
        "inside_metadata": "The metadata service and its store answer the frontend",
        "inside_search": "The search service answers the frontend",
    },
    "Around the frontend": {
        "published": "The engine publishes nothing but the proxy",
        "store_passwords": "No store has a public default password, or none",
        "engine_socket": "No container holds the engine's socket",
    },
}

TITLES: dict[str, str] = {check: title for group in CHECKS.values() for check, title in group.items()}
GROUPS: dict[str, str] = {check: group for group, checks in CHECKS.items() for check in checks}


def checks_of(*groups: str) -> tuple[str, ...]:
    """Return the ids of the checks of some groups."""
    return tuple(check for group in groups for check in CHECKS[group])


def passed(check: str, seen: str) -> dict[str, str]:
    """Report that `check` is all right; `seen` is the observation."""
    return _result(check, "pass", seen)


def failed(cause: str, seen: str, check: str = "", **values: str) -> dict[str, str]:
    """Report a failure: `seen` is the observation, `cause` a key of ``CAUSES``, `values` fill its texts."""
    return _because("fail", cause, seen, check, values)


def skipped(cause: str, seen: str = "", check: str = "", **values: str) -> dict[str, str]:
    """Report that a check was not made, and why."""
    return _because("skip", cause, seen, check, values)


def _because(status: str, cause: str, seen: str, check: str, values: dict[str, str]) -> dict[str, str]:
    known = CAUSES[cause]
    return _result(check or known.check, status, seen, cause, known.why.format(**values), known.fix.format(**values))


def _result(check: str, status: str, seen: str, cause: str = "", why: str = "", fix: str = "") -> dict[str, str]:
    detail = f"{seen} - {why}" if seen and why else seen or f"{why[:1].upper()}{why[1:]}"
    return {
        "id": check,
        "group": GROUPS[check],
        "title": TITLES[check],
        "status": status,
        "cause": cause,
        "seen": seen,
        "why": why,
        "detail": detail,
        "fix": fix,
    }
