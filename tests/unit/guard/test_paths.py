# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody is sent to another host, whatever a link says; a login belongs to the browser that began it."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from amundsen_guard import states
from amundsen_guard.paths import asked_path, safe_path
from hypothesis import example, given
from hypothesis import strategies as st

HERE = "https://catalog.amundsen.test/login"
PIECES = ["/", "\\", "//", "https:", "javascript:", "evil.example", "@", "?", "#", ".", "..", "%2f", "%5c", "\t", "\n", "\r", "\0", " ", ":", "ä", "​", "[", "]"]
LINKS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=8).map("".join)


def browser_reads(link):
    """The address that a browser makes of a Location: it drops tabs and newlines, trims, and takes a backslash for a slash."""
    link = "".join(character for character in link if character not in "\t\r\n").strip("".join(map(chr, range(0x21))))
    return urlsplit(urljoin(HERE, link.replace("\\", "/")))


@given(LINKS)
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
@example("\t//evil.example")
@example("/\n/evil.example")
@example("https:/evil.example")
@example("https:evil.example")
@example("///evil.example")
@example("/%09/evil.example")
@example("//[")
def test_only_paths_on_this_host(link):
    target = safe_path(link)
    read = browser_reads(target)
    assert (read.scheme, read.netloc) == ("https", "catalog.amundsen.test")
    assert target.isascii()
    assert target.isprintable()


@pytest.mark.parametrize("path", ["/", "/a", "/a?b=c#d", "/search?term=http://x//y", "/a//b", "/a%2F%2Fb", "/@x", "/a:b"])
def test_paths_are_kept(path):
    assert safe_path(path) == path


@given(st.one_of(st.none(), st.integers(), st.binary(), st.lists(st.text())))
def test_what_is_no_text(value):
    assert safe_path(value) == "/"


def test_too_long():
    assert safe_path("/" + "x" * 5000) == "/"


@given(LINKS)
def test_asked_path(link):
    for environment in ({"RAW_URI": link}, {"PATH_INFO": link.encode().decode("latin-1"), "QUERY_STRING": ""}):
        assert browser_reads(asked_path(environment)).netloc == "catalog.amundsen.test"


@given(st.text(), LINKS)
def test_state_belongs_to_one_browser_and_key(browser, path):
    state, begun = states.begin("k" * 40, browser, path)
    found = states.find("k" * 40, browser, state)
    assert found == begun
    assert found.path == safe_path(path)
    assert len(begun.verifier) == 43
    assert begun.nonce != begun.verifier
    assert states.find("k" * 40, browser + "x", state) is None
    assert states.find("x" * 40, browser, state) is None
    assert states.page_of("k" * 40, state) == safe_path(path)
    assert states.page_of("x" * 40, state) == ""


@given(st.text(), st.text())
def test_made_up_states(browser, state):
    assert states.find("k" * 40, browser, state) is None
    assert states.page_of("k" * 40, state) == ""


@given(st.data())
def test_changed_states(data):
    state, _ = states.begin("k" * 40, "b", "/x")
    at = data.draw(st.integers(0, len(state) - 2))  # the last character also holds bits that mean nothing
    other = data.draw(st.sampled_from("aZ9-_.").filter(lambda character: character != state[at]))
    assert states.find("k" * 40, "b", state[:at] + other + state[at + 1 :]) is None


def test_no_two_logins_are_alike():
    logins = [states.begin("k" * 40, "b", "/") for _ in range(50)]
    assert len({state for state, _ in logins}) == len({begun.verifier for _, begun in logins}) == 50
