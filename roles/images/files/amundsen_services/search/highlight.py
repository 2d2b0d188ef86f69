# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a resource was found: its texts with the found words in `<em>`, as Elasticsearch gives them. No I/O.

The frontend puts them into its page as HTML, so all else in them is escaped; Elasticsearch's proxy does not do that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import escape

from amundsen_services.search.term import Analysis, Ask


@lru_cache(maxsize=256)
def _pattern(asked: Sequence[Ask], analysis: Analysis) -> re.Pattern[str] | None:
    wanted = {each for ask in asked for each in ask.wanted(analysis).replace('"', " ").split()}
    words = [f"{re.escape(each[:-1])}[^\\W_]*" if each.endswith("*") else re.escape(each) for each in sorted(wanted, key=len, reverse=True)]
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(words)})(?![^\W_])", re.IGNORECASE) if words else None


def highlighted(texts: Iterable[str | None], asked: Sequence[Ask], analysis: Analysis, most: int) -> list[str]:
    """Give those texts that have a word that was looked for, `most` of them, those with most such words first."""
    pattern = _pattern(asked, analysis)
    if pattern is None:
        return []
    marked: list[tuple[int, str]] = []
    for text in texts:
        pieces = pattern.split(text or "")
        if len(pieces) > 1:
            ems = [f"<em>{escape(found, quote=False)}</em>" for found in pattern.findall(text or "")]
            whole = "".join(escape(piece, quote=False) + em for piece, em in zip(pieces, [*ems, ""], strict=True))
            marked.append((-len(ems), whole))
    return [text for _place, text in sorted(marked, key=lambda each: each[0])[:most]]
