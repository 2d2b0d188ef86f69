"""What runs holds no more than it needs, and says what it was made of."""

from __future__ import annotations

import json

import pytest
from conftest import command

# In MB with the base; a leap means that something came in which does not belong there.
LIMITS = {"mariadb": 200, "metadata": 260, "search": 260, "frontend": 300, "proxy": 180, "base": 130}
BUILDERS = ["pip", "pip3", "gcc", "cc", "make", "npm", "node", "git", "curl", "wget"]


@pytest.fixture(scope="module")
def images(site) -> dict[str, dict]:
    """Return what the engine tells of the images of the site's five services, and of their base."""
    names = {container["Image"] for container in site.containers()}
    found = {image["Config"]["Labels"]["datacatalog.amundsen.image"]: image for image in json.loads(command("docker", "image", "inspect", *names))}
    return {service: found[service] for service in LIMITS if service in found}


def look(image: dict, *words: str) -> str:
    return command("docker", "run", "--rm", "--network", "none", "--user", "0", "--entrypoint", words[0], image["Id"], *words[1:])


def test_all_five_are_looked_at(images):
    assert sorted(images) == ["frontend", "mariadb", "metadata", "proxy", "search"]


def test_none_is_larger_than_it_needs_to_be(images):
    sizes = {service: round(image["Size"] / 1e6) for service, image in images.items()}
    print(sizes)
    assert {service: size for service, size in sizes.items() if size > LIMITS[service]} == {}


def test_nothing_that_builds_is_inside(images):
    for service, image in images.items():
        script = f'for tool in {" ".join(BUILDERS)}; do command -v "$tool" || true; done; ls /var/lib/apt/lists /var/cache/apt /root/.cache 2>/dev/null'
        assert look(image, "sh", "-c", script + " | grep -v -e : -e archives || true").split() == [], service


def test_no_user_of_the_service_can_change_its_code(images):
    for service in ("metadata", "search", "frontend"):
        assert look(images[service], "find", "/opt/amundsen", "!", "-user", "root", "-o", "!", "-type", "l", "-perm", "/022") == "", service


def test_each_names_its_inputs_in_tag_and_label(images):
    for service, image in images.items():
        inputs = image["Config"]["Labels"]["datacatalog.amundsen.inputs"]
        assert any(tag.endswith(f"/{service}:{inputs[:12]}") for tag in image["RepoTags"]), service
        assert image["Config"]["Labels"]["datacatalog.amundsen.source"], service


def test_each_runs_as_its_own_user(images):
    users = {service: image["Config"]["User"] for service, image in images.items()}
    assert users == {"mariadb": "10001:10001", "metadata": "10002:10002", "search": "10003:10003", "frontend": "10004:10004", "proxy": "10005:10005"}
