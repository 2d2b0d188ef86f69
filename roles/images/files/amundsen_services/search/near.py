# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words that are nearly the same: what Elasticsearch calls fuzziness AUTO, on the stems of its analyzers. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import snowballstemmer

from amundsen_services.search.term import STOP_WORDS, Analysis, bases

MOST = 50
"""So many near words are looked for instead of one."""


_porter = snowballstemmer.stemmer("porter")


@lru_cache(maxsize=100_000)
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
    """Give a bit for each of a word's letters."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 63)
    return bits


class Vocabulary:
    """The words of a catalog, among which near ones are found."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_root: dict[Analysis, dict[str, list[str]]] = {analysis: {} for analysis in Analysis}
        for word in words:
            for analysis, known in self._by_root.items():
                known.setdefault(root(word, analysis), []).append(word)
        self._letters = {analysis: [(each, _letters(each)) for each in known] for analysis, known in self._by_root.items()}

    def near(self, word: str, analysis: Analysis) -> list[str]:
        """List the words that differ from one in few letters, the nearest first."""
        wanted = root(word, analysis)
        most = edits(wanted)
        if not wanted:
            return []
        bits = _letters(wanted)
        # A letter more, less or other is a bit or two that differ.
        alike = [each for each, its in self._letters[analysis] if (bits ^ its).bit_count() <= 2 * most]
        found = sorted((far, each) for each in alike if (far := distance(wanted, each, most)) <= most)
        return [known for _distance, each in found[:MOST] for known in self._by_root[analysis][each]]
