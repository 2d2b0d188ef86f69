# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creates the catalog's tables, or brings them up to date: `python -m amundsen_services.metadata.schema`.

The end is that of upstream's `flask rds initdb`, and what search adds. It may run twice, several times at once, against a server that is
still starting, and again after it was killed half-way.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import amundsen_rds
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from amundsen_rds.models.base import Base
from sqlalchemy import func, select
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from amundsen_services import words
from amundsen_services.database import describe, make_engine
from amundsen_services.settings import SettingError, integer

LOCK = "amundsen_schema"


def connect(engine: Engine, seconds: float) -> Connection:
    """Connect as soon as the server lets us.

    Raises:
        SQLAlchemyError: it gave none for so many seconds.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            return engine.connect()
        except SQLAlchemyError:
            if time.monotonic() > end:
                raise
        time.sleep(0.5)


def migrations(engine: Engine) -> Config:
    """Configure alembic for the migrations that amundsen-rds brings."""
    package = Path(amundsen_rds.__file__).parent
    config = Config(str(package / "alembic.ini"))
    config.set_main_option("script_location", str(package / "migrations").replace("%", "%%"))
    uri = engine.url.render_as_string(hide_password=False)
    config.set_main_option("sqlalchemy.url", uri.replace("%", "%%"))
    return config


def upgrade(engine: Engine, connection: Connection) -> str:
    """Make the tables those of the newest migration, and say what was done."""
    config = migrations(engine)
    scripts = ScriptDirectory.from_config(config)
    context = MigrationContext.configure(connection)
    newest, current = scripts.get_current_head(), context.get_current_revision()
    if current == newest:
        return f"unchanged ({newest})"
    if current is None:
        # MariaDB cannot roll tables back: a first migration killed half-way could never be repeated. This can.
        Base.metadata.create_all(connection)
        context.stamp(scripts, "heads")
        return f"created {len(Base.metadata.tables)} tables ({newest})"
    command.upgrade(config, "heads")
    return f"upgraded from {current} to {newest}"


def create(engine: Engine, wait: int) -> str:
    """Create or upgrade the tables, one process at a time, and say what was done.

    Args:
        engine: on the catalog's database.
        wait: seconds to wait for the server, and for another process that is at it.

    Raises:
        SQLAlchemyError: the database does not answer, or refuses.
        TimeoutError: another process holds the lock for longer.
    """
    with connect(engine, wait) as connection:
        # The server drops the lock with the connection, however this process ends.
        if not connection.scalar(select(func.get_lock(LOCK, wait))):
            raise TimeoutError(f"another process has been creating the tables for more than {wait} s")
        done = upgrade(engine, connection)
        return f"{done}; added {added} for search" if (added := words.add(connection)) else done


def main() -> int:
    """Return the exit status: 0, or 1 with the reason."""
    try:
        done = create(make_engine(), integer("AMUNDSEN_DATABASE_WAIT", 60))
    except SQLAlchemyError as error:
        print(f"schema: {describe(error)}", file=sys.stderr)
        return 1
    except (SettingError, TimeoutError) as error:
        print(f"schema: {error}", file=sys.stderr)
        return 1
    print(f"schema: {done}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
