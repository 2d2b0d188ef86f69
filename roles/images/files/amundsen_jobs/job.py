# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a databuilder job on this catalog's store, whichever it is. This is what a user's job file calls."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from databuilder.extractor.base_extractor import Extractor
from databuilder.job.job import DefaultJob
from databuilder.task.task import DefaultTask
from databuilder.transformer.base_transformer import NoopTransformer, Transformer
from pyhocon import ConfigFactory

from amundsen_jobs.stores import Store, open_store


def publish(extractor: Extractor, settings: dict[str, Any] | None = None, transformer: Transformer | None = None, store: Store | None = None) -> None:
    """Load what a databuilder extractor gives into the catalog. It may be run again: descriptions that people edited stay.

    Args:
        extractor: any of databuilder's, or one of your own, that gives databuilder's models.
        settings: the extractor's and the transformer's settings, by databuilder's full names (`extractor.postgres_metadata.cluster`).
        transformer: what is done to each record on the way.
        store: the store; by default that which the environment names.

    Raises:
        Exception: what the extractor or the store raises.
    """
    store = store or open_store()
    with tempfile.TemporaryDirectory() as folder:
        job = DefaultJob(
            conf=ConfigFactory.from_dict({**(settings or {}), **store.settings(Path(folder), f"job-{int(time.time())}")}),
            task=DefaultTask(extractor=extractor, loader=store.loader(), transformer=transformer or NoopTransformer()),
            publisher=store.publisher(),
        )
        job.launch()
