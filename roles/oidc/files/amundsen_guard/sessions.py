"""Sessions in the database: the browser holds a random id, and nothing else of them.

A session that was ended stays ended, whatever cookie comes; claims may be of any size. Who reads the database alone
learns nothing: of an id there is the hash, and the rest is encrypted.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Column, MetaData, String, Table, Text, bindparam, create_engine, delete, insert, select, update
from sqlalchemy.dialects.mysql import MEDIUMTEXT
from sqlalchemy.exc import DBAPIError

from .database import pool

_TABLE = Table(
    "guard_session",
    MetaData(),
    Column("id", String(64), primary_key=True),
    Column("content", Text().with_variant(MEDIUMTEXT(), "mysql"), nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)
_WANTED = select(_TABLE.c.content).where(_TABLE.c.id == bindparam("row"), _TABLE.c.expires_at >= bindparam("now"))
_NONCE = 12  # bytes


def _row(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()


class _Seal:
    """Encrypts what is in a row, for this row only. The key is derived from the frontends' session key."""

    def __init__(self, key: str) -> None:
        self._cipher = AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=b"amundsen-guard sessions").derive(key.encode()))

    def close(self, row: str, content: dict[str, Any]) -> str:
        nonce = os.urandom(_NONCE)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, json.dumps(content).encode(), row.encode())).decode()

    def open(self, row: str, sealed: str | None) -> dict[str, Any] | None:
        """Return a row's content, or None where it is none of ours: another key's, another row's, or changed."""
        try:
            raw = base64.b64decode(sealed or "", validate=True)
            content: dict[str, Any] = json.loads(self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], row.encode()))
        except (InvalidTag, ValueError):
            return None
        return content


class Sessions:
    """The sessions' table. All calls need an application context.

    Args:
        database: Flask-SQLAlchemy's handle.
        key: The frontends' session key.
        seconds: How long a session lives.
        arguments: For the database's driver.
    """

    def __init__(self, database: SQLAlchemy, key: str, seconds: int, arguments: dict[str, Any]) -> None:
        self._database = database
        self._seal = _Seal(key)
        self._seconds = seconds
        # For single statements: nothing is sent but the statement, and it sees what others changed just before.
        options = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None, "hide_parameters": True, "connect_args": arguments}
        self._engine = create_engine(database.engine.url, **options, **pool(database.engine.name))

    def create_table(self) -> None:
        """Make the table; another process may do the same at the same time."""
        try:
            _TABLE.create(self._database.engine, checkfirst=True)
        except DBAPIError:
            _TABLE.create(self._database.engine, checkfirst=True)

    def forget_connections(self) -> None:
        """Leave the connections to the process that this one was forked from."""
        for engine in (self._database.engine, self._engine):
            engine.dispose(close=False)

    def begin(self, content: dict[str, Any]) -> str:
        """Keep a new session and return its id. Sessions whose time is over are removed."""
        session_id, now = secrets.token_urlsafe(32), int(time.time())
        row = _row(session_id)
        self._run(delete(_TABLE).where(_TABLE.c.expires_at < now))
        self._run(insert(_TABLE).values(id=row, content=self._seal.close(row, content), expires_at=now + self._seconds))
        return session_id

    def get(self, session_id: str) -> dict[str, Any] | None:
        """Return a session's content, or None where it does not exist or its time is over."""
        row = _row(session_id)
        return self._seal.open(row, self._run(_WANTED, row=row, now=int(time.time())))

    def change(self, session_id: str, renew: Callable[[dict[str, Any]], dict[str, Any] | None]) -> dict[str, Any] | None:
        """Change a session's content while nobody else can.

        Args:
            session_id: Which session.
            renew: Takes the content and returns the new one, or None to end the session.
        """
        row = _row(session_id)
        there = _TABLE.c.id == row
        with self._database.engine.begin() as connection:
            connection.execute(update(_TABLE).where(there).values(expires_at=_TABLE.c.expires_at))  # locks the row in every database
            content = self._seal.open(row, connection.execute(select(_TABLE.c.content).where(there).with_for_update()).scalar())
            if content is None:
                return None
            new = renew(content)
            if new is None:
                connection.execute(delete(_TABLE).where(there))
            else:
                connection.execute(update(_TABLE).where(there).values(content=self._seal.close(row, new)))
        return new

    def end(self, session_id: str) -> None:
        """End one session."""
        self._run(delete(_TABLE).where(_TABLE.c.id == _row(session_id)))

    def answers(self) -> bool:
        """Tell whether the database answers."""
        try:
            self._run(select(_TABLE.c.id).limit(1))
        except Exception:  # whatever is wrong with it, it does not answer
            return False
        return True

    def _run(self, statement: Any, **values: Any) -> Any:
        """Run one statement and return the first value, if any.

        Once more where the connection turns out to be dead, as after the server's restart: to ask each connection before would double the cost.
        """
        try:
            return self._run_once(statement, values)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        return self._run_once(statement, values)

    def _run_once(self, statement: Any, values: dict[str, Any]) -> Any:
        with self._engine.connect() as connection:
            result = connection.execute(statement, values)
            return result.scalar() if result.returns_rows else None
