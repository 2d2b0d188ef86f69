"""What the tenant remembers: JSON records of a kind, in SQLite."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Record = dict[str, Any]


class Store:
    """Records by kind and id, in the order in which they were made.

    One connection and one lock: read-modify-write inside `transaction()` is atomic, as it is at Auth0.
    """

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute("CREATE TABLE IF NOT EXISTS records (seq INTEGER PRIMARY KEY, kind TEXT, id TEXT, body TEXT, UNIQUE (kind, id))")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep other threads out until the block ends; undo everything if it raises."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def get(self, kind: str, key: str) -> Record | None:
        """Return one record, or None."""
        with self._lock:
            row = self._db.execute("SELECT body FROM records WHERE kind = ? AND id = ?", (kind, key)).fetchone()
        return json.loads(row[0]) if row else None

    def all(self, kind: str) -> list[Record]:
        """Return the records of a kind, the oldest first."""
        with self._lock:
            rows = self._db.execute("SELECT body FROM records WHERE kind = ? ORDER BY seq", (kind,)).fetchall()
        return [json.loads(row[0]) for row in rows]

    def put(self, kind: str, key: str, body: Record) -> None:
        """Insert a record or replace it in its place."""
        with self._lock:
            self._db.execute(
                "INSERT INTO records (kind, id, body) VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
                (kind, key, json.dumps(body)),
            )

    def delete(self, kind: str, key: str) -> bool:
        """Remove a record; say whether it was there."""
        with self._lock:
            return self._db.execute("DELETE FROM records WHERE kind = ? AND id = ?", (kind, key)).rowcount > 0

    def clear(self) -> None:
        """Forget everything but the signing keys, which are slow to make."""
        with self._lock:
            self._db.execute("DELETE FROM records WHERE kind != 'key'")
