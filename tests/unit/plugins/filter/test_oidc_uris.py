from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.datacatalog.amundsen.plugins.filter.oidc_uris import FilterModule

oidc_uris = FilterModule().filters()["oidc_uris"]


def test_all_uris_follow_from_the_public_url():
    assert oidc_uris("https://catalog.example.com") == {
        "public_url": "https://catalog.example.com",
        "login": "https://catalog.example.com/login",
        "callback": "https://catalog.example.com/authorization-code/callback",
        "logout": "https://catalog.example.com/signed-out",
        "web_origin": "https://catalog.example.com",
    }


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://catalog.example.com/", "https://catalog.example.com"),
        ("HTTPS://Catalog.Example.COM", "https://catalog.example.com"),
        ("https://catalog.example.com:443", "https://catalog.example.com"),
        ("https://catalog.example.com:443/", "https://catalog.example.com"),
        ("https://catalog.example.com:8443/", "https://catalog.example.com:8443"),
        ("https://catalog.example.com:80", "https://catalog.example.com:80"),
        ("https://10.1.2.3:8443", "https://10.1.2.3:8443"),
        ("https://[FD00::1]:8443/", "https://[fd00::1]:8443"),
        ("https://katalog.müller.example", "https://katalog.xn--mller-kva.example"),
    ],
)
def test_addresses_are_written_as_browsers_send_them(written, origin):
    uris = oidc_uris(written)
    assert (uris["web_origin"], uris["callback"]) == (origin, f"{origin}/authorization-code/callback")


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "is not set"),
        ("catalog.example.com", "does not start with https://"),
        ("http://catalog.example.com", "Use https://"),
        ("https://", "has no host"),
        ("https:///x", "has no host"),
        ("https://:8443", "has no host"),
        ("https://catalog.example.com/amundsen", "not a path of it"),
        ("https://catalog.example.com//", "not a path of it"),
        ("https://catalog.example.com?x=1", "not a path of it"),
        ("https://catalog.example.com#x", "not a path of it"),
        ("https://catalog.example.com:0", "0 is no port"),
        ("https://catalog.example.com:99999", "is no URL"),
        ("https://catalog.example.com:abc", "is no URL"),
        ("https://[::1", "is no URL"),
        ("https://user:word@catalog.example.com", "before the @"),
        ("https://localhost", "localhost"),
        ("https://LOCALHOST:8443", "localhost"),
        ("https://catalog example.com", "blanks"),
        ("https://*.example.com", "host name"),
        ("https://catalog..example.com", "is no URL"),
        ("https://-catalog.example.com", "host name"),
        ("https://catalog.example.com.", "host name"),
        (" https://catalog.example.com", "blanks"),
        ("https://catalog.example.com\n", "blanks"),
        (["https://catalog.example.com"], "not list"),
        (None, "not NoneType"),
    ],
)
def test_addresses_that_no_provider_takes_are_refused(written, words):
    with pytest.raises(AnsibleFilterError, match=words):
        oidc_uris(written)


def test_all_problems_are_said_at_once():
    with pytest.raises(AnsibleFilterError) as raised:
        oidc_uris("http://user:word@localhost/amundsen")
    for words in ("Use https://", "before the @", "localhost", "not a path"):
        assert words in str(raised.value)


def test_a_password_in_the_address_is_not_repeated():
    with pytest.raises(AnsibleFilterError) as raised:
        oidc_uris("https://user:hunter2@catalog.example.com/x")
    assert "hunter2" not in str(raised.value)
