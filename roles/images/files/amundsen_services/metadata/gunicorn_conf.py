# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""gunicorn's settings of the metadata service: `gunicorn -c python:amundsen_services.metadata.gunicorn_conf`."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from werkzeug.utils import import_string

from amundsen_services.gunicorn_conf import *  # noqa: F403  # pylint: disable=wildcard-import,unused-wildcard-import

bind = "0.0.0.0:5002"
wsgi_app = "metadata_service.metadata_wsgi:application"


def on_starting(server: Any) -> None:
    """Bring a database's tables up to date once, before any worker is forked.

    In a process of its own: alembic's environment turns off the loggers that it finds.
    """
    module = getattr(import_string(os.environ["METADATA_SVC_CONFIG_MODULE_CLASS"]), "BEFORE_START", None)
    if module is None:
        return
    done = subprocess.run([sys.executable, "-m", module], check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
