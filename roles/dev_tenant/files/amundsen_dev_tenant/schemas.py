"""What Auth0's Management API takes: the rules for applications, connections and grants.

The tests compare these rules with Auth0's own document. Parts that have nothing to do with a login (add-ons,
mobile settings, organizations) are taken as any object.
"""

from __future__ import annotations

from typing import Any

from .validation import Schema

TEXT: Schema = {"type": "string"}
FILLED: Schema = {"type": "string", "min_length": 1}
FLAG: Schema = {"type": "boolean"}
FREE: Schema = {"type": ["object", "null"]}


def _list(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def _words(text: str) -> list[str]:
    return text.split()


APP_TYPES = _words(
    """native spa regular_web non_interactive resource_server express_configuration rms box cloudbees concur dropbox mscrm
    echosign egnyte newrelic office365 salesforce sentry sharepoint slack springcm zendesk zoom sso_integration oag"""
)

_STRATEGIES = _words(
    """ad adfs amazon apple dropbox bitbucket auth0-oidc auth0 baidu bitly box custom daccount dwolla email evernote-sandbox
    evernote exact facebook fitbit github google-apps google-oauth2 instagram ip line linkedin oauth1 oauth2 office365 oidc
    okta paypal paypal-sandbox pingfederate planningcenter salesforce-community salesforce-sandbox salesforce samlp
    sharepoint shopify shop sms soundcloud thirtysevensignals twitter untappd vkontakte waad weibo windowslive wordpress
    yahoo yandex"""
)

_URLS: Schema = {"type": "string", "format": "url-with-placeholders"}

_REFRESH_TOKEN: Schema = {
    "type": ["object", "null"],
    "additional": False,
    "required": ["rotation_type", "expiration_type"],
    "properties": {
        "rotation_type": {"type": "string", "enum": ["rotating", "non-rotating"]},
        "expiration_type": {"type": "string", "enum": ["expiring", "non-expiring"]},
        "leeway": {"type": "integer", "minimum": 0},
        "token_lifetime": {"type": "integer", "minimum": 1, "maximum": 157788000},
        "infinite_token_lifetime": FLAG,
        "idle_token_lifetime": {"type": "integer", "minimum": 1},
        "infinite_idle_token_lifetime": FLAG,
        "policies": {"type": ["array", "null"], "min_items": 1},
    },
}

UNCHECKED = _words(
    """addons async_approval_notification_channels client_authentication_methods default_organization encryption_key
    express_configuration mobile my_organization_configuration native_social_login oidc_backchannel_logout oidc_logout
    session_transfer signed_request_object token_exchange token_quota"""
)

_CLIENT: dict[str, Schema] = {
    "name": {"type": "string", "pattern": "^[^<>]+$", "description": "Name of this client (min length: 1 character, does not allow `<` or `>`)"},
    "description": {"type": "string", "max_length": 140, "description": "Free text description of this client (max length: 140 characters)"},
    "logo_uri": {"type": "string", "format": "absolute-uri-or-empty", "description": "URL of the logo to display for this client"},
    "app_type": {"type": "string", "enum": APP_TYPES},
    "callbacks": _list({"type": "string", "format": "callback-url"}),
    "allowed_logout_urls": _list(_URLS),
    "allowed_origins": _list(_URLS),
    "web_origins": _list(_URLS),
    "client_aliases": _list(FILLED),
    "allowed_clients": _list(FILLED),
    "initiate_login_uri": {
        "type": "string",
        "format": "absolute-https-uri-with-placeholders-or-empty",
        "description": "Initiate login uri, must be https",
    },
    "grant_types": _list(FILLED),
    "token_endpoint_auth_method": {"type": "string", "enum": ["none", "client_secret_post", "client_secret_basic"]},
    "jwt_configuration": {
        "type": "object",
        "properties": {
            "alg": {"type": "string", "enum": ["HS256", "RS256", "RS512", "PS256"]},
            "lifetime_in_seconds": {"type": "integer"},
            "secret_encoded": FLAG,
            "scopes": {"type": "object"},
        },
    },
    "refresh_token": _REFRESH_TOKEN,
    "client_metadata": {
        "type": "object",
        "max_properties": 10,
        "additional": {"type": ["string", "null"], "max_length": 255},
        "description": "Metadata associated with the client, in the form of an object with string values (max 255 chars). "
        "Maximum of 10 metadata properties allowed",
    },
    "oidc_conformant": FLAG,
    "is_first_party": FLAG,
    "is_token_endpoint_ip_header_trusted": FLAG,
    "sso": FLAG,
    "sso_disabled": FLAG,
    "cross_origin_authentication": FLAG,
    "cross_origin_loc": {"type": "string", "format": "url"},
    "custom_login_page": FILLED,
    "custom_login_page_on": FLAG,
    "custom_login_page_preview": FILLED,
    "form_template": FILLED,
    "require_pushed_authorization_requests": FLAG,
    "require_proof_of_possession": FLAG,
    "skip_non_verifiable_callback_uri_confirmation_prompt": FLAG,
    "organization_usage": {"type": "string", "enum": ["deny", "allow", "require"]},
    "organization_require_behavior": {"type": "string", "enum": ["no_prompt", "pre_login_prompt", "post_login_prompt"]},
    "organization_discovery_methods": _list({"type": "string", "enum": ["email", "organization_name"]}, min_items=1),
    "par_request_expiry": {"type": ["integer", "null"], "minimum": 10, "maximum": 600},
    "compliance_level": {
        "type": ["string", "null"],
        "enum": ["none", "fapi1_adv_pkj_par", "fapi1_adv_mtls_par", "fapi2_sp_pkj_mtls", "fapi2_sp_mtls_mtls", None],
    },
    **dict.fromkeys(UNCHECKED, FREE),
    "third_party_security_mode": TEXT,
    "redirection_policy": TEXT,
}

CREATE_CLIENT: Schema = {
    "type": "object",
    "additional": False,
    "required": ["name"],
    "properties": {**_CLIENT, "resource_server_identifier": {"type": "string", "min_length": 1, "max_length": 600}},
}


def _nullable(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


UPDATE_CLIENT: Schema = {
    "type": "object",
    "additional": False,
    "min_properties": 1,
    "properties": {
        **_CLIENT,
        "client_secret": FILLED,
        **dict.fromkeys(("custom_login_page", "custom_login_page_preview", "form_template"), TEXT),
        **{
            name: _nullable(_CLIENT[name])
            for name in _words(
                """cross_origin_loc organization_discovery_methods organization_require_behavior organization_usage
                skip_non_verifiable_callback_uri_confirmation_prompt token_endpoint_auth_method"""
            )
        },
    },
}

_CONNECTION: dict[str, Schema] = {
    "display_name": {"type": "string", "max_length": 128},
    "options": {"type": ["object", "null"]},
    "is_domain_connection": FLAG,
    "show_as_button": FLAG,
    "realms": _list(TEXT),
    "metadata": {"type": "object", "max_properties": 10, "additional": {"type": ["string", "null"], "max_length": 255}},
    "authentication": {"type": "object"},
    "connected_accounts": {"type": "object"},
}

# `enabled_clients` is missing on purpose: Auth0 refuses it since July 2026.
CREATE_CONNECTION: Schema = {
    "type": "object",
    "additional": False,
    "required": ["name", "strategy"],
    "properties": {
        **_CONNECTION,
        "name": {"type": "string", "max_length": 128, "pattern": "^[a-zA-Z0-9](-[a-zA-Z0-9]|[a-zA-Z0-9])*$"},
        "strategy": {"type": "string", "enum": _STRATEGIES},
    },
}
UPDATE_CONNECTION: Schema = {"type": "object", "additional": False, "min_properties": 1, "properties": _CONNECTION}

UPDATE_CONNECTION_CLIENTS: Schema = {
    "type": "array",
    "min_items": 1,
    "max_items": 50,
    "items": {
        "type": "object",
        "additional": False,
        "required": ["client_id", "status"],
        "properties": {"client_id": {"type": "string", "format": "client-id"}, "status": FLAG},
    },
}

_SCOPES: Schema = _list({"type": "string", "min_length": 1, "max_length": 280})
CREATE_GRANT: Schema = {
    "type": "object",
    "additional": False,
    "required": ["audience"],
    "properties": {
        "client_id": TEXT,
        "audience": FILLED,
        "scope": _SCOPES,
        "organization_usage": {"type": "string", "enum": ["deny", "allow", "require"]},
        "allow_any_organization": FLAG,
        "allow_all_scopes": FLAG,
        "subject_type": {"type": "string", "enum": ["client", "user"]},
        "default_for": TEXT,
        "authorization_details_types": _list({"type": "string", "min_length": 1, "max_length": 255}),
    },
}
UPDATE_GRANT: Schema = {"type": "object", "additional": False, "min_properties": 1, "properties": {"scope": {"type": ["array", "null"], "items": FILLED}}}
