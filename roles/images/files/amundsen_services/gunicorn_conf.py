# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""gunicorn's settings, the same for both services (https://docs.gunicorn.org/en/stable/settings.html)."""

from __future__ import annotations

import logging

from amundsen_services.settings import integer

# Before Amundsen's own modules log, or their format would be ignored.
logging.basicConfig(format="%(asctime)s [%(levelname)s] %(name)s: %(message)s", datefmt="%Y-%m-%dT%H:%M:%S%z")
for chatty in ("alembic", "elasticsearch", "search_service.proxy"):
    # Among others every search, with what people look for.
    logging.getLogger(chatty).setLevel(logging.WARNING)
# Says at every call that it is old.
logging.getLogger("search_service.proxy.elasticsearch").setLevel(logging.ERROR)

workers = integer("AMUNDSEN_WORKERS", 1)
threads = integer("AMUNDSEN_THREADS", 4)
worker_class = "gthread"
preload_app = True
timeout = 90
graceful_timeout = 10
keepalive = 5

# The root file system is read-only; /tmp is in memory.
worker_tmp_dir = "/tmp"  # noqa: S108
control_socket_disable = True
