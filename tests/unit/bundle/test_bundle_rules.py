"""Whether a bundle fits: every reason against it in one list."""

from __future__ import annotations

from ansible_collections.datacatalog.amundsen.plugins.module_utils import _bundle
from test_bundle_file import MANIFEST

HOST = {"architecture": "x86_64", "distribution": "Debian", "version": "12"}


def test_what_fits_has_no_problem():
    assert _bundle.manifest_problems(MANIFEST) == []
    assert _bundle.fit_problems(MANIFEST, HOST, {"base": "amundsen/base:1"}) == []
    assert _bundle.source_problems(MANIFEST, {"amundsen_source": "git", "amundsen_source_version": ""}) == []
    assert _bundle.package_problems(MANIFEST, ["docker.io"], ["compose"]) == []


def test_every_problem_is_said_at_once_with_what_to_do():
    host = {"architecture": "aarch64", "distribution": "Ubuntu", "version": "24.04"}
    problems = _bundle.fit_problems(MANIFEST, host, {"base": "amundsen/base:2", "search": "amundsen/search:1"})
    for words in (
        "made on x86_64 and this host is aarch64",
        "packages of Debian 12 and this host is Ubuntu 24.04",
        "holds amundsen/base:1 for base, and this configuration needs amundsen/base:2",
        "holds no image for search, and this configuration needs amundsen/search:1",
    ):
        assert any(words in problem for problem in problems), words
    assert len(problems) == 4
    assert all("ake " in problem for problem in problems)


def test_another_source_is_refused():
    kind, version = _bundle.source_problems(MANIFEST, {"amundsen_source": "release", "amundsen_source_version": "5678"})
    assert "amundsen_source is 'release' and the bundle was made with 'git'" in kind
    assert "amundsen_source_version is '5678' and the bundle was made with '1234'" in version


def test_what_a_host_lacks_of_docker_must_be_in_it():
    (problem,) = _bundle.package_problems(MANIFEST, ["docker-ce"], ["buildx", "compose"])
    assert "This host needs docker-ce, the plugin buildx, and the bundle holds docker.io, compose" in problem


def test_another_format_or_none_is_refused():
    assert "format 2, this collection reads 1" in _bundle.manifest_problems({**MANIFEST, "format": 2})[0]
    assert "none of this collection's" in _bundle.manifest_problems([])[0]
    assert "lacks images" in _bundle.manifest_problems({**MANIFEST, "images": None})[0]
