# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalog as CSV files: which files and columns there are, and what is wrong with a folder of them. Reads and writes no store.

The files are those of amundsen-databuilder's samples (`table.csv` or `sample_table.csv`), and a few of the same kind for what the
samples leave out. A row is a dictionary of texts; an empty text means: not known.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

Row = dict[str, str]
Rows = dict[str, list[Row]]
"""The rows of each file, by its name without `.csv`."""
Resource = tuple[str, str]
"""Kind (table, dashboard, user, schema, tag, badge) and key."""

TABLE_KEY = re.compile(r"(?P<database>.*?)://(?P<cluster>.*)\.(?P<schema>[^./]*)/(?P<name>.*)")

# A description may be long.
csv.field_size_limit(2**27)


class FormatError(ValueError):
    """Files that cannot be loaded; the message holds every problem, one a line."""


@dataclass(frozen=True)
class File:
    """One CSV file.

    Args:
        needed: the columns that must be there, with a value in each row.
        others: the columns that may be left out or empty.
        resources: what a row is part of; the first makes the row its own.
        numbers: the columns that hold whole numbers.
        defines: rows make their first resource, one row each.
    """

    needed: tuple[str, ...]
    others: tuple[str, ...]
    resources: Callable[[Row], list[Resource]]
    numbers: tuple[str, ...] = ()
    defines: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, in the order in which they are written."""
        return self.needed + self.others


def table_key(row: Row, database: str = "database", name: str = "table_name") -> str:
    """Give the key of the table that a row names by its parts."""
    return f"{row[database]}://{row['cluster']}.{row['schema']}/{row[name]}"


def dashboard_key(row: Row) -> str:
    """Give the key of the dashboard that a row names by its parts."""
    group, name = (row.get(f"{part}_id") or row.get(part, "") or row.get(f"{part}_name", "") for part in ("dashboard_group", "dashboard"))
    return f"{row['product']}_dashboard://{row['cluster']}.{group}/{name}"


def texts(value: str) -> list[str]:
    """Split a list in one field: its parts between commas."""
    return [part.strip() for part in value.split(",") if part.strip()]


def _of_table(database: str = "database", name: str = "table_name", *users: str) -> Callable[[Row], list[Resource]]:
    return lambda row: [("table", table_key(row, database, name)), *(("user", user) for column in users for user in texts(row.get(column, "")))]


def _of_dashboard(*users: str) -> Callable[[Row], list[Resource]]:
    return lambda row: [("dashboard", dashboard_key(row)), *(("user", row[column]) for column in users)]


def _of_columns(row: Row) -> list[Resource]:
    return [("table", row[end].rpartition("/")[0]) for end in ("source_column_key", "target_column_key")]


_TABLE = ("cluster", "schema", "table_name")
_PERSON = ("first_name", "last_name", "full_name", "github_username", "team_name", "employee_type", "manager_email", "slack_id", "role_name")
_OF_GROUP = ("dashboard_group_id", "dashboard_group_description", "dashboard_group_url")
_DASHBOARD = ("product", "cluster", "dashboard_group_id", "dashboard_id")

FILES: dict[str, File] = {
    "user": File(
        ("email",),
        (*_PERSON, "is_active", "profile_url"),
        lambda row: [("user", row["email"])],
        defines=True,
    ),
    "tags": File(("name",), ("tag_type",), lambda row: [("tag", row["name"])], defines=True),
    "table": File(
        ("database", "cluster", "schema", "name"),
        ("description", "tags", "is_view", "description_source"),
        _of_table(name="name"),
        defines=True,
    ),
    "col": File(("database", *_TABLE, "name", "col_type", "sort_order"), ("description", "badges"), _of_table(), ("sort_order",)),
    "schema_description": File(("schema_key", "schema"), ("description",), lambda row: [("schema", row["schema_key"])], defines=True),
    "badges": File(("name", "category"), ("database", *_TABLE), lambda row: _of_table()(row) if row["table_name"] else [("badge", row["name"])]),
    "table_programmatic_source": File(("database", "cluster", "schema", "name", "description", "description_source"), ("tags",), _of_table(name="name")),
    "table_last_updated": File(("db", *_TABLE, "last_updated_time_epoch"), (), _of_table("db"), ("last_updated_time_epoch",)),
    "table_column_stats": File(("db", *_TABLE, "col_name", "stat_name", "stat_val"), ("start_epoch", "end_epoch"), _of_table("db")),
    "watermark": File(("create_time", "database", *_TABLE, "part_name", "part_type"), (), _of_table()),
    "source": File(("db_name", *_TABLE, "source"), ("source_type",), _of_table("db_name")),
    "application": File(
        ("db_name", *_TABLE, "application_url_template"),
        ("task_id", "dag_id", "application_type", "application_id", "description"),
        _of_table("db_name"),
    ),
    "table_owner": File(("db_name", *_TABLE), ("owners",), _of_table("db_name", "table_name", "owners")),
    "column_usage": File(
        ("database", "cluster", "schema", "table", "user_email", "read_count"), ("column",), _of_table("database", "table", "user_email"), ("read_count",)
    ),
    "table_lineage": File(("source_table_key", "target_table_key"), (), lambda row: [("table", key) for key in row.values()]),
    "column_lineage": File(("source_column_key", "target_column_key"), (), _of_columns),
    "dashboard_base": File(
        ("product", "cluster", "dashboard_group", "dashboard_name"),
        (*_OF_GROUP, "dashboard_id", "description", "created_timestamp", "dashboard_url", "tags", "badges"),
        _of_dashboard(),
        ("created_timestamp",),
        defines=True,
    ),
    "dashboard_last_modified": File((*_DASHBOARD, "last_modified_timestamp"), (), _of_dashboard(), ("last_modified_timestamp",)),
    "dashboard_last_execution": File((*_DASHBOARD, "execution_timestamp", "execution_state"), ("execution_id",), _of_dashboard(), ("execution_timestamp",)),
    "dashboard_query": File((*_DASHBOARD, "query_name"), ("query_id", "url", "query_text"), _of_dashboard()),
    "dashboard_chart": File((*_DASHBOARD, "query_id", "chart_id"), ("chart_name", "chart_type", "chart_url"), _of_dashboard()),
    "dashboard_table": File((*_DASHBOARD, "table_ids"), (), lambda row: _of_dashboard()(row) + [("table", key) for key in texts(row["table_ids"])]),
    "dashboard_owner": File((*_DASHBOARD, "email"), (), _of_dashboard("email")),
    "dashboard_usage": File((*_DASHBOARD, "email", "view_count"), (), _of_dashboard("email"), ("view_count",)),
    "bookmark": File(("user_email", "resource", "key"), (), lambda row: [(row["resource"], row["key"]), ("user", row["user_email"])]),
}


def resources(rows: Rows) -> dict[Resource, str]:
    """Give every resource that the rows name, with the place (`owner.csv, line 3`) that names it first."""
    found: dict[Resource, str] = {}
    for name, lines in rows.items():
        for number, row in enumerate(lines, start=2):
            for resource in FILES[name].resources(row):
                found.setdefault(resource, f"{name}.csv, line {number}")
    return found


def defined(rows: Rows) -> Counter[Resource]:
    """Count the rows that make each resource."""
    return Counter(FILES[name].resources(row)[0] for name, lines in rows.items() if FILES[name].defines for row in lines)


def missing(rows: Rows, present: set[Resource]) -> Rows:
    """Keep the rows of which a resource is not there yet: a new table with all that is part of it, a relation with a new end."""
    return {name: kept for name, lines in rows.items() if (kept := [row for row in lines if not present.issuperset(FILES[name].resources(row))])}


def unknown(rows: Rows, present: set[Resource]) -> list[str]:
    """Say which tables and dashboards the rows speak of that are neither among them nor in the catalog."""
    made = defined(rows)
    return [
        f"{place}: there is no {kind} {key}, neither in these files nor in the catalog"
        for (kind, key), place in resources(rows).items()
        if kind in ("table", "dashboard") and (kind, key) not in made and (kind, key) not in present
    ]


def read(folder: Path) -> Rows:
    """Read and judge a folder of CSV files.

    Raises:
        FormatError: no catalog is to be had of it; the message says all that is wrong, where, and what to do.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv")
    except OSError as error:
        raise FormatError(f"{folder} cannot be read: {error.strerror}. Name a folder of CSV files.") from None
    rows: Rows = {}
    problems = []
    for path in paths:
        name = path.stem.removeprefix("sample_")
        if name not in FILES:
            problems.append(f"{path.name} is no file of a catalog: call it one of {', '.join(f'{known}.csv' for known in FILES)}, or take it away")
        elif name in rows:
            problems.append(f"{path.name} is there a second time, as {name}.csv: keep one of them")
        else:
            rows[name] = list(_lines(path, FILES[name], problems))
    if not paths:
        problems.append(f"{folder} holds no CSV file: at least a table.csv or user.csv is wanted")
    for (kind, key), count in defined(rows).items() if not problems else ():
        if count > 1:
            problems.append(f"the {kind} {key} is there {count} times: keep one line of it")
    if problems:
        raise FormatError("\n".join(problems))
    return rows


def _lines(path: Path, file: File, problems: list[str]) -> Iterator[Row]:
    """Give a file's rows, all columns in each; add what is wrong to the problems."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text, restkey="", strict=True)
            header = reader.fieldnames or []
            lacking, strange = set(file.needed) - set(header), set(header) - set(file.columns)
            if lacking:
                problems.append(f"{path.name} lacks the column{'s' * (len(lacking) > 1)} {', '.join(sorted(lacking))}")
            if strange:
                problems.append(
                    f"{path.name} has the column {', '.join(map(repr, sorted(strange)))}, which it cannot have: it may have {', '.join(file.columns)}"
                )
            if lacking or strange:
                return
            for number, row in enumerate(reader, start=2):
                wrong = list(_wrong(row, file))
                problems += [f"{path.name}, line {number}: {what}" for what in wrong]
                if not wrong:
                    yield {column: (row.get(column) or "") for column in file.columns}
    except UnicodeDecodeError as error:
        problems.append(f"{path.name} is not UTF-8 (byte {error.start}): save it as UTF-8")
    except csv.Error as error:
        problems.append(f"{path.name} is no CSV file: {error}")
    except OSError as error:
        problems.append(f"{path.name} cannot be read: {error.strerror}")


def _wrong(row: Row, file: File) -> Iterator[str]:
    if "" in row:
        yield "it has more fields than there are columns: put a text with commas in double quotes"
        return
    if None in row.values():
        yield "it has fewer fields than there are columns"
        return
    for column in file.needed:
        if not row[column].strip():
            yield f"{column} is empty"
    for column in file.numbers:
        if row.get(column) and not row[column].lstrip("-").isdecimal():
            yield f"{column} is {row[column]!r}, and has to be a whole number"
    if row.get("resource", "table") not in ("table", "dashboard"):
        yield f"resource is {row['resource']!r}, and has to be table or dashboard"
    if row.get("part_name") and "=" not in row["part_name"]:
        yield f"part_name is {row['part_name']!r}, and has to be COLUMN=VALUE"


def write(folder: Path, rows: Rows) -> dict[str, bool]:
    """Write the rows as CSV files and, all together, as `catalog.json`; the same rows give the same bytes.

    Returns:
        The files' names, and whether each is another than before.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ordered = {name: ordered_rows(name, rows.get(name, ())) for name in FILES}
    texts = {f"{name}.csv": _csv(name, lines) for name, lines in ordered.items()}
    texts["catalog.json"] = json.dumps(ordered, ensure_ascii=False, indent=1) + "\n"
    return {name: _replace(folder / name, text.encode()) for name, text in texts.items()}


def _csv(name: str, rows: list[Row]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, FILES[name].columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _replace(path: Path, content: bytes) -> bool:
    """Write a file as a whole or not at all; tell whether that changed it."""
    if path.is_file() and path.read_bytes() == content:
        return False
    new = path.with_suffix(".new")
    new.write_bytes(content)
    new.replace(path)
    return True


def ordered_rows(name: str, rows: Iterable[Row]) -> list[Row]:
    """Give rows with all of the file's columns in its order, sorted."""
    file = FILES[name]
    whole = [{column: "" if row.get(column) is None else str(row[column]) for column in file.columns} for row in rows]
    return sorted(whole, key=lambda row: [(int(value), "") if value and column in file.numbers else (0, value) for column, value in row.items()])
