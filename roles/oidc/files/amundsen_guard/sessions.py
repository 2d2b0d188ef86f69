"""Sessions in the database: the browser holds a random id, and nothing else of them.

A session that was ended stays ended, whatever cookie comes; claims may be of any size.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Column, MetaData, String, Table, Text, delete, insert, select, update
from sqlalchemy.dialects.mysql import MEDIUMTEXT
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

_TABLE = Table(
    "guard_session",
    MetaData(),
    Column("id", String(64), primary_key=True),
    Column("content", Text().with_variant(MEDIUMTEXT(), "mysql"), nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)


def _key(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()


class Sessions:
    """The sessions' table.

    Args:
        database: Flask-SQLAlchemy's handle; all calls need an application context.
        seconds: How long a session lives.
    """

    def __init__(self, database: SQLAlchemy, seconds: int) -> None:
        self._database = database
        self._seconds = seconds

    def create_table(self) -> None:
        """Make the table; another process may do the same at the same time."""
        try:
            _TABLE.create(self._database.engine, checkfirst=True)
        except (OperationalError, ProgrammingError, IntegrityError):
            _TABLE.create(self._database.engine, checkfirst=True)

    def begin(self, content: dict[str, Any]) -> str:
        """Keep a new session and return its id. Sessions whose time is over are removed."""
        session_id, now = secrets.token_urlsafe(32), int(time.time())
        # Two transactions: in one, two logins at the same time could wait for each other's locks for ever.
        with self._database.engine.begin() as connection:
            connection.execute(delete(_TABLE).where(_TABLE.c.expires_at < now))
        with self._database.engine.begin() as connection:
            connection.execute(insert(_TABLE).values(id=_key(session_id), content=json.dumps(content), expires_at=now + self._seconds))
        return session_id

    def get(self, session_id: str) -> dict[str, Any] | None:
        """Return a session's content, or None where it does not exist or its time is over."""
        wanted = select(_TABLE.c.content).where(_TABLE.c.id == _key(session_id), _TABLE.c.expires_at >= int(time.time()))
        with self._database.engine.connect() as connection:
            content = connection.execute(wanted).scalar()
        return None if content is None else json.loads(content)

    def change(self, session_id: str, renew: Any) -> dict[str, Any] | None:
        """Change a session's content while nobody else can.

        Args:
            session_id: Which session.
            renew: Takes the content and returns the new one, or None to end the session.
        """
        row = _TABLE.c.id == _key(session_id)
        with self._database.engine.begin() as connection:
            connection.execute(update(_TABLE).where(row).values(expires_at=_TABLE.c.expires_at))  # locks the row in every database
            content = connection.execute(select(_TABLE.c.content).where(row).with_for_update()).scalar()
            if content is None:
                return None
            new: dict[str, Any] | None = renew(json.loads(content))
            if new is None:
                connection.execute(delete(_TABLE).where(row))
            else:
                connection.execute(update(_TABLE).where(row).values(content=json.dumps(new)))
        return new

    def end(self, session_id: str) -> None:
        """End one session."""
        with self._database.engine.begin() as connection:
            connection.execute(delete(_TABLE).where(_TABLE.c.id == _key(session_id)))

    def answers(self) -> bool:
        """Tell whether the database answers."""
        try:
            with self._database.engine.connect() as connection:
                connection.execute(select(_TABLE.c.id).limit(1))
        except Exception:  # whatever is wrong with it, it does not answer
            return False
        return True
