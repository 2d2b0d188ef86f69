"""Builds the images of a source tree by the collection's roles, on this machine's engine.

The tree is a small one of ours, or a clone of the real one: AMUNDSEN_SOURCE=PATH scripts/test-build.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import source_tree

PROJECT = Path(__file__).resolve().parents[2]
PREFIX = "amundsen-build-test"
STATIC = source_tree.STATIC
REAL = os.environ.get("AMUNDSEN_SOURCE", "")


def command(*words: str, check: bool = True) -> str:
    """Return the standard output of a command."""
    return subprocess.run(words, capture_output=True, text=True, check=check).stdout


class House:
    """A source repository, a root folder, and the images that were built from them."""

    def __init__(self, folder: Path) -> None:
        self.repository, self.root = folder / "repository", folder / "root"
        if REAL:
            command("git", "clone", "--quiet", REAL, str(self.repository))
            self.good = source_tree.git(self.repository, "rev-parse", "HEAD")
        else:
            self.good = source_tree.repository(self.repository)
        # The file that the UI's build begins with.
        self.first = next(path for name in ("build.js", "webpack.prod.ts") if (path := self.repository / STATIC / name).exists())

    def arguments(self, version: str, **values: Any) -> list[str]:
        """Return the command that builds a version."""
        given = {"amundsen_root": str(self.root), "amundsen_source_url": str(self.repository), "amundsen_source_version": version} | values
        return ["ansible-playbook", str(PROJECT / "tests/build/images.yml"), "-e", json.dumps(given)]

    def build(self, version: str, **values: Any) -> tuple[bool, str]:
        """Build a version; return whether that went well, and all that was shown."""
        environment = os.environ | {"ANSIBLE_FORCE_COLOR": "0"}
        done = subprocess.run(self.arguments(version, **values), cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
        return done.returncode == 0, done.stdout + done.stderr

    def fault(self, code: str) -> str:
        """Commit code that runs when the UI is built, on top of the good version; return the commit."""
        source_tree.git(self.repository, "checkout", "-q", self.good)
        self.first.write_text(f"{code}\n{self.first.read_text()}")
        return source_tree.commit_all(self.repository, "A fault")

    def images(self) -> dict[str, list[dict[str, Any]]]:
        """Return what the engine tells of each image, by service."""
        found: dict[str, list[dict[str, Any]]] = {}
        for image in json.loads(command("docker", "image", "inspect", *names) if (names := self.names()) else "[]"):
            found.setdefault(image["Config"]["Labels"]["datacatalog.amundsen.image"], []).append(image)
        return found

    def frontends(self) -> list[dict[str, Any]]:
        """Return the frontend's images of the good version."""
        return [image for image in self.images()["frontend"] if image["Config"]["Labels"]["org.opencontainers.image.revision"] == self.good]

    def names(self) -> list[str]:
        """Return the names of all images."""
        return command("docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", f"{PREFIX}/*").split()

    def log(self, service: str = "frontend") -> str:
        """Return the log of the last build."""
        return (self.root / "log" / f"build-{service}.log").read_text()


def look(image: dict[str, Any], *words: str) -> str:
    """Return what a command says in a container of an image."""
    return command("docker", "run", "--rm", "--network", "none", "--user", "0", "--entrypoint", words[0], image["Id"], *words[1:])


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Return the house; what was built in it goes with it."""
    house = House(tmp_path_factory.mktemp("build"))
    yield house
    if names := house.names():
        command("docker", "image", "rm", "--force", *names)
    shutil.rmtree(house.root, ignore_errors=True)


@pytest.fixture(scope="session")
def built(house: House) -> str:
    """Build the frontend of the good version, once; return all that was shown."""
    fine, output = house.build(house.good, wanted_roles=["frontend"])
    assert fine, output[-6000:]
    return output


@pytest.fixture(scope="session")
def images(house: House, built: str) -> dict[str, dict[str, Any]]:
    """Build the other images too; return one of each service."""
    (frontend,) = house.frontends()
    fine, output = house.build(house.good, wanted_roles=["images"])
    assert fine, output[-6000:]
    return {service: found[0] for service, found in house.images().items()} | {"frontend": frontend}
