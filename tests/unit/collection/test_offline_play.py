"""A site out of a bundle that does not do stops with every reason in one list, before anything is changed."""

from __future__ import annotations

import platform
import re

import pytest
from ansible_collections.datacatalog.amundsen.plugins.module_utils import _bundle_file
from test_preflight_play import run_site


@pytest.fixture
def bundle(tmp_path):
    part = tmp_path / "packages.tar"
    part.write_bytes(b"packages" * 1000)
    manifest = {
        "format": 1,
        "collection": {"name": "datacatalog.amundsen", "version": "0.0.1"},
        "architecture": "s390x",
        "distribution": {"id": "Debian", "version": "9"},
        "source": {"kind": "release", "id": "release-of-old", "tree": "", "asked": {"amundsen_source": "release"}},
        "images": {"base": "amundsen/base:old", "search": "amundsen/search:old"},
        "image_ids": {},
        "packages": {"names": [], "plugins": []},
    }
    path = tmp_path / "bundle.tar"
    _bundle_file.write(str(path), {"packages.tar": str(part)}, manifest)
    return path


def said(tmp_path, *values):
    done = run_site(tmp_path, "amundsen_public_url=http://catalog.example.com", *values)
    message = " ".join((done.stdout + done.stderr).split())
    assert done.returncode != 0
    assert set(re.findall(r"changed=(\d+)", message)) == {"0"}, message
    assert "TASK [datacatalog.amundsen.docker" not in message
    assert "amundsen_public_url is 'http://catalog.example.com'" in message, message
    return message


def test_a_bundle_that_does_not_fit_is_refused_with_all_reasons(bundle, tmp_path):
    message = said(tmp_path, f"amundsen_offline_bundle={bundle}", "amundsen_source=release")
    for words in (
        f"The bundle was made on s390x and this host is {platform.machine()}",
        "The bundle holds packages of Debian 9 and this host is",
        "The bundle holds amundsen/search:old for search, and this configuration needs amundsen/search:",
        "The bundle holds no image for frontend, and this configuration needs amundsen/frontend:",
        "made by datacatalog.amundsen 0.0.1 from the source release-of-old",
    ):
        assert words in message, message


def test_another_source_is_refused(bundle, tmp_path):
    message = said(tmp_path, f"amundsen_offline_bundle={bundle}", "amundsen_source=git")
    assert "amundsen_source is 'git' and the bundle was made with 'release'" in message


def test_a_bundle_that_was_cut_off_is_refused(bundle, tmp_path):
    bundle.write_bytes(bundle.read_bytes()[:-11000])
    message = said(tmp_path, f"amundsen_offline_bundle={bundle}")
    assert "is damaged or was changed after it was made: it ends in packages.tar" in message


def test_a_bundle_that_is_not_there_is_refused(tmp_path):
    assert f"amundsen_offline_bundle {tmp_path}/none.tar cannot be read" in said(tmp_path, f"amundsen_offline_bundle={tmp_path}/none.tar")
