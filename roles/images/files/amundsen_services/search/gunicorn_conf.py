# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""gunicorn's settings of the search service: `gunicorn -c python:amundsen_services.search.gunicorn_conf`."""

from amundsen_services.gunicorn_conf import *  # noqa: F403  # pylint: disable=wildcard-import,unused-wildcard-import

bind = "0.0.0.0:5001"
wsgi_app = "search_service.search_wsgi:application"
