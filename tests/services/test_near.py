# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words that are nearly the same, in the search service's environment: what is sorted out beforehand is none of them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from stack import VENVS, service_environment

FOUND = """
import json, random
from amundsen_services.search.near import Vocabulary, distance, edits, root
from amundsen_services.search.term import Analysis
chance = random.Random(1)
words = sorted({"".join(chance.choice("abcdeé") for _ in range(chance.randint(1, 8))) for _ in range(600)} | {"orders", "ordered", "the"})
vocabulary = Vocabulary(words)
def one_by_one(word, analysis):
    wanted = root(word, analysis)
    return [each for each in words if wanted and distance(wanted, root(each, analysis), edits(wanted)) <= edits(wanted)]
asked = [(word, analysis) for word in [*chance.sample(words, 40), "oders"] for analysis in Analysis]
# Of more than 50 roots the nearest are found, so only fewer compare.
few = [(one_by_one(*each), each) for each in asked]
print(json.dumps([[near, sorted(vocabulary.near(*each))] for near, each in few if len(near) <= 50]))
"""


def test_every_near_word_is_found(tmp_path: Path) -> None:
    python = VENVS / "search" / "bin" / "python"
    done = subprocess.run([python, "-c", FOUND], env=service_environment(tmp_path / "none"), capture_output=True, text=True, check=True)
    pairs = json.loads(done.stdout)
    assert len(pairs) > 50 and any(len(near) > 5 for near, _found in pairs)
    assert [found for _near, found in pairs] == [near for near, _found in pairs]
