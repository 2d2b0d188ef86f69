# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every cause that a check of the login can name: why it happens and what to do about it. Pure data.

``{names}`` in a text are filled in by whoever reports the cause. docs/troubleshooting.md is made of this table.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CAUSES", "Cause"]


@dataclass(frozen=True)
class Cause:
    """Why a check fails or is skipped, and what to do about it.

    ``check`` is the id of a check, or "" where any check can have this cause.
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
    "not_looked_into": Cause(
        "",
        "it was not tried, because the frontend cannot be looked into",
        "Mend the check 'frontend' first, or name the container in amundsen_verify_container.",
    ),
    "not_asked": Cause(
        "",
        "the provider was not asked for its list: that takes the management login of Auth0",
        "Set amundsen_auth0_domain, amundsen_auth0_management_client_id and amundsen_auth0_management_client_secret, and amundsen_provider to auth0.",
    ),
    "no_application": Cause(
        "",
        "it was not tried, because the application cannot be read",
        "Mend the check 'application' first.",
    ),
    "not_ours": Cause(
        "",
        "it does not apply to this deployment",
        "Nothing is to be done.",
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
    "provider_clock_off": Cause(
        "provider_clock",
        "tokens would be refused as not yet or no longer valid; more than a minute is too much",
        "Set up time synchronisation on the controller and the hosts (chrony or systemd-timesyncd).",
    ),
    # The application, by the Management API
    "application_missing": Cause(
        "application",
        "the client id that the frontend sends is not one of this tenant",
        "Run site.yml: role identity registers the application and role oidc writes its id. Or mend FLASK_OIDC_CLIENT_ID.",
    ),
    "application_unreadable": Cause(
        "application",
        "{reason}",
        "Check amundsen_auth0_domain and the management login; it needs the scopes read:clients and read:connections.",
    ),
    "application_public": Cause(
        "application",
        "a single-page or native application is a public client and has no secret; the code flow of a server ends with access_denied, Unauthorized",
        "Make it a regular web application (app_type regular_web), or run site.yml, which does.",
    ),
    "application_auth_method": Cause(
        "application",
        "the frontend sends its secret in the Authorization header (client_secret_basic)",
        "Set the application's authentication method to client_secret_basic, or run site.yml.",
    ),
    "application_grant": Cause(
        "application",
        "the provider refuses a login with unauthorized_client",
        "Turn on the grant authorization_code (Advanced Settings, Grant Types), or run site.yml.",
    ),
    "application_hs256": Cause(
        "application",
        "the frontend verifies ID tokens with the provider's public key; one signed with HS256 fails after the login",
        "Set JsonWebToken Signature Algorithm to RS256 (Advanced Settings, OAuth), or run site.yml.",
    ),
    "callback_not_listed": Cause(
        "callback_listed",
        "redirect URIs are compared exactly: scheme, host, port, path, slash; people meet 'Callback URL mismatch'",
        "Add {redirect_uri} to Allowed Callback URLs, or run site.yml.",
    ),
    "callback_near_miss": Cause(
        "callback_listed",
        "the list holds almost the same address, and redirect URIs are compared exactly; people meet 'Callback URL mismatch'",
        "Replace {near} by {redirect_uri} in Allowed Callback URLs, or run site.yml.",
    ),
    "logout_not_listed": Cause(
        "logout_listed",
        "after signing out the provider shows an error page in place of the catalog's",
        "Add {logout_uri} to Allowed Logout URLs, or run site.yml.",
    ),
    "login_uri_http": Cause(
        "login_uri",
        "Auth0 takes only https for it, and a person whose login took too long is sent there",
        "Set Application Login URI to {login_uri}, or leave it empty.",
    ),
    "login_uri_elsewhere": Cause(
        "login_uri",
        "a person whose login took too long is sent to another place",
        "Set Application Login URI to {login_uri}, or leave it empty.",
    ),
    "connection_missing": Cause(
        "connections",
        "no connection is on for the application, so nobody can log in",
        "Turn one on (Applications, Connections), or name it in amundsen_auth0_connections and run site.yml.",
    ),
    "developer_keys": Cause(
        "connections",
        "Auth0's developer keys are for tests only: they show Auth0's name, and every tenant shares them",
        "Give the connection keys of your own at {connections}.",
    ),
    "open_sign_up": Cause(
        "sign_up",
        "anybody can make an account and log in, and no rule of the catalog says who may",
        "Turn sign-ups off (Authentication, Database, Disable Sign Ups), or set amundsen_allowed_email_domains, amundsen_allowed_emails "
        "or amundsen_allowed_claim.",
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
    "certificate_host": Cause(
        "reachable",
        "the certificate was made for other names",
        "Get a certificate for {host}; check that amundsen_public_url and the certificate name the same host.",
    ),
    "certificate_expired": Cause(
        "reachable",
        "the certificate is over, or not valid yet",
        "Renew it; look at the proxy's log for why that did not happen by itself. Check the clocks.",
    ),
    "certificate_chain": Cause(
        "reachable",
        "the server sends its own certificate without those between it and the authority",
        "Let the certificate file hold the whole chain, the server's certificate first.",
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
    "plain_http_open": Cause(
        "plain_http",
        "whoever listens on the way reads sessions and data",
        "Let the proxy answer on port 80 with a redirect to https only (role proxy does).",
    ),
    "port_open": Cause(
        "ports",
        "{service} has no login worth the name: whoever reaches the port reads and writes all of it",
        "Publish nothing but the proxy: take the port out of the Compose file, or bind it to 127.0.0.1, and close it in the firewall.",
    ),
    "port_frontend": Cause(
        "ports",
        "the frontend answers beside the proxy: over plain http, and it believes the headers that anybody sends",
        "Publish nothing but the proxy: take the port out of the Compose file, or bind it to 127.0.0.1.",
    ),
    "port_engine": Cause(
        "ports",
        "whoever reaches the engine's port is root on the host",
        "Take -H tcp:// out of the engine's settings at once; use ssh (DOCKER_HOST=ssh://...) instead.",
    ),
    "ports_only_inside": Cause(
        "ports",
        "the address belongs to this machine alone, so nothing is seen from outside",
        "Run the check from another machine.",
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
    "route_open": Cause(
        "anonymous_routes",
        "these routes answer without a login",
        "Check FLASK_OIDC_WHITELISTED_ENDPOINTS and the wrapper class; use the guard of role oidc, whose open paths are fixed.",
    ),
    "routes_unknown": Cause(
        "anonymous_routes",
        "the application's own list of routes could not be read",
        "Mend the check 'frontend' first, so that the list can be read inside the container.",
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
    "login_no_claim": Cause(
        "login",
        "the claim that names a user does not come with the ID token",
        "Ask for the scope that brings it (email), or name another claim: amundsen_user_id_claim, amundsen_user_id_fallback_claim "
        "(FLASK_OIDC_USER_ID_FIELD). Entra ID: preferred_username.",
    ),
    "login_rules": Cause(
        "login",
        "the test user may log in at the provider, but the catalog's rules do not let them in",
        "Take a test user whom amundsen_allowed_email_domains, amundsen_allowed_emails or amundsen_allowed_claim lets in, with a verified e-mail address.",
    ),
    "login_state": Cause(
        "login",
        "the frontend does not know the login that it began: its cookie did not come back, or another frontend with another key began it",
        "Give all frontends the same FLASK_OIDC_SECRET_KEY, and let gunicorn trust the proxy (--forwarded-allow-ips).",
    ),
    "login_unverified": Cause(
        "login",
        "the ID token does not verify: HS256 in place of RS256, another issuer or audience, or a clock that is off",
        "Mend the checks 'discovery_issuer', 'application' and 'inside_clock'; then look at docker compose logs frontend.",
    ),
    "login_client_secret": Cause(
        "login",
        "the provider does not take the client secret",
        "Run site.yml, which reads the secret anew; or mend FLASK_OIDC_CLIENT_SECRET. After a rotation the old one is dead.",
    ),
    "login_provider_down": Cause(
        "login",
        "the frontend cannot reach the provider, though the controller can",
        "Mend the checks 'inside_name' and 'inside_provider'.",
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
    "deep_link_lost": Cause(
        "deep_link",
        "everybody lands on the start page, whatever link they followed",
        "Use the guard of role oidc; in flaskoidc 1.1.2 this cannot be mended by a setting.",
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
    "claim_missing": Cause(
        "claims",
        "the provider does not send it",
        "Ask for its scope in amundsen_oidc_scopes; Auth0: add other claims with an Action, under a name that is a URL.",
    ),
    "email_unverified": Cause(
        "claims",
        "rules on e-mail addresses let in verified ones only, or anybody could claim any address",
        "Verify the test user's address at the provider.",
    ),
    "claims_unseen": Cause(
        "claims",
        "the application does not show its claims",
        "Nothing is to be done where the login works.",
    ),
    "cookie_large": Cause(
        "cookie_size",
        "browsers drop a cookie of more than 4,096 bytes, and the login goes round in circles",
        "Let the provider send fewer claims (groups above all), or use the guard of role oidc, which keeps them in the session database.",
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
    "logout_local": Cause(
        "logout_provider",
        "the next click logs the person in again without a password, and so does the next person at this computer",
        "Use the guard of role oidc, and let the provider name an end_session_endpoint.",
    ),
    "logout_keeps": Cause(
        "logout",
        "signing out does not end the session",
        "Use the guard of role oidc as the wrapper class.",
    ),
    # Inside the frontend, and around it
    "frontend_missing": Cause(
        "frontend",
        "no container runs Amundsen's frontend on this host",
        "Run site.yml; if it runs under another name, set amundsen_verify_container.",
    ),
    "frontend_stopped": Cause(
        "frontend",
        "the frontend ended or was stopped",
        "Look at docker logs {container}; exit code 1 is a setting that would not be safe, 137 is too little memory.",
    ),
    "frontend_killed": Cause(
        "frontend",
        "exit code 137: the kernel ended it for want of memory, or somebody killed it",
        "Give the host or the container more memory (amundsen_memory_limits).",
    ),
    "frontend_unhealthy": Cause(
        "frontend",
        "its health check fails, so one of the parts that it needs is down",
        "Look at docker inspect {container} (State.Health) and at the checks of the services below.",
    ),
    "no_engine": Cause(
        "frontend",
        "there is no engine on this host that answers",
        "Start it (systemctl start docker), or run site.yml. For a frontend without Docker set amundsen_verify_pid.",
    ),
    "no_python": Cause(
        "frontend",
        "the program that looks around inside could not be run there",
        "Look at the words behind this line; the frontend's own Python is needed.",
    ),
    "service_stopped": Cause(
        "services",
        "what needs this service does not work",
        "Look at docker logs {container}, then start it: docker compose up -d in the project's directory, or run site.yml.",
    ),
    "service_killed": Cause(
        "services",
        "exit code 137: the kernel ended it for want of memory, or somebody killed it",
        "Give the host or the container more memory (amundsen_memory_limits), then run site.yml.",
    ),
    "service_unhealthy": Cause(
        "services",
        "it runs, but does not answer its health check, or the store behind it does not",
        "Where the check names a store, look at that store's container and the password of the service; else at docker logs {container}.",
    ),
    "development_server": Cause(
        "server",
        "Flask's development server is for one person at a time and shows its insides on an error",
        "Serve it with gunicorn: amundsen_application.wsgi:application (role frontend does).",
    ),
    "wrapper_half": Cause(
        "wrapper",
        "with one of the two missing, Amundsen silently starts as plain Flask, open to anybody",
        "Set APP_WRAPPER and APP_WRAPPER_CLASS, both (or FLASK_APP_MODULE_NAME and FLASK_APP_CLASS_NAME).",
    ),
    "wrapper_missing": Cause(
        "wrapper",
        "Amundsen starts as plain Flask, open to anybody",
        "Set APP_WRAPPER and APP_WRAPPER_CLASS, both, and use the guard of role oidc.",
    ),
    "wrapper_broken": Cause(
        "wrapper",
        "the wrapper class cannot be loaded",
        "Check its module and name; it has to be in the image.",
    ),
    "flaskoidc_missing": Cause(
        "wrapper",
        "No module named 'flaskoidc': it is not in the image, so the frontend cannot start with its login",
        "Install amundsen-frontend[oidc], or flaskoidc==1.1.2, when the image is built (role frontend does, and tries to load it).",
    ),
    "wrapper_stock": Cause(
        "wrapper",
        "flaskoidc alone takes any JSON with a future expires_at for a bearer token",
        "Use the guard of role oidc: APP_WRAPPER=amundsen_guard, APP_WRAPPER_CLASS=GuardedApp.",
    ),
    "config_test": Cause(
        "settings",
        "TestConfig logs everybody in as a dummy user",
        "Set FRONTEND_SVC_CONFIG_MODULE_CLASS to amundsen_guard.config.GuardConfig (stock: amundsen_application.oidc_config.OidcConfig).",
    ),
    "config_without_user": Cause(
        "settings",
        "the configuration class does not say who is logged in: 'NoneType' object has no attribute 'get'",
        "Set FRONTEND_SVC_CONFIG_MODULE_CLASS to amundsen_guard.config.GuardConfig (stock: amundsen_application.oidc_config.OidcConfig).",
    ),
    "config_broken": Cause(
        "settings",
        "the configuration class cannot be loaded",
        "Check FRONTEND_SVC_CONFIG_MODULE_CLASS: module and class, separated by a dot.",
    ),
    "setting_missing": Cause(
        "settings",
        "a login cannot work without it",
        "Set it and make the container anew (role oidc writes all of them).",
    ),
    "scheme_http": Cause(
        "settings",
        "flaskoidc then writes http into the redirect URI, and the provider answers 'Callback URL mismatch'",
        "Set FLASK_OIDC_FORCE_SCHEME=https.",
    ),
    "setting_dead": Cause(
        "dead_settings",
        "today's flaskoidc and Amundsen read none of these names, so they protect nothing",
        "Replace or remove them: {instead}",
    ),
    "key_default": Cause(
        "session_key",
        "the key is flaskoidc's default or another public one: anybody can make sessions",
        "Set FLASK_OIDC_SECRET_KEY to at least 32 random bytes, kept and shared by all frontends (role oidc does).",
    ),
    "key_weak": Cause(
        "session_key",
        "so short or simple a key can be guessed offline from one cookie",
        "Set FLASK_OIDC_SECRET_KEY to at least 32 random bytes, kept and shared by all frontends (role oidc does).",
    ),
    "versions_misfit": Cause(
        "versions",
        "{reason}",
        "Install {instead}; the image of role frontend holds a set that was tried.",
    ),
    "inside_name_unknown": Cause(
        "inside_name",
        "the container's name server does not know the name; the controller's does",
        "Check the engine's DNS (daemon.json: dns), or add the name to the container (extra_hosts, amundsen_frontend_networks).",
    ),
    "inside_unreachable": Cause(
        "inside_provider",
        "{reason}",
        "Let the container out to the provider: firewall, the engine's NAT, or the company's proxy (amundsen_https_proxy).",
    ),
    "inside_untrusted": Cause(
        "inside_provider",
        "the container does not trust the provider's certificate: a private CA, or a company proxy that opens TLS",
        "Name the CA in amundsen_ca_file and run site.yml; by hand: REQUESTS_CA_BUNDLE in the container.",
    ),
    "inside_other": Cause(
        "inside_provider",
        "the address inside is not that of the expected issuer",
        "Compare FLASK_OIDC_CONFIG_URL with the provider's discovery URL.",
    ),
    "clock_off": Cause(
        "inside_clock",
        "tokens would be refused as not yet or no longer valid; more than a minute is too much",
        "Set up time synchronisation on the host (chrony or systemd-timesyncd).",
    ),
    "sessions_down": Cause(
        "inside_sessions",
        "{reason}",
        "Look at the database's log and at SQLALCHEMY_DATABASE_URI; without it nobody can log in.",
    ),
    "sessions_read_only": Cause(
        "inside_sessions",
        "unable to open database file: the frontend's user may not write there",
        "Give the file a volume of its own that belongs to the frontend's user, or use a MariaDB or PostgreSQL.",
    ),
    "sessions_in_catalog": Cause(
        "inside_sessions",
        "flaskoidc's tokens lie among the catalog's tables, where metadata's password reads them",
        "Give the sessions a database and a user of their own.",
    ),
    "back_name_unknown": Cause(
        "",
        "the name does not resolve inside: the container is stopped, or not on a network with the frontend",
        "Start {service}, and put both on one network; check {setting}.",
    ),
    "back_refused": Cause(
        "",
        "nothing listens there: the service is starting, has ended, or listens on another port",
        "Look at docker logs of {service}; check {setting}.",
    ),
    "back_timeout": Cause(
        "",
        "no answer came in time",
        "Look at docker logs of {service} and at the load of the host.",
    ),
    "back_error": Cause(
        "",
        "it runs, but the store behind it does not answer: wrong password, wrong address, or down",
        "Look at docker logs of {service}; check the store, and the password that {service} has for it.",
    ),
    "port_published": Cause(
        "published",
        "whoever reaches the host reaches the service past the proxy and its login; Docker's rules come before the host's firewall",
        "Take the port out of the Compose file, or bind it to 127.0.0.1.",
    ),
    "password_public": Cause(
        "store_passwords",
        "the password stands in every tutorial",
        "Change it in the store and in the service that uses it (role stack makes random ones).",
    ),
    "store_open": Cause(
        "store_passwords",
        "authentication is turned off in the store's settings, whatever password is set elsewhere",
        "Turn it on: take the setting out of the mounted file or the environment, and set a random password.",
    ),
    "socket_mounted": Cause(
        "engine_socket",
        "whoever gets into that container is root on the host",
        "Do not mount /var/run/docker.sock; use a proxy that allows only reading, if something needs it.",
    ),
}
