# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loading and exporting the catalog on MariaDB: CSV folders, users' job files, and what is wrong with them."""

from __future__ import annotations

import csv
import json
import subprocess
import urllib.parse
from pathlib import Path

import pytest
from stack import PASSWORD, ROOT, Database, MariaDb, Service

EXAMPLES = ROOT / "playbooks" / "examples"

TABLE = "database,cluster,schema,name,description,tags,is_view\n"
COLUMN = "name,description,col_type,sort_order,database,cluster,schema,table_name,badges\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small catalog as databuilder's samples have it."""
    files = {
        "sample_table.csv": TABLE + 'hive,gold,shop,orders,"All orders, also ""returned"" ones.","sales,money",false\nhive,gold,shop,late,Late ones.,,true\n',
        "sample_col.csv": COLUMN
        + "id,The number.,bigint,0,hive,gold,shop,orders,pk\n0815,,\"enum('nut','bolt','washer','screw','nail')\",1,hive,gold,shop,orders,\n",
        "sample_user.csv": "email,first_name,manager_email\nAnn@x.org,Ann,bob@x.org\nbob@x.org,Bob,\n",
        "sample_table_owner.csv": 'db_name,schema,cluster,table_name,owners\nhive,shop,gold,orders,"Ann@x.org,new@x.org"\n',
        "sample_column_usage.csv": "database,cluster,schema,table,column,user_email,read_count\nhive,gold,shop,orders,*,bob@x.org,7\n",
        "sample_table_lineage.csv": "source_table_key,target_table_key\nhive://gold.shop/orders,hive://gold.shop/late\n",
        "sample_table_column_stats.csv": "cluster,db,schema,table_name,col_name,stat_name,stat_val,start_epoch,end_epoch\n"
        + "gold,hive,shop,orders,id,min,8,1,2\ngold,hive,shop,orders,id,avg,10.50,1,2\n",
    }
    return write(tmp_path / "catalog", files)


def write(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def succeeds(done: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    assert done.returncode == 0, done.stderr
    return done


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    assert done.stdout == ""
    return done.stderr


def whole(database: Database) -> dict[str, list[str]]:
    """Everything but when it was loaded."""
    columns = database.execute(
        "SELECT table_name, GROUP_CONCAT(column_name) FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name <> 'updated_timestamp' "
        "AND column_name NOT IN ('published_tag', 'publisher_last_updated_epoch_ms') GROUP BY table_name"
    )
    return {name: sorted(database.execute(f"SELECT {wanted} FROM {name}")) for name, wanted in (line.split("\t") for line in columns)}  # noqa: S608


def test_a_folder_is_loaded_and_loaded_again(tables: Database, folder: Path) -> None:
    assert json.loads(succeeds(tables.jobs("load", folder)).stdout.splitlines()[-1]) == {"changed": True, "rows": 11}
    before = whole(tables)
    assert tables.execute("SELECT name, is_view FROM table_metadata ORDER BY name") == ["late\t1", "orders\t0"]
    assert tables.execute("SELECT tag_rk FROM table_tag ORDER BY tag_rk") == ["money", "sales"]
    assert tables.execute("SELECT name, type FROM column_metadata ORDER BY sort_order") == ["id\tbigint", "0815\tenum('nut','bolt','washer','s..."]
    assert tables.execute("SELECT stat_val FROM column_stat ORDER BY stat_val") == ["10.50", "8"]
    assert tables.execute("SELECT rk, manager_rk FROM users ORDER BY rk") == ["Ann@x.org\tbob@x.org", "bob@x.org\tNULL", "new@x.org\tNULL"]
    assert tables.execute("SELECT user_rk FROM table_owner ORDER BY user_rk") == ["Ann@x.org", "new@x.org"]
    succeeds(tables.jobs("load", folder))
    assert whole(tables) == before


def test_what_people_wrote_stays(tables: Database, folder: Path, tmp_path: Path) -> None:
    succeeds(tables.jobs("load", folder))
    service = Service("metadata", tables.uri_file(), tmp_path)
    try:
        assert service.call("PUT", "/table/hive://gold.shop/orders/description", {"description": "Mine."}).status == 200
        assert service.call("PUT", "/table/hive://gold.shop/orders/column/id/description", {"description": "Mine too."}).status == 200
    finally:
        service.stop()
    (folder / "sample_table.csv").write_text(TABLE + "hive,gold,shop,orders,From the job.,,\nhive,gold,shop,late,From the job.,,true\n")
    succeeds(tables.jobs("load", folder))
    assert tables.execute("SELECT description FROM table_description ORDER BY rk") == ["From the job.", "Mine."]
    assert tables.execute("SELECT description FROM column_description") == ["Mine too."]


def test_more_of_a_table_that_is_there(tables: Database, folder: Path, tmp_path: Path) -> None:
    succeeds(tables.jobs("load", folder))
    more = write(tmp_path / "more", {"col.csv": COLUMN + "day,,date,2,hive,gold,shop,late,\n", "user.csv": "email,team_name\nAnn@x.org,Sales\n"})
    succeeds(tables.jobs("load", more))
    assert tables.execute("SELECT is_view FROM table_metadata WHERE name = 'late'") == ["1"]
    assert tables.execute("SELECT first_name, team_name, manager_rk FROM users WHERE rk = 'Ann@x.org'") == ["Ann\tSales\tbob@x.org"]


@pytest.mark.parametrize(
    ("files", "problems"),
    [
        ({}, ["holds no CSV file"]),
        ({"orders.csv": "a\n"}, ["orders.csv is no file of a catalog", "table.csv"]),
        ({"table.csv": "database,cluster,name,owner\n"}, ["lacks the column schema", "'owner', which it cannot have"]),
        ({"table.csv": TABLE + "hive,gold,shop\n"}, ["table.csv, line 2: it has fewer fields"]),
        ({"table.csv": TABLE + "hive,gold,shop,orders,Orders, of a day,,\n"}, ["table.csv, line 2: it has more fields"]),
        (
            {"table.csv": TABLE + "hive,gold,,orders,,,\n", "col.csv": COLUMN + "id,,int,first,hive,gold,shop,orders,\n"},
            ["schema is empty", "sort_order is 'first'"],
        ),
        ({"table.csv": TABLE + "hive,gold,shop,orders,,,\n" * 2}, ["hive://gold.shop/orders is there 2 times"]),
        ({"table_lineage.csv": "source_table_key,target_table_key\nhive://gold.shop/a,hive://gold.shop/b\n"}, ["line 2: there is no table hive://gold.shop/a"]),
        ({"user.csv": "email\n\N{SNOWMAN}@x.org\n", "tags.csv": "name\nfine\n"}, ["cannot hold a text", "nothing was loaded"]),
    ],
)
def test_a_bad_folder_changes_nothing(catalog: Database, tmp_path: Path, files: dict[str, str], problems: list[str]) -> None:
    before = whole(catalog)
    done = catalog.jobs("load", write(tmp_path / "bad", files))
    assert done.returncode == 1 and "Traceback" not in done.stderr
    for problem in problems:
        assert problem in done.stderr
    assert whole(catalog) == before


def test_a_folder_that_is_not_there(tables: Database) -> None:
    assert "No such file" in refusal(tables.jobs("load", "/nowhere"))


def test_a_file_in_another_encoding(tables: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "latin", {})
    (folder / "table.csv").write_bytes((TABLE + "hive,gold,shop,orders,Gr\u00f6\u00dfe,,\n").encode("latin-1"))
    assert "table.csv is not UTF-8" in refusal(tables.jobs("load", folder))


def test_an_export_loads_into_an_empty_catalog_as_the_same(catalog: Database, server: MariaDb, folder: Path, tmp_path: Path) -> None:
    """The sample catalog, a folder, and what only people make."""
    first, second = server.database("export_one"), server.database("export_two")
    for database in (first, second):
        succeeds(database.run("amundsen_services.metadata.schema"))
    succeeds(first.jobs("sample-data", AMUNDSEN_SAMPLE_USER="demo@amundsen.test"))
    succeeds(first.jobs("load", folder))
    first.execute("INSERT INTO users (rk, email, is_active) VALUES ('gone@x.org', 'gone@x.org', 0); INSERT INTO badge (rk, category) VALUES ('odd', 'rare')")
    first.execute("INSERT INTO dashboard_badge (dashboard_rk, badge_rk) SELECT rk, 'odd' FROM dashboard")
    first.execute("INSERT INTO dashboard_follower (dashboard_rk, user_rk) SELECT rk, 'Ann@x.org' FROM dashboard")
    first.execute("UPDATE table_description SET description = 'Lines\\nand \"quotes\", \u2603.\\r\\n' WHERE rk LIKE '%orders/%'")
    succeeds(first.jobs("export", tmp_path / "one"))
    succeeds(second.jobs("load", tmp_path / "one"))
    succeeds(second.jobs("export", tmp_path / "two"))
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert "catalog.json" in files and len(files) == 26
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    one, two = whole(first), whole(second)
    for known in ("users", "alembic_version", "table_column_words"):  # empty texts and NULL, of a user; words for the search, in some order
        one.pop(known), two.pop(known)
    assert one == two
    with (tmp_path / "one" / "table.csv").open(newline="") as text:
        assert len(list(csv.DictReader(text))) == 14
    assert len(json.loads((tmp_path / "one" / "catalog.json").read_text())["table"]) == 14


def secrets(folder: Path, uri: str) -> dict[str, str]:
    (folder / "source_uri").write_text(uri)
    return {"AMUNDSEN_JOB_SECRETS": str(folder), "CATALOG_CLUSTER": "here", "CATALOG_SCHEMAS": "a_source, other"}


def test_the_example_reads_mariadb(tables: Database, server: MariaDb, tmp_path: Path) -> None:
    source = server.database("a_source")
    source.execute("CREATE TABLE parts (id INT PRIMARY KEY COMMENT 'The number.', kind ENUM('nut', 'bolt')) COMMENT 'What we sell.'")
    environment = secrets(tmp_path, source.uri_file("ro").read_text().partition("?")[0].removesuffix("a_source"))
    for _ in range(2):
        done = succeeds(tables.jobs("run", EXAMPLES / "read_mariadb.py", **environment))
        assert PASSWORD not in done.stdout + done.stderr and urllib.parse.quote(PASSWORD, safe="") not in done.stdout + done.stderr
        assert tables.execute("SELECT rk FROM table_metadata") == ["mysql://here.a_source/parts"]
        assert tables.execute("SELECT name, type FROM column_metadata ORDER BY sort_order") == ["id\tint", "kind\tenum"]
        assert tables.execute("SELECT description FROM table_description") == ["What we sell."]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nothing_like_it\n", "job.py failed: ModuleNotFoundError: No module named 'nothing_like_it'"),
        ("raise SystemExit('no source today')\n", "job.py ended with no source today"),
        ("def (\n", "job.py failed: SyntaxError"),
    ],
)
def test_a_broken_job(tables: Database, tmp_path: Path, text: str, words: str) -> None:
    job = tmp_path / "job.py"
    job.write_text(text)
    done = tables.jobs("run", job)
    assert done.returncode == 1 and words in done.stderr
    assert "runpy" not in done.stderr and "amundsen_jobs" not in done.stderr


def test_a_store_that_refuses(tables: Database, folder: Path) -> None:
    done = tables.jobs("load", folder, uri_file=tables.uri_file(password="wrong"))
    assert "the database refuses this user" in refusal(done)
    assert PASSWORD not in done.stderr
