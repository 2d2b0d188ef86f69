#!/usr/bin/python
# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make one application at Auth0 be what is declared."""

from __future__ import annotations

DOCUMENTATION = r"""
module: auth0_client
short_description: Make one application at Auth0 be what is declared
version_added: 0.1.0
description:
  - Creates, changes or deletes one application (client) of an Auth0 tenant, and enables connections for it.
  - Safe to run again, and beside other tools. Fields that the task does not name are never sent, URIs of others are kept
    (O(uris_mode=merge)), and what is right already is not written.
  - Every rule is checked before the first call, and all problems come in one message.
options:
  state:
    description:
      - V(present) creates or changes the application.
      - V(absent) deletes it. With only a O(name) it deletes an application that this module created, and nobody else's.
    type: str
    choices: [present, absent]
    default: present
  client_id:
    description:
      - The id of the application that is managed (not that of the login, which is O(auth0_client_id)).
      - An application with this id must exist, unless O(state=absent).
    type: str
  name:
    description:
      - The application's name. Without O(client_id) the application is found by it, so it must be unique in the tenant.
      - With O(client_id) it is the name that the application gets.
    type: str
  description:
    description: At most 140 characters. Empty clears it.
    type: str
  app_type:
    description:
      - The kind of application. Amundsen's frontend needs V(regular_web), which is what is created by default.
      - V(spa) and V(native) are public and have no use for a secret.
    type: str
    choices: [regular_web, spa, native, non_interactive]
  callbacks:
    description: Where Auth0 may send people after a login. Compared byte for byte.
    type: list
    elements: str
  allowed_logout_urls:
    description: Where Auth0 may send people after signing out.
    type: list
    elements: str
  web_origins:
    description: Origins (scheme, host, port) that may use silent authentication.
    type: list
    elements: str
  allowed_origins:
    description: Origins (scheme, host, port) that may call Auth0 from a browser.
    type: list
    elements: str
  uris_mode:
    description:
      - What the four lists above mean.
      - V(merge) adds mine and keeps others'. V(exact) leaves mine and no others. V(remove) takes mine away; it never creates an application.
    type: str
    choices: [merge, exact, remove]
    default: merge
  initiate_login_uri:
    description: Where a login begins, if it begins at Auth0. It must be https and not localhost. Empty clears it.
    type: str
  logo_uri:
    description: Address of the logo on the login page. Empty clears it.
    type: str
  grant_types:
    description:
      - The grants that the application may use, exactly.
      - An application is created with V(authorization_code) and V(refresh_token).
    type: list
    elements: str
  token_endpoint_auth_method:
    description:
      - How the application shows its secret. V(client_secret_basic) is what is created by default, and what Authlib and flaskoidc use.
    type: str
    choices: [none, client_secret_post, client_secret_basic]
  oidc_conformant:
    description: Whether the application follows OIDC strictly. It is created with V(true).
    type: bool
  jwt_configuration:
    description: How ID tokens are made. The algorithm is always sent with the lifetime.
    type: dict
    suboptions:
      alg:
        description: V(HS256), which is Auth0's own default, breaks Authlib and flaskoidc.
        type: str
        choices: [RS256, RS512, PS256, HS256]
        default: RS256
      lifetime_in_seconds:
        description: How long an ID token is good.
        type: int
        default: 36000
  refresh_token:
    description: How refresh tokens live. What is not given stays as it is.
    type: dict
    suboptions:
      rotation_type:
        description: V(rotating) gives a new one at each use; flaskoidc drops it, so it does not suit Amundsen.
        type: str
        choices: [non-rotating, rotating]
        default: non-rotating
      expiration_type:
        description: Whether they end.
        type: str
        choices: [non-expiring, expiring]
        default: non-expiring
      leeway:
        description: Seconds in which a rotated token is still taken.
        type: int
      token_lifetime:
        description: Seconds after which one ends.
        type: int
      idle_token_lifetime:
        description: Seconds after which one ends that is not used.
        type: int
      infinite_token_lifetime:
        description: Whether one never ends by age.
        type: bool
      infinite_idle_token_lifetime:
        description: Whether one never ends by not being used.
        type: bool
  client_metadata:
    description:
      - Texts of your own, at most 10 keys of at most 255 characters. Keys that are not named stay; null deletes one.
      - An application that this module creates bears one more key, C(ansible_auth0_client), by which it knows its own.
    type: dict
  connections:
    description: Names of connections, such as V(Username-Password-Authentication). See M(datacatalog.amundsen.auth0_connection_info).
    type: list
    elements: str
  connections_mode:
    description: V(merge) enables these and leaves others as they are. V(exact) disables all others too. V(remove) disables these.
    type: str
    choices: [merge, exact, remove]
    default: merge
  return_secret:
    description:
      - Returns the application's secret, which needs the scope C(read:client_keys).
      - The result of the task is then hidden as with C(no_log), which you should set all the same.
    type: bool
    default: false
attributes:
  diff_mode:
    description: Shows the fields that this module manages, and nothing else; values of metadata that the task does not name are hidden.
    support: full
extends_documentation_fragment:
  - datacatalog.amundsen.auth0
notes:
  - 'Scopes of the machine-to-machine application: C(read:clients), C(create:clients), C(update:clients); for connections
    C(read:connections), C(update:connections); for O(return_secret) C(read:client_keys); for O(state=absent) C(delete:clients).
    What is missing is said before anything is written.'
  - Runs of one user on one controller wait for each other where they mean the same application, by a lock in C(~/.ansible/locks), so none of them
    overwrites another. Auth0 has no conditional write, so several controllers cannot be kept apart - the module merges, writes, reads again, at most three
    times, and then fails. An entry that is overwritten later is mended by the next run.
  - An answer that is lost after the creation makes no second application. The module looks for its mark before it asks again.
  - 'Bad input, all found before the first call:'
  - 'V(initiate_login_uri: http://catalog.example.com/login) - https only. Write V(https://catalog.example.com/login).'
  - 'V(initiate_login_uri: https://localhost/login) - not localhost. Write a real name, if need be from the hosts file.'
  - 'V(callbacks: [catalog.example.com/callback]) - no scheme. Write V(https://catalog.example.com/callback).'
  - "V(callbacks: ['https://a.example.com/cb,https://b.example.com/cb']) - several in one. Write two entries."
  - 'V(callbacks: [https://catalog.example.com/cb#top]) - no fragment. Write V(https://catalog.example.com/cb).'
  - "V(callbacks: ['https://*.com/cb']), V('https://a.*.example.com/cb') - one C(*), as the whole left-most label, above a domain.
    Write V('https://*.example.com/cb')."
  - 'V(web_origins: [https://catalog.example.com/app]) - an origin has no path. Write V(https://catalog.example.com).'
  - 'V(app_type: spa) with V(return_secret: true) or a V(token_endpoint_auth_method) - it is public, so a secret is of no use. Write V(app_type: regular_web).'
  - 'V(name: <Catalog>) - no C(<) or C(>). Write V(Catalog).'
  - 'V(description) of more than 140 characters, V(client_metadata) of more than 10 keys or 255 characters - write less.'
  - 'V(client_metadata: {version: 1}) - text only. Write V(1) in quotes.'
seealso:
  - module: datacatalog.amundsen.auth0_client_info
  - module: datacatalog.amundsen.auth0_client_secret
  - module: datacatalog.amundsen.auth0_connection_info
  - name: Auth0 Management API
    description: The reference of what is called.
    link: https://auth0.com/docs/api/management/v2
"""

EXAMPLES = r"""
- name: Register a catalog, and keep its id and secret
  datacatalog.amundsen.auth0_client:
    auth0_domain: acme.eu.auth0.com
    auth0_client_id: "{{ vault_auth0_id }}"
    auth0_client_secret: "{{ vault_auth0_secret }}"
    name: Amundsen
    callbacks: [https://catalog.example.com/authorization-code/callback]
    allowed_logout_urls: [https://catalog.example.com/signed-out]
    initiate_login_uri: https://catalog.example.com/login
    connections: [Username-Password-Authentication]
    return_secret: true
  register: catalog
  no_log: true

- name: Several tasks with one login
  module_defaults:
    group/datacatalog.amundsen.auth0:
      auth0_domain: acme.eu.auth0.com
      auth0_client_id: "{{ vault_auth0_id }}"
      auth0_client_secret: "{{ vault_auth0_secret }}"
  block:
    - name: Add the callbacks of all hosts in one call, from the controller
      datacatalog.amundsen.auth0_client:
        client_id: "{{ catalog.client_id }}"
        callbacks: >-
          {{ groups['amundsen'] | map('extract', hostvars, 'amundsen_public_url')
             | map('datacatalog.amundsen.oidc_uris') | map(attribute='callback') | unique | sort }}
      delegate_to: localhost
      run_once: true

    - name: Take away the callback of a host that is gone, and keep all others
      datacatalog.amundsen.auth0_client:
        client_id: "{{ catalog.client_id }}"
        callbacks: [https://old.example.com/authorization-code/callback]
        uris_mode: remove

- name: Let people in through one connection only, with sessions of eight hours (login from the environment)
  datacatalog.amundsen.auth0_client:
    name: Amundsen
    connections: [acme-saml]
    connections_mode: exact
    jwt_configuration:
      lifetime_in_seconds: 28800

- name: Delete the application
  datacatalog.amundsen.auth0_client:
    client_id: "{{ catalog.client_id }}"
    state: absent
"""

RETURN = r"""
client_id:
  description:
    - The id of the application; empty if there is none. Also returned by a failure after it was created.
    - In check mode, for an application that would be created, this and RV(client_secret) are placeholders.
  returned: always, unless the failure came before it was known
  type: str
  sample: AaiyAPdpYdesoKnqjj8HJqRn4T5titww
client_secret:
  description: The secret of the application.
  returned: if O(return_secret=true) and the application exists
  type: str
existing:
  description: The application before, as far as this module manages it. Empty if there was none.
  returned: success
  type: dict
  sample: {"client_id": "AaiyAPdpYdesoKnqjj8HJqRn4T5titww", "name": "Amundsen", "callbacks": ["https://catalog.example.com/authorization-code/callback"]}
proposed:
  description: The application as declared.
  returned: success
  type: dict
end_state:
  description: The application after, as Auth0 gives it; in check mode the same as RV(proposed).
  returned: success
  type: dict
domain:
  description: The tenant's host, and its port if it is not 443.
  returned: success
  type: str
  sample: acme.eu.auth0.com
issuer:
  description: The issuer of the tenant's tokens.
  returned: success
  type: str
  sample: https://acme.eu.auth0.com/
discovery_url:
  description: The address of the tenant's OIDC discovery document.
  returned: success
  type: str
  sample: https://acme.eu.auth0.com/.well-known/openid-configuration
status:
  description: HTTP status of the call that failed; 0 if no answer came.
  returned: failure of a call
  type: int
error_code:
  description: Auth0's errorCode.
  returned: failure of a call
  type: str
  sample: insufficient_scope
"""

import secrets
from contextlib import ExitStack

from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_module import Auth0Module
from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_plan import check, compute, shown
from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_rules import URI_LISTS, cautions_of

UNBORN = "(known after creation)"
MODES = ["merge", "exact", "remove"]
OPTIONS = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "client_id": {"type": "str"},
    "name": {"type": "str"},
    "description": {"type": "str"},
    "app_type": {"type": "str", "choices": ["regular_web", "spa", "native", "non_interactive"]},
    **{name: {"type": "list", "elements": "str"} for name in URI_LISTS},
    "uris_mode": {"type": "str", "choices": MODES, "default": "merge"},
    "initiate_login_uri": {"type": "str"},
    "logo_uri": {"type": "str"},
    "grant_types": {"type": "list", "elements": "str"},
    "token_endpoint_auth_method": {"type": "str", "choices": ["none", "client_secret_post", "client_secret_basic"], "no_log": False},
    "oidc_conformant": {"type": "bool"},
    "jwt_configuration": {
        "type": "dict",
        "options": {
            "alg": {"type": "str", "choices": ["RS256", "RS512", "PS256", "HS256"], "default": "RS256"},
            "lifetime_in_seconds": {"type": "int", "default": 36000},
        },
    },
    "refresh_token": {
        "type": "dict",
        "no_log": False,
        "options": {
            "rotation_type": {"type": "str", "choices": ["non-rotating", "rotating"], "default": "non-rotating"},
            "expiration_type": {"type": "str", "choices": ["non-expiring", "expiring"], "default": "non-expiring"},
            "leeway": {"type": "int"},
            "token_lifetime": {"type": "int", "no_log": False},
            "idle_token_lifetime": {"type": "int", "no_log": False},
            "infinite_token_lifetime": {"type": "bool", "no_log": False},
            "infinite_idle_token_lifetime": {"type": "bool", "no_log": False},
        },
    },
    "client_metadata": {"type": "dict"},
    "connections": {"type": "list", "elements": "str"},
    "connections_mode": {"type": "str", "choices": MODES, "default": "merge"},
    "return_secret": {"type": "bool", "default": False, "no_log": False},
}


def ensure(module: Auth0Module) -> None:
    """Read, decide, show; and carry it out unless in check mode."""
    from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_apply import apply, connection_ids, read, secret_of

    params = module.params
    check(params)
    for caution in cautions_of(params):
        module.warn(caution)
    nonce = secrets.token_hex(16)
    with ExitStack() as locks:
        locks.enter_context(module.lock("id" if params["client_id"] else "name", params["client_id"] or params["name"]))
        state = read(module.tenant, params)
        plan = compute(state, params, nonce)
        if plan.changed and state.client and not params["client_id"] and not module.check_mode:
            # Runs that go by id do not wait for those that go by name: only this lock keeps both apart.
            locks.enter_context(module.lock("id", state.client["client_id"]))
            state = read(module.tenant, {**params, "client_id": state.client["client_id"]})
            plan = compute(state, params, nonce)
        module.tenant.need(plan.scopes)
        ids = connection_ids(module.tenant, state, plan)
        if plan.changed and not module.check_mode:
            state = apply(module.tenant, state, plan, params, ids)
    unborn = plan.action == "create" and module.check_mode
    module.result.update(
        changed=plan.changed,
        client_id=UNBORN if unborn else (state.client or {}).get("client_id", ""),
        domain=module.tenant.login.domain,
        existing=plan.existing,
        proposed=plan.proposed,
        end_state=plan.proposed if module.check_mode else shown(state, params),
        diff={"before": plan.existing, "after": plan.proposed},
        issuer=module.tenant.login.issuer,
        discovery_url=module.tenant.login.discovery_url,
    )
    if params["return_secret"] and (state.client or unborn):
        module.result["client_secret"] = UNBORN if unborn else secret_of(state)


def main() -> None:
    """Run the module."""
    Auth0Module(OPTIONS).run(ensure)


if __name__ == "__main__":
    main()
