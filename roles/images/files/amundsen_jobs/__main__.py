# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs of the catalog: `python -m amundsen_jobs COMMAND`.

A command ends with 0, or with 1 and words that say what is wrong and what to do. The last line of one that loads is JSON that says
what became of it.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import runpy
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import apache_atlas  # noqa: F401 (it sets logging up when it is imported: ours comes after)  # pylint: disable=unused-import
from amundsen_services.settings import SettingError

from amundsen_jobs import sample
from amundsen_jobs.format import FormatError, Rows, missing, ordered_rows, read, resources, unknown, write
from amundsen_jobs.index import open_index
from amundsen_jobs.job import publish
from amundsen_jobs.models import Records
from amundsen_jobs.stores import Store, StoreError, open_store


def _load(store: Store, rows: Rows) -> None:
    """Load rows that hang together."""
    strange = unknown(rows, store.present(set(resources(rows))))
    if strange:
        raise FormatError("\n".join(strange))
    publish(Records(rows, int(time.time())), store=store)
    _index(store)


def _count(rows: Rows) -> str:
    return ", ".join(f"{len(lines)} in {name}" for name, lines in rows.items() if lines)


def load(store: Store, options: argparse.Namespace) -> None:
    """Load a folder of CSV files."""
    rows = read(options.folder)
    print(f"load: {_count(rows)}", flush=True)
    _load(store, rows)
    print(json.dumps({"changed": True, "rows": sum(map(len, rows.values()))}))


def sample_data(store: Store, options: argparse.Namespace) -> None:
    """Add what is missing of the sample catalog; what is there stays as it is."""
    wanted = sample.rows(os.environ.get("AMUNDSEN_SAMPLE_USER", "").strip(), int(time.time()))
    rows = missing(wanted, store.present(set(resources(wanted))))
    if rows:
        # What a badge means is told with the badge, also where it is there already.
        rows["badges"] = [row for row in wanted["badges"] if not row["table_name"] or row in rows.get("badges", ())]
        _load(store, rows)
    print(f"sample data: added {_count(rows)}" if rows else "sample data: unchanged")
    print(json.dumps({"changed": bool(rows), "tables": len(wanted["table"])}))


def run(store: Store, options: argparse.Namespace) -> None:
    """Run a Python file of the user's."""
    if not options.file.is_file():
        raise FormatError(f"{options.file} is no file: name the Python file of the job")
    sys.argv = [str(options.file), *options.arguments]
    sys.path.insert(0, str(options.file.parent))
    try:
        runpy.run_path(str(options.file), run_name="__main__")
    except SystemExit as end:
        if end.code not in (None, 0):
            raise FormatError(f"{options.file.name} ended with {end.code}") from None
    except Exception as error:
        # As Python shows it, from the user's file on: what is above is ours.
        frames = traceback.extract_tb(error.__traceback__)
        own = next((number for number, frame in enumerate(frames) if frame.filename == str(options.file)), len(frames))
        print("".join(traceback.format_list(frames[own:])), file=sys.stderr, end="")
        why = store.describe(error) or f"{type(error).__name__}: {error}"
        raise FormatError(f"{options.file.name} failed: {why}") from None
    _index(store)
    print(json.dumps({"changed": True}))


def reindex(store: Store, options: argparse.Namespace) -> None:
    """Build the search index anew out of the metadata store."""
    if open_index() is None:
        raise SettingError("search reads the catalog's own tables here: there is no index to build")
    _index(store)
    print(json.dumps({"changed": True}))


def _index(store: Store) -> None:
    """Bring the search index up to date, where there is one."""
    index = open_index()
    if index:
        built = index.rebuild({name: ordered_rows(name, rows) for name, rows in store.rows().items()})
        print(f"search index: {', '.join(f'{count} {kind}s' for kind, count in built.items())}", flush=True)


def export(store: Store, options: argparse.Namespace) -> None:
    """Write the whole catalog as CSV files and JSON."""
    rows = store.rows()
    files = write(options.folder, rows)
    print(f"export: {_count(rows)}")
    print(json.dumps({"changed": any(files.values()), "files": list(files)}))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="amundsen_jobs", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, does: Callable[[Store, argparse.Namespace], None]) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=does.__doc__, description=does.__doc__)
        made.set_defaults(does=does, name=name)
        return made

    command("load", load).add_argument("folder", type=Path)
    command("sample-data", sample_data)
    user = command("run", run)
    user.add_argument("file", type=Path)
    user.add_argument("arguments", nargs="*")
    command("reindex", reindex)
    command("export", export).add_argument("folder", type=Path)
    return parser.parse_args()


def main() -> int:
    """Return the exit status: 0, or 1 with the reason."""
    options = _options()
    # The elasticsearch client warns of each index that is not there yet; its other words come as exceptions.
    logging.getLogger("elasticsearch").setLevel(logging.ERROR)
    logging.basicConfig(level=logging.INFO if options.does is run else logging.WARNING, format="%(levelname)s %(name)s: %(message)s", force=True)
    store: Store | None = None
    try:
        store = open_store()
        store.check()
        options.does(store, options)
    except (FormatError, SettingError, StoreError) as error:
        print("\n".join(f"{options.name}: {line}" for line in str(error).splitlines()), file=sys.stderr)
        return 1
    except Exception as error:
        why = store.describe(error) if store else None
        if why is None:
            raise
        print(f"{options.name}: {why}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
