# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adds the sample catalog: `python -m amundsen_services.sample_data`.

It only adds what is missing, in one transaction. A resource that is there stays as it is, and a relation (owner,
reader, bookmark, lineage) is only added together with one of its ends: what people edited or removed stays so.
AMUNDSEN_SAMPLE_USER, an address, becomes an owner and a reader of some tables.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

import yaml
from amundsen_rds.models.base import Base
from amundsen_rds.models.table import Table
from amundsen_rds.models.updated_timestamp import UpdatedTimestamp
from sqlalchemy import func, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from amundsen_services.database import describe, make_engine, problem
from amundsen_services.sample_data.rows import Entry, Rows
from amundsen_services.settings import SettingError

# The one row that amundsen-databuilder keeps there too: the frontend shows it as "last indexed".
_UPDATED = "amundsen_updated_timestamp"


def _ends(tie: Base) -> tuple[str, ...]:
    """Give an association's primary key: the keys of the two rows that it ties together."""
    return tuple(inspect(type(tie)).primary_key_from_instance(tie))


def load(session: Session, rows: Rows, now: int) -> Counter[str]:
    """Add what is missing to the session, and count it by kind.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database does not answer.
    """
    added: Counter[str] = Counter()
    new_keys: set[str] = set()
    entries: list[Entry] = list(rows.entries())
    for entry in entries:
        key = entry.row.rk
        if session.get(type(entry.row), key) is None:
            for row in (entry.row, *entry.parts):
                session.add(row)
                session.flush()  # in this order: not every foreign key is a relationship that the ORM knows
            new_keys.add(key)
            added[type(entry.row).__name__.lower()] += 1
    for entry in entries:
        for tie in entry.ties:
            ends = _ends(tie)
            if not new_keys.isdisjoint(ends) and session.get(type(tie), ends) is None:
                session.add(tie)
                session.flush()
                added["relation"] += 1
    if added:
        session.merge(UpdatedTimestamp(rk=_UPDATED, latest_timestamp=now, published_tag="sample-data", publisher_last_updated_epoch_ms=now * 1000))
    return added


def main() -> int:
    """Return the exit status: 0, or 1 with the reason. The last line says, as JSON, what became of it."""
    now = int(time.time())
    catalog = yaml.safe_load((Path(__file__).parent / "catalog.yml").read_text(encoding="utf-8"))
    rows = Rows(catalog, os.environ.get("AMUNDSEN_SAMPLE_USER", "").strip(), now)
    try:
        engine = make_engine()
        why = problem(engine)
        if why:
            print(f"sample data: {why}", file=sys.stderr)
            return 1
        with Session(engine, autoflush=False) as session, session.begin():
            added = load(session, rows, now)
            tables = session.scalar(select(func.count()).where(Table.rk.in_(rows.table_keys())))
    except SettingError as error:
        print(f"sample data: {error}", file=sys.stderr)
        return 1
    except SQLAlchemyError as error:
        print(f"sample data: {describe(error)}; nothing was added", file=sys.stderr)
        return 1
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(added.items()))
    print(f"sample data: added {kinds}" if added else "sample data: unchanged")
    print(json.dumps({"changed": bool(added), "tables": tables}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
