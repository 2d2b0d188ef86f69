# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job that reads the tables and columns of a PostgreSQL database into the catalog, with their comments.

    amundsen_ingest: read_postgresql.py
    amundsen_ingest_environment:
      CATALOG_CLUSTER: prod
      CATALOG_SCHEMAS: sales,stock
    amundsen_ingest_secrets:
      source_uri: "postgresql://reader:{{ vault_reader_password }}@db.example.com:5432/shop"

A user that may read `information_schema` is enough. In a job of your own any extractor of databuilder's goes in the same way.
"""

import os
from pathlib import Path

from amundsen_jobs.job import publish
from databuilder.extractor.postgres_metadata_extractor import PostgresMetadataExtractor

schemas = ", ".join(f"'{name.strip()}'" for name in os.environ["CATALOG_SCHEMAS"].split(","))
publish(
    PostgresMetadataExtractor(),
    {
        "extractor.postgres_metadata.extractor.sqlalchemy.conn_string": Path(os.environ["AMUNDSEN_JOB_SECRETS"], "source_uri").read_text().strip(),
        "extractor.postgres_metadata.cluster_key": os.environ["CATALOG_CLUSTER"],
        "extractor.postgres_metadata.use_catalog_as_cluster_name": False,
        "extractor.postgres_metadata.database_key": "postgres",
        "extractor.postgres_metadata.where_clause_suffix": f"NOT att.attisdropped AND st.schemaname IN ({schemas})",
    },
)
