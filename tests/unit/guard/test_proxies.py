"""The company's proxy reaches the frontend's calls, and not the environment that others see."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import requests
from amundsen_guard import proxies

PROXY = "http://user:secret@proxy.example.com:3128"


@pytest.fixture
def given(monkeypatch, tmp_path):
    for name in proxies.NAMES:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name.upper(), raising=False)
    path = tmp_path / "proxy.json"
    path.write_text(json.dumps({"http_proxy": "", "https_proxy": PROXY, "no_proxy": "localhost,metadata,search"}))
    return str(path)


def test_calls_to_the_provider_take_it_and_calls_to_services_do_not(given):
    proxies.use(given)
    assert requests.utils.get_environ_proxies("https://acme.eu.auth0.com/authorize")["https"] == PROXY
    assert requests.utils.get_environ_proxies("http://metadata:5002/table") == {}


def test_without_a_file_nothing_is_set(given):
    proxies.use("")
    assert os.environ["https_proxy"] == ""


def test_it_is_not_in_the_environment_that_the_system_shows(given):
    proxies.use(given)
    assert b"proxy.example.com" not in Path("/proc/self/environ").read_bytes()
