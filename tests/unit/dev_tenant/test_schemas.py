"""The tenant's own rules for bodies agree with Auth0's document."""

from __future__ import annotations

import json
from typing import Any

import contract
import pytest
from amundsen_dev_tenant import schemas
from amundsen_dev_tenant.validation import Invalid, check

pytestmark = pytest.mark.contract

BODIES = {
    "CreateClientRequestContent": schemas.CREATE_CLIENT,
    "UpdateClientRequestContent": schemas.UPDATE_CLIENT,
    "CreateConnectionRequestContent": schemas.CREATE_CONNECTION,
    "UpdateConnectionRequestContent": schemas.UPDATE_CONNECTION,
    "CreateClientGrantRequestContent": schemas.CREATE_GRANT,
}
# Refused by Auth0 though the document still has it .
GONE = {"enabled_clients"}
# Rules that Auth0 has beyond the document.
STRICTER = {"client_metadata"}
# Nothing to do with a login: the tenant takes any value of the right type.
UNCHECKED = {"third_party_security_mode", "redirection_policy", "default_for", "options", "realms", "metadata", "authentication", "connected_accounts"}

TEXTS = [
    "",
    "x",
    "<x>",
    "a b",
    "d" * 141,
    "native",
    "regular_web",
    "none",
    "client_secret_basic",
    "https://a.example/x",
    "http://localhost:1/x",
    "https://localhost/x",
    "https://127.0.0.1/x",
    "https://*.a.example",
    "https://*.com",
    "https://a.*.example",
    "app://x/y",
    "a.example",
    "deny",
    "no_prompt",
    "email",
    "auth0",
    "my-connection",
]
OBJECTS = [
    {},
    {"x": 1},
    {"alg": "RS256", "lifetime_in_seconds": 300},
    {"alg": "ES256"},
    {"lifetime_in_seconds": "300"},
    {"scopes": []},
    {"rotation_type": "rotating"},
    {"rotation_type": "rotating", "expiration_type": "expiring", "leeway": 0, "token_lifetime": 1, "infinite_token_lifetime": False},
    {"rotation_type": "rotating", "expiration_type": "expiring", "leeway": -1},
    {"rotation_type": "rotating", "expiration_type": "expiring", "token_lifetime": 157788001},
    {"rotation_type": "rotating", "expiration_type": "expiring", "idle_token_lifetime": 0},
    {"rotation_type": "rotating", "expiration_type": "expiring", "policies": []},
    {"rotation_type": "rotating", "expiration_type": "expiring", "policies": None, "x": 1},
    {"rotation_type": "sometimes", "expiration_type": "expiring"},
]
SCALARS: list[Any] = [None, True, 0, 1, 9, 10, 600, 601, *TEXTS]
VALUES: list[Any] = [*SCALARS, *OBJECTS, [], [[]], [{}], *([each] for each in SCALARS), ["https://a.example", "x"], ["email", 1]]


def _taken(schema: dict[str, Any], body: Any) -> bool:
    try:
        check(body, schema)
    except Invalid:
        return False
    return True


@pytest.mark.parametrize("name", BODIES)
def test_the_same_fields(name: str) -> None:
    theirs = contract.document()["components"]["schemas"][name]["properties"].keys() - GONE
    assert BODIES[name]["properties"].keys() == theirs


def _checked(name: str) -> list[str]:
    return sorted(BODIES[name]["properties"].keys() - set(schemas.UNCHECKED) - UNCHECKED - STRICTER)


@pytest.mark.parametrize(("name", "field"), [(name, field) for name in BODIES for field in _checked(name)])
def test_the_same_verdict_on_every_value(name: str, field: str) -> None:
    theirs = contract.validator(json.dumps({"$ref": f"#/components/schemas/{name}/properties/{field}"}))
    ours = BODIES[name]["properties"][field]
    words_only = ours.get("format") in ("url", "absolute-uri-or-empty")  # the document names them and does not say what they are
    values = [value for value in VALUES if not (words_only and isinstance(value, str))]
    assert [value for value in values if _taken(ours, value) != theirs.is_valid(value)] == []
