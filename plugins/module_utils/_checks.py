# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor's knowledge: what is checked, and every cause that a check can name. Pure data.

A new check is a line in ``TITLES``; a new cause is an entry in ``CAUSES``. ``{names}`` in a text are
filled in by whoever reports the cause.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CAUSES", "TITLES", "Cause", "failed", "passed", "skipped"]

TITLES: dict[str, str] = {
    "discovery": "The provider's discovery document can be read",
    "discovery_issuer": "The issuer is exactly the expected one",
    "discovery_endpoints": "The provider's endpoints are https and on its own hosts",
    "discovery_keys": "The provider signs with an RSA key that can be found by its id",
    "discovery_features": "The provider offers the code flow, RS256, the scopes and the client authentication",
    "discovery_logout": "The provider names a page to sign out at",
    "reachable": "The public URL answers over TLS",
    "certificate": "The certificate is valid for long enough",
    "anonymous_home": "Nobody sees the catalog's pages without a login",
    "anonymous_user": "/api/auth_user is refused without a login",
    "anonymous_metadata": "/api/metadata/v0/tags is refused without a login",
    "bearer_header": "A forged bearer token in the header is refused",
    "bearer_query": "A forged bearer token in the query is refused",
    "bearer_form": "A forged bearer token in a form is refused",
    "session_forged": "A session forged with a publicly known key is refused",
    "login_redirect": "/login leads to the provider",
    "redirect_uri": "/login sends the right redirect URI",
    "redirect_registered": "The provider accepts the redirect URI and shows its login page",
    "cookies": "The session cookie is kept from scripts, plain http and other sites",
    "login": "The test user logs in",
    "login_user": "The catalog names the user who logged in",
    "metadata": "The metadata service answers behind the login",
    "search": "The search service answers behind the login",
    "logout": "A cookie is worth nothing after signing out",
}


@dataclass(frozen=True)
class Cause:
    """Why a check fails or is skipped, and what to do about it.

    ``check`` is a key of ``TITLES``, or "" where any check can have this cause.
    """

    check: str
    why: str
    fix: str


CAUSES: dict[str, Cause] = {
    # Any check
    "not_deployed": Cause(
        "",
        "nothing is deployed yet, which is to be expected in check mode",
        "Run without --check.",
    ),
    "not_reached": Cause(
        "",
        "it was not tried, because the public URL does not answer",
        "Mend the check 'reachable' first.",
    ),
    "no_redirect": Cause(
        "",
        "it was not tried, because /login does not lead to a provider",
        "Mend the check 'login_redirect' first.",
    ),
    "not_logged_in": Cause(
        "",
        "it was not tried, because no login succeeded",
        "Mend the check 'login' first.",
    ),
    "no_document": Cause(
        "",
        "it was not tried, because there is no discovery document",
        "Mend the check 'discovery' first.",
    ),
    "open_anyway": Cause(
        "",
        "it was not tried, because pages and data are open or broken for everybody",
        "Mend the checks of what anybody sees without a login first.",
    ),
    # Discovery
    "discovery_unreachable": Cause(
        "discovery",
        "{reason}",
        "From the controller, open {url}. Check the provider's domain, name resolution, firewall and proxy; if the provider "
        "uses a private CA, name its file in amundsen_ca_file.",
    ),
    "discovery_not_json": Cause(
        "discovery",
        "the address is not that of an OIDC provider",
        "Check the provider's domain: for Auth0 it is the tenant's domain or custom domain, without scheme and path.",
    ),
    "issuer_differs": Cause(
        "discovery_issuer",
        "the issuer is compared byte for byte, the slash at the end included; a token of another issuer is refused",
        "Set the provider's domain so that its issuer is {issuer}. Auth0 with a custom domain: use the custom domain everywhere.",
    ),
    "endpoint_missing": Cause(
        "discovery_endpoints",
        "a login cannot work without it",
        "Check that the discovery URL is that of an OIDC provider, not of plain OAuth 2.",
    ),
    "endpoint_not_https": Cause(
        "discovery_endpoints",
        "codes and secrets would travel in the clear",
        "Give the provider an https address; behind a proxy, make it trust the forwarded scheme.",
    ),
    "endpoint_elsewhere": Cause(
        "discovery_endpoints",
        "the client secret and the codes would go to another host",
        "If these hosts are right, name them in amundsen_verify_provider_hosts; else check the provider's address.",
    ),
    "keys_unreachable": Cause(
        "discovery_keys",
        "without the keys no ID token can be verified",
        "Open the document's jwks_uri from the controller; check name resolution, firewall and CA.",
    ),
    "keys_unusable": Cause(
        "discovery_keys",
        "ID tokens are verified with an RSA key (RS256) that the token names by its kid",
        "Let the provider sign with RS256 and publish the key. Auth0: application, Advanced Settings, OAuth, 'RS256'.",
    ),
    "feature_missing": Cause(
        "discovery_features",
        "the login needs it",
        "Turn it on at the provider, or change amundsen's settings to what the provider offers.",
    ),
    "logout_missing": Cause(
        "discovery_logout",
        "the document has no end_session_endpoint; signing out then ends only the catalog's own session",
        "Auth0: turn on Settings, Advanced, 'RP-Initiated Logout End Session Endpoint Discovery'.",
    ),
    # The site
    "name_unknown": Cause(
        "reachable",
        "the name cannot be resolved on the controller",
        "Make a DNS record for {host}, or set amundsen_verify_address to the address of the host.",
    ),
    "refused": Cause(
        "reachable",
        "nothing listens there, or a firewall refuses",
        "Look at the proxy: docker compose ps and docker compose logs proxy in the project's directory; check port and firewall.",
    ),
    "timeout": Cause(
        "reachable",
        "a firewall drops the packets, or the host is down or overloaded",
        "Check the firewall and that {host} is the address of this deployment.",
    ),
    "certificate_untrusted": Cause(
        "reachable",
        "the controller does not trust the certificate",
        "Private CA: name its file in amundsen_verify_ca_file. Else renew the certificate, with its whole chain, for {host}.",
    ),
    "no_answer": Cause(
        "reachable",
        "no HTTP answer came that could be read",
        "Check that amundsen_public_url is the address of this deployment, and look at the proxy's log.",
    ),
    "proxy_cannot_reach": Cause(
        "reachable",
        "the proxy runs, but not the frontend behind it",
        "Look at docker compose ps and docker compose logs frontend in the project's directory.",
    ),
    "certificate_ends": Cause(
        "certificate",
        "it was not renewed in time; browsers will refuse the site",
        "ACME or own CA: look at the proxy's log. From files: renew them and run site.yml.",
    ),
    # Nobody without a login
    "open": Cause(
        "",
        "the catalog is open to anybody",
        "Set FLASK_APP_MODULE_NAME and FLASK_APP_CLASS_NAME (or APP_WRAPPER and APP_WRAPPER_CLASS, both): with one of them "
        "missing Amundsen silently starts without any login. Then check FLASK_OIDC_WHITELISTED_ENDPOINTS.",
    ),
    "server_error": Cause(
        "",
        "the frontend fails instead of refusing",
        "Look at docker compose logs frontend in the project's directory.",
    ),
    "not_amundsen": Cause(
        "",
        "something else than Amundsen's frontend seems to answer",
        "Check that amundsen_public_url is the address of this deployment.",
    ),
    "loop": Cause(
        "",
        "the redirects go round in circles",
        "Usual reasons: the session cookie does not come back (plain http, more than 4 KB of claims), workers with different "
        "FLASK_OIDC_SECRET_KEY, or session databases that are not shared.",
    ),
    "bearer_accepted": Cause(
        "",
        "flaskoidc takes any JSON with a future expires_at for a token, without verifying it",
        "Use the guard of role oidc as the wrapper class, and let the proxy strip client tokens.",
    ),
    "bearer_crash": Cause(
        "",
        "flaskoidc tries to read any bearer token as JSON",
        "Use the guard of role oidc as the wrapper class, and let the proxy strip client tokens.",
    ),
    "key_public": Cause(
        "session_forged",
        "the session key is one that anybody can read in the source: anybody can make sessions",
        "Set FLASK_OIDC_SECRET_KEY to at least 32 random bytes, kept and shared by all frontends (role oidc does).",
    ),
    # The way to the provider
    "login_stays": Cause(
        "login_redirect",
        "/login does not send the browser to an authorization endpoint",
        "The wrapper class is missing or the provider is down: look at docker compose logs frontend in the project's directory.",
    ),
    "login_elsewhere": Cause(
        "login_redirect",
        "the frontend is configured for another provider",
        "Compare FLASK_OIDC_CONFIG_URL with the provider's discovery URL, then run site.yml.",
    ),
    "login_request": Cause(
        "login_redirect",
        "the provider needs it",
        "Check FLASK_OIDC_CLIENT_ID and FLASK_OIDC_SCOPES (it must hold openid), then run site.yml.",
    ),
    "redirect_http": Cause(
        "redirect_uri",
        "the frontend builds the address with the wrong scheme, so the provider answers 'Callback URL mismatch'",
        "Set FLASK_OIDC_FORCE_SCHEME=https, and let gunicorn trust the proxy (--forwarded-allow-ips).",
    ),
    "redirect_host": Cause(
        "redirect_uri",
        "the frontend builds the address from the request's Host header, so the provider answers 'Callback URL mismatch'",
        "Use one canonical host at the proxy, and the guard, which builds it from the public URL. Expected: {expected}",
    ),
    "redirect_path": Cause(
        "redirect_uri",
        "the callback path differs from the registered one",
        "Set FLASK_OIDC_REDIRECT_URI to the path of {expected}",
    ),
    "redirect_not_registered": Cause(
        "redirect_registered",
        "redirect URIs are matched exactly: scheme, host, port, path, slash",
        "Add {redirect_uri} to the application's Allowed Callback URLs (role identity does).",
    ),
    "client_unknown": Cause(
        "redirect_registered",
        "the client id is not one of this provider's applications",
        "Check the client id; after a change run site.yml. The application may have been deleted.",
    ),
    "authorize_refused": Cause(
        "redirect_registered",
        "the provider refuses the request before any login",
        "Auth0: the application must be a regular web application with the authorization_code grant and a connection turned on.",
    ),
    "authorize_unreachable": Cause(
        "redirect_registered",
        "{reason}",
        "Users' browsers must reach the provider; check its address, name resolution and certificate.",
    ),
    "cookie_flags": Cause(
        "cookies",
        "the cookie can be read by scripts, over plain http, or be sent along from other sites",
        "Use the guard's configuration class (role oidc), and make gunicorn trust the proxy's X-Forwarded-Proto.",
    ),
    # The login
    "no_test_user": Cause(
        "login",
        "no test user is given, so the login is not proven",
        "Make a user for tests at the provider and set amundsen_verify_username and amundsen_verify_password.",
    ),
    "login_no_provider": Cause(
        "login",
        "the catalog does not send the browser to a provider",
        "Mend the check 'login_redirect' first.",
    ),
    "login_provider_error": Cause(
        "login",
        "the provider shows an error page",
        "Read the provider's words; for Auth0 its log (Monitoring, Logs) says more.",
    ),
    "login_no_form": Cause(
        "login",
        "no login form was found on the page; pages made by scripts only cannot be walked without a browser",
        "Auth0: use the Universal Login (new). Others: log in once by hand in a browser.",
    ),
    "login_foreign_host": Cause(
        "login",
        "the password is sent only over https and only to the provider's own hosts",
        "If this host is right, name it in amundsen_verify_provider_hosts.",
    ),
    "login_wrong_password": Cause(
        "login",
        "the provider does not take the test user's name and password",
        "Check amundsen_verify_username and amundsen_verify_password, and that the user's connection is on for the application.",
    ),
    "login_second_factor": Cause(
        "login",
        "the provider wants more than the password",
        "Use a test user without a second factor, or log in once by hand in a browser.",
    ),
    "login_consent": Cause(
        "login",
        "the provider asks the user for consent",
        "Mark the application as first-party, or consent once in a browser. Auth0 always asks on localhost.",
    ),
    "login_denied": Cause(
        "login",
        "the provider sent the user back with an error",
        "Unauthorized: the application is public (SPA, native) or the client secret is wrong. Else a rule of the provider, or "
        "an e-mail address not verified: read its words.",
    ),
    "login_callback": Cause(
        "login",
        "the frontend could not turn the code into a session",
        "Look at docker compose logs frontend: wrong client secret, no e-mail claim (FLASK_OIDC_USER_ID_FIELD), HS256 instead of "
        "RS256, a clock that is off, or a session database that is not shared.",
    ),
    "login_broken": Cause(
        "login",
        "{reason}",
        "Check that every address of the chain answers: name resolution, firewall, certificate.",
    ),
    "login_loop": Cause(
        "login",
        "after the login the redirects go round in circles",
        "Usual reasons: the session cookie does not come back (more than 4 KB of claims), workers with different "
        "FLASK_OIDC_SECRET_KEY, or session databases that are not shared.",
    ),
    "user_missing": Cause(
        "login_user",
        "the frontend has no user for this session",
        "OidcConfig (or the guard's configuration class) must be FRONTEND_SVC_CONFIG_MODULE_CLASS. Stock Amundsen needs the user "
        "in metadata too; the guard takes who is not there from the claims.",
    ),
    "user_differs": Cause(
        "login_user",
        "the catalog takes the user for somebody else",
        "Check FLASK_OIDC_USER_ID_FIELD, and that no dummy user (TestConfig) is configured.",
    ),
    "metadata_down": Cause(
        "metadata",
        "the metadata service or its store does not answer the frontend",
        "Look at docker compose logs metadata in the project's directory; check METADATASERVICE_BASE and the store.",
    ),
    "search_down": Cause(
        "search",
        "the search service or its store does not answer the frontend",
        "Look at docker compose logs search in the project's directory; check SEARCHSERVICE_BASE and the store.",
    ),
    "logout_keeps": Cause(
        "logout",
        "signing out does not end the session",
        "Use the guard of role oidc as the wrapper class.",
    ),
}


def passed(check: str, detail: str) -> dict[str, str]:
    """Report that `check` is all right; `detail` says what was seen."""
    return {"id": check, "title": TITLES[check], "status": "pass", "detail": detail, "fix": ""}


def failed(cause: str, seen: str, check: str = "", **values: str) -> dict[str, str]:
    """Report a failure: `seen` is the observation, `cause` a key of ``CAUSES``, `values` fill its texts."""
    return _because("fail", cause, seen, check, values)


def skipped(cause: str, seen: str = "", check: str = "", **values: str) -> dict[str, str]:
    """Report that a check was not made, and why."""
    return _because("skip", cause, seen, check, values)


def _because(status: str, cause: str, seen: str, check: str, values: dict[str, str]) -> dict[str, str]:
    known = CAUSES[cause]
    identity = check or known.check
    why = known.why.format(**values)
    return {
        "id": identity,
        "title": TITLES[identity],
        "status": status,
        "detail": f"{seen} - {why}" if seen else f"{why[:1].upper()}{why[1:]}",
        "fix": known.fix.format(**values),
    }
