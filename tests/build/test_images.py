"""What is built from a tree: the UI inside, what it was made of, and the same from two builds."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import tarfile

from conftest import REAL, STATIC, command, look

PACKAGE = "/opt/amundsen/venv/lib/python3*/site-packages/amundsen_application/static"
# What the engine puts into each container.
ENGINE = {"etc", ".dockerenv", "etc/hostname", "etc/hosts", "etc/resolv.conf", "dev", "dev/console", "dev/pts", "dev/shm", "etc/mtab", "proc", "sys"}
# Not even text: it must come through as it is.
LOGO = b"\x89PNG\r\n\x1a\n\x00\xff"


def test_the_ui_that_the_tree_builds_is_inside(images):
    page = look(images["frontend"], "sh", "-c", f"cat {PACKAGE}/dist/templates/index.html")
    assert ("<title>Amundsen" if REAL else "<title>static</title><p>2 days</p>") in page


def test_a_second_run_builds_nothing(house, images):
    fine, output = house.build(house.good)
    assert fine and re.findall(r"changed=(\d+)", output) == ["0"], output[-3000:]


def test_each_says_what_it_was_made_of(house, images):
    versions = {"frontend": "4.3.0", "metadata": "3.13.0", "search": "4.2.0"}
    for service, version in versions.items():
        labels = images[service]["Config"]["Labels"]
        assert labels["org.opencontainers.image.revision"] == house.good
        assert labels["org.opencontainers.image.version"] == version
        assert labels["org.opencontainers.image.source"] == str(house.repository)
        assert labels["org.opencontainers.image.title"] == f"Amundsen: {service}"
        assert images[service]["RepoTags"][0].endswith(f"/{service}:{labels['datacatalog.amundsen.inputs'][:12]}")
    assert images["frontend"]["Config"]["Labels"]["datacatalog.amundsen.node"] == "22"


def test_nothing_that_builds_is_inside_and_it_is_small(images):
    for service in ("frontend", "metadata", "search"):
        script = "for tool in pip gcc cc make npm node; do command -v $tool; done; ls -d /root/.cache /root/.npm /source /ui /tmp/* 2>/dev/null; true"
        assert look(images[service], "sh", "-c", script) == "", service
        assert images[service]["Size"] <= 300e6, service
        assert images[service]["Config"]["User"] not in ("", "0")


def test_the_bill_of_materials_names_all_that_is_inside(images):
    for service in ("frontend", "metadata", "search"):
        bill = json.loads(look(images[service], "cat", "/opt/amundsen/sbom.cdx.json"))
        assert bill["bomFormat"] == "CycloneDX" and "timestamp" not in bill["metadata"]
        named = {(component["name"].lower().replace("_", "-").replace(".", "-"), component["version"]) for component in bill["components"]}
        listing = "import importlib.metadata as m\nfor d in m.distributions(): print(d.metadata['Name'], d.version)"
        python = look(images[service], "/opt/amundsen/venv/bin/python", "-c", listing).splitlines()
        debian = look(images[service], "dpkg-query", "--show", "--showformat", "${Package} ${Version}\n").splitlines()
        assert len(python) > 30 and len(debian) > 60
        inside = {(line.split()[0].lower().replace("_", "-").replace(".", "-"), line.split()[1]) for line in python + debian}
        assert inside - named == set(), service
        if service == "frontend":
            purls = {component.get("purl", "") for component in bill["components"]}
            assert any(purl.startswith("pkg:npm/react@" if REAL else "pkg:npm/mustache@") for purl in purls)


def test_a_lock_is_kept_that_names_no_address(house, images):
    locks = list((house.root / "cache/npm-locks").glob("*.json"))
    assert len(locks) == 1
    text = locks[0].read_text()
    assert '"integrity"' in text and '"resolved"' not in text
    assert json.loads(text)["lockfileVersion"] == 3


def test_own_configuration_and_assets_come_in_and_nothing_is_loaded_again(house, images, tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images/own.png").write_bytes(LOGO)
    upstream = (house.repository / STATIC / "js/config/config-custom.ts").read_text()
    own = f"{upstream}\n// ours\n"
    fine, output = house.build(house.good, wanted_roles=["frontend"], amundsen_frontend_config=own, amundsen_frontend_assets=str(tmp_path))
    assert fine, output[-6000:]
    (image,) = [image for image in house.frontends() if image["Id"] != images["frontend"]["Id"]]
    assert look(image, "sh", "-c", f"base64 -w 0 {PACKAGE}/images/own.png") == "iVBORw0KGgoA/w=="
    if not REAL:
        assert look(image, "sh", "-c", f"cat {PACKAGE}/dist/config.txt") == own
    log = house.log()
    loading = re.findall(r"^#(\d+) \[ui \d+/\d+\] RUN .*npm ci", log, re.MULTILINE)
    assert loading and all(f"#{number} CACHED" in log for number in loading), log[-3000:]


def content(image: str) -> dict[str, tuple]:
    """Return all that an image's file system holds: path to type, mode, owner, time, target and digest."""
    container = command("docker", "create", image).strip()
    found = {}
    try:
        with subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE) as export, tarfile.open(fileobj=export.stdout, mode="r|") as archive:
            for entry in archive:
                digest = hashlib.sha256(archive.extractfile(entry).read()).hexdigest() if entry.isreg() else ""
                found[entry.name.rstrip("/")] = (entry.type, oct(entry.mode), entry.uid, entry.gid, entry.mtime, entry.linkname, digest)
    finally:
        command("docker", "rm", container)
    return {path: what for path, what in found.items() if path not in ENGINE}


def test_two_builds_without_any_cache_are_the_same(house, images):
    first = content(images["frontend"]["Id"])
    name = images["frontend"]["RepoTags"][0]
    command("docker", "image", "rm", "--force", name)
    fine, output = house.build(house.good, wanted_roles=["frontend"], _amundsen_build_flags=["--no-cache"])
    assert fine, output[-6000:]
    again = content(name)
    assert len(first) > 3000
    different = {path: (first.get(path), again.get(path)) for path in first.keys() | again.keys() if first.get(path) != again.get(path)}
    assert different == {}
