# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""gunicorn's settings of the metadata service: `gunicorn -c python:amundsen_services.metadata.gunicorn_conf`."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from amundsen_services.gunicorn_conf import *  # noqa: F403

bind = "0.0.0.0:5002"
wsgi_app = "metadata_service.metadata_wsgi:application"


def on_starting(server: Any) -> None:
    """Bring the tables up to date once, before any worker is forked.

    In a process of its own: alembic's environment turns off the loggers that it finds.
    """
    done = subprocess.run([sys.executable, "-m", "amundsen_services.metadata.schema"], check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
