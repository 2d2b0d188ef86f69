# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read of the catalog now and then, as hints alone: which words there are, and how often each resource was read.

They say what is nearly the same as a word that was typed, and what comes first. All else that is found does not depend on them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable

from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from amundsen_services.database import describe
from amundsen_services.search.matching import reads, texts, unpacked
from amundsen_services.search.near import Vocabulary
from amundsen_services.search.term import Analysis, Ask, any_of, words_of

PATIENCE = 0.5
"""Seconds that a search waits for a reading that is under way."""

YOUNG = 60
"""Seconds for which a reading is good at least; a hundred times as long as it took, if that is more."""


class Hints:
    """Keeps what was read, and reads it anew in a thread of its own, when it is asked and the last reading is old."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._vocabulary = Vocabulary(())
        self._reads: dict[str, int] = {}
        self._reading: threading.Thread | None = None
        self._good_until = 0.0

    def reads(self) -> dict[str, int]:
        """Give the number of reads of each resource that was read, by its key."""
        self._refresh()
        return self._reads

    def near(self, words: Iterable[Ask], least: int) -> list[Ask]:
        """Ask for what is nearly the same as each word."""
        self._refresh()
        return [self._near(ask, least) for ask in words if ask.word]

    def _near(self, ask: Ask, least: int) -> Ask:
        plain, name, prose = (any_of(near for near in self._vocabulary.near(ask.word, analysis) if len(near) >= least) for analysis in Analysis)
        return Ask("", plain, name, prose if ask.prose else "")

    def _refresh(self) -> None:
        with self._lock:
            if self._reading is None and time.monotonic() >= self._good_until:
                self._reading = threading.Thread(target=self._read, daemon=True, name="hints")
                self._reading.start()
            first = self._reading if self._good_until == 0 else None
        if first is not None:
            first.join(PATIENCE)

    def _read(self) -> None:
        started = time.monotonic()
        words: set[str] = set()
        try:
            with self._engine.connect() as connection:
                self._reads = {key: int(count) for statement in reads() for key, count in unpacked(connection.scalar(statement))}
                for statement in texts():
                    for (text,) in connection.execution_options(stream_results=True).execute(statement):
                        words.update(words_of(text or ""))
            self._vocabulary = Vocabulary(words)
        except SQLAlchemyError as error:
            logging.warning("search: hints could not be read: %s", describe(error))
        finally:
            ended = time.monotonic()
            self._good_until = ended + max(YOUNG, 100 * (ended - started))
            self._reading = None
