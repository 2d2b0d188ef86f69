# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job that reads the tables and columns of a MariaDB or MySQL server into the catalog, with their comments.

    amundsen_ingest: read_mariadb.py
    amundsen_ingest_environment:
      CATALOG_CLUSTER: prod
      CATALOG_SCHEMAS: sales,stock
    amundsen_ingest_secrets:
      source_uri: "mysql+pymysql://reader:{{ vault_reader_password }}@db.example.com:3306"

A user that may read those databases is enough.
"""

import os
from pathlib import Path

from amundsen_jobs.job import publish
from databuilder.extractor.mysql_metadata_extractor import MysqlMetadataExtractor

schemas = ", ".join(f"'{name.strip()}'" for name in os.environ["CATALOG_SCHEMAS"].split(","))
publish(
    MysqlMetadataExtractor(),
    {
        "extractor.mysql_metadata.extractor.sqlalchemy.conn_string": Path(os.environ["AMUNDSEN_JOB_SECRETS"], "source_uri").read_text().strip(),
        "extractor.mysql_metadata.cluster_key": os.environ["CATALOG_CLUSTER"],
        "extractor.mysql_metadata.use_catalog_as_cluster_name": False,
        "extractor.mysql_metadata.database_key": "mysql",
        "extractor.mysql_metadata.where_clause_suffix": f"WHERE c.table_schema IN ({schemas})",
    },
)
