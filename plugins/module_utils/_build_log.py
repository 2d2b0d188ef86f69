# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the log of a build says: its steps, the words of the one that failed, and the cause where it is a known one. Pure: no I/O, no Ansible."""

from __future__ import annotations

import re

_STEP = re.compile(r"#(\d+) (\[.*\d+/\d+\]) (.*)")
_OPTIONS = re.compile(r"(?<=RUN )(--\S+ )+")
_FAILED = re.compile(r"#(\d+) ERROR")
_WORDS = re.compile(r"#(\d+) (?:\d+\.\d+ )?(.*)")
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_DONE = re.compile(r"DONE |CACHED|\.\.\.$|\[.*\d+/\d+\] ")
# What tells how far a step is, and nothing else.
_NOISE = re.compile(r"<s> \[webpack\.Progress\]|DONE |CACHED|sha256:|transferring |ERROR: process |ERROR: executor ")
SHOWN_WIDTH = 110

# The first that fits is told. Each cause says what to do.
CAUSES = {
    r"exit code: 137|signal: killed|ENOMEM|Cannot allocate memory|JavaScript heap out of memory": (
        "It ran out of memory (exit code 137 is the kernel's end of a process that asked for more than there is). "
        "The UI needs 1.5 GB: stop something on the host, or give it more memory or swap."
    ),
    r"[Nn]o space left on device|ENOSPC|Disk quota exceeded|EDQUOT": (
        "The disk is full. Make room (docker system df shows what the engine holds, docker builder prune drops what only builds use)."
    ),
    r"ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ERR_SOCKET_TIMEOUT|Failed to establish a new connection|Connection refused"
    r"|Could not resolve|Temporary failure resolving|Could not connect to|Max retries exceeded|Read timed out|Network is unreachable": (
        "A package registry or mirror could not be reached. Check the host's network, and the mirrors if you set any; what was loaded already is kept."
    ),
    r"EINTEGRITY|DO NOT MATCH THE HASHES|Hash Sum mismatch": (
        "A package is not what the lock says: a mirror changed it, or it came damaged. Ask the mirror's owner; never take such a package."
    ),
    r"self[- ]signed certificate|SELF_SIGNED_CERT|CERTIFICATE_VERIFY_FAILED|UNABLE_TO_VERIFY_LEAF|UNABLE_TO_GET_ISSUER_CERT": (
        "A certificate on the way to a registry is signed by an authority that the image does not know. "
        "Put your authority's certificate into /usr/local/share/ca-certificates on the host, and the base image takes it in."
    ),
}


def plain(line: str) -> str:
    """Return a line without colours and what a terminal overwrote."""
    return _COLOURS.sub("", line).rstrip("\r\n").rpartition("\r")[2].rstrip()


def steps(log: str) -> dict[str, str]:
    """Return the steps that began and were not done before, in their order: what each does by its number, such as `[ui 2/4]`."""
    lines = [plain(line) for line in log.splitlines()]
    kept = {line.removesuffix(" CACHED") for line in lines if line.endswith(" CACHED")}
    found = (match for match in map(_STEP.fullmatch, lines) if match and f"#{match[1]}" not in kept and not match[3].startswith("FROM "))
    return {match[2]: " ".join(_OPTIONS.sub("", match[3]).split())[:SHOWN_WIDTH] for match in found}


def now(log: str) -> str:
    """Return the last words of a log, to show that something is going on."""
    matches = (_WORDS.fullmatch(plain(line)) for line in log.splitlines())
    words = [match[2].strip() for match in matches if match and not _DONE.search(match[2])]
    return next((word for word in reversed(words) if word), "")[:SHOWN_WIDTH]


def last_words(log: str, count: int = 30) -> list[str]:
    """Return the last lines of the step that failed; of the whole log where no step did."""
    lines = [plain(line) for line in log.splitlines()]
    failed = {match[1] for match in map(_FAILED.match, lines) if match}
    matches = [(line, _WORDS.fullmatch(line)) for line in lines]
    told = [(line, match) for line, match in matches if not failed or (match and match[1] in failed)]
    words = [match[2] if match else line for line, match in told]
    return [word for word in words if word.strip() and not _NOISE.search(word)][-count:]


def cause(log: str) -> str:
    """Return what a known failure means and what to do, or an empty text."""
    return next((advice for pattern, advice in CAUSES.items() if re.search(pattern, log)), "")
