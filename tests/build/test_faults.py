"""A build that cannot end well: a message that says why, the last good image kept, nothing half-made, and a rerun that finishes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time

import pytest
from conftest import PROJECT, STATIC, source_tree

FULL = "for (let n = 0; n < 200; n++) require('fs').appendFileSync('/dev/shm/full', 'x'.repeat(1 << 20));"


def failed(house, version, **values):
    """Build the frontend, which fails; return what is shown on one line, and check that the images are those from before."""
    before = house.names()
    fine, output = house.build(version, wanted_roles=["frontend"], **values)
    assert not fine, output[-3000:]
    assert sorted(house.names()) == sorted(before)
    return " ".join(output.replace("\\n", " ").split())


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("throw new Error('the UI of this tree is broken');", "the UI of this tree is broken"),
        ("process.kill(process.pid, 'SIGKILL'); while (true);", "ran out of memory (exit code 137"),
        (FULL, "The disk is full"),
    ],
    ids=["broken", "killed for its memory", "disk full"],
)
def test_a_failed_build_says_why_and_is_tried_again(house, built, code, words):
    version = house.fault(code)
    for _ in range(2):
        message = failed(house, version)
        assert "could not be built" in message and words in message, message[-3000:]
        assert "Nothing that runs was touched" in message
        # A step that failed is in no cache, so it is shown each time.
        assert 0 < message.find(f"tail -f {house.root}/log/build-frontend.log") < message.find("] RUN npm run build"), message[-3000:]


def test_after_it_the_good_version_needs_no_build(house, built):
    fine, output = house.build(house.good, wanted_roles=["frontend"])
    assert fine and "tail -f" not in output


def test_a_registry_that_is_down_is_named_as_such(house, built):
    source_tree.git(house.repository, "checkout", "-q", house.good)
    static = house.repository / STATIC
    package = static / "package.json"
    package.write_text(package.read_text().replace('"devDependencies": {', '"devDependencies": {"left-pad": "1.3.0",', 1))
    (static / ".npmrc").write_text("registry = http://127.0.0.1:9/\nfetch-retries = 0\n")
    locks = list((house.root / "cache/npm-locks").iterdir())
    message = failed(house, source_tree.commit_all(house.repository, "A registry that is down"))
    assert "could not be reached" in message and "ECONNREFUSED" in message, message[-3000:]
    assert list((house.root / "cache/npm-locks").iterdir()) == locks


def test_without_memory_nothing_is_begun(house, built):
    message = failed(house, house.fault("// another"), _amundsen_ui_memory_mb=99999999)
    assert re.search(r"has \d+ MiB of memory free \(swap included\), and building the UI takes 99999999 MiB", message), message[-3000:]
    assert "Nothing was built" in message and "tail -f" not in message


def test_an_interrupted_build_is_ended_and_a_rerun_finishes(house, built):
    slow = house.fault("Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300000);")
    before = house.names()
    arguments = house.arguments(slow, wanted_roles=["frontend"])
    run = subprocess.Popen(arguments, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    for line in run.stdout:
        if "RUN npm run build" in line:
            break
    os.killpg(run.pid, signal.SIGINT)
    run.communicate(timeout=60)
    # The next run waits for the end of the build that was left alone.
    started = time.monotonic()
    fine, output = house.build(house.fault("// whole"), wanted_roles=["frontend"])
    assert fine, output[-3000:]
    assert time.monotonic() - started < 280, "it waited for the whole of the other build"
    assert len(house.names()) == len(before) + 1
    assert not [path for path in (house.root / "build").rglob("*") if path.is_file() and "lock" not in path.name]
