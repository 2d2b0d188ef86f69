"""The decisions alone: no process, no network."""

from __future__ import annotations

import pytest
from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_plan import State, compute
from ansible_collections.datacatalog.amundsen.plugins.module_utils._auth0_rules import base_url
from hypothesis import given
from hypothesis import strategies as st

URIS = st.lists(st.sampled_from([f"https://{letter}.example.com/cb" for letter in "abcdef"]), max_size=6)
NOTHING = {"state": "present", "uris_mode": "merge", "connections_mode": "merge", "client_id": "c"}


def params(**named):
    return {**NOTHING, **named}


@given(URIS, URIS, st.sampled_from(["merge", "exact", "remove"]))
def test_a_plan_carried_out_leaves_nothing_to_do(there, mine, mode):
    options = params(callbacks=mine, uris_mode=mode)
    client = {"client_id": "c", "callbacks": there}
    plan = compute(State(client), options)
    after = {**client, **plan.body}
    assert compute(State(after), options).changed is False
    kept = after["callbacks"]
    if mode == "merge":
        assert set(kept) == {*there, *mine}
        assert [uri for uri in dict.fromkeys(kept) if uri in there] == list(dict.fromkeys(there)), "others' entries keep their order"
    elif mode == "exact":
        assert set(kept) == set(mine)
    else:
        assert set(kept) == set(there) - set(mine)


@given(URIS, URIS)
def test_two_that_merge_end_with_both_whoever_is_first(one, other):
    client = {"client_id": "c"}
    for mine in (one, other):
        client |= compute(State(client), params(callbacks=mine)).body
    assert set(client.get("callbacks", [])) == {*one, *other}


def test_what_is_there_is_not_changed_by_looking():
    client = {"client_id": "c", "callbacks": ["https://a.example.com/cb"], "client_metadata": {"a": "b"}}
    before = repr(client)
    compute(State(client), params(callbacks=["https://b.example.com/cb"], client_metadata={"a": None}))
    assert repr(client) == before


def test_an_absent_field_is_the_same_as_an_empty_one():
    for empty in ({}, {"callbacks": [], "description": "", "client_metadata": {}}, {"callbacks": None, "description": None}):
        options = params(callbacks=[], description="", client_metadata={"x": None}, oidc_conformant=False, uris_mode="exact")
        plan = compute(State({"client_id": "c", **empty}), options)
        assert (plan.changed, plan.existing, plan.proposed) == (False, {"client_id": "c"}, {"client_id": "c"})


def test_nothing_but_the_fields_of_the_list_is_shown():
    client = {
        "client_id": "c",
        "client_secret": "hush",
        "signing_keys": [{"cert": "hush"}],
        "encryption_key": {"pub": "hush"},
        "jwt_configuration": {"alg": "RS256", "scopes": {"hush": "hush"}},
        "client_metadata": {"theirs": "hush", "mine": "shown"},
        "something_new": "hush",
    }
    plan = compute(State(client), params(client_metadata={"mine": "new"}))
    assert "hush" not in repr((plan.existing, plan.proposed))
    assert (plan.existing["client_metadata"]["mine"], plan.proposed["client_metadata"]["mine"]) == ("shown", "new")


def test_scopes_are_those_of_the_plan():
    assert compute(State(None, {}), params(connections=["x"]), "nonce").scopes == {"create:clients", "update:connections"}
    assert compute(State({"client_id": "c"}), params(description="x")).scopes == {"update:clients"}
    assert compute(State({"client_id": "c"}), params(state="absent")).scopes == {"delete:clients"}
    assert compute(State({"client_id": "c"}), params()).scopes == set()


@pytest.mark.parametrize(
    ("domain", "url"),
    [
        ("acme.eu.auth0.com", "https://acme.eu.auth0.com"),
        ("https://ACME.eu.auth0.com/", "https://acme.eu.auth0.com"),
        ("acme.eu.auth0.com:443", "https://acme.eu.auth0.com"),
        ("tenant.amundsen.test:8443", "https://tenant.amundsen.test:8443"),
        ("[::1]:8443", "https://[::1]:8443"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("http://localhost:3000/", "http://localhost:3000"),
    ],
)
def test_domains_are_taken_as_what_they_mean(domain, url):
    assert base_url(domain, allow_http=True) == (url, "")


def test_http_is_refused_elsewhere_even_if_allowed():
    url, problem = base_url("http://acme.eu.auth0.com", allow_http=True)
    assert url == ""
    assert "over http" in problem
