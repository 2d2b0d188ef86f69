# Copyright (c) The datacatalog.amundsen authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that both services read from their environment."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any


class SettingError(ValueError):
    """A setting is missing or wrong; the message says which, why and what to do. It never holds a secret."""


def integer(name: str, default: int, least: int = 1) -> int:
    """Read the environment variable `name`, a whole number of at least `least`.

    Raises:
        SettingError: it is something else.
    """
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if value < least:
        raise SettingError(f"{name} is {text!r}: give a whole number of at least {least}")
    return value


class Setting:
    """An attribute of a configuration class whose value is read when the class is used, not when its module is."""

    def __init__(self, read: Callable[[], Any]) -> None:
        self._read = read

    def __get__(self, instance: object, owner: type) -> Any:
        """Read the value."""
        return self._read()
