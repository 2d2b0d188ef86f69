"""What a build's log is made into: steps for the screen, the words of the failure, and its cause."""

from __future__ import annotations

import pytest
from ansible_collections.datacatalog.amundsen.plugins.module_utils import _build_log

# As two versions of BuildKit write it.
LOG = """\
#1 [internal] load build definition from Dockerfile
#1 DONE 0.1s
#4 [tools 1/3] FROM docker.io/amundsen/base:bookworm
#5 [tools 2/3] RUN python3 -m venv /opt/pip
#5 CACHED
#7 [ui 2/3] RUN --mount=type=cache,id=npm,target=/root/.npm npm ci     --ignore-scripts
#7 12.1 added 3 packages
#8 [venv 1/2] COPY requirements.txt /tmp/
#8 DONE 0.1s
#9 [ui 3/3] RUN npm run build
#9 1.02 <s> [webpack.Progress] 10% building
#9 3.40 \x1b[31mERROR in ./js/index.tsx\x1b[0m
#9 3.41 Module not found: Error: Can't resolve './gone'
#9 ERROR: executor failed running [/bin/sh -c npm run build]: exit code: 1
------
 > [ui 3/3] RUN npm run build:
------
ERROR: failed to solve: executor failed running [/bin/sh -c npm run build]: exit code: 1
"""


def test_a_step_is_shown_when_it_begins_and_not_if_it_was_done_before():
    assert _build_log.steps(LOG) == {"[ui 2/3]": "RUN npm ci --ignore-scripts", "[venv 1/2]": "COPY requirements.txt /tmp/", "[ui 3/3]": "RUN npm run build"}


def test_the_words_of_the_step_that_failed_are_shown_and_nothing_of_the_others():
    assert _build_log.last_words(LOG) == ["[ui 3/3] RUN npm run build", "ERROR in ./js/index.tsx", "Module not found: Error: Can't resolve './gone'"]


def test_where_no_step_failed_the_end_of_the_log_is_shown():
    assert _build_log.last_words("a\nERROR: no builder found\n", 1) == ["ERROR: no builder found"]


def test_no_more_lines_than_asked_for():
    assert len(_build_log.last_words("\n".join(f"#3 {n}.0 line {n}" for n in range(50)) + "\n#3 ERROR: x\n")) == 30


def test_the_last_words_show_that_something_goes_on():
    assert _build_log.now(LOG.partition("#8")[0]) == "added 3 packages"
    assert _build_log.now("#8 DONE 0.1s\n") == ""


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ('process "/bin/sh -c npm run build" did not complete successfully: exit code: 137', "out of memory"),
        ("npm error code ENOSPC", "disk is full"),
        ("failed to solve: write /x: no space left on device", "disk is full"),
        ("npm error FetchError: request to https://npm.example.com/ms failed, reason: connect ECONNREFUSED 127.0.0.1:9", "could not be reached"),
        ("WARNING: Retrying after connection broken by 'NewConnectionError(Failed to establish a new connection: [Errno 111]", "could not be reached"),
        ("npm error code EINTEGRITY", "not what the lock says"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "not what the lock says"),
        ("npm error code SELF_SIGNED_CERT_IN_CHAIN", "signed by an authority"),
    ],
)
def test_a_known_cause_is_told_with_what_to_do(words, cause):
    assert cause in _build_log.cause(words)


def test_an_unknown_cause_is_not_guessed():
    assert _build_log.cause(LOG) == ""
