# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A search term as words in their forms, in FULLTEXT's boolean language and as a pattern for highlights. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

MAX_WORDS = 32
_WORD = re.compile(r"[^\W_]+")
_NAME = re.compile(r"\w+(?:\.\w+)*")
_PREFIX = re.compile(r"[\w.]*[^\W_]\*")
_POSSESSIVE = re.compile(r"['\u2019]s\b", re.IGNORECASE)

# Of Elasticsearch's English analyzer.
STOP_WORDS = frozenset(
    ("a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it", "no", "not", "of", "on", "or", "such",
     "that", "the", "their", "then", "there", "these", "they", "this", "to", "was", "will", "with")
)  # fmt: skip

_VOWELS = "aeiou"


def _endings(base: str) -> Iterator[str]:
    """Give an English word in its forms, some of which are none."""
    yield base
    if base.endswith("y") and base[-2] not in _VOWELS:
        yield from (f"{base[:-1]}ies", f"{base[:-1]}ied", f"{base}ing")
    elif base.endswith("e"):
        yield from (f"{base}s", f"{base}d", f"{base[:-1]}ing")
    else:
        plural = "es" if base.endswith(("s", "x", "z", "ch", "sh")) else "s"
        yield from (f"{base}{plural}", f"{base}ed", f"{base}ing")


def bases(word: str) -> Iterator[str]:
    """Give what a word in lower case may be a form of, the likeliest first."""
    stem = word.removesuffix("ed").removesuffix("ing")
    if word.endswith(("ies", "ied")):
        yield f"{word[:-3]}y"
    elif word.endswith(("ses", "xes", "zes", "ches", "shes")):
        yield from (word[:-1], word[:-2])
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        yield word[:-1]
    elif stem != word and len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] not in "ls":
        yield stem[:-1]
    elif stem != word:
        yield from (stem, f"{stem}e")
    else:
        yield word


def forms(word: str) -> frozenset[str]:
    """Give a word in lower case with the plural, singular and tenses that it has in English."""
    if len(word) < 3 or not (word.isascii() and word.isalpha()):
        return frozenset({word})
    return frozenset({word}.union(*(_endings(base) for base in bases(word) if len(base) > 2)))


def words_of(text: str) -> list[str]:
    """Split a text into words, in lower case."""
    return [word.lower() for word in _WORD.findall(_POSSESSIVE.sub("", text))]


class Analysis(Enum):
    """What kind of text words are in: tags and columns, names of resources, or sentences."""

    PLAIN = "plain"
    NAME = "name"
    PROSE = "prose"


@dataclass(frozen=True)
class Ask:
    """One thing to look for, in FULLTEXT's boolean language for each kind of text; nothing typed is an operator there.

    Attributes:
        word: the word that it is about, in lower case; empty if it is no whole word.
        pattern: a part of a name, with `*` and `?` as wildcards.
    """

    word: str = ""
    plain: str = ""
    name: str = ""
    prose: str = ""
    pattern: str = ""

    def wanted(self, analysis: Analysis) -> str:
        """Give what to look for in a kind of text."""
        return {Analysis.PLAIN: self.plain, Analysis.NAME: self.name, Analysis.PROSE: self.prose}[analysis]


def any_of(words: Iterable[str]) -> str:
    """Ask for any of some words, in FULLTEXT's boolean language."""
    return " ".join(dict.fromkeys(words))


def _of_word(word: str, least: int, loose: bool) -> Ask:
    if len(word) < least:
        return Ask(word=word, pattern=word)
    wanted = any_of(sorted(forms(word)))
    return Ask(word, wanted, wanted, wanted if loose and word not in STOP_WORDS else "")


def asks(text: str, least: int) -> list[Ask]:
    """Take apart a term as people type it: each of its words is something to look for; so many at most, as each costs time.

    In sentences a name (`order_items`, `core.orders`) is found as a whole only, and no word that every sentence has.

    Args:
        text: the term.
        least: characters that a word must have to be in an index; shorter ones are looked for in names.
    """
    found: list[Ask] = []
    for chunk in text.lower().split()[:MAX_WORDS]:
        if _PREFIX.fullmatch(chunk):
            *words, last = _WORD.findall(chunk)
            found += [_of_word(word, least, loose=True) for word in words]
            found.append(Ask("", f"{last}*", f"{last}*", f"{last}*"))
        elif ("*" in chunk or "?" in chunk.rstrip("?")) and _WORD.search(chunk):
            found.append(Ask(pattern=f"*{chunk}*"))
        else:
            for name in _NAME.findall(_POSSESSIVE.sub("", chunk)):
                words = _WORD.findall(name)
                found += [_of_word(word, least, loose=len(words) == 1) for word in words]
                if len(words) > 1:
                    found.append(Ask(prose=f'"{" ".join(words)}"'))
    return list(dict.fromkeys(found))[:MAX_WORDS]


def required(pattern: str, least: int) -> str:
    """Say in FULLTEXT's boolean language which words every text has that a pattern with wildcards is the whole of.

    Empty if none is known for sure. What it finds must be compared with the pattern still.
    """
    words = []
    for found in _WORD.finditer(pattern):
        before, after = pattern[: found.start()][-1:], pattern[found.end() :][:1]
        if before not in ("*", "?") and after != "?" and len(found[0]) >= least:
            words.append(f"+{found[0]}{'*' if after == '*' else ''}")
    return " ".join(words)
