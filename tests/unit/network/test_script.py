"""The script by which a host and its builds reach the outside, read by real shells and real tools."""

from __future__ import annotations

import shutil
import stat
import subprocess

import pytest
from ansible_collections.datacatalog.amundsen.plugins.module_utils._network import BUILD_FOLDER, HEADER, script

PASSWORD = "p%40ss'$x"
PROXY = "http://user:secret@proxy.example.com:3128"
AUTHORITY = "-----BEGIN CERTIFICATE-----\nprivate\n-----END CERTIFICATE-----\n"
MIRRORS = {
    "git": "https://user:secret@git.example.com/hub",
    "npm": "https://user:secret@packages.example.com/npm",
    "pip": "http://user:secret@packages.example.com:8080/simple",
    "apt": "https://user:secret@mirror.example.com/debian/",
    "images": "https://user:secret@registry.example.com:5000/hub/",
}


@pytest.fixture
def read(tmp_path):
    """Source a script in a shell, then run a command there; returns its output."""

    def read(text, command, folder=None):
        text = text.replace(BUILD_FOLDER, str(folder or tmp_path / "files"))
        done = subprocess.run(["sh", "-euc", f"{text}\n{command}"], capture_output=True, text=True, env={"PATH": "/usr/bin:/bin:/usr/sbin"}, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return read


def host(values, tmp_path):
    return script(values, f"{tmp_path}/files")


def test_nothing_is_set_without_any_value(read, tmp_path):
    empty = {"http_proxy": "", "https_proxy": "", "no_proxy": "localhost,metadata", "authorities": "", "mirrors": {"npm": "", "apt": None}}
    assert script({}) == script(empty) == HEADER
    assert host(empty, tmp_path) == f"{HEADER}rm -rf {tmp_path}/files\n"


def test_what_was_written_for_other_values_goes(read, tmp_path):
    read(host({"authorities": AUTHORITY}, tmp_path), "true")
    read(host({"mirrors": MIRRORS}, tmp_path), "true")
    assert not (tmp_path / "files/private.pem").exists() and (tmp_path / "files/npmrc").exists()
    read(host({}, tmp_path), "true")
    assert not (tmp_path / "files").exists()


@pytest.mark.parametrize("values", [{"http_proxy": PROXY}, {"mirrors": MIRRORS}, {"authorities": AUTHORITY}, {"mirrors": {"images": "https://r.example.com"}}])
def test_each_value_alone_makes_a_script_that_runs_twice(read, tmp_path, values):
    for text in (script(values), host(values, tmp_path)):
        read(f"{text}\n{text}", "true")


def test_the_proxy_is_set_in_both_spellings(read):
    text = script({"http_proxy": PROXY, "https_proxy": "http://other:1", "no_proxy": "localhost,metadata"})
    found = dict(line.split("=", 1) for line in read(text, "env").splitlines())
    assert found["http_proxy"] == found["HTTP_PROXY"] == PROXY
    assert found["https_proxy"] == found["HTTPS_PROXY"] == "http://other:1"
    assert found["no_proxy"] == found["NO_PROXY"] == "localhost,metadata"


def test_values_are_data_for_the_shell(read):
    url = f"http://user:{PASSWORD}@proxy.example.com:3128"
    assert (
        read(script({"http_proxy": url, "mirrors": {"pip": "https://x/$(false)`false`"}}), 'printf %s "$http_proxy $PIP_INDEX_URL"')
        == f"{url} https://x/$(false)`false`"
    )


def test_git_takes_the_mirror_and_its_password_is_in_no_address(read):
    text = script({"mirrors": MIRRORS})
    found = read(text, "git config --get-urlmatch http.extraHeader https://git.example.com/hub/x; git ls-remote --get-url https://github.com/acme/x.git")
    assert found.splitlines() == ["Authorization: Basic dXNlcjpzZWNyZXQ=", "https://git.example.com/hub/acme/x.git"]


def test_apt_takes_only_the_mirror_in_a_build_and_its_own_sources_on_a_host(read, tmp_path):
    ask = "apt-config dump | grep -E '^(Dir::Etc::(sourcelist|sourceparts|netrc)|Acquire::https::CAInfo|APT::Sandbox::User) '; "
    build = read(script({"mirrors": MIRRORS, "authorities": AUTHORITY}), ask + 'cat "$(dirname "$APT_CONFIG")/apt/mirror.sources"')
    assert 'sourcelist "/dev/null"' in build and f'sourceparts "{tmp_path}/files/apt"' in build
    assert "URIs: https://mirror.example.com/debian\n" in build and "URIs: https://mirror.example.com/debian-security\n" in build
    assert "secret" not in build and "$VERSION" not in build and 'User "root"' not in build
    on_host = read(host({"mirrors": MIRRORS, "authorities": AUTHORITY}, tmp_path), ask)
    assert f'CAInfo "{tmp_path}/files/ca.pem"' in on_host and "/dev/null" not in on_host and 'User "root"' in on_host


def test_npm_takes_the_mirror_with_its_password(read, tmp_path):
    npm = shutil.which("npm")
    read(script({"mirrors": MIRRORS}), "true")
    assert (tmp_path / "files/npmrc").read_text() == "//packages.example.com/:_auth=dXNlcjpzZWNyZXQ=\n"
    if npm:
        assert read(script({"mirrors": MIRRORS}), f"PATH=$PATH:{npm.rpartition('/')[0]} npm config get registry").strip() == "https://packages.example.com/npm/"


def test_private_authorities_are_trusted_beside_the_public_ones(read, tmp_path):
    names = "SSL_CERT_FILE PIP_CERT REQUESTS_CA_BUNDLE CURL_CA_BUNDLE GIT_SSL_CAINFO NODE_EXTRA_CA_CERTS"
    found = read(script({"authorities": AUTHORITY}), f'for name in {names}; do eval "echo \\"\\$$name\\""; done')
    assert set(found.split()) == {f"{tmp_path}/files/ca.pem"}
    assert (tmp_path / "files/ca.pem").read_text().endswith(AUTHORITY)


def test_files_with_passwords_are_roots_alone(read, tmp_path):
    read(script({"mirrors": MIRRORS, "authorities": AUTHORITY}), "true")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "files").rglob("*") if path.is_file()}
    assert {name: mode for name, mode in modes.items() if mode != 0o600} == {"ca.pem": 0o644, "private.pem": 0o644}
    for path in (tmp_path / "files").rglob("*"):
        if path.is_file() and modes[path.name] != 0o600:
            assert "secret" not in path.read_text()


def test_names_for_other_scripts_hold_no_password(read):
    found = read(script({"mirrors": MIRRORS}), 'echo "$amundsen_apt_mirror $amundsen_apt_security $amundsen_image_mirror"')
    assert found == "https://mirror.example.com/debian https://mirror.example.com/debian-security registry.example.com:5000/hub\n"
