# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalog's MariaDB: its address, the options of an engine on it, and whether it answers with its tables."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

from amundsen_common.models.api.health_check import HealthCheck
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, MovedIn20Warning, SAWarning, SQLAlchemyError
from werkzeug.exceptions import BadRequest, HTTPException, ServiceUnavailable

from amundsen_services.settings import SettingError, integer
from amundsen_services.stores import causes
from amundsen_services.stores import health as health_check

# About the code of amundsen-rds, which stays as it is.
warnings.filterwarnings("ignore", category=MovedIn20Warning)
warnings.filterwarnings("ignore", message="relationship '", category=SAWarning)

from amundsen_rds import models  # noqa: F401 (fills Base.metadata)  # pylint: disable=unused-import
from amundsen_rds.models.base import Base

URI_FILE = "SQLALCHEMY_DATABASE_URI_FILE"
DRIVER = "mysql+pymysql"

# Error codes of MariaDB and PyMySQL (https://mariadb.com/kb/en/mariadb-error-code-reference/).
_ABSENT = {2002, 2003}
_LOST = {0, 1053, 1927, 2006, 2013, 2014}
_BUSY = {1040, 1203, 1226}
_REFUSED = {1044, 1045, 1129, 1130, 1142, 1698}
_NO_DATABASE = {1049}
_NO_TABLE = {1146}
_NO_INDEX = {1054, 1191}
_UNAVAILABLE = _ABSENT | _LOST | _BUSY | _REFUSED | _NO_DATABASE | _NO_TABLE | _NO_INDEX
_UNSTORABLE = {1267, 1300, 1366, 1406}


def database_uri() -> str:
    """Read the database's URI from the file that SQLALCHEMY_DATABASE_URI_FILE names.

    Raises:
        SettingError: there is no such file, or it holds no `mysql+pymysql://USER:PASSWORD@HOST/DATABASE`.
    """
    name = os.environ.get(URI_FILE, "")
    if not name:
        raise SettingError(f"{URI_FILE} is not set: name the file that holds the database's URI")
    try:
        text = Path(name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        raise SettingError(f"{URI_FILE} names {name}, which cannot be read: {reason}") from None
    try:
        url = make_url(text)
        good = url.drivername == DRIVER and url.host and url.database
    except (ArgumentError, ValueError):
        good = False
    if not good:
        raise SettingError(f"{name} ({URI_FILE}) holds no URI of the form {DRIVER}://USER:PASSWORD@HOST/DATABASE")
    return text


def engine_options() -> dict[str, Any]:
    """Give `create_engine` options for a service: a connection for each thread, given up when it is broken."""
    return {
        "pool_size": integer("AMUNDSEN_THREADS", 4),
        "max_overflow": 2,
        "pool_timeout": 10,
        "pool_pre_ping": True,
        "pool_recycle": 1800,
        "hide_parameters": True,
        "connect_args": {"connect_timeout": 3, "read_timeout": 60, "write_timeout": 60, "init_command": "SET SESSION group_concat_max_len = 67108864"},
    }


def make_engine() -> Engine:
    """Make an engine on the database that the environment names."""
    return create_engine(database_uri(), **engine_options())


def error_code(error: SQLAlchemyError) -> int | None:
    """Find the database's own number of an error, if it has one."""
    arguments = getattr(getattr(error, "orig", None), "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


def is_unavailable(error: SQLAlchemyError) -> bool:
    """Tell whether the database, not the request, is to blame: it is down, refuses us, or has no tables."""
    return not isinstance(error, DBAPIError) or error.connection_invalidated or error_code(error) in _UNAVAILABLE


def is_unstorable(error: SQLAlchemyError) -> bool:
    """Tell whether the request holds a text that the catalog's columns cannot: too long, or outside their character set."""
    return error_code(error) in _UNSTORABLE


def describe(error: SQLAlchemyError) -> str:
    """Say what is wrong with the database, in words without names or secrets."""
    code = error_code(error)
    if code in _ABSENT:
        return "the database does not answer: is MariaDB running, and its host and port right?"
    if code in _BUSY:
        return "the database has too many connections"
    if code in _REFUSED:
        return f"the database refuses this user from this host: check the user, password and grants of {URI_FILE}"
    if code in _NO_DATABASE:
        return f"the server has no such database: check {URI_FILE}"
    if code in _NO_TABLE:
        return "a table is missing: the metadata service creates them when it starts"
    if code in _NO_INDEX:
        return "the indexes of search are missing: the metadata service creates them when it starts"
    if code in _LOST:
        return "the database closed the connection"
    return f"the database answers with an error ({type(error).__name__}, code {code})"


def fault(error: BaseException) -> HTTPException | None:
    """Give 503 if the database is down or refuses us, 400 for what it cannot hold."""
    found = next((each for each in causes(error) if isinstance(each, SQLAlchemyError)), None)
    if found is None:
        return None
    if is_unavailable(found):
        return ServiceUnavailable(describe(found))
    if is_unstorable(found):
        return BadRequest("a name or key is too long, or has characters that the catalog cannot hold")
    return None


def problem(engine: Engine) -> str | None:
    """Say why the catalog cannot be used, or None if the database answers with all its tables."""
    try:
        with engine.connect() as connection:
            present = set(inspect(connection).get_table_names())
    except SQLAlchemyError as error:
        return describe(error)
    missing = sorted(set(Base.metadata.tables) - present)
    if missing:
        return (
            f"{len(missing)} of {len(Base.metadata.tables)} tables are missing or not readable "
            f"(the first: {missing[0]}): the metadata service creates them when it starts"
        )
    return None


def health(engine: Engine) -> HealthCheck:
    """Answer /healthcheck: `ok` (HTTP 200), or `fail` (503) and why."""
    return health_check("mariadb", problem(engine))
