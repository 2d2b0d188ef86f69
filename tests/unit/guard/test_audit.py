"""Whose address the audit log shows."""

from __future__ import annotations

import json

import pytest
from amundsen_guard import audit
from flask import Flask


@pytest.mark.parametrize(("behind_proxy", "address"), [(None, "203.0.113.9"), ("true", "203.0.113.9"), ("false", "198.51.100.7")])
def test_a_forwarded_address_counts_behind_a_proxy_only(behind_proxy, address, monkeypatch, capsys):
    monkeypatch.delenv("AMUNDSEN_BEHIND_PROXY", raising=False)
    if behind_proxy:
        monkeypatch.setenv("AMUNDSEN_BEHIND_PROXY", behind_proxy)
    with Flask("test").test_request_context("/", headers={"X-Forwarded-For": "203.0.113.9"}, environ_base={"REMOTE_ADDR": "198.51.100.7"}):
        audit.log("login", user="ann@corp.test")
    assert json.loads(capsys.readouterr().out)["address"] == address
