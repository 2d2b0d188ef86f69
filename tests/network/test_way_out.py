"""Builds on a host whose only way out is a real proxy with a password: by it alone, and to mirrors with passwords behind it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import tarfile
import threading
import time
from pathlib import Path

import pytest
from network.company import MIRROR_HOST, PROJECT, SECRETS, Company, integrity

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    made = Company(tmp_path_factory.mktemp("company"), Path(os.environ["TINYPROXY"]))
    yield made
    made.close()


@pytest.fixture(scope="module")
def base(company):
    return company.load_base()


def public_context(case):
    files = {path: (HERE / "public" / path).read_text() for path in ("Dockerfile", "npm/package.json", "npm/package-lock.json")}
    files |= {"case": case, "node.txt": next((PROJECT / "requirements/images/git").glob("node*.txt")).read_text()}
    return [{"path": path, "content": content} for path, content in files.items()]


def mirrored_context(mirrors):
    package = {"name": "mirrored", "version": "1.0.0", "dependencies": {"amundsen-probe": "1.0.0"}}
    locked = {"": package, "node_modules/amundsen-probe": {"version": "1.0.0", "integrity": integrity(mirrors.tarball)}}
    lock = {"name": "mirrored", "version": "1.0.0", "lockfileVersion": 3, "packages": locked}
    requirements = f"amundsen_probe==1.0 --hash=sha256:{hashlib.sha256(mirrors.wheel).hexdigest()}\n"
    files = {"Dockerfile": (HERE / "mirrored/Dockerfile").read_text(), "case": "mirrored", "requirements.txt": requirements}
    files |= {"package.json": json.dumps(package), "package-lock.json": json.dumps(lock)}
    return [{"path": path, "content": content} for path, content in files.items()]


def said(done):
    """Return what a run told its user, as one text."""
    return done.stdout + done.stderr


@contextlib.contextmanager
def process_lists():
    """Collect the command lines of all processes for as long as a test wants."""
    seen: set[str] = set()
    end = threading.Event()

    def look():
        while not end.is_set():
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    seen.add(path.read_bytes().decode(errors="replace"))
            time.sleep(0.1)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        end.set()
        thread.join()


def assert_no_secret(text, where):
    assert text
    assert [secret for secret in SECRETS if secret in text] == [], where


def assert_no_secret_in_image(company, image, folder):
    assert_no_secret(company.docker("history", "--no-trunc", image) + company.docker("image", "inspect", image), image)
    archive = folder / "image.tar"
    company.docker("save", "--output", str(archive), image)
    searched = 0
    with tarfile.open(archive) as outer:
        for member in outer.getmembers():
            content = outer.extractfile(member) if member.isfile() else None
            if content and member.name.endswith("layer.tar"):
                with tarfile.open(fileobj=content) as layer:
                    for entry in layer:
                        text = layer.extractfile(entry).read() if entry.isfile() and entry.size else b""
                        assert not any(secret.encode() in text for secret in SECRETS), f"{entry.name} of a layer"
                        assert "amundsen-network" not in entry.name
                        searched += bool(text)
    archive.unlink()
    assert searched > 500


@pytest.fixture(scope="module")
def public_image(company, base):
    """Build with the proxy and nothing else; returns the run, the image and what the proxy passed on."""
    done, image = company.build(base, public_context("with the proxy"), {"amundsen_http_proxy": company.proxy})
    assert done.returncode == 0, said(done)[-6000:]
    return done, image, company.passed()


def test_there_is_no_other_way_out(company):
    assert "default" not in company.on_host("ip route").stdout
    assert company.on_host("python3 -c 'import socket; socket.create_connection((\"192.0.2.1\", 80), 5)'").returncode != 0


def test_without_the_proxy_a_build_fails_and_says_what_to_do(company, base):
    done, image = company.build(base, public_context("without a proxy"), {})
    text = " ".join(said(done).replace("\\n", " ").split())
    assert done.returncode != 0 and image == ""
    assert "could not be built" in text, text[-3000:]
    assert "If this host reaches the outside by a proxy or a mirror alone, set amundsen_http_proxy or amundsen_mirrors." in text
    assert company.passed() == []


def test_apt_pip_and_npm_go_by_the_proxy(public_image):
    passed = public_image[2]
    by_tool = {"apt": r"http://\S+/dists/bookworm/InRelease|:443$", "npm and pip": r":443$"}
    for tool, pattern in by_tool.items():
        assert [request for request in passed if re.search(pattern, request)], f"{tool}: {passed}"
    assert len({request for request in passed if request.endswith(":443")}) >= 3, f"PyPI, its files and npm: {passed}"


def test_the_proxys_password_stays_out_of_output_and_image(company, public_image, tmp_path):
    done, image, _passed = public_image
    assert_no_secret(said(done), "the run's output")
    assert_no_secret_in_image(company, image, tmp_path)


def test_mirrors_with_passwords_behind_the_proxy(company, public_image, tmp_path):
    mirrors = company.mirrors
    address = mirrors.address
    values = {
        "amundsen_http_proxy": company.proxy,
        "amundsen_ca_file": str(mirrors.ca),
        "amundsen_mirrors": {
            "git": f"{address}/git/",
            "npm": f"{address}/npm/",
            "pip": f"{address}/pip/simple",
            "apt": f"{address}/debian",
        },
    }
    company.docker("tag", public_image[1], "probe-base:1")
    company.docker("image", "rm", public_image[1])
    with process_lists() as seen:
        done, image = company.build("probe-base:1", mirrored_context(mirrors), values)
        assert done.returncode == 0, said(done)[-6000:]
        network = company.folder / "root/network/host.sh"
        cloned = company.on_host(f". {network} && git clone --quiet https://github.com/acme/x.git {tmp_path}/x && git -C {tmp_path}/x rev-parse HEAD")
        assert cloned.stdout.strip() == mirrors.commit, cloned.stderr
    asked = {path.split("/")[1] for path in mirrors.asked}
    assert asked == {"debian", "debian-security", "pip", "npm", "git"}
    assert {request.partition(":")[0] for request in company.passed()} == {MIRROR_HOST}
    assert_no_secret(said(done), "the run's output")
    assert_no_secret_in_image(company, image, tmp_path)
    assert len(seen) > 50
    assert_no_secret("\n".join(seen), "a process list")


def test_the_scripts_on_the_host_are_roots_alone(company, public_image):
    root = company.folder / "root"
    assert root.stat().st_mode & 0o777 == 0o700
    files = list((root / "network").rglob("*.sh"))
    assert sorted(path.name for path in files) == ["build.sh", "host.sh"]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_a_mirror_changes_no_images_name(company, base, public_image):
    """The names of both builds' images were made of their contexts: the same context, by another way, is there already."""
    company.docker("tag", "probe-base:1", public_image[1])
    done, _image = company.build(base, public_context("with the proxy"), {"amundsen_mirrors": {"pip": "https://elsewhere.example.com/simple"}})
    assert done.returncode == 0, said(done)[-3000:]
    assert "changed=0" in done.stdout.rpartition("PLAY RECAP")[2].replace(" ", ""), "it was built again"
