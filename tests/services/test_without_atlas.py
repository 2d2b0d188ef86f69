# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of the services and the jobs when Atlas ends. It is the last of its tests: Atlas, killed, needs two starts."""

from __future__ import annotations

from pathlib import Path

from stack import PASSWORD, Service
from stores import Atlas, Elasticsearch, jobs_on, load_hive_tables

ORDERS = "hive_table://shop.core/orders"


def test_gone(atlas: Atlas, atlas_metadata: Service, elasticsearch: Elasticsearch, tmp_path: Path) -> None:
    """What is asked then gets 503, not 404. How a killed one comes back is tried with its container (tests/stores)."""
    load_hive_tables(atlas)
    metadata = atlas_metadata
    assert metadata.get(f"/table/{ORDERS}").status == 200
    atlas.kill()
    for call in (("GET", "/healthcheck"), ("GET", f"/table/{ORDERS}"), ("GET", "/user/ada@example.com"), ("PUT", f"/table/{ORDERS}/tag/x")):
        answer = metadata.call(*call)
        assert answer.status == 503 and "Atlas does not answer" in answer.text
    log = metadata.log.read_text()
    assert PASSWORD not in log and "DEBUG" not in log
    done = jobs_on(atlas, elasticsearch, tmp_path, "export", tmp_path / "out")
    assert done.returncode == 1 and done.stderr.startswith("export: Atlas does not answer") and PASSWORD not in done.stderr
