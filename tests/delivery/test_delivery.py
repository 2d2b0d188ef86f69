# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images are built on one host and come to the others whole, once, and never by another way than the one that is wanted.

The tests stand in the order in which a site would live: each starts from what the one before has left.
"""

from __future__ import annotations

import os
import re
import signal

import pytest
from conftest import Site, start_registry

BUILT = "Build"


def names(site: Site) -> dict[str, str]:
    """Return service -> name with tag, of the images on the host that builds."""
    return {name.split("/")[1].split(":")[0]: name for name in site.builder.images()}


def nothing_left(site: Site) -> None:
    for host in site.hosts:
        assert host.left_over() == "", host.name
    assert [path for path in site.temporary.rglob("*") if path.is_file()] == []


def test_check_mode_says_what_would_be_built_where_and_sent_to_whom(site):
    done = site.play("--check", "--diff")
    assert done.code == 0, done.output
    base = re.search(r"(amundsen/base:\S+) would be made", done.output)[1]
    for host in (site.one, site.two):
        said = rf"changed: \[{host.name}\] => msg: .From {site.builder.name} by transfer: amundsen/search:\w+, amundsen/proxy:\w+"
        assert re.search(said, done.words), done.output
    assert [host.run("docker image ls -q") for host in site.hosts] == ["", "", ""]
    # Its name follows from what the builder is, so it is enough that the builder has it.
    site.builder.run(f"tar -C /root/base -c . | docker import --change 'CMD [\"sh\"]' - {base}")


def test_a_host_that_does_not_build_is_served_alone_too(site):
    done = site.play("--limit", site.one.name)
    assert done.code == 0, done.output
    assert set(names(site)) == {"search", "proxy"}
    assert site.one.images() == site.builder.images()
    assert site.two.images() == {}
    nothing_left(site)


def test_the_others_follow_in_batches_and_nothing_is_built_again(site):
    built = site.builder.images()
    done = site.play(batch=1)
    assert done.code == 0, done.output
    assert [host.images() for host in site.hosts] == [built] * 3
    assert done.changed() == {"builder": 0, "one": 0, "two": 1}
    assert BUILT not in done.tasks()
    assert [host.run("docker image ls -q amundsen/base") for host in (site.one, site.two)] == ["", ""]
    nothing_left(site)


def test_a_second_run_asks_and_does_nothing(site):
    done = site.play()
    assert done.code == 0, done.output
    assert set(done.changed().values()) == {0}
    assert "Save the images on the building host" not in done.tasks()


def test_an_interrupted_transfer_leaves_nothing_that_is_used_and_a_rerun_finishes(site):
    before = site.one.images()
    process = site.start(large=120)
    site.one.run("until ls /root/.ansible/tmp/*/amundsen-images.tar >/dev/null 2>&1; do sleep 0.01; done")
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert site.one.images() == before
    assert [path for path in site.temporary.rglob("*") if path.is_file()] == []

    # What lies there can be another run's, so it has to be old before it is removed.
    for host in (site.one, site.two):
        host.run("while find /proc/[0-9]*/fd -lname '*/amundsen-images.tar' 2>/dev/null | grep -q .; do sleep 0.05; done")
        host.run("touch -c -d '11 minutes ago' /root/.ansible/tmp/*/amundsen-images.tar")
    done = site.play("-vv", large=120)
    assert done.code == 0, done.output
    assert BUILT not in done.tasks()
    assert [host.images() for host in site.hosts] == [site.builder.images()] * 3
    # Of the base and the two layers above it only the last is new.
    assert re.findall(r"layers: (\d+)", done.output) == ["1", "1"], done.output
    nothing_left(site)
    assert 120 * 2**20 < min(int(size) for size in re.findall(r"^ *size: (\d+)", done.output, re.MULTILINE)[1:]) < 121 * 2**20


def test_a_full_disk_is_said_and_nothing_is_loaded(site):
    name = names(site)["search"]
    site.two.run(f"docker image rm {name} && mkdir -p /root/.ansible/tmp && mount -t tmpfs -o size=200k tmpfs /root/.ansible/tmp")
    done = site.play()
    assert done.code != 0
    assert "No space left on device" in done.words or "failed to transfer file" in done.words, done.output
    assert "run again" in done.words
    assert name not in site.two.images()
    site.two.run("umount /root/.ansible/tmp")
    assert site.play().code == 0
    assert site.two.images()[name] == site.one.images()[name]


def test_an_archive_with_another_image_is_refused_before_it_is_sent(site):
    name = names(site)["search"]
    archive = str(site.folder / "images.tar")
    assert site.module(site.builder, "image_save", images=[name], path=archive).code == 0
    assert os.stat(archive).st_mode & 0o777 == 0o600
    site.two.run(f"docker image rm {name}")
    done = site.module(site.two, "image_load", path=archive, images={name: "sha256:" + "0" * 64})
    assert done.code != 0
    assert "was not sent" in done.words
    assert name not in site.two.images()


def test_a_registry_that_is_down_is_named_and_no_other_way_is_taken(site, registry):
    done = site.play(**registry)
    assert done.code != 0
    assert "could not be pushed" in done.words
    assert "Check that the registry answers" in done.words
    assert registry["amundsen_registry_password"] not in done.output
    assert names(site)["search"] not in site.two.images()


def test_images_are_pulled_by_digest(site, registry):
    start_registry(site)
    site.one.run(f"docker image rm {names(site)['proxy']}")
    done = site.play("-vvv", "--diff", **registry)
    assert done.code == 0, done.output
    assert [host.images() for host in site.hosts] == [site.builder.images()] * 3
    assert registry["amundsen_registry_password"] not in done.output
    recorded = site.two.run("docker image inspect --format '{{index .RepoDigests 0}}' " + names(site)["search"])
    assert re.fullmatch(rf"{re.escape(registry['amundsen_registry'])}/search@sha256:[0-9a-f]{{64}}", recorded)
    for host in site.hosts:
        assert host.run("grep -rs auth /root/.docker || true") == ""
    again = site.play(**registry)
    assert set(again.changed().values()) == {0}, again.output


@pytest.mark.parametrize(("digest", "identity", "words"), [("0" * 64, None, "could not be pulled"), (None, "0" * 64, "so it was not named")])
def test_a_wrong_digest_or_id_is_refused(site, registry, digest, identity, words):
    name = names(site)["search"]
    reference = site.two.run("docker image inspect --format '{{index .RepoDigests 0}}' " + name)
    given = {
        "reference": f"{reference.partition('@')[0]}@sha256:{digest}" if digest else reference,
        "id": f"sha256:{identity}" if identity else site.two.images()[name],
    }
    login = {"username": "user", "password": registry["amundsen_registry_password"]}
    done = site.module(site.one, "image_registry", registry=registry["amundsen_registry"], pull={"amundsen/search:other": given}, **login)
    assert done.code != 0
    assert words in done.words, done.output
    assert "amundsen/search:other" not in site.one.images()
