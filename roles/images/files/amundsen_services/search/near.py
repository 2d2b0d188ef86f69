# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words that are nearly the same: what Elasticsearch calls fuzziness AUTO, on the stems of its analyzers. No I/O."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

import snowballstemmer

from amundsen_services.search.term import STOP_WORDS, Analysis, bases

MOST = 50
"""So many near words are looked for instead of one."""


_porter = snowballstemmer.stemmer("porter")


def root(word: str, analysis: Analysis) -> str:
    """Give what is compared of a word."""
    if analysis is Analysis.PROSE:
        return "" if word in STOP_WORDS else str(_porter.stemWord(word))
    return next(bases(word)) if analysis is Analysis.NAME and len(word) > 3 else word


def edits(word: str) -> int:
    """Tell how many letters may differ."""
    return 0 if len(word) < 3 else 1 if len(word) < 6 else 2


def distance(one: str, other: str, most: int) -> int:
    """Count the letters to insert, remove, replace or swap with the next; `most` + 1 if there are more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        current = [row]
        for column, its in enumerate(other, 1):
            cost = min(last[column] + 1, current[-1] + 1, last[column - 1] + (letter != its))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == its:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > most:
            return most + 1
        before, last = last, current
    return min(last[-1], most + 1)


def _letters(word: str) -> int:
    """Give a bit for each of a word's letters, and another for those that it has twice."""
    once = twice = 0
    for letter in word:
        bit = 1 << (ord(letter) & 31)
        twice |= once & bit
        once |= bit
    return twice << 32 | once


class Vocabulary:
    """The words of a catalog, among which near ones are found. Kept in lists side by side, as dicts need ten times the memory."""

    def __init__(self, words: Iterable[str]) -> None:
        known = sorted(words)
        self._sorted = {analysis: _Sorted(known, analysis) for analysis in Analysis}

    def near(self, word: str, analysis: Analysis) -> list[str]:
        """List the words that differ from one in few letters, the nearest first."""
        wanted = root(word, analysis)
        most = edits(wanted)
        if not wanted:
            return []
        alike = self._sorted[analysis].alike(wanted, most)
        found = sorted((far, each) for each in alike if (far := distance(wanted, each, most)) <= most)
        return [known for _distance, each in found[:MOST] for known in alike[each]]


class _Sorted:
    """Words, their roots and the letters of these, by the length of the root."""

    def __init__(self, words: list[str], analysis: Analysis) -> None:
        # A root that is the word itself is no text of its own.
        pairs = sorted(((word if (its := root(word, analysis)) == word else its, word) for word in words), key=lambda pair: len(pair[0]))
        self._roots = [its for its, _word in pairs]
        self._words = [word for _its, word in pairs]
        self._letters = array("Q", map(_letters, self._roots))

    def alike(self, wanted: str, most: int) -> dict[str, list[str]]:
        """Give the words by each root that may be so near, judged by its length and letters."""
        first = bisect_left(self._roots, len(wanted) - most, key=len)
        last = bisect_right(self._roots, len(wanted) + most, key=len)
        bits = _letters(wanted)
        found: dict[str, list[str]] = {}
        for at, its in enumerate(self._letters[first:last], first):
            # Each edit is of one letter that only the one has, and one that only the other has, at most.
            if (bits & ~its).bit_count() <= most and (its & ~bits).bit_count() <= most:
                found.setdefault(self._roots[at], []).append(self._words[at])
        return found
