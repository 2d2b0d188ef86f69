# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may enter, as rules on claims."""

from __future__ import annotations

import pytest
from amundsen_guard import rules
from amundsen_guard.settings import Settings

MAIL = {"email": "Ada@Example.com", "email_verified": True}


def settings(**values):
    return Settings("https://c.example", "custom", "https://p.example", "id", "secret", "key", "sqlite://", **values)


@pytest.mark.parametrize(
    ("rule", "claims", "enters"),
    [
        ({}, {}, True),
        ({"allowed_domains": ("example.com",)}, MAIL, True),
        ({"allowed_domains": ("ample.com",)}, MAIL, False),
        ({"allowed_domains": ("example.com",)}, {"email": "x@example.com.evil.net", "email_verified": True}, False),
        ({"allowed_domains": ("example.com",)}, {"email": "a@evil.net@example.com", "email_verified": False}, False),
        ({"allowed_domains": ("example.com",)}, {"email": "example.com", "email_verified": True}, False),
        ({"allowed_domains": ("example.com",)}, MAIL | {"email_verified": False}, False),
        ({"allowed_domains": ("example.com",)}, MAIL | {"email_verified": "true"}, False),
        ({"allowed_domains": ("example.com",)}, {"email": "ada@example.com"}, False),
        ({"allowed_domains": ("example.com",)}, {}, False),
        ({"allowed_emails": ("ada@example.com",)}, MAIL, True),
        ({"allowed_emails": ("ada@example.com",)}, MAIL | {"email": "eve@example.com"}, False),
        ({"allowed_emails": ("ada@example.com",)}, MAIL | {"email_verified": 1}, False),
        ({"allowed_claim": "groups", "allowed_values": ("data",)}, {"groups": ["x", "data"]}, True),
        ({"allowed_claim": "groups", "allowed_values": ("data",)}, {"groups": "data"}, True),
        ({"allowed_claim": "groups", "allowed_values": ("data",)}, {"groups": "database"}, False),
        ({"allowed_claim": "groups", "allowed_values": ("data",)}, {"groups": {"data": 1}}, False),
        ({"allowed_claim": "groups", "allowed_values": ("None", "null", "")}, {}, False),
        ({"allowed_claim": "groups", "allowed_values": ("None", "null", "")}, {"groups": []}, False),
        ({"allowed_claim": "groups", "allowed_values": ("None", "null", "")}, {"groups": [""]}, True),
        ({"allowed_claim": "groups", "allowed_values": ("data",), "allowed_domains": ("example.com",)}, MAIL, True),
    ],
)
def test_rule(rule, claims, enters):
    assert (rules.refusal(claims, settings(**rule)) == "") is enters


@pytest.mark.parametrize(("claims", "found"), [({"email": " a@b.c "}, "a@b.c"), ({"email": ["x"]}, ""), ({"email": " "}, ""), ({"sub": "x"}, ""), ({}, "")])
def test_user_id(claims, found):
    assert rules.user_id(claims, settings()) == found
