# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the log ours."""

from __future__ import annotations

import logging
from importlib import import_module


def import_quietly(name: str) -> None:
    """Import a module that takes the log for itself and turns off every logger that is there; give the log back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    import_module(name)
    root.handlers[:] = handlers
    root.setLevel(level)
    for logger in root.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            logger.disabled = False
